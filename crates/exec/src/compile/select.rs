//! Selection: for each node, the kernel that computes it.
//!
//! Ops that move nothing become views. Elementwise ops become loops of one op, for the fusion to join; so do contractions
//! that sum over nothing. Other contractions become matrix products, transposes taken by stride; one that an update
//! accumulates goes straight into the parameter.

use std::collections::HashMap;

use chainrule_graph::ops::{Elementwise, Exponent, Index, Phased, Reduce, Reduction, ShapeOp, Source, Windows};
use chainrule_graph::{Graph, Node, NodeId, Op, Shape, Value};

use super::accumulate::Accumulation;
use super::buffer::BufferId;
use super::contraction::contraction;
use super::gathered_fold::{GatheredFold, gathered};
use super::innermost::{Innermost, with_last};
use super::loop_constants::with_turned_constants;
use super::plan::{BlockCopy, ClosingSum, Factors, KernelKind, Loop, LoopOp, Plan, Product};
use super::plan_builder::PlanBuilder;
use super::pools::{self, Pool};
use super::storage::{Along, along};
use super::view::{View, window_strides};
use crate::program::instruction::GatherDimensions;

/// The plan of a graph: one kernel for each node that needs one, in the order of the nodes.
/// Vectors hold so many numbers.
pub(crate) fn select(graph: Graph, accumulations: &[Accumulation], kept: &[Value], lanes: usize) -> Plan {
    let innermost = Innermost::of(&graph, lanes);
    let mut selector = Selector {
        plan: PlanBuilder::new(&graph, lanes),
        accumulations: accumulations.iter().map(|a| (a.value.node, *a)).collect(),
        sums_of_products: sums_of_products(&graph, kept).into_iter().collect(),
        folds: folds_of_products(&graph, kept, &innermost),
        maxima: HashMap::new(),
        innermost,
        pools: graph.ids().filter_map(|id| Some((id, Pool::of(&graph, id)?))).collect(),
    };
    let read = selector.read(&graph, kept);
    let maxima = graph.ids().filter(|id| read[id.index()]).filter_map(|id| {
        match (&graph.node(id).op, &graph.node(id).inputs[..]) {
            (Op::Elementwise(Elementwise::Max), &[b, x]) => Some(((b, x), id.into())),
            _ => None,
        }
    });
    selector.maxima = maxima.collect();
    for id in graph.ids() {
        let views = selector.select(&graph, id, read[id.index()]);
        selector.plan.views.extend(views);
    }
    let outputs = kept.iter().map(|&id| selector.output(&graph, id)).collect();
    selector.plan.finish(graph, outputs)
}

struct Selector {
    plan: PlanBuilder,
    accumulations: HashMap<NodeId, Accumulation>,
    /// Sums over all elements of a product, or a square, that nothing else reads: dot products.
    sums_of_products: HashMap<NodeId, Value>,
    /// Folds of contractions, and parts of such, that are gathered, and the contractions.
    folds: HashMap<NodeId, GatheredFold>,
    /// The greater of two operands, by these, where it is read.
    maxima: HashMap<(Value, Value), Value>,
    /// What lies innermost of that over which windows slide.
    innermost: Innermost,
    /// Pools and their gradients.
    pools: HashMap<NodeId, Pool>,
}

impl Selector {
    /// For each node, whether anything reads its value: what an accumulation or a dot product computes on the way is not.
    fn read(&self, graph: &Graph, kept: &[Value]) -> Vec<bool> {
        let mut read = vec![false; graph.nodes().len()];
        for id in kept.iter().copied().chain(graph.updates().iter().map(|update| update.value)) {
            read[id.node.index()] = true;
        }
        for id in graph.ids().rev().filter(|id| !graph.node(*id).inputs.is_empty()) {
            if !read[id.index()] {
                continue;
            }
            let factors = |a: &Accumulation| [a.keep, a.scale];
            let accumulation = self.accumulations.get(&id);
            let inside = accumulation.map(|a| a.contraction).or_else(|| self.sums_of_products.get(&id).copied());
            let inside = inside.or_else(|| self.folds.get(&id).map(|fold| fold.windows));
            let inputs = match self.pools.get(&id) {
                Some(pool) => pool.reads(),
                None => graph.node(inside.unwrap_or(id.into())).inputs.clone(),
            };
            for input in inputs.into_iter().chain(accumulation.into_iter().flat_map(factors).flatten()) {
                read[input.node.index()] = true;
            }
        }
        read
    }

