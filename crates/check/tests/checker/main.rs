//! What the checker says of kinks, steps, held values, noise and custom nodes; and of second derivatives.

mod loops;
mod second;
#[path = "../square/mod.rs"]
mod square;

use std::sync::Arc;

use chainrule_check::{
    Blame, CheckError, CheckOptions, Draw, Draws, Elements, Failure, Report, Second, Verdict, check, check_function,
    check_node, check_op, check_output,
};
use chainrule_graph::ops::{Elementwise, Op};
use chainrule_graph::{Builder, CustomNode, Function, Kind, NodeId, Pool, Shape, Tensor, Var, differentiate};
use chainrule_kernels::philox::{philox4x32, unit24};
use square::Square;

fn function(build: impl for<'g> Fn(&'g Builder) -> Var<'g>) -> Function {
    let builder = Builder::new();
    let objective = build(&builder);
    builder.objective(objective);
    builder.finish().expect("it is well formed")
}

fn checked(function: &Function) -> Report {
    check_function(function, &CheckOptions::default()).expect("it can be checked")
}

fn verdict(report: &Report, op: &str) -> Verdict {
    report.nodes.iter().find(|node| node.op == op).unwrap_or_else(|| panic!("no {op} in\n{report}")).verdict
}

#[test]
fn a_function_without_an_objective_is_an_error() {
    let error = check_function(&Function::default(), &CheckOptions::default()).expect_err("there is none");
    assert!(error.to_string().contains("`objective`"), "{error}");
}

#[test]
fn an_objective_that_is_no_scalar_is_an_error_that_names_it() {
    // The builder refuses such an objective; a function that is made of its parts may still have one.
    let mut function = function(|b| b.input("x", [3]).exp().named("y").sum());
    function.objective = function.graph.find("y");
    let error = check_function(&function, &CheckOptions::default()).expect_err("a vector");
    assert!(error.to_string().contains("`y` has shape [3]"), "{error}");
}

#[test]
fn the_same_seed_gives_the_same_report_and_another_draws_other_values() {
    let function = function(|b| b.input("x", [3]).tanh().sum());
    let with = |seed| check_function(&function, &CheckOptions { seed, ..CheckOptions::default() }).expect("checked");
    assert_eq!(with(1), with(1));
    assert_ne!(with(1), with(2));
}

#[test]
fn integers_are_drawn_below_their_bound() {
    // Three classes by the axis that y indexes; a fourth would be an error.
    for seed in 0..20 {
        let function = function(|b| b.nll(b.input("z", [3]).softmax(0), b.outcome_of("y", [], Kind::Int, None)));
        let report =
            check_function(&function, &CheckOptions { seed, ..CheckOptions::default() }).expect("never out of range");
        assert!(report.passed(), "{report}");
    }
}

#[test]
fn a_kink_met_at_every_draw_is_reported_and_right() {
    // The padding is 0, where |x| has its kink.
    let report = checked(&function(|b| b.input("x", []).reshape([1]).pad(&[0], &[1]).abs().sum()));
    assert!(report.passed(), "{report}");
    let edge = report.nodes.iter().find(|node| node.op == "abs").expect("it is there").edges[0].clone();
    assert!(edge.tally.kinks > 0 && edge.tally.smooth > 0, "{edge:?}");
}

#[test]
fn a_value_outside_of_the_two_slopes_of_a_kink_is_wrong() {
    // |x| at 0 by a formula that says 2 there: between −1 and 1 all would pass.
    let b = Builder::new();
    let x = b.input("x", [3]);
    let j = x.abs().sum();
    let (x, j) = (x.id().expect("a node"), j.id().expect("a node"));
    let graph = b.finish_graph().expect("it is well formed");
    let derivatives = differentiate(&graph, j, &[x]).expect("it has derivatives");
    let draws = Draws::new().with(x, Draw::Fixed(Tensor::vector([0.0, 1.0, -1.0])));
    let options = CheckOptions::default();
    let edge = (NodeId::from_index(1), 0);
    assert!(check(&derivatives, &draws, &options).expect("checked").passed());
    for (at_zero, right) in [(0.7, true), (-0.7, true), (1.3, false), (-1.3, false)] {
        let builder = Builder::extend_graph(derivatives.graph.clone());
        let contribution = builder.var(derivatives.contributions[1][0].expect("it has one"));
        let shifted = (contribution + builder.constant(Tensor::vector([at_zero, 0.0, 0.0]))).id();
        let mut faulty = derivatives.clone();
        (faulty.contributions[1][0], faulty.cotangents[0]) = (shifted, shifted);
        faulty.graph = builder.finish_graph().expect("it is well formed");
        let report = check(&faulty, &draws, &options).expect("checked");
        assert_eq!(report.passed(), right, "{at_zero}: {report}");
        if let Some(Failure { blame, .. }) = report.failures.first() {
            assert!(
                matches!(blame, Blame::Rule { node, operand, element, .. }
                    if (*node, *operand) == edge && element.as_deref() == Some(&[0])),
                "{blame:?}"
            );
        }
    }
}

