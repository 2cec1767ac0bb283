//! `chainrule check`

use crate::support::{CLASSIFIER, Folder, PLANE};

#[test]
fn right_gradients_are_said_to_be_right() {
    let folder = Folder::with(&[("m.graph", PLANE), ("c.graph", CLASSIFIER)]);
    let run = folder.line("check m.graph");
    assert!(run.succeeded().contains("every gradient is right"), "{}", run.out);
    assert!(run.out.contains("prediction - y"), "nodes are called by their source: {}", run.out);
    let run = folder.line("check c.graph --entries --seed 5");
    assert!(run.succeeded().contains("`prediction` is not on the way to the objective: "), "{}", run.out);
    let report = &folder.line("check m.graph --set d=7 --json").json()[0];
    assert_eq!(report["passed"], true);
    assert!(report["nodes"].as_array().is_some_and(|nodes| nodes.iter().any(|node| node["shape"][0] == 7)));
}

#[test]
fn a_stretched_value_is_another_node() {
    let folder = Folder::with(&[("m.graph", "input y []\nparam w [2] = 0\nobjective = sum((y - w)^2)\n")]);
    let run = folder.line("check m.graph");
    assert!(run.succeeded().contains("\n broadcast of y "), "{}", run.out);
    assert_eq!(run.out.matches("\n y  ").count(), 1, "{}", run.out);
}

#[test]
fn rules_are_counted_as_people_count() {
    let folder = Folder::with(&[("one.graph", "param w [] = 1\nobjective = w^2\n"), ("none.graph", "objective = 3\n")]);
    assert!(folder.line("check one.graph").succeeded().contains("right: 1 rule at"));
    assert!(folder.line("check none.graph").succeeded().contains("no rule to check"));
}

#[test]
fn parameters_that_nothing_moves_are_told() {
    let graph = |objective: &str| format!("input x []\nparam w [] = 0\nparam u [] = 0\nobjective = {objective}\n");
    let folder = Folder::with(&[
        ("m.graph", &graph("(w - x)^2")),
        ("stopped.graph", &graph("(w - x)^2 + stop_gradient(u)")),
        ("both.graph", &graph("(w - x)^2 + u")),
        ("none.graph", "input x []\nobjective = x^2\n"),
        ("t.csv", "x\n1\n2\n"),
    ]);
    for command in ["check m.graph", "fit m.graph --data t.csv", "check stopped.graph"] {
        let run = folder.line(command);
        run.succeeded();
        assert!(run.err.contains("warning") && run.err.contains("`u`") && !run.err.contains("`w`"), "{}", run.err);
    }
    assert_eq!(folder.line("check both.graph").err, "");
    assert_eq!(folder.line("check none.graph").err, "");
    assert!(folder.line("fit none.graph --data t.csv").err.contains("no `param`"));
}

#[test]
fn a_model_without_outcome_or_prediction_can_be_checked() {
    let folder = Folder::with(&[("m.graph", "param w [3] = 1\nobjective = sum(w^2)\n")]);
    folder.line("check m.graph").succeeded();
}

#[test]
fn a_model_without_a_scalar_objective_is_refused() {
    let folder = Folder::with(&[
        ("none.graph", "input x [2]\nprediction = sum(x)\n"),
        ("vector.graph", "input x [2]\nobjective = x * x\n"),
        ("int.graph", "input x [2]\nobjective = argmax(x)\n"),
        ("second.graph", "input x [2]\nobjective = x\n"),
    ]);
    folder.refuses(2, "check second.graph", &["`objective`", "[2]", "second.graph:2:1"]);
    folder.refuses(2, "check none.graph", &["`objective`", "[]"]);
    folder.refuses(2, "check vector.graph", &["`objective`", "[2]", "sum(…)", "vector.graph:2:13"]);
    folder.refuses(2, "check int.graph", &["`objective`", "int"]);
}

