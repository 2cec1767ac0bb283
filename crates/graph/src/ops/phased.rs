//! What is one thing while training and another in prediction, or of one example and of a batch. The pass
//! [`phase`](fn@crate::phase) takes these nodes away; of a batch only [`InTraining`] is left.

use super::rules::{Contributions, batch_lifted};
use super::{Backward, Batched, Op, Rules, ShapeError, TensorType, exactly, must, must_be_real};
use crate::builder::{Builder, Var};
use crate::shape::Shape;

/// What differs between training and prediction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Phased {
    /// The first operand while training, and where no phase was taken; the second in prediction.
    InTraining,
    /// The mean over the examples of the batch, element by element: the same for all of them. Of one example, and in
    /// prediction, the operand.
    BatchMean,
    /// How many examples the batch has, a number: 1 of one example, and in prediction.
    BatchSize {
        /// A batch of fewer examples is refused.
        at_least: usize,
    },
}

use Phased::*;

names! {
    Phased:
    InTraining => "in_training",
    BatchMean => "batch_mean",
    BatchSize { .. } => "batch_size",
}

impl<'g> Var<'g> {
    /// Itself while training, and `prediction` in prediction; both are of one shape.
    #[track_caller]
    pub fn in_training(self, prediction: Var<'g>) -> Var<'g> {
        self.builder.push(InTraining, &[self, prediction])
    }

    /// The mean over the examples of the batch, element by element; of one example, and in prediction, the value itself.
    #[track_caller]
    pub fn batch_mean(self) -> Var<'g> {
        self.builder.push(BatchMean, &[self])
    }
}

impl Builder {
    /// How many examples the batch has, a scalar: 1 of one example, and in prediction.
    #[track_caller]
    pub fn batch_size(&self) -> Var<'_> {
        self.batch_size_of_at_least(1)
    }

    /// The same, where batches of fewer examples are refused.
    #[track_caller]
    pub fn batch_size_of_at_least(&self, at_least: usize) -> Var<'_> {
        self.push(BatchSize { at_least }, &[])
    }
}

impl Rules for Phased {
    fn name(&self) -> &str {
        self.name()
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>, ShapeError> {
        match self {
            InTraining => {
                let [training, prediction] = exactly(inputs)?;
                must(training.shape == prediction.shape, || {
                    format!("takes two values of one shape, not {} and {}", training.shape, prediction.shape)
                })?;
                must(training.kind == prediction.kind, || {
                    format!("takes two values of one kind, not {} and {}", training.kind, prediction.kind)
                })?;
                Ok(vec![training.clone()])
            }
            BatchMean => {
                must_be_real(inputs)?;
                let [x] = exactly(inputs)?;
                Ok(vec![x.clone()])
            }
            BatchSize { at_least } => {
                exactly::<0>(inputs)?;
                must(*at_least > 0, || "takes batches of at least 1 example, not 0".into())?;
                Ok(vec![TensorType::real(Shape::scalar())])
            }
        }
    }

    fn derivative<'g>(&self, node: &Backward<'_, 'g>) -> Contributions<'g> {
        node.each(|input, _, dy| match (self, input) {
            // y = a  ∂J/∂a = ∂J/∂y; while training b has no part in it
            (InTraining, 0) => Some(dy),
            (InTraining, _) => None,
            // y = (1/B) Σ xₑ over the examples e, and J the sum over them:  ∂J/∂xₑ = (1/B) Σ ∂Jₑ/∂y
            (BatchMean, _) => Some(dy.batch_mean()),
            (BatchSize { .. }, _) => None, // it has no inputs
        })
    }

    fn batch<'g>(&self, builder: &'g Builder, inputs: &[Batched<'g>], size: usize) -> Vec<Batched<'g>> {
        let for_all = |var| vec![Batched { var, batched: false }];
        match (self, inputs) {
            (BatchMean, [x]) if x.batched => for_all(x.var.sum_axes(&[0]) / size as f64),
            (BatchMean, [x]) => for_all(x.var),
            (BatchSize { at_least }, _) if size < *at_least => {
                let help = "take more examples in a batch, or the phase of prediction";
                for_all(builder.fail(too_small(builder, *at_least, size), Some(help.into())))
            }
            (BatchSize { .. }, _) => for_all(builder.constant(size as f64)),
            (InTraining | BatchMean, _) => batch_lifted(builder, inputs, size, self.clone(), || self.clone().into()),
        }
    }
}

/// Said of the layer that asks for the size, if one does.
fn too_small(builder: &Builder, at_least: usize, size: usize) -> String {
    let place = builder.scope_path().map_or_else(|| "batch_size".into(), |path| format!("`{path}`"));
    let sees = if size == 1 { "a single value".into() } else { format!("{size} values") };
    format!("{place} would see {sees} in a batch of {size}; it takes a batch of at least {at_least}")
}

impl From<Phased> for Op {
    fn from(op: Phased) -> Op {
        Op::Phased(op)
    }
}
