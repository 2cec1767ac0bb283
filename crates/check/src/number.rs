//! Numbers as people read them.

/// All digits, with an exponent where the number is very large or small.
pub(crate) fn number(x: f64) -> String {
    if x == 0.0 || (1e-4..1e7).contains(&x.abs()) || !x.is_finite() { format!("{x}") } else { format!("{x:e}") }
}

/// An error, to two digits.
pub(crate) fn error(x: f64) -> String {
    if x == 0.0 { "0".into() } else { format!("{x:.1e}") }
}
