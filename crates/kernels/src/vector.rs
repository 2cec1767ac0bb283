//! Kernels on vectors: dot, axpy, scale and add, and elementwise maps.
//!
//! They take the level's token, hold no state and are inlined in the caller's [`dispatch!`] region.
//! Where slices should have equal lengths, the shortest counts; a debug build asserts.
//!
//! A map treats a last, incomplete vector with the same instructions as the others, so that the
//! bits of an element do not depend on where it stands.
//!
//! A closure is compiled with the level's instructions only where it is inlined, so write it as
//! `#[inline(always)] |x| …`.
//!
//! [`dispatch!`]: crate::dispatch

use crate::float::{Float, Lanes, Mask, first_lanes, lanes, last_lanes, load, load_partial, mul_add, store_partial};
use fearless_simd::prelude::*;

/// `Σ xᵢ yᵢ`, summed in an order that depends on the length and the level alone; 0 when empty.
#[inline(always)]
pub fn dot<S: Simd, T: Float>(simd: S, x: &[T], y: &[T]) -> T {
    debug_assert_eq!(x.len(), y.len());
    let n = x.len().min(y.len());
    let (x, y) = (&x[..n], &y[..n]);
    let len = lanes::<S, T>();
    if n < len {
        let mut sum = T::ZERO;
        for (&x, &y) in x.iter().zip(y) {
            sum = mul_add(simd, x, y, sum);
        }
        return sum;
    }
    let mut sums = sums_of_products(simd, x, y);
    let rest = n % len;
    if rest > 0 {
        // The last full vector, without the lanes that were counted before.
        let last = n - len..n;
        sums[3] = masked_product(simd, last_lanes::<S, T>(simd, rest), &x[last.clone()], &y[last], sums[3]);
    }
    total::<S, T>(sums)
}

/// `Σ xᵢ yᵢ` over the first n, as [`dot`], for slices that go on to a whole number of vectors: what lies behind the n is
/// read, and does not count.
///
/// # Panics
/// If a slice is shorter than that.
#[inline(always)]
pub fn dot_padded<S: Simd, T: Float>(simd: S, n: usize, x: &[T], y: &[T]) -> T {
    let len = lanes::<S, T>();
    let rest = n % len;
    let whole = n - rest;
    let mut sums = sums_of_products(simd, &x[..whole], &y[..whole]);
    if rest > 0 {
        let last = whole..whole + len;
        sums[3] = masked_product(simd, first_lanes::<S, T>(simd, rest), &x[last.clone()], &y[last], sums[3]);
    }
    total::<S, T>(sums)
}

/// `Σ xᵢ yᵢ` and `Σ xᵢ zᵢ` over the first n, as [`dot_padded`] gives them, in one pass.
///
/// # Panics
/// If a slice is shorter than a whole number of vectors that hold n.
#[inline(always)]
pub fn two_dots_padded<S: Simd, T: Float>(simd: S, n: usize, x: &[T], y: &[T], z: &[T]) -> (T, T) {
    let len = lanes::<S, T>();
    let rest = n % len;
    let whole = n - rest;
    let zero = Lanes::<S, T>::splat(simd, T::ZERO);
    let (mut first, mut second) = ([zero; 4], [zero; 4]);
    let vectors =
        pairs(pairs(x[..whole].chunks_exact(len), y[..whole].chunks_exact(len)), z[..whole].chunks_exact(len));
    let mut vectors = vectors.map(
        #[inline(always)]
        |((x, y), z)| (load(simd, x), load(simd, y), load(simd, z)),
    );
    'all: loop {
        for i in 0..4 {
            let Some((x, y, z)) = vectors.next() else { break 'all };
            first[i] = x.mul_add(y, first[i]);
            second[i] = x.mul_add(z, second[i]);
        }
    }
    if rest > 0 {
        let (mask, last) = (first_lanes::<S, T>(simd, rest), whole..whole + len);
        first[3] = masked_product(simd, mask, &x[last.clone()], &y[last.clone()], first[3]);
        second[3] = masked_product(simd, mask, &x[last.clone()], &z[last], second[3]);
    }
    (total::<S, T>(first), total::<S, T>(second))
}

