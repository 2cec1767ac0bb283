//! The vector functions, and for each the value that is right, as a table.

pub mod double_double;

use chainrule_kernels::{Level, dispatch, math, vector::map};
use double_double::DoubleDouble;

/// One function in both precisions: evaluated at a level, and exactly.
pub struct Function {
    pub name: &'static str,
    pub in_f32: fn(Level, &[f32], &mut [f32]),
    pub in_f64: fn(Level, &[f64], &mut [f64]),
    /// Correctly rounded, or as good as.
    pub exact: fn(f64) -> f64,
    /// Within a few units in the last place of f64: as good as exact where an f32 is judged, and quick enough for all 2³².
    near: Option<fn(f64) -> f64>,
}

impl Function {
    /// The right value, as good as an f32 needs.
    pub fn near_or_exact(&self) -> fn(f64) -> f64 {
        self.near.unwrap_or(self.exact)
    }
}

macro_rules! functions {
    ($($name:ident = $exact:expr, $near:expr;)*) => {
        &[$(Function {
            name: stringify!($name),
            in_f32: |level, x, y| dispatch!(level, simd => map(simd, x, y, #[inline(always)] |x| math::$name(simd, x))),
            in_f64: |level, x, y| dispatch!(level, simd => map(simd, x, y, #[inline(always)] |x| math::$name(simd, x))),
            exact: $exact,
            near: $near,
        }),*]
    };
}

pub const FUNCTIONS: &[Function] = functions! {
    exp = core_math::exp, None;
    expm1 = core_math::expm1, None;
    log = core_math::log, None;
    log1p = core_math::log1p, None;
    tanh = core_math::tanh, None;
    sigmoid = sigmoid, Some(near_sigmoid);
    softplus = softplus, Some(near_softplus);
    erf = core_math::erf, None;
    sqrt = f64::sqrt, None;
    rsqrt = core_math::rsqrt, None;
};

/// e^min(x, 0) / (1 + e^-|x|): three roundings.
fn near_sigmoid(x: f64) -> f64 {
    core_math::exp(x.min(0.0)) / (1.0 + core_math::exp(-x.abs()))
}

/// max(x, 0) + ln(1 + e^-|x|): three roundings, all of positive terms.
fn near_softplus(x: f64) -> f64 {
    x.max(0.0) + core_math::log1p(core_math::exp(-x.abs()))
}

fn sigmoid(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    let e = DoubleDouble::exp(-x.abs());
    let numerator = if x < 0.0 { e } else { DoubleDouble::ONE };
    // A subnormal e is not a double-double; there the result is e itself.
    if x < -700.0 { core_math::exp(x) } else { (numerator / (DoubleDouble::ONE + e)).to_f64() }
}

fn softplus(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x < -40.0 {
        // ln(1 + e) = e (1 − e/2 + …), and e < 2⁻⁵⁷
        return core_math::exp(x);
    }
    let e = DoubleDouble::exp(-x.abs());
    // One Newton step on e^y = 1 + e doubles the digits of the start.
    let start = core_math::log1p(e.to_f64());
    let residual = (DoubleDouble::ONE + e) * DoubleDouble::exp(-start) - DoubleDouble::ONE;
    let log = DoubleDouble::from(start) + residual;
    (log + DoubleDouble::from(x.max(0.0))).to_f64()
}
