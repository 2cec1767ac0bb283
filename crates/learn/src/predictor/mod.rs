//! Predictions of a saved model, one example after another, without compiling anything anew.

mod input;

use std::path::Path;
use std::sync::Arc;

use chainrule_exec::compile::{Options, Precision, compile};
use chainrule_exec::program::{ArgumentHandle, OutputHandle, Program};
use chainrule_exec::run::{Run, Workspace};
use chainrule_graph::{Function, Phase, Shape, Tensor, phase};

use crate::admission;
use crate::data::cell::Cell;
use crate::data::field::Role;
use crate::data::standardize::Standardize;
use crate::data::transform::Transform;
use crate::data::units::predicted_outcome;
use crate::data::words::Words;
use crate::error::{LearnError, list};
use crate::evaluation::scoring::{Scoring, place};
use crate::parameters::Parameters;
use crate::predictor::input::Input;
use crate::saved::model::SavedModel;

/// A saved model, compiled once to predict one example at a time. It never changes and may be shared between threads, each
/// with a [`Session`] of its own; a clone is the same predictor.
///
/// ```
/// use chainrule_learn::models::LinearRegression;
/// use chainrule_learn::{Predictor, Training};
/// use chainrule_graph::Tensor;
///
/// # let folder = std::env::temp_dir().join(format!("predictor-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("m.safetensors");
/// // y = 1 + 2 x₀ − x₁, learned, and saved as `chainrule fit --save` would
/// let x = Tensor::new([4, 2], vec![0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0])?;
/// let y = Tensor::vector([1.0, 3.0, 0.0, 2.0]);
/// let training = Training { epochs: 500, rate: 0.1, ..Training::default() };
/// LinearRegression::new(training).fit(&x, &y, None)?.save(&path)?;
///
/// let predictor = Predictor::load(&path)?;
/// assert_eq!(predictor.columns(), ["x0", "x1"]);
/// let mut session = predictor.session();
/// assert!((session.predict(&[3.0, 2.0])?.value() - 5.0).abs() < 1e-6);
/// assert!((session.predict(&["3", "2"])?.value() - 5.0).abs() < 1e-6); // cells as they stand in a file
///
/// // Threads share the predictor.
/// let sums: Vec<f64> = std::thread::scope(|scope| {
///     let work = |x: f64| {
///         let mut session = predictor.session();
///         (0..100).map(|i| session.predict(&[x, f64::from(i)]).map_or(f64::NAN, |found| found.value())).sum()
///     };
///     let threads: Vec<_> = [0.0, 1.0].map(|x| scope.spawn(move || work(x))).into_iter().collect();
///     threads.into_iter().map(|thread| thread.join().unwrap_or(f64::NAN)).collect()
/// });
/// assert!((sums[1] - sums[0] - 200.0).abs() < 1e-3);
///
/// // A mistake names the column.
/// let mistake = session.predict(&["3", "two"]).unwrap_err().to_string();
/// assert_eq!(mistake, "column `x1`: found `two`; a number such as 3 or -0.5 would be right");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Predictor(Arc<Compiled>);

/// What all sessions of a predictor share.
#[derive(Debug)]
struct Compiled {
    program: Program,
    /// The parameters are set in it.
    workspace: Workspace,
    /// What a row has a cell for.
    columns: Vec<String>,
    inputs: Vec<(Input, ArgumentHandle)>,
    prediction: OutputHandle,
    shape: Shape,
    /// How predictions were standardised, the last first.
    standardized: Vec<Standardize>,
    /// What each place of the prediction stands for, where it means a class: the number in the data, and its word.
    classes: Option<Vec<(f64, String)>>,
}

impl Predictor {
    /// Reads and compiles a model that `chainrule fit --save`, [`Fitted::save`](crate::models::Fitted::save) or
    /// [`SavedModel::save`] wrote.
    ///
    /// # Errors
    /// They name the file: it cannot be read, or is truncated, foreign, damaged or newer. The model has no prediction.
    pub fn load(path: impl AsRef<Path>) -> Result<Predictor, LearnError> {
        let path = path.as_ref();
        let saved = SavedModel::load(path)?;
        Predictor::new(&saved).map_err(|error| LearnError::file(path.display().to_string(), error.to_string()))
    }

