//! The normalization of a batch, with a gain and a shift that are learned.

use super::LayerName;
use super::normalization::{EPSILON, needs_axes};
use crate::builder::Var;
use crate::initializer::Initializer;

/// (x − mean)/√(variance + epsilon) · gain + shift of x `[C, n…]`, a mean and a variance for each channel over the batch and
/// all other axes, with the parameters `gain` and `shift` `[C]` (Ioffe and Szegedy, Batch Normalization, 2015).
///
/// The states `mean` and `variance` `[C]` follow those of the batches: s ← (1 − momentum) · s + momentum · statistic, the
/// variance over n − 1 where that which normalizes is over n. In prediction they stand for those of the batch, so that what is
/// predicted of an example depends on no other.
///
/// ```
/// use chainrule_graph::layers::{BatchNorm, Conv};
/// use chainrule_graph::{Builder, Phase, phase};
///
/// let builder = Builder::new();
/// let x = builder.input("x", [1, 28, 28]);
/// builder.prediction(BatchNorm::default().apply(Conv::new(6, 5).apply(x)).relu().flatten());
/// let function = builder.finish()?;
/// let states: Vec<&str> = function.state.iter().map(|state| function.name(state.node)).collect();
/// assert_eq!(states, ["batch_norm/mean", "batch_norm/variance"]);
/// let (predicts, _) = phase(&function, Phase::Prediction)?;
/// assert!(predicts.graph.updates().is_empty());
/// # Ok::<(), chainrule_graph::GraphError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BatchNorm {
    momentum: f64,
    epsilon: f64,
    name: LayerName,
}

impl Default for BatchNorm {
    fn default() -> BatchNorm {
        BatchNorm { momentum: 0.1, epsilon: EPSILON, name: LayerName::new("batch_norm") }
    }
}

impl BatchNorm {
    /// How much of the states each batch replaces, from 0 to 1; 0.1, if it is not said.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> BatchNorm {
        BatchNorm { momentum, ..self }
    }

    /// What is added to the variance; 1e-5, if it is not said.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> BatchNorm {
        BatchNorm { epsilon, ..self }
    }

    /// The name of its scope, in place of `batch_norm`.
    #[must_use]
    pub fn name(self, name: &str) -> BatchNorm {
        BatchNorm { name: LayerName::new(name), ..self }
    }

    /// Of x `[C, n…]`. A scalar x, one without elements, and settings out of their range are a mistake, and so is the body of a
    /// loop, which keeps no states. A batch that gives a channel a single value is one when it is made.
    #[track_caller]
    pub fn apply<'g>(&self, x: Var<'g>) -> Var<'g> {
        let shape = x.shape();
        let Some((&channels, rest)) = shape.split_first() else { return needs_axes(x, "batch_norm") };
        let positions: usize = rest.iter().product();
        if let Some(problem) = self.problem(positions) {
            return x.builder.fail(format!("batch_norm takes {problem}"), None);
        }
        self.name.layer(x, |builder| {
            let start = Initializer::Constant;
            let gain = builder.parameter("gain", [channels], start(1.0));
            let shift = builder.parameter("shift", [channels], start(0.0));
            let mean = builder.state("mean", [channels], start(0.0));
            let variance = builder.state("variance", [channels], start(1.0));
            let along = |statistic: Var<'g>| statistic.broadcast_axes(&shape, vec![0]);
            let axes: Vec<usize> = (1..shape.rank()).collect();
            let of_batch = |value: Var<'g>| (value.sum_axes(&axes) / positions as f64).batch_mean();
            let x = x.to_real();
            let batch_mean = of_batch(x);
            let batch_variance = of_batch((x - along(batch_mean)).power(2.0));
            let count = builder.batch_size_of_at_least(if positions == 1 { 2 } else { 1 }) * positions as f64;
            let unbiased = batch_variance * (count / (count - 1.0));
            builder.update(mean, (1.0 - self.momentum) * mean + self.momentum * batch_mean);
            builder.update(variance, (1.0 - self.momentum) * variance + self.momentum * unbiased);
            let centred = x - along(batch_mean.in_training(mean));
            let scale = (batch_variance.in_training(variance) + self.epsilon).rsqrt() * gain;
            centred * along(scale) + along(shift)
        })
    }

    /// What it takes and was not given.
    fn problem(&self, positions: usize) -> Option<String> {
        let BatchNorm { momentum, epsilon, .. } = self;
        if positions == 0 {
            Some("at least one value of each channel, not none".into())
        } else if !(0.0..=1.0).contains(momentum) {
            Some(format!("a momentum from 0 to 1, not {momentum}"))
        } else if !(*epsilon >= 0.0 && epsilon.is_finite()) {
            Some(format!("a finite epsilon of at least 0, not {epsilon}"))
        } else {
            None
        }
    }
}
