//! ln x and what is made of it.
//!
//! x = 2ᵏ (1 + f) with 1 + f between √½ and √2. With s = f / (2 + f), ln(1 + f) = 2 artanh s
//! = f − (f²/2 − s (f²/2 + R)), where s R is the series of 2 artanh s beyond its first term: the form
//! of FreeBSD's `e_log.c`, which keeps the large part f exact.

use super::{exp, polynomial};
use crate::float::Float;
use fearless_simd::prelude::*;

/// x = 2ᵏ (1 + f).
struct Split<V> {
    k: V,
    f: V,
}

/// For a positive normal number; for others the result is unspecified.
#[inline(always)]
fn split<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> Split<V> {
    let bits = x.to_bits() + T::ABOVE_ROOT;
    let exponent = (bits >> T::MANTISSA) | V::splat(simd, T::INTEGER).to_bits();
    let k = (V::from_bits(exponent) - V::splat(simd, T::INTEGER)) - V::splat(simd, T::BIAS_FLOAT);
    let m = V::from_bits((bits & T::MANTISSA_MASK) + T::ROOT);
    Split { k, f: m - V::splat(simd, T::ONE) }
}

/// k ln 2 + ln(1 + f + c), c small beside f.
#[inline(always)]
fn assemble<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, Split { k, f }: Split<V>, c: V) -> V {
    let s = f / (f + V::splat(simd, T::TWO));
    let z = s * s;
    let half_square = (f * f) * V::splat(simd, T::HALF);
    let series = z * polynomial(simd, T::LOG, z);
    let low = k.mul_add(V::splat(simd, T::LN2.1), c);
    let correction = half_square - s.mul_add(half_square + series, low);
    k.mul_add(V::splat(simd, T::LN2.0), f - correction)
}

/// ln x.
///
/// ±0 ↦ −∞, ∞ ↦ ∞, negative ↦ NaN.
#[inline(always)]
pub fn log<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> V {
    let (zero, infinity) = (V::splat(simd, T::ZERO), V::splat(simd, T::INFINITY));
    let subnormal = x.simd_lt(V::splat(simd, T::SMALLEST));
    let lifted = subnormal.select(x * V::splat(simd, T::LIFT.1), x);
    let mut parts = split(simd, lifted);
    parts.k -= subnormal.select(V::splat(simd, T::LIFT.0), zero);
    let regular = assemble(simd, parts, zero);
    let negative = x.simd_lt(zero).select(V::splat(simd, T::NAN), x);
    let special = x.simd_eq(zero).select(V::splat(simd, T::NEG_INFINITY), negative);
    (x.simd_gt(zero) & x.simd_lt(infinity)).select(regular, special)
}

/// ln(1 + x), accurate near 0.
///
/// ±0 ↦ ±0, −1 ↦ −∞, ∞ ↦ ∞, below −1 ↦ NaN.
#[inline(always)]
pub fn log1p<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> V {
    let (zero, one) = (V::splat(simd, T::ZERO), V::splat(simd, T::ONE));
    let u = x + one;
    // What the addition lost, over 2ᵏ; nothing beside a large x.
    let lost = x.simd_lt(one).select(x - (u - one), one - (u - x));
    let Split { k, f } = split(simd, u);
    let inverse = (V::splat(simd, T::BIAS_FLOAT) - k) + V::splat(simd, T::INTEGER);
    let inverse = V::from_bits(inverse.to_bits() << T::MANTISSA);
    let c = x.simd_lt(V::splat(simd, T::LIFT.1)).select(lost * inverse, zero);
    let sum = f + c;
    let regular = assemble(simd, Split { k, f: sum }, c - (sum - f));
    let below = x.simd_lt(-one).select(V::splat(simd, T::NAN), x);
    let special = x.simd_eq(-one).select(V::splat(simd, T::NEG_INFINITY), below);
    let in_range = x.simd_gt(-one) & x.simd_lt(V::splat(simd, T::INFINITY));
    (in_range & x.abs().simd_ge(V::splat(simd, T::TINY))).select(regular, special)
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|).
///
/// −∞ ↦ 0, ∞ ↦ ∞.
#[inline(always)]
pub fn softplus<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, x: V) -> V {
    let zero = V::splat(simd, T::ZERO);
    let rest = log1p(simd, exp(simd, -x.abs()));
    x.simd_gt(zero).select(x, zero) + rest
}
