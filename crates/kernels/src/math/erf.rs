//! The error function.

use super::exponential::one_minus_exp2;
use super::polynomial;
use crate::float::Float;
use fearless_simd::prelude::*;

/// erf x = 2/√π ∫₀ˣ e^(−t²) dt: below 1 as x + x P(x²), from 1 as 1 − 2^G(x) with G = log₂ erfc.
///
/// 2^G counts for less than 0.16 there, so that it need not be as good as `exp`, and half the work of one does.
///
/// ±0 ↦ ±0, ±∞ ↦ ±1.
#[inline(always)]
pub fn erf<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> V {
    let size = x.abs();
    let small = size.mul_add(polynomial(simd, T::ERF, size * size), size);
    let bounded = size.simd_gt(V::splat(simd, T::ERF_MAX)).select(V::splat(simd, T::ERF_MAX), size);
    let log_erfc = polynomial(simd, T::LOG2_ERFC, bounded - V::splat(simd, T::ONE));
    let large = one_minus_exp2(simd, log_erfc);
    size.simd_lt(V::splat(simd, T::ONE)).select(small, large).copysign(x)
}
