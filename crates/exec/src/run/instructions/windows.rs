//! Windows times a matrix, where they lie.

use std::ops::Range;

use chainrule_kernels::{Float, Simd, Threads};

use super::super::arena::ArenaView;
use super::parts::parts;
use crate::program::window_code::{RowCode, TermCode, WindowCode};

/// Fewer multiplications than these are not worth two threads.
const WORTH: usize = 1 << 18;
/// Rows are parted at multiples of these: as many are multiplied together.
const TILE: usize = 8;
/// So are those whose terms are neighbours.
const TERM_TILE: usize = 4;

/// Runs a product whose columns are neighbours. Threads take parts of its rows; each element is the same sum in any of them.
pub(super) fn columns<S: Simd, T: Float>(simd: S, code: &WindowCode, arena: &mut ArenaView<'_, T>, threads: Threads) {
    let product = code.product();
    let (y, rest) = arena.split(code.out, product.rows() * code.columns);
    let (x, w) = (rest.from(code.windows, 0), rest.from(code.matrix, 0));
    let of = |rows: Range<usize>, y: &mut [T]| {
        simd.vectorize(
            #[inline(always)]
            || product.multiply(simd, x, w, rows, y),
        );
    };
    in_parts(0..product.rows(), code.columns, TILE, y, parts(threads, code.work(), WORTH), &of);
}

/// Runs a product whose rows are neighbours. Threads take parts of its columns.
pub(super) fn rows<S: Simd, T: Float>(simd: S, code: &RowCode, arena: &mut ArenaView<'_, T>, threads: Threads) {
    let (layout, product) = (&code.layout, code.layout.product());
    let (columns, rows) = (layout.columns, product.rows());
    let (y, rest) = arena.split(code.out, layout.length());
    let (x, w) = (rest.from(code.windows, 0), rest.from(code.matrix, 0));
    let of = |all: Range<usize>, y: &mut [T]| {
        each_repetition(all, columns, rows, y, |repetition, columns, y| {
            let (x, w) = (&x[layout.begin(repetition)..], &w[repetition * layout.terms.len() * layout.columns..]);
            simd.vectorize(
                #[inline(always)]
                || product.multiply(simd, x, w, columns, y),
            );
        });
    };
    in_parts(0..layout.repetitions() * columns, rows, 1, y, parts(threads, layout.work(), WORTH), &of);
}

/// Runs a product whose terms are neighbours. Threads take parts of its rows.
pub(super) fn terms<S: Simd, T: Float>(simd: S, code: &TermCode, arena: &mut ArenaView<'_, T>, threads: Threads) {
    let (layout, product) = (&code.layout, code.layout.product());
    let (rows, columns) = (layout.rows.len(), layout.columns.len());
    let (y, rest) = arena.split(code.out, layout.length());
    let (x, w) = (rest.from(code.windows, 0), rest.from(code.matrix, 0));
    let of = |all: Range<usize>, y: &mut [T]| {
        each_repetition(all, rows, columns, y, |repetition, rows, y| {
            let [of_x, of_w] = layout.begin(repetition);
            simd.vectorize(
                #[inline(always)]
                || product.multiply(simd, &x[of_x..], &w[of_w..], rows, y),
            );
        });
    };
    in_parts(0..layout.repetitions() * rows, columns, TERM_TILE, y, parts(threads, layout.work(), WORTH), &of);
}

/// Computes these rows, each of so many elements of y, in so many parts, which begin at multiples of `tile`.
fn in_parts<T: Float>(
    rows: Range<usize>,
    each: usize,
    tile: usize,
    y: &mut [T],
    parts: usize,
    of: &(impl Fn(Range<usize>, &mut [T]) + Sync),
) {
    if parts > 1 && rows.len() > tile {
        let half = (rows.len() * (parts / 2) / parts).next_multiple_of(tile).min(rows.len());
        let middle = rows.start + half;
        let (before, after) = y.split_at_mut(half * each);
        rayon::join(
            || in_parts(rows.start..middle, each, tile, before, parts / 2, of),
            || in_parts(middle..rows.end, each, tile, after, parts - parts / 2, of),
        );
        return;
    }
    of(rows, y);
}

/// Rows that are counted through all repetitions of so many, by the repetition to which they belong.
fn each_repetition<T: Float>(
    rows: Range<usize>,
    of_each: usize,
    each: usize,
    y: &mut [T],
    mut of: impl FnMut(usize, Range<usize>, &mut [T]),
) {
    let mut row = rows.start;
    while row < rows.end {
        let first = row % of_each;
        let count = (of_each - first).min(rows.end - row);
        let y = &mut y[(row - rows.start) * each..][..count * each];
        of(row / of_each, first..first + count, y);
        row += count;
    }
}
