//! The instructions of a program, on one arena.

use std::sync::Arc;

use chainrule_graph::ops::Exponent;
use chainrule_graph::ops::custom::Custom;
use chainrule_graph::ops::{Elementwise, Reduction};
use chainrule_graph::{NodeId, Shape};
use chainrule_kernels::pool::{Entry, Extreme, Overlap, Places};
use chainrule_kernels::reduce::Axis;
use chainrule_kernels::strided::Run;

use super::Program;
use super::address::Address;
use super::copy_code::{PadCode, StridedCopy};
use super::loop_code::LoopCode;
use super::window_code::{RowCode, TermCode, WindowCode};

/// A strided matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Matrix {
    pub address: Address,
    pub row_stride: usize,
    pub column_stride: usize,
}

/// One instruction. An offset without a space is into the arena.
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    /// Chains of scalars.
    Scalars(Vec<ScalarStep>),
    /// A fused loop.
    Loop(Box<LoopCode>),
    /// `out = x · y`
    Dot { x: Address, y: Address, length: usize, out: usize },
    /// `x · y` and `x · z`, all with room for whole vectors.
    TwoDots { x: Address, y: Address, z: Address, length: usize, outs: [usize; 2] },
    /// `y = keep · y + scale · factor · x`
    Axpy { factor: Address, x: Address, length: usize, y: usize, factors: FactorAddresses },
    /// `out = keep · out + scale · A x` for A [rows, columns], held by rows or, transposed, by columns.
    MatrixVector {
        matrix: Address,
        rows: usize,
        columns: usize,
        transposed: bool,
        x: Address,
        out: usize,
        factors: FactorAddresses,
    },
    /// `out = keep · out + scale · x yᵀ`
    Outer { x: Address, y: Address, rows: usize, columns: usize, out: usize, factors: FactorAddresses },
    /// `out = keep · out + scale · lhs rhs`, repeated over batches.
    MatrixMatrix(Box<MatrixMatrix>),
    /// Windows times a matrix, whose columns are neighbours.
    WindowProduct(Box<WindowCode>),
    /// Windows whose rows are neighbours, times a matrix.
    RowProduct(Box<RowCode>),
    /// Windows times a matrix, whose terms are neighbours.
    TermProduct(Box<TermCode>),
    /// An op along the middle axis of [outer, n, inner], whose result has `length` elements.
    AxisOp { op: Reduction, input: Address, axis: Axis, out: usize, length: usize },
    /// Rows picked by index.
    Gather { table: Address, indices: Address, dimensions: GatherDimensions, out: usize },
    /// Rows added at their index to zeros.
    ScatterAdd { indices: Address, elements: Address, dimensions: GatherDimensions, out: usize },
    /// Zeros.
    Clear { out: usize, length: usize },
    /// A block copied, element by element.
    Copy(Box<StridedCopy>),
    /// A block copied into zeros.
    Pad(Box<PadCode>),
    /// A loop over steps.
    Scan(Box<ScanCode>),
    /// Windows added up where they lie, on zeros.
    Fold(Box<FoldCode>),
    /// The best of each window.
    BestOfWindows(Box<BestCode>),
    /// What belongs to windows, at the best element of each.
    GradientOfBest(Box<GradientCode>),
    /// Random numbers.
    Random(Box<RandomCode>),
    /// A user's own node.
    Custom(Box<CustomCode>),
}

impl Instruction {
    /// The loop that it is.
    pub fn as_loop(&self) -> Option<&ScanCode> {
        if let Instruction::Scan(code) = self { Some(code) } else { None }
    }

    /// How many elements it writes to the arena.
    pub fn elements_written(&self) -> usize {
        match self {
            Instruction::Scalars(steps) => steps.len(),
            Instruction::Loop(code) => {
                let sums = code.sums.iter().map(|sum| sum.axis.kept()).sum::<usize>();
                code.stores.len() * code.size + sums
            }
            Instruction::Dot { .. } => 1,
            Instruction::TwoDots { .. } => 2,
            Instruction::Axpy { length, .. }
            | Instruction::AxisOp { length, .. }
            | Instruction::Clear { length, .. } => *length,
            Instruction::MatrixVector { rows, .. } => *rows,
            Instruction::Outer { rows, columns, .. } => rows * columns,
            Instruction::MatrixMatrix(product) => product.out_length,
            Instruction::WindowProduct(code) => code.product().rows() * code.columns,
            Instruction::RowProduct(code) => code.layout.length(),
            Instruction::TermProduct(code) => code.layout.length(),
            Instruction::Gather { dimensions, .. } => dimensions.batches * dimensions.count * dimensions.size,
            Instruction::ScatterAdd { dimensions, .. } => dimensions.batches * dimensions.rows * dimensions.size,
            Instruction::Copy(copy) => copy.size(),
            Instruction::Pad(code) => code.length,
            Instruction::Scan(code) => code.length * code.shares * code.program.reported(),
            Instruction::Fold(fold) => fold.length,
            Instruction::BestOfWindows(code) => code.count(),
            Instruction::GradientOfBest(code) => code.length,
            Instruction::Random(code) => code.count * code.size,
            Instruction::Custom(code) => code.outs.iter().map(|(shape, _)| shape.size()).sum(),
        }
    }
}

