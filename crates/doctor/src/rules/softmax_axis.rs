//! A softmax runs along the places of a sequence, and not along its classes.
//!
//! Story: `log_softmax(logits, axis=0)` of logits `[places, classes]`: the loss falls, and the predictions stay wrong, since the
//! classes of a place do not compete. Source: the same slip with `dim` in PyTorch, many a question on its forum.
//!
//! Evidence: the axis, beside the shape of the outcome.

use chainrule_graph::ops::Reduction;
use chainrule_graph::{NodeId, Op};

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().collect()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let graph = &evidence.function().graph;
    let task = evidence.task.as_ref()?;
    let classes = task.classes()?;
    let along_places = |id: &NodeId| {
        let node = graph.node(*id);
        let Op::Reduce(reduce) = &node.op else { return false };
        let is_one = matches!(reduce.op, Reduction::Softmax | Reduction::LogSumExp);
        let of = node.inputs.first().map(|input| graph.shape(*input));
        // The classes are along the last axis.
        let last = of.map_or(0, |of| of.rank().saturating_sub(1));
        let of_classes = of.is_some_and(|of| last > 0 && of[last] == classes);
        let is_read = evidence.structure.for_objective[id.index()] || evidence.structure.for_prediction[id.index()];
        is_one && of_classes && is_read && !reduce.axes.contains(&last)
    };
    let id = graph.ids().find(along_places)?;
    let last = graph.shape(graph.node(id).inputs.first().copied()?).rank() - 1;
    let axis = match &graph.node(id).op {
        Op::Reduce(reduce) => *reduce.axes.first()?,
        _ => return None,
    };
    let at = edits::written(evidence.function(), id)?;
    let text = evidence.case.source.get(at.clone())?;
    let written = format!("axis={axis}");
    let place = at.start + text.find(&written)?;
    let said = format!(
        "`{text}` runs along axis {axis}, which is of places: the classes of `{}` are along axis {}",
        task.target, last
    );
    let right = Replacement { at: place..place + written.len(), text: format!("axis={last}") };
    let suspicion = Suspicion::new(Cause::LossMismatch, Specificity::Structure, said).at_node(evidence.named(id));
    Some(suspicion.mended_by([Change::Model(vec![right])]))
}
