//! What a reader of a model should know of how it was built, though nothing is wrong.

use std::sync::Arc;

use crate::graph::Graph;
use crate::node::{Origin, Rewritten, Value};
use crate::ops::{Elementwise, Op, Reduce, Reduction, ShapeOp};

/// Something that a reader of a model should know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// A formula that overflows or loses its digits was built as a stable one of the same value.
    Rewritten {
        /// What was built.
        node: Value,
        /// As what, and where.
        rewritten: Arc<Rewritten>,
    },
    /// Two operands stretch each other: neither has the shape of the result.
    Stretched {
        /// The difference, product or quotient.
        node: Value,
        /// Its operands, as they were before.
        operands: [Value; 2],
    },
    /// A softmax, or the loss that takes one, of a softmax.
    SecondSoftmax {
        /// The second, or its logsumexp.
        node: Value,
        /// The first.
        softmax: Value,
    },
    /// A softmax along an axis of one element, which is 1 whatever it is of.
    SoftmaxOfOne {
        /// The softmax.
        node: Value,
    },
}

impl Graph {
    /// The notes of a graph as it was built, in the order of its nodes; passes keep the origins by which a formula is known
    /// to be rewritten.
    pub fn notes(&self) -> Vec<Note> {
        let graph = self;
        let mut notes: Vec<Note> = Vec::new();
        for id in graph.ids() {
            let node = Value::from(id);
            if let Origin::Rewritten(rewritten) = &graph.node(id).origin {
                // A formula is built of several nodes; the last is what it is.
                match notes.last_mut() {
                    Some(Note::Rewritten { node: last, rewritten: same }) if Arc::ptr_eq(same, rewritten) => {
                        *last = node
                    }
                    _ => notes.push(Note::Rewritten { node, rewritten: rewritten.clone() }),
                }
            }
            notes.extend(stretched(graph, node).map(|operands| Note::Stretched { node, operands }));
            notes.extend(softmax_of_one(graph, node).then_some(Note::SoftmaxOfOne { node }));
            let Some(softmax) = second_softmax(graph, node) else { continue };
            let is_known =
                |note: &Note| matches!(note, Note::SecondSoftmax { softmax: known, .. } if *known == softmax);
            if !notes.iter().any(is_known) {
                notes.push(Note::SecondSoftmax { node, softmax });
            }
        }
        notes
    }
}

/// The operands of a difference, product or quotient as they were before both were stretched.
fn stretched(graph: &Graph, value: Value) -> Option<[Value; 2]> {
    let node = graph.node(value);
    let Op::Elementwise(Elementwise::Sub | Elementwise::Mul | Elementwise::Div) = node.op else { return None };
    let before = |operand: Value| {
        let Op::Shape(ShapeOp::Broadcast { .. }) = &graph.node(operand).op else { return None };
        let inner = graph.node(operand).inputs[0];
        let below = graph.node(inner);
        // An axis of one element is dropped before it is stretched.
        let dropped = matches!(below.op, Op::Shape(ShapeOp::Reshape { .. }))
            && graph.name(inner).is_none()
            && graph.shape(below.inputs[0]).iter().filter(|&&n| n != 1).eq(graph.shape(inner).iter());
        let before = if dropped { below.inputs[0] } else { inner };
        (graph.shape(before).size() > 1).then_some(before)
    };
    Some([before(node.inputs[0])?, before(node.inputs[1])?])
}

/// Whether it is a softmax along axes of one element.
fn softmax_of_one(graph: &Graph, node: Value) -> bool {
    let Op::Reduce(Reduce { op: Reduction::Softmax, axes }) = &graph.node(node).op else { return false };
    axes.iter().all(|&axis| graph.shape(node)[axis] == 1)
}

/// The softmax that a softmax, or the logsumexp of a loss, is taken of once more.
fn second_softmax(graph: &Graph, node: Value) -> Option<Value> {
    let is_softmax = |value: Value, logsumexp_too: bool| match &graph.node(value).op {
        Op::Reduce(Reduce { op: Reduction::Softmax, .. }) => true,
        Op::Reduce(Reduce { op: Reduction::LogSumExp, .. }) => logsumexp_too,
        _ => false,
    };
    let operand = is_softmax(node, true).then(|| graph.node(node).inputs[0])?;
    is_softmax(operand, false).then_some(operand)
}
