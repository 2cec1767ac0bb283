//! The nodes that have no box of their own.

use std::collections::HashSet;

use chainrule_graph::ops::{ShapeOp, Source};
use chainrule_graph::{Function, Graph, NodeId, Op, Value};

/// What has no box: what is written in the box of its reader, and what nobody reads or named in a function that has ends.
pub(crate) fn omitted(function: &Function) -> HashSet<NodeId> {
    let graph = &function.graph;
    let mut omitted = written_out(graph);
    let ends = [function.prediction, function.objective].into_iter().flatten();
    let ends: Vec<Value> = ends.chain(graph.updates().iter().map(|update| update.value)).collect();
    if !ends.is_empty() {
        let is_named = |id: &NodeId| graph.node(*id).outputs.iter().any(|output| output.name.is_some());
        let needed = graph.needed_for(ends.iter().map(|end| end.node).chain(graph.ids().filter(is_named)));
        omitted.extend(graph.ids().filter(|id| !needed[id.index()]));
    }
    omitted
}

/// What is not drawn as a box but in the box of its reader: single numbers, and what only stretches a value.
fn written_out(graph: &Graph) -> HashSet<NodeId> {
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
