//! The bounds of elementwise ops: the greatest slope between the values that the inputs may have.

use std::f64::consts::{FRAC_2_SQRT_PI, LOG2_E, LOG10_E};

use chainrule_graph::Tensor;
use chainrule_graph::ops::Elementwise;
use chainrule_graph::ops::Elementwise::*;
use chainrule_graph::ops::Exponent;
use chainrule_graph::ops::signature::Operands;
use chainrule_graph::ops::signature::RoundingClass::{Decision, Exact, Function, Nearest};

use super::{Enclosed, Rounding, apart, times};
use crate::error::ExecError;
use crate::reference::elementwise::{evaluate, truth};
use crate::reference::gamma::polygamma;

pub(super) fn bound(
    op: Elementwise,
    y: &Tensor,
    inputs: &[&Enclosed],
    rounding: &Rounding,
) -> Result<(Tensor, Tensor), ExecError> {
    let (mut bounds, mut undecided) = (Tensor::zeros(y.shape()), Tensor::zeros(y.shape()));
    let mut x = vec![Element::default(); inputs.len()];
    for (index, &y) in y.data().iter().enumerate() {
        for (element, input) in x.iter_mut().zip(inputs) {
            *element = Element {
                value: input.value.data()[index],
                bound: input.bound.data()[index],
                undecided: input.undecided.data()[index] != 0.0,
            };
        }
        bounds.data_mut()[index] = if y.is_finite() { finite(op, y, &x, rounding) } else { not_finite(op, y, &x)? };
        undecided.data_mut()[index] = truth(is_undecided(op, &x));
    }
    Ok((bounds, undecided))
}

/// An element of an input.
#[derive(Clone, Copy, Debug, Default)]
struct Element {
    value: f64,
    bound: f64,
    undecided: bool,
}

impl Element {
    /// The least value it may have.
    fn low(self) -> f64 {
        self.value - self.bound
    }

    /// The greatest value it may have.
    fn high(self) -> f64 {
        self.value + self.bound
    }

    /// The least magnitude it may have, with the sign of the value.
    fn nearest_to_zero(self) -> f64 {
        self.value.signum() * (self.value.abs() - self.bound).max(0.0)
    }

    fn may_be_zero(self) -> bool {
        self.value.abs() <= self.bound
    }
}

/// The branch that `where` takes.
fn selected(x: &[Element]) -> Element {
    if x[0].value != 0.0 { x[1] } else { x[2] }
}

fn is_undecided(op: Elementwise, x: &[Element]) -> bool {
    let any = x.iter().any(|x| x.undecided);
    let signature = op.signature();
    match (signature.rounding, x) {
        // What is compared with nothing else is compared with 0.
        (Decision, [x]) => any || !apart((x.value, x.bound), (0.0, 0.0)),
        (Decision, [a, b, ..]) => any || !apart((a.value, a.bound), (b.value, b.bound)),
        (Exact, [condition, ..]) if signature.operands == Operands::Selection => {
            condition.undecided || selected(x).undecided
        }
        (Decision | Exact | Nearest | Function, _) => any,
    }
}

/// An infinite result, or NaN, is sure if it is the same wherever the inputs may be.
fn not_finite(op: Elementwise, y: f64, x: &[Element]) -> Result<f64, ExecError> {
    if op == Where {
        return Ok(selected(x).bound);
    }
    for corner in 0..1usize << x.len() {
        let moved = x.iter().enumerate().map(|(k, x)| if corner >> k & 1 == 0 { x.low() } else { x.high() });
        let moved: Vec<Tensor> = moved.map(Tensor::scalar).collect();
        let there = evaluate(op, &moved.iter().collect::<Vec<_>>())?.item();
        if there != y && !(there.is_nan() && y.is_nan()) {
            return Ok(f64::INFINITY);
        }
    }
    Ok(if x.iter().all(|x| x.bound.is_finite()) { 0.0 } else { f64::INFINITY })
}

