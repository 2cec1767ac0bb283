//! The rate of change along a line, from differences that are extrapolated to step 0, with the noise left in them.
//!
//! Long steps are tried first, then shorter ones. Central and one-sided differences come from the same samples: where the two
//! sides disagree there is a kink.

use chainrule_graph::Tensor;

use crate::differences::{Difference, Differences, Estimate, ROWS, WeightedSum, weighted_size};
use crate::tolerance::DOUBT;

/// The longest step to try first, relative to the scale of the argument; how much shorter the steps of the next
/// differences are; and where they end. A kink nearby, or a strong curvature, asks for short ones.
const LONGEST: f64 = 1.0 / 8.0;
const SHORTER: f64 = 1.0 / 16.0;
const SHORTEST: f64 = 1.0 / 524288.0;
/// Arguments of less or more are taken to have this size.
const SCALES: (f64, f64) = (1e-20, 1e20);
/// Noise relative to the rate with which differences are taken without trying smaller steps.
const QUIET: f64 = 1e-10;
/// Noise relative to the rate above which a one-sided rate says nothing.
const LOUD: f64 = 1e-3;
/// A rounding error relative to the values with which differences say nothing of the rate.
const BLIND: f64 = 1e-3;

/// What the differences say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slope {
    /// The two sides agree. The size is what the rate would be if no two parts of it cancelled, or more: a rate that is
    /// nothing but noise is zero if the noise is small beside it.
    Smooth { rate: Estimate, size: f64 },
    /// The two sides settle on different rates; a jump has infinite ones.
    Kink { left: Estimate, right: Estimate },
    /// No step gave a rate.
    Unsettled,
}

/// d/dt Σⱼ weightsⱼ yⱼ(t) at t = 0, for `at(t)` = y(t).
///
/// The steps begin at the scale of the argument, or at 1 if that is more, since near 0 an argument's own size says nothing
/// of how far the function is smooth.
pub(crate) fn slope<E>(sum: WeightedSum<'_>, mut at: impl FnMut(f64) -> Result<Tensor, E>) -> Result<Slope, E> {
    let scale = sum.scale.clamp(SCALES.0, SCALES.1);
    let here = at(0.0)?;
    let value_size = weighted_size(sum.weights, &here).max(sum.rounding / f64::EPSILON) / scale.max(1.0);
    let mut best: Option<(Estimate, f64, Differences)> = None;
    let mut kink = None;
    // How far apart longer steps found the two sides. Only differences that would show that may say there is no kink.
    let mut apart = f64::INFINITY;
    let mut first = LONGEST * scale.max(1.0);
    while first >= SHORTEST * scale.min(1.0) {
        let differences = Differences::sample(sum, &here, first, &mut at)?;
        first *= SHORTER;
        let Some(differences) = differences else { continue };
        let (left, right) = (differences.left(), differences.right());
        if disagree(left, right) {
            if settled_kink(left, right) {
                kink = Some((left, right, differences));
            }
            apart = (left.value - right.value).abs();
            continue;
        }
        if 8.0 * (left.noise + right.noise) > apart {
            continue;
        }
        let rate = differences.central();
        let size = value_size.max(differences.both[0].size / (2.0 * differences.step(0)));
        let quiet = rate.noise <= QUIET * rate.value.abs().max(1e-3 * size);
        if best.as_ref().is_none_or(|(best, ..)| rate.noise < best.noise) {
            best = Some((rate, size, differences));
        }
        if quiet {
            break;
        }
    }
    Ok(match (best, kink) {
        (Some((mut rate, size, differences)), _) => {
            rate.noise += noise_between_steps(sum, &here, [rate, rate], &differences, at)?;
            Slope::Smooth { rate, size }
        }
        (None, Some((left, right, differences)))
            if noise_between_steps(sum, &here, [left, right], &differences, at)? == 0.0 =>
        {
            Slope::Kink { left, right }
        }
        (None, _) => Slope::Unsettled,
    })
}

/// The noise that differences do not show, of what oscillates between their steps, as sin x does where x is huge: the
/// steepest deviation from the rates of the two sides at shorter steps, if it exceeds that at the shortest of theirs. Where
/// each side is smooth, deviations shrink with the step, so there this is 0, however wrong the claim. Steps at which rounding
/// could explain the claim say nothing; and where it is about as large as the values, no step does.
fn noise_between_steps<E>(
    sum: WeightedSum<'_>,
    here: &Tensor,
    [left, right]: [Estimate; 2],
    differences: &Differences,
    mut at: impl FnMut(f64) -> Result<Tensor, E>,
) -> Result<f64, E> {
    let beyond = |side: Estimate| (sum.claim - side.value).abs() - side.noise;
    let apart = beyond(left).min(beyond(right));
    if apart <= 0.0 {
        return Ok(0.0);
    }
    let mut step = differences.step(ROWS - 1) * SHORTER;
    let nearby = weighted_size(sum.weights, here).max(weighted_size(sum.weights, &at(step)?));
    if nearby > 0.0 && sum.rounding > BLIND * nearby {
        return Ok(f64::INFINITY);
    }
    let known = differences.deviation(left.value, right.value);
    let mut steepest = 0.0f64;
    while step > f64::EPSILON * sum.scale.min(1.0) {
        let (after, before) = (at(step)?, at(-step)?);
        let (ahead, behind) = (Difference::new(sum, &after, here), Difference::new(sum, here, &before));
        let rounding = DOUBT * ahead.rounding.max(behind.rounding) / step;
        if rounding > apart {
            break;
        }
        for (difference, side) in [(ahead, right), (behind, left)] {
            steepest = steepest.max(difference.deviation(side.value, step) - rounding);
        }
        step *= SHORTER;
    }
    Ok(if steepest > known { steepest } else { 0.0 })
}

