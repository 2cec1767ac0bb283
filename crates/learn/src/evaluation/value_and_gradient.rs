//! The objective and its gradients, compiled once and asked again and again.

use std::sync::Arc;

use chainrule_exec::compile::{Options, compile};
use chainrule_exec::program::{ArgumentHandle, OutputHandle, Program};
use chainrule_exec::run::{Run, Workspace};
use chainrule_exec::{InputType, check_memory_of};
use chainrule_graph::{Function, Graph, NodeId, Tensor, Value, differentiate, random_key};

use crate::admission;
use crate::draws::{EXAMPLE, KEY, by_row};
use crate::error::{LearnError, find};
use crate::parameters::Parameters;

/// The objective, and its derivative with respect to each parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients {
    /// The value of the objective.
    pub objective: f64,
    /// For each parameter, in the function's order, ∂objective/∂parameter, of the parameter's shape.
    pub by_name: Vec<(String, Tensor)>,
}

impl Gradients {
    /// The derivative with respect to a parameter, of its shape.
    ///
    /// # Errors
    /// There is no parameter of that name.
    pub fn get(&self, name: &str) -> Result<&Tensor, LearnError> {
        let index = find("parameter", name, self.by_name.iter().map(|(name, _)| name.as_str()))?;
        Ok(&self.by_name[index].1)
    }
}

/// The objective of a function and its derivative with respect to each parameter, compiled once: for a training loop of
/// one's own. [`gradients`](fn@crate::gradients) is the same for a single call.
///
/// The function is that of one example, or of a batch, by [`batch`](fn@chainrule_graph::batch): then each input and outcome
/// has a leading axis, and the objective is the mean.
///
/// ```
/// use chainrule_graph::{Builder, Initializer, Tensor};
/// use chainrule_learn::{Parameters, ValueAndGradient};
///
/// let builder = Builder::new();
/// let (x, y) = (builder.input("x", [2]), builder.outcome("y", []));
/// let w = builder.parameter("w", [2], Initializer::Constant(0.0));
/// builder.objective((w.dot(x) - y).power(2.0));
/// let function = builder.finish()?;
///
/// let mut parameters = Parameters::initialize(&function, 0)?;
/// let mut value_and_gradient = ValueAndGradient::new(&function)?;
/// for _ in 0..50 {
///     for (x, y) in [([1.0, 0.0], 2.0), ([0.0, 1.0], -1.0)] {
///         let (x, y) = (Tensor::vector(x), Tensor::scalar(y));
///         let found = value_and_gradient.evaluate(&parameters, &[("x", x)], &[("y", y)])?;
///         let slope = found.get("w")?;
///         parameters.increment("w", &Tensor::from_fn(slope.shape(), |i| -0.25 * slope.data()[i]))?;
///     }
/// }
/// let w = parameters.get("w")?.data();
/// assert!((w[0] - 2.0).abs() < 1e-9 && (w[1] + 1.0).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ValueAndGradient {
    program: Arc<Program>,
    workspace: Workspace,
    inputs: Vec<Given>,
    outcomes: Vec<Given>,
    /// Parameters and states.
    kept: Vec<Given>,
    /// What random nodes draw by, a key and an example, if there are any.
    draws: Vec<ArgumentHandle>,
    objective: OutputHandle,
    gradients: Vec<OutputHandle>,
    found: Gradients,
}

/// A value that the caller gives.
#[derive(Clone, Debug)]
struct Given {
    name: String,
    takes: InputType,
    argument: ArgumentHandle,
    /// Whether the objective or a gradient depends on it.
    is_needed: bool,
    is_there: bool,
}

impl ValueAndGradient {
    /// Differentiates and compiles a function, in the phase of training; [`phase`](fn@chainrule_graph::phase) makes one of the
    /// other.
    ///
    /// # Errors
    /// It has no objective; an op on the way to it has no derivative; its values do not fit into memory.
    pub fn new(function: &Function) -> Result<ValueAndGradient, LearnError> {
        let objective = function.objective.ok_or(LearnError::Lacks("objective"))?;
        let wrt: Vec<NodeId> = function.parameters.iter().map(|parameter| parameter.node).collect();
        let drawing = by_row(function.clone())?.with_key_as_state(KEY)?;
        let derivatives = differentiate(&drawing.graph, objective, &wrt)?;
        let of = |&id: &NodeId| derivatives.cotangent(id).expect("a real node that is asked for has a cotangent");
        let cotangents: Vec<Value> = wrt.iter().map(of).collect();
        let outputs: Vec<Value> = cotangents.iter().copied().chain([objective]).collect();
        let graph = derivatives.graph.without_updates();
        check_memory_of(&graph, outputs.iter().copied())?;
        let program = compile(&graph, &Options { outputs: outputs.clone(), ..Options::default() })?;
        let given = |ids: &[NodeId]| givens(function, &graph, &program, ids, &outputs);
        let kept: Vec<NodeId> = function.parameters.iter().chain(&function.state).map(|kept| kept.node).collect();
        let zeros = |&id: &NodeId| (function.name(id).to_string(), Tensor::zeros(function.graph.shape(id)));
        Ok(ValueAndGradient {
            workspace: program.workspace()?,
            inputs: given(&function.inputs)?,
            outcomes: given(&function.outcomes)?,
            kept: given(&kept)?,
            draws: match function.is_random() {
                true => [KEY, EXAMPLE].iter().map(|name| program.argument(name)).collect::<Result<_, _>>()?,
                false => Vec::new(),
            },
            objective: program.output(objective)?,
            gradients: cotangents.iter().map(|&cotangent| program.output(cotangent)).collect::<Result<_, _>>()?,
            found: Gradients { objective: 0.0, by_name: wrt.iter().map(zeros).collect() },
            program: program.into(),
        })
    }

