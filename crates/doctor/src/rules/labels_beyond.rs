//! Two labels that are no probabilities, 1 and 2 or −1 and 1, in a binary cross entropy, which has no least value then.
//!
//! Story: "binary cross entropy loss is negative", Stack Overflow: the labels are not 0 and 1. Source: the documentation of PyTorch's
//! `BCELoss`, whose targets lie between 0 and 1.
//!
//! Evidence: the labels, and what a logarithm or a softplus of the model is multiplied by in the objective.

use chainrule_graph::ops::Elementwise;
use chainrule_graph::{NodeId, Value, probability};

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;
use crate::report::Figures;
use crate::statistics::distinct;
use crate::structure::{elementwise, through_shapes};

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().collect()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    probability(graph, function.prediction?)?;
    let target = &evidence.task.as_ref()?.target;
    let [low, high] = distinct(&evidence.run.training.values(target).ok()?)[..] else { return None };
    if (0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high) || !graph.ids().any(|id| is_entropy(evidence, id)) {
        return None;
    }
    let said = format!(
        "`{target}` is {low} or {high}, and a binary cross entropy takes it for the probability of a class, which is 0 or 1: with others \
         it falls without end"
    );
    let objective = function.objective?;
    let suspicion = Suspicion::new(Cause::LossMismatch, Specificity::Certain, said).at_node(evidence.named(objective));
    let suspicion = suspicion.at_column(target.as_str());
    let suspicion = Suspicion { shown: evidence.attainable().map(Figures::from), ..suspicion };
    Some(suspicion.mended_by_each(brought_to_0_and_1(evidence, target, low, high)))
}

/// Whether a node multiplies a logarithm, or a softplus, of the model by what the outcome makes, which is beyond −1 and 1.
fn is_entropy(evidence: &Evidence<'_, '_>, id: NodeId) -> bool {
    let graph = &evidence.function().graph;
    let structure = &evidence.structure;
    let is_logarithm = |value: &Value| {
        let mut id = through_shapes(graph, *value).node;
        if elementwise(graph, id) == Some(Elementwise::Neg) {
            id = through_shapes(graph, graph.node(id).inputs[0]).node;
        }
        matches!(elementwise(graph, id), Some(Elementwise::Log | Elementwise::Log1p | Elementwise::Softplus))
            && structure.of_parameters[id.index()]
            && !structure.of_outcomes[id.index()]
    };
    let is_beyond = |value: &Value| {
        let index = value.node.index();
        let is_of_outcome = structure.of_outcomes[index] && !structure.of_parameters[index];
        is_of_outcome && evidence.start.value(*value).is_some_and(|it| it.data().iter().any(|y| y.abs() > 1.0))
    };
    let inputs = &graph.node(id).inputs;
    elementwise(graph, id) == Some(Elementwise::Mul)
        && structure.for_objective[id.index()]
        && inputs.iter().any(is_logarithm)
        && inputs.iter().any(is_beyond)
}

/// The objective with 0 and 1 in place of the labels.
fn brought_to_0_and_1(evidence: &Evidence<'_, '_>, target: &str, low: f64, high: f64) -> Option<Change> {
    let function = evidence.function();
    let at = edits::written(function, function.objective?)?;
    let text = evidence.case.source.get(at.clone())?;
    let moved = match low {
        0.0 => target.to_string(),
        _ if low < 0.0 => format!("({target} + {})", -low),
        _ => format!("({target} - {low})"),
    };
    let width = high - low;
    let scaled = if width == 1.0 { moved } else { format!("{moved} / {width}") };
    let put_in = |place: usize| {
        let start = at.start + place;
        let at = start..start + target.len();
        let is_alone = width == 1.0 || edits::stands_alone(&evidence.case.source, &at);
        Replacement { at, text: if is_alone { scaled.clone() } else { format!("({scaled})") } }
    };
    let replacements: Vec<Replacement> = edits::places_of(text, target).into_iter().map(put_in).collect();
    (!replacements.is_empty()).then_some(Change::Model(replacements))
}
