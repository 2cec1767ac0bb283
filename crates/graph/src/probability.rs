//! Whether a value is a probability by its making: by what its elements can be, and what they sum to, whatever the inputs are.

use crate::graph::Graph;
use crate::node::{Kind, Node, NodeId, Value};
use crate::ops::{Contract, Elementwise, Op, Phased, Reduce, Reduction, ShapeOp, Source, Windows};
use crate::shape::Shape;

/// How a value is a probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probability {
    /// Each element by itself lies in [0, 1].
    Each,
    /// Besides, the elements along an axis sum to 1.
    Along(usize),
}

/// How far bounds may be off by rounding.
const ROUNDING: f64 = 1e-9;

/// How a value is a probability by its making, if it is: a softmax, a sigmoid, and what products, sums and choices leave one.
/// Another value may be one all the same, where nothing in the graph shows it.
pub fn probability(graph: &Graph, value: Value) -> Option<Probability> {
    let needed = graph.needed_for([value]);
    let mut known = vec![Known::NOTHING; graph.value_count()];
    for id in graph.ids().filter(|id| needed[id.index()] && *id <= value.node) {
        known[graph.value_index(id)] = Known::of(graph, id, &known);
    }
    let found = graph.contains(value).then(|| known[graph.value_index(value)])?;
    if !(found.least >= 0.0 && found.most <= 1.0 + ROUNDING) {
        return None;
    }
    match found.total {
        Some((axis, total)) if (total - 1.0).abs() <= ROUNDING => Some(Probability::Along(axis)),
        _ => Some(Probability::Each),
    }
}

/// What is known of the elements of a value.
#[derive(Clone, Copy, Debug)]
struct Known {
    least: f64,
    most: f64,
    /// An axis, and what the elements along it sum to, all of them from 0 up.
    total: Option<(usize, f64)>,
}

impl Known {
    const NOTHING: Known = Known { least: f64::NEG_INFINITY, most: f64::INFINITY, total: None };

    fn within(least: f64, most: f64) -> Known {
        // What could be NaN is not known.
        if least <= most { Known { least, most, total: None } } else { Known::NOTHING }
    }

    fn of(graph: &Graph, id: NodeId, known: &[Known]) -> Known {
        let node = graph.node(id);
        let at = |value: Value| known[graph.value_index(value)];
        let operands: Vec<Known> = node.inputs.iter().map(|&input| at(input)).collect();
        match (&node.op, &operands[..]) {
            (Op::Source(source), _) => Known::of_source(source),
            (Op::Elementwise(op), &[x]) => x.elementwise(*op).or_normalized(graph, node, *op, None),
            (Op::Elementwise(op), &[a, b]) => Known::of_two(graph, node, *op, a, b, &at),
            (Op::Elementwise(Elementwise::Where), &[_, a, b]) => a.or(b),
            (Op::Reduce(Reduce { op, axes }), &[x]) => x.reduced(graph, node.inputs[0], *op, axes, &at),
            (Op::Contract(op), &[a, b]) => Known::contracted(graph, op, node, a, b),
            (Op::Shape(op), _) => Known::of_shape(graph, node, op, &operands),
            (Op::Index(_), &[table, ..]) => Known { total: None, ..table },
            (Op::Phased(Phased::InTraining), &[a, b]) => a.or(b),
            (Op::Random(_), _) => Known::within(0.0, 1.0),
            (Op::Windows(Windows::Slide(_)), &[x]) => Known { total: None, ..x },
            _ => Known::NOTHING,
        }
    }

    fn of_source(source: &Source) -> Known {
        match source {
            Source::Constant(constant) => {
                let data = constant.value.data();
                let least = data.iter().copied().fold(f64::INFINITY, f64::min);
                let most = data.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let all = Known::within(least, most);
                let total = (constant.value.shape().rank() == 1 && all.least >= 0.0).then(|| (0, data.iter().sum()));
                Known { total, ..all }
            }
            Source::Iota { length } => Known::within(0.0, *length as f64 - 1.0),
            Source::Input { kind: Kind::Bool, .. } => Known::within(0.0, 1.0),
            Source::Input { bound: Some(bound), .. } => Known::within(0.0, *bound as f64 - 1.0),
            Source::Input { .. } | Source::RandomKey | Source::RandomExample { .. } => Known::NOTHING,
        }
    }

    /// Of either of two values.
    fn or(self, other: Known) -> Known {
        let total = self.total.filter(|total| other.total == Some(*total));
        Known { total, ..Known::within(self.least.min(other.least), self.most.max(other.most)) }
    }

