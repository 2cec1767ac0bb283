//! From the function of one example to that of a batch.

use crate::builder::{Builder, Var};
use crate::error::GraphError;
use crate::function::{Function, Parameter};
use crate::graph::Graph;
use crate::node::{Node, NodeId};
use crate::ops::source::Source;
use crate::ops::{Op, lift};

/// The function over a batch of `size` examples: inputs, outcomes and prediction get a leading batch axis, parameters
/// stay as they are, and the objective is the mean over the batch. Names, scopes and origins stay; the objective of each
/// example is named `objective of each` if it is no input, and a prediction that is the same for all of them
/// `prediction of all`.
pub fn batch(function: &Function, size: usize) -> Result<Function, GraphError> {
    batch_values(function, size, &[]).map(|(function, _)| function)
}

/// The same, and for each node of `wanted` the node of the new graph that holds its value for every example, [size, …].
pub fn batch_values(
    function: &Function,
    size: usize,
    wanted: &[NodeId],
) -> Result<(Function, Vec<NodeId>), GraphError> {
    if size == 0 {
        return Err(GraphError::new("a batch of no examples").help("take at least 1"));
    }
    let graph = &function.graph;
    let mut data = vec![false; graph.nodes().len()];
    for id in function.inputs.iter().chain(&function.outcomes) {
        data[id.index()] = true;
    }
    let builder = Builder::with_scopes_of(graph);
    let mut made: Vec<Batched<'_>> = Vec::with_capacity(graph.nodes().len());
    for id in graph.ids() {
        let node = graph.node(id);
        let batched = copy(&builder, node, |builder| example_to_batch(builder, node, data[id.index()], &made, size));
        rename(&builder, function, id, batched);
        made.push(batched);
    }
    let to_new = |id: NodeId| made[id.index()].var.id().unwrap_or(id);
    let objective = function.objective.map(|id| mean(&builder, graph, id, made[id.index()], size));
    let prediction = function.prediction.map(|id| prediction(&builder, function, id, made[id.index()], size));
    for update in graph.updates() {
        let (target, value) = (made[update.target.index()], made[update.value.index()]);
        if value.batched {
            builder.fail(format!("the next value of {} differs between examples", graph.describe(update.target)), None);
        }
        builder.update(target.var, value.var);
    }
    let (objective, prediction) = (objective.and_then(Var::id), prediction.and_then(Var::id));
    let each = |id: &NodeId| lift(made[id.index()].var, made[id.index()].batched, size).id();
    let values: Vec<NodeId> = wanted.iter().filter_map(each).collect();
    let renew = |parameters: &[Parameter]| -> Vec<Parameter> {
        parameters.iter().map(|p| Parameter { node: to_new(p.node), ..*p }).collect()
    };
    let batched = Function {
        inputs: function.inputs.iter().map(|&id| to_new(id)).collect(),
        outcomes: function.outcomes.iter().map(|&id| to_new(id)).collect(),
        parameters: renew(&function.parameters),
        state: renew(&function.state),
        prediction,
        objective,
        graph: builder.finish_graph()?,
    };
    Ok((batched, values))
}

/// A node of the new graph, and whether it has the batch axis, always the first.
#[derive(Clone, Copy)]
struct Batched<'g> {
    var: Var<'g>,
    batched: bool,
}

fn example_to_batch<'g>(
    builder: &'g Builder,
    node: &Node,
    is_data: bool,
    made: &[Batched<'g>],
    size: usize,
) -> Batched<'g> {
    if let (Op::Source(Source::Input { shape, kind, bound }), true) = (&node.op, is_data) {
        let op = Source::Input { shape: shape.with_leading(size), kind: *kind, bound: *bound };
        return Batched { var: builder.push(Op::Source(op), &[]), batched: true };
    }
    let inputs: Vec<Batched<'g>> = node.inputs.iter().map(|input| made[input.index()]).collect();
    let vars: Vec<Var<'g>> = inputs.iter().map(|input| input.var).collect();
    let marks: Vec<bool> = inputs.iter().map(|input| input.batched).collect();
    if marks.contains(&true) {
        Batched { var: node.op.rules().batch(&vars, &marks, size), batched: true }
    } else {
        Batched { var: builder.push(node.op.clone(), &vars), batched: false }
    }
}

/// Runs `build` with the scope and the origin of a node of the old graph, whose scopes the new one has too.
fn copy<'g, R>(builder: &'g Builder, node: &Node, build: impl FnOnce(&'g Builder) -> R) -> R {
    builder.with_origin(node.origin.clone(), |builder| builder.within(node.scope, build))
}

fn rename(builder: &Builder, function: &Function, id: NodeId, batched: Batched<'_>) {
    let node = function.graph.node(id);
    let (Some(name), Some(new)) = (&node.name, batched.var.id()) else { return };
    let is_objective = function.objective == Some(id) && batched.batched;
    if is_objective && !is_given(node) {
        builder.generate_name(new, &format!("{name} of each"));
    } else if is_lifted_prediction(function, id, batched) {
        builder.generate_name(new, &format!("{name} of all"));
    } else if node.generated_name {
        builder.generate_name(new, name);
    } else {
        builder.set_name(new, name);
    }
}

/// Whether a node bears the name of the prediction that its copies for each example are to have. An input keeps its own.
fn is_lifted_prediction(function: &Function, id: NodeId, batched: Batched<'_>) -> bool {
    let node = function.graph.node(id);
    let is_named = node.name.as_deref() == Some("prediction");
    function.prediction == Some(id) && is_named && !is_given(node) && !batched.batched
}

fn is_given(node: &Node) -> bool {
    matches!(node.op, Op::Source(Source::Input { .. }))
}

/// The prediction for each example.
fn prediction<'g>(builder: &'g Builder, function: &Function, id: NodeId, made: Batched<'g>, size: usize) -> Var<'g> {
    copy(builder, function.graph.node(id), |builder| {
        let each = lift(made.var, made.batched, size);
        if is_lifted_prediction(function, id, made)
            && let Some(each) = each.id()
        {
            builder.set_name(each, "prediction");
        }
        each
    })
}

/// The mean over the batch of the objective of each example.
fn mean<'g>(builder: &'g Builder, graph: &Graph, id: NodeId, each: Batched<'g>, size: usize) -> Var<'g> {
    if !each.batched {
        return each.var;
    }
    let node = graph.node(id);
    copy(builder, node, |builder| {
        let mean = each.var.sum_axes(&[0]) / size as f64;
        let name = match is_given(node) {
            true => Some("objective").filter(|name| graph.find(name).is_none()),
            false => node.name.as_deref(),
        };
        if let (Some(name), Some(mean)) = (name, mean.id()) {
            builder.set_name(mean, name);
        }
        mean
    })
}
