//! The nodes that have no box of their own.

use std::collections::HashSet;

use chainrule_graph::ops::{ShapeOp, Source};
use chainrule_graph::{Function, Op, Value};

use crate::sketch::{Sketch, SketchValue};

/// What has no box: what is written in the box of its reader, and what nobody reads or named in a function that has ends.
pub(crate) fn omitted(function: &Function, sketch: &Sketch<'_>) -> HashSet<usize> {
    let graph = &function.graph;
    let mut omitted = written_out(sketch);
    let ends = [function.prediction, function.objective].into_iter().flatten();
    let ends: Vec<Value> = ends.chain(graph.updates().iter().map(|update| update.value)).collect();
    if !ends.is_empty() {
        let is_named = |id: &_| graph.node(*id).outputs.iter().any(|output| output.name.is_some());
        let needed = graph.needed_for(ends.iter().map(|end| end.node).chain(graph.ids().filter(is_named)));
        omitted.extend((0..sketch.nodes.len()).filter(|&index| !needed[sketch.nodes[index].outer.index()]));
    }
    omitted
}

/// What is not drawn as a box but in the box of its reader: single numbers, and what only stretches a value.
fn written_out(sketch: &Sketch<'_>) -> HashSet<usize> {
    let is_number = |index: usize| match sketch.op(index) {
        Some(Op::Source(Source::Constant(constant))) => constant.value.data().len() == 1 && !is_named(sketch, index),
        _ => false,
    };
    let read: HashSet<usize> = sketch.nodes.iter().flat_map(|node| node.inputs.iter().map(|v| v.node)).collect();
    let all = 0..sketch.nodes.len();
    all.filter(|&index| read.contains(&index) && (is_number(index) || stretches(sketch, index))).collect()
}

fn stretches(sketch: &Sketch<'_>, index: usize) -> bool {
    matches!(sketch.op(index), Some(Op::Shape(ShapeOp::Broadcast { .. }))) && !is_named(sketch, index)
}

fn is_named(sketch: &Sketch<'_>, node: usize) -> bool {
    sketch.name(SketchValue { node, output: 0 }).is_some()
}

/// The value that is stretched, if one is.
pub(crate) fn seen_through(sketch: &Sketch<'_>, mut value: SketchValue) -> SketchValue {
    while stretches(sketch, value.node) {
        value = sketch.nodes[value.node].inputs[0];
    }
    value
}