    fn times(self, number: f64) -> Known {
        let [a, b] = [self.least, self.most].map(|bound| product(bound, number));
        let total = self.total.filter(|_| number >= 0.0).map(|(axis, total)| (axis, total * number));
        Known { total, ..Known::within(a.min(b), a.max(b)) }
    }

    fn is(self, number: f64) -> bool {
        self.least == number && self.most == number
    }

    /// Of a rising function of it.
    fn rising(self, f: impl Fn(f64) -> f64) -> Known {
        Known::within(f(self.least), f(self.most))
    }

    fn elementwise(self, op: Elementwise) -> Known {
        use Elementwise::*;
        match op {
            Neg => self.times(-1.0),
            Exp => self.rising(f64::exp),
            Expm1 => self.rising(f64::exp_m1),
            Log => self.rising(f64::ln),
            Log1p => self.rising(f64::ln_1p),
            Sqrt => self.rising(f64::sqrt),
            Rsqrt if self.least >= 0.0 => Known::within(1.0 / self.most.sqrt(), 1.0 / self.least.sqrt()),
            Sin | Cos | Sign => Known::within(-1.0, 1.0),
            Atan => self.rising(f64::atan),
            Tanh => self.rising(f64::tanh),
            Sigmoid => self.rising(|x| 1.0 / (1.0 + (-x).exp())),
            Softplus => Known::within(0.0, f64::INFINITY),
            Erf => Known::within(if self.least >= 0.0 { 0.0 } else { -1.0 }, 1.0),
            Abs if self.least >= 0.0 => self,
            Abs => Known::within(0.0, f64::max(-self.least, self.most)),
            Power(n) if self.least >= 0.0 && n.0 >= 0.0 => self.rising(|x| x.powf(n.0)),
            Power(n) if self.least >= 0.0 => Known::within(self.most.powf(n.0), self.least.powf(n.0)),
            Power(n) if n.0 % 2.0 == 0.0 && n.0 > 0.0 => Known::within(0.0, f64::max(-self.least, self.most).powf(n.0)),
            ToReal | StopGradient => self,
            _ => Known::NOTHING,
        }
    }

    fn of_two(graph: &Graph, node: &Node, op: Elementwise, a: Known, b: Known, at: &impl Fn(Value) -> Known) -> Known {
        use Elementwise::*;
        match op {
            Add => mixed(graph, node, at).unwrap_or_else(|| {
                let total = match (a.total, b.total) {
                    (Some((axis, one)), Some((other, two))) if axis == other => Some((axis, one + two)),
                    _ => None,
                };
                Known { total, ..Known::within(a.least + b.least, a.most + b.most) }
            }),
            Sub => Known::within(a.least - b.most, a.most - b.least),
            Mul | StrongMul if node.inputs[0] == node.inputs[1] => {
                let most = f64::max(-a.least, a.most);
                Known::within(if a.least > 0.0 { a.least * a.least } else { 0.0 }, most * most)
            }
            Mul | StrongMul if a.least == a.most => b.times(a.least),
            Mul | StrongMul if b.least == b.most => a.times(b.least),
            Mul | StrongMul => Known::product(a, b),
            Div if b.least == b.most && b.least != 0.0 => a.times(1.0 / b.least),
            Div if b.least >= 0.0 => {
                Known::product(a, Known::within(1.0 / b.most, 1.0 / b.least)).or_normalized(graph, node, op, Some(a))
            }
            Max => Known::within(a.least.max(b.least), a.most.max(b.most)),
            Min => Known::within(a.least.min(b.least), a.most.min(b.most)),
            Pow if a.least >= 0.0 && a.most <= 1.0 && b.least >= 0.0 => Known::within(0.0, 1.0),
            Pow if a.least >= 0.0 => Known::within(0.0, f64::INFINITY),
            Less | LessEqual | Equal | NotEqual => Known::within(0.0, 1.0),
            _ => Known::NOTHING,
        }
    }

    fn product(a: Known, b: Known) -> Known {
        let products = [(a.least, b.least), (a.least, b.most), (a.most, b.least), (a.most, b.most)];
        let products = products.map(|(a, b)| product(a, b));
        Known::within(
            products.iter().copied().fold(f64::INFINITY, f64::min),
            products.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        )
    }

