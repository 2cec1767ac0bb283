//! The ops: what a node can compute. One file a family; in it, for each op, its signature, its builder, its derivative with
//! the formula, and what of its shape and batching rule does not follow from the signature.
//!
//! To add an op: a name in its family's enum and its signature, after which the compiler lists every rule that is missing;
//! CONTRIBUTING.md goes through it.

/// The names of a family's ops, once: an op that is not among them does not compile.
macro_rules! names {
    ($family:ty: $($op:pat => $name:literal,)+) => {
        impl $family {
            /// The name of each op of the family.
            pub const NAMES: &[&str] = &[$($name),+];

            /// The op's name, as the text form writes it.
            pub fn name(&self) -> &'static str {
                match self {
                    $($op => $name,)+
                }
            }
        }
    };
}

pub mod body;
pub mod contract;
pub mod custom;
pub mod elementwise;
mod exponent;
pub mod index;
pub mod phased;
pub mod random;
pub mod reduce;
pub mod rules;
pub mod scan;
mod scan_batch;
mod scan_derivative;
pub mod shape;
pub mod signature;
pub mod source;
pub mod windows;

use crate::node::Kind;
use crate::shape::Shape;

pub use body::Body;
pub use contract::Contract;
pub use custom::Custom;
pub use elementwise::Elementwise;
pub use exponent::Exponent;
pub use index::Index;
pub use phased::Phased;
pub use random::Random;
pub use reduce::{Reduce, Reduction};
pub(crate) use rules::{Backward, Batched, Rules};
pub(crate) use scan::OpenScan;
pub use scan::Scan;
pub use shape::ShapeOp;
pub use source::Source;
pub use windows::{WindowDimensions, Windows};

/// What a node computes: a family of ops, and in it the op with its attributes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A value that comes from outside, or is fixed.
    Source(Source),
    /// Each element from the elements at the same index.
    Elementwise(Elementwise),
    /// A sum of products over shared axes.
    Contract(Contract),
    /// An op along an axis: fewer elements from many, or as many.
    Reduce(Reduce),
    /// The same elements in another arrangement.
    Shape(ShapeOp),
    /// Blocks of elements that slide along axes, and their adjoint.
    Windows(Windows),
    /// Elements picked, or scattered, by computed indices.
    Index(Index),
    /// What differs between training and prediction.
    Phased(Phased),
    /// Random numbers.
    Random(Random),
    /// A loop.
    Scan(Scan),
    /// A user's own node.
    Custom(Custom),
}

/// What is known of a value before it is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorType {
    /// Its shape.
    pub shape: Shape,
    /// The kind of its elements.
    pub kind: Kind,
}

impl TensorType {
    pub(crate) fn new(shape: impl Into<Shape>, kind: Kind) -> TensorType {
        TensorType { shape: shape.into(), kind }
    }

    pub(crate) fn real(shape: impl Into<Shape>) -> TensorType {
        TensorType::new(shape, Kind::Real)
    }
}

/// Why an op does not take the inputs it was given.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeError(pub String);

impl Op {
    pub(crate) fn rules(&self) -> &dyn Rules {
        match self {
            Op::Source(op) => op,
            Op::Elementwise(op) => op,
            Op::Contract(op) => op,
            Op::Reduce(op) => op,
            Op::Shape(op) => op,
            Op::Windows(op) => op,
            Op::Index(op) => op,
            Op::Phased(op) => op,
            Op::Random(op) => op,
            Op::Scan(op) => op,
            Op::Custom(op) => op,
        }
    }

    /// The op's name, as the text form writes it.
    pub fn name(&self) -> &str {
        self.rules().name()
    }

    /// What tells the op from all others, its attributes aside: its name, unless two ops share one.
    pub fn label(&self) -> &str {
        match self {
            Op::Elementwise(op) => op.label(),
            Op::Custom(custom) if custom.pass == custom::Pass::Backward => "custom backward",
            Op::Custom(_) => "custom",
            op => op.name(),
        }
    }

