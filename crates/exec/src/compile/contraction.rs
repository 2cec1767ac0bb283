//! Contractions as matrix products, transposes taken by stride; one that sums over nothing as a loop.

use chainrule_graph::ops::contract::Label;
use chainrule_graph::ops::{Contract, Elementwise};
use chainrule_graph::{Node, NodeId, Shape};

use super::buffer::BufferId;
use super::dimension_numbers::{DimensionNumbers, Labelled, along_memory, merged, stride_of};
use super::plan::{Factors, KernelKind, LoopOp, Product};
use super::plan_builder::PlanBuilder;
use super::view::View;
use super::window_product::window_product;

/// Adds what computes the contraction `node` for the node `id`, whose buffer it fills; returns the view of its result. With
/// factors, it is added to what the buffer holds.
pub(super) fn contraction(
    plan: &mut PlanBuilder,
    id: NodeId,
    node: &Node,
    contract: &Contract,
    accumulate: Option<Factors>,
) -> View {
    let (out, whole) = plan.result(id, node);
    let (lhs, rhs) = (plan.operand(node, 0), plan.operand(node, 1));
    let sizes = contract.sizes(&lhs.shape, &rhs.shape);
    let mut numbers = DimensionNumbers::of(contract, &sizes);
    if numbers.k.is_empty() && accumulate.is_none() {
        let operands = vec![spread(contract, lhs, &contract.lhs, node), spread(contract, rhs, &contract.rhs, node)];
        plan.add_loop(id, LoopOp::Elementwise(Elementwise::Mul), operands, out);
        return whole;
    }
    let read = plan.buffers.size(lhs.buffer) + plan.buffers.size(rhs.buffer);
    let lhs = most_even(plan, Labelled(lhs, contract.lhs.clone()), [&numbers.m, &numbers.k], &sizes);
    let rhs = most_even(plan, Labelled(rhs, contract.rhs.clone()), [&numbers.k, &numbers.n], &sizes);
    let over_windows = match accumulate {
        None => window_product(plan, id, out, &numbers, &sizes, [&lhs, &rhs]),
        Some(_) => None,
    };
    if let Some(stored) = over_windows {
        return seen(plan, id, contract, stored, whole, read);
    }
    let is_even = is_stored_evenly(contract, &numbers, &sizes, &whole);
    let is_copy = |operand: &Labelled, input: usize| operand.0.buffer != plan.operand(node, input).buffer;
    let are_neighbours =
        [(&numbers.m, &lhs), (&numbers.n, &rhs)].map(|(labels, of)| lie_as_neighbours(labels, of, &sizes));
    let is_free = |is_copy: bool, are_neighbours: bool| accumulate.is_none() && (is_copy || !is_even || are_neighbours);
    let free = [is_free(is_copy(&lhs, 0), are_neighbours[0]), is_free(is_copy(&rhs, 1), are_neighbours[1])];
    numbers.sort_along_memory(&sizes, [&lhs, &rhs], free);
    let order = stored_order(contract, &mut numbers, &sizes, &whole, accumulate.is_some(), are_neighbours[0]);
    let stored = View::whole(out, &order.iter().map(|&label| sizes[label as usize]).collect::<Shape>());
    let lhs = evenly_spaced(plan, id, lhs, [&numbers.m, &numbers.k], &numbers, &sizes);
    let rhs = evenly_spaced(plan, id, rhs, [&numbers.k, &numbers.n], &numbers, &sizes);
    let stored = Labelled(stored, order);
    plan.add(id, KernelKind::Product(product(&numbers, &sizes, lhs, rhs, &stored, out, accumulate)));
    seen(plan, id, contract, stored, whole, read)
}

/// The result under the labels' order, seen in the order that was asked for. A small one beside the elements that were read, the
/// gradient of weights, is read with what lies in the order of its axes.
fn seen(plan: &mut PlanBuilder, id: NodeId, contract: &Contract, stored: Labelled, whole: View, read: usize) -> View {
    let strides = contract.out.iter().map(|&label| stored.stride(label)).collect();
    let view = View { strides, ..whole };
    if view.other_order().is_some() && view.shape.size() * SMALL <= read { plan.copied(id, view) } else { view }
}

/// A result is small if it has so many times fewer elements than what the operands are read from.
const SMALL: usize = 8;

/// An operand, or a copy that was made of it, in which each group of labels is one run in the order in which they lie: patches
/// that one product has copied serve the others that read them, a convolution's and that of its weights' gradient.
fn most_even(plan: &PlanBuilder, operand: Labelled, groups: [&[Label]; 2], sizes: &[usize]) -> Labelled {
    let is_even = |view: &View| {
        groups.iter().all(|labels| {
            let stride = |label: Label| stride_of(view, &operand.1, label);
            merged(&along_memory(labels, stride), sizes, stride).is_some()
        })
    };
    let several = groups.iter().any(|labels| labels.len() > 1);
    let known = if several { plan.known_copies(&operand.0).find(is_even) } else { None };
    Labelled(known.unwrap_or(operand.0), operand.1)
}

