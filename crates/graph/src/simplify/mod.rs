//! Removes work that need not be done: constants computed, equal nodes merged, unneeded nodes dropped.
//!
//! Only rewrites that are exact for every input, ±0 aside, are made: `x · 0` stays, since x may be infinite.

mod loops;
mod pads;

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::GraphError;
use crate::function::{Function, Parameter};
use crate::graph::{Graph, Update};
use crate::node::{Kind, Node, NodeId, Origin, Output, Value};
use crate::ops::Exponent;
use crate::ops::signature::Algebra;
use crate::ops::source::Constant;
use crate::ops::{Elementwise, Op, Phased, Reduce, Reduction, ShapeOp, Source};
use crate::tensor::Tensor;
use crate::verify::verify;
use loops::{merge_loops, simplified_body};

/// For each value of the old graph, the one of the new graph that is equal to it, if it is still there.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueMap {
    /// For each node of old, its outputs.
    nodes: Vec<Vec<Option<Value>>>,
}

impl ValueMap {
    /// For each node of old, where its outputs went.
    pub(crate) fn of(nodes: Vec<Vec<Option<Value>>>) -> ValueMap {
        ValueMap { nodes }
    }

    /// The value of the new graph that is equal to one of the old.
    pub fn get(&self, old: impl Into<Value>) -> Option<Value> {
        let old = old.into();
        self.nodes.get(old.node.index())?.get(old.output as usize).copied().flatten()
    }
}

/// The graph without needless work, and where the old values went. `keep`, and what the updates need, stay.
///
/// # Errors
///
/// A value of another graph.
pub fn simplify<V: Into<Value> + Copy>(graph: &Graph, keep: &[V]) -> Result<(Graph, ValueMap), GraphError> {
    graph.check_values(keep.iter().map(|&id| id.into()))?;
    let keep: Vec<Value> = keep.iter().map(|&value| value.into()).collect();
    let Some((joined, moved)) = merge_loops(graph, &keep) else { return simplify_nodes(graph, &keep) };
    let place = |value: Value| moved[graph.value_index(value)];
    let kept: Vec<Value> = keep.iter().filter_map(|&value| place(value)).collect();
    let (compact, map) = simplify_nodes(&joined, &kept)?;
    let outputs = |id: NodeId| {
        let values = (0..graph.node(id).outputs.len()).map(|index| id.output(index));
        values.map(|value| map.get(place(value)?)).collect()
    };
    Ok((compact, ValueMap { nodes: graph.ids().map(outputs).collect() }))
}

/// The same of a graph whose loops are merged.
fn simplify_nodes(graph: &Graph, keep: &[Value]) -> Result<(Graph, ValueMap), GraphError> {
    let merged = Rewriter::run(graph);
    let forward = |value: Value| merged.same_as[graph.value_index(value)];
    let updates: Vec<Update> = graph
        .updates
        .iter()
        .map(|update| Update { target: forward(update.target.into()).node, value: forward(update.value) })
        .collect();
    let ends = keep
        .iter()
        .map(|&value| forward(value).node)
        .chain(updates.iter().flat_map(|update| [update.target, update.value.node]));
    let ends: Vec<NodeId> = ends.collect();
    let (compact, moved) = compact(merged.graph, graph, updates, &ends);
    let new = |value: Value| moved[forward(value).node.index()].map(|node| Value { node, ..forward(value) });
    let outputs = |id: NodeId| (0..graph.node(id).outputs.len()).map(|index| new(id.output(index))).collect();
    let map = ValueMap { nodes: graph.ids().map(outputs).collect() };
    debug_assert_eq!(verify(&compact), Ok(()));
    Ok((compact, map))
}

