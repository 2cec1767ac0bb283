//! Random graphs: every op, sharing, broadcasting, scopes, odd names, axes of one entry and none.

use std::collections::HashSet;
use std::fmt;

use chainrule_graph::ops::{Contract, Elementwise, Op, Reduce, Reduction, ShapeOp, Source};
use chainrule_graph::{Builder, Function, Initializer, Kind, Shape, Tensor, Var, text};
use proptest::prelude::*;

use super::support::custom;

/// One instruction: what to build, from which of the nodes so far.
#[derive(Clone, Debug)]
pub enum Step {
    Build { what: u8, operands: [u16; 3], number: u8 },
    Name { node: u16, name: u8 },
    Scope { name: u8, steps: Vec<Step> },
}

/// A random function, which shows as its text.
pub fn functions() -> impl Strategy<Value = Case> {
    (steps(), any::<[u8; 4]>()).prop_map(|(steps, ends)| Case(function(&steps, ends)))
}

#[derive(Clone)]
pub struct Case(pub Function);

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", text::print(&self.0))
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let build = (any::<u8>(), any::<[u16; 3]>(), any::<u8>()).prop_map(|(what, operands, number)| Step::Build {
        what,
        operands,
        number,
    });
    let name = (any::<u16>(), any::<u8>()).prop_map(|(node, name)| Step::Name { node, name });
    let step = prop_oneof![8 => build, 1 => name];
    let step = step.prop_recursive(3, 40, 12, |inner| {
        let steps = prop::collection::vec(inner, 0..12);
        (any::<u8>(), steps).prop_map(|(name, steps)| Step::Scope { name, steps })
    });
    prop::collection::vec(step, 1..40)
}

const NAMES: &[&str] = &[
    "x", "h", "input", "sum", "int", "inf", "e", "hidden/w", "a b", "`", "\\", "a\nb", "", "λ", "x²", "2x", "\"", "$3",
    "größe", "none", "kind", "scope", "\u{7f}", "axis", "#", "x_1", "_",
];

const SHAPES: &[&[usize]] =
    &[&[], &[3], &[1], &[2, 3], &[2, 1], &[3, 2], &[3, 3], &[0], &[2, 0], &[1, 2, 3], &[1, 1], &[2, 3, 3]];

const NUMBERS: &[f64] = &[
    0.0,
    -0.0,
    1.0,
    2.0,
    0.5,
    -3.0,
    1e-300,
    1e300,
    0.1,
    12345678.9,
    1e15,
    1e16,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MIN_POSITIVE,
    5e-324,
    1.0 / 3.0,
];

fn function(steps: &[Step], ends: [u8; 4]) -> Function {
    let builder = Builder::new();
    let mut nodes: Vec<Var<'_>> = Vec::new();
    nodes.push(builder.input("first", [3]));
    nodes.push(builder.parameter("second", [2, 3], Initializer::Glorot));
    nodes.push(builder.outcome_of("third", [], Kind::Int, Some(3)));
    run(&builder, steps, &mut nodes, &mut HashSet::new());
    let pick = |place: u8| nodes[place as usize % nodes.len()];
    let total = real(pick(ends[0]), &nodes).sum();
    if !ends[1].is_multiple_of(4) {
        builder.objective(total);
    }
    if ends[1].is_multiple_of(3) {
        builder.prediction(nodes[ends[1] as usize / 3 % 2] * 2.0);
    }
    if ends[2].is_multiple_of(3) {
        let target = builder.state("memory", [2, 3], Initializer::Normal { mean: -1.5, std: 0.25 });
        let value = if ends[2].is_multiple_of(2) { target * 0.5 } else { nodes[1] };
        builder.update(target, value);
        if ends[3].is_multiple_of(2) {
            builder.update(nodes[1], nodes[1] - target);
        }
    }
    builder.finish().expect("nothing is built that does not fit")
}

fn real<'g>(node: Var<'g>, nodes: &[Var<'g>]) -> Var<'g> {
    if node.kind() == Kind::Real { node } else { nodes[0] }
}

fn run<'g>(builder: &'g Builder, steps: &[Step], nodes: &mut Vec<Var<'g>>, used: &mut HashSet<&'static str>) {
    for step in steps {
        match step {
            Step::Scope { name, steps } => {
                builder.scope(NAMES[*name as usize % NAMES.len()], |builder| run(builder, steps, nodes, used));
            }
            Step::Name { node, name } => {
                let name = NAMES[*name as usize % NAMES.len()];
                if used.insert(name) {
                    nodes[*node as usize % nodes.len()].named(name);
                }
            }
            Step::Build { what, operands, number } => {
                let operand = |place: usize| nodes[operands[place] as usize % nodes.len()];
                let attribute = operands[2] as usize / 7;
                let built = build(builder, *what, [operand(0), operand(1), operand(2)], attribute, *number);
                nodes.extend(built.filter(|node| node.id().is_some()));
            }
        }
    }
}

