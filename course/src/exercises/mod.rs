//! What is to be written: [`nodes`] first, then the [`graphs`] made of them.

pub mod graphs;
pub mod nodes;

use std::sync::Arc;

use crate::Homework;

/// Takes what a body is given, and says that the body is still to be written.
fn not_written<T>(_given: T) -> Result<(), String> {
    Err("is not written yet".into())
}

/// What is judged.
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
