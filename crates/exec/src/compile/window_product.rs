//! Contractions over windows that overlap, a convolution and the gradient of its weights: the windows are multiplied where they
//! lie, so that no element is copied for each window that has it.

use chainrule_graph::NodeId;

use super::buffer::BufferId;
use super::dimension_numbers::{DimensionNumbers, Labelled, along_memory};
use super::neighbours::Operands;
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
    if sizes.contains(&0) {
        return None;
    }
    let [rows, terms] = [rows, &numbers.k].map(|labels| along_memory(labels, |label| windows.stride(label)));
    let columns = along_memory(columns, |label| matrix.stride(label));
    let operands = Operands { windows, matrix, rows, terms, columns, batch: numbers.batch.clone(), sizes };
    if let Some(stored) = operands.product(plan, id, out) {
        return Some(stored);
    }
    let Operands { rows, terms, columns, .. } = &operands;
    if !numbers.batch.is_empty() || operands.size(columns) < LEAST_COLUMNS {
        return None;
    }
    let [row_axes, term_axes] = [rows, terms].map(|labels| operands.ordered(windows, labels).runs());
    // Rows or terms that do not follow one another are slower to read than to copy.
    if ![&row_axes, &term_axes].iter().any(|axes| axes.last().is_some_and(|&(_, stride)| stride == 1)) {
        return None;
    }
    let order = [&terms[..], columns].concat();
    let matrix = operands.ordered(matrix, &order);
    let known = plan.known_copies(&matrix).find(View::is_contiguous);
    let matrix = known.unwrap_or_else(|| plan.made_contiguous(id, matrix));
    plan.add(
        id,
        KernelKind::WindowProduct(WindowProduct {
            windows: windows.0.clone(),
            rows: row_axes,
            terms: term_axes,
            matrix,
            columns: operands.size(columns),
            out,
        }),
    );
    Some(operands.stored(out, [&rows[..], columns].concat()))
}

/// Whether elements are at several indices, though none is repeated along a whole axis.
fn overlaps(view: &View) -> bool {
    let is_repeated = view.shape.iter().zip(&view.strides).any(|(&n, &stride)| n != 1 && stride == 0);
    !is_repeated && view.memory_order().is_none()
}
