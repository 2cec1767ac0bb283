//! When training has diverged though all is finite, and whether a smaller rate would have done better, which is asked before
//! the rate is blamed.

use crate::error::LearnError;

/// How much the objective may grow, beside what it was before the first step, or beside 1 if that is more.
const MOST_GROWTH: f64 = 1e6;

/// Whether the objective has grown beyond measure.
pub(crate) fn has_grown(start: f64, objective: f64) -> bool {
    objective - start > MOST_GROWTH * start.abs().max(1.0)
}

/// Whether the objective is no worse than it was, as far as steps that hardly move anything can tell.
pub(crate) fn is_no_worse(before: f64, objective: f64) -> bool {
    /// What noise adds.
    const NOISE: f64 = 1e-6;
    objective <= before + NOISE * before.abs().max(1.0)
}

/// The greatest of a tenth of the rate, a hundredth and so on that does better, if the least one does: 10⁻¹² of the rate, or
/// less if that is still large.
pub(crate) fn smaller_rate(
    rate: f64,
    mut does_better: impl FnMut(f64) -> Result<bool, LearnError>,
) -> Result<Option<f64>, LearnError> {
    // In decimals: a tenth of 0.2795 is 0.02795, but 0.2795 / 10 is 0.027950000000000003.
    let smaller = |power: i32| format!("{rate}e-{power}").parse().unwrap_or(rate / 10f64.powi(power));
    // So many powers of ten do not better, and so many do.
    let (mut worse, mut better) = (0, 12.max(rate.log10().ceil() as i32 + 6));
    if !does_better(smaller(better))? {
        return Ok(None);
    }
    while better - worse > 1 {
        let middle = worse + (better - worse) / 2;
        *(if does_better(smaller(middle))? { &mut better } else { &mut worse }) = middle;
    }
    Ok(Some(smaller(better)))
}
