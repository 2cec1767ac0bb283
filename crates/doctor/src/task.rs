//! What is learned: which outcome is predicted, and what a prediction says of it, whatever the objective is.

use chainrule_graph::ops::Elementwise;
use chainrule_graph::{Function, Graph, Kind, NodeId, Shape, Tensor, Value, probability};
use chainrule_learn::{Dataset, LearnError, Scoring};

use crate::statistics::{distinct, middle};
use crate::structure::{elementwise, through_shapes};

/// What is learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The outcome that the prediction is of; of a model that gives back its input, that input.
    pub target: String,
    /// What is said of it.
    pub kind: TaskKind,
    /// Of numbers, the range beyond which a value is no better known: what is extreme counts as its end.
    pub range: (f64, f64),
}

/// What predictions say of an outcome.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskKind {
    /// Numbers, element by element.
    Numbers,
    /// One of some classes.
    Classes {
        /// What each class is called in the data, ascending.
        labels: Vec<f64>,
        /// How a prediction becomes a class.
        decision: Decision,
        /// Whether predictions are probabilities by their making.
        are_probabilities: bool,
    },
}

/// How a prediction becomes a class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// The place of the greatest element.
    Greatest,
    /// The upper class from this number up.
    Above(f64),
    /// The label that is nearest.
    Nearest,
}

/// Of more distinct labels, an outcome of whole numbers is a number.
const MOST_CLASSES: usize = 50;

const ANY: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

/// The range of six deviations, in which nearly all values are that follow from anything.
fn bulk(values: &[f64]) -> (f64, f64) {
    const WIDE: f64 = 6.0;
    let (low, high) = middle(values);
    let (center, half) = ((low + high) / 2.0, (high - low) / 2.0);
    if half > 0.0 { (center - WIDE * half, center + WIDE * half) } else { ANY }
}

impl Task {
    /// What the model learns from these rows; none if there is nothing to compare its prediction with.
    ///
    /// # Errors
    /// The rows lack the outcome.
    pub fn of(function: &Function, rows: &Dataset) -> Result<Option<Task>, LearnError> {
        let Some(prediction) = function.prediction else { return Ok(None) };
        let (graph, shape) = (&function.graph, function.graph.shape(prediction));
        let needed = graph.needed_for(function.objective);
        // An objective may have forgotten the outcome.
        let target =
            function.outcomes.iter().copied().find(|id| needed[id.index()]).or(function.outcomes.first().copied());
        let Some(target) = target else {
            let task = reconstructed(function, shape);
            return Ok(task.filter(|_| !is_compared_with_another(function, function.inputs[0])));
        };
        let name = function.name(target);
        let labels = distinct(&rows.values(name)?);
        // Two labels are classes on any scale, as the −1 and 1 of a hinge.
        if graph.kind(target) == Kind::Real && labels.len() > 2 && is_compared_with_another(function, target) {
            return Ok(None);
        }
        let kind = match graph.kind(target) {
            Kind::Real if are_comparable(graph.shape(target).size(), shape.size()) => {
                numbers_or_two(function, rows, labels)?
            }
            Kind::Real => return Ok(None),
            Kind::Int | Kind::Bool => match of_classes(function, target, shape, labels) {
                Some(kind) => kind,
                None => return Ok(None),
            },
        };
        let range = match kind {
            TaskKind::Numbers => bulk(&rows.values(name)?),
            TaskKind::Classes { .. } => ANY,
        };
        Ok(Some(Task { target: name.into(), kind, range }))
    }

    /// Whether the greatest element of a prediction says the class.
    pub fn is_of_places(&self) -> bool {
        matches!(self.kind, TaskKind::Classes { decision: Decision::Greatest, .. })
    }

    /// The number of classes, if it is of classes.
    pub fn classes(&self) -> Option<usize> {
        match &self.kind {
            TaskKind::Classes { labels, .. } => Some(labels.len()),
            TaskKind::Numbers => None,
        }
    }

    /// The class that each prediction means, as an index into the labels; `predictions` is `[rows, …]`.
    pub(crate) fn decided(&self, predictions: &Tensor, count: usize) -> Vec<usize> {
        let TaskKind::Classes { labels, decision, .. } = &self.kind else { return Vec::new() };
        let width = predictions.data().len() / count.max(1);
        let decide = |elements: &[f64]| match *decision {
            Decision::Greatest => greatest(elements),
            Decision::Above(limit) => usize::from(elements.first().is_some_and(|&value| value >= limit)),
            Decision::Nearest => nearest(labels, elements.first().copied().unwrap_or(f64::NAN)),
        };
        predictions.data().chunks(width.max(1)).map(decide).collect()
    }
}

