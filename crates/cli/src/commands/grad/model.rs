//! The values and derivatives of a model on one example, or of its mean over a batch.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chainrule::learn::{Dataset, Field, Parameters, Role};
use chainrule::ops::Source;
use chainrule::text::{Declaration, Dim};
use chainrule::{Function, NodeId, Op, Phase, Tensor, Value, batch, phase};
use clap::{Args, ValueEnum};

use super::derivatives::{Answer, Question, answer};
use super::{cells, values};
use crate::columns::ColumnOptions;
use crate::data::{Loaded, TableOptions, is_trained};
use crate::error::CommandError;
use crate::model_file::ModelFile;
use crate::options;
use crate::tables::SeparatorOption;

/// The phase of a model.
#[derive(Clone, Copy, ValueEnum)]
enum PhaseOption {
    Training,
    Prediction,
}

impl From<PhaseOption> for Phase {
    fn from(option: PhaseOption) -> Phase {
        match option {
            PhaseOption::Training => Phase::Training,
            PhaseOption::Prediction => Phase::Prediction,
        }
    }
}

/// Where the example of a model comes from.
#[derive(Args)]
pub struct ExampleOptions {
    /// Of a model: a table whose row is the example
    #[arg(long, value_name = "T.csv", requires = "row", help_heading = "Of a model")]
    data: Option<PathBuf>,

    /// The row of the table, from 1
    #[arg(long, value_name = "N", value_parser = options::count, allow_hyphen_values = true, requires = "data",
        help_heading = "Of a model")]
    row: Option<usize>,

    /// Takes N rows from there, and the mean objective
    #[arg(long, value_name = "N", value_parser = options::count, allow_hyphen_values = true, help_heading = "Of a model")]
    batch: Option<usize>,

    /// Takes the model as it trains, or as it predicts
    #[arg(long, value_enum, default_value = "training", help_heading = "Of a model")]
    phase: PhaseOption,

    /// Binds a free size, or overrides a `let`: --set d=400 (may be repeated)
    #[arg(long, value_name = "NAME=NUMBER", allow_hyphen_values = true, help_heading = "Of a model")]
    set: Vec<options::Setting>,

    /// The seed of parameters that are drawn
    #[arg(long, value_name = "N", default_value = "0", value_parser = options::seed, allow_hyphen_values = true,
        help_heading = "Of a model")]
    seed: u64,

    #[command(flatten)]
    columns: ColumnOptions,

    #[command(flatten)]
    separator: SeparatorOption,
}

/// Whether a word is the name of a file with a model, be it there or not: no expression ends so.
pub fn is_model(word: &str) -> bool {
    let path = Path::new(word);
    let is_text = path.extension().is_some_and(|extension| extension == "graph");
    is_text || is_trained(path)
}

/// A model whose sizes are bound, with the values of its example.
struct Example {
    file: ModelFile,
    function: Function,
    parameters: Parameters,
    /// Of inputs and outcomes.
    values: Vec<(String, Tensor)>,
}

impl ExampleOptions {
    /// The answer for a model: its objective, or without one its prediction.
    pub fn answer(self, path: &Path, given: &[String], order: u8) -> Result<Answer, CommandError> {
        check_once(given)?;
        let (mut example, given) = match is_trained(path) {
            true => self.of_trained(path, given)?,
            false => {
                let given = given.iter().map(|argument| values::parse(argument).map_err(CommandError::mistake));
                let given: Vec<(String, Tensor)> = given.collect::<Result<_, _>>()?;
                (self.of_text(path, &given)?, given)
            }
        };
        for (name, value) in &given {
            example.take(name, value)?;
        }
        let phase_of_all = phase(&example.function, self.phase.into()).map_err(|error| example.file.mistake(error))?;
        example.function = phase_of_all.0;
        if let Some((least, node)) = example.function.smallest_batch()
            && self.batch.unwrap_or(1) < least
        {
            return Err(too_small(&example, node, least));
        }
        if let Some(rows) = self.batch {
            example.function = batch(&example.function, rows).map_err(|error| example.file.mistake(error))?;
        }
        let Example { file, function, parameters, values } = example;
        let function = function.with_seed(self.seed, 0).with_examples_from(self.row.map_or(0, |row| row - 1));
        let result = match function.objective {
            Some(_) => file.objective(&function)?,
            None => scalar_prediction(&file, &function)?,
        };
        for id in needed(&function, result) {
            let name = function.name(id);
            let is_known = values.iter().any(|(known, _)| known == name) || parameters.get(name).is_ok();
            if !is_known {
                let shape = function.graph.shape(id);
                return Err(CommandError::mistake(format!(
                    "{}: `{name}` {shape} has no value; give it one, as in {name}=…, or name a table and a row: --data T.csv --row 1",
                    file.name()
                )));
            }
        }
        for (name, value) in &values {
            values::check(&function, name, value).map_err(CommandError::mistake)?;
        }
        let held = parameters.iter().map(|(name, value)| (name.to_string(), value.clone()));
        let values: Vec<(String, Tensor)> = values.into_iter().chain(held).collect();
        let names = file.names(&function);
        answer(&Question { function: &function, result, names: &names, values: &values, order })
    }

