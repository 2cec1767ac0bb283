//! Sources: values that come from outside, or are fixed.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{Rules, ShapeError, TensorType, exactly};
use crate::builder::Var;
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
        /// The kind of its entries.
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
}

/// A fixed value; equal if its bits are.
#[derive(Clone, Debug)]
pub struct Constant {
    /// The entries.
    pub value: Arc<Tensor>,
    /// Their kind.
    pub kind: Kind,
}

impl Constant {
    fn bits(&self) -> impl Iterator<Item = u64> {
        self.value.data().iter().map(|entry| entry.to_bits())
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

impl Rules for Source {
    fn name(&self) -> &str {
        match self {
            Source::Input { .. } => "input",
            Source::Constant(_) => "constant",
            Source::Iota { .. } => "iota",
        }
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, ShapeError> {
        exactly::<0>(inputs)?;
        Ok(match self {
            Source::Input { shape, kind, .. } => TensorType::new(shape, *kind),
            Source::Constant(constant) => TensorType::new(constant.value.shape(), constant.kind),
            Source::Iota { length } => TensorType::new([*length], Kind::Int),
        })
    }

    fn derivative<'g>(&self, _input: usize, _x: &[Var<'g>], _y: Var<'g>, _dy: Var<'g>) -> Option<Var<'g>> {
        None // it has no inputs
    }

    fn batch<'g>(&self, _x: &[Var<'g>], _batched: &[bool], size: usize) -> Var<'g> {
        unreachable!("a source of {size} examples is batched by the pass, since only the function knows its role")
    }
}
