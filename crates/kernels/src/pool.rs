//! The greatest or the smallest element of each window, or its index, and the gradient of such a pool: what belongs to a window
//! goes to its best element.
//!
//! As many windows as a vector has lanes are compared together, neighbours along the innermost axis. The gradient compares once
//! more, which is cheaper than to store an index and to read it.

use crate::float::{Float, Lanes, Mask, lanes, load, load_partial, store_partial};
use core::fmt;
use fearless_simd::prelude::*;

/// What is asked of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Best {
    /// The element that none beats; NaN wins.
    Element,
    /// The index of the first such element, or NaN, as a float.
    Index,
}

/// Which element of a window beats the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    /// The greatest.
    Greatest,
    /// The smallest.
    Smallest,
}

impl fmt::Display for Extreme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Extreme::Greatest => "max",
            Extreme::Smallest => "min",
        })
    }
}

/// An axis along which windows lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// The number of windows.
    pub n: usize,
    /// From a window to the next, in what is compared.
    pub from: usize,
    /// From the element that belongs to a window to that of the next.
    pub element: usize,
    /// From a window to the next, where its gradient lies.
    pub to: usize,
}

/// How far behind its first place an entry of a window lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// In what is compared.
    pub from: usize,
    /// Where its gradient lies.
    pub to: usize,
}

/// Whether windows share elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// No two windows share an element: what belongs to one is written, 0 to all but the best.
    Apart,
    /// Some may: it is added to what is there.
    Shared,
}

/// The best of each window, one after the other. The windows lie along axes of (windows, how far apart), the last innermost;
/// the entries of each lie so far behind its first place.
#[inline(always)]
pub fn best_of_windows<S: Simd, T: Float>(
    simd: S,
    x: &[T],
    axes: &[(usize, usize)],
    entries: &[usize],
    (extreme, best): (Extreme, Best),
    y: &mut [T],
) {
    let (outer, (n, stride)) = split(axes, (1, 0));
    let (outer, middle) = split(outer, (1, 0));
    let len = lanes::<S, T>();
    for run in 0..y.len() / n.max(1) {
        let [start] = offsets(outer, run / middle.0, |&(n, stride)| (n, [stride]));
        let start = start + run % middle.0 * middle.1;
        for first in (0..n).step_by(len) {
            let width = len.min(n - first);
            let at = Run { start: start + first * stride, stride, width };
            let (element, index) = winners(
                simd,
                x,
                at,
                entries.len(),
                #[inline(always)]
                |entry| entries[entry],
                extreme,
            );
            let found = if best == Best::Element { element } else { index };
            let y = &mut y[run * n + first..];
            // What lies behind the run is written anew, with the next one.
            let width = if y.len() >= len { len } else { width };
            store_partial::<S, T>(found, &mut y[..width]);
        }
    }
}

/// The gradient of a pool: each window's element goes to its best entry, the first of equals. The windows go through the axes
/// in their order, the last innermost.
#[inline(always)]
pub fn gradient_of_best<S: Simd, T: Float>(
    simd: S,
    [x, elements]: [&[T]; 2],
    axes: &[Places],
    entries: &[Entry],
    (extreme, overlap): (Extreme, Overlap),
    y: &mut [T],
) {
    let one = Places { n: 1, from: 0, element: 0, to: 0 };
    let (outer, inner) = split(axes, one);
    let runs: usize = outer.iter().map(|axis| axis.n).product();
    let (outer, middle) = split(outer, one);
    let len = lanes::<S, T>();
    for run in 0..runs {
        let i = run % middle.n;
        let [from, element, to] = offsets(outer, run / middle.n, |axis| (axis.n, [axis.from, axis.element, axis.to]));
        let (from, element, to) = (from + i * middle.from, element + i * middle.element, to + i * middle.to);
        for first in (0..inner.n).step_by(len) {
            let width = len.min(inner.n - first);
            let place = |start: usize, stride: usize| Run { start: start + first * stride, stride, width };
            let (_, best) = winners(
                simd,
                x,
                place(from, inner.from),
                entries.len(),
                #[inline(always)]
                |entry| entries[entry].from,
                extreme,
            );
            let element = place(element, inner.element).of(simd, elements);
            for (i, entry) in entries.iter().enumerate() {
                let is_best = best.simd_eq(Lanes::<S, T>::splat(simd, T::from_f64(i as f64)));
                let part = is_best.select(element, Lanes::<S, T>::splat(simd, T::ZERO));
                let at = place(to + entry.to, inner.to);
                let part = if overlap == Overlap::Apart { part } else { part + at.of(simd, y) };
                at.set::<S, T>(part, y);
            }
        }
    }
}

