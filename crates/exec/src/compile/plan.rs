//! What the passes hand on: pieces of work on buffers, in the order in which they run.

use chainrule_graph::ops::custom::Custom;
use chainrule_graph::ops::{Elementwise, Reduce};
use chainrule_graph::{Graph, NodeId};
use chainrule_kernels::reduce::Axis;

use super::view::{BufferId, View};
use crate::program::instruction::GatherDimensions;

/// The work of one step.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The graph that is computed.
    pub graph: Graph,
    /// For each node, where its entries lie.
    pub views: Vec<View>,
    /// The number of entries of each buffer: one for each node, and then those that passes added.
    pub sizes: Vec<usize>,
    /// What is computed once a run, before the first step.
    pub prologue: Vec<Kernel>,
    /// The pieces of work of a step, each after those it reads from.
    pub kernels: Vec<Kernel>,
    /// Buffers that are a parameter's or a state's own: (the new value, the old).
    pub in_place: Vec<(BufferId, BufferId)>,
}

/// A piece of work and the nodes that it computes.
#[derive(Clone, Debug)]
pub(crate) struct Kernel {
    pub kind: KernelKind,
    pub nodes: Vec<NodeId>,
}

/// What a piece of work does.
#[derive(Clone, Debug)]
pub(crate) enum KernelKind {
    /// Elementwise ops on one index, and perhaps a sum that closes the loop.
    Loop(Loop),
    /// `out = keep · out + scale · lhs · rhs` over matrices, vectors or numbers.
    Product(Product),
    /// An op along one axis of a contiguous value, seen as [outer, n, inner].
    AxisOp { op: Reduce, input: View, axis: Axis, out: BufferId },
    /// Rows of `size` entries picked by index; see `Index::Gather`.
    Gather { table: View, indices: View, dimensions: GatherDimensions, out: BufferId },
    /// Rows of `size` entries added at their index to zeros; see `Index::ScatterAdd`.
    ScatterAdd { indices: View, entries: View, dimensions: GatherDimensions, out: BufferId },
    /// Blocks copied into a buffer, on zeros where they do not fill it.
    Assemble { parts: Vec<Copied>, filled: bool, out: BufferId },
    /// A user's own node, on contiguous values.
    Custom { op: Custom, inputs: Vec<View>, out: BufferId },
}

/// Elementwise ops over a common index, in order.
#[derive(Clone, Debug)]
pub(crate) struct Loop {
    /// How many indices there are.
    pub size: usize,
    pub body: Vec<LoopNode>,
    pub reduction: Option<Reduction>,
}

/// One op of a loop. Entry i of its result comes from entry i of each operand, in row-major order of the operand's view.
#[derive(Clone, Debug)]
pub(crate) struct LoopNode {
    pub op: LoopOp,
    pub operands: Vec<View>,
    pub out: BufferId,
}

/// What a loop computes at an index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LoopOp {
    /// An op of the graph.
    Elementwise(Elementwise),
    /// The operand itself: it is brought into another order.
    Copy,
}

impl LoopOp {
    /// What it computes, or none if it passes its operand on: kinds are not told apart in the arena.
    pub fn computes(self) -> Option<Elementwise> {
        match self {
            LoopOp::Copy | LoopOp::Elementwise(Elementwise::ToReal | Elementwise::StopGradient) => None,
            LoopOp::Elementwise(op) => Some(op),
        }
    }
}

/// The sum that closes a loop: index (outer, n, inner) goes to entry (outer, inner).
#[derive(Clone, Debug)]
pub(crate) struct Reduction {
    pub operand: View,
    pub axis: Axis,
    pub out: BufferId,
}

/// A product of matrices [m, k] · [k, n], repeated over batches.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    /// The left operand, with its strides along m and k.
    pub lhs: View,
    pub lhs_strides: (usize, usize),
    /// The right operand, with its strides along k and n.
    pub rhs: View,
    pub rhs_strides: (usize, usize),
    pub out: BufferId,
    pub out_strides: (usize, usize),
    /// Repetitions: how many, and the strides of left, right and result.
    pub batches: Vec<(usize, [usize; 3])>,
    pub accumulate: Option<Factors>,
}

/// The scalars of `out = keep · out + scale · product`; none is 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Factors {
    pub keep: Option<View>,
    pub scale: Option<View>,
}

/// A block copied: entry (i, j, …) of the source to `offset` + i·strides\[0\] + …; a negative stride runs backwards.
#[derive(Clone, Debug)]
pub(crate) struct Copied {
    pub source: View,
    pub offset: usize,
    pub strides: Vec<isize>,
}

impl KernelKind {
    /// All that is read, buffers that are only read within the same loop included.
    pub fn reads(&self) -> Vec<&View> {
        match self {
            KernelKind::Loop(work) => {
                let operands = work.body.iter().flat_map(|node| node.operands.iter());
                operands.chain(work.reduction.iter().map(|reduction| &reduction.operand)).collect()
            }
            KernelKind::Product(product) => {
                let factors = product.accumulate.iter().flat_map(|f| f.keep.iter().chain(&f.scale));
                [&product.lhs, &product.rhs].into_iter().chain(factors).collect()
            }
            KernelKind::AxisOp { input, .. } => vec![input],
            KernelKind::Gather { table, indices, .. } => vec![table, indices],
            KernelKind::ScatterAdd { indices, entries, .. } => vec![indices, entries],
            KernelKind::Assemble { parts, .. } => parts.iter().map(|part| &part.source).collect(),
            KernelKind::Custom { inputs, .. } => inputs.iter().collect(),
        }
    }

    /// All that is computed.
    pub fn writes(&self) -> Vec<BufferId> {
        match self {
            KernelKind::Loop(work) => {
                work.body.iter().map(|node| node.out).chain(work.reduction.iter().map(|r| r.out)).collect()
            }
            KernelKind::Product(Product { out, .. })
            | KernelKind::AxisOp { out, .. }
            | KernelKind::Gather { out, .. }
            | KernelKind::ScatterAdd { out, .. }
            | KernelKind::Assemble { out, .. }
            | KernelKind::Custom { out, .. } => vec![*out],
        }
    }
}
