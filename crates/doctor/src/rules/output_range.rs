//! The last activation cannot reach the outcomes: a ReLU, sigmoid or tanh at the end of a regression; or one before a
//! softmax or a sigmoid cuts off what that needs.
//!
//! Story: "my Keras model does not predict negative values", Stack Overflow; also in DeepLocalize, DeepFD and DeepDiagnosis
//! (Wardat et al. 2022), whose "last layer's activation" is the symptom.
//!
//! Evidence: the values that the prediction can have by its making, beside those of the outcome.

use std::collections::BTreeSet;

use chainrule_graph::ops::{Elementwise, Reduction};
use chainrule_graph::{Graph, NodeId, Op, Value};

use super::{Judge, Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::evidence::Evidence;
use crate::statistics::extremes;
use crate::structure::{Range, elementwise, is_softmax, relu_of, through_shapes};
use crate::task::TaskKind;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// What share of the outcomes must be out of reach.
const OUT_OF_REACH: f64 = 0.02;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    let mut suspicions: Vec<Suspicion> = out_of_reach(evidence).into_iter().collect();
    suspicions.extend(cut_off(evidence));
    suspicions
}

/// The prediction, if outcomes lie beyond all that it can be.
fn out_of_reach(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let task = evidence.task.as_ref().filter(|task| task.kind == TaskKind::Numbers)?;
    let prediction = function.prediction?;
    let Range { low, high } = evidence.structure.range(prediction);
    let outcomes = evidence.run.training.values(&task.target).ok()?;
    let out = outcomes.iter().filter(|&&y| y < low || y > high).count();
    let share = out as f64 / outcomes.len().max(1) as f64;
    if share < OUT_OF_REACH {
        return None;
    }
    let activation = last_activation(graph, prediction)?;
    let (least, greatest) = extremes(&*outcomes);
    let name = evidence.named(activation);
    let said = format!(
        "`{name}` is between {low} and {high}, while `{}` goes from {least:.4} to {greatest:.4}; {out} of {} lie beyond",
        task.target,
        outcomes.len()
    );
    let change = edits::call_left_out(evidence.case, function, activation)?;
    Some(
        Suspicion::new(Cause::OutputRange, Specificity::Structure, said)
            .judged_by(Judge::Likelihood)
            .at_node(name)
            .mended_by([change]),
    )
}

/// Activations that cut off what a softmax or a sigmoid needs.
fn cut_off(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    // A cross entropy takes the softmax of its logits by a logarithm of a sum of exponentials.
    let is_softmax = |id: NodeId| {
        let sums = matches!(&graph.node(id).op, Op::Reduce(reduce) if reduce.op == Reduction::LogSumExp);
        sums || is_softmax(graph, id)
    };
    let squashes = |id: NodeId| is_softmax(id) || elementwise(graph, id) == Some(Elementwise::Sigmoid);
    let mut known = BTreeSet::new();
    let last = graph.ids().filter(|&id| evidence.structure.is_learned(id) && squashes(id));
    let of = |id: NodeId| {
        let before = through_scaling(evidence, graph.node(id).inputs[0]);
        if !known.insert(before) {
            return None;
        }
        let cuts = relu_of(graph, before).is_some()
            || matches!(elementwise(graph, before), Some(Elementwise::Sigmoid | Elementwise::Tanh));
        let change = cuts.then(|| edits::call_left_out(evidence.case, function, before))??;
        let name = evidence.named(before);
        let op = evidence.called(before);
        let what = if is_softmax(id) { "a softmax" } else { "a sigmoid" };
        let said = format!("`{op}` is what {what} reads, which needs numbers of both signs and of any size");
        Some(
            Suspicion::new(Cause::OutputRange, Specificity::Structure, said)
                .judged_by(Judge::Likelihood)
                .at_node(name)
                .mended_by([change]),
        )
    };
    last.filter_map(of).collect()
}

/// The activation that bounds a value: it, or what it is made from by rearranging alone.
fn last_activation(graph: &Graph, value: Value) -> Option<NodeId> {
    let node = through_shapes(graph, value).node;
    let is_one = matches!(
        elementwise(graph, node),
        Some(
            Elementwise::Sigmoid
                | Elementwise::Tanh
                | Elementwise::Exp
                | Elementwise::Softplus
                | Elementwise::Abs
                | Elementwise::Max
                | Elementwise::Min
        )
    );
    (is_one || is_softmax(graph, node)).then_some(node)
}

/// What a value is made from by rearranging, and by adding and multiplying constants.
fn through_scaling(evidence: &Evidence<'_, '_>, value: Value) -> Value {
    let graph = &evidence.function().graph;
    let structure = &evidence.structure;
    let mut at = through_shapes(graph, value);
    loop {
        let is_scaling = matches!(
            elementwise(graph, at),
            Some(Elementwise::Mul | Elementwise::Div | Elementwise::Add | Elementwise::Sub)
        );
        let is_constant =
            |input: &&Value| !structure.of_inputs[input.node.index()] && !structure.of_parameters[input.node.index()];
        let inputs = &graph.node(at).inputs;
        let others: Vec<&Value> = inputs.iter().filter(|input| !is_constant(input)).collect();
        match others[..] {
            [one] if is_scaling && inputs.len() == 2 => at = through_shapes(graph, *one),
            _ => return at,
        }
    }
}