/// How rows lie in a table: for each of `batches`, `count` rows of `size` elements are picked from, or added to, `rows`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct GatherDimensions {
    pub batches: usize,
    pub count: usize,
    pub rows: usize,
    pub size: usize,
}

/// The scalars of `out = keep · out + scale · product`; without `keep`, `out` is not read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FactorAddresses {
    pub keep: Factor,
    pub scale: Factor,
}

/// A scalar factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Factor {
    Zero,
    One,
    Stored(Address),
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
    pub factors: FactorAddresses,
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
    /// An element in memory.
    Stored(Address),
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
    StrongMul,
    StrongDiv,
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
            Some(Elementwise::StrongMul) => ScalarOp::StrongMul,
            Some(Elementwise::StrongDiv) => ScalarOp::StrongDiv,
            Some(Elementwise::Power(Exponent(2.0))) => ScalarOp::Square,
            Some(op) => ScalarOp::Other(op),
        }
    }
}

/// A loop over steps: the program of its body, and where what it reads and gives lies.
#[derive(Clone, Debug)]
pub(crate) struct ScanCode {
    /// Its arguments are the carries, the elements of sequences that are not read in place, and the constants; its tables
    /// the first sequences; its outputs the next carries and the extras. All of a share's, where there are several.
    pub program: Arc<Program>,
    /// Into how many shares of the examples the loop is cut; each goes through all steps by itself.
    pub shares: usize,
    /// The carries as they start.
    pub carries: Vec<Operand>,
    /// An element of each sequence.
    pub sequences: Vec<Operand>,
    pub constants: Vec<Operand>,
    /// How many sequences are read where they lie.
    pub in_place: usize,
    /// Where each output of the first step goes; those of the others follow it.
    pub outs: Vec<usize>,
    pub length: usize,
    pub reverse: bool,
    /// Where among those of the program around its workspaces begin, one for each share.
    pub slot: usize,
}

/// Elements that lie behind one another: those that the first share reads at the first step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand {
    pub address: Address,
    pub length: usize,
    /// How far behind them those of the next step lie.
    pub of_step: usize,
    /// How far behind them those of the next share lie.
    pub of_share: usize,
}

impl Operand {
    /// How far behind the first its elements at a step of a share lie.
    pub fn start(&self, step: usize, share: usize) -> usize {
        step * self.of_step + share * self.of_share
    }
}

/// Windows that are added up.
#[derive(Clone, Debug)]
pub(crate) struct FoldCode {
    pub windows: Address,
    /// Their axes, outermost first.
    pub runs: Vec<Run>,
    pub out: usize,
    /// How many elements the result has.
    pub length: usize,
}

/// The greatest or smallest element of each window, or its index.
#[derive(Clone, Debug)]
pub(crate) struct BestCode {
    pub op: Reduction,
    pub windows: Address,
    /// The axes along which the windows lie, outermost first: (windows, how far apart).
    pub axes: Vec<(usize, usize)>,
    /// How far behind its first place the entries of a window lie.
    pub entries: Vec<usize>,
    pub out: usize,
}

impl BestCode {
    /// The number of windows.
    pub fn count(&self) -> usize {
        self.axes.iter().map(|axis| axis.0).product()
    }
}

/// What belongs to windows, and goes to the best element of each.
#[derive(Clone, Debug)]
pub(crate) struct GradientCode {
    pub extreme: Extreme,
    pub windows: Address,
    pub elements: Address,
    /// The axes along which the windows lie, outermost first.
    pub axes: Vec<Places>,
    pub entries: Vec<Entry>,
    pub overlap: Overlap,
    pub out: usize,
    /// How many elements the result has.
    pub length: usize,
}

impl GradientCode {
    /// The number of windows.
    pub fn count(&self) -> usize {
        self.axes.iter().map(|axis| axis.n).product()
    }

    /// Whether each element of the result is written by a window.
    pub fn fills(&self) -> bool {
        self.overlap == Overlap::Apart && self.count() * self.entries.len() == self.length
    }
}

/// Random numbers: so many at each of several positions.
#[derive(Clone, Debug)]
pub(crate) struct RandomCode {
    pub stream: u64,
    pub key: Address,
    /// Whether each position has a key of its own.
    pub key_of_each: bool,
    pub example: Address,
    /// The steps of the loops around it, the outermost first.
    pub steps: Vec<Address>,
    /// How many positions there are.
    pub count: usize,
    /// How many numbers are drawn at each.
    pub size: usize,
    pub out: usize,
}

/// A call of a user's own node.
#[derive(Clone, Debug)]
pub(crate) struct CustomCode {
    pub op: Custom,
    pub inputs: Vec<(Address, Shape)>,
    /// The outputs.
    pub outs: Vec<(Shape, usize)>,
}

/// An instruction and the nodes that it computes.
#[derive(Clone, Debug)]
pub(crate) struct LabelledInstruction {
    pub instruction: Instruction,
    pub nodes: Vec<NodeId>,
}
