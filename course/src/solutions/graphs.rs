//! The graphs, written out.

use std::sync::Arc;

use chainrule::{Builder, Function, GraphError, Initializer, Kind};

use super::nodes::{Affine, L2Penalty, Nll, Softmax, Sum, Tanh};
use crate::given::{SquaredDistance, VectorScalarAffine};

/// Ridge regression: the prediction w·x + b, the objective (w·x + b − y)² + λ‖w‖².
///
/// # Errors
/// What the builder says to a node that does not fit.
pub fn ridge(d: usize, lambda: f64) -> Result<Function, GraphError> {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [d]), builder.outcome("y", []));
    let w = builder.parameter("w", [d], Initializer::Constant(0.0));
    let b = builder.parameter("b", [], Initializer::Constant(0.0));
    let prediction = builder.custom(Arc::new(VectorScalarAffine), &[w, x, b]);
    let distance = builder.custom(Arc::new(SquaredDistance), &[prediction, y]);
    let penalty = builder.custom(Arc::new(L2Penalty { lambda }), &[w]);
    builder.prediction(prediction);
    builder.objective(builder.custom(Arc::new(Sum), &[distance, penalty]));
    builder.finish()
}

/// Regression by a hidden layer of m units: the prediction w2·tanh(W1 x + b1) + b2, the objective its squared distance to y.
///
/// # Errors
/// What the builder says to a node that does not fit.
pub fn mlp(d: usize, m: usize, deviation: f64) -> Result<Function, GraphError> {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [d]), builder.outcome("y", []));
    let random = Initializer::Normal { mean: 0.0, std: deviation };
    let w1 = builder.parameter("W1", [m, d], random.clone());
    let b1 = builder.parameter("b1", [m], random.clone());
    let w2 = builder.parameter("w2", [m], random.clone());
    let b2 = builder.parameter("b2", [], random);
    let a = builder.custom(Arc::new(Affine), &[w1, x, b1]);
    let h = builder.custom(Arc::new(Tanh), &[a]);
    let prediction = builder.custom(Arc::new(VectorScalarAffine), &[w2, h, b2]);
    builder.prediction(prediction);
    builder.objective(builder.custom(Arc::new(SquaredDistance), &[prediction, y]));
    builder.finish()
}

/// Classification by a hidden layer of m units: the prediction softmax(W2 tanh(W1 x + b1) + b2), the objective the
/// negative log-likelihood of the class y.
///
/// # Errors
/// What the builder says to a node that does not fit.
pub fn multiclass(d: usize, m: usize, k: usize, deviation: f64) -> Result<Function, GraphError> {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [d]), builder.outcome_of("y", [], Kind::Int, Some(k)));
    let random = Initializer::Normal { mean: 0.0, std: deviation };
    let w1 = builder.parameter("W1", [m, d], random.clone());
    let b1 = builder.parameter("b1", [m], random.clone());
    let w2 = builder.parameter("W2", [k, m], random.clone());
    let b2 = builder.parameter("b2", [k], random);
    let a = builder.custom(Arc::new(Affine), &[w1, x, b1]);
    let h = builder.custom(Arc::new(Tanh), &[a]);
    let z = builder.custom(Arc::new(Affine), &[w2, h, b2]);
    let prediction = builder.custom(Arc::new(Softmax), &[z]);
    builder.prediction(prediction);
    builder.objective(builder.custom(Arc::new(Nll), &[prediction, y]));
    builder.finish()
}
