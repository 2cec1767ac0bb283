//! Values that are exponentials, or sums of such: what their logarithm is.

use super::pattern::{is_complement_of_sigmoid, number};
use crate::graph::Graph;
use crate::node::Value;
use crate::ops::{Elementwise, Index, Op, Reduce, Reduction, ShapeOp, Windows};
use crate::shape::Shape;

/// How many nodes below an op are looked at, one below the other, and how many terms a sum has.
const DEEPEST: usize = 32;
const MOST_TERMS: usize = 16;

/// The logarithm of a value, without the value.
#[derive(Clone, Debug)]
pub(crate) enum Log {
    /// The logarithm is this value: it was the exponent.
    Exponent(Value),
    /// The logarithm is this number.
    Number(f64),
    /// ln σ(u)
    Sigmoid(Value),
    /// ln (1 − σ(u))
    Complement(Value),
    /// ln softmax(x) along an axis
    Softmax(Value, usize),
    /// ln Σ of what has these logarithms, over axes.
    Sum(Box<Log>, Vec<usize>),
    /// ln of the sum of what has these logarithms, stretched to a shape.
    Terms(Vec<Log>, Shape),
    /// ln (1 + what has this logarithm).
    OnePlus(Box<Log>),
    /// The logarithm, rearranged or picked from by an op with these further operands.
    Moved(Box<Log>, Op, Vec<Value>),
}

impl Log {
    /// The logarithm of a value of which it is worth building.
    pub fn of(graph: &Graph, value: Value) -> Option<Log> {
        log(graph, value, DEEPEST)
    }

    /// Whether it is that of an exponential, rearranged or not.
    pub fn is_exponent(&self) -> bool {
        match self {
            Log::Exponent(_) => true,
            Log::Moved(inner, ..) => inner.is_exponent(),
            Log::Number(_)
            | Log::Sigmoid(_)
            | Log::Complement(_)
            | Log::Softmax(..)
            | Log::Sum(..)
            | Log::Terms(..)
            | Log::OnePlus(_) => false,
        }
    }

    /// What is written, and what it is built as.
    pub fn names(&self) -> (&'static str, &'static str) {
        match self {
            Log::Exponent(_) | Log::Number(_) => ("log(exp(z))", "z"),
            Log::Sigmoid(_) => ("log(sigmoid(z))", "-softplus(-z)"),
            Log::Complement(_) => ("log(1 - sigmoid(z))", "-softplus(z)"),
            Log::Softmax(..) => ("log(softmax(z))", "log_softmax(z)"),
            Log::Sum(..) => ("log(sum(exp(z)))", "logsumexp(z)"),
            Log::Terms(..) => ("log(exp(a) + exp(b))", "logsumexp(stack(a, b))"),
            Log::OnePlus(_) => ("log(1 + exp(z))", "softplus(z)"),
            Log::Moved(inner, ..) => inner.names(),
        }
    }
}

fn log(graph: &Graph, value: Value, depth: usize) -> Option<Log> {
    let depth = depth.checked_sub(1)?;
    let node = graph.node(value);
    let through = |inner: Log| Log::Moved(Box::new(inner), node.op.clone(), node.inputs[1..].to_vec());
    match &node.op {
        Op::Elementwise(Elementwise::Exp) => Some(Log::Exponent(node.inputs[0])),
        Op::Elementwise(Elementwise::Sigmoid) => Some(Log::Sigmoid(node.inputs[0])),
        Op::Elementwise(Elementwise::Sub) => is_complement_of_sigmoid(graph, value).map(Log::Complement),
        Op::Elementwise(Elementwise::Add) => terms(graph, value, depth),
        Op::Reduce(Reduce { op: Reduction::Softmax, axes }) => Some(Log::Softmax(node.inputs[0], axes[0])),
        Op::Reduce(Reduce { op: Reduction::Sum, axes }) => {
            let exponent = log(graph, node.inputs[0], depth).filter(Log::is_exponent)?;
            (!axes.is_empty()).then(|| Log::Sum(Box::new(exponent), axes.clone()))
        }
        Op::Shape(
            ShapeOp::Reshape { .. }
            | ShapeOp::Transpose { .. }
            | ShapeOp::Broadcast { .. }
            | ShapeOp::Slice { .. }
            | ShapeOp::Reverse { .. },
        )
        | Op::Windows(Windows::Slide(_))
        | Op::Index(Index::Gather { .. }) => log(graph, node.inputs[0], depth).map(through),
        Op::Shape(ShapeOp::Pad { .. } | ShapeOp::Concat { .. })
        | Op::Windows(Windows::Fold { .. })
        | Op::Index(Index::ScatterAdd { .. })
        | Op::Source(_)
        | Op::Elementwise(_)
        | Op::Phased(_)
        | Op::Random(_)
        | Op::Contract(_)
        | Op::Reduce(_)
        | Op::Scan(_)
        | Op::Custom(_) => None,
    }
}

/// ln of a sum of exponentials and positive numbers, at least one of them an exponential.
fn terms(graph: &Graph, sum: Value, depth: usize) -> Option<Log> {
    let (mut todo, mut terms) = (vec![sum], Vec::new());
    while let Some(value) = todo.pop() {
        let node = graph.node(value);
        if terms.len() + todo.len() >= MOST_TERMS {
            return None;
        }
        if node.op == Op::Elementwise(Elementwise::Add) {
            todo.extend([node.inputs[1], node.inputs[0]]);
        } else if let Some(number) = number(graph, value) {
            terms.push(Log::Number(number.ln()));
        } else {
            terms.push(log(graph, value, depth).filter(Log::is_exponent)?);
        }
    }
    let finite = terms.iter().all(|term| !matches!(term, Log::Number(number) if !number.is_finite()));
    if !finite || !terms.iter().any(Log::is_exponent) {
        return None;
    }
    if let [Log::Number(0.0), _] | [_, Log::Number(0.0)] = terms[..] {
        let exponent = terms.into_iter().find(Log::is_exponent)?;
        return Some(Log::OnePlus(Box::new(exponent)));
    }
    Some(Log::Terms(terms, graph.shape(sum).clone()))
}
