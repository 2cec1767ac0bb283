//! The gradients of the ready models by central differences, element by element, with a relative error of at most 1e-5: the
//! course framework's own tests of its models.

use chainrule::check::{CheckOptions, Elements, check_function};
use chainrule::learn::Training;
use chainrule::learn::models::{Activation, LinearRegression, MlpClassifier, MlpRegression, RidgeRegression};
use chainrule::{Function, GraphError};

/// The course's bound.
const BOUND: f64 = 1e-5;

fn is_right(function: Result<Function, GraphError>) {
    let options = CheckOptions { elements: Elements::OneByOne, ..CheckOptions::default() };
    let report = check_function(&function.expect("the graph is well formed"), &options);
    let report = report.expect("the function can be checked");
    assert!(report.passed(), "{report}");
    assert!(report.worst() <= BOUND, "{report}");
    assert!(report.second.is_some(), "{report}");
}

fn training() -> Training<'static> {
    Training::default()
}

#[test]
fn of_linear_regression() {
    is_right(LinearRegression::new(training()).function(5));
}

#[test]
fn of_ridge_regression() {
    is_right(RidgeRegression::new(1.5, training()).function(5));
    is_right(RidgeRegression::new(0.0, training()).function(5));
}

#[test]
fn of_perceptrons() {
    for activation in [Activation::Tanh, Activation::Relu, Activation::Sigmoid] {
        for hidden in [&[3][..], &[4, 3], &[]] {
            is_right(MlpRegression { activation, ..MlpRegression::new(hidden, 0.1, training()) }.function(4));
            is_right(MlpClassifier { activation, ..MlpClassifier::new(hidden, 5, 0.1, training()) }.function(4));
        }
    }
}