impl Function {
    /// The function without needless work; all that has a role, and `keep`, stays.
    ///
    /// # Errors
    ///
    /// A value of another graph.
    pub fn simplified<V: Into<Value> + Copy>(&self, keep: &[V]) -> Result<(Function, ValueMap), GraphError> {
        let parameters = self.parameters.iter().chain(&self.state).map(|parameter| parameter.node);
        let kept: Vec<Value> = (self.inputs.iter().chain(&self.outcomes).copied())
            .chain(parameters)
            .map(Value::from)
            .chain(self.prediction)
            .chain(self.objective)
            .chain(keep.iter().map(|&id| id.into()))
            .collect();
        let (graph, map) = simplify(&self.graph, &kept)?;
        let forward = |value: Value| map.get(value).unwrap_or(value); // every role was kept
        let node = |id: NodeId| forward(id.into()).node;
        let parameters =
            |list: &[Parameter]| list.iter().map(|p| Parameter { node: node(p.node), ..p.clone() }).collect();
        let function = Function {
            inputs: self.inputs.iter().map(|&id| node(id)).collect(),
            outcomes: self.outcomes.iter().map(|&id| node(id)).collect(),
            parameters: parameters(&self.parameters),
            state: parameters(&self.state),
            prediction: self.prediction.map(forward),
            objective: self.objective.map(forward),
            graph,
        };
        Ok((function, map))
    }
}

/// Nodes rewritten one after the other, each from inputs that are rewritten already.
#[derive(Default)]
struct Rewriter {
    /// The rewritten nodes.
    graph: Graph,
    /// For each of its values, the number that it has everywhere, if it is a constant or copies of one.
    numbers: Vec<Option<f64>>,
    /// For each value of old, the rewritten one that is equal to it.
    same_as: Vec<Value>,
    known: HashMap<(Op, Vec<Value>), NodeId>,
}

impl Rewriter {
    fn run(graph: &Graph) -> Rewriter {
        let mut rewriter = Rewriter::default();
        for node in graph.nodes() {
            let mut node = node.clone();
            node.inputs.iter_mut().for_each(|input| *input = rewriter.same_as[graph.value_index(*input)]);
            if let Op::Scan(scan) = &mut node.op
                && let Some(body) = simplified_body(&scan.body)
            {
                scan.body = Arc::new(body);
            }
            let count = node.outputs.len();
            let first = rewriter.add(node);
            rewriter.same_as.extend((first.output..).take(count).map(|output| Value { output, ..first }));
        }
        rewriter
    }

    /// A value equal to this node's first output, the others following it: one that was there, or a new node's.
    fn add(&mut self, mut node: Node) -> Value {
        // Each rewrite makes the node simpler, so this ends.
        loop {
            if let Some((op, input)) = self.joined_pads(&node) {
                (node.op, node.inputs) = (op.into(), vec![input]);
            }
            match self.rewrite(&node) {
                Rewrite::Same(value) => {
                    self.merge(value, node.outputs.remove(0), node.origin);
                    return value;
                }
                Rewrite::Into(op, inputs) => (node.op, node.inputs) = (op, inputs),
                Rewrite::None => break,
            }
        }
        if !node.op.is_pure() {
            return self.push(node).into();
        }
        let key = (node.op.clone(), node.inputs.clone());
        if let Some(&id) = self.known.get(&key) {
            for (index, output) in node.outputs.into_iter().enumerate() {
                self.merge(id.output(index), output, node.origin.clone());
            }
            return id.into();
        }
        let id = self.push(node);
        self.known.insert(key, id);
        id.into()
    }

    fn push(&mut self, node: Node) -> NodeId {
        let number = match &node.op {
            Op::Source(Source::Constant(constant)) => constant.value.single_number(),
            Op::Shape(ShapeOp::Broadcast { .. } | ShapeOp::Reshape { .. }) => self.number(node.inputs[0]),
            Op::Source(_) | Op::Elementwise(_) | Op::Contract(_) | Op::Reduce(_) => None,
            Op::Shape(_) | Op::Windows(_) | Op::Index(_) | Op::Phased(_) | Op::Random(_) => None,
            Op::Scan(_) | Op::Custom(_) => None,
        };
        self.numbers.extend(std::iter::once(number).chain(std::iter::repeat(None)).take(node.outputs.len()));
        self.graph.push(node)
    }