    /// Compiles a model.
    ///
    /// # Errors
    /// Its graph, its columns and its parameters do not fit together; it has no prediction, or one that needs an outcome;
    /// it does not fit into memory.
    pub fn new(model: &SavedModel) -> Result<Predictor, LearnError> {
        let (function, _) = phase(&model.function()?, Phase::Prediction)?;
        let parameters = Parameters::from_values(&function, model.parameters.iter().cloned())?;
        let prediction = function.prediction.ok_or(LearnError::Lacks("prediction"))?;
        admission::check_bound(&function, &[prediction])?;
        let needed = function.graph.needed_for([prediction]);
        if let Some(&id) = function.outcomes.iter().find(|id| needed[id.index()]) {
            return Err(LearnError::missing("outcome", function.name(id), function.graph.shape(id)));
        }
        let precision = if model.is_in_f32() { Precision::F32 } else { Precision::F64 };
        let options = Options { precision, outputs: vec![prediction], ..Options::default() };
        let program = compile(&function.graph, &options)?;
        let mut workspace = program.workspace()?;
        let kept = function.parameters.iter().chain(&function.state).map(|parameter| parameter.node);
        for (id, (_, value)) in kept.zip(parameters.iter()) {
            program.write_argument(&mut workspace, program.argument_of(id)?, value.data())?;
        }
        let (mut columns, mut inputs) = (Vec::new(), Vec::new());
        let fields = model.fields.iter().filter(|field| field.role == Role::Input);
        for (&id, field) in function.inputs.iter().zip(fields).filter(|(id, _)| needed[id.index()]) {
            let input = Input::new(&function, id, field, &model.transforms, &mut columns)?;
            inputs.push((input, program.argument_of(id)?));
        }
        let standardized = predicted_outcome(&function).map(|id| model.transforms.of(function.name(id)).rev());
        let standardized = standardized.into_iter().flatten().filter_map(|transform| match transform {
            Transform::Standardize(standardize) => Some(standardize.clone()),
            Transform::Fill(_) | Transform::StepFeatures(_) => None,
        });
        Ok(Predictor(Arc::new(Compiled {
            columns,
            inputs,
            prediction: program.output(prediction)?,
            shape: function.graph.shape(prediction).clone(),
            standardized: standardized.collect(),
            classes: classes(model, &model.scoring(&function), &function),
            workspace,
            program,
        })))
    }

    /// The columns that a row has a cell for, in this order: those that the prediction needs of the ones that the model was
    /// trained with. Where they were not named by a file, they are NAME, or NAME0, NAME1, … of an input `NAME`.
    pub fn columns(&self) -> &[String] {
        &self.0.columns
    }

    /// The shape of a prediction.
    pub fn shape(&self) -> &Shape {
        &self.0.shape
    }

    /// Where a prediction means a class, what each of its places stands for: its word, or its number as text. Of a single
    /// probability, what is below ½ and what is above.
    pub fn classes(&self) -> Option<impl ExactSizeIterator<Item = &str>> {
        Some(self.0.classes.as_ref()?.iter().map(|(_, word)| word.as_str()))
    }

    /// What one thread needs to predict: a copy of the parameters, and room for what is computed. It costs about as much as
    /// copying the parameters; make one for a thread and keep it.
    pub fn session(&self) -> Session {
        let compiled = Arc::clone(&self.0);
        Session {
            workspace: compiled.workspace.clone(),
            elements: Vec::new(),
            prediction: Tensor::zeros(&compiled.shape),
            compiled,
        }
    }
}

