//! Training that came to a value that is not finite: which node, at which row, and what to do about it.

use std::fmt;

use chainrule_exec::compile::{End, Precision};
use chainrule_exec::reference;
use chainrule_exec::{ExecError, Values};
use chainrule_graph::{Function, Graph, GraphError, NodeId};
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
    /// The node where it began, as a message calls it.
    pub node: String,
    /// What it was.
    pub value: f64,
    /// Its inputs and their ranges, for a person to look at.
    pub inputs: Vec<String>,
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
        let Diverged { node, value, file, epoch, rate, .. } = self;
        let lines: Vec<String> = self.lines.iter().take(5).map(usize::to_string).collect();
        let more = if self.lines.len() > lines.len() { ", …" } else { "" };
        let rows = format!("{file}, line{} {}{more}", if lines.len() == 1 { "" } else { "s" }, lines.join(", "));
        let from = if self.inputs.is_empty() { String::new() } else { format!(", from {}", self.inputs.join(" and ")) };
        if *epoch == 0 {
            write!(f, "the objective is not finite at the initial parameters ({rows}): {node} is {value}{from}; ")?;
            return f.write_str("look at that row, at how the parameters start, and at the ops that lead to the node");
        }
        if self.only_in_f32 {
            return write!(
                f,
                "training left the range of f32 in epoch {epoch} ({rows}): {node} is {value} there, and finite in f64; \
                 use f64, or a smaller rate than {}",
                shown(*rate)
            );
        }
        write!(f, "training diverged in epoch {epoch} ({rows}): {node} is {value}{from}; ")?;
        // A tenth in decimals: that of 0.2795 is 0.02795, but 0.2795 / 10 is 0.027950000000000003.
        let tenth = format!("{rate}e-1").parse().unwrap_or(rate / 10.0);
        write!(f, "the rate {} is too large for this problem: try {}", shown(*rate), shown(tenth))?;
        f.write_str(", and standardized inputs if theirs are large")
    }
}

/// A rate, however large or small, in a few characters.
fn shown(rate: f64) -> String {
    if (1e-5..1e6).contains(&rate) { format!("{rate}") } else { format!("{rate:e}") }
}

/// An error if the objective of some row is not finite at the initial parameters.
pub(crate) fn at_start(function: &Function, parameters: &Parameters, data: &Dataset) -> Result<(), TrainError> {
    let each = objectives(function, parameters, data)?;
    let Some(row) = each.iter().position(|objective| !objective.is_finite()) else {
        return Ok(());
    };
    let objective = function.objective.ok_or(LearnError::Lacks("objective"))?;
    let step = Step { function: function.clone(), objective, size: None };
    let values: Vec<_> = parameters.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    let results = reference::evaluate(&function.graph, &feed(&step, data, &[row as u32], &values)?, &[objective])?;
    let (node, value, inputs) = culprit(&function.graph, &results, f64::NAN);
    let (file, lines) = (data.file().into(), vec![data.line(row)]);
    Err(TrainError::Diverged(Box::new(Diverged {
        node,
        value,
        inputs,
        file,
        lines,
        epoch: 0,
        rate: 0.0,
        only_in_f32: false,
    })))
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
    let targets: Vec<NodeId> = graph.updates().iter().map(|update| update.value).chain([step.objective]).collect();
    let results = reference::evaluate(graph, &feed(&step, data, rows, &values)?, &targets)?;
    let (node, value, inputs) = culprit(graph, &results, f64::INFINITY);
    let finite = targets.iter().all(|&id| results[id].is_finite());
    Ok(TrainError::Diverged(Box::new(Diverged {
        node: if node.is_empty() { graph.describe(step.objective) } else { node },
        value,
        inputs,
        file: data.file().into(),
        lines: rows.iter().map(|&row| data.line(row as usize)).collect(),
        epoch,
        rate: settings.rate,
        only_in_f32: finite && settings.precision == Precision::F32,
    })))
}

/// The first node that is not finite though all it reads is, its value, and its inputs with their ranges.
fn culprit(graph: &Graph, results: &Values, otherwise: f64) -> (String, f64, Vec<String>) {
    for id in graph.ids() {
        let Some(value) = results.get(id) else { continue };
        let inputs = &graph.node(id).inputs;
        let sound = inputs.iter().all(|&input| results.get(input).is_none_or(|value| value.is_finite()));
        if let Some(&entry) = value.data().iter().find(|entry| !entry.is_finite())
            && sound
        {
            let range = |&input: &NodeId| {
                let data = results.get(input).map(|value| value.data()).unwrap_or_default();
                let least = data.iter().copied().fold(f64::INFINITY, f64::min);
                let greatest = data.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                match data {
                    [value] => format!("{} = {value:.6e}", graph.describe(input)),
                    _ => format!("{} in [{least:.6e}, {greatest:.6e}]", graph.describe(input)),
                }
            };
            return (graph.describe(id), entry, inputs.iter().map(range).collect());
        }
    }
    (String::new(), otherwise, Vec::new())
}
