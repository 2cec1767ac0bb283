//! What an axis comes down to: sums, the largest, the share of each in a softmax.

use std::ops::Range;

use chainrule_graph::ops::Reduction;
use chainrule_kernels::reduce::{self, Axis, Fold};
use chainrule_kernels::{Float, Simd, Threads, softmax};

use super::super::arena::{ArenaView, Reads};
use super::parts::parts;
use crate::program::address::Address;

/// Fewer exponentials than these are not worth two threads.
const WORTH: usize = 1 << 14;
/// Rows are parted at multiples of these: as many or fewer are treated together, a lane each.
const TILE: usize = 64;

/// Runs an op along an axis. Threads take parts of the rows of an op with exponentials; a row is the same in any of them.
pub(super) fn run<S: Simd, T: Float>(
    simd: S,
    op: Reduction,
    input: Address,
    axis: Axis,
    out: Range<usize>,
    arena: &mut ArenaView<'_, T>,
    threads: Threads,
) {
    let (y, rest) = arena.split(out.start, out.len());
    let x = rest.slice(input, 0, axis.kept() * axis.n);
    let has_exponentials = matches!(op, Reduction::LogSumExp | Reduction::Softmax);
    let parts = if has_exponentials { parts(threads, x.len(), WORTH) } else { 1 };
    run_parts(simd, op, x, axis, y, parts);
}

/// The rows of all outer indices, in so many parts.
fn run_parts<S: Simd, T: Float>(simd: S, op: Reduction, x: &[T], axis: Axis, y: &mut [T], parts: usize) {
    let Axis { outer, n, inner } = axis;
    if parts > 1 && outer >= 2 * TILE {
        let half = (outer * (parts / 2) / parts).next_multiple_of(TILE);
        let (first, second) = x.split_at(half * n * inner);
        let (before, after) = y.split_at_mut(y.len() / outer * half);
        rayon::join(
            || run_parts(simd, op, first, Axis { outer: half, n, inner }, before, parts / 2),
            || run_parts(simd, op, second, Axis { outer: outer - half, n, inner }, after, parts - parts / 2),
        );
        return;
    }
    simd.vectorize(
        #[inline(always)]
        || match op {
            Reduction::Sum => reduce::reduce(simd, Fold::Sum, x, axis, y),
            Reduction::Max => reduce::reduce(simd, Fold::Max, x, axis, y),
            Reduction::Min => reduce::reduce(simd, Fold::Min, x, axis, y),
            Reduction::LogSumExp => softmax::logsumexp_along(simd, x, axis, y),
            Reduction::Softmax => softmax::softmax_along(simd, x, axis, y),
            Reduction::ArgMax => reduce::argmax_along(simd, x, axis, y),
            Reduction::ArgMin => reduce::argmin_along(simd, x, axis, y),
            Reduction::ArgSort => reduce::argsort_along(x, axis, y),
            Reduction::Cumsum => reduce::cumsum_along(x, axis, y),
        },
    );
}
