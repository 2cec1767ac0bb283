//! The derivatives of ln Γ: ψ and its own.

use std::f64::consts::PI;

/// The zero of ψ above 0, as a number and what is missing of it.
const ZERO: (f64, f64) = (1.461_632_144_968_362_3, 9.549_995_429_965_697e-17);

/// ψ⁽ᵏ⁾/k! at its zero, from k = 1.
const NEAR_ZERO: [f64; 25] = [
    0.9676722454476212,
    -0.4427631689835921,
    0.258499760955651,
    -0.16394270544240652,
    0.10782405069126237,
    -0.07219956125645471,
    0.04880428816414311,
    -0.03316112647484736,
    0.022597648232218104,
    -0.01542476590494896,
    0.010538791616612175,
    -0.007204534386356869,
    0.004926781395729853,
    -0.003369801655439328,
    0.002305126326734928,
    -0.0015769367714301972,
    0.0010788252019162967,
    -0.0007380709389960052,
    0.000504953265834602,
    -0.0003454680251063077,
    0.00023635601564027053,
    -0.00016170622091974803,
    0.0001106337276874741,
    -7.569179582195066e-05,
    5.178575795222081e-05,
];

/// The Bernoulli numbers B₂, B₄, …
const BERNOULLI: [f64; 10] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
    -3617.0 / 510.0,
    43867.0 / 798.0,
    -174611.0 / 330.0,
];

/// The (n + 1)-th derivative of ln Γ. At a pole it is infinite where both sides go the same way, at 0 as it is from the side
/// of the sign; else NaN.
pub(crate) fn polygamma(n: u32, x: f64) -> f64 {
    if x < 0.0 {
        return below_zero(n, x);
    }
    match n {
        0 if (x - ZERO.0).abs() < 0.3 => {
            let away = (x - ZERO.0) - ZERO.1;
            NEAR_ZERO.iter().rev().fold(0.0, |sum, coefficient| (sum + coefficient) * away)
        }
        0 => digamma(x),
        n => {
            let sign = if n.is_multiple_of(2) { -1.0 } else { 1.0 };
            sign * (1..=n).map(f64::from).product::<f64>() * zeta(n + 1, x)
        }
    }
}

/// ψ(x) = ψ(x + 1) − 1/x up to where Stirling's series holds: ln x − 1/(2x) − Σ B₂ⱼ/(2j x²ʲ).
fn digamma(x: f64) -> f64 {
    if x == 0.0 {
        return -1.0 / x;
    }
    let (mut x, mut steps) = (x, 0.0);
    while x < 10.0 {
        steps += 1.0 / x;
        x += 1.0;
    }
    let inverse_square = 1.0 / (x * x);
    let (mut power, mut series) = (1.0, 0.0);
    for (j, bernoulli) in BERNOULLI.iter().enumerate() {
        power *= inverse_square;
        series += bernoulli / (2 * (j + 1)) as f64 * power;
    }
    x.ln() - 0.5 / x - series - steps
}

/// Σₖ (x + k)⁻ˢ for x ≥ 0 and s ≥ 2: the first terms, and for the others the formula of Euler and Maclaurin.
fn zeta(s: u32, x: f64) -> f64 {
    let s = f64::from(s);
    let (mut x, mut sum) = (x, 0.0);
    while x < 12.0 + s {
        sum += x.powf(-s);
        x += 1.0;
    }
    // x¹⁻ˢ/(s − 1) + x⁻ˢ/2 + Σⱼ B₂ⱼ/(2j)! s (s + 1) … (s + 2j − 2) x⁻ˢ⁻²ʲ⁺¹
    let mut term = s * x.powf(-s - 1.0) / 2.0;
    let mut rest = x.powf(1.0 - s) / (s - 1.0) + 0.5 * x.powf(-s);
    for (j, bernoulli) in BERNOULLI.iter().enumerate() {
        rest += bernoulli * term;
        let two_j = (2 * (j + 1)) as f64;
        term *= (s + two_j - 1.0) * (s + two_j) / ((two_j + 1.0) * (two_j + 2.0)) / (x * x);
    }
    sum + rest
}

/// ψ⁽ⁿ⁾(x) = (−1)ⁿ ψ⁽ⁿ⁾(1 − x) − π dⁿ/dxⁿ cot πx. The derivatives of the cotangent c are polynomials of it: c′ = −(1 + c²).
fn below_zero(n: u32, x: f64) -> f64 {
    let away = x - x.round_ties_even();
    if away == 0.0 {
        return if n.is_multiple_of(2) { f64::NAN } else { f64::INFINITY };
    }
    let mut polynomial = vec![0.0, 1.0];
    for _ in 0..n {
        let mut next = vec![0.0; polynomial.len() + 1];
        for (power, coefficient) in polynomial.iter().enumerate().skip(1) {
            let slope = -(power as f64) * coefficient;
            next[power - 1] += slope;
            next[power + 1] += slope;
        }
        polynomial = next;
    }
    let cotangent = 1.0 / (PI * away).tan();
    let value = polynomial.iter().rev().fold(0.0, |sum, coefficient| sum * cotangent + coefficient);
    let sign = if n.is_multiple_of(2) { 1.0 } else { -1.0 };
    sign * polygamma(n, 1.0 - x) - PI.powi(n as i32 + 1) * value
}
