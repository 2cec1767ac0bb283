//! What the passes hand on: kernels on buffers, in the order in which they run.

use chainrule_graph::ops::custom::Custom;
use chainrule_graph::ops::{Elementwise, Random, Reduction, Scan};
use chainrule_graph::{Graph, NodeId, Shape, Value};
use chainrule_kernels::pool::{Entry, Extreme, Overlap};
use chainrule_kernels::reduce::Axis;

use super::buffer::{BufferId, Buffers};
use super::view::View;
use crate::program::instruction::GatherDimensions;
use crate::program::window_code::{RowLayout, TermLayout};

/// What a step computes, and how.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The graph that is computed.
    pub graph: Graph,
    pub buffers: Buffers,
    /// For each value of the graph, by its buffer, where its elements lie.
    pub views: Vec<View>,
    /// Where the elements of the outputs lie.
    pub outputs: Vec<View>,
    /// What is computed once a run, before the first step.
    pub prologue: Vec<Kernel>,
    /// What is computed at each step, each kernel after those it reads from.
    pub kernels: Vec<Kernel>,
    /// Buffers that are a parameter's or a state's own: (the new value, the old).
    pub in_place: Vec<(BufferId, BufferId)>,
}

/// A kernel and the nodes that it computes.
#[derive(Clone, Debug)]
pub(crate) struct Kernel {
    pub kind: KernelKind,
    pub nodes: Vec<NodeId>,
}

/// What a kernel does.
#[derive(Clone, Debug)]
pub(crate) enum KernelKind {
    /// Elementwise ops on one index, and perhaps a sum that closes the loop.
    Loop(Loop),
    /// `out = keep · out + scale · lhs · rhs` over matrices, vectors or scalars.
    Product(Product),
    /// Windows times a matrix, whose columns are neighbours.
    WindowProduct(WindowProduct),
    /// Windows whose rows are neighbours, times a matrix.
    RowProduct(RowProduct),
    /// Windows times a matrix, whose terms are neighbours.
    TermProduct(TermProduct),
    /// An op along one axis of a contiguous value, seen as [outer, n, inner].
    AxisOp { op: Reduction, input: View, axis: Axis, out: BufferId },
    /// Rows picked by index; see `Index::Gather`.
    Gather { table: View, indices: View, dimensions: GatherDimensions, out: BufferId },
    /// Rows added at their index to zeros; see `Index::ScatterAdd`.
    ScatterAdd { indices: View, elements: View, dimensions: GatherDimensions, out: BufferId },
    /// Blocks copied into a buffer, on zeros where they do not fill it.
    Assemble { blocks: Vec<BlockCopy>, filled: bool, out: BufferId },
    /// A loop, on contiguous values.
    Scan { op: Scan, inputs: Vec<View>, outs: Vec<BufferId> },
    /// Windows added up where they lie, on zeros: element (i, j, …) to i·strides\[0\] + j·strides\[1\] + ….
    Fold { windows: View, strides: Vec<usize>, out: BufferId },
    /// The greatest, the smallest, or the index of such, of each window; the entries of one lie so far behind its first place.
    BestOfWindows { op: Reduction, places: View, entries: Vec<usize>, out: BufferId },
    /// What belongs to windows, at the best element of each, and 0 elsewhere.
    GradientOfBest(GradientOfBest),
    /// Random numbers; the key comes first.
    Random { op: Random, inputs: Vec<View>, out: BufferId },
    /// A user's own node, on contiguous values.
    Custom { op: Custom, inputs: Vec<View>, outs: Vec<(Shape, BufferId)> },
}

/// Elementwise ops over a common index, in order, and sums of them.
#[derive(Clone, Debug)]
pub(crate) struct Loop {
    /// How many indices there are.
    pub size: usize,
    pub body: Vec<LoopNode>,
    /// All along one axis.
    pub sums: Vec<ClosingSum>,
}

/// One op of a loop. Element i of its result comes from element i of each operand, in row-major order of the operand's
/// view.
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

/// A sum that closes a loop: index (outer, n, inner) goes to element (outer, inner).
#[derive(Clone, Debug)]
pub(crate) struct ClosingSum {
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

/// A product of windows with a matrix [terms, columns] whose rows follow one another, as those of the result [rows, columns] do.
/// The windows are read where they lie.
#[derive(Clone, Debug)]
pub(crate) struct WindowProduct {
    pub windows: View,
    /// The axes of the windows that are rows, outermost first: (elements, stride).
    pub rows: Vec<(usize, usize)>,
    /// Those that are summed over.
    pub terms: Vec<(usize, usize)>,
    pub matrix: View,
    pub columns: usize,
    pub out: BufferId,
}

/// A product of windows whose rows are neighbours with a contiguous matrix [batches, terms, columns]; the result is [batches,
/// columns, rows].
#[derive(Clone, Debug)]
pub(crate) struct RowProduct {
    pub windows: View,
    pub matrix: View,
    pub layout: RowLayout,
    pub out: BufferId,
}

/// A product of windows and a matrix whose terms are neighbours in both; the result is [batches, rows, columns].
#[derive(Clone, Debug)]
pub(crate) struct TermProduct {
    pub windows: View,
    pub matrix: View,
    pub layout: TermLayout,
    pub out: BufferId,
}

/// Elements, one for each window, that go to the best of its entries.
#[derive(Clone, Debug)]
pub(crate) struct GradientOfBest {
    pub extreme: Extreme,
    /// The first entry of each window.
    pub places: View,
    pub elements: View,
    /// From a window to the next of each axis, in the result.
    pub strides: Vec<usize>,
    pub entries: Vec<Entry>,
    pub overlap: Overlap,
    pub out: BufferId,
}

/// The scalars of `out = keep · out + scale · product`; none is 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Factors {
    pub keep: Option<View>,
    pub scale: Option<View>,
}

