//! Numbers as messages show them.

/// All digits, with an exponent where the number is very large or small.
pub fn number(x: f64) -> String {
    if x == 0.0 || (1e-4..1e7).contains(&x.abs()) || !x.is_finite() { format!("{x}") } else { format!("{x:e}") }
}
