//! A plan that is being made: what the selection of kernels adds to, node by node.

use std::collections::HashMap;

use chainrule_graph::{Graph, Node, NodeId, Value};

use super::buffer::{BufferId, Buffers};
use super::plan::{Kernel, KernelKind, Loop, LoopNode, LoopOp, Plan};
use super::storage::common_order;
use super::view::View;

/// The kernels so far.
pub(super) struct PlanBuilder {
    pub buffers: Buffers,
    /// Where the elements of the values so far lie, by their buffers.
    pub views: Vec<View>,
    kernels: Vec<Kernel>,
    /// The copies so far: what was copied, and the buffer of its elements in their order.
    copies: HashMap<BufferId, Vec<(View, BufferId)>>,
    /// Buffers that are a parameter's own: (the new value, the old).
    pub in_place: Vec<(BufferId, BufferId)>,
    /// How many numbers a vector holds.
    pub lanes: usize,
}

impl PlanBuilder {
    pub fn new(graph: &Graph, lanes: usize) -> PlanBuilder {
        PlanBuilder {
            buffers: Buffers::of_graph(graph),
            views: Vec::new(),
            kernels: Vec::new(),
            copies: HashMap::new(),
            in_place: Vec::new(),
            lanes,
        }
    }

    pub fn finish(self, graph: Graph, outputs: Vec<View>) -> Plan {
        let PlanBuilder { buffers, views, kernels, in_place, .. } = self;
        Plan { graph, buffers, views, outputs, prologue: Vec::new(), kernels, in_place }
    }

    /// The buffer of a node's output, of several the first, and all of it as its value.
    pub fn result(&self, id: NodeId, node: &Node) -> (BufferId, View) {
        let out = self.buffers.of(id);
        (out, View::whole(out, &node.outputs[0].shape))
    }

    /// Where the elements of a value lie.
    pub fn view(&self, value: Value) -> View {
        self.views[self.buffers.of(value).index()].clone()
    }

    /// Where the elements of a node's operand lie.
    pub fn operand(&self, node: &Node, index: usize) -> View {
        self.view(node.inputs[index])
    }

    /// An operand's elements one after the other; brought into that order where they are not.
    pub fn contiguous(&mut self, id: NodeId, node: &Node, index: usize) -> View {
        let view = self.operand(node, index);
        self.made_contiguous(id, view)
    }

    /// A view's elements one after the other, as above.
    pub fn made_contiguous(&mut self, id: NodeId, view: View) -> View {
        if view.is_contiguous() { view } else { self.copied(id, view) }
    }

    /// A view of a copy made before of the same elements, perhaps with the axes in another order: the strides of this view's
    /// axes in it.
    pub fn known_copies(&self, view: &View) -> impl Iterator<Item = View> {
        let known = self.copies.get(&view.buffer).into_iter().flatten();
        known.filter_map(|(copied, out)| {
            if copied.offset != view.offset || copied.shape.size() != view.shape.size() {
                return None;
            }
            let axes = |view: &View| view.shape.iter().copied().zip(view.strides.iter().copied()).collect::<Vec<_>>();
            let mut left: Vec<_> = axes(copied).into_iter().zip(copied.shape.strides()).collect();
            let mut strides = Vec::with_capacity(view.strides.len());
            for axis in axes(view) {
                // Axes of one length and one stride hold the same elements, whichever is which.
                let place = left.iter().position(|(other, _)| *other == axis || (axis.0 == 1 && other.0 == 1));
                match place {
                    Some(place) => strides.push(left.swap_remove(place).1),
                    None if axis.0 == 1 => strides.push(0),
                    None => return None,
                }
            }
            let is_all = left.iter().all(|((n, _), _)| *n == 1);
            is_all.then(|| View { buffer: *out, offset: 0, shape: view.shape.clone(), strides })
        })
    }

    /// A copy of a view's elements, one after the other.
    pub fn copied(&mut self, id: NodeId, view: View) -> View {
        let out = self.buffers.add(view.shape.size());
        let copy = View::whole(out, &view.shape);
        self.copies.entry(view.buffer).or_default().push((view.clone(), out));
        self.kernels.push(Kernel::copy(view, out, vec![id]));
        copy
    }

    pub fn add(&mut self, id: NodeId, kind: KernelKind) {
        self.kernels.push(Kernel { kind, nodes: vec![id] });
    }

    /// A loop of one op over operands of the shape of its result, which goes to a whole buffer, in the order in which most of
    /// them lie; returns the view of it.
    pub fn add_along_memory(&mut self, id: NodeId, op: LoopOp, operands: Vec<View>, whole: View) -> View {
        let Some(order) = common_order(&operands) else {
            self.add_loop(id, op, operands, whole.buffer);
            return whole;
        };
        let operands = operands.iter().map(|view| view.permuted(&order)).collect();
        self.add_loop(id, op, operands, whole.buffer);
        View::stored(whole.buffer, &whole.shape, &order)
    }

    /// A loop of one op.
    pub fn add_loop(&mut self, id: NodeId, op: LoopOp, operands: Vec<View>, out: BufferId) {
        let size = self.buffers.size(out);
        let body = vec![LoopNode { op, operands, out }];
        self.add(id, KernelKind::Loop(Loop { size, body, sums: Vec::new() }));
    }
}
