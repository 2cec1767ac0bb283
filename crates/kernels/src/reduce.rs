//! Reductions along an axis.
//!
//! An axis is given as [`Axis`]: x has `outer · n · inner` elements, (o, i, j) at
//! `(o · n + i) · inner + j`; reducing runs over i and leaves `outer · inner` elements. The order of
//! every sum depends on the shape and the level alone.

use crate::elementwise::{maximum, minimum};
use crate::float::{Float, Lanes, lanes, last_lanes, load, load_partial, store_partial};
use crate::vector::axpy;
use fearless_simd::prelude::*;

/// The sizes outside, along and inside an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The product of the sizes before the axis.
    pub outer: usize,
    /// The size of the axis.
    pub n: usize,
    /// The product of the sizes after the axis.
    pub inner: usize,
}

impl Axis {
    /// The last axis of a matrix: each row is reduced.
    #[must_use]
    pub const fn rows(rows: usize, cols: usize) -> Self {
        Self { outer: rows, n: cols, inner: 1 }
    }

    /// How many elements are left after the reduction.
    #[must_use]
    pub const fn kept(self) -> usize {
        self.outer * self.inner
    }

    /// The offset, after the reduction, of the element into which the one at `offset` is reduced.
    #[must_use]
    pub const fn kept_offset(self, offset: usize) -> usize {
        offset / (self.n * self.inner) * self.inner + offset % self.inner
    }
}

/// What to reduce with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Σ; 0 when empty.
    Sum,
    /// The largest; NaN wins; −∞ when empty.
    Max,
    /// The smallest; NaN wins; ∞ when empty.
    Min,
}

/// Rows of at most so many elements, a pool's windows for instance, are compared one by one.
const SHORT: usize = 8;

/// `Σ xᵢ`; 0 when empty.
#[inline(always)]
pub fn sum<S: Simd, T: Float>(simd: S, x: &[T]) -> T {
    fold(
        simd,
        x,
        T::ZERO,
        #[inline(always)]
        |a, b| a + b,
    )
    .reduce_sum()
}

/// The largest; NaN wins; −∞ when empty.
#[inline(always)]
pub fn max<S: Simd, T: Float>(simd: S, x: &[T]) -> T {
    let lanes = fold(
        simd,
        x,
        T::NEG_INFINITY,
        #[inline(always)]
        |a, b| maximum(simd, a, b),
    );
    if lanes.is_nan().any_true() { T::NAN } else { lanes.reduce_max() }
}

/// The smallest; NaN wins; ∞ when empty.
#[inline(always)]
pub fn min<S: Simd, T: Float>(simd: S, x: &[T]) -> T {
    let lanes = fold(
        simd,
        x,
        T::INFINITY,
        #[inline(always)]
        |a, b| minimum(simd, a, b),
    );
    if lanes.is_nan().any_true() { T::NAN } else { lanes.reduce_min() }
}

/// Folds with an associative function and its neutral element, down to one vector.
#[inline(always)]
fn fold<S: Simd, T: Float>(
    simd: S,
    x: &[T],
    neutral: T,
    f: impl Fn(Lanes<S, T>, Lanes<S, T>) -> Lanes<S, T>,
) -> Lanes<S, T> {
    let len = lanes::<S, T>();
    let neutral_lanes = Lanes::<S, T>::splat(simd, neutral);
    let mut sums = [neutral_lanes; 4];
    let mut blocks = x.chunks_exact(4 * len);
    for block in blocks.by_ref() {
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum = f(*sum, load(simd, &block[i * len..][..len]));
        }
    }
    let mut vectors = blocks.remainder().chunks_exact(len);
    for (i, v) in vectors.by_ref().enumerate() {
        sums[i] = f(sums[i], load(simd, v));
    }
    let rest = vectors.remainder();
    if !rest.is_empty() {
        let last = if x.len() < len {
            load_partial(simd, rest, neutral)
        } else {
            last_lanes::<S, T>(simd, rest.len()).select(load(simd, &x[x.len() - len..]), neutral_lanes)
        };
        sums[3] = f(sums[3], last);
    }
    f(f(sums[0], sums[1]), f(sums[2], sums[3]))
}

/// Rows shorter than so many vectors are added to several partial sums in turn: to one alone, each addition would wait for
/// the one before.
const IN_TURN: usize = 4;
/// So many elements hold them: the rows of fewer than [`IN_TURN`] vectors that make up a whole number of vectors.
const PARTIAL_SUMS: usize = 256;

