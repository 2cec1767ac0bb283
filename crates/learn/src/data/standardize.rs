//! Columns shifted and scaled to mean 0 and standard deviation 1.

/// Subtracts each column's mean and divides by its standard deviation, as they were in the rows it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardize {
    /// The mean of each column.
    pub mean: Vec<f64>,
    /// The population standard deviation of each column: √(mean of (x − mean)²). Where it is 0, nothing is divided.
    pub std: Vec<f64>,
}

impl Standardize {
    /// The statistics of `columns` columns of rows that follow one another in `values`.
    pub fn of(values: &[f64], columns: usize) -> Standardize {
        let column = |column: usize| values.iter().skip(column).step_by(columns.max(1)).copied();
        let (mean, std) = (0..columns).map(|index| statistics(column(index))).unzip();
        Standardize { mean, std }
    }

    /// Standardises rows that follow one another in `values`.
    pub fn apply(&self, values: &mut [f64]) {
        for row in values.chunks_mut(self.mean.len().max(1)) {
            for ((x, mean), std) in row.iter_mut().zip(&self.mean).zip(&self.std) {
                let divisor = if *std == 0.0 { 1.0 } else { *std };
                *x = (*x - mean) / divisor;
            }
        }
    }

    /// Gives such rows the values again that they were made of, but for rounding.
    pub fn undo(&self, values: &mut [f64]) {
        for row in values.chunks_mut(self.mean.len().max(1)) {
            for ((z, mean), std) in row.iter_mut().zip(&self.mean).zip(&self.std) {
                *z = if *std == 0.0 { *z + mean } else { *z * std + mean };
            }
        }
    }
}

/// Mean and population standard deviation, in units of a power of two near the largest element, so that no square
/// overflows or vanishes. Equal elements deviate by 0, not by what rounding leaves of it.
fn statistics(column: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let Some(first) = column.clone().next() else { return (0.0, 0.0) };
    if column.clone().all(|x| x == first) {
        return (first, 0.0);
    }
    let largest = column.clone().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    let unit = 2f64.powi(largest.log2().floor() as i32);
    let count = column.clone().count() as f64;
    let mean = column.clone().map(|x| x / unit).sum::<f64>() / count;
    let variance = column.map(|x| (x / unit - mean).powi(2)).sum::<f64>() / count;
    (mean * unit, variance.sqrt() * unit)
}
