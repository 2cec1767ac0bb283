//! From the function of one example to that of a batch.

use crate::builder::{Builder, Var};
use crate::error::GraphError;
use crate::function::{Function, Parameter};
use crate::graph::Graph;
use crate::node::{Node, NodeId, Origin, Value};
use crate::ops::source::Source;
use crate::ops::{Batched, Body, Op};

/// The function over a batch of `size` examples: inputs, outcomes and prediction get a leading batch axis, parameters
/// stay as they are, and the objective is the mean over the batch. Names, scopes and origins stay; the objective of each
/// example is named `objective of each` if it is no input, and a prediction that is the same for all of them
/// `prediction of all`.
///
/// # Errors
///
/// A batch of no examples; a role of a node of another graph; an update whose value differs between examples; a custom node
/// whose own `batch` gives another shape; a gradient through a mean over the batch, which is of no single example.
pub fn batch(function: &Function, size: usize) -> Result<Function, GraphError> {
    batch_values(function, size, &[] as &[Value]).map(|(function, _)| function)
}

/// The same, and for each value of `wanted` the one of the new graph that holds it for every example, \[size, …\].
///
/// # Errors
///
/// Those of [`batch`], and a value of another graph.
pub fn batch_values<V: Into<Value> + Copy>(
    function: &Function,
    size: usize,
    wanted: &[V],
) -> Result<(Function, Vec<Value>), GraphError> {
    if size == 0 {
        return Err(GraphError::new("a batch of no examples").help("take at least 1"));
    }
    let graph = &function.graph;
    function.check_roles()?;
    refuse_gradients_across(graph)?;
    graph.check_values(wanted.iter().map(|&value| value.into()))?;
    let builder = Builder::with_scopes_of(graph);
    let mut is_data = vec![false; graph.nodes().len()];
    for id in function.inputs.iter().chain(&function.outcomes) {
        is_data[id.index()] = true;
    }
    let renamed = |value, batched| rename(&builder, function, value, batched);
    let made = Made { graph, values: copies(&builder, graph, &is_data, size, &renamed) };
    let objective = function.objective.map(|id| mean(&builder, graph, id, made.of(id), size));
    let prediction = function.prediction.map(|id| prediction(&builder, function, id, made.of(id), size));
    for update in graph.updates() {
        let (target, value) = (made.of(update.target.into()), made.of(update.value));
        if value.batched {
            let help = "what an update takes of the examples must be the same for all: `batch_mean` is their mean";
            let message = format!("the next value of {} differs between examples", graph.describe(update.target));
            copy(&builder, graph.node(update.value), |builder| builder.fail(message, Some(help.into())));
        }
        builder.update(target.var, value.var);
    }
    let (objective, prediction) = (objective.and_then(Var::id), prediction.and_then(Var::id));
    let values: Vec<Value> = wanted.iter().filter_map(|&value| made.of(value.into()).lifted(size).id()).collect();
    let batched = Function {
        inputs: function.inputs.iter().map(|&id| made.node(id)).collect(),
        outcomes: function.outcomes.iter().map(|&id| made.node(id)).collect(),
        parameters: made.parameters(&function.parameters),
        state: made.parameters(&function.state),
        prediction,
        objective,
        graph: builder.finish_graph()?,
    };
    Ok((batched, values))
}

/// Differentiated first, a function gives the gradient of each example when it is batched; where examples see each other
/// there is none: of what the mean takes from an example all objectives depend.
fn refuse_gradients_across(graph: &Graph) -> Result<(), GraphError> {
    let is_across = |node: &&Node| node.origin.is_derivative() && node.op.holds_batch_mean();
    let Some(node) = graph.nodes().iter().find(is_across) else { return Ok(()) };
    let of = match node.origin.written() {
        Origin::Derivative(of) => of.0.clone(),
        _ => "a value".into(),
    };
    let message = format!("a gradient of each example through {of}, a mean over the batch: it depends on all of them");
    let help = "`batch` first and differentiate then, for the gradient of the mean objective; in the phase of prediction \
                no example sees another";
    Err(GraphError::new(message).help(help).at(node.origin.clone()))
}

/// For each value of the old graph, what became of it.
struct Made<'a, 'g> {
    graph: &'a Graph,
    values: Vec<Batched<'g>>,
}

impl<'g> Made<'_, 'g> {
    fn of(&self, value: Value) -> Batched<'g> {
        self.values[self.graph.value_index(value)]
    }

    fn node(&self, id: NodeId) -> NodeId {
        self.of(id.into()).var.id().map_or(id, |value| value.node)
    }

    fn parameters(&self, parameters: &[Parameter]) -> Vec<Parameter> {
        parameters.iter().map(|p| Parameter { node: self.node(p.node), ..p.clone() }).collect()
    }
}

