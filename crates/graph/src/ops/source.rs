//! Sources: values that come from outside, or are fixed.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::random::DIGITS;
use super::rules::Contributions;
use super::{Backward, Batched, Op, Rules, ShapeError, TensorType, exactly};
use crate::builder::Builder;
use crate::node::Kind;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A value without inputs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A value given at each run: data, a parameter, state, a rate.
    Input {
        /// Its shape.
        shape: Shape,
        /// The kind of its elements.
        kind: Kind,
        /// For whole numbers: they are less than this.
        bound: Option<usize>,
    },
    /// A fixed value.
    Constant(Constant),
    /// The whole numbers 0, 1, …, length − 1.
    Iota {
        /// How many.
        length: usize,
    },
    /// What all draws of a run depend on: the seed and the training step, in [`DIGITS`] whole numbers.
    /// Where nothing gives it, as in prediction, seed and step are 0.
    RandomKey,
    /// Which example is computed, by its row in the data; of a batch each. Where nothing gives it, they count from 0.
    RandomExample {
        /// Its shape: none of one example, that of the batch of several.
        shape: Shape,
    },
}

/// A fixed value; equal if its bits are.
#[derive(Clone, Debug)]
pub struct Constant {
    /// The elements.
    pub value: Arc<Tensor>,
    /// Their kind.
    pub kind: Kind,
}

impl Constant {
    fn bits(&self) -> impl Iterator<Item = u64> {
        self.value.data().iter().map(|element| element.to_bits())
    }
}

impl PartialEq for Constant {
    fn eq(&self, other: &Constant) -> bool {
        self.kind == other.kind && self.value.shape() == other.value.shape() && self.bits().eq(other.bits())
    }
}

impl Eq for Constant {}

impl Hash for Constant {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
        self.value.shape().hash(state);
        self.bits().for_each(|bits| bits.hash(state));
    }
}

names! {
    Source:
    Source::Input { .. } => "input",
    Source::Constant(_) => "constant",
    Source::Iota { .. } => "iota",
    Source::RandomKey => "random_key",
    Source::RandomExample { .. } => "random_example",
}

impl Source {
    /// Whether two equal ones have the same value: two inputs have not.
    pub(super) fn is_pure(&self) -> bool {
        match self {
            Source::Input { .. } => false,
            Source::Constant(_) | Source::Iota { .. } => true,
            Source::RandomKey | Source::RandomExample { .. } => true,
        }
    }
}

impl From<Source> for Op {
    fn from(op: Source) -> Op {
        Op::Source(op)
    }
}

impl Rules for Source {
    fn name(&self) -> &str {
        self.name()
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>, ShapeError> {
        exactly::<0>(inputs)?;
        Ok(vec![match self {
            Source::Input { shape, kind, .. } => TensorType::new(shape, *kind),
            Source::Constant(constant) => TensorType::new(constant.value.shape(), constant.kind),
            Source::Iota { length } => TensorType::new([*length], Kind::Int),
            Source::RandomKey => TensorType::new([DIGITS], Kind::Int),
            Source::RandomExample { shape } => TensorType::new(shape, Kind::Int),
        }])
    }

    fn derivative<'g>(&self, _node: &Backward<'_, 'g>) -> Contributions<'g> {
        Vec::new() // it has no inputs
    }

    /// The same for all examples, but what tells them apart. Which inputs differ between them the function knows, and the
    /// pass.
    fn batch<'g>(&self, builder: &'g Builder, _inputs: &[Batched<'g>], size: usize) -> Vec<Batched<'g>> {
        if let Source::RandomExample { shape } = self {
            let op = Source::RandomExample { shape: shape.with_leading(size) };
            return vec![Batched { var: builder.push(op, &[]), batched: true }];
        }
        vec![Batched { var: builder.push(self.clone(), &[]), batched: false }]
    }
}
