//! The formulas that are recognised.

use super::exponentials::Log;
use super::{Form, Recognised};
use crate::graph::Graph;
use crate::node::Value;
use crate::ops::{Elementwise, Exponent, Op, Reduce, Reduction, ShapeOp, Source};
use crate::shape::Shape;
use Elementwise::{Abs, Add, Div, Exp, Expm1, Max, Mul, Neg, Power, Sigmoid, Softplus, StopGradient, Sub};

/// An operand: a value of the graph, or a number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Value(Value),
    Number(f64),
}

impl Part {
    pub fn value(self) -> Option<Value> {
        match self {
            Part::Value(value) => Some(value),
            Part::Number(_) => None,
        }
    }

    fn number(self, graph: &Graph) -> Option<f64> {
        match self {
            Part::Value(value) => number(graph, value),
            Part::Number(number) => Some(number),
        }
    }
}

/// The formulas, over a graph.
#[derive(Clone, Copy)]
pub(super) struct Patterns<'a> {
    pub graph: &'a Graph,
    /// Whether operands may be stretched already, as they are in a graph.
    pub stretched: bool,
}

impl Patterns<'_> {
    /// The stable form of an op on these operands, if it has one.
    pub fn recognise(self, op: Elementwise, parts: &[Part]) -> Option<Recognised> {
        let unstretched = |part: &Part| match part {
            Part::Value(value) if self.stretched => Part::Value(plain(self.graph, *value)),
            part => *part,
        };
        let found = recognise(self.graph, op, parts);
        found.or_else(|| recognise(self.graph, op, &parts.iter().map(unstretched).collect::<Vec<_>>()))
    }
}

fn recognise(graph: &Graph, op: Elementwise, parts: &[Part]) -> Option<Recognised> {
    match (op, parts) {
        (Elementwise::Log, [x]) => {
            let log = Log::of(graph, x.value()?).filter(|log| !log.is_exponent())?;
            let (written, built) = log.names();
            Recognised::new(Form::Log(log), written, built)
        }
        (Elementwise::Log1p, [x]) => log_of_one_plus(graph, x.value()?),
        (Div, &[a, b]) => quotient(graph, a, b),
        (Power(Exponent(-1.0)), [x]) => {
            let u = one_plus_exponential(graph, x.value()?)?;
            Recognised::new(Form::SigmoidOfNegative(None, u), "1/(1 + exp(-z))", "sigmoid(z)")
        }
        (Sub, &[a, b]) => difference(graph, a, b),
        (Add, &[a, b]) => sum(graph, a, b).or_else(|| sum(graph, b, a)),
        _ => None,
    }
}

/// ln(1 + eᶻ), ln(1 − σ(z))
fn log_of_one_plus(graph: &Graph, x: Value) -> Option<Recognised> {
    if let Some(sigmoid) = operand(graph, x, Neg)
        && let Some(u) = operand(graph, sigmoid, Sigmoid)
    {
        return Recognised::new(Form::Log(Log::Complement(u)), "log1p(-sigmoid(z))", "-softplus(z)");
    }
    let exponent = Log::of(graph, x).filter(Log::is_exponent)?;
    Recognised::new(Form::Softplus(exponent), "log1p(exp(z))", "softplus(z)")
}

fn quotient(graph: &Graph, a: Part, b: Part) -> Option<Recognised> {
    let below = b.value()?;
    if let Some(u) = one_plus_exponential(graph, below) {
        return over_one_plus_exponential(graph, a, u);
    }
    if let Some((u, w)) = sum_of_exponentials(graph, below) {
        return over_sum_of_exponentials(graph, a.value()?, u, w);
    }
    softmax(graph, a.value()?, below)
}

