//! The bound of a sum in any order: |Σ xᵢ − computed| ≤ Σ δxᵢ + (n − 1) u Σ |xᵢ|.

use chainrule_graph::{Shape, Tensor};

use super::{Rounding, times};
use crate::reference::elementwise::truth;

/// What has been added up to one element of a result.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RunningSum {
    /// What the terms' errors come to.
    propagated: f64,
    /// What the terms' magnitudes come to.
    magnitude: f64,
    /// The number of terms.
    terms: usize,
    /// Whether a term is infinite or NaN.
    infinite: bool,
    /// Whether a term is undecided.
    undecided: bool,
}

/// Sums, one for each element of a shape.
pub(super) fn none(shape: &Shape) -> Vec<RunningSum> {
    vec![RunningSum::default(); shape.size()]
}

impl RunningSum {
    /// One more term.
    pub fn add(&mut self, x: f64, bound: f64, undecided: bool) {
        self.propagated += bound;
        self.magnitude += x.abs();
        self.terms += 1;
        self.infinite |= !x.is_finite();
        self.undecided |= undecided;
    }

    /// One more term, the product of two elements with their bounds.
    pub fn add_product(&mut self, (a, bound_a): (f64, f64), (b, bound_b): (f64, f64), undecided: bool) {
        let may_be_zero = |x: f64, bound: f64| bound > 0.0 && x.abs() <= bound;
        let bound = if (a * b).is_finite() {
            times(a, bound_b) + times(b, bound_a) + times(bound_a, bound_b)
        } else if may_be_zero(a, bound_a) || may_be_zero(b, bound_b) {
            f64::INFINITY
        } else {
            0.0 // infinite, or NaN, wherever the factors may be
        };
        self.add(a * b, bound, undecided);
    }

    /// The bound of the sum y after so many roundings of each term.
    fn bound(&self, y: f64, roundings: usize, rounding: &Rounding) -> f64 {
        let size = self.magnitude + self.propagated;
        if !y.is_finite() {
            // The sum of terms that are surely not finite is surely as it is; else it has overflowed.
            if self.infinite && self.propagated.is_finite() { 0.0 } else { f64::INFINITY }
        } else if size > rounding.greatest {
            f64::INFINITY
        } else if size == 0.0 {
            0.0
        } else {
            let roundings = roundings as f64;
            self.propagated + roundings * (rounding.unit_roundoff * size + rounding.least)
        }
    }
}

/// The bounds and marks of sums y. Products are rounded once more than other terms.
pub(super) fn bounds(y: &Tensor, sums: &[RunningSum], of_products: bool, rounding: &Rounding) -> (Tensor, Tensor) {
    let bound = |i: usize| {
        let additions = sums[i].terms.saturating_sub(1);
        sums[i].bound(y.data()[i], additions + usize::from(of_products), rounding)
    };
    let undecided = |i: usize| truth(sums[i].undecided);
    (Tensor::from_fn(y.shape(), bound), Tensor::from_fn(y.shape(), undecided))
}
