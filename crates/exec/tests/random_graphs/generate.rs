//! Random training steps: a random objective, and states that move along its gradients and along each other.

use std::fmt;

use chainrule_graph::{Builder, Function, Initializer, Kind, NodeId, Shape, Tensor, Var, differentiate, text};
use proptest::prelude::*;

/// A random function with updates, which shows as its text.
#[derive(Clone)]
pub struct Case {
    pub function: Function,
    /// The objective, the gradients, and a few of the nodes between.
    pub outputs: Vec<NodeId>,
    pub seed: u64,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.outputs.iter().map(|&id| self.function.graph.describe(id)).collect();
        write!(f, "\n{}\nseed {}, outputs {}", text::print(&self.function), self.seed, names.join(", "))
    }
}

/// What to build, from which of the nodes so far.
type Step = (u8, [u16; 3], u8);

pub fn cases() -> impl Strategy<Value = Case> {
    let step = (any::<u8>(), any::<[u16; 3]>(), any::<u8>());
    let update = (any::<u8>(), any::<u16>());
    let (steps, updates) = (prop::collection::vec(step, 1..24), prop::collection::vec(update, 10));
    (steps, updates, any::<[u8; 4]>(), 0u64..1000).prop_map(|(steps, updates, ends, seed)| {
        let (function, outputs) = function(&steps, &updates, ends);
        Case { function, outputs, seed }
    })
}

/// The shapes of what a step may read; those of states among them come in twos, which may trade places.
const INPUTS: &[(&str, &[usize])] = &[("x", &[3]), ("y", &[2, 3]), ("z", &[1, 3]), ("empty", &[0, 3]), ("c", &[])];
const STATES: &[(&str, &[usize])] = &[
    ("W", &[2, 3]),
    ("V", &[2, 3]),
    ("u", &[3]),
    ("v", &[3]),
    ("s", &[]),
    ("t", &[]),
    ("one", &[1]),
    ("none", &[3, 0]),
    ("T", &[3, 1, 2]),
    ("wide", &[20, 18]),
];

fn function(steps: &[Step], updates: &[(u8, u16)], ends: [u8; 4]) -> (Function, Vec<NodeId>) {
    let builder = Builder::new();
    let mut nodes: Vec<Var<'_>> = INPUTS.iter().map(|&(name, shape)| builder.input(name, shape)).collect();
    let indices = builder.input_of("i", [2], Kind::Int, Some(2));
    let states: Vec<Var<'_>> =
        STATES.iter().map(|&(name, shape)| builder.parameter(name, shape, Initializer::Constant(0.5))).collect();
    nodes.extend(&states);
    for &(what, operands, number) in steps {
        let operand = |index: usize| nodes[operands[index] as usize % nodes.len()];
        // What comes late is likelier to be read.
        let recent = nodes[nodes.len() - 1 - operands[0] as usize % nodes.len().min(6)];
        let first = if number.is_multiple_of(3) { operand(0) } else { recent };
        let built = build(&builder, what, first, operand(1), indices, operands[2] as usize);
        nodes.extend(built);
    }
    let last = nodes.iter().rev().take(1 + ends[0] as usize % 3);
    let objective = last.map(|node| tame(*node).sum()).reduce(|a, b| a + b).expect("there are nodes");
    let between = nodes[nodes.len() - 1 - ends[1] as usize % nodes.len().min(8)];
    builder.objective(objective);
    let wrt: Vec<NodeId> = states.iter().filter_map(|state| state.id()).collect();
    let ids: Vec<NodeId> = nodes.iter().filter_map(|node| node.id()).collect();
    let (objective, between) = (objective.id().expect("it fits"), between.id().expect("it fits"));
    let function = builder.finish().expect("nothing is built that does not fit");
    let derivatives = differentiate(&function.graph, objective, &wrt).expect("every op has a derivative");
    let gradients: Vec<Option<NodeId>> = wrt.iter().map(|&id| derivatives.cotangent(id)).collect();
    let builder = Builder::extend(Function { graph: derivatives.graph, ..function });
    let rate = builder.state("rate", [], Initializer::Constant(0.1));
    let nodes: Vec<Var<'_>> = ids.into_iter().map(|id| builder.var(id)).collect();
    for (index, &(how, other)) in updates.iter().enumerate() {
        let state = builder.var(wrt[index]);
        let gradient = gradients[index].map(|id| builder.var(id));
        if let Some(value) = update(&nodes, state, gradient, rate, how, other) {
            builder.update(state, value);
        }
    }
    let mut outputs = vec![objective];
    if ends[2].is_multiple_of(2) {
        outputs.push(between);
    }
    if ends[3].is_multiple_of(2) {
        outputs.extend(gradients.into_iter().flatten());
    }
    (builder.finish().expect("nothing is built that does not fit"), outputs)
}