/// a/(1 + eᵘ)
fn over_one_plus_exponential(graph: &Graph, a: Part, u: Value) -> Option<Recognised> {
    let is_u = |x: Value| same(graph, x, u);
    if let Some(above) = a.value() {
        let exponential = operand(graph, above, Exp);
        if let Some(w) = exponential {
            return if is_u(w) { Recognised::new(Form::Sigmoid(u), "exp(z)/(1 + exp(z))", "sigmoid(z)") } else { None };
        }
        if operand(graph, above, Expm1).is_some_and(is_u) {
            return Recognised::new(Form::TanhOfHalf(u), "(exp(2*z) - 1)/(exp(2*z) + 1)", "tanh(z)");
        }
        if let Some([first, second]) = operands(graph, above, Sub) {
            let exponent = |x: Value| operand(graph, x, Exp).is_some_and(is_u);
            let is_one = |x: Value| number(graph, x) == Some(1.0);
            if exponent(first) && is_one(second) {
                return Recognised::new(Form::TanhOfHalf(u), "(exp(2*z) - 1)/(exp(2*z) + 1)", "tanh(z)");
            }
            if is_one(first) && exponent(second) {
                let written = "(1 - exp(-2*z))/(1 + exp(-2*z))";
                return Recognised::new(Form::TanhOfNegativeHalf(u), written, "tanh(z)");
            }
        }
    }
    match a.number(graph) {
        Some(1.0) => Recognised::new(Form::SigmoidOfNegative(None, u), "1/(1 + exp(-z))", "sigmoid(z)"),
        _ => Recognised::new(Form::SigmoidOfNegative(Some(a), u), "a/(1 + exp(-z))", "a*sigmoid(z)"),
    }
}

/// a/(eᵘ + eʷ)
fn over_sum_of_exponentials(graph: &Graph, a: Value, u: Value, w: Value) -> Option<Recognised> {
    if let Some(x) = operand(graph, a, Exp) {
        let (one, other) = if same(graph, x, u) { (u, w) } else { (w, u) };
        let form = Form::SigmoidOfDifference(one, other);
        return same(graph, x, one)
            .then(|| Recognised::new(form, "exp(a)/(exp(a) + exp(b))", "sigmoid(a - b)"))
            .flatten();
    }
    let [first, second] = operands(graph, a, Sub)?;
    let (first, second) = (operand(graph, first, Exp)?, operand(graph, second, Exp)?);
    let fits = same(graph, first, u) && same(graph, second, w) || same(graph, first, w) && same(graph, second, u);
    if !fits {
        return None;
    }
    let negative = operand(graph, second, Neg).is_some_and(|x| same(graph, x, first));
    if negative {
        return Recognised::new(Form::Tanh(first), "(exp(z) - exp(-z))/(exp(z) + exp(-z))", "tanh(z)");
    }
    let form = Form::TanhOfHalfDifference(first, second);
    Recognised::new(form, "(exp(a) - exp(b))/(exp(a) + exp(b))", "tanh((a - b)/2)")
}

/// eˣ/Σeˣ along one axis, or over all; also with the greatest taken from x first.
fn softmax(graph: &Graph, a: Value, below: Value) -> Option<Recognised> {
    let x = operand(graph, a, Exp)?;
    let shape = graph.shape(x);
    let (sum, kept) = stretched(graph, below, shape)?;
    let node = graph.node(sum);
    let Op::Reduce(Reduce { op: Reduction::Sum, axes }) = &node.op else { return None };
    let one_or_all = axes.len() == 1 || axes.len() == shape.rank();
    if axes.is_empty()
        || !one_or_all
        || !same(graph, operand(graph, node.inputs[0], Exp)?, x)
        || !is_kept(shape, axes, &kept)
    {
        return None;
    }
    match unshifted(graph, x, axes) {
        Some(logits) => {
            let form = Form::Softmax(logits, axes.clone());
            Recognised::new(form, "exp(z - max(z))/sum(exp(z - max(z)))", "softmax(z)")
        }
        None => Recognised::new(Form::Softmax(x, axes.clone()), "exp(z)/sum(exp(z))", "softmax(z)"),
    }
}