    fn of_text(&self, path: &Path, given: &[(String, Tensor)]) -> Result<Example, CommandError> {
        let file = ModelFile::read(path)?;
        let mut sizes = options::settings(&self.set)?;
        bind_sizes(&file, given, self.batch.is_some(), &mut sizes)?;
        let (function, mut values) = match &self.data {
            Some(data) => {
                let table = TableOptions {
                    data: data.clone(),
                    columns: self.columns.clone(),
                    separator: self.separator.clone(),
                };
                let prepared = table.fit(&file, sizes)?;
                let values = self.rows_of(&prepared.data)?;
                (prepared.function, values)
            }
            None => (file.build(&sizes)?, Vec::new()),
        };
        let is_data =
            |name: &str| function.inputs.iter().chain(&function.outcomes).any(|&id| function.name(id) == name);
        put(&mut values, given.iter().filter(|(name, _)| is_data(name)).cloned());
        let parameters = Parameters::initialize(&function, self.seed)?;
        Ok(Example { file, function, parameters, values })
    }

    /// The example, and what else is given by name.
    fn of_trained(&self, path: &Path, given: &[String]) -> Result<(Example, Vec<(String, Tensor)>), CommandError> {
        if let Some(setting) = self.set.first() {
            return Err(CommandError::mistake(format!(
                "--set {}: the sizes of a trained model are bound; leave it out",
                setting.name
            )));
        }
        let loaded = Loaded::read(path)?;
        let table = self.data.as_ref().map(|data| self.separator.read(data)).transpose()?;
        let mut values = match &table {
            Some(table) => {
                let with_outcomes = loaded.function.objective.is_some();
                let is_wanted = |field: &Field| with_outcomes || field.role == Role::Input;
                self.rows_of(&loaded.rows(table, is_wanted)?)?
            }
            None => Vec::new(),
        };
        let given = cells::read(&loaded, given, table.as_ref().zip(self.row.map(|row| row - 1)))?;
        // In the units of the table for training.
        if let Some(rows) = rows_given(&loaded.function, &given.values, self.batch)? {
            put(&mut values, examples(&loaded.transformed(&rows)?, 0, self.batch));
        }
        for row in &given.rows {
            if self.batch.is_some() {
                return Err(CommandError::mistake(
                    "--batch: cells are given for one example; leave it out, or name a table",
                ));
            }
            put(&mut values, examples(&loaded.transformed(row)?, 0, None));
        }
        let example = Example { file: loaded.file, function: loaded.function, parameters: loaded.parameters, values };
        Ok((example, given.values))
    }

    fn rows_of(&self, data: &Dataset) -> Result<Vec<(String, Tensor)>, CommandError> {
        let (row, rows) = (self.row.unwrap_or(1), self.batch.unwrap_or(1));
        let last = (row - 1).saturating_add(rows);
        if last > data.rows() {
            return Err(CommandError::mistake(format!(
                "--row: {} has {} rows of data; row {last} is none of them",
                data.file(),
                data.rows()
            )));
        }
        Ok(examples(data, row - 1, self.batch))
    }
}

impl Example {
    /// The value of a parameter goes before its own; that of an input or outcome is there already.
    fn take(&mut self, name: &str, value: &Tensor) -> Result<(), CommandError> {
        if self.parameters.get(name).is_ok() {
            return Ok(self.parameters.set(name, value.clone())?);
        }
        if !self.values.iter().any(|(known, _)| known == name) {
            return Err(CommandError::mistake(format!(
                "`{name}` does not occur in {}; its inputs, outcomes and parameters have values",
                self.file.name()
            )));
        }
        Ok(())
    }
}

/// An error if a name is given two values.
fn check_once(given: &[String]) -> Result<(), CommandError> {
    let names = given.iter().map(|argument| Ok(values::name_and_text(argument).map_err(CommandError::mistake)?.0));
    let names: Vec<&str> = names.collect::<Result<_, CommandError>>()?;
    match names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        Some((_, name)) => Err(CommandError::mistake(format!("`{name}` has two values; give it one"))),
        None => Ok(()),
    }
}

