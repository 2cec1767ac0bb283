//! Which nodes are written inside the expressions that use them.
//!
//! The parser makes the nodes of an expression in a fixed order: those of its operands, one operand after the other;
//! then the constants of the operands that are numbers; then the nodes that stretch operands to a common shape; then the
//! op. So the nodes of a statement stand next to each other in the graph, and from a statement's last node we can walk
//! down and take what fits that order. What the builder inserts by itself is not modelled here: the builder is asked to
//! do it on the side, and the outcome compared.

use std::ops::Range;

use super::spelling::{is_literal, own_length};
use crate::builder::{Builder, Operand, Var};
use crate::function::Function;
use crate::graph::Graph;
use crate::node::{Kind, NodeId, ScopeId, Value};
use crate::ops::source::Constant;
use crate::ops::{Elementwise, Index, Op, ShapeOp, Source};
use crate::text::elementwise::elementwise;

/// The length up to which an expression takes in what it uses.
const LONGEST: usize = 80;

/// What is written for an input of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OperandForm {
    /// The expression of a node, or a reference to it.
    Node(Value),
    /// A constant, as a literal.
    Literal(Value),
}

impl OperandForm {
    pub fn value(self) -> Value {
        match self {
            OperandForm::Node(id) | OperandForm::Literal(id) => id,
        }
    }
}

/// The statements, and what is written inside which.
pub(super) struct Inlining {
    /// For each statement its nodes; the last is its result.
    pub statements: Vec<Range<usize>>,
    /// For each node that is written, its operands; of one that its user implies, none.
    operands: Vec<Option<Vec<OperandForm>>>,
    mentions: Mentions,
}

/// How often nodes are referred to.
struct Mentions {
    /// By nodes.
    inputs: Vec<u32>,
    /// By roles, updates and what a body returns.
    others: Vec<u32>,
}

impl Inlining {
    pub fn new(function: &Function, returned: &[Value]) -> Inlining {
        let graph = &function.graph;
        let count = graph.nodes().len();
        let mentions = Mentions::of(function, returned);
        let (mut statements, mut operands) = (Vec::new(), vec![None; count]);
        let mut end = count;
        while end > 0 {
            let root = NodeId::from_index(end - 1);
            let walk = Walk { graph, mentions: &mentions, scope: graph.node(root).scope, first: root.index() };
            let first = walk.take(root, &mut operands);
            statements.push(first..end);
            end = first;
        }
        statements.reverse();
        Inlining { statements, operands, mentions }
    }

    /// What is written for the inputs of a node; none if it is not written itself, because its user implies it.
    pub fn operands(&self, id: NodeId) -> Option<&[OperandForm]> {
        self.operands[id.index()].as_deref()
    }

    /// Whether nothing but one update refers to a node.
    pub fn is_only_updating(&self, id: NodeId) -> bool {
        self.mentions.inputs[id.index()] == 0 && self.mentions.others[id.index()] == 1
    }
}

impl Mentions {
    fn of(function: &Function, returned: &[Value]) -> Mentions {
        let graph = &function.graph;
        let count = graph.nodes().len();
        let mut mentions = Mentions { inputs: vec![0; count], others: vec![0; count] };
        for input in graph.nodes().iter().flat_map(|node| &node.inputs) {
            mentions.inputs[input.node.index()] += 1;
        }
        let roles = (function.inputs.iter().chain(&function.outcomes).copied())
            .chain(function.parameters.iter().chain(&function.state).map(|parameter| parameter.node))
            .chain(function.prediction.map(NodeId::from))
            .chain(function.objective.map(NodeId::from))
            .chain(returned.iter().map(|value| value.node));
        for id in roles.chain(graph.updates().iter().flat_map(|update| [update.target, update.value.node])) {
            mentions.others[id.index()] += 1;
        }
        mentions
    }
}

/// The walk down from the last node of a statement.
struct Walk<'a> {
    graph: &'a Graph,
    mentions: &'a Mentions,
    scope: Option<ScopeId>,
    /// The nodes from here on are part of the statement.
    first: usize,
}

