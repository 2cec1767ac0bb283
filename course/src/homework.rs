//! What is to be written, as one value: the exercises and the solutions are each one.

use std::sync::Arc;

use chainrule::{CustomNode, Function, GraphError};

/// The nodes and the graphs of the course.
#[derive(Clone)]
pub struct Homework {
    /// a + b, for values of one shape.
    pub sum: Arc<dyn CustomNode>,
    /// λ‖w‖², for w of any shape; the constant λ is given.
    pub l2_penalty: fn(f64) -> Arc<dyn CustomNode>,
    /// Wx + b, for W `[m, d]`, x `[d]` and b `[m]`.
    pub affine: Arc<dyn CustomNode>,
    /// tanh a, element by element.
    pub tanh: Arc<dyn CustomNode>,
    /// Probabilities of logits z `[k]`.
    pub softmax: Arc<dyn CustomNode>,
    /// −log s_y, for probabilities s `[k]` and a class y.
    pub nll: Arc<dyn CustomNode>,
    /// Ridge regression of `d` features with the penalty λ.
    pub ridge: fn(usize, f64) -> Result<Function, GraphError>,
    /// Regression of `d` features by `m` hidden units, started at random numbers of a standard deviation.
    pub mlp: fn(usize, usize, f64) -> Result<Function, GraphError>,
    /// Classification of `d` features into `k` classes by `m` hidden units: d, m, k and the standard deviation.
    pub multiclass: fn(usize, usize, usize, f64) -> Result<Function, GraphError>,
}
