//! Random graphs: every op, sharing, broadcasting, scopes, odd names, axes of one element and none.

mod arrangements;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use chainrule_graph::ops::custom::Pass;
use chainrule_graph::ops::signature::{AxisOperand, Operands};
use chainrule_graph::ops::{Contract, Custom, Elementwise, Random, Reduce, Reduction, ShapeOp, Source};
use chainrule_graph::{Builder, Function, Initializer, Kind, Learning, Shape, Steps, Tensor, Var, text};
use proptest::prelude::*;

use self::arrangements::{concat, gather_or_scatter, slice, windows_or_fold};
use super::support::custom;
use super::unstable::unstable;

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
    nodes.push(builder.parameter("second", [2, 3], start(ends[0])));
    builder.learning(nodes[1], learning(ends[1]));
    nodes.push(builder.outcome_of("third", [], Kind::Int, Some(3)));
    run(&builder, steps, &mut nodes, &mut HashSet::new());
    let pick = |index: u8| nodes[index as usize % nodes.len()];
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

/// How a parameter of shape [2, 3] starts.
fn start(choice: u8) -> Initializer {
    let number = NUMBERS[choice as usize % 12];
    match choice % 9 {
        0 => Initializer::Constant(number),
        1 => Initializer::Values(Tensor::from_fn([2, 3], |i| NUMBERS[(choice as usize + i) % 14]).into()),
        2 => Initializer::Normal { mean: number, std: 0.25 },
        3 => Initializer::Uniform { low: -1e301, high: number },
        4 => Initializer::Glorot,
        5 => Initializer::GlorotOf { inputs: choice as usize, outputs: 1 },
        6 => Initializer::He,
        7 => Initializer::HeOf { inputs: choice as usize },
        _ => Initializer::Orthogonal { gain: number },
    }
}

fn learning(choice: u8) -> Learning {
    let number = NUMBERS[choice as usize % 5];
    Learning {
        frozen: choice.is_multiple_of(3),
        rate: if choice.is_multiple_of(2) { 1.0 } else { number },
        weight_decay: (choice % 5 < 2).then_some(number),
    }
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
                let operand = |index: usize| nodes[operands[index] as usize % nodes.len()];
                let number = *number as usize;
                let draw = Draw {
                    builder,
                    a: operand(0),
                    b: operand(1),
                    c: operand(2),
                    attribute: operands[2] as usize / 7,
                    number,
                    literal: NUMBERS[number % NUMBERS.len()],
                };
                if is_small(draw.a) && is_small(draw.b) {
                    nodes.extend(BUILDS[*what as usize % BUILDS.len()](&draw));
                }
            }
        }
    }
}

/// What is built of a step.
struct Draw<'g> {
    builder: &'g Builder,
    a: Var<'g>,
    b: Var<'g>,
    c: Var<'g>,
    attribute: usize,
    number: usize,
    literal: f64,
}

/// What can be built. None where the operands do not allow it; nothing here is a mistake.
type Build = for<'g> fn(&Draw<'g>) -> Option<Var<'g>>;

