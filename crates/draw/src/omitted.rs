//! The nodes that have no box of their own.

use std::collections::HashSet;

use chainrule_graph::ops::{ShapeOp, Source};
use chainrule_graph::{Graph, NodeId, Op, Value};

/// What is not drawn as a box but in the box of its reader: single numbers, and what only stretches a value.
pub(crate) fn written_out(graph: &Graph) -> HashSet<NodeId> {
    let is_number = |id: NodeId| match &graph.node(id).op {
        Op::Source(Source::Constant(constant)) => constant.value.data().len() == 1 && graph.name(id).is_none(),
        _ => false,
    };
    let stretches =
        |id: NodeId| matches!(graph.node(id).op, Op::Shape(ShapeOp::Broadcast { .. })) && graph.name(id).is_none();
    let read: HashSet<NodeId> = graph.nodes().iter().flat_map(|node| node.inputs.iter().map(|v| v.node)).collect();
    graph.ids().filter(|&id| read.contains(&id) && (is_number(id) || stretches(id))).collect()
}

/// The value that is stretched, if one is.
pub(crate) fn seen_through(graph: &Graph, mut value: Value) -> Value {
    while matches!(graph.node(value).op, Op::Shape(ShapeOp::Broadcast { .. })) && graph.name(value).is_none() {
        value = graph.node(value).inputs[0];
    }
    value
}
