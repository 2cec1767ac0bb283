//! Differences of a weighted sum at shrinking steps, and the rates of change that extrapolation makes of them.
//!
//! Richardson's extrapolation in Ridders' form (C. J. F. Ridders, *Accurate computation of F′(x) and F′(x)F″(x)*,
//! Advances in Engineering Software 4, 1982): differences for steps h, h/2, h/4, …, each column of the tableau free of one
//! more power of h, and the element taken whose neighbours agree best.

use chainrule_graph::Tensor;

/// How many steps there are differences at.
pub(crate) const ROWS: usize = 7;

/// The sum Σⱼ weightsⱼ yⱼ that is differentiated along a line, and what is known of it.
#[derive(Clone, Copy)]
pub(crate) struct WeightedSum<'a> {
    /// Where a weight is 0, y may be anything.
    pub weights: &'a [f64],
    /// About the size of the argument's elements.
    pub scale: f64,
    /// The rounding error of Σⱼ weightsⱼ yⱼ from what lies before y: the argument's last digit, at least.
    pub rounding: f64,
    /// The rate that a formula claims. Before differences deny it, shorter steps are asked too.
    pub claim: f64,
}

/// A rate of change with the noise it is known to carry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    pub value: f64,
    pub noise: f64,
}

/// Σⱼ |weightsⱼ yⱼ|, over weights that are not 0.
pub(crate) fn weighted_size(weights: &[f64], y: &Tensor) -> f64 {
    weights.iter().zip(y.data()).filter(|(w, _)| **w != 0.0).map(|(w, y)| (w * y).abs()).sum()
}

/// Differences at ROWS steps, each half of the one before.
pub(crate) struct Differences {
    first: f64,
    /// Σ w (y(h) − y(−h)), Σ w (y(h) − y(0)), Σ w (y(0) − y(−h)) for each step, and what rounding leaves in each.
    pub both: [Difference; ROWS],
    ahead: [Difference; ROWS],
    behind: [Difference; ROWS],
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Difference {
    value: f64,
    /// Σⱼ |weightsⱼ Δyⱼ|
    pub size: f64,
    pub rounding: f64,
}

impl Differences {
    /// None if a value along the line is not finite.
    pub fn sample<E>(
        sum: WeightedSum<'_>,
        here: &Tensor,
        first: f64,
        at: &mut impl FnMut(f64) -> Result<Tensor, E>,
    ) -> Result<Option<Differences>, E> {
        let mut differences =
            Differences { first, both: Default::default(), ahead: Default::default(), behind: Default::default() };
        for row in 0..ROWS {
            let step = differences.step(row);
            let (after, before) = (at(step)?, at(-step)?);
            differences.both[row] = Difference::new(sum, &after, &before);
            differences.ahead[row] = Difference::new(sum, &after, here);
            differences.behind[row] = Difference::new(sum, here, &before);
            if !differences.ahead[row].value.is_finite() || !differences.behind[row].value.is_finite() {
                return Ok(None);
            }
        }
        Ok(Some(differences))
    }

    pub fn step(&self, row: usize) -> f64 {
        self.first / (1u32 << row) as f64
    }

    /// How steeply the one-sided differences of the last two rows deviate from the rates of their sides, at most. By chance
    /// one row may not deviate at all.
    pub fn deviation(&self, left: f64, right: f64) -> f64 {
        let row = |row: usize| {
            let step = self.step(row);
            self.ahead[row].deviation(right, step).max(self.behind[row].deviation(left, step))
        };
        row(ROWS - 1).max(row(ROWS - 2))
    }

    /// The error of a central difference has the powers h², h⁴, …
    pub fn central(&self) -> Estimate {
        let rates = |row: usize| self.both[row].over(2.0 * self.step(row));
        extrapolate(std::array::from_fn(rates), 4.0)
    }

    pub fn right(&self) -> Estimate {
        self.one_sided(&self.ahead)
    }

    pub fn left(&self) -> Estimate {
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
    /// An element that does not move may still hide a change below its last digit, so each leaves its rounding error.
    pub fn new(sum: WeightedSum<'_>, after: &Tensor, before: &Tensor) -> Difference {
        let mut difference = Difference { value: 0.0, size: 0.0, rounding: 2.0 * sum.rounding };
        for ((&w, &a), &b) in sum.weights.iter().zip(after.data()).zip(before.data()) {
            if w != 0.0 {
                difference.value += w * (a - b);
                difference.size += (w * (a - b)).abs();
                difference.rounding += f64::EPSILON * w.abs() * (a.abs() + b.abs());
            }
        }
        difference
    }

    /// |Δ/step − rate|
    pub fn deviation(self, rate: f64, step: f64) -> f64 {
        (self.value / step - rate).abs()
    }

    fn over(self, step: f64) -> Estimate {
        Estimate { value: self.value / step, noise: self.rounding / step }
    }
}

/// The rate at step 0. Column j of the tableau combines rows so that j powers of the step vanish:
/// T(i, j) = T(i, j−1) + (T(i, j−1) − T(i−1, j−1)) / (factorʲ − 1).
fn extrapolate(rates: [Estimate; ROWS], factor: f64) -> Estimate {
    let mut tableau = [[0.0; ROWS]; ROWS];
    let mut best = Estimate { value: rates[ROWS - 1].value, noise: f64::INFINITY };
    let mut best_row = ROWS - 1;
    for i in 0..ROWS {
        tableau[i][0] = rates[i].value;
        for j in 1..=i {
            let (here, above) = (tableau[i][j - 1], tableau[i - 1][j - 1]);
            tableau[i][j] = here + (here - above) / (factor.powi(j as i32) - 1.0);
            let noise = (tableau[i][j] - here).abs().max((tableau[i][j] - above).abs()) + rates[i].noise;
            if noise < best.noise {
                best = Estimate { value: tableau[i][j], noise };
                best_row = i;
            }
        }
    }
    // Neighbours may agree by chance. The last two rows, which rounding rules, show how much it scatters the rates there;
    // a longer step divides it.
    let (last, before) = (&tableau[ROWS - 1], &tableau[ROWS - 2]);
    let scatter = (3..ROWS - 1).map(|j| (last[j] - before[j]).abs()).fold(0.0, f64::max);
    best.noise += scatter / (1u32 << (ROWS - 1 - best_row)) as f64;
    best
}
