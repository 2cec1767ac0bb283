//! What is done to inputs and outcomes before the model sees them, as data that is saved with the model.

use chainrule_graph::{Function, Kind, Shape, Tensor};
use serde_json::{Map, Value, json};

use crate::data::dataset::Dataset;
use crate::data::field::{Field, Role};
use crate::data::fill::Fill;
use crate::data::standardize::Standardize;
use crate::data::step_features::StepFeatures;
use crate::data::units;
use crate::error::LearnError;

/// A transformation of the values of one input.
#[derive(Clone, Debug, PartialEq)]
pub enum Transform {
    /// Missing numbers to the mean of their column.
    Fill(Fill),
    /// Each column to mean 0 and deviation 1.
    Standardize(Standardize),
    /// A number to step functions of it.
    StepFeatures(StepFeatures),
}

/// The transformations of each input, one after another. Their statistics are those of the rows they were made from, so
/// they do the same to every other row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transforms(Vec<(String, Transform)>);

impl Transforms {
    /// None yet: what is applied stays as it is.
    pub fn new() -> Transforms {
        Transforms::default()
    }

    /// One more for the input of that name, after those it has.
    pub fn with(mut self, input: &str, transform: Transform) -> Transforms {
        self.0.push((input.into(), transform));
        self
    }

    /// What fills in the missing numbers of inputs, where that is to be done, by the means of these rows.
    pub fn filling(rows: &Dataset) -> Transforms {
        let of = |(index, field): (usize, &Field)| {
            let fill = || Transform::Fill(Fill::of(&rows.values_at(index), field.shape.size()));
            field.reading.fills.then(|| (field.name.clone(), fill()))
        };
        Transforms(rows.fields().iter().enumerate().filter_map(of).collect())
    }

    /// Standardisation of every real input by the statistics of these rows. Integers, words and outcomes are left alone.
    pub fn standardizing(rows: &Dataset) -> Transforms {
        Transforms::standardizing_those(rows, |field| field.role == Role::Input && field.kind == Kind::Real)
    }

    /// The same of those inputs alone that the prediction reads, or, without one, the objective: what only weighs an
    /// example, for instance, stays as it is.
    pub fn standardizing_read(function: &Function, rows: &Dataset) -> Transforms {
        let read = function.graph.needed_for(function.prediction.or(function.objective));
        let is_read = |name: &str| function.graph.find(name).is_some_and(|value| read[value.node.index()]);
        let is_standardized =
            |field: &Field| field.role == Role::Input && field.kind == Kind::Real && is_read(&field.name);
        Transforms::standardizing_those(rows, is_standardized)
    }

    /// Standardisation of the inputs and outcomes of these names. Predictions of an outcome are then made in units of its
    /// deviation: see [`Transforms::undone`].
    ///
    /// # Errors
    /// There is no input or outcome of such a name; it is not real; it is an outcome that the prediction is not compared
    /// with, since that has another shape.
    pub fn standardizing_named(
        function: &Function,
        rows: &Dataset,
        names: &[String],
    ) -> Result<Transforms, LearnError> {
        for name in names {
            let field = &rows.fields()[rows.find(name)?];
            let fault = |problem: String| LearnError::Setting {
                name: "what is standardized",
                problem: format!("is {} `{name}`, {problem}", field.role),
            };
            if field.kind != Kind::Real {
                return Err(fault(format!("whose kind is {}; a real one would be right", field.kind)));
            }
            if !units::can_be_undone(function, field.role, name) {
                return Err(fault("but the prediction has another shape, and could not be given in its units".into()));
            }
        }
        Ok(Transforms::standardizing_those(rows, |field| names.contains(&field.name)))
    }

    fn standardizing_those(rows: &Dataset, is_standardized: impl Fn(&Field) -> bool) -> Transforms {
        let standardize = |(index, field): (usize, &Field)| {
            let mut statistics = Standardize::of(&rows.values_at(index), field.shape.size());
            for element in field.word_elements() {
                (statistics.mean[element], statistics.std[element]) = (0.0, 0.0);
            }
            (field.name.clone(), Transform::Standardize(statistics))
        };
        let fields = rows.fields().iter().enumerate().filter(|(_, field)| is_standardized(field));
        Transforms(fields.map(standardize).collect())
    }

    /// Predictions `[rows, …]` of a function in the units of the file, if the outcome that they are compared with was
    /// standardised.
    pub fn undone(&self, function: &Function, predictions: Tensor) -> Tensor {
        let Some(outcome) = units::predicted_outcome(function) else { return predictions };
        self.of(function.name(outcome)).rev().fold(predictions, |mut values, transform| {
            if let Transform::Standardize(standardize) = transform {
                standardize.undo(values.data_mut());
            }
            values
        })
    }

