//! The ops: what a node can compute. One file a family; in it, for each op, its builder, its shape rule, its derivative
//! with the formula, and its batching rule.
//!
//! To add an op: a name in its family's enum, after which the compiler lists every rule that is missing: those here, those
//! of the text form, and in the crates above those of the reference interpreter, of its error bounds and of the compiled
//! engine; a method that builds it; and a row in the text form's table of functions and in the checker's table of cases.

pub mod contract;
pub mod custom;
pub mod elementwise;
pub mod index;
pub mod reduce;
pub mod shape;
pub mod source;

use crate::builder::Var;
use crate::node::Kind;
use crate::shape::Shape;

pub use contract::Contract;
pub use custom::Custom;
pub use elementwise::Elementwise;
pub use index::Index;
pub use reduce::Reduce;
pub use shape::ShapeOp;
pub use source::Source;

/// What a node computes: a family of ops, and in it the op with its attributes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A value that comes from outside, or is fixed.
    Source(Source),
    /// Each entry from the entries at the same place.
    Elementwise(Elementwise),
    /// A sum of products over shared axes.
    Contract(Contract),
    /// Fewer entries from many, along an axis.
    Reduce(Reduce),
    /// The same entries in another arrangement.
    Shape(ShapeOp),
    /// Entries picked, or placed, by computed indices.
    Index(Index),
    /// A user's own node.
    Custom(Custom),
}

/// What is known of a value before it is computed.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorType {
    /// Its shape.
    pub shape: Shape,
    /// The kind of its entries.
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

/// The rules of a family of ops.
pub(crate) trait Rules {
    /// The op's name, as the text form writes it.
    fn name(&self) -> &str;

    /// The shape and the kind of the result, or why the inputs do not fit.
    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, ShapeError>;

    /// The contribution of one edge: ∂J/∂x\[input\], from the inputs `x`, the output `y` and `dy` = ∂J/∂y.
    /// None where the derivative is zero everywhere. Never an accumulation: that is `grad`'s alone.
    fn derivative<'g>(&self, input: usize, x: &[Var<'g>], y: Var<'g>, dy: Var<'g>) -> Option<Var<'g>>;

    /// The op over a batch: inputs marked in `batched` have a leading batch axis of `size`, and so has the result.
    /// Called only if at least one is marked.
    fn batch<'g>(&self, x: &[Var<'g>], batched: &[bool], size: usize) -> Var<'g>;
}

impl Op {
    pub(crate) fn rules(&self) -> &dyn Rules {
        match self {
            Op::Source(op) => op,
            Op::Elementwise(op) => op,
            Op::Contract(op) => op,
            Op::Reduce(op) => op,
            Op::Shape(op) => op,
            Op::Index(op) => op,
            Op::Custom(op) => op,
        }
    }

    /// The op's name, as the text form writes it.
    pub fn name(&self) -> &str {
        self.rules().name()
    }

    /// The shape and the kind of the result for inputs of these facts, or why they do not fit.
    pub fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, ShapeError> {
        self.rules().infer(inputs)
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

/// A value with a leading batch axis: itself if it is batched, else a copy for each example.
pub(crate) fn lift<'g>(x: Var<'g>, batched: bool, size: usize) -> Var<'g> {
    if batched {
        return x;
    }
    let shape = x.shape();
    x.broadcast_axes(shape.with_leading(size), (1..=shape.rank()).collect())
}
