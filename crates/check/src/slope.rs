//! The rate of change along a line, from differences: central, extrapolated to step 0, with the noise left in them.
//!
//! Richardson's extrapolation in Ridders' form (C. J. F. Ridders, *Accurate computation of F′(x) and F′(x)F″(x)*,
//! Advances in Engineering Software 4, 1982): differences for steps h, h/2, h/4, …, each column of the table free of one
//! more power of h, and the entry taken whose neighbours agree best. The one-sided differences of the same samples are
//! extrapolated too: where they disagree there is a kink.

use chainrule_graph::Tensor;

use crate::compare::DOUBT;

/// Steps of one table.
const ROWS: usize = 7;
/// The longest step to try first, relative to the scale of the argument; and from table to table, how much shorter the
/// steps become, and where they end. A kink nearby, or a strong curvature, asks for short ones.
const LONGEST: f64 = 1.0 / 8.0;
const SHORTER: f64 = 1.0 / 16.0;
const SHORTEST: f64 = 1.0 / 524288.0;
/// Arguments of less or more are taken to have this size.
const SCALES: (f64, f64) = (1e-20, 1e20);
/// Noise relative to the rate with which a table is taken without trying smaller steps.
const QUIET: f64 = 1e-10;
/// Noise relative to the rate above which a one-sided rate says nothing.
const LOUD: f64 = 1e-3;
/// A rounding error relative to the values with which differences say nothing of the rate.
const BLIND: f64 = 1e-3;

/// A rate of change with the noise it is known to carry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    pub value: f64,
    pub noise: f64,
}

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

/// A line along which Σⱼ weightsⱼ yⱼ is differentiated.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    /// Where a weight is 0, y may be anything.
    pub weights: &'a [f64],
    /// About the size of the argument's entries.
    pub scale: f64,
    /// The rounding error of Σⱼ weightsⱼ yⱼ from what lies before y: the argument's last digit, at least.
    pub rounding: f64,
    /// The rate that a formula claims. Before differences deny it, shorter steps are asked too.
    pub claim: f64,
}

/// d/dt Σⱼ weightsⱼ yⱼ(t) at t = 0, for `at(t)` = y(t).
///
/// The steps begin at the scale of the argument, or at 1 if that is more, since near 0 an argument's own size says nothing
/// of how far the function is smooth.
pub(crate) fn slope<E>(line: Line<'_>, mut at: impl FnMut(f64) -> Result<Tensor, E>) -> Result<Slope, E> {
    let scale = line.scale.clamp(SCALES.0, SCALES.1);
    let here = at(0.0)?;
    let value_size = weighted_size(line.weights, &here).max(line.rounding / f64::EPSILON) / scale.max(1.0);
    let mut best: Option<(Estimate, f64, Table)> = None;
    let mut kink = None;
    // How far apart longer steps found the two sides. Only differences that would show that may say there is no kink.
    let mut apart = f64::INFINITY;
    let mut first = LONGEST * scale.max(1.0);
    while first >= SHORTEST * scale.min(1.0) {
        let table = Table::sample(line, &here, first, &mut at)?;
        first *= SHORTER;
        let Some(table) = table else { continue };
        let (left, right) = (table.left(), table.right());
        if disagree(left, right) {
            if settled_kink(left, right) {
                kink = Some((left, right, table));
            }
            apart = (left.value - right.value).abs();
            continue;
        }
        if 8.0 * (left.noise + right.noise) > apart {
            continue;
        }
        let rate = table.central();
        let size = value_size.max(table.both[0].size / (2.0 * table.step(0)));
        let quiet = rate.noise <= QUIET * rate.value.abs().max(1e-3 * size);
        if best.as_ref().is_none_or(|(best, ..)| rate.noise < best.noise) {
            best = Some((rate, size, table));
        }
        if quiet {
            break;
        }
    }
    Ok(match (best, kink) {
        (Some((mut rate, size, table)), _) => {
            rate.noise += unrest(line, &here, [rate, rate], &table, at)?;
            Slope::Smooth { rate, size }
        }
        (None, Some((left, right, table))) if unrest(line, &here, [left, right], &table, at)? == 0.0 => {
            Slope::Kink { left, right }
        }
        (None, _) => Slope::Unsettled,
    })
}

