//! Data for a model: which columns it takes, and what they say about its sizes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chainrule::check::nan_origin;
use chainrule::exec::reference;
use chainrule::learn::{
    Assignment, DataFile, Dataset, Field, FieldDeclaration, LearnError, Parameters, SavedModel, Scores, Scoring, Words,
    bindings, node_values, objectives, predictions,
};
use chainrule::text::{Declaration, Dim};
use chainrule::{Function, NodeId, Tensor, Value};
use clap::Args;

use crate::columns::{self, ColumnOptions};
use crate::error::CommandError;
use crate::files;
use crate::format;
use crate::model_file::ModelFile;
use crate::nan_origin;
use crate::tables::SeparatorOption;

/// A table to train on, and which of its columns a model takes.
#[derive(Args)]
pub struct TableOptions {
    /// The table to train on: CSV with a header, perhaps compressed by gzip, or .npz; - is standard input
    #[arg(long, value_name = "T.csv")]
    pub data: PathBuf,

    #[command(flatten)]
    pub columns: ColumnOptions,

    #[command(flatten)]
    pub separator: SeparatorOption,
}

/// A model built for the columns of a table, with its data.
pub struct PreparedData {
    /// The function, all its sizes bound.
    pub function: Function,
    /// The rows of the table.
    pub data: Dataset,
    /// Its sizes and settings, those that the columns say among them.
    pub sizes: BTreeMap<String, f64>,
}

impl TableOptions {
    /// An error if standard input would be read twice.
    pub fn check_input(&self, valid: Option<&Path>) -> Result<(), CommandError> {
        match valid {
            Some(valid) if valid == Path::new("-") && self.data == valid => {
                Err(CommandError::mistake("--valid: --data reads standard input; a file would be right"))
            }
            _ => Ok(()),
        }
    }

    /// Builds a model with the sizes that the columns of the table and the user say, and reads its data.
    pub fn fit(&self, file: &ModelFile, mut settings: BTreeMap<String, f64>) -> Result<PreparedData, CommandError> {
        let table = self.separator.read(&self.data)?;
        let declarations = FieldDeclaration::all_of(&file.model);
        let known = known(file, &declarations, &settings)?;
        let assignment = table.assign(&declarations, &self.columns.selection(), &known)?;
        columns::report(&assignment, &table);
        settings.extend(assignment.sizes.iter().map(|(name, size)| (name.clone(), *size as f64)));
        for (name, classes) in bounds(file, &assignment) {
            settings.entry(name).or_insert(classes);
        }
        let function = file.build(&settings)?;
        let data = assignment.dataset(&function)?;
        columns::warn_of_copies(&data);
        Ok(PreparedData { data, function, sizes: settings })
    }
}

/// The sizes of inputs and outcomes that the user or the model says.
fn known(
    file: &ModelFile,
    declarations: &[FieldDeclaration],
    settings: &BTreeMap<String, f64>,
) -> Result<Vec<(String, usize)>, CommandError> {
    let mut known = Vec::new();
    for dim in declarations.iter().flat_map(|declaration| &declaration.dims) {
        let size = file.model.resolve(dim, settings).map_err(|diagnostic| file.mistake(diagnostic))?;
        if let (Dim::Size(name), Some(size)) = (dim, size) {
            known.push((name.clone(), size));
        }
    }
    Ok(known)
}

/// The free sizes that whole numbers stay below, where the data say how many classes these count.
fn bounds(file: &ModelFile, assignment: &Assignment) -> Vec<(String, f64)> {
    let declared = file.model.inputs().iter().chain(file.model.outcomes()).zip(&assignment.fields);
    let bound = |(declaration, field): (&Declaration, &Field)| match (&declaration.bound, &field.reading.classes) {
        (Some(Dim::Size(name)), Some(classes)) => Some((name.clone(), classes.words.len() as f64)),
        _ => None,
    };
    let is_free = |name: &String| file.model.sizes().iter().any(|size| size.free && size.name == *name);
    declared.filter_map(bound).filter(|(name, _)| is_free(name)).collect()
}

/// Whether a file is called as those of trained models are.
pub fn is_trained(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "safetensors")
}

/// A trained model, and the table that it is used on.
#[derive(Args)]
pub struct ModelOnTable {
    /// The model, a file that fit saved
    #[arg(value_name = "M.safetensors")]
    pub model: PathBuf,

