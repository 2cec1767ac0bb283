//! Functions that are finite in a part of space only, and branches far from where draws usually lie.

use chainrule_check::{CheckOptions, Draw, Draws, Report, Second, Verdict, check_function, check_function_at};
use chainrule_graph::{Function, Tensor, text};

fn function(source: &str) -> Function {
    text::parse(source).unwrap().build(&Default::default()).unwrap_or_else(|mistake| panic!("{source}: {mistake}"))
}

fn checked(source: &str, seed: u64) -> Report {
    let options = CheckOptions { seed, ..CheckOptions::default() };
    check_function(&function(source), &options).unwrap_or_else(|error| panic!("{source}, seed {seed}: {error}"))
}

fn verdict(report: &Report, op: &str) -> Verdict {
    report.nodes.iter().find(|node| node.op == op).unwrap_or_else(|| panic!("no {op} in {report}")).verdict
}

#[test]
fn positive_inputs_are_drawn_where_all_is_finite() {
    for d in [1, 2, 3, 5, 6, 8, 20, 50] {
        let elasticity = format!(
            "input x [{d}]\noutcome y []\nparam w [{d}] = 0\nparam b [] = 0\nprediction = dot(w, log(x)) + b\n\
             objective = (prediction - log(y))^2\n"
        );
        let root = format!("input x [{d}]\noutcome y []\nparam w [{d}] = 0\nobjective = (dot(w, sqrt(x)) - y)^2\n");
        let share = format!("input p [{d}]\nparam w [{d}] = 0\nobjective = sum(w * log(p) + log(1 - p))\n");
        for source in [elasticity, root, share] {
            for seed in 0..if d < 10 { 40 } else { 5 } {
                let report = checked(&source, seed);
                assert!(report.passed(), "{source}, seed {seed}: {report}");
                assert!(matches!(report.second, Some(Second::Checked { .. })), "{source}, seed {seed}: {report}");
            }
        }
    }
}

#[test]
fn a_branch_far_away_is_reached() {
    for source in [
        "input x []\nparam w [] = 0\nobjective = where(x > 1000, sin(w * x), w * x)\n",
        "input x []\nparam w [] = 0\nobjective = w * sin(max(x, -50)) + w * cos(min(x, 70)) + sin(w)\n",
        "input x [3]\nparam w [3] = 0\nr = dot(w, x)\nobjective = where(abs(r) < 20, r^2, sin(r))\n",
        "input i [] int\nparam w [] = 0\nobjective = where(i == 40, sin(w), w^2)\n",
    ] {
        let tested = (0..20).filter(|&seed| verdict(&checked(source, seed), "sin") == Verdict::Right).count();
        assert!(tested >= 10, "{source}: {tested} of 20");
    }
}

#[test]
fn a_rule_whose_derivative_was_always_0_is_not_tested() {
    let report = checked("input x []\nparam w [] = 0\nobjective = where(exp(x) < 0, sin(w), w^2)\n", 0);
    assert!(report.passed(), "{report}");
    assert_eq!(verdict(&report, "sin"), Verdict::NotTested, "{report}");
    assert!(report.to_string().contains("not tested"), "{report}");
    let report = checked("input x []\nparam w [] = 0\nobjective = sign(w) + w * x\n", 0);
    assert_eq!(verdict(&report, "sign"), Verdict::Right, "0 by definition: {report}");
}

#[test]
fn draws_come_from_rows_that_belong_together() {
    // Finite only where y is x², as in each of the rows, but not in mixed ones.
    let source = "input x []\ninput y []\nparam w [] = 0\nobjective = w * log(1 - 1e6 * (y - x * x)^2) + sin(w)\n";
    let function = function(source);
    let id = |name: &str| function.graph.find(name).unwrap().node;
    let row = |x: f64, y: f64| vec![(id("x"), Tensor::scalar(x)), (id("y"), Tensor::scalar(y))];
    let options = CheckOptions { second: false, ..CheckOptions::default() };
    assert!(check_function_at(&function, &Draws::new(), &options).is_err());
    let fixed = Draws::new().with(id("w"), Draw::Fixed(Tensor::scalar(0.5)));
    let rows = (1..20).map(|x| row(0.1 * x as f64, 0.01 * (x * x) as f64)).collect();
    let report = check_function_at(&function, &fixed.with_rows(rows), &options).unwrap();
    assert_eq!(verdict(&report, "sin"), Verdict::Right, "{report}");
    let mixed = Draws::new().with_rows(vec![vec![(function.parameters[0].node, Tensor::zeros([2]))]]);
    assert!(check_function_at(&function, &mixed, &options).is_err(), "a value of another shape");
}