/// The noise that a table does not show, of what oscillates between its steps, as sin x does where x is huge: the steepest
/// deviation from the rates of the two sides at shorter steps, if it exceeds that of the table's shortest. Where each side
/// is smooth, deviations shrink with the step, so there this is 0, however wrong the claim. Steps at which rounding could
/// explain the claim say nothing; and where it is about as large as the values, no step does.
fn unrest<E>(
    line: Line<'_>,
    here: &Tensor,
    [left, right]: [Estimate; 2],
    table: &Table,
    mut at: impl FnMut(f64) -> Result<Tensor, E>,
) -> Result<f64, E> {
    let beyond = |side: Estimate| (line.claim - side.value).abs() - side.noise;
    let apart = beyond(left).min(beyond(right));
    if apart <= 0.0 {
        return Ok(0.0);
    }
    let mut step = table.step(ROWS - 1) * SHORTER;
    let nearby = weighted_size(line.weights, here).max(weighted_size(line.weights, &at(step)?));
    if nearby > 0.0 && line.rounding > BLIND * nearby {
        return Ok(f64::INFINITY);
    }
    let known = table.deviation(left.value, right.value);
    let mut steepest = 0.0f64;
    while step > f64::EPSILON * line.scale.min(1.0) {
        let (after, before) = (at(step)?, at(-step)?);
        let (ahead, behind) = (Difference::new(line, &after, here), Difference::new(line, here, &before));
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

/// Σⱼ |weightsⱼ yⱼ|, over weights that are not 0.
pub(crate) fn weighted_size(weights: &[f64], y: &Tensor) -> f64 {
    weights.iter().zip(y.data()).filter(|(w, _)| **w != 0.0).map(|(w, y)| (w * y).abs()).sum()
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

/// Differences at ROWS steps, each half of the one before.
struct Table {
    first: f64,
    /// Σ w (y(h) − y(−h)), Σ w (y(h) − y(0)), Σ w (y(0) − y(−h)) for each step, and what rounding leaves in each.
    both: [Difference; ROWS],
    ahead: [Difference; ROWS],
    behind: [Difference; ROWS],
}

#[derive(Clone, Copy, Default)]
struct Difference {
    value: f64,
    /// Σⱼ |weightsⱼ Δyⱼ|
    size: f64,
    rounding: f64,
}

impl Table {
    /// None if a value along the line is not finite.
    fn sample<E>(
        line: Line<'_>,
        here: &Tensor,
        first: f64,
        at: &mut impl FnMut(f64) -> Result<Tensor, E>,
    ) -> Result<Option<Table>, E> {
        let mut table =
            Table { first, both: Default::default(), ahead: Default::default(), behind: Default::default() };
        for row in 0..ROWS {
            let step = table.step(row);
            let (after, before) = (at(step)?, at(-step)?);
            table.both[row] = Difference::new(line, &after, &before);
            table.ahead[row] = Difference::new(line, &after, here);
            table.behind[row] = Difference::new(line, here, &before);
            if !table.ahead[row].value.is_finite() || !table.behind[row].value.is_finite() {
                return Ok(None);
            }
        }
        Ok(Some(table))
    }

    fn step(&self, row: usize) -> f64 {
        self.first / (1u32 << row) as f64
    }

    /// How steeply the one-sided differences of the last two rows deviate from the rates of their sides, at most. By chance
    /// one row may not deviate at all.
    fn deviation(&self, left: f64, right: f64) -> f64 {
        let row = |row: usize| {
            let step = self.step(row);
            self.ahead[row].deviation(right, step).max(self.behind[row].deviation(left, step))
        };
        row(ROWS - 1).max(row(ROWS - 2))
    }

    /// The error of a central difference has the powers h², h⁴, …
    fn central(&self) -> Estimate {
        let rates = |row: usize| self.both[row].over(2.0 * self.step(row));
        extrapolate(std::array::from_fn(rates), 4.0)
    }

    fn right(&self) -> Estimate {
        self.one_sided(&self.ahead)
    }

    fn left(&self) -> Estimate {
        self.one_sided(&self.behind)
    }

    /// The error of a one-sided difference has all powers of h.
    fn one_sided(&self, differences: &[Difference; ROWS]) -> Estimate {
        // At a jump the difference stays as it is while the step shrinks.
        let [.., last] = differences;
        let same = |difference: &Difference| (difference.value - last.value).abs() <= 0.1 * last.value.abs();
        if last.value.abs() > 1e3 * last.rounding && differences[2..].iter().all(same) {
            return Estimate { value: f64::INFINITY.copysign(last.value), noise: 0.0 };
        }
        let rates: [Estimate; ROWS] = std::array::from_fn(|row| differences[row].over(self.step(row)));
        extrapolate(rates, 2.0)
    }
}

impl Difference {
    /// An entry that does not move may still hide a change below its last digit, so each leaves its rounding error.
    fn new(line: Line<'_>, after: &Tensor, before: &Tensor) -> Difference {
        let mut difference = Difference { value: 0.0, size: 0.0, rounding: 2.0 * line.rounding };
        for ((&w, &a), &b) in line.weights.iter().zip(after.data()).zip(before.data()) {
            if w != 0.0 {
                difference.value += w * (a - b);
                difference.size += (w * (a - b)).abs();
                difference.rounding += f64::EPSILON * w.abs() * (a.abs() + b.abs());
            }
        }
        difference
    }

    /// |Δ/step − rate|
    fn deviation(self, rate: f64, step: f64) -> f64 {
        (self.value / step - rate).abs()
    }

    fn over(self, step: f64) -> Estimate {
        Estimate { value: self.value / step, noise: self.rounding / step }
    }
}

/// The rate at step 0. Column j of the table combines rows so that j powers of the step vanish:
/// T(i, j) = T(i, j−1) + (T(i, j−1) − T(i−1, j−1)) / (factorʲ − 1).
fn extrapolate(rates: [Estimate; ROWS], factor: f64) -> Estimate {
    let mut table = [[0.0; ROWS]; ROWS];
    let mut best = Estimate { value: rates[ROWS - 1].value, noise: f64::INFINITY };
    let mut best_row = ROWS - 1;
    for i in 0..ROWS {
        table[i][0] = rates[i].value;
        for j in 1..=i {
            let (here, above) = (table[i][j - 1], table[i - 1][j - 1]);
            table[i][j] = here + (here - above) / (factor.powi(j as i32) - 1.0);
            let noise = (table[i][j] - here).abs().max((table[i][j] - above).abs()) + rates[i].noise;
            if noise < best.noise {
                best = Estimate { value: table[i][j], noise };
                best_row = i;
            }
        }
    }
    // Neighbours may agree by chance. The last two rows, which rounding rules, show how much it scatters the rates there;
    // a longer step divides it.
    let (last, before) = (&table[ROWS - 1], &table[ROWS - 2]);
    let scatter = (3..ROWS - 1).map(|j| (last[j] - before[j]).abs()).fold(0.0, f64::max);
    best.noise += scatter / (1u32 << (ROWS - 1 - best_row)) as f64;
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Outcome, TOLERANCE, judge};

    fn of(f: impl Fn(f64) -> f64) -> Slope {
        let Ok(slope) = slope(Line { weights: &[1.0], scale: 1.0, rounding: 0.0, claim: 0.0 }, |t| {
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
        type Function = (fn(f64) -> f64, f64);
        let known: [Function; 8] = [
            (|t| (1.0 + t).exp(), 1f64.exp()),
            (|t| (0.3 + t).ln(), 1.0 / 0.3),
            (|t| (1e-3 + t).ln(), 1e3),
            (|t| 1.0 / (0.01 + t), -1e4),
            (|t| (30.0 * t).sin(), 30.0),
            (|t| (0.5 + t).tanh(), 1.0 - 0.5f64.tanh().powi(2)),
            (|t| 1e6 + (1.0 + t).exp(), 1f64.exp()),
            (|t| (2.0 + t).powi(9), 9.0 * 2f64.powi(8)),
        ];
        for (place, (f, exact)) in known.into_iter().enumerate() {
            let Estimate { value, noise } = smooth(f);
            let error = (value - exact).abs();
            assert!(error <= noise, "{place}: {value} for {exact}, noise {noise}");
            assert!(noise <= 1e-8 * exact.abs(), "{place}: noise {noise} at {exact}");
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
        for place in 0..300 {
            let argument = 10f64.powf(f64::from(place) / 10.0);
            let outcome = |claim: f64| {
                let rounding = f64::EPSILON * (claim * argument).abs();
                let line = Line { weights: &[1.0], scale: argument, rounding, claim };
                let at = |t: f64| Ok::<_, std::convert::Infallible>(Tensor::vector([(argument + t).sin()]));
                let Ok(slope) = slope(line, at);
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
