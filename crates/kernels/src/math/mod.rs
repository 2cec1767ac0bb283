//! Elementary functions on vectors, without branches: at most 2 ulp from the exact value in f32 and
//! 4 ulp in f64, with and without fused multiply-add, subnormals and the ends of the range included.
//!
//! A function of a vector ([`exp`], [`tanh`], …) treats each lane alone, so a value gets the same
//! bits in any lane. For one value take [`one`](crate::float::one), for slices
//! [`map`](crate::vector::map):
//!
//! ```
//! use chainrule_kernels::{Level, dispatch, math, vector};
//!
//! let x = [0.0, -1.0, f64::INFINITY];
//! let mut y = [0.0; 3];
//! dispatch!(Level::best(), simd => vector::map(simd, &x, &mut y, #[inline(always)] |x| math::tanh(simd, x)));
//! assert_eq!(y, [0.0, -0.7615941559557649, 1.0]);
//! ```

mod erf;
mod exponential;
mod logarithm;
mod root;

pub use erf::erf;
pub use exponential::{exp, expm1, sigmoid, tanh};
pub use logarithm::{log, log1p, softplus};
pub use root::{rsqrt, sqrt};

use crate::float::Float;
use fearless_simd::prelude::*;

/// `Σ cᵢ xⁱ` for at least two coefficients, as two interleaved chains: the even and the odd powers.
#[inline(always)]
fn polynomial<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, c: &[T], x: V) -> V {
    let top = c.len() - 1;
    let square = x * x;
    let (first, second) = (every_other(simd, &c[..=top], square), every_other(simd, &c[..top], square));
    if top.is_multiple_of(2) { second.mul_add(x, first) } else { first.mul_add(x, second) }
}

/// The last of the coefficients and every other before it, the last at the highest power of x.
#[inline(always)]
fn every_other<S: Simd, T: Float, V: SimdFloat<S, Element = T>>(simd: S, c: &[T], x: V) -> V {
    let mut i = c.len() - 1;
    let mut sum = V::splat(simd, c[i]);
    while i >= 2 {
        i -= 2;
        sum = sum.mul_add(x, V::splat(simd, c[i]));
    }
    sum
}
