//! Softmax and the logarithm of a sum of exponentials, along an axis.
//!
//! Both subtract the largest first (where it is finite), so that nothing overflows. The arithmetic of
//! an element is the same in every lane; sums run in an order that depends on the shape and the level
//! alone.

use crate::float::{Float, Lanes, lanes, load, load_partial, store_partial};
use crate::math::{exp, log};
use crate::reduce::{Axis, Fold, max, reduce};
use crate::vector::{map, map_in_place};
use fearless_simd::prelude::*;

/// `yᵢ = e^xᵢ / Σ e^xⱼ` of one row. A NaN or ∞, or nothing but −∞, makes all NaN.
#[inline(always)]
pub fn softmax<S: Simd, T: Float>(simd: S, x: &[T], y: &mut [T]) {
    let top = Lanes::<S, T>::splat(simd, max(simd, x));
    map(
        simd,
        x,
        y,
        #[inline(always)]
        |x| exp(simd, x - top),
    );
    let total = crate::reduce::sum(simd, y);
    let inverse = Lanes::<S, T>::splat(simd, T::ONE / total);
    map_in_place(
        simd,
        y,
        #[inline(always)]
        |y| y * inverse,
    );
}

/// `ln Σ e^xᵢ` of one row; −∞ when empty.
#[inline(always)]
pub fn logsumexp<S: Simd, T: Float>(simd: S, x: &[T]) -> T {
    let shift = finite_or_zero(max(simd, x));
    let shift_lanes = Lanes::<S, T>::splat(simd, shift);
    let mut sum = Lanes::<S, T>::splat(simd, T::ZERO);
    let mut vectors = x.chunks_exact(lanes::<S, T>());
    for x in vectors.by_ref() {
        sum += exp(simd, load(simd, x) - shift_lanes);
    }
    if !vectors.remainder().is_empty() {
        sum += exp(simd, load_partial(simd, vectors.remainder(), T::NEG_INFINITY) - shift_lanes);
    }
    crate::float::one(
        simd,
        sum.reduce_sum(),
        #[inline(always)]
        |sum| log(simd, sum),
    ) + shift
}

/// What to subtract: with the largest itself, ∞ − ∞ would make a number of none.
#[inline(always)]
fn finite_or_zero<T: Float>(x: T) -> T {
    if x == T::INFINITY || x == T::NEG_INFINITY { T::ZERO } else { x }
}

/// [`softmax`] along an axis; y has the shape of x.
#[inline(always)]
pub fn softmax_along<S: Simd, T: Float>(simd: S, x: &[T], axis: Axis, y: &mut [T]) {
    let Axis { outer, n, inner } = axis;
    debug_assert!(x.len() == outer * n * inner && y.len() == x.len());
    let size = n * inner;
    if size == 0 {
        return;
    }
    if are_short::<S, T>(axis) {
        let rows = lanes::<S, T>() * n;
        for (x, y) in x.chunks(rows).zip(y.chunks_mut(rows)) {
            softmax_of_short(simd, x, n, y);
        }
        return;
    }
    for (x, y) in x.chunks_exact(size).zip(y.chunks_exact_mut(size)) {
        if inner == 1 {
            softmax(simd, x, y);
            continue;
        }
        let mut at = 0;
        while at < inner {
            let width = lanes::<S, T>().min(inner - at);
            let mut top = Lanes::<S, T>::splat(simd, T::NEG_INFINITY);
            for i in 0..n {
                top = crate::elementwise::maximum(simd, top, load_partial(simd, &x[i * inner + at..][..width], T::ONE));
            }
            let mut sum = Lanes::<S, T>::splat(simd, T::ZERO);
            for i in 0..n {
                let e = exp(simd, load_partial(simd, &x[i * inner + at..][..width], T::ONE) - top);
                sum += e;
                store_partial::<S, T>(e, &mut y[i * inner + at..][..width]);
            }
            let inverse = Lanes::<S, T>::splat(simd, T::ONE) / sum;
            for i in 0..n {
                let e = load_partial(simd, &y[i * inner + at..][..width], T::ONE);
                store_partial::<S, T>(e * inverse, &mut y[i * inner + at..][..width]);
            }
            at += width;
        }
    }
}

