//! Blocks copied into zeros.

use chainrule_kernels::strided::{Run, copy_strided};
use chainrule_kernels::{Float, Threads};

use super::super::arena::ArenaView;
use crate::program::copy_code::PadCode;

/// Fewer elements than these are not worth two threads.
const WORTH: usize = 1 << 15;

/// Copies a block into a border of zeros, part by part; threads take parts of the outermost axis.
pub(super) fn run<T: Float>(code: &PadCode, arena: &mut ArenaView<'_, T>, threads: Threads) {
    let (out, rest) = arena.split(code.out, code.length);
    let is_shared = threads == Threads::Pool && code.length >= WORTH;
    let parts = if is_shared { rayon::current_num_threads() } else { 1 };
    pad(code, rest.from(code.source, 0), code.parts, out, parts);
}

/// So many of the outermost axis, by so many threads.
fn pad<T: Float>(code: &PadCode, x: &[T], Run { n, from, to }: Run, y: &mut [T], threads: usize) {
    if threads > 1 && n > 1 {
        let half = n / 2;
        let (earlier, later) = y.split_at_mut(half * to);
        rayon::join(
            || pad(code, x, Run { n: half, from, to }, earlier, threads / 2),
            || pad(code, &x[half * from..], Run { n: n - half, from, to }, later, threads - threads / 2),
        );
        return;
    }
    for (i, y) in y.chunks_exact_mut(to).enumerate() {
        y.fill(T::ZERO);
        copy_strided(&x[i * from..], &code.runs, code.first, y);
    }
}