/// Everything that is built. The first two build every op of their families; the others how the builder's methods put
/// nodes together, and the other families.
const BUILDS: &[Build] = &[
    elementwise,
    reduction,
    elementwise,
    reduction,
    |d| Some(d.a + d.stretched()?),
    |d| Some(d.a - d.stretched()?),
    |d| Some(d.a * d.stretched()?),
    |d| Some(d.a / d.stretched()?),
    |d| Some(d.a + d.literal),
    |d| Some(d.literal * d.a),
    |d| Some(d.literal - d.a),
    |d| Some(d.a / d.literal),
    |d| Some(d.a.pow(d.stretched()?)),
    |d| Some(d.a.pow(d.literal)),
    |d| Some(d.a.power(d.literal)),
    |d| Some(d.a.max(d.stretched()?)),
    |d| Some(d.a.min(d.literal)),
    |d| Some(d.a.less(d.stretched()?)),
    |d| Some(d.a.greater_equal(d.literal)),
    |d| Some(d.a.equal(d.stretched()?)),
    |d| Some(d.a.not_equal(d.literal)),
    |d| Some(d.a.less(0.0).select(d.stretched()?, d.literal)),
    |d| Some(d.a.log().exp()),
    |d| Some(d.a.relu()),
    |d| Some(d.a.reciprocal()),
    |d| Some(d.a.to_real()),
    |d| Some(d.a.sum()),
    |d| Some(d.a.sum_axes(&d.some_axes())),
    |d| Some(d.a.only_if(d.a.rank() > 0)?.softmax(d.axis()).log()),
    |d| Some(d.a.only_if(!d.a.shape().contains(&0))?.mean()),
    |d| Some(d.a.only_if(d.a.rank() == 1 && d.a.shape() == d.b.shape())?.dot(d.b)),
    |d| Some(d.a.only_if(d.a.rank() == 2 && (d.b.rank() == 1 || d.b.rank() == 2) && d.chains())?.matmul(d.b)),
    |d| Some(d.a.only_if(d.a.rank() == 1 && d.b.rank() == 1)?.outer(d.b)),
    |d| Some(d.a.only_if(d.a.rank() == 2 && d.a.shape() == d.b.shape())?.contract(d.b, "ab,ab->ba")),
    |d| Some(d.a.transpose()),
    |d| Some(d.a.transpose_axes(&(0..d.a.rank()).map(|i| (i + d.attribute) % d.a.rank()).collect::<Vec<_>>())),
    |d| Some(d.a.reshape([d.a.shape().size()])),
    |d| Some(d.builder.push(ShapeOp::Reshape { shape: d.a.shape() }, &[d.a])),
    |d| Some(d.a.only_if(d.a.rank() < 4)?.expand(d.attribute % (d.a.rank() + 1), 2)),
    slice,
    |d| Some(d.a.only_if(d.a.rank() > 0 && d.a.shape()[0] > 0)?.index(d.attribute % d.a.shape()[0])),
    |d| Some(d.a.pad(&vec![d.attribute % 2; d.a.rank()], &vec![d.number % 3; d.a.rank()])),
    concat,
    |d| Some(d.a.only_if(d.a.shape() == d.b.shape() && d.a.rank() < 4)?.stack(&[d.b], d.attribute % (d.a.rank() + 1))),
    |d| Some(d.a.reverse(&d.some_axes())),
    gather_or_scatter,
    windows_or_fold,
    |d| Some(d.a.only_if(d.a.shape() == d.b.shape() && d.a.kind() == d.b.kind())?.in_training(d.b)),
    |d| Some(d.a.to_real().batch_mean()),
    |d| Some(d.builder.batch_size_of_at_least(1 + d.attribute % 2)),
    |d| Some(d.builder.uniform(SHAPES[d.number % SHAPES.len()])),
    |d| Some(d.a.to_real() + d.builder.normal(d.a.shape())),
    random,
    |d| Some(source(d.builder, d.attribute, d.number, d.literal)),
    |d| Some(d.builder.custom(custom(d.attribute % 3), &[d.a, d.b][..1 + d.attribute % 2])),
    custom_backward,
    scan,
    plain_log,
    |d| unstable(d.builder, d.a.to_real(), d.axis(), d.number),
    // Shapes changed to themselves
    |d| Some(d.builder.push(ShapeOp::Transpose { axes: (0..d.a.rank()).collect() }, &[d.a])),
    |d| Some(d.builder.push(ShapeOp::Broadcast { shape: d.a.shape(), axes: (0..d.a.rank()).collect() }, &[d.a])),
    odd_labels,
    |d| Some(d.builder.push(Reduce { op: Reduction::Sum, axes: Vec::new() }, &[d.a.to_real()])),
];

impl<'g> Draw<'g> {
    /// The second operand, if its shape can be broadcast together with the first's.
    fn stretched(&self) -> Option<Var<'g>> {
        self.b.only_if(self.a.shape().broadcast(&self.b.shape()).is_some())
    }

    /// Whether the first operand's columns are as many as the second's rows.
    fn chains(&self) -> bool {
        self.a.shape()[1] == self.b.shape()[0]
    }

    fn axis(&self) -> usize {
        self.attribute % self.a.rank().max(1)
    }

    fn some_axes(&self) -> Vec<usize> {
        (0..self.a.rank()).filter(|axis| self.attribute >> axis & 1 == 1).collect()
    }
}

/// Any elementwise op on operands of one shape and of kinds that it takes.
fn elementwise<'g>(d: &Draw<'g>) -> Option<Var<'g>> {
    let op = Elementwise::ALL[d.number % Elementwise::ALL.len()];
    let (a, b) = (d.a, if d.b.shape() == d.a.shape() { d.b } else { d.a });
    let c = if d.c.shape() == d.a.shape() { d.c } else { d.a };
    let all_real = |operands: &[Var<'g>]| operands.iter().map(|operand| operand.to_real()).collect::<Vec<_>>();
    let alike = |operands: &[Var<'g>]| {
        let kind = operands[0].kind();
        let is_kind = operands.iter().all(|operand| operand.kind() == kind);
        if is_kind { operands.to_vec() } else { all_real(operands) }
    };
    let inputs = match op.signature().operands {
        Operands::Reals(count) => all_real(&[a, b][..count]),
        Operands::Numbers(count) if a.kind() == Kind::Bool => all_real(&[a, b][..count]),
        Operands::Numbers(count) => alike(&[a, b][..count]),
        Operands::Discrete => vec![a.only_if(a.kind() != Kind::Real)?],
        Operands::Comparable => alike(&[a, b]),
        Operands::Selection => [vec![a.less(0.0)], alike(&[b, c])].concat(),
    };
    Some(d.builder.push(op, &inputs))
}

