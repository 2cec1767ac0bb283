//! Training that came to a value that is not finite: which node, at which row, and what to do about it.

use std::fmt;

use chainrule_exec::compile::{Level, Options, Precision};
use chainrule_exec::run::End;
use chainrule_exec::{Bindings, ExecError, NanOrigin, ValueRange, Values, evaluate_compiled, nan_origin, reference};
use chainrule_graph::{Function, Graph, GraphError, NodeId, Origin, Tensor};
use thiserror::Error;

use crate::data::dataset::Dataset;
use crate::error::LearnError;
use crate::evaluation::bindings::bindings;
use crate::evaluation::scores::objectives;
use crate::parameters::Parameters;
use crate::training::progress::Position;
use crate::training::runner::Runner;
use crate::training::settings::Training;
use crate::training::step::{RATE, Step};

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

/// What of a step was not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepPart {
    /// The objective.
    Objective,
    /// The objective is; a derivative of it is not.
    Gradient,
    /// The gradients are; what the optimizer keeps, such as the mean of their squares, is not.
    State,
    /// All that is; a parameter's next value is not.
    Parameter,
}

/// A value that is not finite, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Diverged {
    /// What was not finite.
    pub part: StepPart,
    /// The node where it began, with its inputs and their ranges; none if the step alone does not show it.
    pub nan_origin: Option<NanOrigin>,
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
        let what = self.nan_origin.as_ref().map_or_else(|| "the objective is not finite".into(), described);
        if self.only_in_f32 {
            let (when, smaller) = match epoch {
                0 => ("at the initial parameters".into(), String::new()),
                _ => (format!("in epoch {epoch}"), format!(", or a smaller rate than {}", shown(*rate))),
            };
            return write!(
                f,
                "training left the range of f32 {when} ({rows}): {what}; in f64 all is finite there: use f64{smaller}"
            );
        }
        if *epoch == 0 {
            let (not_finite, remedy) = match self.part {
                StepPart::Objective => (
                    "the objective",
                    "look at that row, at how the parameters start, and at the ops that lead to the node",
                ),
                StepPart::Gradient => (
                    "the gradient",
                    "no rate helps: start the parameters elsewhere, or keep the op from where it has no derivative",
                ),
                StepPart::State => (
                    "what the optimizer keeps of the gradient",
                    "the gradient is too large for it: scale the objective down, or clip the gradient",
                ),
                StepPart::Parameter => ("the first step", "a smaller rate would help"),
            };
            return write!(f, "{not_finite} is not finite at the initial parameters ({rows}): {what}; {remedy}");
        }
        write!(f, "training diverged in epoch {epoch} ({rows}): {what}; ")?;
        // A tenth in decimals: that of 0.2795 is 0.02795, but 0.2795 / 10 is 0.027950000000000003.
        let tenth = format!("{rate}e-1").parse().unwrap_or(rate / 10.0);
        write!(f, "the rate {} is too large for this problem: try {}", shown(*rate), shown(tenth))?;
        f.write_str(", and standardized inputs if theirs are large")
    }
}

/// `` `h` is infinite (exp, written at line 3, column 5), from `x` [2]: from 1 to 900``
fn described(nan_origin: &NanOrigin) -> String {
    let NanOrigin { name, op, non_finite, origin, inputs, .. } = nan_origin;
    let inputs: Vec<String> = inputs.iter().map(ValueRange::to_string).collect();
    let from = if inputs.is_empty() { String::new() } else { format!(", from {}", inputs.join(" and ")) };
    let written = if *origin == Origin::Unknown { String::new() } else { format!(", written at {origin}") };
    format!("{name} is {non_finite} ({op}{written}){from}")
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
    let (mut origin_at_row, mut lines) = (None, (0..data.rows()).map(|row| data.line(row)).collect());
    if let Some(row) = objectives.iter().position(|objective| !objective.is_finite()) {
        let objective = function.objective.ok_or(LearnError::Lacks("objective"))?;
        let bindings = bindings(function, data, &[row], parameters.iter());
        let results = reference::evaluate(&function.graph, &bindings, &[objective])?;
        (origin_at_row, lines) = (nan_origin(&function.graph, &results, objective), vec![data.line(row)]);
    }
    let (nan_origin, file) = (origin_at_row, data.file().into());
    let part = StepPart::Objective;
    Ok(TrainError::Diverged(Box::new(Diverged { part, nan_origin, file, lines, epoch, rate, only_in_f32: false })))
}