#[test]
fn many_kinks_at_once_are_no_fault() {
    // Windows that overlap have the same maximum, so those of the second pool hold many equal elements.
    let function = function(|b| {
        let pool = Pool::new(3).stride(1);
        let pooled = b.input("x", [1, 1000]).max_pool(&pool).max_pool(&pool);
        (pooled * b.input("weights", [1, 996])).sum()
    });
    let options = CheckOptions { second: false, ..CheckOptions::default() };
    let report = check_function(&function, &options).expect("it can be checked");
    assert!(report.passed(), "{report}");
    assert_eq!(verdict(&report, "max"), Verdict::Right, "{report}");
}

#[test]
fn a_fault_in_one_of_many_elements_is_found_among_kinks() {
    let b = Builder::new();
    let x = b.input("x", [5000]);
    let j = x.abs().sum();
    let (x, j) = (x.id().expect("a node"), j.id().expect("a node"));
    let graph = b.finish_graph().expect("it is well formed");
    let mut derivatives = differentiate(&graph, j, &[x]).expect("it has derivatives");
    let point = Tensor::from_fn([5000], |i| if i % 1000 == 7 { 0.0 } else { 1.0 });
    let builder = Builder::extend_graph(derivatives.graph.clone());
    let contribution = builder.var(derivatives.contributions[1][0].expect("it has one"));
    let fault = Tensor::from_fn([5000], |i| f64::from(u8::from(i == 1501)));
    let faulty = (contribution + builder.constant(fault)).id();
    (derivatives.contributions[1][0], derivatives.cotangents[0]) = (faulty, faulty);
    derivatives.graph = builder.finish_graph().expect("it is well formed");
    let draws = Draws::new().with(x, Draw::Fixed(point));
    let report = check(&derivatives, &draws, &CheckOptions::default()).expect("checked");
    let blame = &report.failures.first().unwrap_or_else(|| panic!("{report}")).blame;
    assert!(matches!(blame, Blame::Rule { element, .. } if element.as_deref() == Some(&[1501])), "{blame:?}");
}

#[test]
fn only_an_input_of_the_graph_is_drawn() {
    let b = Builder::new();
    let y = b.input("x", [2]).exp().named("y").id().expect("a node");
    let graph = b.finish_graph().expect("it is well formed");
    let error = |id: NodeId| {
        let draws = Draws::new().with(id, Draw::Normal);
        check_output(&graph, y, &draws, &CheckOptions::default()).expect_err("it is no input")
    };
    assert_eq!(error(y.node), CheckError::NoInput { name: "`y`".into() });
    assert_eq!(error(y.node).to_string(), "`y` is computed; only an input is drawn");
    assert!(error(NodeId::from_index(99)).to_string().starts_with("node 99 is of another graph"));
}

#[test]
fn a_function_of_kinks_alone_says_so() {
    let b = Builder::new();
    let x = b.input("x", [2]);
    let y = x.abs();
    let draws = Draws::new().with(x.id().expect("a node"), Draw::Fixed(Tensor::zeros([2])));
    let y = y.id().expect("a node");
    let report = check_output(&b.finish_graph().expect("it is well formed"), y, &draws, &CheckOptions::default());
    let report = report.expect("checked");
    assert!(report.passed(), "{report}");
    assert_eq!(verdict(&report, "abs"), Verdict::Kink, "{report}");
}

#[test]
fn steps_and_held_values_are_0_by_definition() {
    let report = checked(&function(|b| {
        let x = b.input("x", [3]);
        (x.sign() * x + x.stop_gradient() * x.sin()).sum()
    }));
    assert!(report.passed(), "{report}");
    assert_eq!(verdict(&report, "sign"), Verdict::Right, "{report}");
    assert_eq!(verdict(&report, "stop_gradient"), Verdict::Right, "{report}");
    assert_eq!(verdict(&report, "sin"), Verdict::Right, "{report}");
}