/// The places of a prediction that means a class.
fn classes(model: &SavedModel, scoring: &Scoring, function: &Function) -> Option<Vec<(f64, String)>> {
    let words = scoring.words(function, &model.fields);
    Some(scoring.labels()?.iter().map(|&label| (label, Words::label(words, label))).collect())
}

/// What one thread predicts with; made by [`Predictor::session`].
#[derive(Clone, Debug)]
pub struct Session {
    compiled: Arc<Compiled>,
    workspace: Workspace,
    /// The elements of an input.
    elements: Vec<f64>,
    prediction: Tensor,
}

impl Session {
    /// The prediction for one row: a cell for each of [`Predictor::columns`], in that order, as they stand in the file that
    /// the model was trained on. Cells are numbers, texts (`"3.5"`, `"Paris"`), or [`Cell`]s where a row has both. Words,
    /// holes and standardized columns are dealt with as in training; a number that is NaN is a missing cell.
    ///
    /// # Errors
    /// There are more or fewer cells. A cell is none that the model can take, and the error names its column: a word that
    /// was not there in training, a word for a number, a number that is not finite, a missing cell that nothing fills, a
    /// whole number out of its range. The prediction is not finite, or a node on the way to it cannot be computed.
    pub fn predict<'c, C: Into<Cell<'c>> + Copy>(&mut self, row: &[C]) -> Result<Prediction<'_>, LearnError> {
        let compiled = &*self.compiled;
        if row.len() != compiled.columns.len() {
            return Err(wrong_length(row.len(), &compiled.columns));
        }
        for (input, argument) in &compiled.inputs {
            input.read(row, &mut self.elements)?;
            compiled.program.write_argument(&mut self.workspace, *argument, &self.elements)?;
        }
        self.run()
    }

    fn run(&mut self) -> Result<Prediction<'_>, LearnError> {
        let compiled = &*self.compiled;
        compiled.program.advance(&mut self.workspace, Run::default(), 1)?;
        let elements = self.prediction.data_mut();
        compiled.program.read_output(&self.workspace, compiled.prediction, elements)?;
        compiled.standardized.iter().for_each(|standardize| standardize.undo(elements));
        if let Some(element) = elements.iter().position(|element| !element.is_finite()) {
            let (what, name, value) = ("prediction", "prediction".into(), elements[element]);
            return Err(LearnError::NotFinite { what, name, element, value });
        }
        let class = compiled.classes.as_ref().and_then(|classes| classes.get(place(elements)));
        Ok(Prediction { values: &self.prediction, class })
    }
}

fn wrong_length(found: usize, columns: &[String]) -> LearnError {
    let cells = if found == 1 { "cell" } else { "cells" };
    let names = list(columns.iter().map(String::as_str));
    let problem = match columns.get(found) {
        Some(first) => {
            format!("has {found} {cells}, and none for the column `{first}`; it takes one for each of {names}")
        }
        None => format!("has {found} {cells}; it takes {}, one for each of {names}", columns.len()),
    };
    LearnError::Setting { name: "the row", problem }
}

/// What was predicted for one row, until the session predicts again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction<'s> {
    values: &'s Tensor,
    class: Option<&'s (f64, String)>,
}

impl<'s> Prediction<'s> {
    /// Its elements in row-major order, in the units of the file.
    pub fn values(&self) -> &'s [f64] {
        self.values.data()
    }

    /// The same with their shape, that of [`Predictor::shape`].
    pub fn tensor(&self) -> &'s Tensor {
        self.values
    }

    /// A prediction of one element; NaN if it has more.
    pub fn value(&self) -> f64 {
        self.values.item()
    }

    /// Where it means a class, as of a softmax or a sigmoid: the word that stands in the file, or the number as text. It is
    /// that of the largest element, the first of equals; of a single probability the upper class from ½ up.
    pub fn class(&self) -> Option<&'s str> {
        self.class.map(|(_, word)| word.as_str())
    }

    /// The same as the outcome's number.
    pub fn label(&self) -> Option<f64> {
        self.class.map(|&(label, _)| label)
    }
}
