//! What predictions are scored by: what they mean beside the outcome, as the function and the data show it.

use std::fmt;

use chainrule_graph::{Function, IntegerRange, Kind, NodeId, Probability, Shape, probability};

use crate::data::dataset::Dataset;
use crate::data::field::{Field, Role};
use crate::data::words::Words;
use crate::error::LearnError;
use crate::evaluation::raw_score;
use crate::evaluation::score::Measure;

/// What predictions are scored by.
///
/// ```
/// use chainrule_graph::text;
/// use chainrule_learn::{Dataset, Field, Scoring};
///
/// let source = "input z []\noutcome y [] int\nprediction = sigmoid(z)\nobjective = softplus(-y * z)\n";
/// let function = text::parse(source)?.build(&Default::default())?;
/// let fields = [Field::of(&function, "z")?, Field::of(&function, "y")?];
/// let data = Dataset::new("two rows", 2, fields.into_iter().zip([vec![0.5, -2.0], vec![1.0, -1.0]]))?;
/// assert_eq!(Scoring::of(&function, &data)?.labels(), Some(&[-1.0, 1.0][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scoring {
    by: By,
    left_out: Option<LeftOut>,
    /// The number that stands in place of a class where a loss leaves a row out.
    ignored: Option<f64>,
}

/// Figures that predictions do not have, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The figures: `accuracy and no class`.
    pub figures: &'static str,
    /// Why: `` `prediction` is no probability by its making``.
    pub why: String,
}

/// What only predictions of classes have.
const OF_CLASSES: &str = "accuracy and no class";
/// What only predictions of numbers have.
const OF_NUMBERS: &str = "mse, mae and r2";
/// What none but predictions that something can be said of have.
const ALL: &str = "accuracy and no mse";

#[derive(Clone, Debug, PartialEq)]
enum By {
    Nothing,
    /// Beside an outcome of the prediction's shape, whose elements are compared as numbers.
    Numbers(NodeId),
    /// The label that each place of the prediction stands for, ascending; of one probability, the lower and the upper.
    Classes(NodeId, Vec<f64>),
    /// A raw score beside these labels of two classes: nothing is compared.
    RawScore(Vec<f64>),
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {}, for {}", self.figures, self.why)
    }
}

impl Scoring {
    /// By what is known of the function and of the outcomes of training: if just one outcome is real and of the prediction's
    /// shape, as numbers. Else, if just one outcome is a single whole number, by classes, where the prediction is a
    /// probability by its making and the outcome's labels are its places; where they are not, as numbers, if the shapes
    /// agree.
    ///
    /// # Errors
    /// The data lack that outcome.
    pub fn of(function: &Function, training: &Dataset) -> Result<Scoring, LearnError> {
        Scoring::found(function, |outcome| {
            let ignored = ignored(function, outcome);
            let mut labels = training.values(function.name(outcome))?.into_owned();
            labels.retain(|label| Some(*label) != ignored);
            labels.sort_by(f64::total_cmp);
            labels.dedup();
            Ok(Some(labels))
        })
    }

    /// The same where the labels that training had are known, as of a saved model; none, if only the function is. An empty
    /// list says that in training they meant no classes.
    pub fn with_labels(function: &Function, labels: Option<&[f64]>) -> Scoring {
        let labels = |_| Ok::<_, LearnError>(labels.map(<[f64]>::to_vec));
        Scoring::found(function, labels).unwrap_or(Scoring { by: By::Nothing, left_out: None, ignored: None })
    }

    fn found(
        function: &Function,
        labels: impl FnOnce(NodeId) -> Result<Option<Vec<f64>>, LearnError>,
    ) -> Result<Scoring, LearnError> {
        let scored = |by, figures, why| Ok(Scoring { by, left_out: Some(LeftOut { figures, why }), ignored: None });
        let graph = &function.graph;
        let Some(prediction) = function.prediction else {
            return scored(By::Nothing, ALL, "the model has no `prediction`".into());
        };
        let shape = graph.shape(prediction);
        let of_kind = |kind: Kind| function.outcomes.iter().copied().filter(move |&id| graph.kind(id) == kind);
        let comparable: Vec<NodeId> = of_kind(Kind::Real).filter(|&id| graph.shape(id) == shape).collect();
        let whole: Vec<NodeId> = of_kind(Kind::Int).collect();
        match (&comparable[..], &whole[..]) {
            (&[outcome], _) => {
                let seen = if raw_score::squashed_by(function, outcome).is_some() { labels(outcome)? } else { None };
                match as_raw_score(function, outcome, seen.as_deref()) {
                    Some((labels, why)) => scored(By::RawScore(labels), ALL, why),
                    None => Ok(Scoring { by: By::Numbers(outcome), left_out: None, ignored: None }),
                }
            }
            (_, &[outcome]) => {
                let is_single = *graph.shape(outcome) == Shape::scalar();
                let is_asked = is_single || raw_score::squashed_by(function, outcome).is_some();
                let seen = if is_asked { labels(outcome)? } else { None };
                let raw_score = as_raw_score(function, outcome, seen.as_deref());
                match (classes(function, outcome, seen), raw_score) {
                    (Ok(labels), _) => {
                        let ignored = ignored(function, outcome);
                        Ok(Scoring { by: By::Classes(outcome, labels), left_out: None, ignored })
                    }
                    (Err(_), Some((labels, why))) => scored(By::RawScore(labels), ALL, why),
                    (Err(why), None) if graph.shape(outcome) == shape => scored(By::Numbers(outcome), OF_CLASSES, why),
                    (Err(why), None) => {
                        let differ = shapes_differ(function, outcome, shape);
                        let are_logits = is_single && shape.rank() == 1 && probability(graph, prediction).is_none();
                        let remedy =
                            if are_logits { "; `prediction = softmax(…)` of it would have classes" } else { "" };
                        scored(By::Nothing, ALL, format!("{why}, and {differ}{remedy}"))
                    }
                }
            }
            _ => {
                let (figures, why) = incomparable(function, shape, &comparable);
                scored(By::Nothing, figures, why)
            }
        }
    }

