//! The prediction cannot depend on the input: above all a softmax over one unit, which is always 1.
//!
//! Story: "Keras low accuracy classification task", Stack Overflow; one of the most frequent faults of the benchmarks
//! DeepLocalize (Wardat et al. 2021) and DeepFD (Cao et al. 2022).
//!
//! Evidence: with parameters drawn at random the inputs differ from row to row, and the prediction does not. Guilty is the
//! first node on the way that is the same in every row though what it reads is not.

use chainrule_graph::NodeId;

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;
use crate::report::Figures;
use crate::structure::is_softmax;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().collect()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let prediction = function.prediction?.node;
    if !evidence.is_fixed(prediction) {
        return None;
    }
    let graph = &function.graph;
    let structure = &evidence.structure;
    let varies = |id: NodeId| structure.of_inputs[id.index()] && !evidence.is_fixed(id);
    let ends = |id: &NodeId| {
        let is_on_the_way = structure.of_inputs[id.index()] && structure.for_prediction[id.index()];
        is_on_the_way && evidence.is_fixed(*id) && graph.node(*id).inputs.iter().any(|input| varies(input.node))
    };
    let Some(guilty) = graph.ids().find(ends) else {
        return (!structure.of_inputs[prediction.index()]).then(|| forgotten(evidence, prediction));
    };
    let said = format!(
        "whatever the parameters are, `{}` is the same in all of {} rows, though what it reads is not",
        evidence.called(guilty),
        evidence.start.rows
    );
    let suspicion = Suspicion::new(Cause::ConstantOutput, Specificity::Certain, said).at_node(evidence.named(guilty));
    let suspicion = suspicion.mended_by_each(remedies(evidence, guilty));
    Some(Suspicion { shown: evidence.attainable().map(Figures::from), ..suspicion })
}

/// The op that ends the dependence replaced, left out, or what it reads left out.
fn remedies(evidence: &Evidence<'_, '_>, guilty: NodeId) -> Vec<Change> {
    let function = evidence.function();
    let graph = &function.graph;
    let case = evidence.case;
    let mut changes = Vec::new();
    if is_softmax(graph, guilty) {
        changes.extend(edits::call_of_another(case, function, guilty, "sigmoid"));
    }
    changes.extend(edits::call_left_out(case, function, guilty));
    for input in &graph.node(guilty).inputs {
        let in_its_place = edits::written(function, guilty).map(|at| Change::replace(at, evidence.called(*input)));
        let is_alike = graph.shape(*input) == graph.shape(guilty) && !evidence.is_fixed(*input);
        changes.extend(in_its_place.filter(|_| is_alike));
        if is_softmax(graph, *input) {
            changes.extend(edits::call_left_out(case, function, *input));
        }
    }
    changes
}

/// A prediction that reads no input at all.
fn forgotten(evidence: &Evidence<'_, '_>, prediction: NodeId) -> Suspicion {
    let function = evidence.function();
    let graph = &function.graph;
    let name = evidence.named(prediction);
    let said = format!("`{name}` reads no input");
    let suspicion = Suspicion::new(Cause::ConstantOutput, Specificity::Certain, said).at_node(name);
    let reads = || {
        let input = function.inputs.iter().find(|&&id| graph.shape(id).rank() <= 1)?;
        let at = edits::written(function, prediction)?;
        let text = evidence.case.source.get(at.clone())?;
        let (input_name, shape) = (function.name(*input), graph.shape(*input));
        let line = edits::line_start(&evidence.case.source, at.start);
        let product = if shape.rank() == 0 {
            format!("slope_of_{input_name} * {input_name}")
        } else {
            format!("dot(slope_of_{input_name}, {input_name})")
        };
        Some(Change::Model(vec![
            Replacement { at: line..line, text: format!("param slope_of_{input_name} {shape} = 0\n") },
            Replacement { at, text: format!("{text} + {product}") },
        ]))
    };
    match reads() {
        Some(change) if graph.shape(prediction).rank() == 0 => suspicion.mended_by([change]),
        _ => suspicion,
    }
}