/// `y[j] += Σ over the rows r of x[r · y.len() + j]`, in an order that depends on the sizes and the level alone.
///
/// # Panics
/// If y is empty and x is not.
#[inline(always)]
pub fn add_rows<S: Simd, T: Float>(simd: S, x: &[T], y: &mut [T]) {
    let (n, len) = (y.len(), lanes::<S, T>());
    if x.is_empty() {
        return;
    }
    // Whole rows that are whole vectors
    let unit = n * (len >> n.trailing_zeros().min(len.trailing_zeros()));
    let unit = unit * (IN_TURN * len).div_ceil(unit.max(1));
    if n >= IN_TURN * len || unit > PARTIAL_SUMS || x.len() < 2 * unit {
        for row in x.chunks_exact(n) {
            axpy(simd, T::ONE, row, y);
        }
        return;
    }
    let mut sums = [T::ZERO; PARTIAL_SUMS];
    let sums = &mut sums[..unit];
    let (first, rest) = x.split_at(unit);
    sums.copy_from_slice(first);
    let mut blocks = rest.chunks_exact(unit);
    for block in blocks.by_ref() {
        axpy(simd, T::ONE, block, sums);
    }
    for row in blocks.remainder().chunks_exact(n).chain(sums.chunks_exact(n)) {
        axpy(simd, T::ONE, row, y);
    }
}

/// Folds along an axis; `y` gets `outer · inner` elements.
#[inline(always)]
pub fn reduce<S: Simd, T: Float>(simd: S, fold: Fold, x: &[T], axis: Axis, y: &mut [T]) {
    debug_assert!(x.len() == axis.outer * axis.n * axis.inner && y.len() == axis.outer * axis.inner);
    if axis.inner == 1 && (1..=SHORT).contains(&axis.n) {
        match fold {
            Fold::Sum => {}
            Fold::Max => return short_rows(x, axis.n, y, |x, best| x > best),
            Fold::Min => return short_rows(x, axis.n, y, |x, best| x < best),
        }
    }
    if axis.inner == 1 {
        for (o, y) in y.iter_mut().enumerate() {
            let row = &x[o * axis.n..(o + 1) * axis.n];
            *y = match fold {
                Fold::Sum => sum(simd, row),
                Fold::Max => max(simd, row),
                Fold::Min => min(simd, row),
            };
        }
        return;
    }
    match fold {
        Fold::Sum => columns(
            simd,
            x,
            axis,
            y,
            T::ZERO,
            #[inline(always)]
            |a, b| a + b,
        ),
        Fold::Max => columns(
            simd,
            x,
            axis,
            y,
            T::NEG_INFINITY,
            #[inline(always)]
            |a, b| maximum(simd, a, b),
        ),
        Fold::Min => columns(
            simd,
            x,
            axis,
            y,
            T::INFINITY,
            #[inline(always)]
            |a, b| minimum(simd, a, b),
        ),
    }
}

/// The best of each row of so many elements; NaN wins.
#[inline(always)]
fn short_rows<T: Float>(x: &[T], n: usize, y: &mut [T], beats: impl Fn(T, T) -> bool) {
    for (row, y) in x.chunks_exact(n).zip(y) {
        let better = |best: T, &x: &T| if beats(x, best) || x.is_nan() { x } else { best };
        *y = row[1..].iter().fold(row[0], better);
    }
}

/// Folds across rows, one vector of columns after another.
#[inline(always)]
fn columns<S: Simd, T: Float>(
    simd: S,
    x: &[T],
    axis: Axis,
    y: &mut [T],
    neutral: T,
    f: impl Fn(Lanes<S, T>, Lanes<S, T>) -> Lanes<S, T>,
) {
    let Axis { outer, n, inner } = axis;
    for o in 0..outer {
        let (x, y) = (&x[o * n * inner..(o + 1) * n * inner], &mut y[o * inner..(o + 1) * inner]);
        for (j, y) in y.chunks_mut(lanes::<S, T>()).enumerate() {
            let at = j * lanes::<S, T>();
            let mut total = Lanes::<S, T>::splat(simd, neutral);
            for i in 0..n {
                total = f(total, load_partial(simd, &x[i * inner + at..][..y.len()], neutral));
            }
            store_partial::<S, T>(total, y);
        }
    }
}

/// The index of the largest, the first of equals; the first NaN if there is one.
///
/// Nothing when empty.
#[inline(always)]
pub fn argmax<S: Simd, T: Float>(simd: S, x: &[T]) -> Option<usize> {
    let top = max(simd, x);
    x.iter().position(|&x| x == top || x.is_nan())
}

/// The index of the smallest, the first of equals; the first NaN if there is one.
///
/// Nothing when empty.
#[inline(always)]
pub fn argmin<S: Simd, T: Float>(simd: S, x: &[T]) -> Option<usize> {
    let bottom = min(simd, x);
    x.iter().position(|&x| x == bottom || x.is_nan())
}

