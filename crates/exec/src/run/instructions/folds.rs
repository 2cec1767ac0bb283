//! Windows added up where they lie.

use chainrule_kernels::strided::{Run, add_strided};
use chainrule_kernels::{Float, Simd, Threads};

use super::super::arena::ArenaView;
use super::parts::{ELEMENTS, parts};
use crate::program::instruction::FoldCode;

/// Runs a fold. Where the outermost axis keeps sums apart, threads take parts of it, and each sum is added in the same order by
/// any number of them.
pub(super) fn run<S: Simd, T: Float>(simd: S, code: &FoldCode, arena: &mut ArenaView<'_, T>, threads: Threads) {
    let (out, rest) = arena.split(code.out, code.length);
    let windows = rest.from(code.windows, 0);
    let (first, inner) = match &code.runs[..] {
        [] => (Run { n: 1, from: 0, to: 0 }, &[][..]),
        [first, inner @ ..] => (*first, inner),
    };
    let reach = inner.iter().map(|run| run.n.saturating_sub(1) * run.to).sum::<usize>() + 1;
    let size = inner.iter().map(|run| run.n).product::<usize>() * first.n;
    if size == 0 {
        return out.fill(T::ZERO);
    }
    let parts = if first.to >= reach { parts(threads, size, ELEMENTS) } else { 1 };
    add(simd, windows, first, inner, out, parts);
}

/// Adds up the windows of an axis, in so many parts, on zeros.
fn add<S: Simd, T: Float>(simd: S, x: &[T], first: Run, inner: &[Run], y: &mut [T], parts: usize) {
    if parts > 1 && first.n > 1 {
        let half = first.n / 2;
        let (earlier, later) = y.split_at_mut(half * first.to);
        rayon::join(
            || add(simd, x, Run { n: half, ..first }, inner, earlier, parts / 2),
            || add(simd, &x[half * first.from..], Run { n: first.n - half, ..first }, inner, later, parts - parts / 2),
        );
        return;
    }
    simd.vectorize(
        #[inline(always)]
        || {
            y.fill(T::ZERO);
            for i in 0..first.n {
                add_strided(simd, &x[i * first.from..], inner, &mut y[i * first.to..]);
            }
        },
    );
}