    /// Those of one input or outcome, in order.
    pub(crate) fn of(&self, name: &str) -> impl DoubleEndedIterator<Item = &Transform> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, transform)| transform)
    }

    /// These, and then others.
    pub fn then(mut self, others: Transforms) -> Transforms {
        self.0.extend(others.0);
        self
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The inputs, and outcomes, that are transformed.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(input, _)| input.as_str())
    }

    /// The inputs, and outcomes, that are standardised.
    pub fn standardized(&self) -> impl Iterator<Item = &str> {
        let standardized = self.0.iter().filter(|(_, transform)| matches!(transform, Transform::Standardize(_)));
        standardized.map(|(input, _)| input.as_str())
    }

    /// The rows transformed. Inputs that are not among them are passed over.
    ///
    /// # Errors
    /// An input of another size than the transformation is for, and more features than fit into memory.
    pub fn apply(&self, rows: &Dataset) -> Result<Dataset, LearnError> {
        let mut rows = rows.clone();
        for (name, transform) in &self.0 {
            let Some(index) = rows.fields().iter().position(|field| field.name == *name) else { continue };
            let shape = transform.shape(name, &rows.fields()[index].shape)?;
            let elements = rows.rows().saturating_mul(shape.size());
            if Vec::<f64>::new().try_reserve_exact(elements).is_err() {
                let problem = format!("of {} rows would be {elements} numbers, more than fit into memory", rows.rows());
                return Err(LearnError::Setting { name: "the transformed input", problem });
            }
            let mut values = rows.values_at(index).into_owned();
            transform.apply(&mut values);
            rows = rows.replaced(index, shape, values);
            if let Transform::Standardize(standardize) = transform {
                rows = rows.marked_standardized(name, standardize);
            }
        }
        Ok(rows)
    }

    /// The shape of an input after them, from that before.
    pub(crate) fn shape(&self, input: &str, before: &Shape) -> Result<Shape, LearnError> {
        self.of(input).try_fold(before.clone(), |shape, transform| transform.shape(input, &shape))
    }

    /// As JSON: a list of objects, read by [`Transforms::from_json`].
    pub fn to_json(&self) -> Value {
        self.0
            .iter()
            .map(|(input, transform)| match transform {
                Transform::Fill(Fill { mean }) => json!({"input": input, "transform": "fill", "mean": mean}),
                Transform::Standardize(Standardize { mean, std }) => {
                    json!({"input": input, "transform": "standardize", "mean": mean, "std": std})
                }
                Transform::StepFeatures(StepFeatures { count }) => {
                    json!({"input": input, "transform": "step_features", "count": count})
                }
            })
            .collect()
    }

    /// From the JSON that [`Transforms::to_json`] makes; none if it is anything else.
    pub fn from_json(json: &Value) -> Option<Transforms> {
        let read = |item: &Value| {
            let item = item.as_object()?;
            let input = item.get("input")?.as_str()?.to_string();
            let transform = match item.get("transform")?.as_str()? {
                "standardize" => {
                    let (mean, std) = (numbers(item, "mean")?, numbers(item, "std")?);
                    (mean.len() == std.len()).then_some(Transform::Standardize(Standardize { mean, std }))?
                }
                "fill" => Transform::Fill(Fill { mean: numbers(item, "mean")? }),
                "step_features" => {
                    let count = usize::try_from(item.get("count")?.as_u64()?).ok()?;
                    (count <= StepFeatures::MOST).then_some(Transform::StepFeatures(StepFeatures { count }))?
                }
                _ => return None,
            };
            Some((input, transform))
        };
        json.as_array()?.iter().map(read).collect::<Option<_>>().map(Transforms)
    }
}

fn numbers(item: &Map<String, Value>, key: &str) -> Option<Vec<f64>> {
    item.get(key)?.as_array()?.iter().map(Value::as_f64).collect()
}

impl Transform {
    /// The shape of an input after it, or why it does not fit the shape before.
    fn shape(&self, input: &str, before: &Shape) -> Result<Shape, LearnError> {
        if before.size() != self.takes().size() {
            return Err(LearnError::shape("input", input, before, &self.takes()));
        }
        match self {
            Transform::Standardize(_) | Transform::Fill(_) => Ok(before.clone()),
            Transform::StepFeatures(StepFeatures { count }) if *count > StepFeatures::MOST => {
                let problem = format!("are {count}; at most {} would be right", StepFeatures::MOST);
                Err(LearnError::Setting { name: "the step features", problem })
            }
            Transform::StepFeatures(StepFeatures { count }) => Ok([*count].into()),
        }
    }

    /// The shape that it takes.
    fn takes(&self) -> Shape {
        match self {
            Transform::Standardize(standardize) => [standardize.mean.len()].into(),
            Transform::Fill(fill) => [fill.mean.len()].into(),
            Transform::StepFeatures(_) => Shape::scalar(),
        }
    }

    /// Transforms the values of rows that follow one another.
    pub(crate) fn apply(&self, values: &mut Vec<f64>) {
        match self {
            Transform::Standardize(standardize) => standardize.apply(values),
            Transform::Fill(fill) => fill.apply(values),
            Transform::StepFeatures(features) => features.apply(values),
        }
    }
}