    /// A softmax that is written out: a/Σa with a from 0 up, or exp(x − logsumexp x).
    fn or_normalized(self, graph: &Graph, node: &Node, op: Elementwise, numerator: Option<Known>) -> Known {
        let written = match (op, numerator) {
            (Elementwise::Div, Some(a)) if a.least >= 0.0 => Some((node.inputs[0], node.inputs[1], Reduction::Sum)),
            (Elementwise::Exp, None) => match &graph.node(node.inputs[0].node) {
                Node { op: Op::Elementwise(Elementwise::Sub), inputs, .. } => {
                    Some((inputs[0], inputs[1], Reduction::LogSumExp))
                }
                _ => None,
            },
            _ => None,
        };
        let axis = written.and_then(|(of, by, reduction)| stretched_reduction(graph, of, by, reduction));
        axis.map_or(self, |axis| Known { total: Some((axis, 1.0)), ..Known::within(0.0, 1.0) })
    }

    fn reduced(
        self,
        graph: &Graph,
        operand: Value,
        op: Reduction,
        axes: &[usize],
        at: &impl Fn(Value) -> Known,
    ) -> Known {
        let shape = graph.shape(operand);
        let count: f64 = axes.iter().map(|&axis| shape[axis] as f64).product();
        match (op, axes) {
            (Reduction::Softmax, &[axis]) => Known { total: Some((axis, 1.0)), ..Known::within(0.0, 1.0) },
            (Reduction::Max | Reduction::Min, _) => Known { total: None, ..self },
            (Reduction::Sum, _) => {
                if let ([axis], Some(mean)) = (axes, weighted(graph, operand, axes, at)) {
                    return Known { total: mean.total.and_then(|total| without(total, *axis)), ..mean };
                }
                match self.total {
                    Some((axis, total)) if axes.contains(&axis) => {
                        let others = count / shape[axis] as f64;
                        Known::within(total * others - ROUNDING, total * others + ROUNDING)
                    }
                    Some((axis, total)) => {
                        let before = axes.iter().filter(|&&other| other < axis).count();
                        Known {
                            total: Some((axis - before, total * count)),
                            ..Known { total: None, ..self }.times(count)
                        }
                    }
                    None => self.times(count),
                }
            }
            (Reduction::Cumsum, &[axis]) => match self.total {
                Some((of, total)) if of == axis => Known::within(0.0, total),
                _ => Known::NOTHING,
            },
            _ => Known::NOTHING,
        }
    }

    /// A sum of products: a mean, where one operand's elements along the shared axis sum to one.
    fn contracted(graph: &Graph, op: &Contract, node: &Node, a: Known, b: Known) -> Known {
        let summed: Vec<u8> = op.lhs.iter().copied().filter(|label| !op.out.contains(label)).collect();
        let shape = graph.shape(node.inputs[0]);
        let size = |label: &u8| op.lhs.iter().position(|other| other == label).map_or(1.0, |axis| shape[axis] as f64);
        for (weights, labels, values, others) in [(a, &op.lhs, b, &op.rhs), (b, &op.rhs, a, &op.lhs)] {
            if let (Some((axis, total)), &[label]) = (weights.total, &summed[..])
                && labels[axis] == label
            {
                let kept = values.total.and_then(|(axis, sum)| {
                    let is_alone = !labels.contains(&others[axis]);
                    let out = op.out.iter().position(|label| *label == others[axis]).filter(|_| is_alone)?;
                    Some((out, sum * total))
                });
                return Known { total: kept, ..Known { total: None, ..values }.times(total) };
            }
        }
        Known::product(a, b).times(summed.iter().map(size).product())
    }

    fn of_shape(graph: &Graph, node: &Node, op: &ShapeOp, operands: &[Known]) -> Known {
        let Some(&first) = operands.first() else { return Known::NOTHING };
        let (from, to) = (graph.shape(node.inputs[0]), &node.outputs[0].shape);
        let moved =
            |axis: Option<usize>| Known { total: first.total.and_then(|(_, total)| Some((axis?, total))), ..first };
        let axis = first.total.map(|(axis, _)| axis);
        match op {
            ShapeOp::Reshape { .. } => moved(axis.and_then(|axis| same_axis(from, to, axis))),
            ShapeOp::Transpose { axes } => moved(axis.and_then(|axis| axes.iter().position(|of| *of == axis))),
            ShapeOp::Broadcast { axes, .. } => moved(axis.map(|axis| axes[axis])),
            ShapeOp::Slice { .. } => moved(axis.filter(|&axis| from[axis] == to[axis])),
            ShapeOp::Pad { .. } => first.or(Known::within(0.0, 0.0)),
            ShapeOp::Reverse { .. } => first,
            ShapeOp::Concat { axis } => {
                let all = operands.iter().copied().reduce(Known::or).unwrap_or(Known::NOTHING);
                let total = match node.inputs[..] {
                    [p, q] if to[*axis] == 2 && all.least >= 0.0 && complements(graph, p, q) => Some((*axis, 1.0)),
                    _ => all.total.filter(|(of, _)| of != axis),
                };
                Known { total, ..all }
            }
        }
    }
}