#[test]
fn a_derivative_of_a_held_value_is_wrong() {
    let function = function(|b| {
        let x = b.input("x", [3]);
        (x.stop_gradient().named("held") * x).sum()
    });
    let (graph, x) = (&function.graph, function.inputs[0]);
    let held = graph.find("held").expect("it is named").node;
    let derivatives = differentiate(graph, function.objective.expect("it has one"), &[x]).expect("it has derivatives");
    let mut faulty = derivatives.clone();
    faulty.contributions[held.index()][0] = derivatives.cotangent(held);
    let report = check(&faulty, &Draws::new(), &CheckOptions::default()).expect("checked");
    let blamed =
        report.failures.iter().any(|f| matches!(f.blame, Blame::Rule { node, operand: 0, .. } if node == held));
    assert!(blamed, "{report}");
}

#[test]
fn one_by_one_every_element_is_tested() {
    let function = function(|b| b.input("x", [2, 3]).tanh().sum());
    let options = CheckOptions { elements: Elements::OneByOne, draws: 1, second: false, ..CheckOptions::default() };
    let report = check_function(&function, &options).expect("checked");
    let tanh = report.nodes.iter().find(|node| node.op == "tanh").expect("it is there");
    assert_eq!(tanh.edges[0].tally.smooth, 6);
    let options = CheckOptions { elements: Elements::Together, ..options };
    let report = check_function(&function, &options).expect("checked");
    let tanh = report.nodes.iter().find(|node| node.op == "tanh").expect("it is there");
    assert_eq!(tanh.edges[0].tally.smooth, 1);
}

#[test]
fn the_wrong_element_is_named_with_both_values_and_its_indices() {
    let function = function(|b| (b.input("x", [2, 3]).named("matrix") * 1.0).sin().named("wave").sum());
    let graph = &function.graph;
    let wave = graph.find("wave").expect("it is named").node;
    let x = function.inputs[0];
    let derivatives = differentiate(graph, function.objective.expect("it has one"), &[x]).expect("it has derivatives");
    let builder = Builder::extend_graph(derivatives.graph.clone());
    let right = builder.var(derivatives.contributions[wave.index()][0].expect("it has one"));
    let factors = builder.constant(Tensor::from_fn([2, 3], |i| if i == 4 { 3.0 } else { 1.0 }));
    let mut faulty = derivatives.clone();
    faulty.contributions[wave.index()][0] = (right * factors).id();
    faulty.graph = builder.finish_graph().expect("it is well formed");
    for elements in [Elements::Together, Elements::OneByOne] {
        let options = CheckOptions { elements, ..CheckOptions::default() };
        let report = check(&faulty, &Draws::new(), &options).expect("checked");
        let Failure { blame, name, origin, comparison } = &report.failures[0];
        assert!(
            matches!(blame, Blame::Rule { node, element: Some(at), .. } if *node == wave && at == &[1, 1]),
            "{report}"
        );
        assert_eq!(name, "`wave` (sin [2, 3])");
        assert!(origin.contains("tests/checker/main.rs"), "{origin}");
        let comparison = comparison.expect("both");
        assert!((comparison.formula / comparison.expected - 3.0).abs() < 1e-9, "{comparison:?}");
        assert!((comparison.relative_error() - 2.0 / 3.0).abs() < 1e-9, "{comparison:?}");
        let text = report.to_string();
        for part in
            ["WRONG", "the rule of `wave` (sin [2, 3])", "element [1, 1]", "by formula", "by differences", "6.7e-1"]
        {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}

#[test]
fn custom_nodes_are_checked_first_wrong_then_right() {
    let right =
        check_node(Arc::new(Square { slope: 2.0 }), &[Shape::from([3])], &CheckOptions::default()).expect("checked");
    assert!(right.passed(), "{right}");
    assert!(matches!(right.second, Some(Second::Absent(ref why)) if why.contains("`square`")), "{:?}", right.second);
    let wrong =
        check_node(Arc::new(Square { slope: 1.0 }), &[Shape::from([3])], &CheckOptions::default()).expect("checked");
    let Failure { blame, name, .. } = &wrong.failures[0];
    assert!(matches!(blame, Blame::Rule { operand: 0, .. }) && name.contains("square"), "{wrong}");
    // The course's bound: wider than that of the ops.
    for (error, passes) in [(1e-6, true), (1e-4, false)] {
        let slope = 2.0 * (1.0 + error);
        let report =
            check_node(Arc::new(Square { slope }), &[Shape::from([3])], &CheckOptions::default()).expect("checked");
        assert_eq!(report.passed(), passes, "{error}: {report}");
    }
}

#[test]
fn one_op_is_checked_under_a_random_cotangent() {
    let input = (Shape::from([2, 3]), Kind::Real, Draw::Normal);
    let report = check_op(Op::Elementwise(Elementwise::Tanh), &[input], &CheckOptions::default()).expect("checked");
    assert!(report.passed(), "{report}");
    let error = check_op(Op::Elementwise(Elementwise::Add), &[], &CheckOptions::default()).expect_err("it takes two");
    assert!(error.to_string().contains("takes 2 inputs"), "{error}");
}

/// x with its last digits cut off: no step gives its slope to more than three digits.
#[derive(Debug)]
struct Rough;

impl CustomNode for Rough {
    fn name(&self) -> &str {
        "rough"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0].clone())
    }

    fn forward(&self, inputs: &[Tensor], output: &mut [f64]) -> Result<(), String> {
        for (y, x) in output.iter_mut().zip(inputs[0].data()) {
            *y = (x * 50.0).floor() / 50.0;
        }
        Ok(())
    }

    fn backward(&self, _: &[Tensor], _: &Tensor, dy: &Tensor, contributions: &mut [Tensor]) -> Result<(), String> {
        contributions[0] = dy.clone();
        Ok(())
    }
}

