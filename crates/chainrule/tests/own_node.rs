//! The example of a user's own node says what it promises: the wrong rule is named, the right one passes.

#[path = "../examples/own_node.rs"]
mod own_node;

use std::collections::BTreeMap;
use std::sync::Arc;

use chainrule::check::Blame;
use chainrule::learn::{Parameters, gradients};
use chainrule::{Tensor, text};
use own_node::{StudentLoss, regression, report};

#[test]
fn the_example_runs() {
    own_node::main().expect("both reports are made");
}

#[test]
fn the_forgetful_backward_is_named_and_nothing_else() {
    let report = report(true).expect("it can be checked");
    assert_eq!(report.failures.len(), 1, "{report}");
    let failure = &report.failures[0];
    assert!(
        matches!(failure.blame, Blame::Rule { operand: 0, .. }) && failure.name.contains("student_loss"),
        "{report}"
    );
    assert!(failure.origin.contains("own_node.rs"), "{report}");
}

#[test]
fn the_right_backward_passes() {
    let report = report(false).expect("it can be checked");
    assert!(report.passed(), "{report}");
    assert!(report.to_string().contains("no second derivatives: the backward of `student_loss`"), "{report}");
}

#[test]
fn its_value_and_gradient_are_those_worked_out_by_hand() {
    let function = regression(StudentLoss { forgetful: false }).expect("it is well formed");
    let values = [("w", Tensor::vector([0.0, 0.5, 0.0])), ("b", Tensor::scalar(1.0))];
    let values = values.map(|(name, value)| (name.to_string(), value));
    let parameters = Parameters::from_values(&function, values).expect("they fit");
    let inputs = [("x", Tensor::vector([1.0, 2.0, 3.0]))];
    let found = gradients(&function, &parameters, &inputs, &[("y", Tensor::scalar(0.0))]).expect("they fit");
    // e = 2, so y = ln 5 and ∂y/∂e = 4/5
    assert!((found.objective - 5f64.ln()).abs() < 1e-15);
    assert_eq!(found.get("b").expect("it has one").data(), [0.8]);
    assert_eq!(found.get("w").expect("it has one").data(), [0.8, 1.6, 0.8 * 3.0]);
}

#[test]
fn a_text_can_call_it_where_it_is_registered() {
    let source = "input e [2]\nobjective = sum(student_loss(e))";
    let registry = text::Registry::new().with(Arc::new(StudentLoss { forgetful: false }));
    let model = text::parse_with(source, &registry).expect("the name is known");
    let function = model.build(&BTreeMap::new()).expect("it is well formed");
    assert!(text::print(&function).contains("student_loss(e)"));
    assert!(text::parse(source).is_err());
}