/// z, if x is z less its greatest element along some axes.
fn unshifted(graph: &Graph, x: Value, axes: &[usize]) -> Option<Value> {
    let [z, shift] = operands(graph, x, Sub)?;
    let (greatest, kept) = stretched(graph, shift, graph.shape(z))?;
    let node = graph.node(greatest);
    let Op::Reduce(Reduce { op: Reduction::Max, axes: of_max }) = &node.op else { return None };
    let one_axis = of_max == axes && same(graph, node.inputs[0], z);
    let all_merged = axes.len() == graph.shape(z).rank() && same(graph, rearranged(graph, node.inputs[0]), z);
    (is_kept(graph.shape(z), axes, &kept) && (one_axis || all_merged)).then_some(z)
}

/// 2σ(2z) − 1, 1 − 2σ(−2z)
fn difference(graph: &Graph, a: Part, b: Part) -> Option<Recognised> {
    let twice_sigmoid = |part: Part| {
        let [x, y] = operands(graph, part.value()?, Mul)?;
        let (factor, sigmoid) = if number(graph, x).is_some() { (x, y) } else { (y, x) };
        (number(graph, factor) == Some(2.0)).then(|| operand(graph, sigmoid, Sigmoid)).flatten()
    };
    if b.number(graph) == Some(1.0)
        && let Some(u) = twice_sigmoid(a)
    {
        return Recognised::new(Form::TanhOfHalf(u), "2*sigmoid(2*z) - 1", "tanh(z)");
    }
    let u = twice_sigmoid(b).filter(|_| a.number(graph) == Some(1.0))?;
    Recognised::new(Form::TanhOfNegativeHalf(u), "1 - 2*sigmoid(-2*z)", "tanh(z)")
}

/// x + softplus(−x), max(x, 0) + softplus(−|x|)
fn sum(graph: &Graph, a: Part, b: Part) -> Option<Recognised> {
    let (x, negative) = (a.value()?, operand(graph, operand(graph, b.value()?, Softplus)?, Neg)?);
    if same(graph, x, negative) {
        return Recognised::new(Form::SoftplusOf(x), "z + softplus(-z)", "softplus(z)");
    }
    let (size, [one, other]) = (operand(graph, negative, Abs)?, operands(graph, x, Max)?);
    let fits = number(graph, one) == Some(0.0) && same(graph, other, size)
        || number(graph, other) == Some(0.0) && same(graph, one, size);
    fits.then(|| Recognised::new(Form::SoftplusOf(size), "max(z, 0) + softplus(-abs(z))", "softplus(z)")).flatten()
}

/// u, if a value is 1 + eᵘ.
fn one_plus_exponential(graph: &Graph, value: Value) -> Option<Value> {
    let [a, b] = operands(graph, value, Add)?;
    let exponential = match (number(graph, a), number(graph, b)) {
        (Some(1.0), None) => b,
        (None, Some(1.0)) => a,
        _ => return None,
    };
    operand(graph, exponential, Exp)
}

/// u and w, if a value is eᵘ + eʷ.
fn sum_of_exponentials(graph: &Graph, value: Value) -> Option<(Value, Value)> {
    let [a, b] = operands(graph, value, Add)?;
    Some((operand(graph, a, Exp)?, operand(graph, b, Exp)?))
}

/// u, if a value is 1 − σ(u).
pub(super) fn is_complement_of_sigmoid(graph: &Graph, value: Value) -> Option<Value> {
    let [a, b] = operands(graph, value, Sub)?;
    operand(graph, b, Sigmoid).filter(|_| number(graph, a) == Some(1.0))
}

/// A number and the value that it is multiplied by, if a value is such a product, or a negative.
pub(super) fn scaled(graph: &Graph, value: Value) -> Option<(f64, Value)> {
    if let Some(x) = operand(graph, value, Neg) {
        return match operands(graph, x, Mul) {
            Some([a, b]) => match number(graph, a) {
                Some(factor) => Some((-factor, b)),
                None => Some((-1.0, x)),
            },
            None => Some((-1.0, x)),
        };
    }
    let [a, b] = operands(graph, value, Mul)?;
    match (number(graph, a), number(graph, b)) {
        (Some(factor), None) => Some((factor, b)),
        (None, Some(factor)) => Some((factor, a)),
        _ => None,
    }
}

