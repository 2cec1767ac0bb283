//! What the graph says by itself: what depends on what, which values a node can have at all, where layers are.

use chainrule_graph::ops::{Contract, Elementwise, Reduction, Source};
use chainrule_graph::{Function, Graph, Kind, Node, NodeId, Op, Value};

use crate::statistics::extremes;

/// What the graph of a function says by itself.
#[derive(Clone, Debug)]
pub struct Structure {
    /// For each node, whether it depends on an input.
    pub of_inputs: Vec<bool>,
    /// For each node, whether it depends on a parameter.
    pub of_parameters: Vec<bool>,
    /// For each node, whether it depends on an outcome, or on the input that the model gives back.
    pub of_outcomes: Vec<bool>,
    /// For each node, whether the prediction needs it.
    pub for_prediction: Vec<bool>,
    /// For each node, whether the objective needs it.
    pub for_objective: Vec<bool>,
    /// For each node, the nodes that read it.
    pub readers: Vec<Vec<NodeId>>,
    /// For each node, the values that it can have by its making.
    ranges: Vec<Range>,
}

impl Structure {
    /// What the graph of a function says; `target` is what the prediction is of.
    pub fn of(function: &Function, target: Option<NodeId>) -> Structure {
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
            of_outcomes: graph.dependent_on(function.outcomes.iter().copied().chain(target)),
            for_prediction: graph.needed_for(function.prediction),
            for_objective: graph.needed_for(function.objective),
            readers,
            ranges: ranges(graph),
        }
    }

    /// The values that a node can have by its making.
    pub fn range(&self, id: impl Into<NodeId>) -> Range {
        self.ranges[id.into().index()]
    }

    /// Whether a value is made from parameters, and from no input.
    pub fn is_of_parameters_alone(&self, value: Value) -> bool {
        self.of_parameters[value.node.index()] && !self.of_inputs[value.node.index()]
    }

    /// Whether a node multiplies what depends on inputs by what parameters alone make.
    pub fn is_layer(&self, graph: &Graph, id: NodeId) -> bool {
        let multiplies = is_contraction(graph, id) || elementwise(graph, id) == Some(Elementwise::Mul);
        let inputs = &graph.node(id).inputs;
        multiplies
            && inputs.iter().any(|input| self.of_inputs[input.node.index()])
            && inputs.iter().any(|&input| self.is_of_parameters_alone(input))
    }

    /// Whether a reader of a kind is reached from a node, through readers that pass it on.
    pub fn is_read_by(
        &self,
        from: NodeId,
        is_wanted: impl Fn(NodeId) -> bool,
        passes_on: impl Fn(NodeId) -> bool,
    ) -> bool {
        let mut is_seen = vec![false; self.readers.len()];
        let mut at = vec![from];
        while let Some(id) = at.pop() {
            for &reader in &self.readers[id.index()] {
                if is_wanted(reader) {
                    return true;
                }
                if passes_on(reader) && !std::mem::replace(&mut is_seen[reader.index()], true) {
                    at.push(reader);
                }
            }
        }
        false
    }

    /// The parameters that a node is made from, without a ReLU between.
    pub fn parameters_behind(&self, function: &Function, id: NodeId) -> Vec<NodeId> {
        let graph = &function.graph;
        let is_parameter = |id: NodeId| function.parameters.iter().any(|parameter| parameter.node == id);
        let mut is_seen = vec![false; self.readers.len()];
        let (mut at, mut found) = (vec![id], Vec::new());
        while let Some(id) = at.pop() {
            for input in &graph.node(id).inputs {
                let id = input.node;
                if std::mem::replace(&mut is_seen[id.index()], true) {
                    continue;
                }
                if is_parameter(id) {
                    found.push(id);
                } else if relu_of(graph, id).is_none() {
                    at.push(id);
                }
            }
        }
        found.sort_unstable();
        found
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
}

/// The values that each node can have, as the op that makes it and those before it say.
fn ranges(graph: &Graph) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        let of: Vec<Range> = node.inputs.iter().map(|input| ranges[input.node.index()]).collect();
        ranges.push(range(node, &of));
    }
    ranges
}

/// The values that a node can have, from those of what it reads.
fn range(node: &Node, of: &[Range]) -> Range {
    let unit = Range { low: 0.0, high: 1.0 };
    match &node.op {
        Op::Elementwise(op) => match op {
            Elementwise::Sigmoid => unit,
            Elementwise::Tanh | Elementwise::Sin | Elementwise::Cos | Elementwise::Erf => {
                Range { low: -1.0, high: 1.0 }
            }
            Elementwise::Exp | Elementwise::Softplus | Elementwise::Abs | Elementwise::Sqrt => {
                Range { low: 0.0, ..Range::ANY }
            }
            Elementwise::Max => Range { low: of[0].low.max(of[1].low), high: of[0].high.max(of[1].high) },
            Elementwise::Min => Range { low: of[0].low.min(of[1].low), high: of[0].high.min(of[1].high) },
            Elementwise::Neg => Range { low: -of[0].high, high: -of[0].low },
            Elementwise::Add => Range { low: of[0].low + of[1].low, high: of[0].high + of[1].high },
            Elementwise::Mul => product(of[0], of[1]),
            _ => Range::ANY,
        },
        Op::Reduce(reduce) if reduce.op == Reduction::Softmax => unit,
        Op::Shape(_) => of.iter().copied().reduce(union).unwrap_or(Range::ANY),
        Op::Source(Source::Constant(constant)) => {
            let (low, high) = extremes(constant.value.data());
            Range { low, high }
        }
        _ => Range::ANY,
    }
}

fn union(a: Range, b: Range) -> Range {
    Range { low: a.low.min(b.low), high: a.high.max(b.high) }
}

fn product(a: Range, b: Range) -> Range {
    let times = |x: f64, y: f64| if x == 0.0 || y == 0.0 { 0.0 } else { x * y };
    let all = [times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)];
    let (low, high) = extremes(&all);
    Range { low, high }
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
    let is_zero = |value: &Value| match &graph.node(through_shapes(graph, *value)).op {
        Op::Source(Source::Constant(constant)) => constant.value.data().iter().all(|&x| x == 0.0),
        _ => false,
    };
    let of = inputs.iter().position(|input| !is_zero(input))?;
    (inputs.iter().any(is_zero) && graph.kind(inputs[of]) == Kind::Real).then_some(inputs[of])
}

/// What a value is made from by rearranging alone.
pub(crate) fn through_shapes(graph: &Graph, mut value: Value) -> Value {
    while let Op::Shape(_) = graph.node(value).op {
        match graph.node(value).inputs[..] {
            [input] => value = input,
            _ => break,
        }
    }
    value
}
