//! Elementwise ops. A NaN passes through all of them but comparisons, and `where` if it is not selected.

use chainrule_graph::Tensor;
use chainrule_graph::ops::Elementwise;
use chainrule_graph::ops::Elementwise::*;
use chainrule_graph::ops::Exponent;

use super::exactly;
use super::gamma::polygamma;
use crate::error::ExecError;

/// An op on tensors of one shape.
pub(crate) fn evaluate(op: Elementwise, inputs: &[&Tensor]) -> Result<Tensor, ExecError> {
    with_formula(op, OnTensors(inputs))
}

/// What is done with the formula of an op. It is told once which formula that is, and so can use it in a loop.
pub(crate) trait FormulaUse {
    type Output;
    fn unary(self, f: impl Fn(f64) -> f64) -> Self::Output;
    fn binary(self, f: impl Fn(f64, f64) -> f64) -> Self::Output;
    fn ternary(self, f: impl Fn(f64, f64, f64) -> f64) -> Self::Output;
}

/// Hands out the formula of an op: an element of the result from the elements of the operands.
pub(crate) fn with_formula<U: FormulaUse>(op: Elementwise, to: U) -> U::Output {
    match op {
        Neg => to.unary(|a| -a),
        Exp => to.unary(f64::exp),
        Expm1 => to.unary(f64::exp_m1),
        Log => to.unary(f64::ln),
        Log1p => to.unary(f64::ln_1p),
        Log2 => to.unary(f64::log2),
        Log10 => to.unary(f64::log10),
        Lgamma => to.unary(libm::lgamma),
        Polygamma(n) => to.unary(|a| polygamma(n, a)),
        Sqrt => to.unary(f64::sqrt),
        Rsqrt => to.unary(|a| 1.0 / a.sqrt()),
        Sin => to.unary(f64::sin),
        Cos => to.unary(f64::cos),
        Atan => to.unary(f64::atan),
        Tanh => to.unary(f64::tanh),
        Sigmoid => to.unary(sigmoid),
        Softplus => to.unary(softplus),
        Erf => to.unary(libm::erf),
        Abs => to.unary(f64::abs),
        Sign => to.unary(sign),
        Floor => to.unary(f64::floor),
        Round => to.unary(f64::round_ties_even),
        Power(Exponent(n)) => to.unary(|a| power(a, n)),
        ToReal | StopGradient => to.unary(|a| a),
        Add => to.binary(|a, b| a + b),
        Sub => to.binary(|a, b| a - b),
        Mul => to.binary(|a, b| a * b),
        Div => to.binary(|a, b| a / b),
        StrongMul => to.binary(|a, b| strong(a, a * b)),
        StrongDiv => to.binary(|a, b| strong(a, a / b)),
        Pow => to.binary(f64::powf),
        Max => to.binary(greater),
        Min => to.binary(lesser),
        Less => to.binary(|a, b| truth(a < b)),
        LessEqual => to.binary(|a, b| truth(a <= b)),
        Equal => to.binary(|a, b| truth(a == b)),
        NotEqual => to.binary(|a, b| truth(a != b)),
        Where => to.ternary(|condition, a, b| if condition != 0.0 { a } else { b }),
    }
}

/// A formula over all elements of tensors of one shape.
struct OnTensors<'a>(&'a [&'a Tensor]);

impl FormulaUse for OnTensors<'_> {
    type Output = Result<Tensor, ExecError>;

    fn unary(self, f: impl Fn(f64) -> f64) -> Result<Tensor, ExecError> {
        let [x] = exactly(self.0)?;
        let a = x.data();
        Ok(Tensor::from_fn(x.shape(), |i| f(a[i])))
    }

    fn binary(self, f: impl Fn(f64, f64) -> f64) -> Result<Tensor, ExecError> {
        let [x, y] = exactly(self.0)?;
        let (a, b) = (x.data(), y.data());
        Ok(Tensor::from_fn(x.shape(), |i| f(a[i], b[i])))
    }

    fn ternary(self, f: impl Fn(f64, f64, f64) -> f64) -> Result<Tensor, ExecError> {
        let [x, y, z] = exactly(self.0)?;
        let (a, b, c) = (x.data(), y.data(), z.data());
        Ok(Tensor::from_fn(x.shape(), |i| f(a[i], b[i], c[i])))
    }
}

/// 1 or 0.
pub(crate) fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

/// 0 where a is 0, whatever was made of it.
fn strong(a: f64, result: f64) -> f64 {
    if a == 0.0 { 0.0 } else { result }
}

/// 1/(1 + e⁻ˣ), from the exponential that does not overflow.
fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// ln (1 + eˣ) = max(x, 0) + ln (1 + e^−|x|)
fn softplus(x: f64) -> f64 {
    greater(x, 0.0) + (-x.abs()).exp().ln_1p()
}

/// −1, 0 or 1; NaN of NaN.
fn sign(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x
    }
}

/// xⁿ, correctly rounded where one operation does it.
fn power(x: f64, n: f64) -> f64 {
    match n {
        2.0 => x * x,
        -1.0 => 1.0 / x,
        _ => x.powf(n),
    }
}

/// The greater; of equals the first; NaN if either is.
pub(crate) fn greater(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() { a } else { b }
}

/// The lesser; of equals the first; NaN if either is.
pub(crate) fn lesser(a: f64, b: f64) -> f64 {
    if a <= b || a.is_nan() { a } else { b }
}
