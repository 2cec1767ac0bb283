//! Step functions as features of a number.

/// Makes of a number x the features φᵢ(x) = 1[x ≥ i/count], i = 0, …, count − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepFeatures {
    /// How many.
    pub count: usize,
}

impl StepFeatures {
    /// The largest number of features of one number; more is taken for a mistake.
    pub const MOST: usize = 1 << 20;

    /// The features of each number, one number's after another's.
    pub fn apply(&self, values: &[f64]) -> Vec<f64> {
        values.iter().flat_map(|&x| (0..self.count).map(move |i| f64::from(x >= self.threshold(i)))).collect()
    }

    /// i/count, where feature i steps from 0 to 1.
    pub fn threshold(&self, i: usize) -> f64 {
        i as f64 / self.count as f64
    }
}