#[test]
fn a_step_function_that_claims_a_slope_does_not_pass() {
    let report = check_node(Arc::new(Rough), &[Shape::from([3])], &CheckOptions::default()).expect("checked");
    assert!(!report.passed(), "{report}");
}

/// x with a noise of a hundredth, different at every x.
#[derive(Debug)]
struct Noisy;

impl CustomNode for Noisy {
    fn name(&self) -> &str {
        "noisy"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0].clone())
    }

    fn forward(&self, inputs: &[Tensor], output: &mut [f64]) -> Result<(), String> {
        for (y, x) in output.iter_mut().zip(inputs[0].data()) {
            let bits = x.to_bits();
            let noise = unit24(philox4x32([bits as u32, (bits >> 32) as u32, 0, 0], [0; 2])[0]);
            *y = x + 0.01 * f64::from(noise);
        }
        Ok(())
    }

    fn backward(&self, _: &[Tensor], _: &Tensor, dy: &Tensor, contributions: &mut [Tensor]) -> Result<(), String> {
        contributions[0] = dy.clone();
        Ok(())
    }
}

#[test]
fn noise_that_hides_the_slope_leaves_it_undecided_which_is_a_failure() {
    let report = check_node(Arc::new(Noisy), &[Shape::from([3])], &CheckOptions::default()).expect("checked");
    let undecided = |failure: &Failure| matches!(failure.blame, Blame::Undecided { percent } if percent > 1.0);
    assert!(report.failures.iter().any(undecided), "{report}");
    assert!(report.to_string().contains("% of the tests could not tell"), "{report}");
}

#[test]
fn the_report_has_a_line_for_each_node() {
    let report =
        checked(&function(|b| b.affine(b.input("W", [2, 3]), b.input("x", [3]), b.input("b", [2])).tanh().sum()));
    let text = report.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["node", "op", "shape", "worst", "error", "verdict"]);
    assert_eq!(report.nodes.len(), 7, "{text}");
    assert!(lines[1].starts_with("W ") && lines[1].contains("input") && lines[1].ends_with("right"), "{text}");
    assert!(lines[4].starts_with("affine (node 3)") && lines[4].contains("contract"), "{text}");
}

#[test]
fn what_oscillates_faster_than_differences_can_follow_is_not_called_wrong() {
    let one = function(|b| (3.0 * b.input("x", []) * b.input("a", [])).exp().sin());
    let two = function(|b| {
        let (x, a) = (b.input("x", []), b.input("a", []));
        (3.0 * x * a).exp().sin() + (x / a).expm1().sin()
    });
    for (function, seed) in [&one, &two].into_iter().flat_map(|function| (0..240).map(move |seed| (function, seed))) {
        let report =
            check_function(function, &CheckOptions { seed, ..CheckOptions::default() }).expect("it can be checked");
        assert!(report.passed(), "{seed}: {report}");
    }
}

#[test]
fn what_is_too_small_for_all_its_digits_is_not_called_wrong() {
    let report = checked(&function(|b| (b.input("x", [2]) * 1e-160).tanh().sum() * 1e-160));
    assert!(report.passed(), "{report}");
}
