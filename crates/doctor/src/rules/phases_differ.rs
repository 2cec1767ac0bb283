//! Training computes something on one scale, and prediction on another: `in_training(x / 16, x)`.
//!
//! Story: "good while training, and random in production": pixels are divided by 255 in the program that trains, and not in the
//! one that predicts. Source: Sculley and others 2015, "Hidden technical debt in machine learning systems"; known as skew between
//! training and serving.
//!
//! Evidence: what differs between the phases is not random, and its size is another; on rows that were not trained on a small
//! model does far better.

use chainrule_graph::ops::Phased;
use chainrule_graph::{Function, NodeId, Op, Phase, Value, phase};
use chainrule_learn::predictions;

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::Change;
use crate::evidence::Evidence;
use crate::statistics::root_mean_square;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// How many rows are looked at.
const ROWS: usize = 64;
/// Sizes of which one is so many times the other differ.
const TIMES: f64 = 1.5;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    if !evidence.is_outdone() {
        return Vec::new();
    }
    let graph = &evidence.function().graph;
    let is_other = |id: &NodeId| matches!(&graph.node(*id).op, Op::Phased(Phased::BatchMean) | Op::Random(_));
    let of_batch_or_chance = graph.dependent_on(graph.ids().filter(is_other));
    let is_one = |id: &NodeId| {
        let node = graph.node(*id);
        let is_plain = node.inputs.iter().all(|input| !of_batch_or_chance[input.node.index()]);
        node.op == Op::Phased(Phased::InTraining) && is_plain && evidence.structure.for_prediction[id.index()]
    };
    graph.ids().filter(is_one).filter_map(|id| differing(evidence, id)).collect()
}

fn differing(evidence: &Evidence<'_, '_>, id: NodeId) -> Option<Suspicion> {
    let function = evidence.function();
    let source = &evidence.case.source;
    let inputs = &function.graph.node(id).inputs;
    let rows = &evidence.run.training;
    let rows = rows.select(&(0..rows.rows().min(ROWS)).collect::<Vec<_>>());
    let size = |value: Value| {
        // What only training reads is no part of the other phase.
        let of_it = Function { prediction: Some(value), objective: None, ..function.clone() };
        let (of_it, _) = phase(&of_it, Phase::Prediction).ok()?;
        Some(root_mean_square(predictions(&of_it, &evidence.run.start, &rows).ok()?.data()))
    };
    let (training, prediction) = (size(*inputs.first()?)?, size(*inputs.get(1)?)?);
    if training.max(prediction) <= TIMES * training.min(prediction) {
        return None;
    }
    let at = edits::written(function, id)?;
    edits::argument(source.get(at.clone())?).filter(|(name, _)| *name == "in_training")?;
    let part = |index: usize| source.get(edits::positional(source, at.clone(), index)?);
    let said = format!(
        "`{}` is of the size {training:.3} while training, and {prediction:.3} in prediction (root mean square)",
        source.get(at.clone())?
    );
    let suspicion = Suspicion::new(Cause::InputsNotScaled, Specificity::Structure, said);
    let suspicion = suspicion.at_node(evidence.named(id)).judged_on_kept_rows(evidence);
    let parts = [part(0)?, part(1)?].map(|part| Change::replace(at.clone(), part));
    Some(suspicion.mended_by_each(parts))
}