    /// Adds what computes a node; returns where the elements of each output lie.
    fn select(&mut self, graph: &Graph, id: NodeId, is_read: bool) -> Vec<View> {
        let node = graph.node(id);
        let (out, whole) = self.plan.result(id, node);
        if let Some(&accumulation) = self.accumulations.get(&id) {
            self.accumulation(graph, id, accumulation);
            return vec![whole];
        }
        let outs: Vec<(Shape, BufferId)> = (node.outputs.iter().enumerate())
            .map(|(index, output)| (output.shape.clone(), self.plan.buffers.of(id.output(index))))
            .collect();
        let all_whole = outs.iter().map(|(shape, out)| View::whole(*out, shape)).collect();
        if !is_read {
            return all_whole;
        }
        if let Some(fold) = self.folds.get(&id) {
            return vec![gathered(&mut self.plan, graph, id, fold, whole)];
        }
        match &node.op {
            Op::Source(_) => {}
            Op::Elementwise(op) => {
                let operands = self.compared(id, node, *op).into_iter().map(|value| self.plan.view(value)).collect();
                return vec![self.plan.add_along_memory(id, LoopOp::Elementwise(*op), operands, whole)];
            }
            Op::Contract(contract) => return vec![contraction(&mut self.plan, id, node, contract, None)],
            Op::Reduce(op) => return vec![self.reduce(graph, id, op)],
            Op::Shape(op) => match self.plan.operand(node, 0).through(op) {
                Some(through) => return vec![through],
                None => return vec![self.rearrange(id, node, op)],
            },
            Op::Windows(Windows::Slide(dimensions)) => {
                let slid = self.slid(id, node.inputs[0]);
                return vec![slid.windows(dimensions, &node.outputs[0].shape)];
            }
            Op::Windows(Windows::Fold { dimensions, .. }) => {
                if let Some(&Pool::Gradient { extreme, windows, elements }) = self.pools.get(&id) {
                    let operands = [windows, elements].map(|value| self.plan.view(value));
                    return vec![pools::gradient_of_pool(&mut self.plan, id, dimensions, extreme, operands, whole)];
                }
                let windows = self.plan.operand(node, 0);
                // The windows from one to the next, without what is within them
                let places: Vec<usize> = (0..whole.shape.rank()).collect();
                let order = windows.permuted(&places).other_order();
                let stored = order.map_or(whole.clone(), |order| View::stored(out, &whole.shape, &order));
                let strides = window_strides(&stored.strides, dimensions);
                self.plan.add(id, KernelKind::Fold { windows, strides, out });
                return vec![stored];
            }
            // The phase of training: the operand that it takes
            Op::Phased(Phased::InTraining | Phased::BatchMean) => return vec![self.plan.operand(node, 0)],
            Op::Phased(Phased::BatchSize { .. }) => {}
            Op::Index(op) => self.index(id, node, op),
            Op::Random(op) => {
                let inputs = (0..node.inputs.len()).map(|index| self.plan.contiguous(id, node, index)).collect();
                self.plan.add(id, KernelKind::Random { op: op.clone(), inputs, out });
            }
            Op::Scan(op) => {
                let (op, turned) = with_turned_constants(op);
                let inputs = turned.into_iter().enumerate().map(|(index, is_turned)| {
                    let view = self.plan.operand(node, index);
                    self.plan.made_contiguous(id, if is_turned { view.permuted(&[1, 0]) } else { view })
                });
                let inputs = inputs.collect();
                let outs = outs.into_iter().map(|(_, out)| out).collect();
                self.plan.add(id, KernelKind::Scan { op, inputs, outs });
            }
            Op::Custom(op) => {
                let inputs = (0..node.inputs.len()).map(|index| self.plan.contiguous(id, node, index)).collect();
                self.plan.add(id, KernelKind::Custom { op: op.clone(), inputs, outs });
            }
        }
        all_whole
    }

    /// The operands of an elementwise op. The derivative of a = max(b, x) asks where x ≤ b, which is where a ≤ b, NaN or not: where a
    /// is at hand, x need not be stored.
    fn compared(&self, id: NodeId, node: &Node, op: Elementwise) -> Vec<Value> {
        match (op, &node.inputs[..]) {
            (Elementwise::LessEqual, &[x, b]) => {
                let max = self.maxima.get(&(b, x)).filter(|max| max.node < id);
                vec![*max.unwrap_or(&x), b]
            }
            _ => node.inputs.clone(),
        }
    }

