//! Selection: for each node, what does its work.
//!
//! Ops that move nothing become views. Elementwise ops become loops of one op, for the fusion to join; so do contractions
//! that sum over nothing. Other contractions become matrix products, transposes taken by stride; one that an update
//! accumulates goes straight into the parameter.

use std::collections::HashMap;

use chainrule_graph::ops::contract::Label;
use chainrule_graph::ops::elementwise::Exponent;
use chainrule_graph::ops::{Contract, Elementwise, Index, Reduce, ShapeOp};
use chainrule_graph::{Graph, Node, NodeId, Op, Shape};
use chainrule_kernels::reduce::Axis;

use super::accumulate::Accumulation;
use super::dimension_numbers::{DimensionNumbers, merged, stride_of};
use super::plan::{Copied, Factors, Kernel, KernelKind, Loop, LoopNode, LoopOp, Plan, Product, Reduction};
use super::view::{BufferId, View};
use crate::program::instruction::GatherDimensions;

/// The plan of a graph: one kernel for each node that needs work, in the order of the nodes.
pub(crate) fn select(graph: Graph, accumulations: &[Accumulation], kept: &[NodeId]) -> Plan {
    let mut selector = Selector {
        views: Vec::with_capacity(graph.nodes().len()),
        sizes: graph.nodes().iter().map(|node| node.shape.size()).collect(),
        kernels: Vec::new(),
        in_place: Vec::new(),
        accumulations: accumulations.iter().map(|a| (a.value, *a)).collect(),
        sums_of_products: sums_of_products(&graph, kept).into_iter().collect(),
    };
    let read = selector.read(&graph, kept);
    for id in graph.ids() {
        selector.select(&graph, id, read[id.index()]);
    }
    let Selector { views, sizes, kernels, in_place, .. } = selector;
    Plan { graph, views, sizes, prologue: Vec::new(), kernels, in_place }
}

struct Selector {
    views: Vec<View>,
    sizes: Vec<usize>,
    kernels: Vec<Kernel>,
    in_place: Vec<(BufferId, BufferId)>,
    accumulations: HashMap<NodeId, Accumulation>,
    /// Sums over all entries of a product, or a square, that nothing else reads: dot products.
    sums_of_products: HashMap<NodeId, NodeId>,
}

impl Selector {
    /// For each node, whether anything reads its value: what an accumulation or a dot product computes on the way is not.
    fn read(&self, graph: &Graph, kept: &[NodeId]) -> Vec<bool> {
        let mut read = vec![false; graph.nodes().len()];
        for id in kept.iter().copied().chain(graph.updates().iter().map(|update| update.value)) {
            read[id.index()] = true;
        }
        for id in graph.ids().rev().filter(|id| !graph.node(*id).inputs.is_empty()) {
            if !read[id.index()] {
                continue;
            }
            let factors = |a: &Accumulation| [a.keep, a.scale];
            let accumulation = self.accumulations.get(&id);
            let inside = accumulation.map(|a| a.contraction).or_else(|| self.sums_of_products.get(&id).copied());
            let inputs = graph.node(inside.unwrap_or(id)).inputs.iter().copied();
            for input in inputs.chain(accumulation.into_iter().flat_map(factors).flatten()) {
                read[input.index()] = true;
            }
        }
        read
    }

    fn select(&mut self, graph: &Graph, id: NodeId, read: bool) {
        let node = graph.node(id);
        let out = BufferId(id.index() as u32);
        let mut view = View::whole(out, &node.shape);
        if let Some(&accumulation) = self.accumulations.get(&id) {
            self.accumulation(graph, id, accumulation);
        } else if read {
            match &node.op {
                Op::Source(_) => {}
                Op::Elementwise(op) => self.elementwise(id, node, *op),
                Op::Contract(contract) => view = self.contract(graph, id, contract, None),
                Op::Reduce(op) => view = self.reduce(graph, id, op),
                Op::Shape(op) => match self.input(node, 0).through(op) {
                    Some(through) => view = through,
                    None => self.rearrange(id, node, op),
                },
                Op::Index(op) => self.index(graph, id, op),
                Op::Custom(op) => {
                    let inputs = (0..node.inputs.len()).map(|place| self.contiguous(id, node, place)).collect();
                    self.add(id, KernelKind::Custom { op: op.clone(), inputs, out });
                }
            }
        }
        self.views.push(view);
    }

    fn input(&self, node: &Node, place: usize) -> View {
        self.views[node.inputs[place].index()].clone()
    }

