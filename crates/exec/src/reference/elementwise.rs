//! Elementwise ops. A NaN passes through all of them but comparisons, and `where` if it is not selected.

use chainrule_graph::Tensor;
use chainrule_graph::ops::Elementwise;
use chainrule_graph::ops::Elementwise::*;
use chainrule_graph::ops::Exponent;

use super::exactly;
use crate::error::ExecError;

/// An op on tensors of one shape.
pub(crate) fn evaluate(op: Elementwise, inputs: &[&Tensor]) -> Result<Tensor, ExecError> {
    match op.signature().arity() {
        1 => exactly(inputs).map(|x: [_; 1]| over(op, x)),
        2 => exactly(inputs).map(|x: [_; 2]| over(op, x)),
        _ => exactly(inputs).map(|x: [_; 3]| over(op, x)),
    }
}

fn over<const ARITY: usize>(op: Elementwise, inputs: [&Tensor; ARITY]) -> Tensor {
    let mut x = [0.0; 3];
    Tensor::from_fn(inputs[0].shape(), |index| {
        x.iter_mut().zip(inputs).for_each(|(x, input)| *x = input.data()[index]);
        element(op, x)
    })
}

/// An op on one element of each operand, of which it reads as many as it takes.
pub(crate) fn element(op: Elementwise, [a, b, c]: [f64; 3]) -> f64 {
    match op {
        Neg => -a,
        Exp => a.exp(),
        Expm1 => a.exp_m1(),
        Log => a.ln(),
        Log1p => a.ln_1p(),
        Sqrt => a.sqrt(),
        Rsqrt => 1.0 / a.sqrt(),
        Sin => a.sin(),
        Cos => a.cos(),
        Atan => a.atan(),
        Tanh => a.tanh(),
        Sigmoid => sigmoid(a),
        Softplus => softplus(a),
        Erf => libm::erf(a),
        Abs => a.abs(),
        Sign => sign(a),
        Power(Exponent(n)) => power(a, n),
        ToReal | StopGradient => a,
        Add => a + b,
        Sub => a - b,
        Mul => a * b,
        Div => a / b,
        Pow => a.powf(b),
        Max => greater(a, b),
        Min => lesser(a, b),
        Less => truth(a < b),
        LessEqual => truth(a <= b),
        Equal => truth(a == b),
        NotEqual => truth(a != b),
        Where => {
            if a != 0.0 {
                b
            } else {
                c
            }
        }
    }
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
