//! Removes work that need not be done: constants computed, equal nodes merged, unneeded nodes dropped.
//!
//! Only rewrites that are exact for every input, ±0 aside, are made: `x · 0` stays, since x may be infinite.

use std::collections::HashMap;
use std::sync::Arc;

use crate::function::{Function, Parameter};
use crate::graph::{Graph, Update};
use crate::node::{Kind, Node, NodeId, Origin};
use crate::ops::elementwise::Exponent;
use crate::ops::source::Constant;
use crate::ops::{Elementwise, Op, Reduce, ShapeOp, Source};
use crate::tensor::Tensor;
use crate::verify::verify;

/// For each node of the old graph, the node of the new one that has its value, if it is still there.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeMap(Vec<Option<NodeId>>);

impl NodeMap {
    /// The node of the new graph that has the value of a node of the old.
    pub fn get(&self, old: NodeId) -> Option<NodeId> {
        self.0[old.index()]
    }
}

/// The graph without needless work, and where the old nodes went. `keep`, and what the updates need, stay.
pub fn simplify(graph: &Graph, keep: &[NodeId]) -> (Graph, NodeMap) {
    let merged = Rewriter::run(graph);
    let forward = |id: NodeId| merged.same_as[id.index()];
    let updates: Vec<Update> = graph
        .updates
        .iter()
        .map(|update| Update { target: forward(update.target), value: forward(update.value) })
        .collect();
    let ends: Vec<NodeId> = keep
        .iter()
        .map(|&id| forward(id))
        .chain(updates.iter().flat_map(|update| [update.target, update.value]))
        .collect();
    let rewritten = Graph { nodes: merged.nodes, scopes: graph.scopes.clone(), updates, names: HashMap::new() };
    let (compact, moved) = compact(rewritten, &ends);
    let map = NodeMap(graph.ids().map(|id| moved[forward(id).index()]).collect());
    debug_assert_eq!(verify(&compact), Ok(()));
    (compact, map)
}

impl Function {
    /// The function without needless work; all that plays a part, and `keep`, stays.
    pub fn simplified(&self, keep: &[NodeId]) -> (Function, NodeMap) {
        let parameters = self.parameters.iter().chain(&self.state).map(|parameter| parameter.node);
        let parts: Vec<NodeId> = (self.inputs.iter().chain(&self.outcomes).copied())
            .chain(parameters)
            .chain(self.prediction)
            .chain(self.objective)
            .chain(keep.iter().copied())
            .collect();
        let (graph, map) = simplify(&self.graph, &parts);
        let forward = |id: NodeId| map.get(id).unwrap_or(id); // every part was kept
        let parameters = |list: &[Parameter]| list.iter().map(|p| Parameter { node: forward(p.node), ..*p }).collect();
        let function = Function {
            inputs: self.inputs.iter().map(|&id| forward(id)).collect(),
            outcomes: self.outcomes.iter().map(|&id| forward(id)).collect(),
            parameters: parameters(&self.parameters),
            state: parameters(&self.state),
            prediction: self.prediction.map(forward),
            objective: self.objective.map(forward),
            graph,
        };
        (function, map)
    }
}

/// Nodes rewritten one after the other, each from inputs that are rewritten already.
#[derive(Default)]
struct Rewriter {
    nodes: Vec<Node>,
    /// For each rewritten node, the number that it has everywhere, if it is a constant or copies of one.
    numbers: Vec<Option<f64>>,
    /// For each old node, the rewritten one with its value.
    same_as: Vec<NodeId>,
    known: HashMap<(Op, Vec<NodeId>), NodeId>,
}

impl Rewriter {
    fn run(graph: &Graph) -> Rewriter {
        let mut rewriter = Rewriter::default();
        for node in graph.nodes() {
            let mut node = node.clone();
            node.inputs.iter_mut().for_each(|input| *input = rewriter.same_as[input.index()]);
            let id = rewriter.add(node);
            rewriter.same_as.push(id);
        }
        rewriter
    }

