//! The training step as a graph: forward, backward and update in one.

use chainrule_graph::ops::random::BASE;
use chainrule_graph::{
    Builder, Function, GraphError, NodeId, Parameter, Phase, Value, Var, batch, differentiate, phase,
    reached_by_derivative,
};

use crate::draws::{KEY, by_row};
use crate::optimizer::Optimizer;
use crate::optimizer::state::StateBuilder;
use crate::training::schedule::{Length, Schedule};

/// The name of the state that holds the base rate; setting it changes no program.
pub const RATE: &str = "learning rate";

/// How a step moves the parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepOptions {
    /// The rule.
    pub optimizer: Optimizer,
    /// How far a step goes along the gradient, before the schedule.
    pub rate: f64,
    /// How the rate changes.
    pub schedule: Schedule,
    /// How long training takes, which schedules depend on.
    pub length: Length,
    /// The greatest norm of all gradients together; longer ones are scaled down to it.
    pub clip_norm: Option<f64>,
    /// λ of the penalty ½λ‖w‖² on every parameter, whose gradient λw is added after clipping. AdamW has a decay of its
    /// own. A parameter may say another one instead: see [`Learning`](chainrule_graph::Learning).
    pub weight_decay: f64,
}

impl Default for StepOptions {
    fn default() -> StepOptions {
        StepOptions {
            optimizer: Optimizer::Sgd,
            rate: 0.01,
            schedule: Schedule::Constant,
            length: Length::default(),
            clip_norm: None,
            weight_decay: 0.0,
        }
    }
}

/// A function with the updates of one training step.
#[derive(Clone, Debug)]
pub struct Step {
    /// The function of an example or of a batch, its parameters' updates, and the optimizer's state.
    pub function: Function,
    /// The objective before the step, of a batch the mean.
    pub objective: Value,
    /// Its gradients before clipping, one for each parameter that the step moves, in the function's order.
    pub gradients: Vec<Value>,
    /// The rows that it takes; none is one example, without a batch axis.
    pub size: Option<usize>,
}

/// The step on a function in the phase of training: on one example, or with `size` on the mean objective of a batch of so many.
/// If it draws random numbers, it has one more state, `random key`, which holds the seed and the number of the step, and one more
/// input, `random example`, the example's row.
///
/// Every parameter moves exactly once, all by gradients at the old parameters; but those that are frozen, and those that no
/// derivative of the objective reaches, stay as they are, whatever the optimizer keeps or decays.
///
/// # Errors
/// The function has no objective, an op on the way has no derivative, or it has updates or names that are the step's.
pub fn step(function: &Function, options: &StepOptions, size: Option<usize>) -> Result<Step, GraphError> {
    check_updates(function)?;
    let (function, _) = phase(function, Phase::Training)?;
    let is_random = function.is_random();
    let function = by_row(function)?.with_key_as_state(KEY)?;
    let function = match size {
        Some(size) => batch(&function, size)?,
        None => function,
    };
    let objective = function.objective.ok_or_else(|| GraphError::new("the function has no objective"))?;
    let reached = reached_by_derivative(&function.graph, objective);
    let moves = |parameter: &&Parameter| !parameter.learning.frozen && reached[parameter.node.index()];
    let moved: Vec<&Parameter> = function.parameters.iter().filter(moves).collect();
    let nodes: Vec<NodeId> = moved.iter().map(|parameter| parameter.node).collect();
    let derivatives = differentiate(&function.graph, objective, &nodes)?;
    let of = |&id: &NodeId| derivatives.cotangent(id).expect("a parameter is real, and those have a cotangent");
    let gradients: Vec<Value> = nodes.iter().map(of).collect();
    let builder = Builder::extend(Function { graph: derivatives.graph, ..function.clone() });
    let mut state = StateBuilder::new(&builder, &function.graph);
    let base = state.scalar(RATE, options.rate);
    let rate = options.schedule.rate(base, options.length, &mut state);
    let mut clipped: Vec<Var<'_>> = gradients.iter().map(|&gradient| builder.var(gradient)).collect();
    if let Some(limit) = options.clip_norm {
        clip(&mut clipped, limit, &mut state);
    }
    for (parameter, gradient) in moved.into_iter().zip(clipped) {
        state.of(function.name(parameter.node), function.graph.shape(parameter.node));
        let value = moved_by(parameter, builder.var(parameter.node), gradient, rate, options, &mut state);
        builder.update(builder.var(parameter.node), value);
    }
    if is_random && let Some(key) = builder.find(KEY) {
        builder.update(key, next_key(key));
    }
    state.check()?;
    Ok(Step { function: builder.finish()?, objective, gradients, size })
}