#[test]
fn mistakes_in_the_text_show_the_line() {
    let comment = "# a line\n".repeat(40);
    let folder = Folder::with(&[
        ("name.graph", &format!("{comment}input x [2]\nparam w [2] = 0\nobjective = dott(w, x)\n")),
        ("shape.graph", &format!("{comment}input x [2]\nparam w [3] = 0\nobjective = dot(w, x)\n")),
        ("open.graph", "input x [2]\nobjective = sum(x * (x +\n  1\n"),
    ]);
    folder.refuses(2, "check name.graph", &["dott", "dot", "name.graph:43:13"]);
    folder.refuses(2, "check shape.graph", &["dot", "[3]", "[2]", "43"]);
    folder.refuses(2, "check open.graph", &["not closed", "open.graph:2"]);
    folder.refuses(2, "check missing.graph", &["missing.graph", "no such file"]);
    folder.write("bytes.graph", b"input x [2]\nobjective = \xff\n");
    folder.refuses(2, "check bytes.graph", &["bytes.graph", "UTF-8", "line 2"]);
    folder.write("m.safetensors", b"\xe8\x03\0\0\0\0\0\0{\"__metadata__\"");
    folder.refuses(2, "check m.safetensors", &["m.safetensors", "a trained model", "`chainrule show`"]);
    folder.refuses(2, "check .", &["folder"]);
}

#[test]
fn draws_that_are_never_finite_name_the_node() {
    let folder = Folder::with(&[("m.graph", "input x [2]\nobjective = sum(log(-x^2 - 1))\n")]);
    folder.refuses(2, "check m.graph", &["`log(-x^2 - 1)`", "100 draws"]);
}

#[test]
fn what_differences_cannot_tell_is_not_called_wrong() {
    let folder = Folder::with(&[("m.graph", "input x []\nobjective = softplus(x - 63)^0.7\n")]);
    let run = folder.line("check m.graph");
    assert!(run.out.contains("UNDECIDED") && !run.out.contains("WRONG"), "{}", run.out);
    run.failed(2, &["could not tell", "`objective`"]);
}

#[test]
fn sizes_that_no_machine_holds_are_refused() {
    let folder = Folder::with(&[("m.graph", PLANE)]);
    folder.refuses(2, "check m.graph --set d=1000000000000", &["GiB", "`x`"]);
}

#[test]
fn a_slope_that_was_left_out_is_told() {
    let zero = "input x []\nparam w [] = 2\nobjective = sqrt(x - stop_gradient(x))^2 + w^2\n";
    let folder =
        Folder::with(&[("m.graph", zero), ("fine.graph", "input x []\nobjective = where(x > 9, sqrt(x), x)\n")]);
    let run = folder.line("check m.graph");
    assert!(run.out.contains("note: the slope of `sqrt(x - stop_gradient(x))` (sqrt) is not finite"), "{run:?}");
    assert!(!folder.line("check fine.graph").succeeded().contains("note"));
}

#[test]
fn models_of_positive_inputs_can_be_checked() {
    let graph = "input x [d]\noutcome y []\nparam w [d] = 0\nparam b [] = 0\nprediction = dot(w, log(x)) + b\n\
                 objective = (prediction - log(y))^2\n";
    let folder = Folder::with(&[("m.graph", graph), ("t.csv", "a,b,y\n1,2,3\n4,5,6\n0.5,0.1,2\n")]);
    for options in ["--set d=5", "--set d=8", "--set d=20 --seed 3", "--data t.csv --map x=a,b"] {
        assert!(
            folder.line(&format!("check m.graph {options}")).succeeded().contains("second derivatives, too"),
            "{options}"
        );
    }
    folder.write("bad.csv", b"a,b,y\n-1,2,3\n");
    folder.refuses(2, "check m.graph --data bad.csv --map x=a,b", &["`log(x)` is not finite"]);
    let none = "input x []\nparam w [] = 0\nobjective = w * log(0 - x * x)\n";
    folder.write("none.graph", none.as_bytes());
    folder.refuses(2, "check none.graph", &["none of 100 draws", "--data"]);
}

