//! From a function with both phases to one of them: as it trains, or as it predicts.

use std::sync::Arc;

use crate::error::GraphError;
use crate::function::{Function, Parameter};
use crate::graph::{Graph, Update};
use crate::node::{Kind, Node, NodeId, Value};
use crate::ops::source::Constant;
use crate::ops::{Body, Op, Phased, ShapeOp, Source};
use crate::simplify::ValueMap;
use crate::tensor::Tensor;
use crate::verify::verify;

/// What a function is run for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// To take steps.
    #[default]
    Training,
    /// To predict, and to judge what was learned.
    Prediction,
}

/// The function in a phase, and where the old values went: of each `in_training` one operand is left, and what only the other
/// needed is gone. In the phase of prediction the mean over a batch is the example itself, a batch has the size 1, and
/// nothing is updated; in that of training both stay, for [`batch`](fn@crate::batch) to say what they are.
///
/// # Errors
///
/// A role of a node of another graph.
pub fn phase(function: &Function, phase: Phase) -> Result<(Function, ValueMap), GraphError> {
    function.check_roles()?;
    let kept = function.parameters.iter().chain(&function.state).map(|parameter| parameter.node);
    let nodes = function.inputs.iter().chain(&function.outcomes).copied().chain(kept).map(Value::from);
    let ends: Vec<Value> = nodes.chain(function.prediction).chain(function.objective).collect();
    let (graph, map) = graph_in(&function.graph, &ends, phase)?;
    let forward = |value: Value| map.get(value).unwrap_or(value); // every role was kept
    let node = |id: NodeId| forward(id.into()).node;
    let parameters = |list: &[Parameter]| list.iter().map(|p| Parameter { node: node(p.node), ..p.clone() }).collect();
    let function = Function {
        inputs: function.inputs.iter().map(|&id| node(id)).collect(),
        outcomes: function.outcomes.iter().map(|&id| node(id)).collect(),
        parameters: parameters(&function.parameters),
        state: parameters(&function.state),
        prediction: function.prediction.map(forward),
        objective: function.objective.map(forward),
        graph,
    };
    Ok((function, map))
}

impl Function {
    /// Whether it is another function in the phase of prediction than in that of training, updates aside.
    pub fn has_phases(&self) -> bool {
        has_phases(&self.graph)
    }

    /// The least number of examples that a batch may have while training, and the node that asks for it, if it is more than 1.
    pub fn smallest_batch(&self) -> Option<(usize, NodeId)> {
        let least = |id: NodeId| match self.graph.node(id).op {
            Op::Phased(Phased::BatchSize { at_least }) if at_least > 1 => Some((at_least, id)),
            _ => None,
        };
        self.graph.ids().filter_map(least).max()
    }
}

fn has_phases(graph: &Graph) -> bool {
    graph.nodes().iter().any(|node| match &node.op {
        Op::Phased(_) => true,
        Op::Scan(scan) => has_phases(scan.body.graph()),
        Op::Source(_) | Op::Elementwise(_) | Op::Contract(_) | Op::Reduce(_) => false,
        Op::Shape(_) | Op::Windows(_) | Op::Index(_) | Op::Random(_) | Op::Custom(_) => false,
    })
}

/// The graph in a phase, and where its values went; `ends` stay.
fn graph_in(graph: &Graph, ends: &[Value], phase: Phase) -> Result<(Graph, ValueMap), GraphError> {
    let kept = kept(graph, ends, phase);
    let mut made: Vec<Vec<Option<Value>>> = Vec::with_capacity(graph.nodes().len());
    let mut new = Graph::with_scopes(graph.scopes.clone());
    for id in graph.ids() {
        let old = graph.node(id);
        if !kept[id.index()] {
            made.push(vec![None; old.outputs.len()]);
            continue;
        }
        let moved = |value: Value| made[value.node.index()][value.output as usize].unwrap_or(value); // made before
        if let Some(operand) = stands_for(&old.op, phase) {
            let value = named_as(&mut new, old, moved(old.inputs[operand]));
            made.push(vec![Some(value)]);
            continue;
        }
        let inputs = old.inputs.iter().map(|&input| moved(input)).collect();
        let node = new.push(Node { op: op_in(&old.op, phase)?, inputs, ..old.clone() });
        made.push((0..old.outputs.len()).map(|index| Some(node.output(index))).collect());
    }
    let map = ValueMap::of(made);
    if phase == Phase::Training {
        let update =
            |update: &Update| Some(Update { target: map.get(update.target)?.node, value: map.get(update.value)? });
        new.updates = graph.updates.iter().filter_map(update).collect(); // all of them were kept
    }
    debug_assert_eq!(verify(&new), Ok(()));
    Ok((new, map))
}

