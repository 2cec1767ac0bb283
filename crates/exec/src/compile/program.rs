//! The compiled program: instructions on one arena of numbers.

use std::fmt;
use std::sync::Arc;

use chainrule_graph::ops::custom::Custom;
use chainrule_graph::ops::elementwise::Exponent;
use chainrule_graph::ops::{Elementwise, Reduce};
use chainrule_graph::{Kind, NodeId, Shape, Tensor};
use chainrule_kernels::reduce::Axis;

use super::memory::ALIGNMENT;
use super::pieces::Parts;
use super::plan::Picks;

/// Where an operand's first entry lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct At {
    pub base: Base,
    pub offset: usize,
}

/// What an operand lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Base {
    /// The workspace's arena.
    Arena,
    /// The row that this step takes from a table of data, by the table's number.
    Row(u16),
}

impl At {
    /// Whether whole vectors can be read from here on, up to behind the last entry: a value of several entries that begins
    /// where a place begins has that room, and so has a row of a table.
    #[inline(always)]
    pub fn is_padded(self) -> bool {
        self.base != Base::Arena || self.offset.is_multiple_of(ALIGNMENT)
    }
}

/// A strided matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Matrix {
    pub at: At,
    pub row_stride: usize,
    pub column_stride: usize,
}

/// One instruction; offsets without a base are into the arena.
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    /// Chains of scalars.
    Scalars(Vec<ScalarStep>),
    /// A fused loop.
    Loop(Box<LoopCode>),
    /// `out = x · y`
    Dot { x: At, y: At, length: usize, out: usize },
    /// `x · y` and `x · z`, all with room for whole vectors.
    TwoDots { x: At, y: At, z: At, length: usize, outs: [usize; 2] },
    /// `y = keep · y + scale · factor · x`
    Axpy { factor: At, x: At, length: usize, y: usize, factors: FactorsAt },
    /// `out = keep · out + scale · A x` for A [rows, columns], held by rows or, transposed, by columns.
    MatrixVector { matrix: At, rows: usize, columns: usize, transposed: bool, x: At, out: usize, factors: FactorsAt },
    /// `out = keep · out + scale · x yᵀ`
    Outer { x: At, y: At, rows: usize, columns: usize, out: usize, factors: FactorsAt },
    /// `out = keep · out + scale · lhs rhs`, repeated over batches.
    MatrixMatrix(Box<MatrixMatrix>),
    /// An op along the middle axis of [outer, n, inner].
    Along { op: Reduce, input: At, axis: Axis, out: usize },
    /// Rows picked by index.
    Gather { table: At, indices: At, picks: Picks, out: usize },
    /// Rows added at their index to zeros.
    ScatterAdd { indices: At, entries: At, picks: Picks, out: usize },
    /// A matrix of `rows` rows, turned.
    Transpose { input: At, rows: usize, columns: usize, out: usize },
    /// Zeros.
    Clear { out: usize, length: usize },
    /// A block copied, entry by entry.
    Block(Box<Block>),
    /// A user's own node.
    Custom(Box<CustomCode>),
}

/// What a place holds from the start.
#[derive(Clone, Debug)]
pub(crate) enum Fixed {
    Constant(Arc<Tensor>),
    /// 0, 1, 2, …, so many.
    Iota(usize),
}

impl Fixed {
    pub fn shape(&self) -> Shape {
        match self {
            Fixed::Constant(value) => value.shape().clone(),
            Fixed::Iota(length) => Shape::from([*length]),
        }
    }
}

/// The scalars of `out = keep · out + scale · product`; without `keep`, `out` is not read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FactorsAt {
    pub keep: Factor,
    pub scale: Factor,
}

/// A scalar factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Factor {
    Zero,
    One,
    At(At),
}

/// A matrix product and its repetitions.
#[derive(Clone, Debug)]
pub(crate) struct MatrixMatrix {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub lhs: Matrix,
    pub rhs: Matrix,
    pub out: usize,
    pub out_strides: (usize, usize),
    pub out_length: usize,
    pub batches: Vec<(usize, [usize; 3])>,
    pub factors: FactorsAt,
}

/// One op on scalars.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScalarStep {
    pub op: ScalarOp,
    pub operands: [ScalarOperand; 3],
    pub out: usize,
}

