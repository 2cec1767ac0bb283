//! What the graph says by itself: what depends on what, which values a node can have at all, where layers are.

use chainrule_graph::ops::{Contract, Elementwise, Reduction};
use chainrule_graph::{Function, Graph, Kind, Node, NodeId, Op, Value};

/// What the graph of a function says by itself.
#[derive(Clone, Debug)]
pub struct Structure {
    /// For each node, whether it depends on an input.
    pub of_inputs: Vec<bool>,
    /// For each node, whether it depends on a parameter.
    pub of_parameters: Vec<bool>,
    /// For each node, whether the prediction needs it.
    pub for_prediction: Vec<bool>,
    /// For each node, whether the objective needs it.
    pub for_objective: Vec<bool>,
    /// For each node, the nodes that read it.
    pub readers: Vec<Vec<NodeId>>,
}

impl Structure {
    /// What the graph of a function says.
    pub fn of(function: &Function) -> Structure {
        let graph = &function.graph;
        let parameters = function.parameters.iter().map(|parameter| parameter.node);
        let mut readers = vec![Vec::new(); graph.nodes().len()];
        for id in graph.ids() {
            for input in &graph.node(id).inputs {
                readers[input.node.index()].push(id);
            }
        }
        Structure {
            of_inputs: graph.dependent_on(function.inputs.iter().copied()),
            of_parameters: graph.dependent_on(parameters),
            for_prediction: graph.needed_for(function.prediction),
            for_objective: graph.needed_for(function.objective),
            readers,
        }
    }

    /// Whether a node lies between inputs and the prediction or the objective, and has parameters behind it.
    pub fn is_learned(&self, id: NodeId) -> bool {
        let index = id.index();
        let is_read = self.for_objective[index] || self.for_prediction[index];
        self.of_inputs[index] && self.of_parameters[index] && is_read
    }
}

/// The values that a node can have at all: from the least to the greatest, by its making.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

impl Range {
    /// Any value.
    pub const ANY: Range = Range { low: f64::NEG_INFINITY, high: f64::INFINITY };

    /// The values that a node can have, as the op that makes it and those before it say.
    pub fn of(graph: &Graph, value: Value) -> Range {
        let Node { op, inputs, .. } = graph.node(value);
        let unit = Range { low: 0.0, high: 1.0 };
        match op {
            Op::Elementwise(op) => match op {
                Elementwise::Sigmoid => unit,
                Elementwise::Tanh | Elementwise::Sin | Elementwise::Cos | Elementwise::Erf => {
                    Range { low: -1.0, high: 1.0 }
                }
                Elementwise::Exp | Elementwise::Softplus | Elementwise::Abs | Elementwise::Sqrt => {
                    Range { low: 0.0, ..Range::ANY }
                }
                Elementwise::Max => {
                    let (a, b) = (Range::of(graph, inputs[0]), Range::of(graph, inputs[1]));
                    Range { low: a.low.max(b.low), high: a.high.max(b.high) }
                }
                Elementwise::Min => {
                    let (a, b) = (Range::of(graph, inputs[0]), Range::of(graph, inputs[1]));
                    Range { low: a.low.min(b.low), high: a.high.min(b.high) }
                }
                Elementwise::Neg => {
                    let of = Range::of(graph, inputs[0]);
                    Range { low: -of.high, high: -of.low }
                }
                Elementwise::Add => sum(Range::of(graph, inputs[0]), Range::of(graph, inputs[1])),
                Elementwise::Mul => product(Range::of(graph, inputs[0]), Range::of(graph, inputs[1])),
                _ => Range::ANY,
            },
            Op::Reduce(reduce) if reduce.op == Reduction::Softmax => unit,
            Op::Shape(_) => inputs.iter().map(|&input| Range::of(graph, input)).reduce(union).unwrap_or(Range::ANY),
            Op::Source(source) => constant(source),
            _ => Range::ANY,
        }
    }
}

fn constant(source: &chainrule_graph::ops::Source) -> Range {
    match source {
        chainrule_graph::ops::Source::Constant(constant) => {
            let elements = constant.value.data();
            let fold = |start: f64, of: fn(f64, f64) -> f64| elements.iter().copied().fold(start, of);
            Range { low: fold(f64::INFINITY, f64::min), high: fold(f64::NEG_INFINITY, f64::max) }
        }
        _ => Range::ANY,
    }
}

fn union(a: Range, b: Range) -> Range {
    Range { low: a.low.min(b.low), high: a.high.max(b.high) }
}

fn sum(a: Range, b: Range) -> Range {
    Range { low: a.low + b.low, high: a.high + b.high }
}

fn product(a: Range, b: Range) -> Range {
    let times = |x: f64, y: f64| if x == 0.0 || y == 0.0 { 0.0 } else { x * y };
    let all = [times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)];
    Range {
        low: all.iter().copied().fold(f64::INFINITY, f64::min),
        high: all.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    }
}

/// The op of a node, if it is elementwise.
pub(crate) fn elementwise(graph: &Graph, value: impl Into<NodeId>) -> Option<Elementwise> {
    match graph.node(value.into()).op {
        Op::Elementwise(op) => Some(op),
        _ => None,
    }
}

/// Whether a node is the softmax of something.
pub(crate) fn is_softmax(graph: &Graph, value: impl Into<NodeId>) -> bool {
    matches!(&graph.node(value.into()).op, Op::Reduce(reduce) if reduce.op == Reduction::Softmax)
}

/// Whether a node is a product of matrices or vectors.
pub(crate) fn is_contraction(graph: &Graph, value: impl Into<NodeId>) -> bool {
    matches!(&graph.node(value.into()).op, Op::Contract(Contract { .. }))
}

/// Whether a node is max(x, 0), and of what.
pub(crate) fn relu_of(graph: &Graph, value: impl Into<NodeId>) -> Option<Value> {
    let id = value.into();
    if elementwise(graph, id) != Some(Elementwise::Max) {
        return None;
    }
    let inputs = &graph.node(id).inputs;
    let is_zero = |value: &Value| Range::of(graph, *value) == Range { low: 0.0, high: 0.0 };
    let of = inputs.iter().position(|input| !is_zero(input))?;
    (inputs.iter().any(is_zero) && graph.kind(inputs[of]) == Kind::Real).then_some(inputs[of])
}