/// The nodes of a loop's body over a batch, some of its inputs with the batch axis; and its outputs, each with whether it has
/// the batch axis. The first ones, the carries, have it where the inputs for which they are the next values do.
pub(crate) fn batch_body(
    body: &Body,
    batched: &[bool],
    size: usize,
    carries: usize,
) -> Result<(Graph, Vec<(Value, bool)>), GraphError> {
    let graph = body.graph();
    let builder = Builder::with_scopes_of(graph);
    let mut is_data = vec![false; graph.nodes().len()];
    is_data[..batched.len()].copy_from_slice(batched);
    let renamed = |value, batched: Batched<'_>| builder.keep_name(graph, value, batched.var);
    let made = Made { graph, values: copies(&builder, graph, &is_data, size, &renamed) };
    let output = |(index, &output): (usize, &Value)| {
        let output = made.of(output);
        let lifted = index < carries && batched[index];
        let var = if lifted { output.lifted(size) } else { output.var };
        Some((var.id()?, output.batched || lifted))
    };
    let outputs: Option<Vec<(Value, bool)>> = body.outputs().iter().enumerate().map(output).collect();
    let graph = builder.finish_graph()?;
    Ok((graph, outputs.unwrap_or_default())) // without a mistake, all are there
}

/// The nodes of a graph over a batch: for each value of the old graph, what became of it.
fn copies<'g>(
    builder: &'g Builder,
    graph: &Graph,
    is_data: &[bool],
    size: usize,
    rename: &dyn Fn(Value, Batched<'g>),
) -> Vec<Batched<'g>> {
    let mut made: Vec<Batched<'g>> = Vec::with_capacity(graph.value_count());
    for id in graph.ids() {
        let node = graph.node(id);
        let outputs = copy(builder, node, |builder| match &node.op {
            // Only the function knows that an input differs between examples.
            Op::Source(Source::Input { shape, kind, bound }) if is_data[id.index()] => {
                let op = Source::Input { shape: shape.with_leading(size), kind: *kind, bound: *bound };
                vec![Batched { var: builder.push(op, &[]), batched: true }]
            }
            op => {
                let inputs: Vec<Batched<'g>> = node.inputs.iter().map(|&x| made[graph.value_index(x)]).collect();
                op.rules().batch(builder, &inputs, size)
            }
        });
        for index in 0..node.outputs.len() {
            // After a mistake there may be none.
            let batched = outputs.get(index).copied().unwrap_or(Batched { var: builder.poisoned(), batched: false });
            rename(id.output(index), batched);
            made.push(batched);
        }
    }
    made
}

/// Runs `build` with the scope and the origin of a node of the old graph, whose scopes the new one has too.
fn copy<'g, R>(builder: &'g Builder, node: &Node, build: impl FnOnce(&'g Builder) -> R) -> R {
    builder.with_origin(node.origin.clone(), |builder| builder.within(node.scope, build))
}

fn rename(builder: &Builder, function: &Function, id: Value, batched: Batched<'_>) {
    let output = function.graph.output(id);
    let (Some(name), Some(new)) = (&output.name, batched.var.id()) else { return };
    let is_objective = function.objective == Some(id) && batched.batched;
    if is_objective && !is_given(function, id) {
        builder.generate_name(new, &format!("{name} of each"));
    } else if is_lifted_prediction(function, id, batched) {
        builder.generate_name(new, &format!("{name} of all"));
    } else {
        builder.keep_name(&function.graph, id, batched.var);
    }
}

/// Whether a value bears the name of the prediction that its copies for each example are to have. An input keeps its own.
fn is_lifted_prediction(function: &Function, id: Value, batched: Batched<'_>) -> bool {
    let is_named = function.graph.name(id) == Some("prediction");
    function.prediction == Some(id) && is_named && !is_given(function, id) && !batched.batched
}

fn is_given(function: &Function, id: Value) -> bool {
    function.graph.node(id).op.is_input()
}

/// The prediction for each example.
fn prediction<'g>(builder: &'g Builder, function: &Function, id: Value, made: Batched<'g>, size: usize) -> Var<'g> {
    copy(builder, function.graph.node(id), |builder| {
        let each = made.lifted(size);
        if is_lifted_prediction(function, id, made)
            && let Some(each) = each.id()
        {
            builder.set_name(each, "prediction");
        }
        each
    })
}

/// The mean over the batch of the objective of each example.
fn mean<'g>(builder: &'g Builder, graph: &Graph, id: Value, each: Batched<'g>, size: usize) -> Var<'g> {
    if !each.batched {
        return each.var;
    }
    let node = graph.node(id);
    copy(builder, node, |builder| {
        let mean = each.var.sum_axes(&[0]) / size as f64;
        let name = match node.op.is_input() {
            true => Some("objective").filter(|name| graph.find(name).is_none()),
            false => graph.name(id),
        };
        if let (Some(name), Some(mean)) = (name, mean.id()) {
            builder.set_name(mean, name);
        }
        mean
    })
}
