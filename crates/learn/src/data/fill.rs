//! Missing numbers filled in by the mean of their column.

/// Gives each number that is missing, and so not a number, the mean of its column in the rows it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    /// The mean of each column.
    pub mean: Vec<f64>,
}

impl Fill {
    /// The means of `columns` columns of rows that follow one another in `values`, over the numbers that are there.
    pub fn of(values: &[f64], columns: usize) -> Fill {
        let mean = |column: usize| {
            let there = values.iter().skip(column).step_by(columns.max(1)).filter(|value| !value.is_nan());
            let count = there.clone().count().max(1) as f64;
            there.map(|value| value / count).sum()
        };
        Fill { mean: (0..columns).map(mean).collect() }
    }

    /// The rows without holes.
    pub fn apply(&self, values: &[f64]) -> Vec<f64> {
        let filled = |(value, mean): (&f64, &f64)| if value.is_nan() { *mean } else { *value };
        values.iter().zip(self.mean.iter().cycle()).map(filled).collect()
    }
}