    /// The main figure.
    pub fn measure(&self) -> Option<Measure> {
        match self.by {
            By::Nothing | By::RawScore(_) => None,
            By::Numbers(_) => Some(Measure::MeanSquaredError),
            By::Classes(..) => Some(Measure::Accuracy),
        }
    }

    /// The outcome that predictions are compared with.
    pub fn outcome(&self) -> Option<NodeId> {
        match self.by {
            By::Nothing | By::RawScore(_) => None,
            By::Numbers(outcome) | By::Classes(outcome, _) => Some(outcome),
        }
    }

    /// Where predictions mean classes: what each is called in the data, by its place; of one probability, what is below ½ and
    /// what is above.
    pub fn labels(&self) -> Option<&[f64]> {
        match &self.by {
            By::Classes(_, labels) => Some(labels),
            By::Nothing | By::Numbers(_) | By::RawScore(_) => None,
        }
    }

    /// The labels by which it is known on other rows, as a saved model keeps them.
    pub(crate) fn kept_labels(&self) -> &[f64] {
        match &self.by {
            By::Classes(_, labels) | By::RawScore(labels) => labels,
            By::Nothing | By::Numbers(_) => &[],
        }
    }

    /// Whether a row of this label is left out of the figures of classes, as the loss leaves it out.
    pub(crate) fn ignores(&self, label: f64) -> bool {
        self.ignored == Some(label)
    }

    /// The words of the classes that predictions mean, if the data have words.
    pub fn words<'a>(&self, function: &Function, fields: &'a [Field]) -> Option<&'a Words> {
        let name = function.name(self.outcome()?);
        fields.iter().find(|field| field.role == Role::Outcome && field.name == name)?.classes()
    }

    /// Which figures predictions do not have though one might expect them, and why.
    pub fn left_out(&self) -> Option<&LeftOut> {
        self.left_out.as_ref()
    }

    /// The label that the prediction of one row means, where it means one: the place of its largest element, the first of
    /// equals; one probability means the upper from ½ up.
    pub fn label(&self, prediction: &[f64]) -> Option<f64> {
        let labels = self.labels()?;
        labels.get(place(prediction)).copied()
    }
}

/// The number by which an outcome says that a loss leaves the row out.
pub(crate) fn ignored(function: &Function, outcome: NodeId) -> Option<f64> {
    function.graph.ignored(outcome).map(f64::from)
}

/// The labels beside which a prediction is a raw score, and what is said of that; none if it is compared with the outcome, or
/// is a probability, or the labels are those of no two classes.
fn as_raw_score(function: &Function, outcome: NodeId, seen: Option<&[f64]>) -> Option<(Vec<f64>, String)> {
    let (graph, name) = (&function.graph, function.name(outcome));
    let prediction = function.prediction?;
    if *graph.shape(outcome) != *graph.shape(prediction) || probability(graph, prediction).is_some() {
        return None;
    }
    let op = raw_score::squashed_by(function, outcome)?;
    let declared = || shown_by(function.integer_range(outcome), 2).filter(|_| graph.kind(outcome) == Kind::Int);
    let labels = match seen {
        Some(seen) if raw_score::are_of_two(seen) => seen.to_vec(),
        Some([]) | None => declared()?,
        Some(_) => return None,
    };
    let why = format!(
        "`prediction` is a raw score, which the loss takes through `{op}`, and `{name}` is {}; write `prediction = sigmoid(…)` \
         of that score",
        listed(&labels)
    );
    let for_accuracy = match graph.kind(outcome) {
        Kind::Int => "",
        Kind::Real | Kind::Bool => ", and declare the outcome `int` for accuracy",
    };
    Some((labels, why + for_accuracy))
}