/// A new value of a state: descent with and without decay and momentum, another state's old value, or any node.
fn update<'g>(
    nodes: &[Var<'g>],
    state: Var<'g>,
    gradient: Option<Var<'g>>,
    rate: Var<'g>,
    how: u8,
    other: u16,
) -> Option<Var<'g>> {
    let same: Vec<Var<'g>> = nodes.iter().copied().filter(|node| node.shape() == state.shape()).collect();
    let other = same[other as usize % same.len()];
    match how % 9 {
        0 => None,
        1 => Some(state - rate * gradient?),
        2 => Some(state - rate * (gradient? + 0.25 * state)),
        3 => Some(0.9 * state - gradient? * rate / 2.0),
        4 => Some(other),
        5 => Some(tame(other) - 0.5 * state),
        6 => Some(state - rate * gradient? / ((other * other + 1.0).sqrt() + 1e-3)),
        7 => Some(-(rate * gradient? - state)),
        _ => Some(tame(state * other + gradient?)),
    }
}

/// The same, kept from growing without bound.
fn tame(x: Var<'_>) -> Var<'_> {
    x.tanh()
}

/// Builds one thing, if the operands allow it.
fn build<'g>(
    builder: &'g Builder,
    what: u8,
    a: Var<'g>,
    b: Var<'g>,
    indices: Var<'g>,
    number: usize,
) -> Option<Var<'g>> {
    let (rank, shape) = (a.rank(), a.shape());
    let axis = if rank > 0 { number % rank } else { 0 };
    let together = a.shape().broadcast(&b.shape()).is_some();
    let only = |holds: bool, x: Var<'g>| holds.then_some(x);
    let small = |x: Var<'g>| x.shape().size() <= 400 && x.rank() < 5;
    only(small(a) && small(b), a)?;
    if together && a.shape().broadcast(&b.shape()).is_some_and(|shape| shape.size() > 400) {
        return None;
    }
    let axes: Vec<usize> = (0..rank).filter(|axis| number >> axis & 1 == 1).collect();
    Some(match what % 44 {
        0 => a + only(together, b)?,
        1 => a - only(together, b)?,
        2 => tame(a) * only(together, b)?,
        3 => a / (1.0 + only(together, b)? * b),
        4 => a.max(only(together, b)?),
        5 => a.min(only(together, b)?),
        6 => a.less(only(together, b)?).select(tame(a), b),
        7 => 2.0 * a - 1.0,
        8 => a.relu(),
        9 => a.abs(),
        10 => a.sin() * a.cos(),
        11 => a.sigmoid(),
        12 => a.softplus(),
        13 => (1.0 + a * a).log(),
        14 => (1.0 + a * a).sqrt(),
        15 => tame(a).power(3.0),
        16 => tame(a).power(2.0).sum(),
        17 => a.stop_gradient() * only(together, b)?,
        18 => tame(a).exp(),
        19 => a.sum(),
        20 => a.sum_axes(&axes),
        21 => only(rank > 0 && shape[axis] > 0, a)?.max_axis(axis),
        22 => only(rank > 0, a)?.softmax(axis),
        23 => only(rank > 0 && shape[axis] > 0, a)?.logsumexp(axis),
        24 => only(shape.iter().all(|&n| n > 0), a)?.mean(),
        25 => only(a.rank() == 1 && a.shape() == b.shape(), a)?.dot(b),
        26 => only(a.rank() == 2 && b.rank() == 1 && shape[1] == b.shape()[0], a)?.matmul(b),
        27 => only(a.rank() == 1 && b.rank() == 2 && shape[0] == b.shape()[0], a)?.matmul(b),
        28 => only(a.rank() == 1 && b.rank() == 1, a)?.outer(tame(b)),
        29 => only(a.rank() == 2 && b.rank() == 2 && shape[1] == b.shape()[0], a)?.matmul(b),
        30 => contraction(a, b, number)?,
        31 => a.transpose(),
        32 => a.transpose_axes(&(0..rank).map(|i| (i + number) % rank).collect::<Vec<_>>()),
        33 => a.reshape([shape.size()]),
        34 => a.reshape(shape.iter().copied().rev().collect::<Shape>()),
        35 => only(rank < 4, a)?.expand(number % (rank + 1), 1 + number % 3),
        36 => {
            let start: Vec<usize> = shape.iter().map(|&n| (number % 3).min(n)).collect();
            let stop: Vec<usize> = shape.iter().zip(&start).map(|(&n, &start)| n.min(start + 1 + number % 7)).collect();
            a.slice(&start, &stop)
        }
        37 => only(rank > 0 && shape[0] > 0, a)?.index(number % shape[0]),
        38 => a.pad(&vec![number % 2; rank], &vec![number % 3; rank]),
        39 => {
            let fits = rank > 0 && b.rank() == rank && a.shape().without(&[axis]) == b.shape().without(&[axis]);
            only(fits, a)?.concat(&[b], axis)
        }
        40 => a.reverse(&axes),
        41 => only(rank > 0 && shape[axis] > 1, a)?.gather(indices, axis),
        42 => only(rank > 0 && shape[0] == 2, a)?.scatter_add(indices, 2 + number % 2),
        _ => builder.constant(Tensor::from_fn([1 + number % 2, 3], |i| i as f64 - 1.5)) * only(rank == 0, a)?,
    })
}

