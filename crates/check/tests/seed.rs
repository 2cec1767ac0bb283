//! The course framework's own tests: the backward of each of its nodes, and the gradients of each of its models, by
//! central differences entry by entry, with a relative error of at most 1e-5.

use chainrule_check::{Entries, Options, Report, check_function};
use chainrule_graph::{Builder, Function, Initializer, Kind, Var};

/// The course's bound.
const BOUND: f64 = 1e-5;

/// The function is right, and its worst relative error is within the course's bound.
fn right(function: &Function) -> Report {
    let options = Options { entries: Entries::All, ..Options::default() };
    let report = check_function(function, &options).expect("the function can be checked");
    assert!(report.passed(), "{report}");
    assert!(report.worst() <= BOUND, "{report}");
    report
}

/// The node is right under a random cotangent: the objective is its weighted sum.
fn node_is_right(build: impl for<'g> Fn(&'g Builder) -> Var<'g>) {
    let builder = Builder::new();
    let result = build(&builder);
    let weights = builder.input("weights", result.shape());
    builder.objective((result * weights).sum());
    right(&builder.finish().expect("the graph is well formed"));
}

const NORMAL: Initializer = Initializer::Normal { mean: 0.0, std: 0.1 };

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

#[test]
fn linear_regression() {
    let b = Builder::new();
    let (x, y) = (b.input("x", [5]), b.outcome("y", []));
    let (w, bias) =
        (b.parameter("w", [5], Initializer::Constant(0.0)), b.parameter("b", [], Initializer::Constant(0.0)));
    let prediction = b.vector_scalar_affine(x, w, bias);
    b.prediction(prediction);
    b.objective(b.squared_l2_distance(prediction, y));
    right(&b.finish().expect("the graph is well formed"));
}

#[test]
fn ridge_regression() {
    let b = Builder::new();
    let (x, y) = (b.input("x", [5]), b.outcome("y", []));
    let (w, bias) =
        (b.parameter("w", [5], Initializer::Constant(0.0)), b.parameter("b", [], Initializer::Constant(0.0)));
    let prediction = b.vector_scalar_affine(x, w, bias);
    b.prediction(prediction);
    b.objective(b.squared_l2_distance(prediction, y) + b.l2_norm_penalty(1.5, w));
    right(&b.finish().expect("the graph is well formed"));
}

#[test]
fn mlp_regression() {
    let b = Builder::new();
    let (x, y) = (b.input("x", [4]), b.outcome("y", []));
    let (w1, b1) = (b.parameter("W1", [3, 4], NORMAL), b.parameter("b1", [3], NORMAL));
    let (w2, b2) = (b.parameter("w2", [3], NORMAL), b.parameter("b2", [], NORMAL));
    let hidden = b.affine(w1, x, b1).tanh().named("h");
    let prediction = b.vector_scalar_affine(hidden, w2, b2);
    b.prediction(prediction);
    b.objective(b.squared_l2_distance(prediction, y));
    right(&b.finish().expect("the graph is well formed"));
}

#[test]
fn mlp_classification() {
    let b = Builder::new();
    let (x, y) = (b.input("x", [4]), b.outcome_of("y", [], Kind::Int, None));
    let (w1, b1) = (b.parameter("W1", [3, 4], NORMAL), b.parameter("b1", [3], NORMAL));
    let (w2, b2) = (b.parameter("W2", [5, 3], NORMAL), b.parameter("b2", [5], NORMAL));
    let hidden = b.affine(w1, x, b1).tanh().named("h");
    let prediction = b.affine(w2, hidden, b2).softmax(0);
    b.prediction(prediction);
    b.objective(b.nll(prediction, y));
    let report = right(&b.finish().expect("the graph is well formed"));
    println!("{report}");
}