impl Walk<'_> {
    /// Takes what fits into the statement whose result is `root`; returns its first node.
    fn take(mut self, root: NodeId, planned: &mut [Option<Vec<OperandForm>>]) -> usize {
        let mut length = 0;
        // Operands still to be looked at. The last comes first: its nodes were built last.
        let mut todo: Vec<Value> = Vec::new();
        let mut taken = Some(root);
        while let Some(id) = taken {
            let operands = self.operands(id);
            length += own_length(self.graph, id);
            for operand in &operands {
                match *operand {
                    OperandForm::Node(value) => todo.push(value),
                    OperandForm::Literal(value) => length += own_length(self.graph, value.node),
                }
            }
            planned[id.index()] = Some(operands);
            taken = None;
            while taken.is_none()
                && let Some(value) = todo.pop()
            {
                if self.is_next(value) && length + own_length(self.graph, value.node) <= LONGEST {
                    self.first -= 1;
                    taken = Some(value.node);
                } else {
                    length += self.graph.name(value).map_or(3, str::len);
                }
            }
        }
        self.first
    }

    /// Whether a node stands right before the others of the statement and may be written in it.
    fn is_next(&self, value: Value) -> bool {
        let (index, node) = (value.node.index(), self.graph.node(value));
        index + 1 == self.first
            && node.scope == self.scope
            && node.outputs.len() == 1
            && node.outputs[0].name.is_none()
            && self.mentions.inputs[index] == 1
            && self.mentions.others[index] == 0
            && !node.op.is_input()
    }

    /// What is written for the inputs of a node. The nodes that this implies become part of the statement.
    fn operands(&mut self, id: NodeId) -> Vec<OperandForm> {
        let node = self.graph.node(id);
        let end = self.first;
        if let Op::Elementwise(op) = node.op {
            for stretched in [true, false] {
                let operands = self.without_implied(node.inputs.clone(), stretched);
                if self.first == end || self.is_rebuilt(op, id, &operands) {
                    return operands;
                }
                self.first = end;
            }
            return node.inputs.iter().map(|&input| OperandForm::Node(input)).collect();
        }
        let base = indexed(self.graph, id).filter(|_| self.is_next(node.inputs[0]));
        self.first -= usize::from(base.is_some());
        let inputs = base.map_or_else(|| node.inputs.clone(), |base| vec![base]);
        let mut operands: Vec<OperandForm> = inputs.into_iter().map(OperandForm::Node).collect();
        for (index, operand) in operands.iter_mut().enumerate().rev() {
            let input = operand.value();
            if self.is_next(input) && is_operand_literal(self.graph, id, index, input) {
                *operand = OperandForm::Literal(input);
                self.first -= 1;
            }
        }
        operands
    }

    /// The inputs of an elementwise node without what the builder may have put before it: in the order of its building,
    /// constants and conversions to real, then, if `stretched`, reshapes and broadcasts.
    fn without_implied(&mut self, mut inputs: Vec<Value>, stretched: bool) -> Vec<OperandForm> {
        let graph = self.graph;
        let op = |value: Value| &graph.node(value).op;
        for input in inputs.iter_mut().rev().filter(|_| stretched) {
            if self.is_next(*input) && matches!(op(*input), Op::Shape(ShapeOp::Broadcast { .. })) {
                self.first -= 1;
                *input = graph.node(*input).inputs[0];
                if self.is_next(*input) && matches!(op(*input), Op::Shape(ShapeOp::Reshape { .. })) {
                    self.first -= 1;
                    *input = graph.node(*input).inputs[0];
                }
            }
        }
        let mut operands: Vec<OperandForm> = inputs.into_iter().map(OperandForm::Node).collect();
        for operand in operands.iter_mut().rev() {
            let id = operand.value();
            match op(id) {
                Op::Source(Source::Constant(constant)) if self.is_next(id) && is_literal(constant) => {
                    self.first -= 1;
                    *operand = OperandForm::Literal(id);
                }
                Op::Elementwise(Elementwise::ToReal) if self.is_next(id) => {
                    self.first -= 1;
                    *operand = OperandForm::Node(graph.node(id).inputs[0]);
                }
                _ => {}
            }
        }
        operands
    }

    /// Whether the builder, given these operands, makes just the nodes from `first` up to `id`.
    fn is_rebuilt(&self, op: Elementwise, id: NodeId, operands: &[OperandForm]) -> bool {
        let graph = self.graph;
        let builder = Builder::new();
        // The nodes of this graph that those on the side stand for: first the operands that are nodes.
        let mut originals: Vec<Value> = Vec::new();
        let inputs: Vec<Option<Var<'_>>> = operands
            .iter()
            .map(|&operand| match operand {
                OperandForm::Literal(_) => None,
                OperandForm::Node(id) => {
                    originals.push(id);
                    Some(builder.anonymous_input(graph.shape(id), graph.kind(id)))
                }
            })
            .collect();
        let given = originals.len();
        originals.extend((self.first..=id.index()).map(|index| Value::from(NodeId::from_index(index))));
        let built =
            operands.iter().zip(inputs).map(|(operand, input)| match (input, &graph.node(operand.value()).op) {
                (Some(var), _) => Operand::Var(var),
                (None, Op::Source(Source::Constant(constant))) => match constant.value.shape().rank() {
                    0 => Operand::Literal(constant.value.item()),
                    _ => Operand::Var(builder.constant((*constant.value).clone())),
                },
                (None, _) => Operand::Literal(0.0), // a literal is a constant
            });
        elementwise(&builder, op, &built.collect::<Vec<_>>());
        if builder.len() != originals.len() {
            return false;
        }
        let Ok(made) = builder.finish_graph() else { return false };
        made.nodes().iter().zip(&originals).skip(given).all(|(made, &original)| {
            let node = graph.node(original);
            let inputs = made.inputs.iter().map(|input| originals[input.node.index()]);
            made.op == node.op && inputs.eq(node.inputs.iter().copied())
        })
    }
}