/// What a step of a chain of scalars reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ScalarOperand {
    /// The result of the step before, which is still at hand.
    Last,
    /// A number in memory.
    At(At),
}

/// What a step of a chain of scalars computes: the frequent ops apart, so that the choice is one jump.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ScalarOp {
    Copy,
    Neg,
    Add,
    Sub,
    Mul,
    Div,
    Square,
    /// a · b + c
    MulAdd,
    /// c − a · b
    NegMulAdd,
    Other(Elementwise),
}

impl From<Option<Elementwise>> for ScalarOp {
    fn from(op: Option<Elementwise>) -> ScalarOp {
        match op {
            None => ScalarOp::Copy,
            Some(Elementwise::Neg) => ScalarOp::Neg,
            Some(Elementwise::Add) => ScalarOp::Add,
            Some(Elementwise::Sub) => ScalarOp::Sub,
            Some(Elementwise::Mul) => ScalarOp::Mul,
            Some(Elementwise::Div) => ScalarOp::Div,
            Some(Elementwise::Power(Exponent(2.0))) => ScalarOp::Square,
            Some(op) => ScalarOp::Other(op),
        }
    }
}

/// A fused loop over `size` indices.
#[derive(Clone, Debug)]
pub(crate) struct LoopCode {
    pub size: usize,
    /// Operands that are not simply read along: each fills a register first.
    pub fills: Vec<Fill>,
    pub steps: Vec<LoopStep>,
    pub stores: Vec<Store>,
    pub sum: Option<Sum>,
    pub registers: usize,
    /// How it is cut for threads, if that is worth it.
    pub parts: Option<Parts>,
}

/// Entries brought into a register: index i is entry Σ (i's coordinates · strides) of `at`.
#[derive(Clone, Debug)]
pub(crate) struct Fill {
    pub at: At,
    /// (entries, stride), outermost first.
    pub runs: Vec<(usize, usize)>,
    pub register: usize,
}

/// One op of a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoopStep {
    pub op: StepOp,
    pub operands: [Operand; 3],
    pub register: usize,
}

/// What a step of a loop computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum StepOp {
    /// An op of the graph.
    Entry(Elementwise),
    /// a · b + c
    MulAdd,
    /// c − a · b
    NegMulAdd,
    /// a
    Copy,
}

/// What an op of a loop reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operand {
    /// A register.
    Register(usize),
    /// The entry of that index.
    Along(At),
    /// The same number at every index.
    Scalar(At),
    /// Nothing: the op takes fewer operands.
    Absent,
}

/// A register, or an operand, written to the arena index by index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Store {
    pub operand: Operand,
    pub out: usize,
}

/// The closing sum of a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    pub operand: Operand,
    pub axis: Axis,
    pub out: usize,
}

/// A block copied: (entries, source stride, destination stride), outermost first.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub source: At,
    pub out: usize,
    pub runs: Vec<(usize, usize, isize)>,
}

/// A call of a user's own node.
#[derive(Clone, Debug)]
pub(crate) struct CustomCode {
    pub op: Custom,
    pub inputs: Vec<(At, Shape)>,
    pub shape: Shape,
    pub out: usize,
}

/// A value that the caller gives or takes.
#[derive(Clone, Debug)]
pub(crate) struct Port {
    pub name: String,
    pub shape: Shape,
    pub kind: Kind,
    pub bound: Option<usize>,
    pub offset: usize,
}

/// A value that the caller takes, perhaps strided.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub name: String,
    pub shape: Shape,
    pub at: At,
    pub strides: Vec<usize>,
    /// How many entries it has.
    pub length: usize,
}

/// An input that takes rows of a table.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub port: Port,
    /// Entries of a row of the table.
    pub row: usize,
    /// How many rows a step takes; none takes one, and reads it where it lies.
    pub batch: Option<usize>,
}

impl Stream {
    /// The shape of a row of the table.
    pub fn row_shape(&self) -> &[usize] {
        &self.port.shape[usize::from(self.batch.is_some())..]
    }
}

/// An instruction and the nodes that it computes.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub instruction: Instruction,
    pub nodes: Vec<NodeId>,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.base {
            Base::Arena => write!(f, "@{}", self.offset),
            Base::Row(table) => write!(f, "row{table}+{}", self.offset),
        }
    }
}
