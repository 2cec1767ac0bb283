//! Blocks copied, into zeros or over what is there.

use chainrule_kernels::strided::{CopyRun, Run, copy_strided};
use chainrule_kernels::{Float, Threads};

use super::super::arena::ArenaView;
use super::parts::{ELEMENTS, parts};
use crate::program::copy_code::{PadCode, StridedCopy};

/// Copies a block; where parts of the outermost axis do not interleave in the result, threads take parts.
pub(super) fn copy<T: Float>(code: &StridedCopy, arena: &mut ArenaView<'_, T>, threads: Threads) {
    let size = code.size();
    if size == 0 {
        return;
    }
    // How far the copy reaches before its first element, and behind it
    let reach = |runs: &[CopyRun], is_before: bool| {
        let axes = runs.iter().filter(|run| (run.to < 0) == is_before);
        axes.map(|run| (run.n - 1) * run.to.unsigned_abs()).sum::<usize>()
    };
    let (before, behind) = (reach(&code.runs, true), reach(&code.runs, false));
    let (out, rest) = arena.split(code.out - before, before + behind + 1);
    let x = rest.from(code.source, 0);
    match code.runs.split_first() {
        Some((&CopyRun { n, from, to }, runs)) if to > 0 && before + reach(runs, false) < to.unsigned_abs() => {
            let all = Parts { axis: Run { n, from, to: to.unsigned_abs() }, runs, first: before, is_cleared: false };
            all.copy(x, out, parts(threads, size, ELEMENTS));
        }
        _ => copy_strided(x, &code.runs, before, out),
    }
}

/// Copies a block into a border of zeros, part by part of the outermost axis.
pub(super) fn pad<T: Float>(code: &PadCode, arena: &mut ArenaView<'_, T>, threads: Threads) {
    let (out, rest) = arena.split(code.out, code.length);
    let all = Parts { axis: code.parts, runs: &code.runs, first: code.first, is_cleared: true };
    all.copy(rest.from(code.source, 0), out, parts(threads, code.length, ELEMENTS));
}

/// Parts of an outermost axis, each copied by itself.
#[derive(Clone, Copy)]
struct Parts<'a> {
    axis: Run,
    /// The axes of the block within a part, outermost first.
    runs: &'a [CopyRun],
    /// Where in a part its first element goes.
    first: usize,
    /// Whether there are zeros around the block of each part.
    is_cleared: bool,
}

impl Parts<'_> {
    /// By so many threads.
    fn copy<T: Float>(self, x: &[T], y: &mut [T], threads: usize) {
        let Run { n, from, to } = self.axis;
        if threads > 1 && n > 1 {
            let half = n / 2;
            let (earlier, later) = y.split_at_mut(half * to);
            let of = |n| Parts { axis: Run { n, from, to }, ..self };
            rayon::join(
                || of(half).copy(x, earlier, threads / 2),
                || of(n - half).copy(&x[half * from..], later, threads - threads / 2),
            );
            return;
        }
        if self.is_cleared {
            for (i, y) in y.chunks_exact_mut(to).enumerate() {
                y.fill(T::ZERO);
                copy_strided(&x[i * from..], self.runs, self.first, y);
            }
            return;
        }
        // All parts at once: elements may lie side by side along their axis.
        copy_strided_parts(x, self.axis, self.runs, self.first, y);
    }
}

/// A copy whose outermost axis was cut.
fn copy_strided_parts<T: Float>(x: &[T], axis: Run, runs: &[CopyRun], first: usize, y: &mut [T]) {
    let mut all = [CopyRun { n: 1, from: 1, to: 1 }; MOST_AXES];
    let outermost = CopyRun { n: axis.n, from: axis.from, to: axis.to as isize };
    match all.get_mut(..=runs.len()) {
        Some(all) => {
            all[0] = outermost;
            all[1..].copy_from_slice(runs);
            copy_strided(x, all, first, y);
        }
        // A run allocates nothing.
        None => (0..axis.n).for_each(|i| copy_strided(&x[i * axis.from..], runs, first, &mut y[i * axis.to..])),
    }
}

/// Copies of more axes are made part by part.
const MOST_AXES: usize = 8;