    /// The id of a node with this node's value: one that was there, or a new one.
    fn add(&mut self, mut node: Node) -> NodeId {
        // Each rewrite makes the node simpler, so this ends.
        loop {
            match self.rewrite(&node) {
                Rewrite::Same(id) => {
                    self.merge(id, node);
                    return id;
                }
                Rewrite::Into(op, inputs) => (node.op, node.inputs) = (op, inputs),
                Rewrite::None => break,
            }
        }
        if matches!(node.op, Op::Source(Source::Input { .. })) {
            return self.push(node);
        }
        let key = (node.op.clone(), node.inputs.clone());
        if let Some(&id) = self.known.get(&key) {
            self.merge(id, node);
            return id;
        }
        let id = self.push(node);
        self.known.insert(key, id);
        id
    }

    fn push(&mut self, node: Node) -> NodeId {
        self.numbers.push(match &node.op {
            Op::Source(Source::Constant(constant)) => single_number(&constant.value),
            Op::Shape(ShapeOp::Broadcast { .. } | ShapeOp::Reshape { .. }) => self.numbers[node.inputs[0].index()],
            _ => None,
        });
        self.nodes.push(node);
        NodeId::from_index(self.nodes.len() - 1)
    }

    /// A node with the value of `id` goes; a name that a user gave wins over a made one, and both origins stay.
    fn merge(&mut self, id: NodeId, gone: Node) {
        let stays = &mut self.nodes[id.index()];
        if gone.name.is_some() && (stays.name.is_none() || (stays.generated_name && !gone.generated_name)) {
            (stays.name, stays.generated_name) = (gone.name, gone.generated_name);
        }
        if stays.origin != gone.origin && gone.origin != Origin::Unknown {
            let mut origins: Vec<Origin> = match &stays.origin {
                Origin::Merged(origins) => origins.to_vec(),
                origin => vec![origin.clone()],
            };
            // A node merged with thousands of others need not list them all.
            if origins.len() < 4 && !origins.contains(&gone.origin) {
                origins.push(gone.origin);
                stays.origin = Origin::Merged(origins.into());
            }
        }
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    fn rewrite(&self, node: &Node) -> Rewrite {
        match &node.op {
            Op::Elementwise(op) => self.rewrite_elementwise(*op, node),
            Op::Shape(op) => self.rewrite_shape(op, node),
            // The sum over no axis
            Op::Reduce(Reduce::Sum { axes }) if axes.is_empty() => Rewrite::Same(node.inputs[0]),
            _ => Rewrite::None,
        }
    }

    fn rewrite_elementwise(&self, op: Elementwise, node: &Node) -> Rewrite {
        use Elementwise::*;
        let number = |place: usize| self.numbers[node.inputs[place].index()];
        let scalar = node.shape.rank() == 0;
        let constant = |value: f64| Rewrite::Into(scalar_constant(value, node.kind), Vec::new());
        match op {
            // −(−x) = x
            Neg => match (&self.node(node.inputs[0]).op, number(0)) {
                (Op::Elementwise(Neg), _) => Rewrite::Same(self.node(node.inputs[0]).inputs[0]),
                (_, Some(x)) if scalar => constant(-x),
                _ => Rewrite::None,
            },
            Power(Exponent(1.0)) => Rewrite::Same(node.inputs[0]),
            Add | Sub | Mul | Div => match (op, number(0), number(1)) {
                (Add, Some(a), Some(b)) if scalar => constant(a + b),
                (Sub, Some(a), Some(b)) if scalar => constant(a - b),
                (Mul, Some(a), Some(b)) if scalar => constant(a * b),
                (Div, Some(a), Some(b)) if scalar => constant(a / b),
                // x + 0 = x − 0 = x · 1 = x / 1 = x
                (Add | Sub, _, Some(0.0)) | (Mul | Div, _, Some(1.0)) => Rewrite::Same(node.inputs[0]),
                (Add, Some(0.0), _) | (Mul, Some(1.0), _) => Rewrite::Same(node.inputs[1]),
                // 0 − x = −x, x · −1 = −x
                (Sub, Some(0.0), _) => Rewrite::Into(Neg.into(), vec![node.inputs[1]]),
                (Mul, _, Some(-1.0)) => Rewrite::Into(Neg.into(), vec![node.inputs[0]]),
                (Mul, Some(-1.0), _) => Rewrite::Into(Neg.into(), vec![node.inputs[1]]),
                _ => Rewrite::None,
            },
            Where if node.inputs[1] == node.inputs[2] => Rewrite::Same(node.inputs[1]),
            _ => Rewrite::None,
        }
    }

    fn rewrite_shape(&self, op: &ShapeOp, node: &Node) -> Rewrite {
        use ShapeOp::*;
        let input = node.inputs[0];
        let inner = self.node(input);
        match (op, &inner.op) {
            // What changes nothing
            (Reshape { .. } | Broadcast { .. } | Slice { .. } | Pad { .. }, _) if inner.shape == node.shape => {
                Rewrite::Same(input)
            }
            (Transpose { axes }, _) if axes.iter().enumerate().all(|(place, &axis)| place == axis) => {
                Rewrite::Same(input)
            }
            (Concat { .. }, _) if node.inputs.len() == 1 => Rewrite::Same(input),
            // Two in a row are one
            (Reshape { .. }, Op::Shape(Reshape { .. })) => Rewrite::Into(node.op.clone(), inner.inputs.clone()),
            (Transpose { axes: outer }, Op::Shape(Transpose { axes })) => {
                let axes = outer.iter().map(|&axis| axes[axis]).collect();
                Rewrite::Into(Op::Shape(Transpose { axes }), inner.inputs.clone())
            }
            (Broadcast { shape, axes: outer }, Op::Shape(Broadcast { axes, .. })) => {
                let axes = axes.iter().map(|&axis| outer[axis]).collect();
                Rewrite::Into(Op::Shape(Broadcast { shape: shape.clone(), axes }), inner.inputs.clone())
            }
            (Reverse { axes: outer }, Op::Shape(Reverse { axes })) if outer == axes => Rewrite::Same(inner.inputs[0]),
            _ => Rewrite::None,
        }
    }
}

enum Rewrite {
    /// The node has the value of this one.
    Same(NodeId),
    /// The node is this op on these inputs.
    Into(Op, Vec<NodeId>),
    None,
}

/// The number that an array has everywhere.
fn single_number(value: &Tensor) -> Option<f64> {
    let first = *value.data().first()?;
    value.data().iter().all(|entry| entry.to_bits() == first.to_bits()).then_some(first)
}

fn scalar_constant(value: f64, kind: Kind) -> Op {
    Op::Source(Source::Constant(Constant { value: Arc::new(Tensor::scalar(value)), kind }))
}

/// Drops the nodes that no end needs; returns where each went.
fn compact(graph: Graph, ends: &[NodeId]) -> (Graph, Vec<Option<NodeId>>) {
    let needed = graph.needed_for(ends);
    let mut moved = vec![None; graph.nodes.len()];
    let mut nodes: Vec<Node> = Vec::new();
    let mut names = HashMap::new();
    for (index, mut node) in graph.nodes.into_iter().enumerate().filter(|&(index, _)| needed[index]) {
        let id = NodeId::from_index(nodes.len());
        moved[index] = Some(id);
        // The inputs of a needed node are needed, and moved before it.
        node.inputs.iter_mut().for_each(|input| *input = moved[input.index()].unwrap_or(*input));
        if let Some(name) = &node.name {
            names.insert(name.clone(), id);
        }
        nodes.push(node);
    }
    let forward = |id: NodeId| moved[id.index()].unwrap_or(id); // ends are needed
    let updates = graph.updates.iter().map(|u| Update { target: forward(u.target), value: forward(u.value) }).collect();
    (Graph { nodes, scopes: graph.scopes, updates, names }, moved)
}
