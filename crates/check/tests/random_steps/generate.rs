//! Random training steps: a random objective, and states that move along its gradients and along each other.

use std::fmt;

use chainrule_check::cases;
use chainrule_graph::{Builder, Function, Initializer, Kind, Value, Var, differentiate, text};
use proptest::prelude::*;

use super::arms::{ARMS, Operands, tame};
use super::drawn;

/// A random function with updates, which shows as its text.
#[derive(Clone)]
pub struct Case {
    pub function: Function,
    /// The objective, the gradients, and a few of the nodes between.
    pub outputs: Vec<Value>,
    pub seed: u64,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.outputs.iter().map(|&id| self.function.graph.describe(id)).collect();
        write!(f, "\n{}\nseed {}, outputs {}", text::print(&self.function), self.seed, names.join(", "))
    }
}

/// What to build, from which of the nodes so far.
type Step = (u16, [u16; 3], u8);

pub fn random_cases() -> impl Strategy<Value = Case> {
    let step = (any::<u16>(), any::<[u16; 3]>(), any::<u8>());
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

fn function(steps: &[Step], updates: &[(u8, u16)], ends: [u8; 4]) -> (Function, Vec<Value>) {
    let builder = Builder::new();
    let mut nodes: Vec<Var<'_>> = INPUTS.iter().map(|&(name, shape)| builder.input(name, shape)).collect();
    let indices = builder.input_of("i", [2], Kind::Int, Some(2));
    let states: Vec<Var<'_>> =
        STATES.iter().map(|&(name, shape)| builder.parameter(name, shape, Initializer::Constant(0.5))).collect();
    nodes.extend(&states);
    let rows = drawn::steps();
    for &(what, operands, number) in steps {
        let operand = |index: usize| nodes[operands[index] as usize % nodes.len()];
        // What comes late is likelier to be read.
        let recent = nodes[nodes.len() - 1 - operands[0] as usize % nodes.len().min(6)];
        let first = if number.is_multiple_of(3) { operand(0) } else { recent };
        let operands = Operands { builder: &builder, a: first, b: operand(1), indices, number: operands[2] as usize };
        nodes.extend(build(&rows, what, &operands));
    }
    let last = nodes.iter().rev().take(1 + ends[0] as usize % 3);
    let objective = last.map(|node| tame(*node).sum()).reduce(|a, b| a + b).expect("there are nodes");
    let between = nodes[nodes.len() - 1 - ends[1] as usize % nodes.len().min(8)];
    builder.objective(objective);
    let wrt: Vec<Value> = states.iter().filter_map(|state| state.id()).collect();
    let ids: Vec<Value> = nodes.iter().filter_map(|node| node.id()).collect();
    let (objective, between) = (objective.id().expect("it fits"), between.id().expect("it fits"));
    let function = builder.finish().expect("nothing is built that does not fit");
    let derivatives = differentiate(&function.graph, objective, &wrt).expect("every op has a derivative");
    let gradients: Vec<Option<Value>> = wrt.iter().map(|&id| derivatives.cotangent(id)).collect();
    let builder = Builder::extend(Function { graph: derivatives.graph, ..function });
    let rate = builder.state("rate", [], Initializer::Constant(0.1));
    let nodes: Vec<Var<'_>> = ids.into_iter().map(|id| builder.var(id)).collect();
    for (index, &how) in updates.iter().enumerate() {
        let state = builder.var(wrt[index]);
        let gradient = gradients[index].map(|id| builder.var(id));
        if let Some(value) = update(&nodes, state, gradient, rate, how) {
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

/// Builds one thing, if the operands allow it: half of the time from a row of the case table.
fn build<'g>(rows: &[cases::Case], what: u16, operands: &Operands<'g>) -> Option<Var<'g>> {
    let which = what as usize / 2;
    if !operands.are_small() {
        return None;
    }
    if what.is_multiple_of(2) {
        return ARMS[which % ARMS.len()](operands);
    }
    Some(drawn::step(&rows[which % rows.len()], operands.builder, &[operands.a, operands.b], operands.number))
}

/// What a new value of a state is made of.
struct State<'g> {
    state: Var<'g>,
    gradient: Option<Var<'g>>,
    rate: Var<'g>,
    /// Any node of its shape: another state's old value, for one.
    other: Var<'g>,
}

/// Descent with and without decay and momentum, another state's old value, or any node; or nothing.
const UPDATES: &[for<'g> fn(&State<'g>) -> Option<Var<'g>>] = &[
    |_| None,
    |s| Some(s.state - s.rate * s.gradient?),
    |s| Some(s.state - s.rate * (s.gradient? + 0.25 * s.state)),
    |s| Some(0.9 * s.state - s.gradient? * s.rate / 2.0),
    |s| Some(s.other),
    |s| Some(tame(s.other) - 0.5 * s.state),
    |s| Some(s.state - s.rate * s.gradient? / ((s.other * s.other + 1.0).sqrt() + 1e-3)),
    |s| Some(-(s.rate * s.gradient? - s.state)),
    |s| Some(tame(s.state * s.other + s.gradient?)),
];

fn update<'g>(
    nodes: &[Var<'g>],
    state: Var<'g>,
    gradient: Option<Var<'g>>,
    rate: Var<'g>,
    (how, other): (u8, u16),
) -> Option<Var<'g>> {
    let same: Vec<Var<'g>> = nodes.iter().copied().filter(|node| node.shape() == state.shape()).collect();
    let other = same[other as usize % same.len()];
    UPDATES[how as usize % UPDATES.len()](&State { state, gradient, rate, other })
}
