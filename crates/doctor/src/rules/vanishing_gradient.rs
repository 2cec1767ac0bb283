//! The gradient shrinks from layer to layer until the first ones stand still: many sigmoids in a row, each of which passes on at
//! most a quarter.
//!
//! Story: "my deep network with sigmoids does not train", as in many questions. Source: Hochreiter 1991; Glorot and Bengio 2010.
//!
//! Evidence: the root mean square of the derivative by each layer, from the last to the first.

use chainrule_graph::ops::Elementwise;
use chainrule_graph::{NodeId, Parameter};

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;
use crate::structure::elementwise;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

/// By which the derivative must shrink between the first layer and the last.
const SHRINKS: f64 = 0.05;
/// Fewer layers do not make it vanish.
const LAYERS: usize = 3;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().collect()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let bends = |id: &NodeId| {
        evidence.structure.is_learned(*id)
            && graph.shape(*id).size() > 1
            && matches!(elementwise(graph, *id), Some(Elementwise::Sigmoid | Elementwise::Tanh))
    };
    let layers: Vec<NodeId> = graph.ids().filter(bends).collect();
    if layers.len() < LAYERS {
        return None;
    }
    let size = |id: NodeId| {
        let cotangent = evidence.start.cotangent(id)?.data();
        Some((cotangent.iter().map(|x| x * x).sum::<f64>() / cotangent.len().max(1) as f64).sqrt())
    };
    let (first, last) = (size(*layers.first()?)?, size(*layers.last()?)?);
    if first > SHRINKS * last {
        return None;
    }
    let sizes: Vec<String> = layers.iter().filter_map(|&id| Some(format!("{:.1e}", size(id)?))).collect();
    let said = format!(
        "the derivative of the objective by `{}`, …, `{}` is {} (root mean square before the first step)",
        evidence.named(layers[0]),
        evidence.named(*layers.last()?),
        sizes.join(", ")
    );
    let mut suspicion =
        Suspicion::new(Cause::VanishingGradient, Specificity::Capacity, said).at_node(evidence.named(layers[0]));
    for (bend, start) in [("tanh", "~ glorot"), ("relu", "~ he")] {
        let calls = layers.iter().filter_map(|&id| edits::call_of_another(evidence.case, function, id, bend));
        let matrices = |parameter: &&Parameter| graph.shape(parameter.node).rank() >= 2;
        let starts = function.parameters.iter().filter(matrices);
        let starts: Vec<Replacement> =
            starts.filter_map(|parameter| edits::start(evidence.case, function, parameter.node, start)).collect();
        suspicion.remedies.push(calls.chain([Change::Model(starts)]).collect());
    }
    Some(suspicion)
}
