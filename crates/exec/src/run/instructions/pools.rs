//! The best of each window, and what is added at its index.

use chainrule_graph::ops::Reduction;
use chainrule_kernels::pool::{Best, Places, add_at_indices, best_of_windows};
use chainrule_kernels::{Float, Simd, Threads};

use super::super::arena::ArenaView;
use crate::program::instruction::{AddCode, BestCode};

/// Fewer elements than these are not worth two threads.
const WORTH: usize = 1 << 15;

/// Into how many parts the windows of the outermost axis are shared.
fn parts(threads: Threads, size: usize) -> usize {
    if threads == Threads::Pool && size >= WORTH { rayon::current_num_threads() } else { 1 }
}

/// Runs a pool; threads take parts of the windows.
pub(super) fn best<S: Simd, T: Float>(simd: S, code: &BestCode, arena: &mut ArenaView<'_, T>, threads: Threads) {
    let (y, rest) = arena.split(code.out, code.count());
    if y.is_empty() {
        return;
    }
    let runs = if code.axes.len() > 1 { code.axes[0].0 } else { 1 };
    let parts = parts(threads, code.count() * code.entries.len()).min(runs);
    best_of_parts(simd, code, rest.from(code.windows, 0), y, (runs, parts));
}

/// The windows at so many indices of the outermost axis, in so many parts.
fn best_of_parts<S: Simd, T: Float>(simd: S, code: &BestCode, x: &[T], y: &mut [T], (runs, parts): (usize, usize)) {
    if parts > 1 {
        let half = runs * (parts / 2) / parts;
        let (before, after) = y.split_at_mut(y.len() / runs * half);
        let later = &x[half * code.axes[0].1..];
        rayon::join(
            || best_of_parts(simd, code, x, before, (half, parts / 2)),
            || best_of_parts(simd, code, later, after, (runs - half, parts - parts / 2)),
        );
        return;
    }
    simd.vectorize(
        #[inline(always)]
        || {
            let of = if matches!(code.op, Reduction::Max | Reduction::Min) { Best::Element } else { Best::Index };
            if matches!(code.op, Reduction::Max | Reduction::ArgMax) {
                best_of_windows(x, &code.axes, &code.entries, of, |x, best| x > best, y);
            } else {
                best_of_windows(x, &code.axes, &code.entries, of, |x, best| x < best, y);
            }
        },
    );
}

/// Adds elements at indices. Where the outermost axis keeps sums apart, threads take parts of it.
pub(super) fn add<T: Float>(code: &AddCode, arena: &mut ArenaView<'_, T>, threads: Threads) {
    let (y, rest) = arena.split(code.out, code.length);
    let first = Places { n: 1, index: 0, element: 0, to: 0 };
    let (first, inner) = code.axes.split_first().map_or((first, &[][..]), |(first, inner)| (*first, inner));
    let farthest = code.entries.iter().copied().max().unwrap_or(0);
    let reach = inner.iter().map(|axis| axis.n.saturating_sub(1) * axis.to).sum::<usize>() + farthest + 1;
    let count = inner.iter().map(|axis| axis.n).product::<usize>() * first.n;
    if count == 0 {
        return y.fill(T::ZERO);
    }
    let parts = if first.to >= reach { parts(threads, y.len()) } else { 1 };
    add_parts([rest.from(code.indices, 0), rest.from(code.elements, 0)], code, first, y, parts);
}

/// Adds what belongs to an outermost axis, in so many parts, on zeros.
fn add_parts<T: Float>(operands: [&[T]; 2], code: &AddCode, first: Places, y: &mut [T], parts: usize) {
    let [indices, elements] = operands;
    if parts > 1 && first.n > 1 {
        let half = first.n / 2;
        let later = [&indices[half * first.index..], &elements[half * first.element..]];
        let (before, after) = y.split_at_mut(half * first.to);
        rayon::join(
            || add_parts(operands, code, Places { n: half, ..first }, before, parts / 2),
            || add_parts(later, code, Places { n: first.n - half, ..first }, after, parts - parts / 2),
        );
        return;
    }
    y.fill(T::ZERO);
    let inner = code.axes.get(1..).unwrap_or_default();
    for i in 0..first.n {
        let (indices, elements) = (&indices[i * first.index..], &elements[i * first.element..]);
        add_at_indices(indices, elements, inner, &code.entries, &mut y[i * first.to..]);
    }
}