/// Axes without the innermost, and that; or `one`, of one element, where there is none.
#[inline(always)]
fn split<A: Copy>(axes: &[A], one: A) -> (&[A], A) {
    axes.split_last().map_or((axes, one), |(inner, outer)| (outer, *inner))
}

/// Where an index of some axes, the last innermost, lies by each of several strides.
#[inline(always)]
fn offsets<A, const N: usize>(axes: &[A], mut index: usize, axis: impl Fn(&A) -> (usize, [usize; N])) -> [usize; N] {
    let mut at = [0; N];
    for (n, strides) in axes.iter().rev().map(axis) {
        for (at, stride) in at.iter_mut().zip(strides) {
            *at += index % n * stride;
        }
        index /= n;
    }
    at
}

/// Elements of neighbouring windows, as many as a vector has lanes, or fewer.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    stride: usize,
    width: usize,
}

impl Run {
    /// These elements, so far further on; the lanes behind the last hold anything.
    #[inline(always)]
    fn of<S: Simd, T: Float>(self, simd: S, x: &[T]) -> Lanes<S, T> {
        let len = lanes::<S, T>();
        let x = &x[self.start..];
        match self.stride {
            1 if x.len() >= len => load(simd, &x[..len]),
            1 => load_partial(simd, &x[..self.width], T::ZERO),
            2 if x.len() >= 2 * len => load::<S, T>(simd, &x[..len]).deinterleave(load(simd, &x[len..2 * len])).0,
            stride => {
                let mut v = Lanes::<S, T>::splat(simd, T::ZERO);
                for i in 0..self.width {
                    v[i] = x[i * stride];
                }
                v
            }
        }
    }

    /// Writes these elements.
    #[inline(always)]
    fn set<S: Simd, T: Float>(self, v: Lanes<S, T>, y: &mut [T]) {
        let y = &mut y[self.start..];
        if self.stride == 1 {
            return store_partial::<S, T>(v, &mut y[..self.width]);
        }
        for i in 0..self.width {
            y[i * self.stride] = v[i];
        }
    }
}

/// The best element of each of several windows, and its index, as a float. The entries lie so far behind the first place.
#[inline(always)]
fn winners<S: Simd, T: Float>(
    simd: S,
    x: &[T],
    at: Run,
    entries: usize,
    entry: impl Fn(usize) -> usize,
    extreme: Extreme,
) -> (Lanes<S, T>, Lanes<S, T>) {
    let mut best = Run { start: at.start + entry(0), ..at }.of(simd, x);
    let mut index = Lanes::<S, T>::splat(simd, T::ZERO);
    for i in 1..entries {
        let next = Run { start: at.start + entry(i), ..at }.of(simd, x);
        let wins = wins::<S, T>(next, best, extreme);
        best = wins.select(next, best);
        index = wins.select(Lanes::<S, T>::splat(simd, T::from_f64(i as f64)), index);
    }
    (best, index)
}

/// Where the next element of a window is better than the best so far: it beats that, or is NaN, and that is not.
#[inline(always)]
fn wins<S: Simd, T: Float>(next: Lanes<S, T>, best: Lanes<S, T>, extreme: Extreme) -> Mask<S, T> {
    let loses = match extreme {
        Extreme::Greatest => next.simd_le(best),
        Extreme::Smallest => next.simd_ge(best),
    };
    !loses & best.simd_eq(best)
}
