//! Two values that should be the same derivative.

use crate::differences::Estimate;
use crate::slope::Slope;
use crate::tolerance::DOUBT;

/// A derivative known in two ways.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// By the rule's formula; for an accumulation, the cotangent.
    pub formula: f64,
    /// By differences; for an accumulation, the sum of the contributions.
    pub expected: f64,
    /// How far the two may be apart because differences, or sums, are inexact.
    pub noise: f64,
}

impl Comparison {
    /// |a − b| / max(|a|, |b|), 0 if both are 0.
    pub fn relative_error(&self) -> f64 {
        let apart = (self.formula - self.expected).abs();
        if apart == 0.0 { 0.0 } else { apart / self.formula.abs().max(self.expected.abs()) }
    }

    /// |a − b| / (max(|a|, |b|) + noise / tolerance): the relative error where the two are well above the noise, and at
    /// most the tolerance exactly if |a − b| ≤ tolerance · max(|a|, |b|) + noise.
    pub fn error_beside_noise(&self, tolerance: f64) -> f64 {
        let apart = (self.formula - self.expected).abs();
        let size = self.formula.abs().max(self.expected.abs()) + self.noise / tolerance;
        if apart == 0.0 { 0.0 } else { apart / size }
    }
}

/// What one test said.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    /// The two agree, up to this error.
    Right(f64),
    /// They do not.
    Wrong(Comparison),
    /// There is a kink, and the formula's value lies between the one-sided differences.
    Kink,
    /// The differences are too noisy to tell.
    Undecided,
    /// Both are zero, or next to it: a step, a branch not taken, a cotangent of zeros.
    Flat,
}

/// Smaller derivatives count as zero: their differences underflow, so that digits are lost.
const SMALLEST: f64 = f64::MIN_POSITIVE / f64::EPSILON;

/// Compares a formula's derivative with differences.
pub(crate) fn judge(formula: f64, slope: Slope, tolerance: f64) -> Outcome {
    match slope {
        Slope::Unsettled => Outcome::Undecided,
        Slope::Smooth { rate: Estimate { value, noise }, size } => {
            let comparison = Comparison { formula, expected: value, noise };
            let (apart, largest) = ((formula - value).abs(), formula.abs().max(value.abs()));
            let error = comparison.error_beside_noise(tolerance);
            if largest < SMALLEST {
                Outcome::Flat
            } else if noise > (1e-3 * largest).max(1e-6 * size) {
                Outcome::Undecided
            } else if error <= tolerance {
                Outcome::Right(error)
            } else if apart <= tolerance * largest + DOUBT * noise {
                Outcome::Undecided
            } else {
                Outcome::Wrong(comparison)
            }
        }
        Slope::Kink { left, right } => {
            // At a jump no value is wrong.
            if left.value.is_infinite() || right.value.is_infinite() {
                return Outcome::Kink;
            }
            let (low, high) = if left.value <= right.value { (left, right) } else { (right, left) };
            let nearest = if formula < low.value { low } else { high };
            let comparison = Comparison { formula, expected: nearest.value, noise: nearest.noise };
            let between = (low.value..=high.value).contains(&formula);
            if between || comparison.error_beside_noise(tolerance) <= tolerance {
                Outcome::Kink
            } else {
                Outcome::Wrong(comparison)
            }
        }
    }
}

/// How many tests said what.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// Tests where the function is smooth.
    pub smooth: usize,
    /// Tests at a kink, where the formula's value lies between the one-sided differences.
    pub kinks: usize,
    /// Tests where the differences are too noisy to tell.
    pub undecided: usize,
    /// Tests where both were zero: of a step function, a branch not taken, a cotangent of zeros. They say nothing.
    pub flat: usize,
    /// The worst error, by [`Comparison::error_beside_noise`].
    pub worst: f64,
}

impl Tally {
    pub(crate) fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Right(error) => {
                self.smooth += 1;
                self.worst = self.worst.max(error);
            }
            Outcome::Wrong(comparison) => {
                self.smooth += 1;
                self.worst = self.worst.max(comparison.relative_error());
            }
            Outcome::Kink => self.kinks += 1,
            Outcome::Undecided => self.undecided += 1,
            Outcome::Flat => self.flat += 1,
        }
    }

    pub(crate) fn add(&mut self, other: Tally) {
        self.smooth += other.smooth;
        self.kinks += other.kinks;
        self.undecided += other.undecided;
        self.flat += other.flat;
        self.worst = self.worst.max(other.worst);
    }

    /// Whether there were tests, and none that tells: another draw may.
    pub(crate) fn is_open(&self) -> bool {
        self.smooth == 0 && self.kinks + self.undecided + self.flat > 0
    }

    /// Whether there were tests, and none could tell.
    pub(crate) fn is_undecided(&self) -> bool {
        self.smooth + self.kinks == 0 && self.undecided > 0
    }
}
