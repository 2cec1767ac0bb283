//! The graphs: write each prediction and objective, of your nodes and those of [`given`](crate::given).
//!
//! Import what you use, `use std::sync::Arc;` and `use super::nodes::{Affine, Sum};` for instance. A node is put into the graph by `builder.custom(Arc::new(Affine), &[w, x, b])`, which returns its result, for the next
//! node to read. At the end say `builder.prediction(…)` and `builder.objective(…)`. Delete the line `let _ = …`.

use chainrule::{Builder, Function, GraphError, Initializer, Kind};

/// Ridge regression: the prediction w·x + b, the objective (w·x + b − y)² + λ‖w‖².
///
/// # Errors
/// What the builder says to a node that does not fit.
pub fn ridge(d: usize, lambda: f64) -> Result<Function, GraphError> {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [d]), builder.outcome("y", []));
    let w = builder.parameter("w", [d], Initializer::Constant(0.0));
    let b = builder.parameter("b", [], Initializer::Constant(0.0));
    let _ = (x, y, w, b, lambda);
    builder.finish()
}

/// Regression by a hidden layer of m units: the prediction w2·tanh(W1 x + b1) + b2, the objective its squared distance to y.
/// The parameters W1, b1, w2 and b2 are yours to make; start each at `random.clone()`, normal numbers of that
/// deviation, since units that start equal stay equal.
///
/// # Errors
/// What the builder says to a node that does not fit.
pub fn mlp(d: usize, m: usize, deviation: f64) -> Result<Function, GraphError> {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [d]), builder.outcome("y", []));
    let random = Initializer::Normal { mean: 0.0, std: deviation };
    let _ = (x, y, m, random);
    builder.finish()
}

/// Classification by a hidden layer of m units: the prediction softmax(W2 tanh(W1 x + b1) + b2), the objective the
/// negative log-likelihood of the class y. The parameters W1, b1, W2 and b2 are yours to make, as before.
///
/// # Errors
/// What the builder says to a node that does not fit.
pub fn multiclass(d: usize, m: usize, k: usize, deviation: f64) -> Result<Function, GraphError> {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [d]), builder.outcome_of("y", [], Kind::Int, Some(k)));
    let random = Initializer::Normal { mean: 0.0, std: deviation };
    let _ = (x, y, m, random);
    builder.finish()
}