    /// The table, CSV, perhaps compressed by gzip, or .npz; - is standard input
    #[arg(long, value_name = "X.csv")]
    pub data: PathBuf,

    /// How its columns are told apart.
    #[command(flatten)]
    pub separator: SeparatorOption,
}

impl ModelOnTable {
    /// The model, if the files that are read are there, and an option names none of them to be written.
    pub fn loaded(&self, written: (&str, Option<&Path>)) -> Result<Loaded, CommandError> {
        let read = [("the model", Some(&*self.model)), ("the table of --data", Some(&*self.data))];
        files::check(&read, &[written])?;
        Loaded::read(&self.model)
    }

    /// The table.
    pub fn table(&self) -> Result<DataFile, CommandError> {
        Ok(self.separator.read(&self.data)?)
    }
}

/// A model from a file, ready to be used.
pub struct Loaded {
    /// The function.
    pub function: Function,
    /// Its parameters.
    pub parameters: Parameters,
    /// The text of its graph.
    pub file: ModelFile,
    saved: SavedModel,
}

impl Loaded {
    /// Reads the file. Errors name it and say what is wrong with it.
    pub fn read(path: &Path) -> Result<Loaded, CommandError> {
        let saved = SavedModel::load(path)?;
        let name = path.display().to_string();
        let damaged = |problem: LearnError| CommandError::mistake(format!("{name}: is damaged: {problem}"));
        let model = ModelFile::parse(name.clone(), saved.graph.clone())?;
        let function = model.build(&BTreeMap::new())?;
        let values = saved.parameters.clone();
        let parameters = Parameters::from_values(&function, values).map_err(damaged)?;
        saved.check(&function).map_err(damaged)?;
        Ok(Loaded { function, parameters, file: model, saved })
    }

    /// All that the file holds.
    pub fn saved(&self) -> &SavedModel {
        &self.saved
    }

    /// The words of the outcome that is predicted as a class, if it has words.
    pub fn classes(&self, scoring: &Scoring) -> Option<&Words> {
        scoring.words(&self.function, &self.saved.fields)
    }

    /// What its predictions are scored by, and what they mean, as in training.
    pub fn scoring(&self) -> Scoring {
        self.saved.scoring(&self.function)
    }

    /// The predictions for rows, `[rows, …]`, in the units of the table for training.
    pub fn predictions(&self, rows: &Dataset) -> Result<Tensor, CommandError> {
        let predictions = predictions(&self.function, &self.parameters, rows);
        let predictions = predictions.map_err(|error| self.file.failed(error))?;
        Ok(self.in_units_of_table(predictions))
    }

    /// Predictions in the units of the table for training.
    pub fn in_units_of_table(&self, predictions: Tensor) -> Tensor {
        self.saved.transforms.undone(&self.function, predictions)
    }

    /// The values of nodes for rows, each `[rows, …]`, as the function has them.
    pub fn node_values(&self, rows: &Dataset, nodes: &[Value]) -> Result<Vec<Tensor>, CommandError> {
        node_values(&self.function, &self.parameters, rows, nodes).map_err(|error| self.file.failed(error))
    }

    /// The values of an outcome for rows, `[rows, …]`, in the units of the table for training.
    pub fn outcomes(&self, rows: &Dataset, outcome: NodeId) -> Result<Tensor, CommandError> {
        let shape = self.function.graph.shape(outcome).with_leading(rows.rows());
        let values = rows.values(self.function.name(outcome))?.into_owned();
        Ok(self.saved.transforms.undone(&self.function, Tensor::new(shape, values).map_err(CommandError::mistake)?))
    }

    /// The inputs and outcomes that values read.
    pub fn read_by(&self, values: &[Value]) -> impl Fn(&Field) -> bool {
        let needed = self.function.graph.needed_for(values.iter().copied());
        let all = self.function.inputs.iter().chain(&self.function.outcomes).filter(|id| needed[id.index()]);
        let names: Vec<String> = all.map(|&id| self.function.name(id).to_string()).collect();
        move |field| names.contains(&field.name)
    }

    /// Rows in the units of the table for training, as the function takes them.
    pub fn transformed(&self, rows: &Dataset) -> Result<Dataset, CommandError> {
        Ok(self.saved.transforms.apply(rows)?)
    }

