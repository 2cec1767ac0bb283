//! eˣ and what is made of it.
//!
//! x = n ln 2 + r with n an integer and |r| ≤ ln 2 / 2 (Cody and Waite: ln 2 in two parts, so that
//! n times the first is exact); eˣ = 2ⁿ eʳ and eʳ = 1 + r + r² q(r).

use super::polynomial;
use crate::float::Float;
use fearless_simd::prelude::*;

/// x = n ln 2 + r + c.
struct Reduced<V> {
    n: V,
    r: V,
    /// What rounding r has lost.
    c: V,
}

#[inline(always)]
fn reduce<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> Reduced<V> {
    let splat = |c: T| V::splat(simd, c);
    let n = x.mul_add(splat(T::LOG2_E), splat(T::ROUND)) - splat(T::ROUND);
    let high = n.mul_add(splat(-T::LN2.0), x);
    let low = n * splat(T::LN2.1);
    let r = high - low;
    Reduced { n, r, c: (high - r) - low }
}

/// 2ⁿ for an integer n with a normal result; for n far outside, or not a number, whatever comes.
#[inline(always)]
fn power_of_two<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, n: V) -> V {
    let bits = (n + V::splat(simd, T::ROUND)).to_bits();
    SimdFloat::from_bits((bits + T::BIAS) << T::MANTISSA)
}

/// x, but within the bounds; not-a-number stays.
#[inline(always)]
fn clamp<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V, low: T, high: T) -> V {
    let (low, high) = (V::splat(simd, low), V::splat(simd, high));
    x.simd_lt(low).select(low, x.simd_gt(high).select(high, x))
}

/// eˣ.
///
/// −∞ ↦ 0, ∞ ↦ ∞.
#[inline(always)]
pub fn exp<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> V {
    let splat = |c: T| V::splat(simd, c);
    let Reduced { n, r, c } = reduce(simd, clamp(simd, x, T::EXP_RANGE.0, T::EXP_RANGE.1));
    let tail = (r * r).mul_add(polynomial(simd, T::EXP, r), c);
    let e = (r + tail) + splat(T::ONE);
    // Two factors: 2ⁿ itself may lie above or below the normal numbers.
    let half = n.mul_add(splat(T::HALF), splat(T::ROUND)) - splat(T::ROUND);
    e * power_of_two(simd, half) * power_of_two(simd, n - half)
}

/// eˣ − 1 as a sum of two, the second small beside the first, times `unit`; for x in the range of
/// normal results. `unit` is a power of two.
///
/// With s = `unit` · 2ⁿ: (s − `unit`) + s r is added first; what that addition rounds off goes to the
/// second part. (|s − `unit`| ≥ |s r| or s − `unit` = 0, so Dekker's fast two-sum is exact.)
#[inline(always)]
fn expm1_parts<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V, unit: T) -> (V, V) {
    let unit = V::splat(simd, unit);
    let Reduced { n, r, c } = reduce(simd, x);
    let tail = (r * r).mul_add(polynomial(simd, T::EXP, r), c);
    let s = power_of_two(simd, n - V::splat(simd, T::ONE)) * (unit + unit);
    let (large, small) = (s - unit, s * r);
    let sum = large + small;
    (sum, s.mul_add(tail, small - (sum - large)))
}

/// eˣ − 1, accurate near 0.
///
/// ±0 ↦ ±0, −∞ ↦ −1, ∞ ↦ ∞.
#[inline(always)]
pub fn expm1<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> V {
    // Half the result, so that 2ⁿ stays finite up to the end of the range.
    let bounded = clamp(simd, x, T::EXPM1_MIN, T::EXP_RANGE.1);
    let (sum, rest) = expm1_parts(simd, bounded, T::HALF);
    let half = sum + rest;
    x.abs().simd_lt(V::splat(simd, T::TINY)).select(x, half + half)
}

/// tanh x = (e²ˣ − 1) / (e²ˣ + 1), at |x|, with the sign of x.
///
/// ±0 ↦ ±0, ±∞ ↦ ±1.
#[inline(always)]
pub fn tanh<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> V {
    let splat = |c: T| V::splat(simd, c);
    let size = x.abs();
    let size = size.simd_gt(splat(T::TANH_MAX)).select(splat(T::TANH_MAX), size);
    let (sum, rest) = expm1_parts(simd, size + size, T::ONE);
    let numerator = sum + rest;
    let quotient = numerator / (numerator + splat(T::TWO));
    quotient.copysign(x)
}

/// The logistic function 1 / (1 + e⁻ˣ), for negative x as eˣ / (1 + eˣ).
///
/// −∞ ↦ 0, ∞ ↦ 1.
#[inline(always)]
pub fn sigmoid<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> V {
    let one = V::splat(simd, T::ONE);
    let e = exp(simd, -x.abs());
    x.simd_lt(V::splat(simd, T::ZERO)).select(e, one) / (one + e)
}
