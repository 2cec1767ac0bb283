//! Contractions over windows that overlap, a convolution and the gradient of its weights: the windows are multiplied where they
//! lie, so that no element is copied for each window that has it.

use chainrule_graph::ops::contract::Label;
use chainrule_graph::{NodeId, Shape};

use super::buffer::BufferId;
use super::dimension_numbers::{DimensionNumbers, Labelled, along_memory};
use super::plan::{KernelKind, WindowProduct};
use super::plan_builder::PlanBuilder;
use super::view::View;

/// Of fewer columns than these a vector would be all but empty.
const LEAST_COLUMNS: usize = 3;

/// Adds the product of two operands if one holds windows that overlap, and returns the result, with its labels in the order in
/// which they are stored.
pub(super) fn window_product(
    plan: &mut PlanBuilder,
    id: NodeId,
    out: BufferId,
    numbers: &DimensionNumbers,
    sizes: &[usize],
    [lhs, rhs]: [&Labelled; 2],
) -> Option<Labelled> {
    let ([windows, matrix], rows, columns) = match [lhs, rhs].map(|operand| overlaps(&operand.0)) {
        [true, _] => ([lhs, rhs], &numbers.m, &numbers.n),
        [false, true] => ([rhs, lhs], &numbers.n, &numbers.m),
        [false, false] => return None,
    };
    let size = |labels: &[Label]| labels.iter().map(|&label| sizes[label as usize]).product::<usize>();
    let is_empty = sizes.contains(&0);
    if is_empty || !numbers.batch.is_empty() || size(columns) < LEAST_COLUMNS {
        return None;
    }
    let [rows, terms] = [rows, &numbers.k].map(|labels| along_memory(labels, |label| windows.stride(label)));
    let columns = along_memory(columns, |label| matrix.stride(label));
    let axes = |labels: &[Label]| ordered(windows, labels, sizes).runs();
    let (row_axes, term_axes) = (axes(&rows), axes(&terms));
    // Rows or terms that do not follow one another are slower to read than to copy.
    if ![&row_axes, &term_axes].iter().any(|axes| axes.last().is_some_and(|&(_, stride)| stride == 1)) {
        return None;
    }
    let matrix = ordered(matrix, &[&terms[..], &columns].concat(), sizes);
    let known = plan.known_copies(&matrix).find(View::is_contiguous);
    let matrix = known.unwrap_or_else(|| plan.made_contiguous(id, matrix));
    plan.add(
        id,
        KernelKind::WindowProduct(WindowProduct {
            windows: windows.0.clone(),
            rows: row_axes,
            terms: term_axes,
            matrix,
            columns: size(&columns),
            out,
        }),
    );
    let order = [&rows[..], &columns].concat();
    let shape: Shape = order.iter().map(|&label| sizes[label as usize]).collect();
    Some(Labelled(View::whole(out, &shape), order))
}

/// Whether elements are at several indices, though none is repeated along a whole axis.
fn overlaps(view: &View) -> bool {
    let is_repeated = view.shape.iter().zip(&view.strides).any(|(&n, &stride)| n != 1 && stride == 0);
    !is_repeated && view.memory_order().is_none()
}

/// An operand's axes of these labels, in their order.
fn ordered(operand: &Labelled, labels: &[Label], sizes: &[usize]) -> View {
    View {
        shape: labels.iter().map(|&label| sizes[label as usize]).collect(),
        strides: labels.iter().map(|&label| operand.stride(label)).collect(),
        ..operand.0
    }
}
