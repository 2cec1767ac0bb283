//! Two shapes were stretched to fit in the loss, so that it compares outputs with outcomes that are not theirs: a column beside
//! a row becomes a table of all pairs, whose best answer is the mean.
//!
//! Story: "my Keras regression predicts the mean": targets [n] beside outputs [n, 1]. Source: the warning of PyTorch's
//! `mse_loss` on sizes that differ.
//!
//! Evidence: where prediction and outcome meet, an operand is stretched along an axis that is not new to both.

use chainrule_graph::ops::{Elementwise, ShapeOp};
use chainrule_graph::{Graph, NodeId, Op, Shape, Value};

use super::{Rule, Specificity, Suspicion, edits, widening};
use crate::cause::Cause;
use crate::change::Change;
use crate::evidence::Evidence;
use crate::structure::{Structure, elementwise};

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    let graph = &evidence.function().graph;
    graph.ids().filter_map(|id| stretched(evidence, id)).take(1).collect()
}

fn stretched(evidence: &Evidence<'_, '_>, id: NodeId) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let node = graph.node(id);
    if !matches!(elementwise(graph, id)?, Elementwise::Sub | Elementwise::Add | Elementwise::Mul | Elementwise::Div) {
        return None;
    }
    let Structure { of_outcomes, of_parameters: of_model, .. } = &evidence.structure;
    let [a, b] = node.inputs[..] else { return None };
    let is_outcome = |value: Value| of_outcomes[value.node.index()] && !of_model[value.node.index()];
    let (model, outcome) = match (of_model[a.node.index()], of_model[b.node.index()]) {
        (true, _) if is_outcome(b) => (a, b),
        (_, true) if is_outcome(a) => (b, a),
        _ => return None,
    };
    let (of_model, of_outcome) = (before_stretching(graph, model, id), before_stretching(graph, outcome, id));
    let (model_shape, outcome_shape) = (graph.shape(of_model).clone(), graph.shape(of_outcome).clone());
    let size = graph.shape(id).size();
    // Beside an outcome of as many elements nothing is stretched; a single outcome, or output, is beside several.
    let is_of_all_pairs = size > model_shape.size().max(outcome_shape.size());
    if !is_of_all_pairs && model_shape.size() == outcome_shape.size() {
        return None;
    }
    let said = format!(
        "`{}` {model_shape} meets `{}` {outcome_shape}, and both become {}",
        evidence.called(of_model),
        evidence.called(of_outcome),
        graph.shape(id)
    );
    let at = edits::written(function, id)?;
    let text = evidence.case.source.get(at.clone())?;
    let written = written_in(evidence, of_model, text)?;
    let mut suspicion = Suspicion::new(Cause::LossBroadcast, Specificity::Structure, said).at_node(evidence.named(id));
    // Outputs one for each class are compared with the class by a loss of classes.
    if evidence.task.as_ref().is_some_and(|task| task.is_of_places()) {
        return Some(suspicion.mended_by_each(super::loss_mismatch::usual(evidence)));
    }
    if model_shape.size() == 1 {
        let layer = evidence.function().prediction.map_or(of_model.node, |prediction| prediction.node);
        suspicion = suspicion.mended_by_each(widening::of(evidence, layer, outcome_shape.size()));
    }
    // Where the prediction itself is of several numbers, it is the prediction that is to be one.
    let prediction = function.prediction.filter(|prediction| *prediction == of_model && outcome_shape.rank() == 0);
    if let Some(at) = prediction.and_then(|prediction| edits::written(function, prediction)) {
        let text = evidence.case.source.get(at.clone())?;
        let one = [format!("sum({text})"), format!("mean({text})"), format!("({text})[0]")];
        suspicion = suspicion.mended_by_each(one.map(|one| Change::replace(at.clone(), one)));
    }
    let fitted = fitting(&written, &model_shape, &outcome_shape).into_iter();
    // Where the outcome is rearranged in the loss, the model's value is to be in the shape of that.
    let rearranged = shapes_before(graph, outcome).into_iter().filter(|shape| shape.size() == model_shape.size());
    let in_its_shape = rearranged.filter(|shape| *shape != outcome_shape);
    let in_its_shape = in_its_shape.map(|shape| format!("reshape({written}, {shape})"));
    let fitted = fitted.chain(in_its_shape);
    Some(suspicion.mended_by_each(fitted.map(|one| Change::replace(at.clone(), text.replacen(&written, &one, 1)))))
}

/// How the value is written in the text where it meets the outcome.
fn written_in(evidence: &Evidence<'_, '_>, value: Value, text: &str) -> Option<String> {
    let function = evidence.function();
    let name = function.graph.name(value).map(String::from);
    let own = evidence.case.text_of(function, value).map(String::from);
    [name, own].into_iter().flatten().find(|written| text.contains(written.as_str()))
}

/// The value in the outcome's shape.
fn fitting(written: &str, model: &Shape, outcome: &Shape) -> Vec<String> {
    if model.size() == outcome.size() {
        return vec![format!("reshape({written}, {outcome})")];
    }
    let size = outcome.size();
    let first = match (model.rank(), outcome.rank()) {
        (1, 0) => vec![format!("{written}[0]"), format!("mean({written})"), format!("sum({written})")],
        _ => Vec::new(),
    };
    let by_axes = (0..model.rank()).filter(|&axis| model.size() / model[axis].max(1) == size);
    first.into_iter().chain(by_axes.map(|axis| format!("reshape(mean({written}, axis={axis}), {outcome})"))).collect()
}

/// The shapes of a value before it was rearranged and stretched, the last first.
fn shapes_before(graph: &Graph, mut value: Value) -> Vec<Shape> {
    let mut shapes = Vec::new();
    while let Op::Shape(ShapeOp::Broadcast { .. } | ShapeOp::Reshape { .. }) = graph.node(value).op {
        value = graph.node(value).inputs[0];
        shapes.push(graph.shape(value).clone());
    }
    shapes
}

/// What a value is before it was stretched for a node: broadcasts, and the rearranging that belongs to them, are written where
/// the node is.
fn before_stretching(graph: &Graph, mut value: Value, of: NodeId) -> Value {
    let written = graph.node(of).origin.written();
    loop {
        let node = graph.node(value);
        let is_stretched = match node.op {
            Op::Shape(ShapeOp::Broadcast { .. }) => true,
            Op::Shape(ShapeOp::Reshape { .. }) => node.origin.written() == written,
            _ => false,
        };
        if !is_stretched || graph.name(value).is_some() {
            return value;
        }
        value = node.inputs[0];
    }
}
