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
    let n = x.mul_add(V::splat(simd, T::LOG2_E), V::splat(simd, T::ROUND)) - V::splat(simd, T::ROUND);
    let high = n.mul_add(V::splat(simd, -T::LN2.0), x);
    let low = n * V::splat(simd, T::LN2.1);
    let r = high - low;
    Reduced { n, r, c: (high - r) - low }
}

/// 2ⁿ for an integer n with a normal result; for n far outside, or NaN, the result is unspecified.
#[inline(always)]
fn power_of_two<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, n: V) -> V {
    let bits = (n + V::splat(simd, T::ROUND)).to_bits();
    SimdFloat::from_bits((bits + T::BIAS) << T::MANTISSA)
}

/// x, but within the bounds; NaN stays.
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
    let x = clamp(simd, x, T::EXP_RANGE.0, T::EXP_RANGE.1);
    let round = V::splat(simd, T::ROUND);
    // n in the low bits, and a number near its half: 2ⁿ itself may lie above or below the normal numbers.
    let (whole, half) =
        (x.mul_add(V::splat(simd, T::LOG2_E), round), x.mul_add(V::splat(simd, T::LOG2_E * T::HALF), round));
    let n = whole - round;
    let r = n.mul_add(V::splat(simd, -T::LN2.1), n.mul_add(V::splat(simd, -T::LN2.0), x));
    let e = (r * r).mul_add(polynomial(simd, T::EXP, r), r) + V::splat(simd, T::ONE);
    let (whole, half) = (whole.to_bits(), half.to_bits());
    let first: V = SimdFloat::from_bits((half + T::BIAS) << T::MANTISSA);
    let second: V = SimdFloat::from_bits((whole - half + T::BIAS) << T::MANTISSA);
    e * first * second
}

/// 1 − 2ˣ for x from −100 to 0, with an error of a few units in the last place of 2ˣ.
#[inline(always)]
pub(super) fn one_minus_exp2<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> V {
    let (one, round) = (V::splat(simd, T::ONE), V::splat(simd, T::ROUND));
    let whole = x + round;
    let r = x - (whole - round);
    let e = r.mul_add(polynomial(simd, T::EXP2, r), one);
    let power: V = SimdFloat::from_bits((whole.to_bits() + T::BIAS) << T::MANTISSA);
    (-e).mul_add(power, one)
}

/// eˣ rounded, and what rounding has lost.
#[inline(always)]
fn exp_parts<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> (V, V) {
    let Reduced { n, r, c } = reduce(simd, clamp(simd, x, T::EXP_RANGE.0, T::EXP_RANGE.1));
    let tail = (r * r).mul_add(polynomial(simd, T::EXP, r), c);
    // 1 + r rounded, what that lost, and the tail, which is small beside it.
    let one = V::splat(simd, T::ONE);
    let sum = r + one;
    let rest = ((one - sum) + r) + tail;
    let e = sum + rest;
    let lost = rest - (e - sum);
    // Two factors: 2ⁿ itself may lie above or below the normal numbers.
    let half = n.mul_add(V::splat(simd, T::HALF), V::splat(simd, T::ROUND)) - V::splat(simd, T::ROUND);
    let (first, second) = (power_of_two(simd, half), power_of_two(simd, n - half));
    (e * first * second, lost * first * second)
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
    let size = x.abs();
    let size = size.simd_gt(V::splat(simd, T::TANH_MAX)).select(V::splat(simd, T::TANH_MAX), size);
    let (sum, rest) = expm1_parts(simd, size + size, T::ONE);
    // m and d, with what rounding them has lost (exactly, where it counts), and q = m / d.
    let m = sum + rest;
    let lost_m = rest - (m - sum);
    let d = m + V::splat(simd, T::TWO);
    let two = d - m;
    let lost_d = ((m - (d - two)) + (V::splat(simd, T::TWO) - two)) + lost_m;
    let q = m / d;
    // (m + δ) / (d + ε) ≈ q + (δ − q ε) / d, and 1 / d = (1 − q) / 2.
    let inverse = q.mul_add(V::splat(simd, -T::HALF), V::splat(simd, T::HALF));
    let correction = q.mul_add(-lost_d, lost_m);
    correction.mul_add(inverse, q).copysign(x)
}

/// The logistic function 1 / (1 + e⁻ˣ), for negative x as eˣ / (1 + eˣ).
///
/// −∞ ↦ 0, ∞ ↦ 1.
#[inline(always)]
pub fn sigmoid<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> V {
    let (zero, one) = (V::splat(simd, T::ZERO), V::splat(simd, T::ONE));
    let (e, lost_e) = exp_parts(simd, -x.abs());
    // As in tanh: n / d, with what rounding n and d has lost.
    let negative = x.simd_lt(zero);
    let (n, lost_n) = (negative.select(e, one), negative.select(lost_e, zero));
    let d = one + e;
    let lost_d = (e - (d - one)) + lost_e;
    let q = n / d;
    // 1 / d is q itself, or 1 − q.
    let inverse = negative.select(one - q, q);
    q.mul_add(-lost_d, lost_n).mul_add(inverse, q)
}