    /// What windows slide over, with the axis innermost that is to be there.
    fn slid(&mut self, id: NodeId, value: Value) -> View {
        let view = self.plan.view(value);
        let rank = view.shape.rank();
        match self.innermost.axis(value) {
            Some(axis) if view.strides[axis] != 1 => {
                let order = with_last(rank, axis);
                let copy = self.plan.copied(id, view.permuted(&order));
                View::stored(copy.buffer, &view.shape, &order)
            }
            _ => view,
        }
    }

    /// An op along axes; returns the view of its result. The sum of one element each is that element.
    fn reduce(&mut self, graph: &Graph, id: NodeId, op: &Reduce) -> View {
        let node = graph.node(id);
        let (out, whole) = self.plan.result(id, node);
        if let Some(&product) = self.sums_of_products.get(&id) {
            self.dot(id, graph.node(product));
            return whole;
        }
        if let Some(&Pool::Best { windows }) = self.pools.get(&id) {
            let windows = self.plan.view(windows);
            return pools::pool(&mut self.plan, id, op.op, &windows, whole);
        }
        let input = self.plan.operand(node, 0);
        let is_sum = op.op == Reduction::Sum;
        if is_sum
            && op.axes.iter().all(|&axis| input.shape[axis] == 1)
            && let Some(view) = input.through(&ShapeOp::Reshape { shape: node.outputs[0].shape.clone() })
        {
            return view;
        }
        let keeps_shape = input.shape.rank() == whole.shape.rank();
        let Along { view: input, axis, order } = along(input, &op.axes, keeps_shape);
        if is_sum {
            let size = input.shape.size();
            let sums = vec![ClosingSum { operand: input, axis, out }];
            self.plan.add(id, KernelKind::Loop(Loop { size, body: Vec::new(), sums }));
        } else {
            let input = self.plan.made_contiguous(id, input);
            self.plan.add(id, KernelKind::AxisOp { op: op.op, input, axis, out });
        }
        order.map_or(whole.clone(), |order| View::stored(out, &whole.shape, &order))
    }

    fn dot(&mut self, id: NodeId, product: &Node) {
        let last = product.inputs.len() - 1;
        let (lhs, rhs) = (self.plan.contiguous(id, product, 0), self.plan.contiguous(id, product, last));
        let product = Product {
            m: 1,
            n: 1,
            k: lhs.shape.size(),
            lhs,
            lhs_strides: (0, 1),
            rhs,
            rhs_strides: (1, 0),
            out: self.plan.buffers.of(id),
            out_strides: (0, 0),
            batches: Vec::new(),
            accumulate: None,
        };
        self.plan.add(id, KernelKind::Product(product));
    }

    /// Rearrangements that are no view: a reshape out of order, and those that join, pad or turn round. Returns the view of the
    /// result; what is padded stays in the order in which it lies.
    fn rearrange(&mut self, id: NodeId, node: &Node, op: &ShapeOp) -> View {
        let (out, whole) = self.plan.result(id, node);
        let first = self.plan.operand(node, 0);
        let order = match op {
            ShapeOp::Pad { .. } => {
                let axis = self.innermost.axis(id.into());
                axis.map(|axis| with_last(whole.shape.rank(), axis)).or_else(|| first.other_order())
            }
            _ => None,
        };
        let stored = order.map_or(whole.clone(), |order| View::stored(out, &whole.shape, &order));
        let shape = &whole.shape;
        let strides: Vec<isize> = stored.strides.iter().map(|&stride| stride as isize).collect();
        let block = |source, offset| BlockCopy { source, offset, strides: strides.clone() };
        let (blocks, filled) = match op {
            ShapeOp::Concat { axis } => {
                let step = shape.strides()[*axis];
                let mut start = 0;
                let mut blocks = Vec::new();
                for index in 0..node.inputs.len() {
                    let source = self.plan.operand(node, index);
                    let length = source.shape[*axis];
                    blocks.push(block(source, start * step));
                    start += length;
                }
                (blocks, true)
            }
            ShapeOp::Pad { low, .. } => {
                let offset = low.iter().zip(&stored.strides).map(|(low, stride)| low * stride).sum();
                (vec![block(first, offset)], false)
            }
            ShapeOp::Reverse { axes } => {
                let mut reversed = block(first, 0);
                for &axis in axes {
                    reversed.offset += shape[axis].saturating_sub(1) * reversed.strides[axis] as usize;
                    reversed.strides[axis] = -reversed.strides[axis];
                }
                (vec![reversed], true)
            }
            ShapeOp::Reshape { .. } | ShapeOp::Transpose { .. } | ShapeOp::Broadcast { .. } | ShapeOp::Slice { .. } => {
                self.plan.add_loop(id, LoopOp::Copy, vec![first], out);
                return stored;
            }
        };
        self.plan.add(id, KernelKind::Assemble { blocks, filled, out });
        stored
    }

