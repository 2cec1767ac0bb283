//! Elementwise functions that the vector type lacks, or in which NaN must win.

use crate::float::Float;
use fearless_simd::prelude::*;

/// The larger; a tie goes to `a`, and NaN wins.
#[inline(always)]
pub fn maximum<S: Simd, V: SimdFloat<S>>(_simd: S, a: V, b: V) -> V {
    (a.simd_lt(b) | b.is_nan()).select(b, a)
}

/// The smaller; a tie goes to `a`, and NaN wins.
#[inline(always)]
pub fn minimum<S: Simd, V: SimdFloat<S>>(_simd: S, a: V, b: V) -> V {
    (a.simd_gt(b) | b.is_nan()).select(b, a)
}

/// 1 where the mask is true, 0 elsewhere: a comparison's result as values.
#[inline(always)]
pub fn indicator<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, mask: V::Mask) -> V {
    mask.select(V::splat(simd, T::ONE), V::splat(simd, T::ZERO))
}

/// 0 where `a` is 0, whatever was made of it.
#[inline(always)]
pub fn strong<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, a: V, result: V) -> V {
    let zero = V::splat(simd, T::ZERO);
    a.simd_eq(zero).select(zero, result)
}

/// −1, 0 or 1; NaN stays.
#[inline(always)]
pub fn sign<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> V {
    let (zero, one) = (V::splat(simd, T::ZERO), V::splat(simd, T::ONE));
    x.simd_gt(zero).select(one, x.simd_lt(zero).select(-one, x))
}
