//! Windows times a matrix, where they lie.

use std::ops::Range;

use chainrule_kernels::windows::WindowProduct;
use chainrule_kernels::{Float, Simd, Threads};

use super::super::arena::ArenaView;
use crate::program::instruction::WindowCode;

/// Fewer multiplications than these are not worth two threads.
const WORTH: usize = 1 << 18;
/// Rows are parted at multiples of these: as many are multiplied together.
const TILE: usize = 8;

/// Runs a product. Threads take parts of its rows; each element is the same sum in any of them.
pub(super) fn run<S: Simd, T: Float>(simd: S, code: &WindowCode, arena: &mut ArenaView<'_, T>, threads: Threads) {
    let product = code.product();
    let (y, rest) = arena.split(code.out, product.rows() * code.columns);
    let operands = [rest.from(code.windows, 0), rest.from(code.matrix, 0)];
    let is_shared = threads == Threads::Pool && code.work() >= WORTH;
    let parts = if is_shared { rayon::current_num_threads() } else { 1 };
    multiply(simd, product, operands, 0..product.rows(), y, parts);
}

/// These rows, in so many parts.
fn multiply<S: Simd, T: Float>(
    simd: S,
    product: WindowProduct<'_>,
    operands: [&[T]; 2],
    rows: Range<usize>,
    y: &mut [T],
    parts: usize,
) {
    if parts > 1 && rows.len() > TILE {
        let half = (rows.len() * (parts / 2) / parts).next_multiple_of(TILE).min(rows.len());
        let middle = rows.start + half;
        let (before, after) = y.split_at_mut(half * product.columns);
        rayon::join(
            || multiply(simd, product, operands, rows.start..middle, before, parts / 2),
            || multiply(simd, product, operands, middle..rows.end, after, parts - parts / 2),
        );
        return;
    }
    let [x, w] = operands;
    simd.vectorize(
        #[inline(always)]
        || product.multiply(simd, x, w, rows, y),
    );
}
