//! A penalty or a weight decay is so strong that the data hardly count.
//!
//! Story: "Any input produce the same output", an issue of BVLC/caffe. Source: Goodfellow, Bengio and Courville 2016,
//! section 7.1: a decay λ pulls every direction whose curvature is below λ to 0.
//!
//! Evidence: the decay, or the share that terms without data have in the objective.

use chainrule_graph::ops::Elementwise;
use chainrule_graph::{NodeId, Value};
use chainrule_learn::Optimizer;

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement, Setting};
use crate::evidence::Evidence;
use crate::structure::elementwise;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

/// What a penalty is weakened to.
const WEAKER: f64 = 1e-3;

/// A penalty that costs less than this is meant: the data do count.
const HARDLY_COUNT: f64 = 0.25;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    if evidence.task.is_some() && evidence.unexplained() < HARDLY_COUNT {
        return Vec::new();
    }
    let settings = &evidence.case.settings;
    let decay = match settings.optimizer {
        Optimizer::AdamW { decay, .. } => decay,
        _ => settings.weight_decay,
    };
    let mut suspicions = Vec::new();
    if decay > 0.0 {
        let said = format!("each step takes {decay} times a parameter off it, besides what the data say");
        let change = Change::Setting(Setting::WeightDecay(decay * WEAKER));
        let suspicion = Suspicion::new(Cause::OverRegularised, Specificity::Structure, said);
        suspicions.push(suspicion.at_setting("weight_decay").mended_by([change]));
    }
    suspicions.extend(dropped(evidence));
    let function = evidence.function();
    let Some(objective) = function.objective else { return suspicions };
    for term in terms(evidence, objective) {
        let Some(at) = edits::written(function, term) else { continue };
        let Some(text) = evidence.case.source.get(at.clone()) else { continue };
        // A node inside a loss is written as the whole of it; what is taken off the objective is no penalty.
        let reads_outcome = evidence.task.as_ref().is_some_and(|task| text.contains(&task.target));
        let before = evidence.case.source.get(..at.start).unwrap_or_default();
        if reads_outcome || before.trim_end().ends_with('-') {
            continue;
        }
        let change = Change::replace(at, format!("{WEAKER} * {text}"));
        let mean = |value: Value| {
            let values = evidence.end.value(value)?.data();
            Some(values.iter().sum::<f64>() / values.len().max(1) as f64)
        };
        let share = mean(term.into()).zip(mean(objective)).map(|(term, all)| 100.0 * term / all);
        let share = share.map(|share| format!(", {share:.0} % of the objective at the end")).unwrap_or_default();
        let said = format!("`{text}` reads no outcome{share}");
        let suspicion = Suspicion::new(Cause::OverRegularised, Specificity::Structure, said);
        suspicions.push(suspicion.at_node(evidence.named(term)).mended_by([change]));
    }
    suspicions
}

/// Dropout that leaves less than half.
fn dropped(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    const CALL: &str = "dropout(";
    const MUCH: f64 = 0.5;
    const USUAL: &str = "0.1";
    let source = &evidence.case.source;
    let (mut replacements, mut most) = (Vec::new(), 0.0f64);
    for (start, _) in source.match_indices(CALL) {
        let Some(at) = edits::positional(source, start..source.len(), 1) else { continue };
        let written = source.get(at.clone())?.trim_start_matches("rate=");
        let Ok(rate) = written.parse::<f64>() else { continue };
        if rate > MUCH {
            most = most.max(rate);
            replacements.push(Replacement { at: at.end - written.len()..at.end, text: USUAL.into() });
        }
    }
    let said = format!("dropout leaves out {:.0} % of what a layer gives", 100.0 * most);
    let suspicion = Suspicion::new(Cause::OverRegularised, Specificity::Structure, said).at_node("dropout");
    (!replacements.is_empty()).then(|| suspicion.mended_by([Change::Model(replacements)]))
}

/// The terms of a sum that read parameters and no outcome.
pub(super) fn terms(evidence: &Evidence<'_, '_>, objective: Value) -> Vec<NodeId> {
    let graph = &evidence.function().graph;
    let mut is_seen = vec![false; graph.nodes().len()];
    let (mut at, mut found) = (vec![objective.node], Vec::new());
    while let Some(id) = at.pop() {
        if std::mem::replace(&mut is_seen[id.index()], true) {
            continue;
        }
        let is_sum = matches!(elementwise(graph, id), Some(Elementwise::Add | Elementwise::Sub));
        match (evidence.structure.of_outcomes[id.index()], evidence.structure.of_parameters[id.index()]) {
            (false, true) if id != objective.node => found.push(id),
            (true, _) if is_sum => at.extend(graph.node(id).inputs.iter().map(|input| input.node)),
            _ => {}
        }
    }
    found
}