#[test]
fn a_rule_that_no_draw_tests_is_named() {
    let graph = "input x []\nparam w [] = 0\nobjective = where(exp(x) < 0, sin(w), w^2)\n";
    let folder = Folder::with(&[("m.graph", graph)]);
    let run = folder.line("check m.graph");
    assert!(run.succeeded().contains("`sin(w)` was not tested") || run.out.contains("`sin(w)`"), "{}", run.out);
    assert!(run.out.contains("not tested") && !run.out.contains("every gradient is right"), "{}", run.out);
    let report = &folder.line("check m.graph --json").json()[0];
    assert_eq!(report["passed"], true);
    assert!(report["not_tested"].as_array().is_some_and(|list| list.iter().any(|name| name == "sin(w)")), "{report}");
}

#[test]
fn what_was_built_otherwise_and_what_stretches_both_ways_is_told() {
    let bce = "input x []\noutcome y [] int < 2\nparam w [] = 0\np = sigmoid(w * x)\n\
               objective = -(y * log(p) + (1 - y) * log(1 - p))\n";
    let outer = "input x [3, 1]\noutcome y [3]\nparam w [] = 0\nobjective = mean((w * x - y)^2)\n";
    let folder = Folder::with(&[("bce.graph", bce), ("outer.graph", outer), ("t.csv", "x,y\n40,1\n-3,0\n")]);
    let note = "note: line 5: log(1 - sigmoid(z)) is computed as -softplus(z)";
    let run = folder.line("check bce.graph");
    assert!(run.succeeded().contains(note), "{}", run.out);
    let run = folder.line("fit bce.graph --data t.csv --epochs 2");
    run.succeeded();
    assert_eq!(run.err.matches(note).count(), 1, "{}", run.err);
    let run = folder.line("show bce.graph");
    assert!(run.succeeded().contains("# written as log(1 - sigmoid(z))"), "{}", run.out);
    let run = folder.line("grad log(1+exp(x)) x=1000");
    assert!(run.succeeded().contains("value     1000") && run.out.contains("gradient  x  1\n"), "{}", run.out);
    for command in ["check outer.graph", "show outer.graph"] {
        let run = folder.line(command);
        let said = format!("{}{}", run.succeeded(), run.err);
        assert!(said.contains("`w * x` [3, 1] and `y` [3] stretch each other to [3, 3]"), "{said}");
    }
}

#[test]
fn an_objective_of_another_name_is_told() {
    let folder = Folder::with(&[("m.graph", "input x []\nparam w [] = 0\nloss = (w - x)^2\n")]);
    let run = folder.line("check m.graph");
    assert!(run.err.contains("what training makes small is called `objective`: call `loss` so"), "{}", run.err);
}

#[test]
fn the_rules_in_the_body_of_a_loop_are_checked_by_name() {
    let model = "input xs [4, 2]\nparam w [2] = 1\ndef cell(h, x) {\n  z = w * h + x\n  return tanh(z)\n}\n\
        hs = scan(cell, zeros([2]), xs)\nobjective = sum(last(hs)^2)\n";
    let folder = Folder::with(&[("m.graph", model)]);
    let run = folder.line("check m.graph");
    let table = run.succeeded();
    for row in ["hs/cell/z", "hs: tanh(z)", "hs: w * h"] {
        assert!(table.contains(row), "no {row} in\n{table}");
    }
    assert!(table.contains("every gradient is right: 11 rules"), "{table}");
    let json = folder.line("check m.graph --json");
    assert!(json.succeeded().contains(r#""name":"hs/cell/z","op":"add","shape":[2]"#), "{json:?}");
}

#[test]
fn a_nan_in_a_loop_is_named_with_its_step() {
    let model = "input xs [3]\nparam w [] = 1\ndef f(h, x) {\n  z = log(x)\n  return h + w * z\n}\n\
        hs = scan(f, 0, xs)\nprediction = last(hs)\nobjective = prediction^2\n";
    let folder = Folder::with(&[("m.graph", model), ("t.csv", "xs0,xs1,xs2\n1,2,3\n1,-2,3\n")]);
    let run = folder.line("grad m.graph xs=1,-2,3 w=1"); // the answer is printed all the same
    assert!(run.code == Some(1) && run.err.contains("at step 1, `hs/f/z` (log) is NaN"), "{run:?}");
    folder.refuses(1, "fit m.graph --data t.csv --epochs 1", &["line 3", "at step 1, `hs/f/z` (log) is NaN"]);
}