    fn add(&mut self, id: NodeId, work: KernelKind) {
        self.kernels.push(Kernel { kind: work, nodes: vec![id] });
    }

    /// The input's entries one after the other; brought into that order where they are not.
    fn contiguous(&mut self, id: NodeId, node: &Node, place: usize) -> View {
        let view = self.input(node, place);
        if view.is_contiguous() { view } else { self.copied(id, view) }
    }

    fn copied(&mut self, id: NodeId, view: View) -> View {
        let out = BufferId(self.sizes.len() as u32);
        let copy = View::whole(out, &view.shape);
        self.sizes.push(view.shape.size());
        self.entrywise(id, LoopOp::Copy, vec![view], out);
        copy
    }

    fn entrywise(&mut self, id: NodeId, op: LoopOp, operands: Vec<View>, out: BufferId) {
        let size = self.sizes[out.index()];
        let body = vec![LoopNode { op, operands, out }];
        self.add(id, KernelKind::Loop(Loop { size, body, reduction: None }));
    }

    fn elementwise(&mut self, id: NodeId, node: &Node, op: Elementwise) {
        let operands = (0..node.inputs.len()).map(|place| self.input(node, place)).collect();
        self.entrywise(id, LoopOp::Elementwise(op), operands, BufferId(id.index() as u32));
    }

    /// An op along axes; returns the view of its result. The sum of one entry each is that entry.
    fn reduce(&mut self, graph: &Graph, id: NodeId, op: &Reduce) -> View {
        let node = graph.node(id);
        let out = BufferId(id.index() as u32);
        let whole = View::whole(out, &node.shape);
        if let Some(&product) = self.sums_of_products.get(&id) {
            self.dot(graph, id, product);
            return whole;
        }
        let mut input = self.input(node, 0);
        let axes = op.axes();
        let dropped = || input.through(&ShapeOp::Reshape { shape: node.shape.clone() });
        if let Reduce::Sum { .. } = op
            && axes.iter().all(|&axis| input.shape[axis] == 1)
            && let Some(view) = dropped()
        {
            return view;
        }
        let rank = input.shape.rank();
        let adjacent = axes.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        if !adjacent {
            // Bring the axes that are summed over to the end.
            let kept = (0..rank).filter(|axis| !axes.contains(axis));
            let order: Vec<usize> = kept.chain(axes.iter().copied()).collect();
            if let Some(moved) = input.through(&ShapeOp::Transpose { axes: order }) {
                input = moved;
            }
        }
        let first = if adjacent { axes.first().copied().unwrap_or(rank) } else { rank - axes.len() };
        let size_of = |axes: std::ops::Range<usize>| input.shape[axes].iter().product();
        let axis = Axis {
            outer: size_of(0..first),
            n: size_of(first..first + axes.len()),
            inner: size_of(first + axes.len()..rank),
        };
        if let Reduce::Sum { .. } = op {
            let reduction = Reduction { operand: input.clone(), axis, out };
            let size = input.shape.size();
            self.add(id, KernelKind::Loop(Loop { size, body: Vec::new(), reduction: Some(reduction) }));
        } else {
            let input = if input.is_contiguous() { input } else { self.copied(id, input) };
            self.add(id, KernelKind::AxisOp { op: op.clone(), input, axis, out });
        }
        whole
    }

    fn dot(&mut self, graph: &Graph, id: NodeId, product: NodeId) {
        let node = graph.node(product);
        let (lhs, rhs) = (self.contiguous(id, node, 0), self.contiguous(id, node, node.inputs.len() - 1));
        let k = lhs.shape.size();
        let out = BufferId(id.index() as u32);
        self.add(
            id,
            KernelKind::Product(Product {
                m: 1,
                n: 1,
                k,
                lhs,
                lhs_strides: (0, 1),
                rhs,
                rhs_strides: (1, 0),
                out,
                out_strides: (0, 0),
                batches: Vec::new(),
                accumulate: None,
            }),
        );
    }

