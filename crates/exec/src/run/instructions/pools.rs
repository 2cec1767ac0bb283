//! The best of each window, and the gradient of it.

use chainrule_graph::ops::Reduction;
use chainrule_kernels::pool::{Best, Extreme, Places, best_of_windows, gradient_of_best};
use chainrule_kernels::{Float, Simd, Threads};

use super::super::arena::ArenaView;
use super::parts::{ELEMENTS, parts};
use crate::program::instruction::{BestCode, GradientCode};

/// Runs a pool; threads take parts of the windows.
pub(super) fn best<S: Simd, T: Float>(simd: S, code: &BestCode, arena: &mut ArenaView<'_, T>, threads: Threads) {
    let (y, rest) = arena.split(code.out, code.count());
    if y.is_empty() {
        return;
    }
    let runs = if code.axes.len() > 1 { code.axes[0].0 } else { 1 };
    let parts = parts(threads, code.count() * code.entries.len(), ELEMENTS).min(runs);
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
    let best = if matches!(code.op, Reduction::Max | Reduction::Min) { Best::Element } else { Best::Index };
    let is_greatest = matches!(code.op, Reduction::Max | Reduction::ArgMax);
    let extreme = if is_greatest { Extreme::Greatest } else { Extreme::Smallest };
    simd.vectorize(
        #[inline(always)]
        || best_of_windows(simd, x, &code.axes, &code.entries, (extreme, best), y),
    );
}

/// Runs the gradient of a pool. Where the outermost axis keeps windows apart, threads take parts of it.
pub(super) fn gradient<S: Simd, T: Float>(
    simd: S,
    code: &GradientCode,
    arena: &mut ArenaView<'_, T>,
    threads: Threads,
) {
    let (y, rest) = arena.split(code.out, code.length);
    if code.count() == 0 {
        return y.fill(T::ZERO);
    }
    let first = Places { n: 1, from: 0, element: 0, to: 0 };
    let (first, inner) = code.axes.split_first().map_or((first, &[][..]), |(first, inner)| (*first, inner));
    let farthest = code.entries.iter().map(|entry| entry.to).max().unwrap_or(0);
    let reach = inner.iter().map(|axis| (axis.n - 1) * axis.to).sum::<usize>() + farthest + 1;
    let parts = if first.to >= reach { parts(threads, y.len(), ELEMENTS) } else { 1 };
    gradient_of_parts(simd, [rest.from(code.windows, 0), rest.from(code.elements, 0)], code, first, y, parts);
}

/// The gradient of what belongs to an outermost axis, in so many parts.
fn gradient_of_parts<S: Simd, T: Float>(
    simd: S,
    operands: [&[T]; 2],
    code: &GradientCode,
    first: Places,
    y: &mut [T],
    parts: usize,
) {
    let [x, elements] = operands;
    if parts > 1 && first.n > 1 {
        let half = first.n / 2;
        let later = [&x[half * first.from..], &elements[half * first.element..]];
        let (before, after) = y.split_at_mut(half * first.to);
        let of = |n: usize| Places { n, ..first };
        rayon::join(
            || gradient_of_parts(simd, operands, code, of(half), before, parts / 2),
            || gradient_of_parts(simd, later, code, of(first.n - half), after, parts - parts / 2),
        );
        return;
    }
    if !code.fills() {
        y.fill(T::ZERO);
    }
    let inner = code.axes.get(1..).unwrap_or_default();
    let how = (code.extreme, code.overlap);
    simd.vectorize(
        #[inline(always)]
        || {
            for i in 0..first.n {
                let operands = [&x[i * first.from..], &elements[i * first.element..]];
                gradient_of_best(simd, operands, inner, &code.entries, how, &mut y[i * first.to..]);
            }
        },
    );
}
