//! Plain statistics of columns of numbers.

/// The mean and the deviation.
pub(crate) fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

/// √(Σ x² / n).
pub(crate) fn root_mean_square(values: &[f64]) -> f64 {
    let (mean, deviation) = moments(values);
    mean.hypot(deviation)
}

/// The correlation of two columns; 0 if one of them is constant.
pub(crate) fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let ((mean_a, deviation_a), (mean_b, deviation_b)) = (moments(a), moments(b));
    let covariance = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum::<f64>() / a.len().max(1) as f64;
    if deviation_a > 0.0 && deviation_b > 0.0 { covariance / (deviation_a * deviation_b) } else { 0.0 }
}

/// The least and the greatest; of none, ∞ and −∞.
pub(crate) fn extremes<'a>(values: impl IntoIterator<Item = &'a f64>) -> (f64, f64) {
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    values.into_iter().fold(start, |(low, high), &value| (low.min(value), high.max(value)))
}

/// Whether numbers differ by no more than rounding.
pub(crate) fn is_constant(values: &[f64]) -> bool {
    let (low, high) = extremes(values);
    values.iter().all(|value| value.is_finite()) && high - low <= 1e-12 * low.abs().max(high.abs()).max(1e-300)
}

/// The different numbers, ascending.
pub(crate) fn distinct(values: &[f64]) -> Vec<f64> {
    let mut distinct = values.to_vec();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    distinct
}

/// The numbers below which these shares of some numbers are; 0 of none.
pub(crate) fn quantiles<const N: usize>(values: &[f64], shares: [f64; N]) -> [f64; N] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1) as f64;
    shares.map(|share| sorted.get((last * share).round() as usize).copied().unwrap_or(0.0))
}

/// The ends of the middle two thirds.
pub(crate) fn middle(values: &[f64]) -> (f64, f64) {
    let [low, high] = quantiles(values, [1.0 / 6.0, 5.0 / 6.0]);
    (low, high)
}