/// [`logsumexp`] along an axis; `y` gets `outer · inner` elements.
#[inline(always)]
pub fn logsumexp_along<S: Simd, T: Float>(simd: S, x: &[T], axis: Axis, y: &mut [T]) {
    let Axis { n, inner, .. } = axis;
    debug_assert!(x.len() == axis.outer * n * inner && y.len() == axis.outer * inner);
    if are_short::<S, T>(axis) {
        for (x, y) in x.chunks(lanes::<S, T>() * n).zip(y.chunks_mut(lanes::<S, T>())) {
            let Exponentials { top, sum, .. } = exponentials(
                simd,
                x,
                n,
                #[inline(always)]
                |top| top.is_infinite().select(Lanes::<S, T>::splat(simd, T::ZERO), top),
            );
            store_partial::<S, T>(log(simd, sum) + top, y);
        }
        return;
    }
    if inner == 1 {
        for (o, y) in y.iter_mut().enumerate() {
            *y = logsumexp(simd, &x[o * n..(o + 1) * n]);
        }
        return;
    }
    if n == 0 {
        return y.fill(T::NEG_INFINITY);
    }
    // y holds the largest until its sum is known.
    reduce(simd, Fold::Max, x, axis, y);
    for (x, y) in x.chunks_exact((n * inner).max(1)).zip(y.chunks_exact_mut(inner.max(1))) {
        for (j, y) in y.chunks_mut(lanes::<S, T>()).enumerate() {
            let at = j * lanes::<S, T>();
            let zero = Lanes::<S, T>::splat(simd, T::ZERO);
            let top = load_partial(simd, y, T::ONE);
            let shift = top.is_infinite().select(zero, top);
            let mut sum = zero;
            for i in 0..n {
                sum += exp(simd, load_partial(simd, &x[i * inner + at..][..y.len()], T::ONE) - shift);
            }
            store_partial::<S, T>(log(simd, sum) + shift, y);
        }
    }
}

/// Rows of up to so many elements are treated a vector of rows at a time, a lane each.
const SHORT: usize = 32;

/// Whether rows are short, and as many as half the lanes or more.
#[inline(always)]
fn are_short<S: Simd, T: Float>(Axis { outer, n, inner }: Axis) -> bool {
    inner == 1 && (1..=SHORT).contains(&n) && 2 * outer >= lanes::<S, T>()
}

/// Softmax of up to as many rows of `n` elements as there are lanes.
#[inline(always)]
fn softmax_of_short<S: Simd, T: Float>(simd: S, x: &[T], n: usize, y: &mut [T]) {
    let Exponentials { mut e, sum, .. } = exponentials(
        simd,
        x,
        n,
        #[inline(always)]
        |top| top,
    );
    let inverse = Lanes::<S, T>::splat(simd, T::ONE) / sum;
    e[..n].iter_mut().for_each(|e| *e *= inverse);
    for (row, y) in y.chunks_exact_mut(n).enumerate() {
        y.iter_mut().zip(&e).for_each(|(y, e)| *y = e[row]);
    }
}

/// Of several rows, a lane each: e^(xᵢ − top) for each i, top, and the sum over i.
struct Exponentials<V> {
    e: [V; SHORT],
    top: V,
    sum: V,
}

/// The exponentials of up to as many rows of `n` elements as there are lanes. Top is made of the largest by `shift`.
#[inline(always)]
fn exponentials<S: Simd, T: Float>(
    simd: S,
    x: &[T],
    n: usize,
    shift: impl Fn(Lanes<S, T>) -> Lanes<S, T>,
) -> Exponentials<Lanes<S, T>> {
    let zero = Lanes::<S, T>::splat(simd, T::ZERO);
    let mut e = [zero; SHORT];
    for (row, x) in x.chunks_exact(n).enumerate() {
        e.iter_mut().zip(x).for_each(|(e, &x)| e[row] = x);
    }
    let mut top = e[0];
    for &x in &e[1..n] {
        top = crate::elementwise::maximum(simd, top, x);
    }
    let top = shift(top);
    let mut sum = zero;
    for e in &mut e[..n] {
        *e = exp(simd, *e - top);
        sum += *e;
    }
    Exponentials { e, top, sum }
}