/// The place that a prediction means.
pub(crate) fn place(prediction: &[f64]) -> usize {
    match prediction {
        [single] => usize::from(*single >= 0.5),
        _ => prediction.iter().enumerate().fold(0, |best, (i, &p)| if p > prediction[best] { i } else { best }),
    }
}

/// Why no single outcome can be compared with a prediction of this shape, and which figures there would be.
fn incomparable(function: &Function, shape: &Shape, comparable: &[NodeId]) -> (&'static str, String) {
    match (&function.outcomes[..], comparable) {
        ([], _) => (ALL, "the model has no `outcome`".into()),
        (&[outcome], _) => (OF_NUMBERS, shapes_differ(function, outcome, shape)),
        (all, several) => {
            let named = if several.len() > 1 { several } else { all };
            let named: Vec<String> = named.iter().map(|&outcome| format!("`{}`", function.name(outcome))).collect();
            let is = if several.len() > 1 { "may each be" } else { "are several, and none alone is" };
            (ALL, format!("{} {is} what `prediction` {shape} is compared with", named.join(", ")))
        }
    }
}

/// ``the shapes of `prediction`, [3, 1], and `y`, [3], differ``, and what would make them agree.
fn shapes_differ(function: &Function, outcome: NodeId, shape: &Shape) -> String {
    let (name, other) = (function.name(outcome), function.graph.shape(outcome));
    let remedy = match shape.size() == other.size() {
        true => format!("; `reshape(…, {other})` of the one would make it that of the other"),
        false => String::new(),
    };
    format!("the shapes of `prediction`, {shape}, and `{name}`, {other}, differ{remedy}")
}

/// The label of each place, or why there is none. `seen` are the labels of training, ascending; none where they are unknown.
fn classes(function: &Function, outcome: NodeId, seen: Option<Vec<f64>>) -> Result<Vec<f64>, String> {
    let (graph, name) = (&function.graph, function.name(outcome));
    let prediction = function.prediction.ok_or("there is no prediction")?;
    let (shape, of_outcome) = (graph.shape(prediction), graph.shape(outcome));
    if *of_outcome != Shape::scalar() {
        return Err(format!("`{name}` of shape {of_outcome} is no single class"));
    }
    let found = probability(graph, prediction)
        .ok_or("`prediction` is no probability by its making, as a softmax or a sigmoid is")?;
    if shape.rank() > 1 {
        return Err(format!("`prediction` has shape {shape}, and not an element for each class"));
    }
    if seen.as_ref().is_some_and(Vec::is_empty) {
        return Err(format!("`{name}` had no labels in training that are the places of `prediction`"));
    }
    let seen = seen.unwrap_or_default();
    let range = function.integer_range(outcome);
    match shape.size() {
        0 => Err("`prediction` has no element".into()),
        1 if found != Probability::Each => Err("`prediction` is always 1: a softmax of one element".into()),
        1 => of_one_probability(range, &seen).ok_or_else(|| {
            format!("`{name}` is {}, and `prediction` the probability of one of two classes", listed(&seen))
        }),
        places => of_places(range, places, &seen).ok_or_else(|| {
            let last = places - 1;
            format!("`{name}` is {}, and the places of `prediction` are 0 to {last}", listed(&seen))
        }),
    }
}

fn of_one_probability(range: IntegerRange, seen: &[f64]) -> Option<Vec<f64>> {
    let within = |labels: [f64; 2]| seen.iter().all(|label| labels.contains(label)).then(|| labels.to_vec());
    let two = || <[f64; 2]>::try_from(seen).ok().map(|labels| labels.to_vec());
    let shown = shown_by(range, 2).and_then(|labels| within([labels[0], labels[1]]));
    shown.or_else(|| within([0.0, 1.0])).or_else(|| within([-1.0, 1.0])).or_else(two)
}

fn of_places(range: IntegerRange, places: usize, seen: &[f64]) -> Option<Vec<f64>> {
    let from_zero: Vec<f64> = (0..places).map(|place| place as f64).collect();
    let is_place = |label: &f64| from_zero.contains(label);
    shown_by(range, places).or_else(|| seen.iter().all(is_place).then(|| from_zero.clone()))
}

/// The labels that an index into the places can be computed from, so that the smallest gives the first.
fn shown_by(range: IntegerRange, places: usize) -> Option<Vec<f64>> {
    let (least, below) = (range.least?, range.below?);
    let is_all = below.checked_sub(least).is_some_and(|count| usize::try_from(count) == Ok(places));
    is_all.then(|| (least..below).map(|label| label as f64).collect())
}

/// `5 or 7`, or `1, 2, 3, … 9 more`
fn listed(labels: &[f64]) -> String {
    const FEW: usize = 5;
    let shown: Vec<String> = labels.iter().take(FEW).map(f64::to_string).collect();
    match (&shown[..], labels.len().saturating_sub(FEW)) {
        ([], _) => "unknown".into(),
        ([rest @ .., last], 0) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        (_, 0) => shown.join(", "),
        (_, more) => format!("{} or one of {more} more", shown.join(", ")),
    }
}