/// Any op along axes.
fn reduction<'g>(d: &Draw<'g>) -> Option<Var<'g>> {
    let op = Reduction::ALL[d.number % Reduction::ALL.len()];
    let signature = op.signature();
    let axes = if signature.several_axes { d.some_axes() } else { vec![d.axis()] };
    let a = d.a.only_if(d.a.rank() > 0 && (signature.of_nothing || d.a.shape()[axes[0]] > 0))?;
    let is_taken = a.kind() == Kind::Int && signature.takes == AxisOperand::Numbers;
    Some(d.builder.push(Reduce { op, axes }, &[if is_taken { a } else { a.to_real() }]))
}

/// A loop whose body reads its carry, its element and what is around it, or not; perhaps with another in it.
fn scan<'g>(d: &Draw<'g>) -> Option<Var<'g>> {
    let (start, sequence) = (d.b.to_real(), d.a.only_if(d.a.rank() > 0 && d.a.shape()[0] < 5)?);
    let steps = Steps { length: None, reverse: d.number % 2 == 1 };
    let all = d.builder.scan_by(steps, &[start], &[sequence], |h, x| {
        let next = match d.attribute % 4 {
            0 => h[0].tanh().named("next"),
            1 if d.number % 4 < 2 => h[0] * d.builder.uniform([]),
            1 => h[0] * d.c.to_real().sum(),
            2 => d.builder.scope("inner", |builder| {
                let steps = Steps { length: Some(2), ..Steps::default() };
                builder.scan_by(steps, &[h[0]], &[], |g, _| vec![g[0] * x[0].to_real().sum()])[0].last()
            }),
            _ => h[0],
        };
        vec![next, x[0], d.builder.custom(custom(d.number % 3), &[h[0]])]
    });
    all.get(d.number % 3).copied()
}

/// Numbers at positions that are integers of the graph.
fn random<'g>(d: &Draw<'g>) -> Option<Var<'g>> {
    let example = d.a.only_if(d.a.kind() == Kind::Int)?;
    let steps = [example, d.b].into_iter().filter(|step| step.kind() == Kind::Int && step.shape() == example.shape());
    let inputs: Vec<Var<'g>> = [d.builder.random_key(), example].into_iter().chain(steps.skip(1)).collect();
    Some(d.builder.push(Random { stream: d.number as u64, shape: [1 + d.attribute % 2].into() }, &inputs))
}

/// One of the contributions of a custom node's backward pass.
fn custom_backward<'g>(d: &Draw<'g>) -> Option<Var<'g>> {
    let (node, a) = (custom(d.attribute % 3), d.a.to_real());
    let inputs = [a, d.b.to_real()];
    let inputs = &inputs[..1 + d.attribute % 2];
    let y = d.builder.custom(Arc::clone(&node), inputs);
    let op = Custom { node, pass: Pass::Backward, loops: Vec::new() };
    let contributions = d.builder.push_all(op.into(), &[inputs, &[y, a]].concat());
    Some(contributions[d.number % contributions.len()])
}

/// The log of a softmax, as itself
fn plain_log<'g>(d: &Draw<'g>) -> Option<Var<'g>> {
    let softmax = d.a.only_if(d.a.rank() > 0)?.softmax(0);
    Some(d.builder.push(Elementwise::Log, &[softmax]))
}

/// A contraction whose labels are not numbered in order
fn odd_labels<'g>(d: &Draw<'g>) -> Option<Var<'g>> {
    let labels: Vec<u8> = (0..d.a.rank() as u8).map(|label| 7 + label).collect();
    let op = Contract { lhs: labels.clone(), rhs: labels, out: Vec::new() };
    let a = d.a.to_real();
    Some(d.builder.push(op, &[a, a]))
}

fn is_small(x: Var<'_>) -> bool {
    x.shape().size() < 100 && x.rank() < 5
}

/// Constants of all shapes and kinds, and inputs without a role.
fn source(builder: &Builder, attribute: usize, number: usize, literal: f64) -> Var<'_> {
    let shape = Shape::from(SHAPES[attribute % SHAPES.len()]);
    let kind = [Kind::Real, Kind::Int, Kind::Bool][number % 3];
    let element = |index: usize| match kind {
        Kind::Real => NUMBERS[(index + number) % NUMBERS.len()],
        Kind::Int => index as f64 - 1.0,
        Kind::Bool => (index % 2) as f64,
    };
    match number % 5 {
        0 => builder.constant(Tensor::filled(shape, literal)),
        1 => builder.push(Source::Input { shape, kind, bound: None }, &[]),
        2 => builder.iota(attribute % 4),
        _ => builder.constant_of(Tensor::from_fn(shape, element), kind),
    }
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