/// a · b, where nothing times anything is nothing.
fn product(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 { 0.0 } else { a * b }
}

/// The same of an axis once another is gone.
fn without((axis, total): (usize, f64), gone: usize) -> Option<(usize, f64)> {
    (axis != gone).then(|| (axis - usize::from(gone < axis), total))
}

/// The axis that an axis becomes when axes of one element come or go.
fn same_axis(from: &Shape, to: &Shape, axis: usize) -> Option<usize> {
    let before = |shape: &Shape, axis: usize| shape[..axis].iter().product::<usize>();
    (0..to.rank()).find(|&other| to[other] == from[axis] && before(to, other) == before(from, axis) && from[axis] > 1)
}

/// The value whose copies these are.
fn source(graph: &Graph, mut value: Value) -> Value {
    while let Op::Shape(ShapeOp::Broadcast { .. } | ShapeOp::Reshape { .. }) = graph.node(value.node).op {
        value = graph.node(value.node).inputs[0];
    }
    value
}

/// Whether one is 1 less the other.
fn complements(graph: &Graph, p: Value, q: Value) -> bool {
    let (p, q) = (source(graph, p), source(graph, q));
    let is_rest = |rest: Value, of: Value| match &graph.node(rest.node) {
        Node { op: Op::Elementwise(Elementwise::Sub), inputs, .. } => {
            let one = match &graph.node(source(graph, inputs[0]).node).op {
                Op::Source(constant) => Known::of_source(constant).is(1.0),
                _ => false,
            };
            one && source(graph, inputs[1]) == of
        }
        _ => false,
    };
    is_rest(p, q) || is_rest(q, p)
}

/// The operands of a product.
fn factors(graph: &Graph, value: Value) -> Option<[Value; 2]> {
    match &graph.node(value.node) {
        Node { op: Op::Elementwise(Elementwise::Mul), inputs, .. } => Some([inputs[0], inputs[1]]),
        _ => None,
    }
}

/// p · a + (1 − p) · b is between a and b, if p is between 0 and 1.
fn mixed(graph: &Graph, node: &Node, at: &impl Fn(Value) -> Known) -> Option<Known> {
    let (left, right) = (factors(graph, node.inputs[0])?, factors(graph, node.inputs[1])?);
    let orders = [[0, 0], [0, 1], [1, 0], [1, 1]];
    let [i, j] = orders.into_iter().find(|[i, j]| complements(graph, left[*i], right[*j]))?;
    let p = at(left[i]);
    let both = at(left[1 - i]).or(at(right[1 - j]));
    // What is summed is mixed by the same p, or the sums are not.
    let is_one = graph.shape(source(graph, left[i])).size() == 1;
    (p.least >= 0.0 && p.most <= 1.0).then_some(Known { total: both.total.filter(|_| is_one), ..both })
}

/// Σ w · x along an axis is a mean of x, if the weights w sum to one.
fn weighted(graph: &Graph, operand: Value, axes: &[usize], at: &impl Fn(Value) -> Known) -> Option<Known> {
    let [a, b] = factors(graph, operand)?;
    let is_weight = |value: Value| at(value).total.filter(|(axis, _)| *axis == axes[0]);
    [(a, b), (b, a)].into_iter().find_map(|(weights, values)| {
        let (_, total) = is_weight(weights)?;
        Some(Known { total: None, ..at(values) }.times(total))
    })
}

/// The axis along which `by` is this reduction of `of`, stretched to its shape again.
fn stretched_reduction(graph: &Graph, of: Value, by: Value, reduction: Reduction) -> Option<usize> {
    let reduced = source(graph, by);
    let Node { op: Op::Reduce(Reduce { op, axes }), inputs, .. } = graph.node(reduced.node) else { return None };
    let &[axis] = &axes[..] else { return None };
    let shape = graph.shape(of);
    // Stretched along the axis that it is the sum of, and along no other
    let back = shape.without(&[axis]);
    let is_back = match &graph.node(by.node).op {
        Op::Shape(ShapeOp::Broadcast { axes, .. }) => {
            let kept: Vec<usize> = (0..shape.rank()).filter(|other| *other != axis).collect();
            let from = graph.shape(graph.node(by.node).inputs[0]);
            (*axes == kept && *from == back) || from.size() == 1 && shape.rank() == 1
        }
        _ => false,
    };
    (*op == reduction && inputs[0] == of && is_back).then_some(axis)
}
