//! Square roots, by the instruction.

use crate::float::Float;
use fearless_simd::prelude::*;

/// √x, correctly rounded.
///
/// ±0 ↦ ±0, ∞ ↦ ∞, negative ↦ NaN.
#[inline(always)]
pub fn sqrt<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(_simd: S, x: V) -> V {
    x.sqrt()
}

/// 1 / √x.
///
/// ±0 ↦ ±∞, ∞ ↦ 0, negative ↦ NaN.
#[inline(always)]
pub fn rsqrt<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> V {
    V::splat(simd, T::ONE) / x.sqrt()
}
