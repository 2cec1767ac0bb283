//! How far apart two derivatives may be.

use chainrule_graph::Op;

/// The relative error that a derivative may have.
pub const TOLERANCE: f64 = 1e-7;
/// The relative error that the derivative of a custom node may have; the course's bound.
pub const CUSTOM_TOLERANCE: f64 = 1e-5;

/// The rounding error that a sum of contributions may have, relative to the sum of their sizes.
pub(crate) const SUM_ROUNDING: f64 = 1e-12;

/// Noise is itself an estimate: what it explains is right, and what is wrong exceeds it by this factor.
pub(crate) const DOUBT: f64 = 30.0;

/// The relative error that the rule of an op may have.
pub(crate) fn tolerance(op: &Op) -> f64 {
    match op {
        Op::Custom(_) => CUSTOM_TOLERANCE,
        _ => TOLERANCE,
    }
}
