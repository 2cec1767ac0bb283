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

    /// Fills the holes of rows that follow one another in `values`.
    pub fn apply(&self, values: &mut [f64]) {
        for row in values.chunks_mut(self.mean.len().max(1)) {
            row.iter_mut().zip(&self.mean).filter(|(value, _)| value.is_nan()).for_each(|(value, mean)| *value = *mean);
        }
    }
}