/// Four sums, lane by lane, of the products of all whole vectors.
#[inline(always)]
fn sums_of_products<S: Simd, T: Float>(simd: S, x: &[T], y: &[T]) -> [Lanes<S, T>; 4] {
    let len = lanes::<S, T>();
    let mut sums = [Lanes::<S, T>::splat(simd, T::ZERO); 4];
    let (mut xs, mut ys) = (x.chunks_exact(4 * len), y.chunks_exact(4 * len));
    for (x, y) in pairs(xs.by_ref(), ys.by_ref()) {
        for (i, sum) in sums.iter_mut().enumerate() {
            let at = i * len;
            *sum = load(simd, &x[at..][..len]).mul_add(load(simd, &y[at..][..len]), *sum);
        }
    }
    let (xs, ys) = (xs.remainder().chunks_exact(len), ys.remainder().chunks_exact(len));
    for (sum, (x, y)) in pairs(sums.iter_mut(), pairs(xs, ys)) {
        *sum = load(simd, x).mul_add(load(simd, y), *sum);
    }
    sums
}

/// The sum over four sums and their lanes.
#[inline(always)]
fn total<S: Simd, T: Float>([a, b, c, d]: [Lanes<S, T>; 4]) -> T {
    ((a + b) + (c + d)).reduce_sum()
}

/// `sum + x · y` of two vectors, in the lanes of a mask.
#[inline(always)]
fn masked_product<S: Simd, T: Float>(simd: S, mask: Mask<S, T>, x: &[T], y: &[T], sum: Lanes<S, T>) -> Lanes<S, T> {
    let zero = Lanes::<S, T>::splat(simd, T::ZERO);
    mask.select(load(simd, x), zero).mul_add(mask.select(load(simd, y), zero), sum)
}

/// `y += a · x`.
#[inline(always)]
pub fn axpy<S: Simd, T: Float>(simd: S, a: T, x: &[T], y: &mut [T]) {
    let a = Lanes::<S, T>::splat(simd, a);
    update(
        simd,
        y,
        x,
        #[inline(always)]
        |y, x| x.mul_add(a, y),
    );
}

/// `y = k · y + a · x`: a step of gradient descent with weight decay. `k · y` is rounded first.
#[inline(always)]
pub fn axpby<S: Simd, T: Float>(simd: S, a: T, x: &[T], k: T, y: &mut [T]) {
    let (a, k) = (Lanes::<S, T>::splat(simd, a), Lanes::<S, T>::splat(simd, k));
    update(
        simd,
        y,
        x,
        #[inline(always)]
        |y, x| x.mul_add(a, y * k),
    );
}

/// `y = k · y`.
#[inline(always)]
pub fn scale<S: Simd, T: Float>(simd: S, k: T, y: &mut [T]) {
    let k = Lanes::<S, T>::splat(simd, k);
    map_in_place(
        simd,
        y,
        #[inline(always)]
        |y| y * k,
    );
}

/// `yᵢ = f(xᵢ)`.
#[inline(always)]
pub fn map<S: Simd, T: Float>(simd: S, x: &[T], y: &mut [T], f: impl Fn(Lanes<S, T>) -> Lanes<S, T>) {
    debug_assert_eq!(x.len(), y.len());
    let n = x.len().min(y.len());
    let (x, y) = (&x[..n], &mut y[..n]);
    let len = lanes::<S, T>();
    if n < len {
        return store_partial::<S, T>(f(load_partial(simd, x, T::ONE)), y);
    }
    for (x, y) in pairs(x.chunks_exact(len), y.chunks_exact_mut(len)) {
        f(load(simd, x)).store_slice(y);
    }
    if !n.is_multiple_of(len) {
        f(load(simd, &x[n - len..])).store_slice(&mut y[n - len..]);
    }
}

/// `zᵢ = f(xᵢ, yᵢ)`.
#[inline(always)]
pub fn zip<S: Simd, T: Float>(
    simd: S,
    x: &[T],
    y: &[T],
    z: &mut [T],
    f: impl Fn(Lanes<S, T>, Lanes<S, T>) -> Lanes<S, T>,
) {
    debug_assert!(x.len() == z.len() && y.len() == z.len());
    let n = x.len().min(y.len()).min(z.len());
    let (x, y, z) = (&x[..n], &y[..n], &mut z[..n]);
    let len = lanes::<S, T>();
    if n < len {
        let (x, y) = (load_partial(simd, x, T::ONE), load_partial(simd, y, T::ONE));
        return store_partial::<S, T>(f(x, y), z);
    }
    for ((x, y), z) in pairs(pairs(x.chunks_exact(len), y.chunks_exact(len)), z.chunks_exact_mut(len)) {
        f(load(simd, x), load(simd, y)).store_slice(z);
    }
    if !n.is_multiple_of(len) {
        f(load(simd, &x[n - len..]), load(simd, &y[n - len..])).store_slice(&mut z[n - len..]);
    }
}

