//! What predictions are scored by: what they mean beside the outcome, as the function and the data show it.

use chainrule_graph::{Function, IntegerRange, Kind, NodeId, Probability, Shape, probability};

use crate::data::dataset::Dataset;
use crate::data::field::{Field, Role};
use crate::data::words::Words;
use crate::error::LearnError;
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
    why_no_accuracy: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum By {
    Nothing,
    /// Beside an outcome of the prediction's shape, whose elements are compared as numbers.
    Numbers(NodeId),
    /// The label that each place of the prediction stands for, ascending; of one probability, the lower and the upper.
    Classes(NodeId, Vec<f64>),
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
            let mut labels = training.values(function.name(outcome))?.into_owned();
            labels.sort_by(f64::total_cmp);
            labels.dedup();
            Ok(labels)
        })
    }

    /// The same where the labels that training had are known, as of a saved model; none, if only the function is.
    pub fn with_labels(function: &Function, labels: Option<&[f64]>) -> Scoring {
        let labels = |_| Ok::<_, LearnError>(labels.map_or_else(Vec::new, <[f64]>::to_vec));
        Scoring::found(function, labels).unwrap_or(Scoring { by: By::Nothing, why_no_accuracy: None })
    }

    fn found(
        function: &Function,
        labels: impl FnOnce(NodeId) -> Result<Vec<f64>, LearnError>,
    ) -> Result<Scoring, LearnError> {
        let by = |by, why_no_accuracy| Ok(Scoring { by, why_no_accuracy });
        let graph = &function.graph;
        let Some(prediction) = function.prediction else { return by(By::Nothing, None) };
        let shape = graph.shape(prediction);
        let of_kind = |kind: Kind| function.outcomes.iter().copied().filter(move |&id| graph.kind(id) == kind);
        let comparable: Vec<NodeId> = of_kind(Kind::Real).filter(|&id| graph.shape(id) == shape).collect();
        let whole: Vec<NodeId> = of_kind(Kind::Int).collect();
        match (&comparable[..], &whole[..]) {
            (&[outcome], _) => by(By::Numbers(outcome), None),
            (_, &[outcome]) if *graph.shape(outcome) == Shape::scalar() => {
                match classes(function, outcome, labels(outcome)?) {
                    Ok(labels) => by(By::Classes(outcome, labels), None),
                    Err(why) if shape.rank() == 0 => by(By::Numbers(outcome), Some(why)),
                    Err(why) => by(By::Nothing, Some(why)),
                }
            }
            (_, &[outcome]) => {
                let why = format!("`{}` of shape {} is no single class", function.name(outcome), graph.shape(outcome));
                let agrees = graph.shape(outcome) == shape;
                by(if agrees { By::Numbers(outcome) } else { By::Nothing }, Some(why))
            }
            _ => by(By::Nothing, None),
        }
    }

    /// The main figure.
    pub fn measure(&self) -> Option<Measure> {
        match self.by {
            By::Nothing => None,
            By::Numbers(_) => Some(Measure::MeanSquaredError),
            By::Classes(..) => Some(Measure::Accuracy),
        }
    }

    /// The outcome that predictions are compared with.
    pub fn outcome(&self) -> Option<NodeId> {
        match self.by {
            By::Nothing => None,
            By::Numbers(outcome) | By::Classes(outcome, _) => Some(outcome),
        }
    }

    /// Where predictions mean classes: what each is called in the data, by its place; of one probability, what is below ½ and
    /// what is above.
    pub fn labels(&self) -> Option<&[f64]> {
        match &self.by {
            By::Classes(_, labels) => Some(labels),
            By::Nothing | By::Numbers(_) => None,
        }
    }

    /// The words of the classes that predictions mean, if the data have words.
    pub fn words<'a>(&self, function: &Function, fields: &'a [Field]) -> Option<&'a Words> {
        let name = function.name(self.outcome()?);
        fields.iter().find(|field| field.role == Role::Outcome && field.name == name)?.classes()
    }

    /// Why a whole number for an outcome has no accuracy.
    pub fn why_no_accuracy(&self) -> Option<&str> {
        self.why_no_accuracy.as_deref()
    }

    /// The label that the prediction of one row means, where it means one: the place of its largest element, the first of
    /// equals; one probability means the upper from ½ up.
    pub fn label(&self, prediction: &[f64]) -> Option<f64> {
        let labels = self.labels()?;
        labels.get(place(prediction)).copied()
    }
}

/// The place that a prediction means.
pub(crate) fn place(prediction: &[f64]) -> usize {
    match prediction {
        [single] => usize::from(*single >= 0.5),
        _ => prediction.iter().enumerate().fold(0, |best, (i, &p)| if p > prediction[best] { i } else { best }),
    }
}

/// The label of each place, or why there is none. `seen` are the labels of training, ascending.
fn classes(function: &Function, outcome: NodeId, seen: Vec<f64>) -> Result<Vec<f64>, String> {
    let (graph, name) = (&function.graph, function.name(outcome));
    let prediction = function.prediction.ok_or("there is no prediction")?;
    let shape = graph.shape(prediction);
    let found = probability(graph, prediction)
        .ok_or("`prediction` is no probability by its making, as a softmax or a sigmoid is")?;
    if shape.rank() > 1 {
        return Err(format!("`prediction` has shape {shape}, and not an element for each class"));
    }
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
