//! Kernels on a matrix and vectors: matrix-vector products and the rank-1 update.
//!
//! A matrix is given as rows of `cols` elements, one after another in its slice. All are inlined in
//! the caller's [`dispatch!`](crate::dispatch) region; the order of every sum depends on the shape and
//! the level alone.

use crate::float::{Float, Lanes, lanes, last_lanes, load, mul_add};
use crate::vector::{axpby, axpy, dot, map, scale};
use fearless_simd::prelude::*;

/// `y = α·A·x + β·y` for A of `y.len()` rows and `x.len()` columns. With β = 0, y is not read.
///
/// # Panics
/// If A has fewer elements than that.
#[inline(always)]
pub fn gemv<S: Simd, T: Float>(simd: S, alpha: T, a: &[T], x: &[T], beta: T, y: &mut [T]) {
    let (rows, cols) = (y.len(), x.len());
    let a = &a[..rows * cols];
    if cols == 1 {
        return accumulate(simd, alpha * x[0], a, beta, y);
    }
    if cols == 0 {
        return scaled(simd, beta, y);
    }
    let (mut blocks, mut ys) = (a.chunks_exact(4 * cols), y.chunks_exact_mut(4));
    for (block, ys) in blocks.by_ref().zip(ys.by_ref()) {
        for (y, sum) in ys.iter_mut().zip(four_dots(simd, block, x)) {
            *y = finish(simd, alpha, sum, beta, *y);
        }
    }
    let done = rows / 4 * 4;
    for (i, y) in ys.into_remainder().iter_mut().enumerate() {
        let row = (done + i) * cols;
        *y = finish(simd, alpha, dot(simd, &a[row..row + cols], x), beta, *y);
    }
}

/// `α·sum + β·y`, without y if β = 0.
#[inline(always)]
fn finish<S: Simd, T: Float>(simd: S, alpha: T, sum: T, beta: T, y: T) -> T {
    if beta == T::ZERO { alpha * sum } else { mul_add(simd, alpha, sum, beta * y) }
}

/// `y = β·y`, y not read if β = 0: what an empty product leaves.
#[inline(always)]
fn scaled<S: Simd, T: Float>(simd: S, beta: T, y: &mut [T]) {
    if beta == T::ZERO { y.fill(T::ZERO) } else { scale(simd, beta, y) }
}

/// The dot products of four rows with x, each loaded once.
#[inline(always)]
fn four_dots<S: Simd, T: Float>(simd: S, rows: &[T], x: &[T]) -> [T; 4] {
    let (n, len) = (x.len(), lanes::<S, T>());
    let rows = [&rows[..n], &rows[n..2 * n], &rows[2 * n..3 * n], &rows[3 * n..4 * n]];
    if n < len {
        return [dot(simd, rows[0], x), dot(simd, rows[1], x), dot(simd, rows[2], x), dot(simd, rows[3], x)];
    }
    let zero = Lanes::<S, T>::splat(simd, T::ZERO);
    let mut sums = [[zero; 2]; 4];
    let mut at = 0;
    while at + 2 * len <= n {
        for half in 0..2 {
            let x = load(simd, &x[at + half * len..][..len]);
            for i in 0..4 {
                sums[i][half] = load(simd, &rows[i][at + half * len..][..len]).mul_add(x, sums[i][half]);
            }
        }
        at += 2 * len;
    }
    if at + len <= n {
        let x = load(simd, &x[at..][..len]);
        for i in 0..4 {
            sums[i][0] = load(simd, &rows[i][at..][..len]).mul_add(x, sums[i][0]);
        }
        at += len;
    }
    if at < n {
        let mask = last_lanes::<S, T>(simd, n - at);
        let x = mask.select(load(simd, &x[n - len..][..len]), zero);
        for i in 0..4 {
            let row = mask.select(load(simd, &rows[i][n - len..][..len]), zero);
            sums[i][1] = row.mul_add(x, sums[i][1]);
        }
    }
    let mut dots = [T::ZERO; 4];
    for (dot, [a, b]) in dots.iter_mut().zip(sums) {
        *dot = (a + b).reduce_sum();
    }
    dots
}

