//! Units start equal, and stay equal, since equal units have equal gradients: a layer that starts at zeros, or at any
//! constant, is worth a single unit.
//!
//! Story: "Tensorflow predicts always the same result", Stack Overflow; in the list of pitfalls of TheDeepChecker (Ben Braiek
//! and Khomh 2023). Source: Goodfellow, Bengio and Courville 2016, section 8.4.
//!
//! Evidence: the rows of a weight are equal before the first step, and still at the end. (Of the last layer of a softmax they
//! are equal only at the start, which does no harm.)

use chainrule_graph::ops::Elementwise;
use chainrule_graph::{NodeId, Op, Parameter, Tensor};

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::Change;
use crate::evidence::Evidence;
use crate::structure::{elementwise, is_contraction};

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    let function = evidence.function();
    let (start, end) = (&evidence.run.start, &evidence.run.end);
    let equal = |parameter: &&Parameter| {
        let name = function.name(parameter.node);
        let both = [start, end].map(|values| values.get(name).is_ok_and(has_equal_units));
        both == [true, true] && is_multiplied(evidence, parameter.node)
    };
    let guilty: Vec<&Parameter> = function.parameters.iter().filter(equal).collect();
    let Some(first) = guilty.first() else { return Vec::new() };
    // All that start at one constant and multiply something start anew: of two such layers, one alone would not do.
    let others = function.parameters.iter().filter(|parameter| {
        let name = function.name(parameter.node);
        start.get(name).is_ok_and(has_equal_units) && is_multiplied(evidence, parameter.node)
    });
    let starts = others.filter_map(|parameter| {
        let rank = function.graph.shape(parameter.node).rank();
        edits::start(evidence.case, function, parameter.node, if rank >= 2 { "~ glorot" } else { "~ normal(0, 0.5)" })
    });
    let names: Vec<String> = guilty.iter().map(|parameter| format!("`{}`", function.name(parameter.node))).collect();
    let units = function.graph.shape(first.node).first().copied().unwrap_or(0);
    let said =
        format!("the {units} units of {} are equal before the first step, and still at the end", names.join(", "));
    let suspicion = Suspicion::new(Cause::SymmetricInit, Specificity::Start, said)
        .at_node(function.name(first.node))
        .mended_by([Change::Model(starts.collect())]);
    vec![suspicion]
}

/// Whether all along the first axis are equal: several, and each the same numbers.
fn has_equal_units(value: &Tensor) -> bool {
    let units = value.shape().first().copied().unwrap_or(0);
    if units < 2 || value.data().is_empty() {
        return false;
    }
    let size = value.data().len() / units;
    let first = &value.data()[..size];
    let is_near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
    value.data().chunks(size).all(|unit| unit.iter().zip(first).all(|(&a, &b)| is_near(a, b)))
}

/// Whether a parameter multiplies something; a bias, which may well start at 0, is added.
pub(super) fn is_multiplied(evidence: &Evidence<'_, '_>, parameter: NodeId) -> bool {
    let graph = &evidence.function().graph;
    let multiplies = |id: NodeId| is_contraction(graph, id) || elementwise(graph, id) == Some(Elementwise::Mul);
    evidence.structure.is_read_by(parameter, multiplies, |id| matches!(graph.node(id).op, Op::Shape(_)))
}