/// A block copied: element (i, j, …) of the source to `offset` + i·strides\[0\] + …; a negative stride runs backwards.
#[derive(Clone, Debug)]
pub(crate) struct BlockCopy {
    pub source: View,
    pub offset: usize,
    pub strides: Vec<isize>,
}

impl Plan {
    /// Where the elements of a value lie.
    pub fn view(&self, value: impl Into<Value>) -> &View {
        &self.views[self.buffers.of(value).index()]
    }

    /// What is read when all kernels have run: the outputs, and what inputs become.
    pub fn read_at_end(&self) -> impl Iterator<Item = &View> {
        self.outputs.iter().chain(self.graph.updates().iter().map(|update| self.view(update.value)))
    }

    /// For each buffer, how many views of it kernels read, and how many are read at the end.
    pub fn count_reads(&self) -> Vec<usize> {
        let mut reads = vec![0; self.buffers.count()];
        let of_kernels = self.kernels.iter().flat_map(|kernel| kernel.kind.reads());
        self.read_at_end().chain(of_kernels).for_each(|view| reads[view.buffer.index()] += 1);
        reads
    }

    /// The number of elements of a buffer.
    pub fn size(&self, buffer: BufferId) -> usize {
        self.buffers.size(buffer)
    }
}

impl Kernel {
    /// A loop over `size` indices that copies one view, for these nodes.
    pub fn copy(view: View, out: BufferId, nodes: Vec<NodeId>) -> Kernel {
        let size = view.shape.size();
        let body = vec![LoopNode { op: LoopOp::Copy, operands: vec![view], out }];
        Kernel { kind: KernelKind::Loop(Loop { size, body, sums: Vec::new() }), nodes }
    }

    /// Whether it is a loop over one index.
    pub fn is_chain_of_scalars(&self) -> bool {
        matches!(&self.kind, KernelKind::Loop(chain) if chain.size == 1)
    }
}

impl KernelKind {
    /// All that is read, buffers that are only read within the same loop included.
    pub fn reads(&self) -> Vec<&View> {
        match self {
            KernelKind::Loop(Loop { body, sums, .. }) => {
                let operands = body.iter().flat_map(|node| node.operands.iter());
                operands.chain(sums.iter().map(|sum| &sum.operand)).collect()
            }
            KernelKind::Product(product) => {
                let factors = product.accumulate.iter().flat_map(|f| f.keep.iter().chain(&f.scale));
                [&product.lhs, &product.rhs].into_iter().chain(factors).collect()
            }
            KernelKind::WindowProduct(product) => vec![&product.windows, &product.matrix],
            KernelKind::RowProduct(RowProduct { windows, matrix, .. })
            | KernelKind::TermProduct(TermProduct { windows, matrix, .. }) => vec![windows, matrix],
            KernelKind::AxisOp { input, .. } => vec![input],
            KernelKind::Fold { windows, .. } => vec![windows],
            KernelKind::BestOfWindows { places, .. } => vec![places],
            KernelKind::GradientOfBest(gradient) => vec![&gradient.places, &gradient.elements],
            KernelKind::Gather { table, indices, .. } => vec![table, indices],
            KernelKind::ScatterAdd { indices, elements, .. } => vec![indices, elements],
            KernelKind::Assemble { blocks, .. } => blocks.iter().map(|block| &block.source).collect(),
            KernelKind::Scan { inputs, .. } | KernelKind::Random { inputs, .. } | KernelKind::Custom { inputs, .. } => {
                inputs.iter().collect()
            }
        }
    }

    /// All that is computed.
    pub fn writes(&self) -> Vec<BufferId> {
        match self {
            KernelKind::Loop(Loop { body, sums, .. }) => {
                body.iter().map(|node| node.out).chain(sums.iter().map(|sum| sum.out)).collect()
            }
            KernelKind::Product(Product { out, .. })
            | KernelKind::WindowProduct(WindowProduct { out, .. })
            | KernelKind::RowProduct(RowProduct { out, .. })
            | KernelKind::TermProduct(TermProduct { out, .. })
            | KernelKind::AxisOp { out, .. }
            | KernelKind::Fold { out, .. }
            | KernelKind::BestOfWindows { out, .. }
            | KernelKind::GradientOfBest(GradientOfBest { out, .. })
            | KernelKind::Gather { out, .. }
            | KernelKind::Random { out, .. }
            | KernelKind::ScatterAdd { out, .. }
            | KernelKind::Assemble { out, .. } => vec![*out],
            KernelKind::Scan { outs, .. } => outs.clone(),
            KernelKind::Custom { outs, .. } => outs.iter().map(|(_, out)| *out).collect(),
        }
    }
}