    /// Rearrangements that are no view: a reshape out of order, and those that join, pad or turn round.
    fn rearrange(&mut self, id: NodeId, node: &Node, op: &ShapeOp) {
        let out = BufferId(id.index() as u32);
        let strides: Vec<isize> = node.shape.strides().iter().map(|&stride| stride as isize).collect();
        let copied = |source, offset| Copied { source, offset, strides: strides.clone() };
        let work = match op {
            ShapeOp::Concat { axis } => {
                let step = node.shape.strides()[*axis];
                let mut start = 0;
                let mut parts = Vec::new();
                for place in 0..node.inputs.len() {
                    let source = self.input(node, place);
                    let length = source.shape[*axis];
                    parts.push(copied(source, start * step));
                    start += length;
                }
                KernelKind::Assemble { parts, filled: true, out }
            }
            ShapeOp::Pad { low, .. } => {
                let offset = low.iter().zip(node.shape.strides()).map(|(low, stride)| low * stride).sum();
                KernelKind::Assemble { parts: vec![copied(self.input(node, 0), offset)], filled: false, out }
            }
            ShapeOp::Reverse { axes } => {
                let mut part = copied(self.input(node, 0), 0);
                for &axis in axes {
                    part.offset += node.shape[axis].saturating_sub(1) * part.strides[axis] as usize;
                    part.strides[axis] = -part.strides[axis];
                }
                KernelKind::Assemble { parts: vec![part], filled: true, out }
            }
            ShapeOp::Reshape { .. } | ShapeOp::Transpose { .. } | ShapeOp::Broadcast { .. } | ShapeOp::Slice { .. } => {
                return self.entrywise(id, LoopOp::Copy, vec![self.input(node, 0)], out);
            }
        };
        self.add(id, work);
    }

    fn index(&mut self, graph: &Graph, id: NodeId, op: &Index) {
        let node = graph.node(id);
        let out = BufferId(id.index() as u32);
        let (first, second) = (self.contiguous(id, node, 0), self.contiguous(id, node, 1));
        let product = |sizes: &[usize]| sizes.iter().product::<usize>();
        match op {
            Index::Gather { batch } => {
                let dimensions = GatherDimensions {
                    batches: product(&first.shape[..*batch]),
                    count: product(&second.shape[*batch..]),
                    rows: first.shape[*batch],
                    size: product(&first.shape[batch + 1..]),
                };
                self.add(id, KernelKind::Gather { table: first, indices: second, dimensions, out });
            }
            Index::ScatterAdd { batch, size } => {
                let dimensions = GatherDimensions {
                    batches: product(&first.shape[..*batch]),
                    count: product(&first.shape[*batch..]),
                    rows: *size,
                    size: product(&second.shape[first.shape.rank()..]),
                };
                self.add(id, KernelKind::ScatterAdd { indices: first, entries: second, dimensions, out });
            }
        }
    }

    fn accumulation(&mut self, graph: &Graph, id: NodeId, accumulation: Accumulation) {
        let Op::Contract(contract) = &graph.node(accumulation.contraction).op else {
            unreachable!("the pass that accumulates takes contractions only")
        };
        let scalar = |factor: Option<NodeId>| factor.map(|factor| self.views[factor.index()].clone());
        let factors = Factors { keep: scalar(accumulation.keep), scale: scalar(accumulation.scale) };
        let target = BufferId(accumulation.target.index() as u32);
        self.contract(graph, id, contract, Some((accumulation.contraction, factors)));
        self.in_place.push((BufferId(id.index() as u32), target));
    }