/// The next value of a parameter, by its own rate and decay where it has them.
fn moved_by<'g>(
    parameter: &Parameter,
    value: Var<'g>,
    gradient: Var<'g>,
    rate: Var<'g>,
    options: &StepOptions,
    state: &mut StateBuilder<'g>,
) -> Var<'g> {
    let rate = match parameter.learning.rate {
        1.0 => rate,
        times => state.named(rate * times, "rate"),
    };
    let (optimizer, penalty) = options.optimizer.with_decay(options.weight_decay, parameter.learning.weight_decay);
    let gradient = if penalty == 0.0 { gradient } else { gradient + penalty * value };
    optimizer.next(value, gradient, rate, state)
}

/// An error if the function updates a parameter itself.
fn check_updates(function: &Function) -> Result<(), GraphError> {
    let graph = &function.graph;
    let parameter = |id: NodeId| function.parameters.iter().find(|parameter| parameter.node == id);
    if let Some(update) = graph.updates().iter().find(|update| parameter(update.target).is_some()) {
        let (of, origin) = (graph.describe(update.target), graph.node(update.value).origin.clone());
        return Err(GraphError::new(format!("{of} has an update, but a training step makes those of all parameters"))
            .help("leave out the `update`, or make it a `state`")
            .at(origin));
    }
    Ok(())
}

/// g ← g · min(1, limit / ‖g‖), the norm over all gradients together (Pascanu, Mikolov and Bengio 2013)
///
/// With m the greatest of the limit and all |gᵢ|, it is (limit / m) / ‖g / m‖, whose squares do not overflow.
fn clip<'g>(gradients: &mut [Var<'g>], limit: f64, state: &mut StateBuilder<'g>) {
    let elements = |gradient: &Var<'g>| gradient.shape().size();
    let with_elements: Vec<Var<'g>> = gradients.iter().copied().filter(|gradient| elements(gradient) > 0).collect();
    let greatest = |gradient: &Var<'g>| gradient.abs().reshape([elements(gradient)]).max_axis(0);
    let Some(greatest) = with_elements.iter().map(greatest).reduce(|greatest, other| greatest.max(other)) else {
        return;
    };
    let unit = greatest.max(limit).reciprocal();
    let square = |gradient: &Var<'g>| (*gradient * unit).power(2.0).sum();
    let Some(squares) = with_elements.iter().map(square).reduce(|sum, square| sum + square) else { return };
    let scale = (limit * unit / squares.sqrt()).min(1.0).named(state.claim("gradient scale"));
    for gradient in gradients {
        *gradient = *gradient * scale;
    }
}

/// The key of the next step, which is one more in the digits after those of the seed.
fn next_key<'g>(key: Var<'g>) -> Var<'g> {
    let digits = key.shape().size();
    let digit = |index: usize| key.slice(&[index], &[index + 1]);
    let (seed, low, high) = (key.slice(&[0], &[digits - 2]), digit(digits - 2), digit(digits - 1));
    let is_last = low.equal((BASE - 1) as f64);
    let (next, carried) = (is_last.select(0.0, low + 1.0), is_last.select(high + 1.0, high));
    seed.concat(&[next, carried], 0)
}
