//! A function with parameters that were trained, and how training went.

use chainrule_graph::{Function, Kind, Shape, Tensor};

use crate::data::dataset::Dataset;
use crate::data::field::{Field, Role};
use crate::error::LearnError;
use crate::evaluation::score::Measure;
use crate::evaluation::scores::predictions;
use crate::parameters::Parameters;
use crate::training::diverged::TrainError;
use crate::training::progress::{Epoch, Unobserved};
use crate::training::settings::Training;
use crate::training::train::train;

/// A trained function of one input `x` and one outcome `y`.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The function of one example.
    pub function: Function,
    /// Its trained parameters.
    pub parameters: Parameters,
    /// The scores as training went on.
    pub history: Vec<Epoch>,
}

impl Fitted {
    /// Trains a function on rows `x` `[n, …]` and outcomes `y` `[n, …]`, and scores it on other rows too, if there are
    /// any.
    pub(crate) fn fit(
        function: Function,
        data: (&Tensor, &Tensor),
        validation: Option<(&Tensor, &Tensor)>,
        training: &Training<'_>,
    ) -> Result<Fitted, TrainError> {
        let rows = dataset(&function, data)?;
        let validation = validation.map(|data| dataset(&function, data)).transpose()?;
        let mut parameters = Parameters::initialize(&function, training.seed)?;
        let trained = train(&function, &mut parameters, &rows, validation.as_ref(), training, &mut Unobserved)?;
        Ok(Fitted { function, parameters, history: trained.history })
    }

    /// The predictions for rows `x` `[n, …]`: `[n, …]`.
    ///
    /// # Errors
    /// Rows of another shape or kind than the function's input; a node that cannot be computed at a row.
    pub fn predict(&self, x: &Tensor) -> Result<Tensor, LearnError> {
        let field = field(&self.function, Role::Input, x)?;
        predictions(&self.function, &self.parameters, &rows_of(x, vec![(field, x.data().to_vec())])?)
    }

    /// The mean squared error, or the accuracy, on rows `x` `[n, …]` and outcomes `y` `[n, …]`.
    ///
    /// # Errors
    /// There are no rows, or another number of outcomes; rows or outcomes of another shape or kind than the function's,
    /// or outcomes that are no class of it.
    pub fn score(&self, x: &Tensor, y: &Tensor) -> Result<f64, LearnError> {
        let (measure, _) = Measure::of(&self.function).ok_or(LearnError::Lacks("score"))?;
        dataset(&self.function, (x, y))?;
        measure.score(&self.predict(x)?, y)
    }
}

fn dataset(function: &Function, (x, y): (&Tensor, &Tensor)) -> Result<Dataset, LearnError> {
    let (input, outcome) = (field(function, Role::Input, x)?, field(function, Role::Outcome, y)?);
    rows_of(x, vec![(input, x.data().to_vec()), (outcome, y.data().to_vec())])
}

fn rows_of(x: &Tensor, fields: Vec<(Field, Vec<f64>)>) -> Result<Dataset, LearnError> {
    let rows = x.shape().first().copied().unwrap_or(0);
    let outcomes = fields.last().map_or(rows, |(field, values)| values.len() / field.shape.size().max(1));
    Dataset::new("the data", rows, fields).ok_or_else(|| LearnError::Setting {
        name: "the data",
        problem: format!("have {rows} rows of inputs and {outcomes} of outcomes; as many of each would be right"),
    })
}

/// What a column of rows is, if it fits the function.
fn field(function: &Function, role: Role, rows: &Tensor) -> Result<Field, LearnError> {
    let ids = if role == Role::Input { &function.inputs } else { &function.outcomes };
    let [id] = ids[..] else { return Err(LearnError::Lacks("single input and outcome")) };
    let (name, node) = (function.name(id).to_string(), function.graph.node(id));
    let count = rows.shape().first().copied().unwrap_or(0);
    let expected = node.outputs[0].shape.with_leading(count);
    if *rows.shape() != expected {
        let what = if role == Role::Input { "input" } else { "outcome" };
        return Err(LearnError::Shape { what, name, found: rows.shape().clone(), expected });
    }
    let right = function.integer_range(id);
    if node.outputs[0].kind == Kind::Int
        && let Some(odd) = rows.data().iter().find(|&&class| !right.contain(class))
    {
        let problem = format!("holds {odd}; {right} would be right");
        return Err(LearnError::Setting { name: "the outcome", problem });
    }
    Field::of(function, &name)
}

/// The number of features of rows [n, d].
pub(crate) fn features(x: &Tensor) -> Result<usize, LearnError> {
    match x.shape()[..] {
        [_, d] => Ok(d),
        _ => Err(LearnError::Shape {
            what: "input",
            name: "x".into(),
            found: x.shape().clone(),
            expected: Shape::from([x.shape().first().copied().unwrap_or(0), 1]),
        }),
    }
}
