//! No gradient gets to parameters that ought to learn: a stop_gradient, a step, a rounding, an argmax, or a loss on hard
//! decisions stands in the way.
//!
//! Story: "Why aren't my weights being updated", Stack Overflow; "No gradients provided for any variable". Source: Bengio,
//! Léonard and Courville 2013, on what flows through hard decisions.
//!
//! Evidence: the objective depends on the parameter, and its derivative does not exist or is 0 on every row.

use chainrule_graph::ops::{Elementwise, Reduction};
use chainrule_graph::{Kind, NodeId, Op};

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;
use crate::report::Figures;
use crate::structure::elementwise;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().chain(frozen(evidence)).chain(unread(evidence)).collect()
}

/// A layer that nothing reads, though it was written: the next one was to read it.
fn unread(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let structure = &evidence.structure;
    let is_idle = |id: &NodeId| {
        let index = id.index();
        let is_left = !structure.for_objective[index] && !structure.for_prediction[index];
        is_left && structure.of_inputs[index] && structure.of_parameters[index]
    };
    // The last that a line names is what was to be read.
    let idle: Vec<NodeId> = graph.ids().filter(is_idle).collect();
    let of_users = |id: &NodeId| graph.name(*id).filter(|name| !name.contains('/'));
    let (&id, name) = idle.iter().rev().find_map(|id| Some((id, of_users(id)?)))?;
    let said = format!("neither the prediction nor the objective reads `{name}`, so its parameters do not learn");
    let mut suspicion = Suspicion::new(Cause::GradientBlocked, Specificity::Certain, said).at_node(name);
    let written = edits::written(function, id)?;
    // The first layer behind it reads it in place of what it does.
    let source = &evidence.case.source;
    let behind =
        graph.ids().filter(|layer| structure.for_prediction[layer.index()] && structure.is_layer(graph, *layer));
    let mut calls = behind.filter_map(|layer| edits::written(function, layer)).filter(|at| at.start >= written.end);
    if let Some(argument) = calls.next().and_then(|call| edits::positional(source, call, 0)) {
        suspicion = suspicion.mended_by([Change::replace(argument, name)]);
    }
    Some(Suspicion { shown: evidence.attainable().map(Figures::from), ..suspicion })
}

/// Parameters that are frozen, though the model would do better with them.
fn frozen(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    const WORD: &str = "frozen";
    let function = evidence.function();
    let source = &evidence.case.source;
    let all: Vec<NodeId> = function
        .parameters
        .iter()
        .filter(|parameter| parameter.learning.frozen)
        .map(|parameter| parameter.node)
        .collect();
    let first = all.first()?;
    let learns = all.iter().filter_map(|&id| {
        let start = edits::line_start(source, crate::case::span_of(function, id)?.start);
        let line = source.get(start..)?.lines().next()?;
        let word = line.find(WORD)?;
        let comma = line.get(..word)?.rfind(',')?;
        Some(Replacement { at: start + comma..start + word + WORD.len(), text: String::new() })
    });
    let names: Vec<String> = all.iter().map(|&id| format!("`{}`", function.name(id))).collect();
    let said = format!("{} cannot move: no step does, since it is frozen", names.join(", "));
    let suspicion = Suspicion::new(Cause::GradientBlocked, Specificity::Structure, said).at_node(function.name(*first));
    Some(suspicion.mended_by([Change::Model(learns.collect())]))
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let is_blocked = |id: &NodeId| {
        let name = function.name(*id);
        let is_frozen = function.parameter(name).is_some_and(|parameter| parameter.learning.frozen);
        evidence.structure.for_objective[id.index()] && !is_frozen && evidence.is_cut_off(*id)
    };
    let parameters: Vec<NodeId> =
        function.parameters.iter().map(|parameter| parameter.node).filter(is_blocked).collect();
    let first = parameters.first()?;
    let behind = graph.dependent_on([*first]);
    let blocks = |id: &NodeId| {
        let is_on_the_way = behind[id.index()] && evidence.structure.for_objective[id.index()] && *id != *first;
        is_on_the_way && is_hard(evidence, *id)
    };
    let guilty = graph.ids().find(blocks)?;
    let names: Vec<String> = parameters.iter().map(|&id| format!("`{}`", function.name(id))).collect();
    let said = format!(
        "the derivative of the objective by {} is 0 whatever the values: `{}` lets none through",
        names.join(", "),
        evidence.called(guilty)
    );
    let suspicion = Suspicion::new(Cause::GradientBlocked, Specificity::Certain, said).at_node(evidence.named(guilty));
    let suspicion =
        suspicion.mended_by_each(remedies(evidence, guilty).into_iter().chain(super::loss_mismatch::usual(evidence)));
    Some(Suspicion { shown: evidence.attainable().map(Figures::from), ..suspicion })
}

/// Whether an op has a derivative of 0 everywhere.
fn is_hard(evidence: &Evidence<'_, '_>, id: NodeId) -> bool {
    let graph = &evidence.function().graph;
    match &graph.node(id).op {
        Op::Elementwise(op) => {
            matches!(op, Elementwise::StopGradient | Elementwise::Floor | Elementwise::Round | Elementwise::Sign)
                || graph.kind(id) == Kind::Bool
        }
        Op::Reduce(reduce) => matches!(reduce.op, Reduction::ArgMax | Reduction::ArgMin | Reduction::ArgSort),
        _ => false,
    }
}

fn remedies(evidence: &Evidence<'_, '_>, guilty: NodeId) -> Vec<Change> {
    let function = evidence.function();
    let case = evidence.case;
    let graph = &function.graph;
    let left_out = || edits::call_left_out(case, function, guilty);
    let as_another = |another: &str| edits::call_of_another(case, function, guilty, another);
    match elementwise(graph, guilty) {
        Some(Elementwise::Sign) => [as_another("tanh"), left_out()].into_iter().flatten().collect(),
        Some(Elementwise::Round | Elementwise::Floor | Elementwise::StopGradient) => left_out().into_iter().collect(),
        _ => {
            // A comparison `x > 0`, the step, is what a sigmoid of x bends round.
            let Some(at) = edits::written(function, guilty) else { return Vec::new() };
            let Some(text) = case.source.get(at.clone()) else { return Vec::new() };
            let compared = text.split_once('>').or_else(|| text.split_once('<').map(|(a, b)| (b, a)));
            let Some((greater, less)) = compared else { return Vec::new() };
            let (greater, less) = (greater.trim_start_matches('=').trim(), less.trim_start_matches('=').trim());
            let whole = edits::enclosing_call(&case.source, &at).filter(|(name, _)| name == "where");
            let at = whole.map_or(at, |(_, at)| at);
            let of = if less == "0" { greater.to_string() } else { format!("{greater} - ({less})") };
            ["sigmoid", "tanh", "relu"].map(|soft| Change::replace(at.clone(), format!("{soft}({of})"))).to_vec()
        }
    }
}