/// Whether the objective compares the prediction, or what it is the sigmoid of, with what is made from the target, as `x / 16`
/// or `log(y)`, and never with the target: then the two are on different scales.
fn is_compared_with_another(function: &Function, target: NodeId) -> bool {
    let graph = &function.graph;
    let Some(prediction) = function.prediction.map(|prediction| through_shapes(graph, prediction)) else {
        return false;
    };
    let squashed = Some(prediction)
        .filter(|&it| elementwise(graph, it) == Some(Elementwise::Sigmoid))
        .map(|it| through_activations(graph, graph.node(it).inputs[0]));
    let of_target = graph.dependent_on([target]);
    let of_parameters = graph.dependent_on(function.parameters.iter().map(|parameter| parameter.node));
    let needed = graph.needed_for(function.objective);
    let compares = |id: &NodeId| {
        needed[id.index()] && matches!(elementwise(graph, *id), Some(Elementwise::Sub | Elementwise::Mul))
    };
    let others: Vec<Value> = graph
        .ids()
        .filter(compares)
        .filter_map(|id| {
            // A cross entropy multiplies by `softplus(logit)`, `log(p)` and the like.
            let is_product = elementwise(graph, id) == Some(Elementwise::Mul);
            let read = |&input: &Value| match is_product {
                true => through_activations(graph, input),
                false => through_shapes(graph, input),
            };
            let inputs: Vec<Value> = graph.node(id).inputs.iter().map(read).collect();
            let is_predicted = |value: &Value| *value == prediction || Some(*value) == squashed;
            let other = inputs.iter().find(|value| !is_predicted(value))?;
            let index = other.node.index();
            (inputs.iter().any(is_predicted) && of_target[index] && !of_parameters[index]).then_some(*other)
        })
        .collect();
    !others.is_empty() && others.iter().all(|other| other.node != target)
}

/// What a value is made from by rearranging and by functions of one operand.
fn through_activations(graph: &Graph, value: Value) -> Value {
    let mut at = through_shapes(graph, value);
    while elementwise(graph, at).is_some() && graph.node(at).inputs.len() == 1 {
        at = through_shapes(graph, graph.node(at).inputs[0]);
    }
    at
}

/// Whether so many elements are compared with so many: as many, or each of the fewer with several.
fn are_comparable(outcomes: usize, predictions: usize) -> bool {
    outcomes > 0 && predictions > 0 && (outcomes.is_multiple_of(predictions) || predictions.is_multiple_of(outcomes))
}

/// A model that gives back its only input, if it is one.
fn reconstructed(function: &Function, shape: &Shape) -> Option<Task> {
    let graph = &function.graph;
    let [input] = &function.inputs[..] else { return None };
    if graph.kind(*input) != Kind::Real || graph.shape(*input).size() != shape.size() || !function.outcomes.is_empty() {
        return None;
    }
    Some(Task { target: function.name(*input).into(), kind: TaskKind::Numbers, range: ANY })
}

/// An outcome of real numbers; one of two labels beside a raw score is of two classes.
fn numbers_or_two(function: &Function, rows: &Dataset, labels: Vec<f64>) -> Result<TaskKind, LearnError> {
    let scoring = Scoring::of(function, rows)?;
    let is_raw_score = scoring.measure().is_none();
    let is_probability = function.prediction.is_some_and(|it| probability(&function.graph, it).is_some());
    let is_single = function.prediction.is_some_and(|it| function.graph.shape(it).size() == 1);
    Ok(match labels[..] {
        [low, high] if is_probability && is_single && !is_raw_score => {
            let are_probabilities = [low, high] == [0.0, 1.0];
            // Of labels such as 1 and 2 it is the probability of the upper one, if anything.
            let middle = (low + high) / 2.0;
            let limit = if middle > 0.0 && middle < 1.0 { middle } else { 0.5 };
            TaskKind::Classes { labels, decision: Decision::Above(limit), are_probabilities }
        }
        [_, _] if is_raw_score => {
            TaskKind::Classes { labels, decision: Decision::Above(0.0), are_probabilities: false }
        }
        _ => TaskKind::Numbers,
    })
}

fn of_classes(function: &Function, target: NodeId, shape: &Shape, labels: Vec<f64>) -> Option<TaskKind> {
    let of_target = function.graph.shape(target);
    let places = shape.size() / of_target.size().max(1);
    let is_probability = probability(&function.graph, function.prediction?).is_some();
    let of = |labels: Vec<f64>, decision: Decision| {
        let are_probabilities = is_probability && decision != Decision::Nearest;
        Some(TaskKind::Classes { labels, decision, are_probabilities })
    };
    let is_for_each = shape.rank() == of_target.rank() + 1 && shape.iter().zip(of_target.iter()).all(|(a, b)| a == b);
    if places > 1 && is_for_each {
        let is_place = |label: &f64| *label >= 0.0 && *label < places as f64;
        let all = (0..places).map(|place| place as f64).collect();
        return labels.iter().any(is_place).then(|| of(all, Decision::Greatest))?;
    }
    match labels[..] {
        _ if places != 1 => None,
        [_, _] if is_probability => of(labels, Decision::Above(0.5)),
        [low, high] => {
            let is_raw_score = Scoring::with_labels(function, Some(&[low, high])).measure().is_none();
            of(labels, Decision::Above(if is_raw_score { 0.0 } else { (low + high) / 2.0 }))
        }
        _ if labels.len() <= MOST_CLASSES => of(labels, Decision::Nearest),
        _ => Some(TaskKind::Numbers),
    }
}

fn greatest(elements: &[f64]) -> usize {
    let mut best = 0;
    for (index, &element) in elements.iter().enumerate() {
        if element > elements[best] {
            best = index;
        }
    }
    best
}

fn nearest(labels: &[f64], value: f64) -> usize {
    let distance = |index: usize| (labels[index] - value).abs();
    (0..labels.len()).min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
}
