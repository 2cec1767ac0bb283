//! Schedules: how the rate changes as training goes on, as graph nodes of the step, the formula beside the name.

use std::f64::consts::PI;

use chainrule_graph::Var;

use crate::optimizer::state::StateBuilder;

/// How the rate of a step follows from the base rate. Step t of T counts from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Schedule {
    /// rate
    #[default]
    Constant,
    /// rate · factorᵏ with k = ⌊(t − 1) / every⌋, `every` in steps (the step decay of He et al. 2016)
    Step {
        /// After how many epochs the rate falls, at least 1.
        every: usize,
        /// What it falls by, > 0; often 0.1.
        factor: f64,
    },
    /// rate · ½ (1 + cos(π (t − 1) / T)) (Loshchilov and Hutter 2017, equation 5, without restarts)
    Cosine,
    /// rate · t / W up to step W (Goyal et al. 2017), then the cosine over the rest:
    /// rate · ½ (1 + cos(π (t − 1 − W) / (T − W)))
    WarmupCosine {
        /// How many epochs the rate rises, perhaps with a fraction, > 0 and less than there are. W is at least 1 step.
        warmup: f64,
    },
}

/// How long training takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// How many epochs there are.
    pub epochs: usize,
    /// How many steps an epoch has.
    pub steps: usize,
    /// After how many steps it ends, where that comes before the end of the epochs.
    pub end: Option<usize>,
}

impl Length {
    /// How many steps there are in all.
    pub fn all(self) -> f64 {
        let all = self.epochs as f64 * self.steps as f64;
        self.end.map_or(all, |end| all.min(end as f64))
    }

    /// The same in epochs, perhaps with a fraction.
    pub fn in_epochs(self) -> f64 {
        self.all() / self.steps.max(1) as f64
    }
}

impl Default for Length {
    fn default() -> Length {
        Length { epochs: 1, steps: 1, end: None }
    }
}

impl Schedule {
    /// Its name, as the command line writes it.
    pub fn name(&self) -> &'static str {
        match self {
            Schedule::Constant => "constant",
            Schedule::Step { .. } => "step",
            Schedule::Cosine => "cosine",
            Schedule::WarmupCosine { .. } => "warmup-cosine",
        }
    }

    /// The greatest number of steps that it counts.
    pub(crate) fn counts(&self, length: Length) -> f64 {
        match *self {
            Schedule::Constant => 0.0,
            Schedule::Step { every, .. } => every as f64 * length.steps as f64,
            Schedule::Cosine | Schedule::WarmupCosine { .. } => length.all(),
        }
    }

    /// The rate of this step, by the count of steps that `state` keeps.
    pub(crate) fn rate<'g>(&self, base: Var<'g>, length: Length, state: &mut StateBuilder<'g>) -> Var<'g> {
        let all = length.all();
        match *self {
            Schedule::Constant => base,
            Schedule::Step { every, factor } => base * falling_power(factor, every as f64 * length.steps as f64, state),
            Schedule::Cosine => base * half_cosine((state.step_number() - 1.0) / all),
            Schedule::WarmupCosine { warmup } => {
                let rising = (warmup * length.steps as f64).round().max(1.0);
                let t = state.step_number();
                let since = (t - 1.0 - rising).max(0.0);
                base * (t / rising).min(1.0) * half_cosine(since / (all - rising).max(1.0))
            }
        }
    }
}

/// ½ (1 + cos π p), and 0 from p = 1 on
fn half_cosine(p: Var<'_>) -> Var<'_> {
    0.5 * (1.0 + (PI * p.min(1.0)).cos())
}

/// factorᵏ, k being how often `every` steps were done: a count that starts anew, so that it stays exact in f32 too.
fn falling_power<'g>(factor: f64, every: f64, state: &mut StateBuilder<'g>) -> Var<'g> {
    let power = state.scalar("rate factor", 1.0);
    let count = state.scalar("steps since the rate fell", 0.0);
    let next = count + 1.0;
    let falls = next.greater_equal(every);
    state.update(count, falls.select(0.0, next));
    state.update(power, falls.select(factor * power, power));
    power
}
