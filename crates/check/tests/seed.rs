//! The course framework's own tests of its nodes: the backward of each by central differences element by element, with a
//! relative error of at most 1e-5. Those of its models are in `crates/chainrule/tests/ready_models.rs`.

use chainrule_check::{CheckOptions, Elements, check_function};
use chainrule_graph::{Builder, Kind, Var};

/// The course's bound.
const BOUND: f64 = 1e-5;

/// The node is right under a random cotangent: the objective is its weighted sum.
fn node_is_right(build: impl for<'g> Fn(&'g Builder) -> Var<'g>) {
    let builder = Builder::new();
    let result = build(&builder);
    let weights = builder.input("weights", result.shape());
    builder.objective((result * weights).sum());
    let options = CheckOptions { elements: Elements::OneByOne, ..CheckOptions::default() };
    let report = check_function(&builder.finish().expect("the graph is well formed"), &options);
    let report = report.expect("the function can be checked");
    assert!(report.passed(), "{report}");
    assert!(report.worst() <= BOUND, "{report}");
}

#[test]
fn vector_scalar_affine() {
    node_is_right(|b| b.vector_scalar_affine(b.input("x", [5]), b.input("w", [5]), b.input("b", [])));
}

#[test]
fn squared_l2_distance_of_any_shape() {
    node_is_right(|b| b.squared_l2_distance(b.input("a", []), b.input("b", [])));
    node_is_right(|b| b.squared_l2_distance(b.input("a", [5]), b.input("b", [5])));
    node_is_right(|b| b.squared_l2_distance(b.input("a", [2, 3]), b.input("b", [2, 3])));
}

#[test]
fn l2_norm_penalty() {
    node_is_right(|b| b.l2_norm_penalty(0.7, b.input("w", [5])));
    node_is_right(|b| b.l2_norm_penalty(0.0, b.input("w", [2, 3])));
}

#[test]
fn sum_of_two() {
    node_is_right(|b| b.input("a", [2, 3]) + b.input("b", [2, 3]));
}

#[test]
fn affine() {
    node_is_right(|b| b.affine(b.input("W", [4, 3]), b.input("x", [3]), b.input("b", [4])));
}

#[test]
fn tanh() {
    node_is_right(|b| b.input("a", [5]).tanh());
    node_is_right(|b| b.input("a", [2, 3]).tanh());
}

#[test]
fn softmax() {
    node_is_right(|b| b.input("z", [5]).softmax(0));
}

#[test]
fn nll() {
    // Of any positive p, and of a softmax
    node_is_right(|b| b.nll(b.input("q", [4]).exp(), b.outcome_of("y", [], Kind::Int, None)));
    node_is_right(|b| b.nll(b.input("z", [4]).softmax(0), b.outcome_of("y", [], Kind::Int, None)));
}