    /// A contraction, written to the buffer of `id`; returns the view of its result. With factors, it is added to what the
    /// buffer holds.
    fn contract(
        &mut self,
        graph: &Graph,
        id: NodeId,
        contract: &Contract,
        accumulate: Option<(NodeId, Factors)>,
    ) -> View {
        let node = graph.node(accumulate.as_ref().map_or(id, |(contraction, _)| *contraction));
        let out = BufferId(id.index() as u32);
        let (lhs, rhs) = (self.input(node, 0), self.input(node, 1));
        let sizes = contract.sizes(&lhs.shape, &rhs.shape);
        let mut numbers = DimensionNumbers::of(contract, &sizes);
        if numbers.k.is_empty() && accumulate.is_none() {
            // Nothing is summed over: an entrywise product of the two, each repeated along the other's axes.
            let spread = |view: &View, labels: &[Label]| View {
                strides: contract.out.iter().map(|label| stride_of(view, labels, *label)).collect(),
                shape: node.shape.clone(),
                ..view.clone()
            };
            let operands = vec![spread(&lhs, &contract.lhs), spread(&rhs, &contract.rhs)];
            self.entrywise(id, LoopOp::Elementwise(Elementwise::Mul), operands, out);
            return View::whole(out, &node.shape);
        }
        let whole = View::whole(out, &node.shape);
        let natural = |label: Label| stride_of(&whole, &contract.out, label);
        // A result whose rows or columns are not evenly spaced is stored in another order, unless it is accumulated.
        let even = merged(&numbers.m, &sizes, natural).is_some() && merged(&numbers.n, &sizes, natural).is_some();
        if !even && accumulate.is_some() {
            // As good: repeat over what does not merge.
            numbers.split(&sizes, natural);
        }
        let order: Vec<Label> = if even || accumulate.is_some() {
            contract.out.clone()
        } else {
            [&numbers.batch[..], &numbers.m, &numbers.n].concat()
        };
        let stored = View::whole(out, &order.iter().map(|&label| sizes[label as usize]).collect::<Shape>());
        let lhs = self.evenly_spaced(id, lhs, &contract.lhs, [&numbers.m, &numbers.k], &numbers.batch, &sizes);
        let rhs = self.evenly_spaced(id, rhs, &contract.rhs, [&numbers.k, &numbers.n], &numbers.batch, &sizes);
        let in_lhs = |label: Label| stride_of(&lhs.0, &lhs.1, label);
        let in_rhs = |label: Label| stride_of(&rhs.0, &rhs.1, label);
        let in_out = |label: Label| stride_of(&stored, &order, label);
        let run = |labels: &[Label], stride: &dyn Fn(Label) -> usize| merged(labels, &sizes, stride).unwrap_or((1, 0));
        let (m, lhs_m) = run(&numbers.m, &in_lhs);
        let (k, lhs_k) = run(&numbers.k, &in_lhs);
        let (n, rhs_n) = run(&numbers.n, &in_rhs);
        let product = Product {
            m,
            n,
            k,
            lhs_strides: (lhs_m, lhs_k),
            rhs_strides: (run(&numbers.k, &in_rhs).1, rhs_n),
            out_strides: (run(&numbers.m, &in_out).1, run(&numbers.n, &in_out).1),
            batches: (numbers.batch.iter())
                .map(|&label| (sizes[label as usize], [in_lhs(label), in_rhs(label), in_out(label)]))
                .collect(),
            lhs: lhs.0.clone(),
            rhs: rhs.0.clone(),
            out,
            accumulate: accumulate.map(|(_, factors)| factors),
        };
        self.add(id, KernelKind::Product(product));
        // The result under the labels' order, seen in the order that was asked for.
        let strides = contract.out.iter().map(|&label| stride_of(&stored, &order, label)).collect();
        View { strides, ..whole }
    }

    /// An operand whose labels of each class are one run; copied into such an order where they are not.
    fn evenly_spaced(
        &mut self,
        id: NodeId,
        view: View,
        labels: &[Label],
        numbers: [&Vec<Label>; 2],
        batch: &[Label],
        sizes: &[usize],
    ) -> (View, Vec<Label>) {
        let stride = |label: Label| stride_of(&view, labels, label);
        if numbers.iter().all(|class| merged(class, sizes, stride).is_some()) {
            return (view, labels.to_vec());
        }
        let shared: Vec<Label> = batch.iter().copied().filter(|label| labels.contains(label)).collect();
        let order: Vec<Label> = [&shared[..], numbers[0], numbers[1]].concat();
        let sorted = View {
            shape: order.iter().map(|&label| sizes[label as usize]).collect(),
            strides: order.iter().map(|&label| stride(label)).collect(),
            ..view
        };
        (self.copied(id, sorted), order)
    }
}

/// Sums over all entries of an entrywise product or square of several entries that nothing else reads.
fn sums_of_products(graph: &Graph, kept: &[NodeId]) -> Vec<(NodeId, NodeId)> {
    let readers = graph.count_users(kept);
    let is_product = |op: &Op| matches!(op, Op::Elementwise(Elementwise::Mul | Elementwise::Power(Exponent(2.0))));
    graph
        .ids()
        .filter_map(|id| match &graph.node(id).op {
            Op::Reduce(Reduce::Sum { .. }) if graph.node(id).shape.rank() == 0 => Some((id, graph.node(id).inputs[0])),
            _ => None,
        })
        .filter(|&(_, product)| {
            let node = graph.node(product);
            is_product(&node.op) && readers[product.index()] == 1 && node.shape.size() > 1 && {
                // Copies of one row or number are cheaper to leave to a loop.
                let inputs = node.inputs.iter().map(|&input| &graph.node(input).op);
                !inputs.into_iter().any(|op| matches!(op, Op::Shape(ShapeOp::Broadcast { .. })))
            }
        })
        .collect()
}