/// A contraction of any kind that two operands allow: axes of equal size are summed over, shared or kept apart.
fn contraction<'g>(a: Var<'g>, b: Var<'g>, number: usize) -> Option<Var<'g>> {
    const LETTERS: &[u8] = b"abcdefgh";
    let (a_shape, b_shape) = (a.shape(), b.shape());
    if a.rank() + b.rank() > 6 {
        return None;
    }
    let lhs = &LETTERS[..a.rank()];
    let (mut rhs, mut out, mut own) = (Vec::new(), lhs.to_vec(), Vec::new());
    for (axis, &n) in b_shape.iter().enumerate() {
        let fits = |index: &usize| a_shape[*index] == n && !rhs.contains(&lhs[*index]);
        let beside = (0..a.rank()).map(|index| (index + number) % a.rank()).find(fits);
        match (beside, number >> (2 * axis) & 3) {
            (Some(index), 0 | 1) => {
                rhs.push(lhs[index]);
                out.retain(|letter| *letter != lhs[index]);
            }
            (Some(index), 2) => rhs.push(lhs[index]),
            _ => {
                let letter = LETTERS[a.rank() + axis];
                rhs.push(letter);
                own.push(letter);
            }
        }
    }
    out.extend(own);
    let size = |letter: &u8| match lhs.iter().position(|l| l == letter) {
        Some(index) => a_shape[index],
        None => rhs.iter().position(|l| l == letter).map_or(0, |index| b_shape[index]),
    };
    if out.iter().map(size).product::<usize>() > 400 {
        return None;
    }
    let turn = number / 5 % out.len().max(1);
    out.rotate_left(turn);
    let text = |letters: &[u8]| letters.iter().map(|&letter| letter as char).collect::<String>();
    Some(tame(a).contract(tame(b), &format!("{},{}->{}", text(lhs), text(&rhs), text(&out))))
}
