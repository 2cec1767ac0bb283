//! Elementwise ops. A NaN passes through all of them but comparisons, and `where` if it is not selected.

use chainrule_graph::Tensor;
use chainrule_graph::ops::Elementwise;
use chainrule_graph::ops::Elementwise::*;
use chainrule_graph::ops::elementwise::Exponent;

use super::exactly;
use crate::error::ExecError;

pub(crate) fn evaluate(op: Elementwise, inputs: &[&Tensor]) -> Result<Tensor, ExecError> {
    match op {
        Neg => unary(inputs, |x| -x),
        Exp => unary(inputs, f64::exp),
        Expm1 => unary(inputs, f64::exp_m1),
        Log => unary(inputs, f64::ln),
        Log1p => unary(inputs, f64::ln_1p),
        Sqrt => unary(inputs, f64::sqrt),
        Rsqrt => unary(inputs, |x| 1.0 / x.sqrt()),
        Sin => unary(inputs, f64::sin),
        Cos => unary(inputs, f64::cos),
        Tanh => unary(inputs, f64::tanh),
        Sigmoid => unary(inputs, sigmoid),
        Softplus => unary(inputs, softplus),
        Erf => unary(inputs, libm::erf),
        Abs => unary(inputs, f64::abs),
        Sign => unary(inputs, sign),
        Power(Exponent(n)) => unary(inputs, |x| power(x, n)),
        ToReal | StopGradient => unary(inputs, |x| x),
        Add => binary(inputs, |a, b| a + b),
        Sub => binary(inputs, |a, b| a - b),
        Mul => binary(inputs, |a, b| a * b),
        Div => binary(inputs, |a, b| a / b),
        Pow => binary(inputs, f64::powf),
        Max => binary(inputs, greater),
        Min => binary(inputs, lesser),
        Less => binary(inputs, |a, b| truth(a < b)),
        LessEqual => binary(inputs, |a, b| truth(a <= b)),
        Equal => binary(inputs, |a, b| truth(a == b)),
        NotEqual => binary(inputs, |a, b| truth(a != b)),
        Where => {
            let [condition, a, b] = exactly(inputs)?;
            let (condition, a, b) = (condition.data(), a.data(), b.data());
            Ok(Tensor::from_fn(inputs[0].shape(), |i| if condition[i] != 0.0 { a[i] } else { b[i] }))
        }
    }
}

fn unary(inputs: &[&Tensor], f: impl Fn(f64) -> f64) -> Result<Tensor, ExecError> {
    let [x] = exactly(inputs)?;
    Ok(Tensor::from_fn(x.shape(), |i| f(x.data()[i])))
}

fn binary(inputs: &[&Tensor], f: impl Fn(f64, f64) -> f64) -> Result<Tensor, ExecError> {
    let [a, b] = exactly(inputs)?;
    Ok(Tensor::from_fn(a.shape(), |i| f(a.data()[i], b.data()[i])))
}

/// 1 or 0.
pub(crate) fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
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