    /// The [`label`](Op::label) of every op there is.
    pub fn labels() -> Vec<&'static str> {
        let families = [
            Elementwise::ALL.iter().map(|op| op.label()).collect::<Vec<_>>(),
            Reduction::ALL.iter().map(|op| op.signature().name).collect(),
            Source::NAMES.to_vec(),
            ShapeOp::NAMES.to_vec(),
            Windows::NAMES.to_vec(),
            Index::NAMES.to_vec(),
            Phased::NAMES.to_vec(),
            vec![Random::NAME, "contract", "scan", "custom", "custom backward"],
        ];
        families.into_iter().flatten().collect()
    }

    /// The shape and the kind of each output for inputs of these types, or why they do not fit.
    ///
    /// # Errors
    ///
    /// Another number of inputs, shapes or kinds than the op takes; the message begins with a verb, since the op's name goes
    /// before it.
    pub fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>, ShapeError> {
        self.rules().infer(inputs)
    }

    /// Whether it is an input, whose value is bound and not computed.
    pub fn is_input(&self) -> bool {
        matches!(self, Op::Source(Source::Input { .. }))
    }

    /// Whether it is of all examples of a batch together. Only a batch of examples may be made of it: no pass batches it over
    /// anything else, such as the steps of a loop.
    pub fn is_across_examples(&self) -> bool {
        match self {
            Op::Phased(Phased::BatchMean | Phased::BatchSize { .. }) => true,
            Op::Scan(scan) => scan.body.graph().nodes().iter().any(|node| node.op.is_across_examples()),
            Op::Source(_) | Op::Elementwise(_) | Op::Contract(_) | Op::Reduce(_) | Op::Shape(_) => false,
            Op::Windows(_) | Op::Index(_) | Op::Phased(Phased::InTraining) | Op::Random(_) | Op::Custom(_) => false,
        }
    }

    /// Whether a mean over the examples of a batch is in it.
    pub(crate) fn holds_batch_mean(&self) -> bool {
        match self {
            Op::Phased(Phased::BatchMean) => true,
            Op::Scan(scan) => scan.body.graph().nodes().iter().any(|node| node.op.holds_batch_mean()),
            Op::Source(_) | Op::Elementwise(_) | Op::Contract(_) | Op::Reduce(_) | Op::Shape(_) => false,
            Op::Phased(Phased::InTraining | Phased::BatchSize { .. }) => false,
            Op::Windows(_) | Op::Index(_) | Op::Random(_) | Op::Custom(_) => false,
        }
    }

    /// Whether equal ops on equal inputs have the same value. An input has not; random numbers have, which are a function of
    /// their position. Passes ask before they merge or hoist.
    pub fn is_pure(&self) -> bool {
        match self {
            Op::Source(op) => op.is_pure(),
            Op::Elementwise(_) | Op::Contract(_) | Op::Reduce(_) => true,
            Op::Shape(_) | Op::Windows(_) | Op::Index(_) | Op::Phased(_) | Op::Random(_) | Op::Custom(_) => true,
            Op::Scan(scan) => scan.body.graph().nodes().iter().all(|node| node.op.is_input() || node.op.is_pure()),
        }
    }
}

/// The inputs an op must have, as an array.
pub(crate) fn exactly<const N: usize>(inputs: &[TensorType]) -> Result<&[TensorType; N], ShapeError> {
    inputs.try_into().map_err(|_| ShapeError(format!("takes {N} inputs, not {}", inputs.len())))
}

pub(crate) fn must(condition: bool, message: impl FnOnce() -> String) -> Result<(), ShapeError> {
    if condition { Ok(()) } else { Err(ShapeError(message())) }
}

pub(crate) fn must_be_real(inputs: &[TensorType]) -> Result<(), ShapeError> {
    inputs.iter().try_for_each(|input| {
        must(input.kind == Kind::Real, || format!("takes real numbers, not {} of kind {}", input.shape, input.kind))
    })
}