/// Builds one thing, if the operands allow it. Nothing here is a mistake.
fn build<'g>(builder: &'g Builder, what: u8, [a, b, c]: [Var<'g>; 3], attribute: usize, number: u8) -> Option<Var<'g>> {
    let (rank, shape) = (a.rank(), a.shape());
    let literal = NUMBERS[number as usize % NUMBERS.len()];
    let axis = if rank > 0 { attribute % rank } else { 0 };
    let numeric = |x: Var<'g>| x.kind() != Kind::Bool;
    let together = |x: Var<'g>, y: Var<'g>| x.shape().broadcast(&y.shape()).is_some();
    let small = |x: Var<'g>| x.shape().iter().product::<usize>() < 100 && x.rank() < 5;
    a.only_if(small(a) && small(b))?;
    Some(match what % 56 {
        0 => a + b.only_if(together(a, b))?,
        1 => a - b.only_if(together(a, b))?,
        2 => a * b.only_if(together(a, b))?,
        3 => a / b.only_if(together(a, b))?,
        4 => a + literal,
        5 => literal * a,
        6 => literal - a,
        7 => a / literal,
        8 => a.pow(b.only_if(together(a, b))?),
        9 => a.pow(literal),
        10 => a.power(literal),
        11 => a.max(b.only_if(together(a, b))?),
        12 => a.min(literal),
        13 => a.less(b.only_if(together(a, b))?),
        14 => a.greater_equal(literal),
        15 => a.equal(b.only_if(together(a, b))?),
        16 => a.not_equal(literal),
        17 => a.less(0.0).select(b.only_if(together(a, b))?, literal),
        18 => -a.only_if(numeric(a))?,
        19 => a.only_if(numeric(a))?.abs().sign(),
        20 => a.exp().log1p(),
        21 => a.log().softplus(),
        22 => entrywise(a, attribute),
        23 => a.sigmoid().sqrt(),
        24 => a.relu(),
        25 => a.stop_gradient(),
        26 => a.to_real(),
        27 => a.sum(),
        28 => a.sum_axes(&[axis][..rank.min(1)]),
        29 => a.sum_axes(&(0..rank).filter(|i| attribute >> i & 1 == 1).collect::<Vec<_>>()),
        30 => {
            let a = a.only_if(rank > 0 && shape[axis] > 0 && numeric(a))?;
            if number.is_multiple_of(2) { a.max_axis(axis) } else { a.min_axis(axis) }
        }
        31 => {
            let a = a.only_if(rank > 0 && shape[axis] > 0 && numeric(a))?;
            if number.is_multiple_of(2) { a.argmax(axis) } else { a.argmin(axis) }
        }
        32 => a.only_if(rank > 0)?.logsumexp(axis),
        33 => a.only_if(rank > 0)?.softmax(axis),
        34 => a.only_if(rank > 0)?.softmax(axis).log(),
        35 => a.only_if(shape.iter().all(|&n| n > 0))?.mean(),
        36 => a.only_if(a.rank() == 1 && a.shape() == b.shape())?.dot(b),
        37 => a.only_if(a.rank() == 2 && b.rank() == 1 && shape[1] == b.shape()[0])?.matmul(b),
        38 => a.only_if(a.rank() == 1 && b.rank() == 1)?.outer(b),
        39 => a.only_if(a.rank() == 2 && b.rank() == 2 && shape[1] == b.shape()[0])?.matmul(b),
        40 => a.only_if(a.rank() == 2 && a.shape() == b.shape())?.contract(b, "ab,ab->ba"),
        41 => a.transpose(),
        42 => a.transpose_axes(&(0..rank).map(|i| (i + attribute) % rank).collect::<Vec<_>>()),
        43 => a.reshape([shape.iter().product::<usize>()]),
        44 => builder.push(Op::Shape(ShapeOp::Reshape { shape: shape.clone() }), &[a]),
        45 => a.only_if(rank < 4)?.expand(attribute % (rank + 1), 2),
        46 => {
            let start: Vec<usize> = shape.iter().map(|&n| (attribute % 3).min(n)).collect();
            let stop: Vec<usize> =
                shape.iter().zip(&start).map(|(&n, &start)| n.min(start + 1 + number as usize % 2)).collect();
            a.slice(&start, &stop)
        }
        47 => a.only_if(rank > 0 && shape[0] > 0)?.index(attribute % shape[0]),
        48 => a.pad(&vec![attribute % 2; rank], &vec![number as usize % 3; rank]),
        49 => a
            .only_if(rank > 0 && a.shape().without(&[axis]) == b.shape().without(&[axis]) && b.rank() == rank)?
            .concat(&[b], axis),
        50 => a.only_if(a.shape() == b.shape() && rank < 4)?.stack(&[b], attribute % (rank + 1)),
        51 => a.reverse(&(0..rank).filter(|i| attribute >> i & 1 == 1).collect::<Vec<_>>()),
        52 => {
            let indices = match attribute % 3 {
                0 => builder.constant_of(Tensor::vector([0.0, (attribute % 2) as f64]), Kind::Int),
                1 => builder.constant_of(Tensor::scalar(0.0), Kind::Int),
                _ => c.only_if(c.kind() == Kind::Int && small(c))?,
            };
            if attribute.is_multiple_of(2) {
                a.only_if(rank > 0 && shape[axis] > 1)?.gather(indices, axis)
            } else {
                a.only_if(indices.shape() == a.shape() && a.kind() == Kind::Real)?.scatter_add(indices, 2)
            }
        }
        53 => source(builder, attribute, number, literal),
        54 => builder.custom(custom(attribute % 3), &[a, b][..1 + attribute % 2]),
        _ => odd(builder, a, attribute)?,
    })
}

/// A function of each entry.
fn entrywise(a: Var<'_>, which: usize) -> Var<'_> {
    match which % 7 {
        0 => a.tanh(),
        1 => a.expm1(),
        2 => a.rsqrt(),
        3 => a.sin(),
        4 => a.cos(),
        5 => a.erf(),
        _ => a.reciprocal(),
    }
}

/// Constants of all shapes and kinds, and inputs without a part.
fn source(builder: &Builder, attribute: usize, number: u8, literal: f64) -> Var<'_> {
    let shape = Shape::from(SHAPES[attribute % SHAPES.len()]);
    let kind = [Kind::Real, Kind::Int, Kind::Bool][number as usize % 3];
    let entry = |place: usize| match kind {
        Kind::Real => NUMBERS[(place + number as usize) % NUMBERS.len()],
        Kind::Int => place as f64 - 1.0,
        Kind::Bool => (place % 2) as f64,
    };
    match number % 5 {
        0 => builder.constant(Tensor::filled(shape, literal)),
        1 => builder.push(Op::Source(Source::Input { shape, kind, bound: None }), &[]),
        2 => builder.iota(attribute % 4),
        _ => builder.constant_of(Tensor::from_fn(shape, entry), kind),
    }
}

/// What the builder's methods do not build, but the graph may have.
fn odd<'g>(builder: &'g Builder, a: Var<'g>, attribute: usize) -> Option<Var<'g>> {
    let (rank, shape) = (a.rank(), a.shape());
    Some(match attribute % 6 {
        // The log of a softmax, as itself
        0 => {
            let softmax = a.only_if(rank > 0)?.softmax(0);
            builder.push(Op::Elementwise(Elementwise::Log), &[softmax])
        }
        // Shapes changed to themselves
        1 => builder.push(Op::Shape(ShapeOp::Transpose { axes: (0..rank).collect() }), &[a]),
        2 => builder.push(Op::Shape(ShapeOp::Broadcast { shape, axes: (0..rank).collect() }), &[a]),
        // Truth values compared
        3 => {
            let truth = a.less(0.0);
            builder.push(Op::Elementwise(Elementwise::LessEqual), &[truth, truth])
        }
        // Labels that are not numbered in order
        4 => {
            let labels: Vec<u8> = (0..rank as u8).map(|label| 7 + label).collect();
            let op = Contract { lhs: labels.clone(), rhs: labels.clone(), out: Vec::new() };
            let a = a.to_real();
            builder.push(Op::Contract(op), &[a, a])
        }
        _ => builder.push(Reduce { op: Reduction::Sum, axes: Vec::new() }, &[a.to_real()]),
    })
}

trait OnlyIf: Sized {
    /// None unless the condition holds, so that nothing is built that does not fit.
    fn only_if(self, condition: bool) -> Option<Self>;
}

impl OnlyIf for Var<'_> {
    fn only_if(self, condition: bool) -> Option<Self> {
        condition.then_some(self)
    }
}