/// `yᵢ = f(yᵢ)`.
#[inline(always)]
pub fn map_in_place<S: Simd, T: Float>(simd: S, y: &mut [T], f: impl Fn(Lanes<S, T>) -> Lanes<S, T>) {
    let n = y.len();
    let len = lanes::<S, T>();
    if n < len {
        return store_partial::<S, T>(f(load_partial(simd, y, T::ONE)), y);
    }
    // The last vector may overlap the one before: it is computed before anything is overwritten.
    let last = f(load(simd, &y[n - len..]));
    for y in y.chunks_exact_mut(len) {
        f(load(simd, y)).store_slice(y);
    }
    last.store_slice(&mut y[n - len..]);
}

/// `yᵢ = f(yᵢ, xᵢ)`.
#[inline(always)]
pub fn update<S: Simd, T: Float>(simd: S, y: &mut [T], x: &[T], f: impl Fn(Lanes<S, T>, Lanes<S, T>) -> Lanes<S, T>) {
    debug_assert_eq!(x.len(), y.len());
    let n = x.len().min(y.len());
    let (x, y) = (&x[..n], &mut y[..n]);
    let len = lanes::<S, T>();
    if n < len {
        let v = f(load_partial(simd, y, T::ONE), load_partial(simd, x, T::ONE));
        return store_partial::<S, T>(v, y);
    }
    // As above; computed only where there is an incomplete vector.
    let last = if n.is_multiple_of(len) { None } else { Some(f(load(simd, &y[n - len..]), load(simd, &x[n - len..]))) };
    for (x, y) in pairs(x.chunks_exact(len), y.chunks_exact_mut(len)) {
        f(load(simd, y), load(simd, x)).store_slice(y);
    }
    if let Some(last) = last {
        last.store_slice(&mut y[n - len..]);
    }
}

/// `wᵢ = f(xᵢ, yᵢ, zᵢ)`.
#[inline(always)]
pub fn zip_three<S: Simd, T: Float>(
    simd: S,
    x: &[T],
    y: &[T],
    z: &[T],
    w: &mut [T],
    f: impl Fn(Lanes<S, T>, Lanes<S, T>, Lanes<S, T>) -> Lanes<S, T>,
) {
    debug_assert!(x.len() == w.len() && y.len() == w.len() && z.len() == w.len());
    let n = x.len().min(y.len()).min(z.len()).min(w.len());
    let (x, y, z, w) = (&x[..n], &y[..n], &z[..n], &mut w[..n]);
    let len = lanes::<S, T>();
    if n < len {
        let padded = |x: &[T]| load_partial(simd, x, T::ONE);
        return store_partial(f(padded(x), padded(y), padded(z)), w);
    }
    let load = |x: &[T]| Lanes::<S, T>::from_slice(simd, x);
    let operands = pairs(pairs(x.chunks_exact(len), y.chunks_exact(len)), z.chunks_exact(len));
    for (((x, y), z), w) in pairs(operands, w.chunks_exact_mut(len)) {
        f(load(x), load(y), load(z)).store_slice(w);
    }
    if !n.is_multiple_of(len) {
        let last = n - len;
        f(load(&x[last..]), load(&y[last..]), load(&z[last..])).store_slice(&mut w[last..]);
    }
}

/// Two iterators of equal length, side by side. `zip` would ask both for their lengths first: for chunks that is a division
/// each, and a call where it is not inlined, which is more than a short vector's work.
#[inline(always)]
fn pairs<A: Iterator, B: Iterator>(mut a: A, mut b: B) -> impl Iterator<Item = (A::Item, B::Item)> {
    std::iter::from_fn(
        #[inline(always)]
        move || Some((a.next()?, b.next()?)),
    )
}