    fn index(&mut self, id: NodeId, node: &Node, op: &Index) {
        let out = self.plan.buffers.of(id);
        let (first, second) = (self.plan.contiguous(id, node, 0), self.plan.contiguous(id, node, 1));
        let product = |sizes: &[usize]| sizes.iter().product::<usize>();
        match op {
            Index::Gather { batch } => {
                let dimensions = GatherDimensions {
                    batches: product(&first.shape[..*batch]),
                    count: product(&second.shape[*batch..]),
                    rows: first.shape[*batch],
                    size: product(&first.shape[batch + 1..]),
                };
                self.plan.add(id, KernelKind::Gather { table: first, indices: second, dimensions, out });
            }
            Index::ScatterAdd { batch, size } => {
                let dimensions = GatherDimensions {
                    batches: product(&first.shape[..*batch]),
                    count: product(&first.shape[*batch..]),
                    rows: *size,
                    size: product(&second.shape[first.shape.rank()..]),
                };
                self.plan.add(id, KernelKind::ScatterAdd { indices: first, elements: second, dimensions, out });
            }
        }
    }

    /// Where an output lies. An input that is one is copied: what a step reports is kept when the input is set anew.
    fn output(&mut self, graph: &Graph, value: Value) -> View {
        let view = self.plan.view(value);
        let is_input = |value: Value| matches!(graph.node(value).op, Op::Source(Source::Input { .. }));
        if self.plan.buffers.value(view.buffer).is_some_and(is_input) {
            self.plan.copied(value.node, view)
        } else {
            view
        }
    }

    fn accumulation(&mut self, graph: &Graph, id: NodeId, accumulation: Accumulation) {
        let node = graph.node(accumulation.contraction);
        let Op::Contract(contract) = &node.op else {
            unreachable!("the pass that accumulates takes contractions only")
        };
        let scalar = |factor: Option<Value>| factor.map(|factor| self.plan.view(factor));
        let factors = Factors { keep: scalar(accumulation.keep), scale: scalar(accumulation.scale) };
        contraction(&mut self.plan, id, node, contract, Some(factors));
        let buffers = &self.plan.buffers;
        let pair = (buffers.of(id), buffers.of(accumulation.target));
        self.plan.in_place.push(pair);
    }
}

/// The folds that are gathered.
fn folds_of_products(graph: &Graph, kept: &[Value], innermost: &Innermost) -> HashMap<NodeId, GatheredFold> {
    let users = graph.count_users(kept.iter().copied());
    graph.ids().filter_map(|id| Some((id, GatheredFold::of(graph, &users, id, innermost)?))).collect()
}

/// Sums over all elements of an elementwise product or square of several elements that nothing else reads.
fn sums_of_products(graph: &Graph, kept: &[Value]) -> Vec<(NodeId, Value)> {
    let users = graph.count_users(kept.iter().copied());
    let is_product = |op: &Op| matches!(op, Op::Elementwise(Elementwise::Mul | Elementwise::Power(Exponent(2.0))));
    let is_total = |id: NodeId| {
        matches!(graph.node(id).op, Op::Reduce(Reduce { op: Reduction::Sum, .. })) && graph.shape(id).rank() == 0
    };
    graph
        .ids()
        .filter(|&id| is_total(id))
        .map(|id| (id, graph.node(id).inputs[0]))
        .filter(|&(_, product)| {
            let node = graph.node(product);
            is_product(&node.op) && users[graph.value_index(product)] == 1 && graph.shape(product).size() > 1 && {
                // Copies of one row or scalar are cheaper to leave to a loop.
                let inputs = node.inputs.iter().map(|&input| &graph.node(input).op);
                !inputs.into_iter().any(|op| matches!(op, Op::Shape(ShapeOp::Broadcast { .. })))
            }
        })
        .collect()
}