    /// The rows of a table as the function takes them, of the inputs and outcomes that are wanted: the same columns as in
    /// training, transformed as they were then.
    pub fn rows(&self, table: &DataFile, is_wanted: impl Fn(&Field) -> bool) -> Result<Dataset, CommandError> {
        let wanted = self.saved.fields.iter().filter(|field| is_wanted(field));
        let data = table.dataset(&wanted.cloned().collect::<Vec<_>>(), false)?;
        let rows = self.saved.transforms.apply(&data)?;
        Ok(if self.saved.is_in_f32() { rows.in_f32() } else { rows })
    }
}

/// An error, with the row and the node, if a score of these rows is not finite.
pub fn check_finite(
    file: &ModelFile,
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
    scores: &Scores,
) -> Result<(), CommandError> {
    if scores.objective.is_finite() && scores.figures.named().iter().all(|(_, figure)| figure.is_finite()) {
        return Ok(());
    }
    let targets: Vec<Value> = function.objective.into_iter().chain(function.prediction).collect();
    match first_not_finite(file, function, parameters, data, &targets) {
        Some(failure) => Err(failure),
        None => Err(mean_not_finite(function, parameters, data, scores)?),
    }
}

/// Why the predictions for these rows are not finite: the first row where one is not, and the node to blame.
pub fn not_finite(
    file: &ModelFile,
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
    prediction: Value,
) -> CommandError {
    first_not_finite(file, function, parameters, data, &[prediction])
        .unwrap_or_else(|| CommandError::result(format!("{}: a prediction for its rows is not finite", data.file())))
}

/// The first row where `targets` are not finite, and the node to blame.
fn first_not_finite(
    file: &ModelFile,
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
    targets: &[Value],
) -> Option<CommandError> {
    let (graph, names) = (&function.graph, file.names(function));
    (0..data.rows()).find_map(|row| {
        let bindings = bindings(function, data, &[row], parameters.iter());
        let values = reference::evaluate(graph, &bindings, targets).ok()?;
        let nan_origin = targets.iter().find_map(|&target| nan_origin(graph, &values, target))?;
        let in_file = data.standardized_values(function, nan_origin.node, row);
        let in_file: String = in_file.iter().map(|value| format!("; {value}")).collect();
        let (place, nan_origin) = (data.place(row), nan_origin::nan_origin(graph, &values, &names, &nan_origin));
        Some(CommandError::result(format!(
            "{}, {place}: the result is not finite: {nan_origin}{in_file}; look at that row, and at what leads to this node",
            data.file()
        )))
    })
}

/// Why a mean over the rows is not finite though all that leads to it is: the row that adds the most to it.
fn mean_not_finite(
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
    scores: &Scores,
) -> Result<CommandError, CommandError> {
    let at = |row: usize, mean: &str, found: String, scaled: &str| {
        let (file, place) = (data.file(), data.place(row));
        let remedy = format!("look at that row; if it is right, scale the {scaled} down");
        CommandError::result(format!("{file}, {place}: the {mean} is not finite, for {found} adds the most; {remedy}"))
    };
    if let (true, Some(outcome)) = (scores.objective.is_finite(), Scoring::of(function, data)?.outcome()) {
        let (predictions, outcomes) =
            (predictions(function, parameters, data)?.into_data(), data.values(function.name(outcome))?);
        let error = |index: usize| (predictions[index] - outcomes[index]).abs();
        let index = largest(outcomes.len(), error);
        let (prediction, outcome) = (format::number(predictions[index]), (function.name(outcome), outcomes[index]));
        let found = format!("`prediction` = {prediction}, where `{}` = {},", outcome.0, format::number(outcome.1));
        return Ok(at(index * data.rows() / outcomes.len(), "mean square error", found, "columns"));
    }
    let objectives = objectives(function, parameters, data)?;
    let row = largest(objectives.len(), |row| objectives[row].abs());
    Ok(at(row, "mean objective", format!("`objective` = {}", format::number(objectives[row])), "objective"))
}

/// The index of the largest of so many numbers.
fn largest(count: usize, number: impl Fn(usize) -> f64) -> usize {
    (0..count).max_by(|&a, &b| number(a).total_cmp(&number(b))).unwrap_or(0)
}
