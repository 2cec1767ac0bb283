//! The objective reads no outcome, but an input in its place.
//!
//! Story: a language model whose loss compares its logits with the tokens that it reads: the loss falls to nothing within an
//! epoch, for each place gives back what it is told. Source: Karpathy 2019, "A Recipe for Training Neural Networks": a loss that
//! falls too fast is looked at first in the data that the loss is given.
//!
//! Evidence: an outcome is declared and not read by the objective, which reads an input of the same shape.

use chainrule_graph::NodeId;

use super::{Judge, Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().collect()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let objective = function.objective?;
    let is_read = |id: &NodeId| evidence.structure.for_objective[id.index()];
    if function.outcomes.iter().any(is_read) {
        return None;
    }
    let unread = *function.outcomes.first()?;
    let is_alike = |id: &NodeId| graph.shape(*id) == graph.shape(unread) && graph.kind(*id) == graph.kind(unread);
    let at = edits::written(function, objective)?;
    let text = evidence.case.source.get(at.clone())?;
    let named = |id: &NodeId| edits::places_of(text, function.name(*id));
    let input = function.inputs.iter().copied().find(|id| is_alike(id) && !named(id).is_empty())?;
    let (x, y) = (function.name(input), function.name(unread));
    let said = format!(
        "the objective reads no outcome: `{text}` compares with `{x}`, which is an input, and `{y}` is read nowhere"
    );
    let put_in = named(&input)
        .into_iter()
        .map(|place| Replacement { at: at.start + place..at.start + place + x.len(), text: y.into() });
    let suspicion = Suspicion::new(Cause::LossMismatch, Specificity::Certain, said);
    let suspicion = suspicion.at_node(evidence.named(objective)).judged_by(Judge::Told);
    Some(suspicion.mended_by([Change::Model(put_in.collect())]))
}