/// For a reshape that drops the axes at which the slice before it leaves one element: what is sliced. The two are written
/// as `x[2, :]`.
fn indexed(graph: &Graph, id: NodeId) -> Option<Value> {
    let node = graph.node(id);
    let Op::Shape(ShapeOp::Reshape { shape }) = &node.op else { return None };
    let slice = graph.node(node.inputs[0]);
    let Op::Shape(ShapeOp::Slice { start, stop }) = &slice.op else { return None };
    let single: Vec<usize> = (0..start.len()).filter(|&axis| stop[axis] == start[axis] + 1).collect();
    (!single.is_empty() && graph.shape(node.inputs[0]).without(&single) == *shape).then(|| slice.inputs[0])
}

/// Whether a constant among the inputs of a node that is not elementwise is the same if it is written as a literal.
fn is_operand_literal(graph: &Graph, id: NodeId, index: usize, input: Value) -> bool {
    let Op::Source(Source::Constant(constant)) = &graph.node(input).op else { return false };
    let node = graph.node(id);
    let limit = match (&node.op, index) {
        (Op::Index(Index::Gather { batch }), 1) => Some(graph.shape(node.inputs[0])[*batch]),
        (Op::Index(Index::ScatterAdd { size, .. }), 0) => Some(*size),
        _ => None,
    };
    // What stands in the brackets of several values becomes a node before what comes after them.
    let in_brackets = matches!(node.op, Op::Scan(_));
    is_literal(constant)
        && !in_brackets
        && match limit {
            None => constant.kind == Kind::Real,
            Some(limit) => constant.kind == Kind::Int && are_indices(constant, limit),
        }
}

fn are_indices(constant: &Constant, limit: usize) -> bool {
    constant.value.data().iter().all(|&x| x.fract() == 0.0 && x.is_sign_positive() && x < limit as f64)
}