/// The operand of an op on one value, if a value is that op's.
fn operand(graph: &Graph, value: Value, op: Elementwise) -> Option<Value> {
    let node = graph.node(value);
    (node.op == Op::Elementwise(op)).then(|| node.inputs[0])
}

/// The operands of an op on two values.
fn operands(graph: &Graph, value: Value, op: Elementwise) -> Option<[Value; 2]> {
    let node = graph.node(value);
    (node.op == Op::Elementwise(op)).then(|| [node.inputs[0], node.inputs[1]])
}

/// The number that every element of a constant is.
pub(super) fn number(graph: &Graph, value: Value) -> Option<f64> {
    match &graph.node(plain(graph, value)).op {
        Op::Source(Source::Constant(constant)) => match constant.value.data() {
            [first, rest @ ..] if rest.iter().all(|element| element == first) => Some(*first),
            _ => None,
        },
        _ => None,
    }
}

/// What a value is stretched from.
fn plain(graph: &Graph, value: Value) -> Value {
    let mut value = value;
    while let Op::Shape(ShapeOp::Broadcast { .. } | ShapeOp::Reshape { .. }) = &graph.node(value).op {
        value = graph.node(value).inputs[0];
    }
    value
}

/// The value below reshapes, transposes and the like.
fn rearranged(graph: &Graph, value: Value) -> Value {
    let mut value = value;
    while let Op::Shape(ShapeOp::Transpose { .. } | ShapeOp::Reshape { .. }) = &graph.node(value).op {
        value = graph.node(value).inputs[0];
    }
    value
}

/// What a value is stretched from to a shape, and for each of its axes that is longer than 1 the axis that it becomes.
fn stretched(graph: &Graph, value: Value, shape: &Shape) -> Option<(Value, Vec<usize>)> {
    let node = graph.node(value);
    let (from, becomes) = match &node.op {
        Op::Shape(ShapeOp::Broadcast { shape: to, axes }) if to == shape => (node.inputs[0], axes.clone()),
        _ => {
            let own = graph.shape(value).rank();
            (value, (shape.rank().checked_sub(own)?..shape.rank()).collect())
        }
    };
    let long = graph.shape(from).iter().zip(&becomes).filter(|(n, _)| **n != 1).map(|(_, &axis)| axis).collect();
    let mut below = from;
    while matches!(graph.node(below).op, Op::Shape(ShapeOp::Reshape { .. }) | Op::Elementwise(StopGradient)) {
        below = graph.node(below).inputs[0];
    }
    Some((below, long))
}

/// Whether the axes of a shape that a reduction leaves are those that its result becomes again.
fn is_kept(shape: &Shape, reduced: &[usize], kept: &[usize]) -> bool {
    (0..shape.rank()).filter(|axis| !reduced.contains(axis) && shape[*axis] != 1).eq(kept.iter().copied())
}

/// Whether two values are the same, or computed alike from the same.
fn same(graph: &Graph, a: Value, b: Value) -> bool {
    /// How many pairs of nodes are compared.
    const MOST: usize = 256;
    let (mut todo, mut left) = (vec![(a, b)], MOST);
    while let Some((a, b)) = todo.pop() {
        if a == b {
            continue;
        }
        let (one, other) = (graph.node(a), graph.node(b));
        let alike = a.output == b.output && one.op.is_pure() && one.op == other.op;
        if !alike || one.inputs.len() != other.inputs.len() || left == 0 {
            return false;
        }
        left -= 1;
        todo.extend(one.inputs.iter().copied().zip(other.inputs.iter().copied()));
    }
    true
}
