//! Layer upon layer without a bend: a product of matrices is a matrix, so the model is linear however deep it is.
//!
//! Story: "Keras model to fit polynomial", Stack Overflow; in DeepFD and in TheDeepChecker's list of pitfalls. Source:
//! Goodfellow, Bengio and Courville 2016, section 6.1.
//!
//! Evidence: between two products with parameters there are only sums and rearrangements; a network of one hidden layer does
//! clearly better.

use std::collections::HashSet;
use std::ops::Range;

use chainrule_graph::ops::Elementwise;
use chainrule_graph::{NodeId, Op};

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::Change;
use crate::evidence::Evidence;
use crate::structure::{elementwise, is_softmax, through_shapes};

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    let hidden = linear_layers(evidence);
    let Some(first) = hidden.first() else { return Vec::new() };
    let name = evidence.named(*first);
    let names: Vec<String> = hidden.iter().map(|&id| format!("`{}`", evidence.named(id))).collect();
    let network = evidence.baselines.map(|baselines| baselines.network.unexplained);
    let reached =
        network.map(|left| format!("; a network of one hidden layer leaves {:.1} % unexplained", 100.0 * left));
    let said = format!(
        "a layer reads what another gives, with nothing but products and sums between: {} {} linear{}",
        names.join(", "),
        if names.len() == 1 { "stays" } else { "stay" },
        reached.unwrap_or_default()
    );
    let remedies = ["tanh", "relu"].map(|bend| -> Vec<Change> {
        hidden.iter().filter_map(|&id| edits::wrapped(evidence.case, evidence.function(), id, bend)).collect()
    });
    let mut suspicion = Suspicion::new(Cause::NoNonlinearity, Specificity::Capacity, said).at_node(name);
    suspicion.remedies.extend(remedies);
    vec![suspicion]
}

/// The layers whose values another product with parameters reads as they are; none if anything bends on the way.
fn linear_layers(evidence: &Evidence<'_, '_>) -> Vec<NodeId> {
    let function = evidence.function();
    let graph = &function.graph;
    let structure = &evidence.structure;
    let is_on_the_way = |id: NodeId| structure.of_inputs[id.index()] && structure.for_prediction[id.index()];
    let mut hidden = Vec::new();
    for id in graph.ids().filter(|&id| is_on_the_way(id) && structure.is_layer(graph, id)) {
        let read =
            graph.node(id).inputs.iter().map(|input| input.node).find(|&input| structure.of_inputs[input.index()]);
        let layer = read.and_then(|read| linear_layer(evidence, read));
        hidden.extend(layer);
    }
    // A layer that bends as it is written, as `transformer_block(x)`, has products inside that are linear on purpose.
    let written = |id: NodeId| edits::written(function, id);
    // A normalization, which divides by a root, does not count.
    let bends = |id: &NodeId| {
        use Elementwise::{Abs, Erf, Max, Min, Sigmoid, Sin, Softplus, Tanh};
        let is_bend = matches!(elementwise(graph, *id), Some(Abs | Erf | Max | Min | Sigmoid | Sin | Softplus | Tanh));
        is_on_the_way(*id) && (is_bend || is_softmax(graph, *id))
    };
    let bent: HashSet<Range<usize>> = graph.ids().filter(bends).filter_map(written).collect();
    hidden.retain(|&id| written(id).is_none_or(|at| !bent.contains(&at)));
    hidden.dedup();
    hidden
}

/// The node itself, or what it is made of by rearranging, if it is linear in a product with parameters.
fn linear_layer(evidence: &Evidence<'_, '_>, id: NodeId) -> Option<NodeId> {
    let graph = &evidence.function().graph;
    let id = through_shapes(graph, id.into()).node;
    let structure = &evidence.structure;
    if !structure.of_parameters[id.index()] || !structure.of_inputs[id.index()] {
        return None;
    }
    match graph.node(id).op {
        Op::Contract(_) => Some(id),
        _ => match elementwise(graph, id)? {
            Elementwise::Add | Elementwise::Sub | Elementwise::Mul | Elementwise::Neg => Some(id),
            _ => None,
        },
    }
}