    /// The objective at these parameters for these inputs and outcomes, by name and of the shapes that the function says,
    /// and the gradients, one for each parameter and of its shape. Nothing is compiled; the result stays until the next
    /// call.
    ///
    /// # Errors
    /// A value is missing, unknown, there twice, of another shape or kind, or not finite; the error names it. A node cannot
    /// be computed, such as one whose index is out of range.
    pub fn evaluate(
        &mut self,
        parameters: &Parameters,
        inputs: &[(&str, Tensor)],
        outcomes: &[(&str, Tensor)],
    ) -> Result<&Gradients, LearnError> {
        let ValueAndGradient { program, workspace, .. } = self;
        let mut set = |what, to: &mut [Given], values: &mut dyn Iterator<Item = (&str, &Tensor)>| {
            write(program, workspace, what, to, values)
        };
        set("input", &mut self.inputs, &mut inputs.iter().map(|(name, value)| (*name, value)))?;
        set("outcome", &mut self.outcomes, &mut outcomes.iter().map(|(name, value)| (*name, value)))?;
        set("parameter", &mut self.kept, &mut parameters.iter())?;
        program.advance(workspace, Run::default(), 1)?;
        let mut objective = [0.0];
        program.read_output(workspace, self.objective, &mut objective)?;
        self.found.objective = objective[0];
        for ((_, gradient), output) in self.found.by_name.iter_mut().zip(&self.gradients) {
            program.read_output(workspace, *output, gradient.data_mut())?;
        }
        Ok(&self.found)
    }
}

impl ValueAndGradient {
    /// From here on, random nodes draw by this seed, as in this training step and for this row of the data; until it is said,
    /// all three are 0. A loop says each step anew. Without random nodes nothing changes.
    ///
    /// # Errors
    /// The row is one that f64 does not hold exactly.
    pub fn draw_by(&mut self, seed: u64, step: u64, row: usize) -> Result<(), LearnError> {
        let values = [random_key(seed, step), Tensor::scalar(row as f64)];
        for (&argument, value) in self.draws.iter().zip(&values) {
            self.program.write_argument(&mut self.workspace, argument, value.data())?;
        }
        Ok(())
    }
}

/// What a caller gives for these nodes of a function.
fn givens(
    function: &Function,
    graph: &Graph,
    program: &Program,
    ids: &[NodeId],
    outputs: &[Value],
) -> Result<Vec<Given>, LearnError> {
    let needed = graph.needed_for(outputs.iter().copied());
    let given = |&id: &NodeId| {
        Ok(Given {
            name: function.name(id).to_string(),
            takes: InputType::within(function, id)?,
            argument: program.argument_of(id)?,
            is_needed: needed[id.index()],
            is_there: false,
        })
    };
    ids.iter().map(given).collect()
}

/// Writes values by name; those that are needed must all be there.
fn write(
    program: &Program,
    workspace: &mut Workspace,
    what: &'static str,
    to: &mut [Given],
    values: &mut dyn Iterator<Item = (&str, &Tensor)>,
) -> Result<(), LearnError> {
    to.iter_mut().for_each(|given| given.is_there = false);
    for (name, value) in values {
        let index = find(what, name, to.iter().map(|given| given.name.as_str()))?;
        let given = &mut to[index];
        admission::check(what, name, value, &given.takes)?;
        if std::mem::replace(&mut given.is_there, true) {
            return Err(LearnError::Repeated { what, name: name.into() });
        }
        program.write_argument(workspace, given.argument, value.data())?;
    }
    match to.iter().find(|given| given.is_needed && !given.is_there) {
        Some(given) => Err(LearnError::missing(what, &given.name, &given.takes.shape)),
        None => Ok(()),
    }
}
