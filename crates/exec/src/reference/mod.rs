//! The reference interpreter: f64, one obvious loop nest an op, no clever code. Everything else is tested against it.

use chainrule_graph::{Graph, NodeId, Op, Shape, Tensor};

use crate::{ExecError, Feed, Values};

/// The values of `targets`, and of all nodes they need, for the given values of the input nodes.
///
/// Errors name an input node that is needed and has no value, or one of another shape, or whose values are not of its
/// kind (a whole number below its bound, a truth value), and an index that is out of range.
pub fn evaluate(graph: &Graph, feed: &Feed, targets: &[NodeId]) -> Result<Values, ExecError> {
    let _ = (graph, feed, targets);
    Err(ExecError::new("not yet"))
}

/// The result of one op, of the given shape, for the values of its inputs. Errors say which index is out of range.
pub fn evaluate_op(op: &Op, inputs: &[&Tensor], shape: &Shape) -> Result<Tensor, ExecError> {
    let _ = (op, inputs, shape);
    Err(ExecError::new("not yet"))
}
