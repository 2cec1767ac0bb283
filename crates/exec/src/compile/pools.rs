//! Pools by the greatest or the smallest element: their windows are compared where they lie, and their gradient is added where an
//! index points, so that neither the windows nor what is added to them is stored.
//!
//! In the graph a pool is a reduction along one axis, into which the axes within the windows are merged; its gradient scatters
//! along that axis, and folds the windows.

use chainrule_graph::ops::{Index, Reduction, ShapeOp, WindowDimensions, Windows};
use chainrule_graph::{Graph, NodeId, Op, Value};

use super::plan::{AddAtIndices, KernelKind};
use super::plan_builder::PlanBuilder;
use super::view::{View, window_strides};

/// The value whose operands a pool, or its gradient, reads in place of its own operand; none if the node is neither.
pub(super) fn read_through(graph: &Graph, id: NodeId) -> Option<Value> {
    let node = graph.node(id);
    match &node.op {
        Op::Reduce(op) if is_pool(op.op) => {
            let (merged, windows) = unmerged(graph, node.inputs[0])?;
            let Op::Windows(Windows::Slide(dimensions)) = &graph.node(windows).op else { return None };
            let places = graph.shape(windows).rank() - dimensions.axes.len();
            let is_merged = graph.shape(merged).rank() == places + 1 && op.axes == [places];
            let reads_windows = if merged == windows { id.into() } else { merged };
            (is_merged && keeps_places(graph, merged, windows, places)).then_some(reads_windows)
        }
        Op::Windows(Windows::Fold { dimensions, .. }) => {
            let (windows, scattered) = unmerged(graph, node.inputs[0])?;
            let Op::Index(Index::ScatterAdd { batch, size }) = graph.node(scattered).op else { return None };
            let places = graph.shape(windows).rank() - dimensions.axes.len();
            let indices = graph.node(scattered).inputs[0];
            let Op::Reduce(picked) = &graph.node(indices).op else { return None };
            let is_index = matches!(picked.op, Reduction::ArgMax | Reduction::ArgMin);
            let counted = graph.shape(graph.node(indices).inputs[0]);
            let picks_entries = is_index && picked.axes.iter().all(|&axis| counted[axis] == size);
            let is_one_each = batch == places && graph.shape(indices).rank() == places;
            (picks_entries && is_one_each && keeps_places(graph, windows, scattered, places)).then_some(scattered)
        }
        _ => None,
    }
}

/// Whether a reduction picks one of the elements of a window, or the index of it.
fn is_pool(op: Reduction) -> bool {
    matches!(op, Reduction::Max | Reduction::Min | Reduction::ArgMax | Reduction::ArgMin)
}

/// A value, and what it was before a reshape.
fn unmerged(graph: &Graph, value: Value) -> Option<(Value, Value)> {
    let node = graph.node(value);
    match node.op {
        Op::Shape(ShapeOp::Reshape { .. }) => Some((value, node.inputs[0])),
        _ => Some((value, value)),
    }
}

/// Whether the axes along which windows lie are the first of both shapes.
fn keeps_places(graph: &Graph, one: Value, other: Value, places: usize) -> bool {
    let (one, other) = (graph.shape(one), graph.shape(other));
    one.rank() >= places && other.rank() >= places && one[..places] == other[..places]
}

/// How far behind its first place each entry of a window lies, by the strides within it.
fn entries(sizes: &[usize], strides: &[usize]) -> Vec<usize> {
    sizes.iter().zip(strides).fold(vec![0], |entries, (&n, &stride)| {
        entries.iter().flat_map(|entry| (0..n).map(move |i| entry + i * stride)).collect()
    })
}

/// Adds the pool of windows; returns the view of its result, which is stored as the windows lie.
pub(super) fn pool(plan: &mut PlanBuilder, id: NodeId, op: Reduction, windows: &View, whole: View) -> View {
    let rank = whole.shape.rank();
    let axes: Vec<usize> = (0..rank).collect();
    let entries = entries(&windows.shape[rank..], &windows.strides[rank..]);
    let places = windows.permuted(&axes);
    let order = places.other_order();
    let places = order.as_ref().map_or_else(|| places.clone(), |order| places.permuted(order));
    plan.add(id, KernelKind::BestOfWindows { op, places, entries, out: whole.buffer });
    order.map_or(whole.clone(), |order| View::stored(whole.buffer, &whole.shape, &order))
}

/// Adds the gradient of a pool; returns the view of its result, which is stored as the indices lie.
pub(super) fn gradient_of_pool(
    plan: &mut PlanBuilder,
    id: NodeId,
    dimensions: &WindowDimensions,
    [indices, elements]: [View; 2],
    whole: View,
) -> View {
    let order = indices.other_order();
    let stored = order.map_or(whole.clone(), |order| View::stored(whole.buffer, &whole.shape, &order));
    let mut strides = window_strides(&stored.strides, dimensions);
    let within = strides.split_off(indices.shape.rank());
    let entries = entries(&dimensions.sizes, &within);
    let out = whole.buffer;
    plan.add(id, KernelKind::AddAtIndices(AddAtIndices { indices, elements, strides, entries, out }));
    stored
}