/// [`argmax`] along an axis; `y` gets `outer · inner` indices as floats, 0 for an empty axis.
#[inline(always)]
pub fn argmax_along<S: Simd, T: Float>(simd: S, x: &[T], axis: Axis, y: &mut [T]) {
    indices(
        x,
        axis,
        y,
        #[inline(always)]
        |row| argmax(simd, row).unwrap_or(0),
        #[inline(always)]
        |x, best| x > best,
    );
}

/// [`argmin`] along an axis; `y` gets `outer · inner` indices as floats, 0 for an empty axis.
#[inline(always)]
pub fn argmin_along<S: Simd, T: Float>(simd: S, x: &[T], axis: Axis, y: &mut [T]) {
    indices(
        x,
        axis,
        y,
        #[inline(always)]
        |row| argmin(simd, row).unwrap_or(0),
        #[inline(always)]
        |x, best| x < best,
    );
}

/// The indices, as floats, that put the elements along an axis in ascending order: equal ones as they stand, NaN last.
/// `y` is as long as `x`.
#[inline(always)]
pub fn argsort_along<T: Float>(x: &[T], Axis { outer, n, inner }: Axis, y: &mut [T]) {
    debug_assert!(x.len() == outer * n * inner && y.len() == x.len());
    for fiber in 0..outer * inner {
        let at = |place: usize| (fiber / inner * n + place) * inner + fiber % inner;
        (0..n).for_each(|place| y[at(place)] = T::from_f64(place as f64));
        // A heap in place, since nothing may be allocated: the index decides between equals, so the order is stable.
        let is_before = |a: T, b: T| {
            let (left, right) = (x[at(a.to_f64() as usize)], x[at(b.to_f64() as usize)]);
            if left < right || right.is_nan() && !left.is_nan() {
                true
            } else {
                !(right < left || left.is_nan() && !right.is_nan()) && a < b
            }
        };
        let sink = |y: &mut [T], mut top: usize, end: usize| {
            while 2 * top + 1 < end {
                let mut child = 2 * top + 1;
                if child + 1 < end && is_before(y[at(child)], y[at(child + 1)]) {
                    child += 1;
                }
                if !is_before(y[at(top)], y[at(child)]) {
                    return;
                }
                y.swap(at(top), at(child));
                top = child;
            }
        };
        (0..n / 2).rev().for_each(|top| sink(y, top, n));
        for end in (1..n).rev() {
            y.swap(at(0), at(end));
            sink(y, 0, end);
        }
    }
}

/// Running sums along an axis: element i of a result is x₀ + … + xᵢ, added in that order. `y` is as long as `x`.
#[inline(always)]
pub fn cumsum_along<T: Float>(x: &[T], Axis { outer, n, inner }: Axis, y: &mut [T]) {
    debug_assert!(x.len() == outer * n * inner && y.len() == x.len());
    // Nothing is to be done for an axis, or others, without elements.
    let block = (n * inner).max(1);
    for (x, y) in x.chunks_exact(block).zip(y.chunks_exact_mut(block)) {
        y[..inner].copy_from_slice(&x[..inner]);
        for offset in inner..block {
            y[offset] = y[offset - inner] + x[offset];
        }
    }
}

#[inline(always)]
fn indices<T: Float>(
    x: &[T],
    Axis { outer, n, inner }: Axis,
    y: &mut [T],
    of_row: impl Fn(&[T]) -> usize,
    beats: impl Fn(T, T) -> bool,
) {
    debug_assert!(x.len() == outer * n * inner && y.len() == outer * inner);
    if inner == 1 && n > SHORT {
        for (row, y) in x.chunks_exact(n).zip(y) {
            *y = T::from_f64(of_row(row) as f64);
        }
        return;
    }
    // Of nothing the index is 0.
    let block = (n * inner).max(1);
    let blocks = x.chunks_exact(block).map(Some).chain(core::iter::repeat(None));
    for (x, y) in blocks.zip(y.chunks_exact_mut(inner.max(1))) {
        for (column, y) in y.iter_mut().enumerate() {
            let column = x.and_then(|x| x.get(column..)).unwrap_or_default();
            let (mut best, mut so_far) = (0, column.first().copied().unwrap_or(T::ZERO));
            for (i, &next) in column.iter().step_by(inner).enumerate().skip(1) {
                if beats(next, so_far) || next.is_nan() && !so_far.is_nan() {
                    (best, so_far) = (i, next);
                }
            }
            *y = T::from_f64(best as f64);
        }
    }
}
