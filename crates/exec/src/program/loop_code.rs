//! The code of a fused loop: ops on blocks of registers.

use chainrule_graph::ops::Elementwise;
use chainrule_kernels::reduce::Axis;

use super::address::Address;
use super::chunks::Chunks;

/// A fused loop over `size` indices.
#[derive(Clone, Debug)]
pub(crate) struct LoopCode {
    pub size: usize,
    /// How many elements an op takes at once, in f32; in f64 half as many.
    pub block: usize,
    /// A block is a whole number of times so many elements.
    pub unit: usize,
    /// Operands that do not lie in index order: each fills a register first.
    pub fills: Vec<Fill>,
    pub steps: Vec<LoopStep>,
    pub stores: Vec<Store>,
    /// All along one axis.
    pub sums: Vec<SumCode>,
    pub registers: usize,
    /// How it is cut for threads, if that is worth it.
    pub chunks: Option<Chunks>,
}

/// Elements brought into a register: index i is element Σ (i's coordinates · strides) from `address` on.
#[derive(Clone, Debug)]
pub(crate) struct Fill {
    pub address: Address,
    /// (elements, stride), outermost first.
    pub runs: Vec<(usize, usize)>,
    pub register: usize,
    /// Whether it is the same in every block, so that its register is filled once.
    pub is_steady: bool,
}

/// After how many elements such an operand repeats: all of it, without the outer axes along which it stays where it is.
pub(crate) fn period(runs: &[(usize, usize)]) -> usize {
    runs.iter().skip_while(|&&(_, stride)| stride == 0).map(|&(n, _)| n).product()
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
    /// The element of that index.
    Elements(Address),
    /// The same scalar at every index.
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

/// A sum that closes a loop, on registers and addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SumCode {
    pub operand: LoopOperand,
    pub axis: Axis,
    pub out: usize,
}

impl LoopCode {
    /// How many elements hold the sums of all its chunks.
    pub fn sums_of_chunks(&self) -> usize {
        self.chunks.map_or(0, |chunks| chunks.sums() * self.sums.len())
    }

    /// How often the result of a step is read before its register is written again.
    pub fn reads(&self, step: usize) -> usize {
        let register = self.steps[step].register;
        let is_it = |operand: &&LoopOperand| **operand == LoopOperand::Register(register);
        let mut count = 0;
        for step in &self.steps[step + 1..] {
            count += step.operands.iter().filter(is_it).count();
            if step.register == register {
                return count;
            }
        }
        let ends = self.stores.iter().map(|store| &store.operand).chain(self.sums.iter().map(|sum| &sum.operand));
        count + ends.filter(is_it).count()
    }
}

impl StepOp {
    /// What an op costs at an index, in additions.
    pub fn cost(self) -> usize {
        match self {
            StepOp::Elementwise(op) => op.cost(),
            StepOp::MulAdd | StepOp::NegMulAdd | StepOp::Copy => 1,
        }
    }
}
