//! Which values a derivative reaches at all.

use crate::graph::Graph;
use crate::node::{Kind, Value};
use crate::ops::{Elementwise, Op};

/// For each node, by its index, whether a derivative of `output` reaches it: it goes through real numbers, and not through
/// `stop_gradient`. The derivative by any other node is 0 whatever the values are.
pub fn reached_by_derivative(graph: &Graph, output: Value) -> Vec<bool> {
    let mut reached = vec![false; graph.nodes().len()];
    if !graph.contains(output) {
        return reached;
    }
    reached[output.node.index()] = true;
    for id in graph.ids().rev().filter(|id| *id <= output.node) {
        let node = graph.node(id);
        let stops = matches!(node.op, Op::Elementwise(Elementwise::StopGradient));
        if reached[id.index()] && !stops {
            let real = node.inputs.iter().filter(|input| graph.kind(**input) == Kind::Real);
            real.for_each(|input| reached[input.node.index()] = true);
        }
    }
    reached
}