/// Whether two one-sided rates differ by more than what extrapolation may leave.
fn disagree(left: Estimate, right: Estimate) -> bool {
    let size = left.value.abs().max(right.value.abs());
    let apart = (left.value - right.value).abs();
    // Both infinite: a jump on both sides
    size.is_infinite() || apart > 1e-7 * size + 4.0 * (left.noise + right.noise)
}

/// Whether both sides are known well enough to say that there is a kink.
fn settled_kink(left: Estimate, right: Estimate) -> bool {
    let size = left.value.abs().max(right.value.abs());
    let settled = |side: Estimate| side.value.is_infinite() || side.noise <= LOUD * size;
    settled(left) && settled(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Outcome, judge};
    use crate::tolerance::TOLERANCE;

    fn of(f: impl Fn(f64) -> f64) -> Slope {
        let Ok(slope) = slope(WeightedSum { weights: &[1.0], scale: 1.0, rounding: 0.0, claim: 0.0 }, |t| {
            Ok::<_, std::convert::Infallible>(Tensor::vector([f(t)]))
        });
        slope
    }

    fn smooth(f: impl Fn(f64) -> f64) -> Estimate {
        match of(f) {
            Slope::Smooth { rate, .. } => rate,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn smooth_functions_are_known_to_ten_digits_and_the_noise_covers_the_error() {
        type Known = (fn(f64) -> f64, f64);
        let known: [Known; 8] = [
            (|t| (1.0 + t).exp(), 1f64.exp()),
            (|t| (0.3 + t).ln(), 1.0 / 0.3),
            (|t| (1e-3 + t).ln(), 1e3),
            (|t| 1.0 / (0.01 + t), -1e4),
            (|t| (30.0 * t).sin(), 30.0),
            (|t| (0.5 + t).tanh(), 1.0 - 0.5f64.tanh().powi(2)),
            (|t| 1e6 + (1.0 + t).exp(), 1f64.exp()),
            (|t| (2.0 + t).powi(9), 9.0 * 2f64.powi(8)),
        ];
        for (index, (f, exact)) in known.into_iter().enumerate() {
            let Estimate { value, noise } = smooth(f);
            let error = (value - exact).abs();
            assert!(error <= noise, "{index}: {value} for {exact}, noise {noise}");
            assert!(noise <= 1e-8 * exact.abs(), "{index}: noise {noise} at {exact}");
        }
    }

    #[test]
    fn a_rate_of_zero_is_zero_within_its_noise() {
        let Estimate { value, noise } = smooth(|t| (1.0 + t).exp() / ((1.0 + t).exp() + 0.0));
        assert!(value.abs() <= noise + f64::EPSILON && noise < 1e-12, "{value} {noise}");
        let Estimate { value, noise } = smooth(|t| t * t);
        assert!(value.abs() <= noise + f64::EPSILON && noise < 1e-12, "{value} {noise}");
    }

    #[test]
    fn a_kink_has_its_two_rates() {
        let Slope::Kink { left, right } = of(|t| 3.0 * t.max(0.0) - t) else { panic!("no kink") };
        assert!((left.value + 1.0).abs() < 1e-9 && (right.value - 2.0).abs() < 1e-9, "{left:?} {right:?}");
        // Symmetric: the central differences alone would say 0 and see nothing.
        assert!(matches!(of(f64::abs), Slope::Kink { .. }));
    }

    #[test]
    fn a_kink_nearby_is_seen_past() {
        let Estimate { value, noise } = smooth(|t| (t + 1e-4).max(0.0));
        assert!((value - 1.0).abs() <= 1e-9 + noise, "{value}");
    }

    #[test]
    fn a_jump_is_a_kink_of_infinite_rate() {
        for at in [0.0, 1e-9] {
            let slope = of(|t| if t + at > 0.0 { 1.0 } else { 0.0 });
            assert!(matches!(slope, Slope::Kink { .. }), "{slope:?}");
        }
        let sign = of(|t| if t == 0.0 { 0.0 } else { t.signum() });
        let Slope::Kink { left, right } = sign else { panic!("{sign:?}") };
        assert!(left.value.is_infinite() && right.value.is_infinite());
    }

    #[test]
    fn what_is_not_finite_nearby_is_unsettled() {
        assert!(matches!(of(|t| if t == 0.0 { 0.0 } else { f64::NAN }), Slope::Unsettled));
    }

    #[test]
    fn what_oscillates_within_the_steps_is_known_or_undecided() {
        for tenths in 0..300 {
            let argument = 10f64.powf(f64::from(tenths) / 10.0);
            let outcome = |claim: f64| {
                let rounding = f64::EPSILON * (claim * argument).abs();
                let sum = WeightedSum { weights: &[1.0], scale: argument, rounding, claim };
                let at = |t: f64| Ok::<_, std::convert::Infallible>(Tensor::vector([(argument + t).sin()]));
                let Ok(slope) = slope(sum, at);
                judge(claim, slope, TOLERANCE)
            };
            let right = outcome(argument.cos());
            assert!(!matches!(right, Outcome::Wrong(_)), "sin {argument}: {right:?}");
            if argument < 1e3 {
                let wrong = outcome(argument.cos() * (1.0 + 1e-5));
                assert!(matches!(wrong, Outcome::Wrong(_)), "sin {argument}: {wrong:?}");
            }
        }
    }
}
