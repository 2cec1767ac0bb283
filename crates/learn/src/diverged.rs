//! Training that came to a value that is not finite: which node, at which row, and what to do about it.

use std::fmt;

use chainrule_exec::compile::{End, Precision};
use chainrule_exec::{Author, ExecError, Range, author, reference};
use chainrule_graph::{Function, GraphError, NodeId};
use thiserror::Error;

use crate::dataset::Dataset;
use crate::engine::{Runner, feed};
use crate::error::LearnError;
use crate::parameters::Parameters;
use crate::scores::objectives;
use crate::step::Step;
use crate::training::Training;

/// Why training ended without a model.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TrainError {
    /// A value was not finite.
    #[error("{0}")]
    Diverged(Box<Diverged>),
    /// Settings, data or the function do not fit.
    #[error(transparent)]
    Learn(#[from] LearnError),
}

impl From<GraphError> for TrainError {
    fn from(error: GraphError) -> TrainError {
        TrainError::Learn(error.into())
    }
}

impl From<ExecError> for TrainError {
    fn from(error: ExecError) -> TrainError {
        TrainError::Learn(error.into())
    }
}

/// A value that is not finite, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Diverged {
    /// The node where it began, with its inputs and their ranges; none if all is finite in f64.
    pub author: Option<Author>,
    /// The file the data came from, and the lines of the rows of the step.
    pub file: String,
    /// The lines of the rows of that step.
    pub lines: Vec<usize>,
    /// The epoch, from 1; 0 if it was so at the initial parameters.
    pub epoch: usize,
    /// The rate.
    pub rate: f64,
    /// Whether it is finite in f64, and only f32 is too narrow.
    pub only_in_f32: bool,
}

impl fmt::Display for Diverged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diverged { file, epoch, rate, .. } = self;
        let lines: Vec<String> = self.lines.iter().take(5).map(usize::to_string).collect();
        let more = if self.lines.len() > lines.len() { ", …" } else { "" };
        let rows = format!("{file}, line{} {}{more}", if lines.len() == 1 { "" } else { "s" }, lines.join(", "));
        let what = self.author.as_ref().map_or_else(|| "the objective is not finite".into(), described);
        if *epoch == 0 {
            write!(f, "the objective is not finite at the initial parameters ({rows}): {what}; ")?;
            return f.write_str("look at that row, at how the parameters start, and at the ops that lead to the node");
        }
        if self.only_in_f32 {
            return write!(
                f,
                "training left the range of f32 in epoch {epoch} ({rows}); in f64 all is finite there: use f64, or a \
                 smaller rate than {}",
                shown(*rate)
            );
        }
        write!(f, "training diverged in epoch {epoch} ({rows}): {what}; ")?;
        // A tenth in decimals: that of 0.2795 is 0.02795, but 0.2795 / 10 is 0.027950000000000003.
        let tenth = format!("{rate}e-1").parse().unwrap_or(rate / 10.0);
        write!(f, "the rate {} is too large for this problem: try {}", shown(*rate), shown(tenth))?;
        f.write_str(", and standardized inputs if theirs are large")
    }
}

/// `` `h` is infinite (exp, written at line 3, column 5), from `x` [2]: from 1 to 900``
fn described(author: &Author) -> String {
    let Author { name, op, trouble, origin, inputs, .. } = author;
    let inputs: Vec<String> = inputs.iter().map(Range::to_string).collect();
    let from = if inputs.is_empty() { String::new() } else { format!(", from {}", inputs.join(" and ")) };
    format!("{name} is {trouble} ({op}, written at {origin}){from}")
}

/// A rate, however large or small, in a few characters.
fn shown(rate: f64) -> String {
    if (1e-5..1e6).contains(&rate) { format!("{rate}") } else { format!("{rate:e}") }
}

/// An error if the objective of some row is not finite at the initial parameters.
pub(crate) fn at_start(function: &Function, parameters: &Parameters, data: &Dataset) -> Result<(), TrainError> {
    let each = objectives(function, parameters, data)?;
    if each.iter().all(|objective| objective.is_finite()) {
        return Ok(());
    }
    Err(at_rows(function, parameters, data, &each, 0, 0.0)?)
}

/// What went wrong where the mean objective over all rows is not finite after an epoch.
pub(crate) fn after(
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
    epoch: usize,
    rate: f64,
) -> Result<TrainError, LearnError> {
    let each = objectives(function, parameters, data)?;
    at_rows(function, parameters, data, &each, epoch, rate)
}

/// The first row whose objective is not finite and the node to blame; all rows, where only their mean is not.
fn at_rows(
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
    objectives: &[f64],
    epoch: usize,
    rate: f64,
) -> Result<TrainError, LearnError> {
    let (mut author_at_row, mut lines) = (None, (0..data.rows()).map(|row| data.line(row)).collect());
    if let Some(row) = objectives.iter().position(|objective| !objective.is_finite()) {
        let objective = function.objective.ok_or(LearnError::Lacks("objective"))?;
        let step = Step { function: function.clone(), objective, size: None };
        let values: Vec<_> = parameters.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        let feed = feed(&step, data, &[row as u32], &values)?;
        let results = reference::evaluate(&function.graph, &feed, &[objective])?;
        (author_at_row, lines) = (author(&function.graph, &results, objective), vec![data.line(row)]);
    }
    let (author, file) = (author_at_row, data.file().into());
    Ok(TrainError::Diverged(Box::new(Diverged { author, file, lines, epoch, rate, only_in_f32: false })))
}

/// What went wrong in an epoch that began at the values `before` and ran into trouble with the last of `order`, or right
/// after: the epoch is run again up to there, and the last step looked at.
pub(crate) fn during(
    runner: &mut Runner<'_>,
    data: &Dataset,
    order: &[u32],
    before: &[(String, chainrule_graph::Tensor)],
    epoch: usize,
    settings: &Training<'_>,
) -> Result<TrainError, LearnError> {
    let size = settings.batch.min(data.rows());
    let last = (order.len() - 1) / size * size;
    runner.restore(before);
    let (used, end) = runner.run(&order[..last], &mut Vec::new())?;
    debug_assert!(used == last && end == End::Finished);
    let rows = &order[last..];
    let step = runner.step(rows.len())?;
    let values = runner.values()?.to_vec();
    let graph = &step.function.graph;
    let next = graph.updates().iter().map(|update| update.value);
    let targets: Vec<NodeId> = std::iter::once(step.objective).chain(next).collect();
    let results = reference::evaluate(graph, &feed(&step, data, rows, &values)?, &targets)?;
    let author = targets.iter().find_map(|&target| author(graph, &results, target));
    Ok(TrainError::Diverged(Box::new(Diverged {
        only_in_f32: author.is_none() && settings.precision == Precision::F32,
        author,
        file: data.file().into(),
        lines: rows.iter().map(|&row| data.line(row as usize)).collect(),
        epoch,
        rate: settings.rate,
    })))
}
