//! The exponent of a power, as an op's attribute.

use std::hash::{Hash, Hasher};

/// A constant exponent; equal if its bits are.
#[derive(Clone, Copy, Debug)]
pub struct Exponent(pub f64);

impl PartialEq for Exponent {
    fn eq(&self, other: &Exponent) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Exponent {}

impl Hash for Exponent {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}