/// An operand repeated along the axes of the result that it lacks: where nothing is summed over, the contraction is an
/// elementwise product of two such.
fn spread(contract: &Contract, view: View, labels: &[Label], node: &Node) -> View {
    View {
        strides: contract.out.iter().map(|label| stride_of(&view, labels, *label)).collect(),
        shape: node.outputs[0].shape.clone(),
        ..view
    }
}

/// Whether several labels of an operand are neighbours in memory, in another order than theirs: examples that lie innermost, behind
/// pixels.
fn lie_as_neighbours(labels: &[Label], operand: &Labelled, sizes: &[usize]) -> bool {
    let stride = |label: Label| operand.stride(label);
    let sorted = merged(&along_memory(labels, stride), sizes, stride);
    sorted.is_some_and(|run| run.1 == 1) && merged(labels, sizes, stride).is_none()
}

/// Whether rows and columns of the result are evenly spaced where it is stored in the order of its axes.
fn is_stored_evenly(contract: &Contract, numbers: &DimensionNumbers, sizes: &[usize], whole: &View) -> bool {
    let natural = |label: Label| stride_of(whole, &contract.out, label);
    [&numbers.m, &numbers.n].into_iter().all(|labels| merged(labels, sizes, natural).is_some())
}

/// The order of axes in which the result is stored. One whose rows or columns are not evenly spaced is stored in another
/// than was asked for, with the rows innermost where they are in the operand; if it is accumulated, the product is repeated over what does not merge, which is as good.
fn stored_order(
    contract: &Contract,
    numbers: &mut DimensionNumbers,
    sizes: &[usize],
    whole: &View,
    accumulates: bool,
    has_rows_innermost: bool,
) -> Vec<Label> {
    if is_stored_evenly(contract, numbers, sizes, whole) {
        return contract.out.clone();
    }
    if accumulates {
        numbers.split(sizes, |label| stride_of(whole, &contract.out, label));
        return contract.out.clone();
    }
    let DimensionNumbers { batch, m, n, .. } = numbers;
    if has_rows_innermost { [&batch[..], n, m].concat() } else { [&batch[..], m, n].concat() }
}

/// An operand whose labels of each of these groups are one run; copied into such an order where they are not.
fn evenly_spaced(
    plan: &mut PlanBuilder,
    id: NodeId,
    operand: Labelled,
    groups: [&[Label]; 2],
    numbers: &DimensionNumbers,
    sizes: &[usize],
) -> Labelled {
    let is_even = |view: &View| {
        groups.iter().all(|labels| merged(labels, sizes, |label| stride_of(view, &operand.1, label)).is_some())
    };
    if is_even(&operand.0) {
        return operand;
    }
    let shared: Vec<Label> = numbers.batch.iter().copied().filter(|label| operand.1.contains(label)).collect();
    let order: Vec<Label> = [&shared[..], groups[0], groups[1]].concat();
    let sorted = View {
        shape: order.iter().map(|&label| sizes[label as usize]).collect(),
        strides: order.iter().map(|&label| operand.stride(label)).collect(),
        ..operand.0
    };
    Labelled(plan.copied(id, sorted), order)
}

/// The product of operands, and into a result, whose rows, columns and terms are evenly spaced.
fn product(
    numbers: &DimensionNumbers,
    sizes: &[usize],
    lhs: Labelled,
    rhs: Labelled,
    stored: &Labelled,
    out: BufferId,
    accumulate: Option<Factors>,
) -> Product {
    let run = |labels: &[Label], view: &Labelled| merged(labels, sizes, |label| view.stride(label)).unwrap_or((1, 0));
    let (m, lhs_m) = run(&numbers.m, &lhs);
    let (k, lhs_k) = run(&numbers.k, &lhs);
    let (n, rhs_n) = run(&numbers.n, &rhs);
    let batch = |&label: &Label| (sizes[label as usize], [lhs.stride(label), rhs.stride(label), stored.stride(label)]);
    let batches = numbers.batch.iter().map(batch).collect();
    Product {
        m,
        n,
        k,
        lhs_strides: (lhs_m, lhs_k),
        rhs_strides: (run(&numbers.k, &rhs).1, rhs_n),
        out_strides: (run(&numbers.m, stored).1, run(&numbers.n, stored).1),
        batches,
        lhs: lhs.0,
        rhs: rhs.0,
        out,
        accumulate,
    }
}
