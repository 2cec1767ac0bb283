//! What lies innermost in memory where windows slide: usually the axis that does in the graph, pixels, and behind the first
//! convolution its channels. Where a convolution has so few channels that they would leave lanes of a vector idle, the examples of
//! a batch do: they are alike for windows, borders, strides and pools, so that all of these run along memory, in whole vectors.
//!
//! The first value that windows slide over is brought into that order, by its border where it has one; what is made of it follows.

use std::collections::HashMap;

use chainrule_graph::ops::contract::Label;
use chainrule_graph::ops::{Contract, Windows};
use chainrule_graph::{Graph, NodeId, Op, Value};

/// Whether so many elements next to one another leave few lanes of their vectors idle.
pub(super) fn fill(n: usize, lanes: usize) -> bool {
    4 * n >= 3 * n.next_multiple_of(lanes)
}

/// The values whose examples lie innermost, and the axis of these.
pub(super) struct Innermost {
    axes: HashMap<Value, usize>,
    lanes: usize,
}

impl Innermost {
    /// All values that convolutions slide over, if one of these has few channels for vectors of so many lanes.
    pub fn of(graph: &Graph, lanes: usize) -> Innermost {
        let mut axes = HashMap::new();
        let mut any_is_narrow = false;
        for id in graph.ids() {
            let Some((slid, axis, columns)) = convolution(graph, id) else { continue };
            if fill(graph.shape(slid)[axis], lanes) {
                any_is_narrow |= !fill(columns, lanes);
                axes.insert(slid, axis);
            }
        }
        if !any_is_narrow {
            axes.clear();
        }
        Innermost { axes, lanes }
    }

    /// The axis of a value that lies innermost where windows slide over it.
    pub fn axis(&self, value: Value) -> Option<usize> {
        self.axes.get(&value).copied()
    }

    /// Whether an axis of so many, along which nothing slides, is one of examples that lie innermost.
    pub fn are_examples(&self, n: usize) -> bool {
        !self.axes.is_empty() && fill(n, self.lanes)
    }
}

/// What the windows of a convolution slide over, the axis of it that has most rows, and how many columns the weights have.
fn convolution(graph: &Graph, id: NodeId) -> Option<(Value, usize, usize)> {
    let node = graph.node(id);
    let Op::Contract(contract) = &node.op else { return None };
    let Contract { lhs, rhs, out } = contract;
    let sizes = contract.sizes(graph.shape(node.inputs[0]), graph.shape(node.inputs[1]));
    let size = |label: Label| sizes[label as usize];
    [(0, lhs, rhs), (1, rhs, lhs)].into_iter().find_map(|(operand, of_windows, of_weights)| {
        let windows = graph.node(node.inputs[operand]);
        let Op::Windows(Windows::Slide(dimensions)) = &windows.op else { return None };
        let is_row = |axis: &usize| out.contains(&of_windows[*axis]) && !of_weights.contains(&of_windows[*axis]);
        // The gradient of weights sums over the places.
        dimensions.axes.iter().all(is_row).then_some(())?;
        let others = (0..graph.shape(windows.inputs[0]).rank()).filter(|axis| !dimensions.axes.contains(axis));
        let axis = others.filter(is_row).max_by_key(|&axis| size(of_windows[axis]))?;
        let is_column = |label: &&Label| out.contains(label) && !of_windows.contains(label);
        let columns = of_weights.iter().filter(is_column).map(|&label| size(label)).product();
        Some((windows.inputs[0], axis, columns))
    })
}

/// The axes in their order, but this one last.
pub(super) fn with_last(rank: usize, axis: usize) -> Vec<usize> {
    (0..rank).filter(|other| *other != axis).chain([axis]).collect()
}