    /// An output that is equal to `value` goes; a name that a user gave wins over a generated one, and both origins stay.
    fn merge(&mut self, value: Value, gone: Output, origin: Origin) {
        let node = &mut self.graph.nodes[value.node.index()];
        let stays = &mut node.outputs[value.output as usize];
        if gone.name.is_some() && (stays.name.is_none() || (stays.generated_name && !gone.generated_name)) {
            (stays.name, stays.generated_name) = (gone.name, gone.generated_name);
        }
        if node.origin != origin && origin != Origin::Unknown {
            let mut origins: Vec<Origin> = match &node.origin {
                Origin::Merged(origins) => origins.to_vec(),
                origin => vec![origin.clone()],
            };
            // A node merged with thousands of others need not list them all.
            if origins.len() < 4 && !origins.contains(&origin) {
                origins.push(origin);
                node.origin = Origin::Merged(origins.into());
            }
        }
    }

    fn number(&self, value: Value) -> Option<f64> {
        self.numbers[self.graph.value_index(value)]
    }

    fn rewrite(&self, node: &Node) -> Rewrite {
        match &node.op {
            Op::Elementwise(op) => self.rewrite_elementwise(*op, node),
            Op::Shape(op) => self.rewrite_shape(op, node),
            // The sum over no axis
            Op::Reduce(Reduce { op: Reduction::Sum, axes }) if axes.is_empty() => Rewrite::Same(node.inputs[0]),
            Op::Source(_) | Op::Contract(_) | Op::Reduce(_) => Rewrite::None,
            // Whatever the phase
            Op::Phased(Phased::InTraining) if node.inputs[0] == node.inputs[1] => Rewrite::Same(node.inputs[0]),
            Op::Windows(_) | Op::Index(_) | Op::Phased(_) | Op::Random(_) => Rewrite::None,
            Op::Scan(_) | Op::Custom(_) => Rewrite::None,
        }
    }

    fn rewrite_elementwise(&self, op: Elementwise, node: &Node) -> Rewrite {
        let number = |operand: usize| self.number(node.inputs[operand]);
        let (inputs, Output { shape, kind, .. }) = (&node.inputs, &node.outputs[0]);
        let folded = |value: f64| match shape.rank() {
            0 => Rewrite::Into(scalar_constant(value, *kind), Vec::new()),
            _ => Rewrite::None,
        };
        let negation = |x: Value| Rewrite::Into(Elementwise::Neg.into(), vec![x]);
        match (op.signature().algebra, number(0), inputs.get(1).and_then(|&b| self.number(b))) {
            // −(−x) = x
            (Algebra::Negation, x, _) => match (&self.graph.node(inputs[0]).op, x) {
                (Op::Elementwise(Elementwise::Neg), _) => Rewrite::Same(self.graph.node(inputs[0]).inputs[0]),
                (_, Some(x)) => folded(-x),
                (_, None) => Rewrite::None,
            },
            (Algebra::Sum, Some(a), Some(b)) if shape.rank() == 0 => folded(a + b),
            (Algebra::Difference, Some(a), Some(b)) if shape.rank() == 0 => folded(a - b),
            (Algebra::Product, Some(a), Some(b)) if shape.rank() == 0 => folded(a * b),
            (Algebra::Quotient, Some(a), Some(b)) if shape.rank() == 0 => folded(a / b),
            // x + 0 = x − 0 = x · 1 = x / 1 = x
            (Algebra::Sum | Algebra::Difference, _, Some(0.0)) => Rewrite::Same(inputs[0]),
            (Algebra::Product | Algebra::Quotient, _, Some(1.0)) => Rewrite::Same(inputs[0]),
            (Algebra::Sum, Some(0.0), _) | (Algebra::Product, Some(1.0), _) => Rewrite::Same(inputs[1]),
            // 0 times anything is 0, and 0 over anything: that is what makes them strong.
            (Algebra::StrongProduct | Algebra::StrongQuotient, Some(0.0), _) => Rewrite::Same(inputs[0]),
            // Without a 0 on the left, or with a right side that is no danger, they are what everyone knows.
            (Algebra::StrongProduct, a, b) if a.is_some() || b.is_some_and(f64::is_finite) => {
                Rewrite::Into(Elementwise::Mul.into(), inputs.clone())
            }
            (Algebra::StrongQuotient, a, b) if a.is_some() || b.is_some_and(|b| b.is_finite() && b != 0.0) => {
                Rewrite::Into(Elementwise::Div.into(), inputs.clone())
            }
            // 0 − x = −x, x · −1 = −x
            (Algebra::Difference, Some(0.0), _) | (Algebra::Product, Some(-1.0), _) => negation(inputs[1]),
            (Algebra::Product, _, Some(-1.0)) => negation(inputs[0]),
            (Algebra::Choice, ..) if inputs[1] == inputs[2] => Rewrite::Same(inputs[1]),
            // x¹ = x
            (Algebra::None, ..) if op == Elementwise::Power(Exponent(1.0)) => Rewrite::Same(inputs[0]),
            (
                Algebra::Sum
                | Algebra::Difference
                | Algebra::Product
                | Algebra::Quotient
                | Algebra::StrongProduct
                | Algebra::StrongQuotient
                | Algebra::Greater
                | Algebra::Lesser
                | Algebra::Choice
                | Algebra::None,
                ..,
            ) => Rewrite::None,
        }
    }

