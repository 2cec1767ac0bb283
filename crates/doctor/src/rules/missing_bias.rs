//! An intercept is needed, and there is none: every plane goes through the origin.
//!
//! Story: "linear regression that fits the slope and misses everything". Source: Hastie, Tibshirani and Friedman 2009, section
//! 2.3.1.
//!
//! Evidence: a product with parameters to which no parameter is added, and an outcome or inputs whose mean is not 0.

use std::collections::HashSet;
use std::ops::Range;

use chainrule_graph::ops::Elementwise;
use chainrule_graph::{NodeId, Op};

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;
use crate::structure::elementwise;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let is_bare = |id: &NodeId| {
        evidence.structure.is_learned(*id)
            && evidence.structure.for_prediction[id.index()]
            && evidence.structure.is_layer(graph, *id)
            && !is_shifted(evidence, *id)
    };
    // A layer that adds parameters as it is written, as `transformer_block(x)`, leaves them out elsewhere on purpose.
    let is_added = |id: &NodeId| evidence.structure.is_layer(graph, *id) && is_shifted(evidence, *id);
    let shifted_calls: HashSet<Range<usize>> =
        graph.ids().filter(is_added).filter_map(|id| edits::written(function, id)).collect();
    let is_alone = |id: &NodeId| edits::written(function, *id).is_none_or(|at| !shifted_calls.contains(&at));
    let bare: Vec<NodeId> = graph.ids().filter(is_bare).filter(is_alone).collect();
    let Some(last) = bare.last() else { return Vec::new() };
    let names: Vec<String> = bare.iter().map(|&id| format!("`{}`", evidence.called(id))).collect();
    let said = format!("to {} no parameter is added, so at inputs of 0 it is 0, whatever is learned", names.join(", "));
    // An intercept of the last layer is usual; hidden ones are now and then left out.
    let with = |specificity: Specificity, layers: &[NodeId]| {
        let suspicion = Suspicion::new(Cause::MissingBias, specificity, said.clone()).at_node(evidence.named(*last));
        shifted(evidence, layers).map(|change| suspicion.mended_by([change]))
    };
    let is_last = !evidence.structure.readers[last.index()].iter().any(|&reader| feeds_layer(evidence, reader));
    let of_last = if is_last { with(Specificity::Structure, &[*last]) } else { None };
    of_last.into_iter().chain(with(Specificity::Capacity, &bare)).collect()
}

/// Whether another layer is made from a node.
fn feeds_layer(evidence: &Evidence<'_, '_>, id: NodeId) -> bool {
    let graph = &evidence.function().graph;
    let behind = graph.dependent_on([id]);
    let is_in_prediction = |id: &NodeId| evidence.structure.for_prediction[id.index()];
    graph.ids().filter(is_in_prediction).any(|other| behind[other.index()] && evidence.structure.is_layer(graph, other))
}

/// Whether a parameter is added to the node, or to what sums make of it.
fn is_shifted(evidence: &Evidence<'_, '_>, id: NodeId) -> bool {
    let graph = &evidence.function().graph;
    let structure = &evidence.structure;
    let is_sum = |reader: NodeId| matches!(elementwise(graph, reader), Some(Elementwise::Add | Elementwise::Sub));
    let adds_parameter =
        |reader: NodeId| graph.node(reader).inputs.iter().any(|&input| structure.is_of_parameters_alone(input));
    structure.is_read_by(
        id,
        |reader| is_sum(reader) && adds_parameter(reader),
        |reader| is_sum(reader) || matches!(graph.node(reader).op, Op::Shape(_)),
    )
}

/// The layers with an intercept each.
fn shifted(evidence: &Evidence<'_, '_>, layers: &[NodeId]) -> Option<Change> {
    let function = evidence.function();
    let source = &evidence.case.source;
    let mut replacements = Vec::new();
    for (index, &layer) in layers.iter().enumerate() {
        let at = edits::written(function, layer)?;
        let text = source.get(at.clone())?;
        let name = if index == 0 { "intercept".to_string() } else { format!("intercept{}", index + 1) };
        let name = if function.graph.find(&name).is_some() { format!("{name}_added") } else { name };
        let line = edits::line_start(source, at.start);
        let shape = function.graph.shape(layer);
        replacements.push(Replacement { at: line..line, text: format!("param {name} {shape} = 0\n") });
        replacements.push(Replacement { at, text: format!("({text} + {name})") });
    }
    Some(Change::Model(replacements))
}
