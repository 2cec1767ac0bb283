//! ReLU units that are 0 on every row before the first step: no gradient gets through them, so they stay 0.
//!
//! Story: "Understanding ReLU: does this unlucky initialized network assign all instances …", Cross Validated. Source: Lu, Shin,
//! Su and Karniadakis 2020, "Dying ReLU and initialization".
//!
//! Evidence: the share of units that are 0 on every row. If units die only later, the rate is to blame, not the start: that is
//! `step_too_large`.

use chainrule_graph::NodeId;

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;
use crate::structure::relu_of;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

/// Healthy layers with two thirds of their units dead are known; above this share what is left is too little.
const DEAD: f64 = 0.75;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let is_dead = |id: &NodeId| {
        relu_of(graph, *id).is_some()
            && evidence.structure.is_learned(*id)
            && evidence.start.zero_share(*id).is_some_and(|share| share >= DEAD)
    };
    // What a dead layer feeds is dead for that reason.
    let Some(first) = graph.ids().find(is_dead) else { return Vec::new() };
    let share = |share: Option<f64>| 100.0 * share.unwrap_or(0.0);
    let name = evidence.named(first);
    let said = format!(
        "{:.0} % of the units of `{name}` are 0 on every row before the first step, {:.0} % at the end",
        share(evidence.start.zero_share(first)),
        share(evidence.end.zero_share(first))
    );
    let starts = evidence.structure.parameters_behind(function, first).into_iter().filter_map(|id| anew(evidence, id));
    vec![
        Suspicion::new(Cause::DeadRelu, Specificity::Start, said)
            .at_node(name)
            .mended_by([Change::Model(starts.collect())]),
    ]
}

/// A usual start of a parameter before a ReLU.
fn anew(evidence: &Evidence<'_, '_>, id: NodeId) -> Option<Replacement> {
    let function = evidence.function();
    let is_weight = super::init_scale::is_weight(evidence, id);
    edits::start(evidence.case, function, id, if is_weight { "~ he" } else { "= 0.1" })
}
