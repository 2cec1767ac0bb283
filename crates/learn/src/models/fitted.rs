//! A function with parameters that were trained, and how training went.

use std::path::Path;

use chainrule_graph::{Function, Tensor};
use serde_json::{Map, Value};

use crate::data::dataset::Dataset;
use crate::data::field::{Field, Role};
use crate::data::transform::Transforms;
use crate::error::LearnError;
use crate::evaluation::scores::predictions;
use crate::evaluation::scoring::Scoring;
use crate::parameters::Parameters;
use crate::saved::model::SavedModel;
use crate::training::diverged::TrainError;
use crate::training::progress::{Epoch, Unobserved};
use crate::training::settings::Training;
use crate::training::train::train;

/// What messages call the rows.
const NAME: &str = "the data";

/// A trained function of one input `x` and one outcome `y`.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The function of one example.
    pub function: Function,
    /// Its trained parameters.
    pub parameters: Parameters,
    /// The scores as training went on.
    pub history: Vec<Epoch>,
    /// The rows' input and outcome.
    fields: Vec<Field>,
    /// How it was trained.
    settings: Map<String, Value>,
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
        let (fields, settings) = (rows.fields().to_vec(), training.settings());
        Ok(Fitted { function, parameters, history: trained.history, fields, settings })
    }

    /// All that predicting needs, as it is kept in a file.
    pub fn saved_model(&self) -> SavedModel {
        let (fields, settings) = (self.fields.clone(), self.settings.clone());
        SavedModel::of(&self.function, &self.parameters, fields, Transforms::new(), settings, &self.scoring())
    }

    /// The labels of these models are the places of their predictions, whatever rows they are scored on.
    fn scoring(&self) -> Scoring {
        Scoring::with_labels(&self.function, None)
    }

    /// Writes it to a file that [`Predictor::load`](crate::Predictor::load) and the commands `predict`, `eval`, `grad` and
    /// `show` read.
    ///
    /// # Errors
    /// Those of [`SavedModel::save`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), LearnError> {
        self.saved_model().save(path)
    }

    /// The predictions for rows `x` `[n, …]`: `[n, …]`.
    ///
    /// # Errors
    /// Rows of another shape or kind than the function's input; a node that cannot be computed at a row.
    pub fn predict(&self, x: &Tensor) -> Result<Tensor, LearnError> {
        let field = field(&self.function, Role::Input, x)?;
        let rows = x.shape().first().copied().unwrap_or(0);
        predictions(&self.function, &self.parameters, &Dataset::new(NAME, rows, [(field, x.data())])?)
    }

    /// The mean squared error, or the accuracy, on rows `x` `[n, …]` and outcomes `y` `[n, …]`.
    ///
    /// # Errors
    /// There are no rows, or another number of outcomes; rows or outcomes of another shape or kind than the function's,
    /// or outcomes that are no class of it.
    pub fn score(&self, x: &Tensor, y: &Tensor) -> Result<f64, LearnError> {
        let rows = dataset(&self.function, (x, y))?;
        let measure = self.scoring().measure().ok_or(LearnError::Lacks("score"))?;
        measure.score(&predictions(&self.function, &self.parameters, &rows)?, y)
    }
}

/// The rows, each of them one that the function takes.
fn dataset(function: &Function, (x, y): (&Tensor, &Tensor)) -> Result<Dataset, LearnError> {
    let (input, outcome) = (field(function, Role::Input, x)?, field(function, Role::Outcome, y)?);
    let rows = [x, y].map(|rows| rows.shape().first().copied().unwrap_or(0));
    if rows[0] != rows[1] {
        let [inputs, outcomes] = rows;
        let problem =
            format!("have {inputs} rows of inputs and {outcomes} of outcomes; as many of each would be right");
        return Err(LearnError::Setting { name: "the data", problem });
    }
    let data = Dataset::new(NAME, rows[0], [(input, x.data()), (outcome, y.data())])?;
    function.outcomes.iter().try_for_each(|&id| data.rows_for(function, id).map(|_| ()))?;
    Ok(data)
}

/// The field of a function's only input, or only outcome, for these rows.
fn field(function: &Function, role: Role, rows: &Tensor) -> Result<Field, LearnError> {
    let ids = if role == Role::Input { &function.inputs } else { &function.outcomes };
    let [id] = ids[..] else { return Err(LearnError::Lacks("single input and outcome")) };
    let field = Field::of(function, function.name(id))?;
    let expected = field.shape.with_leading(rows.shape().first().copied().unwrap_or(0));
    match *rows.shape() == expected {
        true => Ok(field),
        false => Err(LearnError::shape(role.name(), &field.name, rows.shape(), &expected)),
    }
}

/// The number of features of rows `[n, d]`.
pub(crate) fn features(x: &Tensor) -> Result<usize, LearnError> {
    match x.shape()[..] {
        [_, d] => Ok(d),
        _ => {
            let rows = x.shape().first().copied().unwrap_or(0);
            Err(LearnError::shape("input", "x", x.shape(), &[rows, 1].into()))
        }
    }
}