/// `y = α·Aᵀ·x + β·y` for A of `x.len()` rows and `y.len()` columns. With β = 0, y is not read.
///
/// # Panics
/// If A has fewer elements than that.
#[inline(always)]
pub fn gemv_transposed<S: Simd, T: Float>(simd: S, alpha: T, a: &[T], x: &[T], beta: T, y: &mut [T]) {
    let (rows, cols) = (x.len(), y.len());
    let a = &a[..rows * cols];
    if cols == 1 {
        y[0] = finish(simd, alpha, dot(simd, a, x), beta, y[0]);
        return;
    }
    if rows == 0 {
        return scaled(simd, beta, y);
    }
    let len = lanes::<S, T>();
    if cols < len {
        for (j, y) in y.iter_mut().enumerate() {
            let mut sum = T::ZERO;
            for (i, &x) in x.iter().enumerate() {
                sum = mul_add(simd, a[i * cols + j], x, sum);
            }
            *y = finish(simd, alpha, sum, beta, *y);
        }
        return;
    }
    // The last vector may overlap the one before: it is computed before anything is overwritten.
    let last = cols - len;
    let overlap = if cols.is_multiple_of(len) {
        None
    } else {
        Some(panel::<S, T, 1>(simd, alpha, &a[last..], cols, x, beta, &y[last..]))
    };
    let mut at = 0;
    while at + 4 * len <= cols {
        store::<S, T, 4>(panel(simd, alpha, &a[at..], cols, x, beta, &y[at..]), &mut y[at..]);
        at += 4 * len;
    }
    while at + len <= cols {
        store::<S, T, 1>(panel(simd, alpha, &a[at..], cols, x, beta, &y[at..]), &mut y[at..]);
        at += len;
    }
    if let Some(overlap) = overlap {
        store::<S, T, 1>(overlap, &mut y[last..]);
    }
}

#[inline(always)]
fn store<S: Simd, T: Float, const N: usize>(vectors: [Lanes<S, T>; N], y: &mut [T]) {
    for (v, y) in vectors.into_iter().zip(y.chunks_exact_mut(lanes::<S, T>())) {
        v.store_slice(y);
    }
}

/// N vectors of columns of α·Aᵀ·x + β·y, the sums kept in registers.
#[inline(always)]
fn panel<S: Simd, T: Float, const N: usize>(
    simd: S,
    alpha: T,
    a: &[T],
    stride: usize,
    x: &[T],
    beta: T,
    y: &[T],
) -> [Lanes<S, T>; N] {
    let len = lanes::<S, T>();
    let mut sums = [Lanes::<S, T>::splat(simd, T::ZERO); N];
    for (i, &x) in x.iter().enumerate() {
        let (row, x) = (&a[i * stride..][..N * len], Lanes::<S, T>::splat(simd, x));
        for (j, sum) in sums.iter_mut().enumerate() {
            *sum = load(simd, &row[j * len..][..len]).mul_add(x, *sum);
        }
    }
    for (j, sum) in sums.iter_mut().enumerate() {
        *sum = if beta == T::ZERO {
            *sum * Lanes::<S, T>::splat(simd, alpha)
        } else {
            Lanes::<S, T>::splat(simd, alpha)
                .mul_add(*sum, load(simd, &y[j * len..][..len]) * Lanes::<S, T>::splat(simd, beta))
        };
    }
    sums
}

/// `A += α·x·yᵀ` for A of `x.len()` rows and `y.len()` columns.
///
/// # Panics
/// If A has fewer elements than that.
#[inline(always)]
pub fn rank_one<S: Simd, T: Float>(simd: S, alpha: T, x: &[T], y: &[T], a: &mut [T]) {
    let cols = y.len();
    let a = &mut a[..x.len() * cols];
    if cols == 1 {
        return axpy(simd, alpha * y[0], x, a);
    }
    for (row, &x) in a.chunks_exact_mut(cols.max(1)).zip(x) {
        axpy(simd, alpha * x, y, row);
    }
}

/// `A = k·A + α·x·yᵀ`: the rank-1 update of a step with weight decay.
///
/// # Panics
/// If A has fewer elements than x times y.
#[inline(always)]
pub fn rank_one_decayed<S: Simd, T: Float>(simd: S, alpha: T, x: &[T], y: &[T], k: T, a: &mut [T]) {
    let cols = y.len();
    let a = &mut a[..x.len() * cols];
    if cols == 1 {
        return axpby(simd, alpha * y[0], x, k, a);
    }
    for (row, &x) in a.chunks_exact_mut(cols.max(1)).zip(x) {
        axpby(simd, alpha * x, y, k, row);
    }
}

/// `y = α·x + β·y`, y not read with β = 0.
#[inline(always)]
fn accumulate<S: Simd, T: Float>(simd: S, alpha: T, x: &[T], beta: T, y: &mut [T]) {
    if beta == T::ZERO {
        let alpha = Lanes::<S, T>::splat(simd, alpha);
        map(
            simd,
            x,
            y,
            #[inline(always)]
            |x| x * alpha,
        );
    } else {
        axpby(simd, alpha, x, beta, y);
    }
}