/// A node compares the examples of a batch, and there are too few.
fn too_small(example: &Example, node: NodeId, least: usize) -> CommandError {
    let graph = &example.function.graph;
    let scope = graph.node(node).scope.map(|scope| format!("`{}`", graph.scope(scope).path));
    let layer = scope.unwrap_or_else(|| graph.describe(node));
    CommandError::mistake(format!(
        "{}: {layer} would see a single value; take more examples by --batch {least}, or --phase prediction",
        example.file.name()
    ))
}

/// New values go before those that are there.
fn put(values: &mut Vec<(String, Tensor)>, new: impl IntoIterator<Item = (String, Tensor)>) {
    for (name, value) in new {
        values.retain(|(known, _)| *known != name);
        values.push((name, value));
    }
}

/// The values of one row, or of so many from there.
fn examples(data: &Dataset, row: usize, batch: Option<usize>) -> Vec<(String, Tensor)> {
    let rows: Vec<usize> = (row..row + batch.unwrap_or(1)).collect();
    let of = |role: Role| match batch {
        Some(_) => data.batch_of(role, &rows),
        None => data.example_of(role, row),
    };
    let both = [Role::Input, Role::Outcome].into_iter().flat_map(of);
    both.map(|(name, value)| (name.to_string(), value)).collect()
}

/// The given inputs and outcomes as rows; none if none is given.
fn rows_given(
    function: &Function,
    given: &[(String, Tensor)],
    batch: Option<usize>,
) -> Result<Option<Dataset>, CommandError> {
    let data = function.inputs.iter().chain(&function.outcomes);
    let given = data.filter_map(|&id| given.iter().find(|(name, _)| name == function.name(id)));
    let fields = given.map(|(name, value)| {
        let field = Field::of(function, name)?;
        if batch.is_none() && value.data().len() != field.shape.size() {
            values::check(function, name, value).map_err(CommandError::mistake)?; // of one example, and not of a batch of one
        }
        Ok((field, value.data().to_vec()))
    });
    let fields: Vec<(Field, Vec<f64>)> = fields.collect::<Result<_, CommandError>>()?;
    match fields.is_empty() {
        true => Ok(None),
        false => Ok(Some(Dataset::new("the values given", batch.unwrap_or(1), fields)?)),
    }
}

/// Binds the free sizes of inputs, outcomes and parameters to those of the values given.
fn bind_sizes(
    file: &ModelFile,
    given: &[(String, Tensor)],
    batched: bool,
    sizes: &mut BTreeMap<String, f64>,
) -> Result<(), CommandError> {
    let data = file.model.inputs().iter().chain(file.model.outcomes()).map(|declaration| (declaration, batched));
    let own = file.model.parameters().iter().chain(file.model.state()).map(|declaration| (declaration, false));
    for (Declaration { name, dims, .. }, batched) in data.chain(own) {
        let Some((_, value)) = given.iter().find(|(given, _)| given == name) else { continue };
        let shape = &value.shape()[usize::from(batched && value.shape().rank() > dims.len())..];
        if shape.len() != dims.len() {
            return Err(CommandError::mistake(format!(
                "`{name}` has {} in {}, and the value {}",
                axes(dims.len()),
                file.name(),
                axes(shape.len())
            )));
        }
        for (dim, &size) in dims.iter().zip(shape) {
            if let Dim::Size(size_name) = dim
                && file.model.resolve(dim, sizes).map_err(|diagnostic| file.mistake(diagnostic))?.is_none()
            {
                sizes.insert(size_name.clone(), size as f64);
            }
        }
    }
    Ok(())
}

fn axes(count: usize) -> String {
    match count {
        0 => "no axis".into(),
        1 => "1 axis".into(),
        count => format!("{count} axes"),
    }
}

/// What a model without an objective is asked for.
fn scalar_prediction(file: &ModelFile, function: &Function) -> Result<Value, CommandError> {
    let lacks =
        || CommandError::mistake(format!("{}: the model has neither `objective` nor `prediction`", file.name()));
    let prediction = function.prediction.ok_or_else(lacks)?;
    let shape = function.graph.shape(prediction);
    if shape.rank() > 0 {
        return Err(CommandError::mistake(format!(
            "{}: without an `objective`, the `prediction` must be a scalar, and it has shape {shape}; add a line \
             `objective = sum(prediction)`",
            file.name()
        )));
    }
    Ok(prediction)
}

/// The sources that a result needs and that are bound from outside.
fn needed(function: &Function, result: Value) -> Vec<NodeId> {
    let graph = &function.graph;
    let needed = graph.needed_for([result]);
    let is_bound = |id: &NodeId| matches!(graph.node(*id).op, Op::Source(Source::Input { .. }));
    graph.ids().filter(|id| needed[id.index()]).filter(is_bound).collect()
}
