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

    /// Puts the features of each number in its place, one number's after another's.
    pub fn apply(&self, values: &mut Vec<f64>) {
        let numbers = values.len();
        values.resize(numbers.max(numbers * self.count), 0.0);
        // From the last on, so that no number is overwritten that is still to be read.
        for (row, i) in (0..numbers).rev().flat_map(|row| (0..self.count).rev().map(move |i| (row, i))) {
            values[row * self.count + i] = f64::from(values[row] >= self.threshold(i));
        }
        values.truncate(numbers * self.count);
    }

    /// i/count, where feature i steps from 0 to 1.
    pub fn threshold(&self, i: usize) -> f64 {
        i as f64 / self.count as f64
    }
}