    fn rewrite_shape(&self, op: &ShapeOp, node: &Node) -> Rewrite {
        use ShapeOp::*;
        let input = node.inputs[0];
        let inner = self.graph.node(input);
        match (op, &inner.op) {
            // What changes nothing
            (Reshape { .. } | Broadcast { .. } | Slice { .. } | Pad { .. }, _)
                if *self.graph.shape(input) == node.outputs[0].shape =>
            {
                Rewrite::Same(input)
            }
            (Transpose { axes }, _) if axes.iter().copied().eq(0..axes.len()) => Rewrite::Same(input),
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
            (Reshape { .. } | Transpose { .. } | Broadcast { .. } | Slice { .. }, _) => Rewrite::None,
            (Pad { .. } | Concat { .. } | Reverse { .. }, _) => Rewrite::None,
        }
    }
}

enum Rewrite {
    /// The node's one output is equal to this value.
    Same(Value),
    /// The node is this op on these inputs.
    Into(Op, Vec<Value>),
    None,
}

fn scalar_constant(value: f64, kind: Kind) -> Op {
    Op::Source(Source::Constant(Constant { value: Arc::new(Tensor::scalar(value)), kind }))
}

/// The nodes that an end needs, with the scopes of the old graph; and where each node went.
fn compact(rewritten: Graph, old: &Graph, updates: Vec<Update>, ends: &[NodeId]) -> (Graph, Vec<Option<NodeId>>) {
    let needed = rewritten.needed_for(ends.iter().copied());
    let mut moved = vec![None; rewritten.nodes.len()];
    let mut compact = Graph::with_scopes(old.scopes.clone());
    for (index, mut node) in rewritten.nodes.into_iter().enumerate().filter(|&(index, _)| needed[index]) {
        // The inputs of a needed node are needed, and moved before it.
        node.inputs.iter_mut().for_each(|input| input.node = moved[input.node.index()].unwrap_or(input.node));
        moved[index] = Some(compact.push(node));
    }
    let forward = |id: NodeId| moved[id.index()].unwrap_or(id); // ends are needed
    let update = |update: Update| Update {
        target: forward(update.target),
        value: Value { node: forward(update.value.node), ..update.value },
    };
    compact.updates = updates.into_iter().map(update).collect();
    (compact, moved)
}
