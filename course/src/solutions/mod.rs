//! What was to be written, one way to do it.

pub mod graphs;
pub mod nodes;

use std::sync::Arc;

use crate::Homework;

/// All of it.
pub fn homework() -> Homework {
    Homework {
        sum: Arc::new(nodes::Sum),
        l2_penalty: |lambda| Arc::new(nodes::L2Penalty { lambda }),
        affine: Arc::new(nodes::Affine),
        tanh: Arc::new(nodes::Tanh),
        softmax: Arc::new(nodes::Softmax),
        nll: Arc::new(nodes::Nll),
        ridge: graphs::ridge,
        mlp: graphs::mlp,
        multiclass: graphs::multiclass,
    }
}
