//! The code of a fused loop: ops on blocks of registers.

use chainrule_graph::ops::Elementwise;
use chainrule_kernels::reduce::Axis;

use super::address::Address;
use super::chunks::Chunks;

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
    pub chunks: Option<Chunks>,
}

/// Entries brought into a register: index i is entry Σ (i's coordinates · strides) of `at`.
#[derive(Clone, Debug)]
pub(crate) struct Fill {
    pub at: Address,
    /// (entries, stride), outermost first.
    pub runs: Vec<(usize, usize)>,
    pub register: usize,
}

/// One op of a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoopStep {
    pub op: StepOp,
    pub operands: [LoopOperand; 3],
    pub register: usize,
}

/// What a step of a loop computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum StepOp {
    /// An op of the graph.
    Elementwise(Elementwise),
    /// a · b + c
    MulAdd,
    /// c − a · b
    NegMulAdd,
    /// a
    Copy,
}

/// What an op of a loop reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LoopOperand {
    /// A register.
    Register(usize),
    /// The entry of that index.
    Elements(Address),
    /// The same number at every index.
    Scalar(Address),
    /// Nothing: the op takes fewer operands.
    Absent,
}

/// A register, or an operand, written to the arena index by index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Store {
    pub operand: LoopOperand,
    pub out: usize,
}

/// The closing sum of a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    pub operand: LoopOperand,
    pub axis: Axis,
    pub out: usize,
}

impl StepOp {
    /// What an op costs, in additions.
    pub fn cost(self) -> usize {
        use Elementwise::*;
        match self {
            StepOp::Elementwise(Exp | Expm1 | Log | Log1p | Tanh | Sigmoid | Softplus | Erf) => 10,
            StepOp::Elementwise(Sin | Cos | Pow) => 50,
            StepOp::Elementwise(Div | Sqrt | Rsqrt) => 3,
            _ => 1,
        }
    }
}