/// The operand that a node is in this phase, if it is one.
fn stands_for(op: &Op, phase: Phase) -> Option<usize> {
    match (op, phase) {
        (Op::Phased(Phased::InTraining), Phase::Training) => Some(0),
        (Op::Phased(Phased::InTraining), Phase::Prediction) => Some(1),
        (Op::Phased(Phased::BatchMean), Phase::Prediction) => Some(0),
        _ => None,
    }
}

/// The op of a node that is no operand of its own.
fn op_in(op: &Op, phase: Phase) -> Result<Op, GraphError> {
    Ok(match op {
        Op::Phased(Phased::BatchSize { .. }) if phase == Phase::Prediction => {
            Op::Source(Source::Constant(Constant { value: Arc::new(Tensor::scalar(1.0)), kind: Kind::Real }))
        }
        Op::Scan(scan) if has_phases(scan.body.graph()) => {
            let mut scan = scan.clone();
            let inputs: Vec<Value> = scan.body.inputs().map(Value::from).collect();
            let ends: Vec<Value> = inputs.iter().chain(scan.body.outputs()).copied().collect();
            let (graph, map) = graph_in(scan.body.graph(), &ends, phase)?;
            let moved: Vec<Value> = ends.iter().filter_map(|&value| map.get(value)).collect(); // ends are kept
            let (inputs, outputs) = moved.split_at(inputs.len());
            scan.body = Arc::new(Body::of(&graph, inputs, outputs)?);
            Op::Scan(scan)
        }
        op => op.clone(),
    })
}

/// The value that a node of the old graph is now, with the name of that node. A value that has one keeps it, and a view of it
/// bears the other.
fn named_as(new: &mut Graph, old: &Node, value: Value) -> Value {
    let output = &old.outputs[0];
    let Some(name) = &output.name else { return value };
    let target = &mut new.nodes[value.node.index()].outputs[value.output as usize];
    if target.name.is_none() {
        (target.name, target.generated_name) = (Some(name.clone()), output.generated_name);
        new.names.insert(name.clone(), value);
        return value;
    }
    let op = Op::Shape(ShapeOp::Reshape { shape: output.shape.clone() });
    new.push(Node { op, inputs: vec![value], ..old.clone() }).into()
}

/// For each node, whether it is needed in this phase: by a role, by an update, or by nothing at all in any phase, which is made
/// to be looked at.
fn kept(graph: &Graph, ends: &[Value], phase: Phase) -> Vec<bool> {
    let mut kept = vec![false; graph.nodes().len()];
    let mut is_read = kept.clone();
    ends.iter().for_each(|end| kept[end.node.index()] = true);
    for update in graph.updates() {
        is_read[update.value.node.index()] = true;
        if phase == Phase::Training {
            kept[update.value.node.index()] = true;
            kept[update.target.index()] = true;
        }
    }
    for id in graph.ids().rev() {
        let node = graph.node(id);
        let is_kept = kept[id.index()] || !is_read[id.index()];
        kept[id.index()] = is_kept;
        for (operand, input) in node.inputs.iter().enumerate() {
            is_read[input.node.index()] = true;
            if is_kept && stands_for(&node.op, phase).is_none_or(|taken| taken == operand) {
                kept[input.node.index()] = true;
            }
        }
    }
    kept
}
