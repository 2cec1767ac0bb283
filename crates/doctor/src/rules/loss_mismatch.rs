//! The loss does not suit the outcome, or what it is given: squares or absolute errors of a probability, class numbers as
//! quantities, the logarithm of what is no probability, a loss without a minimum.
//!
//! Story: "classification with MSE does not converge", Stack Overflow; the loss is the most frequent single fault in DeepFD's
//! benchmark. Source: Goodfellow, Bengio and Courville 2016, section 6.2.2: the squared error of a saturated sigmoid has no
//! gradient, the cross entropy does.
//!
//! Evidence: what the prediction is by its making, what the outcome is, and what stands between.

use chainrule_graph::ops::Elementwise;
use chainrule_graph::{Kind, NodeId, Value, probability};

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;
use crate::statistics::{distinct, extremes};
use crate::structure::{elementwise, is_contraction, through_shapes};
use crate::task::{Decision, TaskKind};

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    [
        error_of_probability(evidence),
        classes_as_quantities(evidence),
        number_of_class_in_the_loss(evidence),
        entropy_of_numbers(evidence),
        no_probability(evidence),
        another_prediction(evidence),
        said_in_the_loss(evidence),
        no_minimum(evidence),
        square_of_sum(evidence),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn suspicion(evidence: &Evidence<'_, '_>, said: String) -> Suspicion {
    let objective = evidence.function().objective.map(|objective| evidence.named(objective));
    let suspicion = Suspicion::new(Cause::LossMismatch, Specificity::Structure, said);
    Suspicion { node: objective, ..suspicion }
}

/// The objective written anew.
fn objective_as(evidence: &Evidence<'_, '_>, text: String) -> Option<Change> {
    let function = evidence.function();
    Some(Change::replace(edits::written(function, function.objective?)?, text))
}

/// Squares or absolute errors of a probability, beside an outcome of two labels.
fn error_of_probability(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let prediction = function.prediction?;
    probability(graph, prediction)?;
    let target = &evidence.task.as_ref()?.target;
    let labels = distinct(&evidence.run.training.values(target).ok()?);
    if labels != [0.0, 1.0] || has_logarithm(evidence) || differences(evidence).is_empty() {
        return None;
    }
    let (p, y) = (evidence.called(prediction), target);
    let sum = if graph.shape(prediction).rank() == 0 { "" } else { "sum" };
    let text = format!("-{sum}({y} * log({p}) + (1 - {y}) * log(1 - {p}))");
    let said = format!("`{p}` is a probability, `{target}` is 0 or 1, and the objective is made of their difference");
    Some(suspicion(evidence, said).mended_by([objective_as(evidence, text)?]))
}

/// Whether the objective takes the logarithm of something learned.
fn has_logarithm(evidence: &Evidence<'_, '_>) -> bool {
    let graph = &evidence.function().graph;
    graph.ids().any(|id| {
        let is_one =
            matches!(elementwise(graph, id), Some(Elementwise::Log | Elementwise::Softplus | Elementwise::Log1p));
        is_one && evidence.structure.for_objective[id.index()] && evidence.structure.of_parameters[id.index()]
    })
}

/// The differences of prediction and outcome that the objective is made of.
fn differences(evidence: &Evidence<'_, '_>) -> Vec<NodeId> {
    let function = evidence.function();
    let graph = &function.graph;
    let of_outcomes = &evidence.structure.of_outcomes;
    let is_one = |id: &NodeId| {
        let node = graph.node(*id);
        let is_difference = matches!(elementwise(graph, *id), Some(Elementwise::Sub | Elementwise::Add));
        let reads_outcome =
            |input: &Value| of_outcomes[input.node.index()] && !evidence.structure.of_parameters[input.node.index()];
        let reads_model =
            |input: &Value| evidence.structure.of_parameters[input.node.index()] && !of_outcomes[input.node.index()];
        is_difference
            && evidence.structure.for_objective[id.index()]
            && node.inputs.iter().any(reads_outcome)
            && node.inputs.iter().any(reads_model)
    };
    graph.ids().filter(is_one).collect()
}

/// Class numbers as quantities: the prediction is one number, and the outcome one of several classes.
fn classes_as_quantities(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let task = evidence.task.as_ref()?;
    let TaskKind::Classes { labels, decision: Decision::Nearest, .. } = &task.kind else { return None };
    let prediction = function.prediction?;
    let classes = labels.len();
    let outcome = evidence.node(&task.target)?;
    let is_counted =
        graph.kind(outcome) == Kind::Int && labels.iter().enumerate().all(|(place, label)| *label == place as f64);
    if classes < 3 || !is_counted {
        return None;
    }
    // The last layer, once more with an output for each class.
    let product = graph.ids().rev().find(|&id| {
        let index = id.index();
        let is_product = is_contraction(graph, id) || elementwise(graph, id) == Some(Elementwise::Mul);
        is_product && evidence.structure.for_prediction[index] && evidence.structure.of_parameters[index]
    })?;
    let read = graph.node(product).inputs.iter().find(|input| evidence.structure.of_inputs[input.node.index()])?;
    let width = graph.shape(*read).size();
    let hidden = evidence.called(through_shapes(graph, *read));
    let prediction_line = edits::written(function, prediction)?;
    let line = edits::line_start(&evidence.case.source, prediction_line.start);
    let declarations = Replacement {
        at: line..line,
        text: format!("param W_class [{classes}, {width}] ~ glorot\nparam b_class [{classes}] = 0\n"),
    };
    let softmax = Replacement {
        at: prediction_line,
        text: format!("softmax(affine(W_class, reshape({hidden}, [{width}]), b_class))"),
    };
    let objective = edits::written(function, function.objective?)?;
    let nll = Replacement { at: objective, text: format!("nll(prediction, {})", task.target) };
    let said = format!(
        "`{}` is one of {classes} classes, whose numbers have no order, and the prediction is a single number",
        task.target
    );
    Some(suspicion(evidence, said).mended_by([Change::Model(vec![declarations, softmax, nll])]))
}

/// An objective that computes with the number of a class, where the prediction has an element for each.
fn number_of_class_in_the_loss(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let task = evidence.task.as_ref().filter(|task| task.is_of_places())?;
    let outcome = evidence.node(&task.target)?;
    let is_number = |id: &NodeId| {
        let of = graph.node(*id).inputs.first().map(|&input| through_shapes(graph, input).node);
        elementwise(graph, *id) == Some(Elementwise::ToReal)
            && of == Some(outcome)
            && evidence.structure.for_objective[id.index()]
    };
    graph.ids().find(is_number)?;
    let said = format!(
        "`{}` computes with `{}` as a number, which is one of {} classes, each with an element of the prediction",
        evidence.case.text_of(function, function.objective?)?,
        task.target,
        task.classes()?
    );
    Some(suspicion(evidence, said).mended_by([usual(evidence)?]))
}

/// A cross entropy of an outcome that is no probability.
fn entropy_of_numbers(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let prediction = function.prediction?;
    let task = evidence.task.as_ref().filter(|task| task.kind == TaskKind::Numbers)?;
    let outcomes = evidence.run.training.values(&task.target).ok()?;
    let beyond = outcomes.iter().filter(|y| !(0.0..=1.0).contains(*y)).count();
    // Counts beside a logarithm are those of a Poisson regression.
    let is_entropy = probability(graph, prediction).is_some() || outcomes.iter().any(|y| *y < 0.0);
    if (beyond as f64) < 0.02 * outcomes.len() as f64 || !is_entropy || !has_logarithm(evidence) {
        return None;
    }
    let said = format!(
        "{beyond} of {} values of `{}` are no probabilities, and the objective takes them for such",
        outcomes.len(),
        task.target
    );
    let square = format!("(prediction - {})^2", task.target);
    let is_scalar = graph.shape(prediction).rank() == 0;
    let squares = objective_as(evidence, if is_scalar { square } else { format!("sum({square})") })?;
    let left_out =
        probability(graph, prediction).and_then(|_| edits::call_left_out(evidence.case, function, prediction));
    Some(suspicion(evidence, said).mended_by([squares].into_iter().chain(left_out)))
}

/// The square of a sum of differences, in which errors of both signs cancel.
fn square_of_sum(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let differences = differences(evidence);
    let is_sum = |id: NodeId| matches!(graph.node(id).op, chainrule_graph::Op::Reduce(_));
    let squares = |id: &NodeId| {
        let is_even =
            matches!(elementwise(graph, *id), Some(Elementwise::Power(_) | Elementwise::Abs | Elementwise::Mul));
        let summed = graph.node(*id).inputs.iter().map(|input| input.node).find(|&input| is_sum(input))?;
        let of = graph.node(summed).inputs.first()?.node;
        (is_even && differences.contains(&of)).then_some((*id, of))
    };
    let (square, difference) = graph.ids().find_map(|id| squares(&id))?;
    let text = evidence.case.text_of(function, difference)?;
    let said = format!(
        "`{}` takes the square of the sum: errors of both signs cancel before they are squared",
        evidence.case.text_of(function, square)?
    );
    let change = Change::replace(edits::written(function, square)?, format!("sum(({text})^2)"));
    Some(suspicion(evidence, said).mended_by([change]))
}

/// A logarithm of elements that are no probability.
fn no_probability(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let prediction = function.prediction?;
    if graph.kind(prediction) != Kind::Real {
        return None;
    }
    let is_logarithm = |id: &NodeId| {
        elementwise(graph, *id) == Some(Elementwise::Log) && {
            let input = graph.node(*id).inputs[0];
            evidence.structure.of_parameters[input.node.index()] && evidence.structure.for_objective[id.index()]
        }
    };
    let log = graph.ids().find(is_logarithm)?;
    let task = evidence.task.as_ref()?;
    let of = match probability(graph, prediction) {
        Some(_) => graph.node(log).inputs[0],
        None => prediction,
    };
    let p = evidence.called(of);
    let (low, high) = extremes(evidence.start.value(of)?.data());
    if of != prediction && low >= 0.0 {
        return None;
    }
    let said = format!(
        "`{}` takes the logarithm of `{p}`, which is no probability: from {low:.3} to {high:.3} at the start",
        evidence.called(log)
    );
    let wraps: &[&str] = match task.kind {
        TaskKind::Classes { decision: Decision::Greatest, .. } => &["softmax"],
        TaskKind::Classes { .. } => &["sigmoid"],
        TaskKind::Numbers => &["exp", "softplus", "sigmoid"],
    };
    if of != prediction {
        return Some(suspicion(evidence, said).mended_by_each(usual(evidence)));
    }
    let wrapped = wraps.iter().filter_map(|wrap| edits::wrapped(evidence.case, function, prediction, wrap));
    Some(suspicion(evidence, said).mended_by_each(wrapped))
}

/// An objective that does not read the outcome, or not the prediction, as far as parameters make that.
fn another_prediction(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let (objective, prediction) = (function.objective?, function.prediction?);
    let target = &evidence.task.as_ref()?.target;
    let is_read = |id: NodeId| evidence.structure.for_objective[id.index()];
    let unread: Vec<&str> = (function.parameters.iter().map(|parameter| parameter.node))
        .filter(|&id| evidence.structure.for_prediction[id.index()] && !is_read(id))
        .map(|id| function.name(id))
        .collect();
    let said = if !evidence.structure.of_outcomes[objective.node.index()] {
        format!("the objective does not read `{target}`")
    } else if let Some(parameter) = unread.first() {
        format!("the objective does not read `{}`, which so does not learn `{parameter}`", evidence.called(prediction))
    } else {
        return None;
    };
    let is_alone = graph.name(objective).is_none_or(|name| name == "objective");
    let suspicion = suspicion(evidence, said).mended_by_each(usual(evidence).filter(|_| is_alone));
    Some(Suspicion { shown: evidence.attainable().map(crate::report::Figures::from), ..suspicion })
}

/// What a loss is told besides, where it does better without: weights of classes, smoothing, a class that does not count.
fn said_in_the_loss(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    const OPTIONS: [&str; 3] = ["weights", "smoothing", "ignore"];
    let function = evidence.function();
    let at = edits::written(function, function.objective?)?;
    let text = evidence.case.source.get(at.clone())?;
    let stretch = OPTIONS.iter().find_map(|option| edits::keyword(text, option))?;
    let said = format!("the loss is told `{}`", text.get(stretch.clone())?.trim_start_matches(',').trim());
    let left_out = Change::replace(at.start + stretch.start..at.start + stretch.end, "");
    Some(suspicion(evidence, said).mended_by([left_out]))
}

/// The usual loss of the outcome.
pub(super) fn usual(evidence: &Evidence<'_, '_>) -> Option<Change> {
    let function = evidence.function();
    let task = evidence.task.as_ref()?;
    let prediction = function.prediction?;
    let (y, p) = (&task.target, evidence.called(prediction));
    let is_scalar = function.graph.shape(prediction).rank() == 0;
    let loss = match task.kind {
        TaskKind::Classes { decision: Decision::Greatest, are_probabilities: true, .. } => format!("nll({p}, {y})"),
        TaskKind::Classes { decision: Decision::Greatest, .. } => format!("cross_entropy({p}, {y})"),
        TaskKind::Classes { are_probabilities: true, .. } => format!("-({y} * log({p}) + (1 - {y}) * log(1 - {p}))"),
        TaskKind::Classes { .. } | TaskKind::Numbers if is_scalar => format!("({p} - {y})^2"),
        TaskKind::Classes { .. } | TaskKind::Numbers => format!("sum(({p} - {y})^2)"),
    };
    objective_as(evidence, loss)
}

/// A difference that is not squared, so that it falls without end.
fn no_minimum(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let objective = function.objective?;
    let differences = differences(evidence);
    let mut at = objective.node;
    // Through sums and means of it.
    while !differences.contains(&at) {
        let node = graph.node(at);
        let is_plain = matches!(node.op, chainrule_graph::Op::Shape(_) | chainrule_graph::Op::Reduce(_))
            || matches!(elementwise(graph, at), Some(Elementwise::Mul | Elementwise::Div | Elementwise::Neg));
        at = is_plain
            .then(|| node.inputs.iter().find(|input| evidence.structure.of_parameters[input.node.index()]))??
            .node;
    }
    let text = evidence.case.text_of(function, at)?.to_string();
    let said = format!("`{text}` is a difference as it is: it has no least value, and errors of both signs cancel");
    let change = Change::replace(edits::written(function, at)?, format!("({text})^2"));
    Some(suspicion(evidence, said).mended_by([change]))
}
