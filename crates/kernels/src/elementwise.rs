//! Elementwise functions that the vector type has not, or not with our care for not-a-number, and
//! maps that broadcast one operand.

use crate::float::{Float, Lanes};
use crate::vector::{map, zip};
use fearless_simd::prelude::*;

/// The larger; a tie goes to `a`, and not-a-number wins.
#[inline(always)]
pub fn maximum<S: Simd, V: SimdFloat<S>>(_simd: S, a: V, b: V) -> V {
    (a.simd_lt(b) | b.is_nan()).select(b, a)
}

/// The smaller; a tie goes to `a`, and not-a-number wins.
#[inline(always)]
pub fn minimum<S: Simd, V: SimdFloat<S>>(_simd: S, a: V, b: V) -> V {
    (a.simd_gt(b) | b.is_nan()).select(b, a)
}

/// max(x, 0); not-a-number stays, −0 becomes 0.
#[inline(always)]
pub fn relu<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> V {
    x.simd_le(V::splat(simd, T::ZERO)).select(V::splat(simd, T::ZERO), x)
}

/// 1 where the mask is true, 0 elsewhere: a comparison's result as numbers.
#[inline(always)]
pub fn indicator<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, mask: V::Mask) -> V {
    mask.select(V::splat(simd, T::ONE), V::splat(simd, T::ZERO))
}

/// −1, 0 or 1; not-a-number stays.
#[inline(always)]
pub fn sign<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> V {
    let (zero, one) = (V::splat(simd, T::ZERO), V::splat(simd, T::ONE));
    x.simd_gt(zero).select(one, x.simd_lt(zero).select(-one, x))
}

/// `z[i, j] = f(x[i, j], b[j])`: the same row beside each row.
///
/// x and z hold whole rows of `b.len()`.
#[inline(always)]
pub fn zip_row<S: Simd, T: Float>(
    simd: S,
    x: &[T],
    b: &[T],
    z: &mut [T],
    f: impl Fn(Lanes<S, T>, Lanes<S, T>) -> Lanes<S, T>,
) {
    debug_assert_eq!(x.len(), z.len());
    let n = b.len().max(1);
    for (x, z) in x.chunks_exact(n).zip(z.chunks_exact_mut(n)) {
        zip(simd, x, b, z, &f);
    }
}

/// `z[i, j] = f(x[i, j], c[i])`: one number beside each row.
///
/// x and z hold `c.len()` rows of equal length.
#[inline(always)]
pub fn zip_column<S: Simd, T: Float>(
    simd: S,
    x: &[T],
    c: &[T],
    z: &mut [T],
    f: impl Fn(Lanes<S, T>, Lanes<S, T>) -> Lanes<S, T>,
) {
    debug_assert_eq!(x.len(), z.len());
    let n = z.len().checked_div(c.len()).unwrap_or(0).max(1);
    for ((x, z), &c) in x.chunks_exact(n).zip(z.chunks_exact_mut(n)).zip(c) {
        let c = Lanes::<S, T>::splat(simd, c);
        map(
            simd,
            x,
            z,
            #[inline(always)]
            |x| f(x, c),
        );
    }
}

/// `y[o, i, j] = x[o, j]` for i below n: repeats along an axis, with `inner` numbers inside it.
///
/// `y.len()` is `n` times `x.len()`, a multiple of `inner`.
pub fn repeat<T: Copy>(x: &[T], n: usize, inner: usize, y: &mut [T]) {
    debug_assert_eq!(x.len() * n, y.len());
    if n == 0 || inner == 0 {
        return;
    }
    for (x, y) in x.chunks_exact(inner).zip(y.chunks_exact_mut(n * inner)) {
        if inner == 1 {
            y.fill(x[0]);
        } else {
            y.chunks_exact_mut(inner).for_each(|y| y.copy_from_slice(x));
        }
    }
}