/// The bound of a finite result.
fn finite(op: Elementwise, y: f64, x: &[Element], rounding: &Rounding) -> f64 {
    let unit = rounding.unit_roundoff;
    let function = rounding.of_function();
    let a = x[0];
    let pair = || (a, x[1]);
    // The bound of a function of a with its greatest slope, and the error of its own.
    let along = |slope: f64, relative: f64| {
        let propagated = times(slope, a.bound);
        if y == 0.0 && propagated == 0.0 && a.value == 0.0 { 0.0 } else { rounding.rounded(y, propagated, relative) }
    };
    match op {
        Neg | Abs | StopGradient => a.bound,
        ToReal => rounding.of_conversion(y),
        // Outcomes of comparisons are exact, or undecided.
        Sign | Less | LessEqual | Equal | NotEqual => 0.0,
        Floor => (a.high().floor() - y).max(y - a.low().floor()),
        Round => (a.high().round_ties_even() - y).max(y - a.low().round_ties_even()),
        Where => selected(x).bound,
        Exp | Expm1 => along(a.high().exp(), function),
        Log => along(1.0 / a.low().max(0.0), function),
        Log1p => along(1.0 / (1.0 + a.low()).max(0.0), function),
        Log2 => along(LOG2_E / a.low().max(0.0), function),
        Log10 => along(LOG10_E / a.low().max(0.0), function),
        Lgamma => along(polygamma_slope(a, 0), function),
        Polygamma(n) => along(polygamma_slope(a, n.saturating_add(1)), function),
        Sqrt => along(0.5 / a.low().max(0.0).sqrt(), unit),
        Rsqrt => along(0.5 * a.low().max(0.0).powf(-1.5), function),
        Sin => along((a.value.cos().abs() + a.bound).min(1.0), function),
        Cos => along((a.value.sin().abs() + a.bound).min(1.0), function),
        Atan => along(1.0 / (1.0 + a.nearest_to_zero().powi(2)), function),
        Tanh => along(a.nearest_to_zero().cosh().powi(-2), function),
        // σ′(x) = 1/(4 cosh² x/2)
        Sigmoid => along(0.25 * (0.5 * a.nearest_to_zero()).cosh().powi(-2), function),
        Softplus => along(1.0 / (1.0 + (-a.high()).exp()), function),
        Erf => along(FRAC_2_SQRT_PI * (-a.nearest_to_zero().powi(2)).exp(), function),
        // A square is one product, another whole power may be several.
        Power(Exponent(2.0)) => along(2.0 * a.value.abs() + a.bound, unit),
        Power(Exponent(n)) => along(power_slope(a, n), function.max(n.abs() * unit)),
        Add | Sub => match pair() {
            // Nothing is rounded where nothing is added.
            (_, Element { value: 0.0, bound: 0.0, .. }) => a.bound,
            (Element { value: 0.0, bound: 0.0, .. }, b) => b.bound,
            (_, b) => rounding.rounded(y, a.bound + b.bound, unit),
        },
        // 0 times anything, and 0 over anything, is 0; another value may turn out to be 0.
        StrongMul | StrongDiv if a.value == 0.0 && a.bound == 0.0 => 0.0,
        StrongMul if !x[1].value.is_finite() => f64::INFINITY,
        Mul | StrongMul => {
            let (a, b) = pair();
            let propagated = times(a.value, b.bound) + times(b.value, a.bound) + times(a.bound, b.bound);
            product(y, propagated, [a, b], rounding)
        }
        Div | StrongDiv => match pair() {
            (_, b) if b.may_be_zero() && a.bound + b.bound > 0.0 => f64::INFINITY,
            (_, b) => product(y, (a.bound + times(y, b.bound)) / (b.value.abs() - b.bound), [a, b], rounding),
        },
        Pow => rounding.rounded(y, pow_error(y, a, x[1]), function),
        Max | Min => {
            let (a, b) = pair();
            let (taken, other) = if y == a.value { (a, b) } else { (b, a) };
            let sure = taken.value != other.value && apart((a.value, a.bound), (b.value, b.bound));
            if sure { taken.bound } else { a.bound.max(b.bound) }
        }
    }
}

/// The bound of a product or quotient y of two values, exactly 0 if one of them is.
fn product(y: f64, propagated: f64, x: [Element; 2], rounding: &Rounding) -> f64 {
    let nothing = x.iter().any(|x| x.value == 0.0 && x.bound == 0.0) && propagated == 0.0;
    if nothing { 0.0 } else { rounding.rounded(y, propagated, rounding.unit_roundoff) }
}

/// The greatest |n xⁿ⁻¹| over the values x may have.
fn power_slope(x: Element, n: f64) -> f64 {
    let leaves_domain = n.fract() != 0.0 && x.low() < 0.0;
    if n == 0.0 {
        0.0
    } else if leaves_domain {
        f64::INFINITY
    } else if n >= 1.0 {
        n * (x.value.abs() + x.bound).powf(n - 1.0)
    } else {
        n.abs() * x.nearest_to_zero().abs().powf(n - 1.0)
    }
}

/// The greatest |ψ⁽ⁿ⁾(x)| over the values x may have. Between two poles it is monotone, or least somewhere within.
fn polygamma_slope(x: Element, n: u32) -> f64 {
    let meets_pole =
        x.low() <= 0.0 && x.low().floor() != x.high().floor() || x.low() == x.low().floor() && x.low() <= 0.0;
    if meets_pole { f64::INFINITY } else { polygamma(n, x.low()).abs().max(polygamma(n, x.high()).abs()) }
}

/// How far a^b may move: ln y = b ln a, so the relative error is e^(|b| δ(ln a) + |ln a| δb) − 1.
fn pow_error(y: f64, a: Element, b: Element) -> f64 {
    if a.bound == 0.0 && b.bound == 0.0 {
        0.0
    } else if a.may_be_zero() {
        // Near 0 a whole power is small; all else is unbounded.
        let whole = b.bound == 0.0 && b.value.fract() == 0.0 && b.value >= 0.0;
        if whole { (a.value.abs() + a.bound).powf(b.value) + y.abs() } else { f64::INFINITY }
    } else if a.value < 0.0 && b.bound > 0.0 {
        f64::INFINITY
    } else {
        let log = a.value.abs().ln();
        let by_base = times(b.value.abs() + b.bound, -(-a.bound / a.value.abs()).ln_1p());
        y.abs() * (by_base + times(log, b.bound)).exp_m1()
    }
}