/// What went wrong in the steps over the rows of `order`, which began at `before` and left values that are not finite: the
/// first step that did is found by running them again, and looked at.
pub(crate) fn during(
    runner: &mut Runner<'_>,
    data: &Dataset,
    order: &[u32],
    before: &[(String, Tensor)],
    begin: Position,
    settings: &Training<'_>,
) -> Result<TrainError, LearnError> {
    let size = settings.batch.min(data.rows());
    let up_to = |steps: usize| &order[..order.len().min(steps * size)];
    runner.ignore_stop(); // what is looked for has happened
    // What is not finite stays so: after `good` steps all was, after `bad` not.
    let (mut good, mut bad) = (0, order.len().div_ceil(size));
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        runner.restore(before);
        let (_, end) = runner.run(up_to(middle), &mut Vec::new())?;
        let is_finite = end == End::Finished && runner.values()?.iter().all(|(_, value)| value.is_finite());
        *(if is_finite { &mut good } else { &mut bad }) = middle;
    }
    runner.restore(before);
    runner.run(up_to(good), &mut Vec::new())?;
    let rows = &up_to(bad)[up_to(good).len()..];
    let step = runner.step(rows.len())?;
    let places: Vec<usize> = rows.iter().map(|&row| row as usize).collect();
    let held = runner.values()?.iter().map(|(name, value)| (&name[..], value));
    let bindings = bindings(&step.function, data, &places, held);
    let in_f64 = first_trouble(&step, |graph, targets| reference::evaluate(graph, &bindings, targets))?;
    let only_in_f32 = in_f64.is_none() && settings.precision == Precision::F32;
    let in_f32 = if only_in_f32 {
        first_trouble(&step, |graph, targets| in_f32(graph, &bindings, targets, settings.level))?
    } else {
        None
    };
    let (part, nan_origin) = match in_f64.or(in_f32) {
        Some((part, nan_origin)) => (part, Some(nan_origin)),
        None if runner.run(rows, &mut Vec::new())?.1 == End::NotFinite => (StepPart::Objective, None),
        None => (StepPart::Parameter, None),
    };
    let is_first = begin == Position::default() && good == 0;
    let is_at_start = is_first && (nan_origin.is_some() || part == StepPart::Objective);
    Ok(TrainError::Diverged(Box::new(Diverged {
        part,
        only_in_f32,
        epoch: if is_at_start { 0 } else { begin.epoch + 1 },
        nan_origin,
        file: data.file().into(),
        lines: rows.iter().map(|&row| data.line(row as usize)).collect(),
        rate: settings.rate,
    })))
}

/// The value of every node that `targets` need, in f32.
fn in_f32(graph: &Graph, bindings: &Bindings, targets: &[NodeId], level: Option<Level>) -> Result<Values, ExecError> {
    let needed = graph.needed_for(targets);
    let all: Vec<NodeId> = graph.ids().filter(|id| needed[id.index()]).collect();
    evaluate_compiled(graph, bindings, &all, &Options { precision: Precision::F32, level, ..Options::default() })
}

/// The part of a step that is the first not to be finite, and the node to blame, by the values of all nodes.
fn first_trouble(
    step: &Step,
    values: impl FnOnce(&Graph, &[NodeId]) -> Result<Values, ExecError>,
) -> Result<Option<(StepPart, NanOrigin)>, LearnError> {
    let graph = &step.function.graph;
    let is_parameter = |id: NodeId| step.function.parameters.iter().any(|parameter| parameter.node == id);
    let mut targets = vec![(StepPart::Objective, step.objective, None)];
    targets.extend(step.gradients.iter().map(|&id| (StepPart::Gradient, id, None)));
    for (part, of_parameters) in [(StepPart::State, false), (StepPart::Parameter, true)] {
        let updates = graph.updates().iter().filter(|update| is_parameter(update.target) == of_parameters);
        targets.extend(updates.map(|update| (part, update.value, Some(update.target))));
    }
    let ids: Vec<NodeId> = targets.iter().map(|(_, id, _)| *id).collect();
    let results = values(graph, &ids)?;
    for (part, id, updated) in targets {
        if let Some(mut nan_origin) = nan_origin(graph, &results, id) {
            // What the step adds is written here, and not by the user.
            if graph.find(RATE).is_some_and(|own| nan_origin.node >= own) {
                nan_origin.origin = Origin::Unknown;
                if let (Some(target), None) = (updated, &graph.node(nan_origin.node).name) {
                    nan_origin.name += &format!(", in the update of {},", graph.describe(target));
                }
            }
            return Ok(Some((part, nan_origin)));
        }
    }
    Ok(None)
}
