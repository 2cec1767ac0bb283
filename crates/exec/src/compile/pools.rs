//! Pools by the greatest or the smallest element: their windows are compared where they lie, and so they are for the gradient, so
//! that neither the windows nor the indices of their best elements are stored.
//!
//! In the graph a pool is a reduction along one axis, into which the axes within the windows are merged; its gradient scatters
//! along that axis, at the index of the best, and folds the windows.

use chainrule_graph::ops::{Index, Reduce, Reduction, ShapeOp, WindowDimensions, Windows};
use chainrule_graph::{Graph, NodeId, Op, Value};
use chainrule_kernels::pool::{Entry, Extreme, Overlap};

use super::innermost::fill;
use super::plan::{GradientOfBest, KernelKind};
use super::plan_builder::PlanBuilder;
use super::view::{View, window_strides};

/// A pool, or the gradient of one, by what it reads in place of its own operand.
#[derive(Clone, Copy)]
pub(super) enum Pool {
    /// The best of windows, or its index.
    Best { windows: Value },
    /// What belongs to windows, at the best of each.
    Gradient { extreme: Extreme, windows: Value, elements: Value },
}

impl Pool {
    /// The pool that a node is.
    pub fn of(graph: &Graph, id: NodeId) -> Option<Pool> {
        match &graph.node(id).op {
            Op::Reduce(op) if is_pool(op.op) => Some(Pool::Best { windows: compared(graph, id, op)?.0 }),
            Op::Windows(Windows::Fold { dimensions, .. }) => gradient(graph, id, dimensions),
            _ => None,
        }
    }

    /// What it reads.
    pub fn reads(self) -> Vec<Value> {
        match self {
            Pool::Best { windows } => vec![windows],
            Pool::Gradient { windows, elements, .. } => vec![windows, elements],
        }
    }
}

/// The windows that a reduction compares, and how they slide.
fn compared<'g>(graph: &'g Graph, id: NodeId, op: &Reduce) -> Option<(Value, &'g WindowDimensions)> {
    let (merged, windows) = unmerged(graph, graph.node(id).inputs[0]);
    let Op::Windows(Windows::Slide(dimensions)) = &graph.node(windows).op else { return None };
    let places = graph.shape(windows).rank() - dimensions.axes.len();
    let is_merged = graph.shape(merged).rank() == places + 1 && op.axes == [places];
    (is_merged && keeps_places(graph, merged, windows, places)).then_some((windows, dimensions))
}

/// The gradient that a fold is: its windows are scattered at an index of the same windows.
fn gradient(graph: &Graph, id: NodeId, dimensions: &WindowDimensions) -> Option<Pool> {
    let (folded, scattered) = unmerged(graph, graph.node(id).inputs[0]);
    let Op::Index(Index::ScatterAdd { batch, .. }) = graph.node(scattered).op else { return None };
    let &[indices, elements] = &graph.node(scattered).inputs[..] else { return None };
    let Op::Reduce(picked) = &graph.node(indices).op else { return None };
    let extreme = match picked.op {
        Reduction::ArgMax => Extreme::Greatest,
        Reduction::ArgMin => Extreme::Smallest,
        _ => return None,
    };
    let (windows, slid) = compared(graph, indices.node, picked)?;
    let places = graph.shape(folded).rank() - dimensions.axes.len();
    let is_same = slid == dimensions && graph.shape(windows) == graph.shape(folded);
    let is_one_each = batch == places && graph.shape(indices).rank() == places;
    let is_pool = is_same && is_one_each && keeps_places(graph, folded, scattered, places);
    is_pool.then_some(Pool::Gradient { extreme, windows, elements })
}

/// Whether a reduction picks one of the elements of a window, or the index of it.
fn is_pool(op: Reduction) -> bool {
    matches!(op, Reduction::Max | Reduction::Min | Reduction::ArgMax | Reduction::ArgMin)
}

/// A value, and what it was before a reshape.
fn unmerged(graph: &Graph, value: Value) -> (Value, Value) {
    let node = graph.node(value);
    match node.op {
        Op::Shape(ShapeOp::Reshape { .. }) => (value, node.inputs[0]),
        _ => (value, value),
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

/// Adds the gradient of a pool; returns the view of its result, which is stored as the windows lie.
pub(super) fn gradient_of_pool(
    plan: &mut PlanBuilder,
    id: NodeId,
    dimensions: &WindowDimensions,
    extreme: Extreme,
    [windows, elements]: [View; 2],
    whole: View,
) -> View {
    let rank = whole.shape.rank();
    let places = windows.permuted(&(0..rank).collect::<Vec<usize>>());
    let order = places.other_order();
    let elements = match &order {
        Some(order) => along_neighbours(plan, id, elements, &places, order),
        None => elements,
    };
    let stored = order.map_or(whole.clone(), |order| View::stored(whole.buffer, &whole.shape, &order));
    let mut strides = window_strides(&stored.strides, dimensions);
    let within = strides.split_off(rank);
    let from = entries(&dimensions.sizes, &windows.strides[rank..]);
    let to = entries(&dimensions.sizes, &within);
    let entries = from.into_iter().zip(to).map(|(from, to)| Entry { from, to }).collect();
    let is_apart = dimensions.strides.iter().enumerate().all(|(place, &stride)| stride >= dimensions.span(place));
    let overlap = if is_apart { Overlap::Apart } else { Overlap::Shared };
    let out = whole.buffer;
    let gradient = GradientOfBest { extreme, places, elements, strides, entries, overlap, out };
    plan.add(id, KernelKind::GradientOfBest(gradient));
    stored
}

/// What belongs to windows that are neighbours, side by side, too: brought into the order in which the windows lie.
fn along_neighbours(plan: &mut PlanBuilder, id: NodeId, elements: View, places: &View, order: &[usize]) -> View {
    let are_neighbours = |axis: &usize| places.strides[*axis] == 1 && fill(places.shape[*axis], plan.lanes);
    match order.last().filter(|axis| are_neighbours(axis)) {
        Some(&axis) if elements.strides[axis] != 1 => {
            let copy = plan.copied(id, elements.permuted(order));
            View::stored(copy.buffer, &elements.shape, order)
        }
        _ => elements,
    }
}
