//! Where a value that is not finite began: at which row, and at which node of the step on it.

use std::ops::Range;

use chainrule_exec::compile::{Level, Options, Precision};
use chainrule_exec::run::End;
use chainrule_exec::{Bindings, ExecError, NanOrigin, Values, evaluate_compiled, nan_origin, reference};
use chainrule_graph::{Function, Graph, NodeId, Origin, Tensor, Value};

use crate::data::dataset::Dataset;
use crate::error::LearnError;
use crate::evaluation::bindings::bindings;
use crate::evaluation::scores::objectives;
use crate::parameters::Parameters;
use crate::training::diverged::{Diverged, StepPart, TrainError};
use crate::training::progress::Position;
use crate::training::runner::Runner;
use crate::training::settings::Training;
use crate::training::step::{RATE, Step};

/// Whether the objective of every row is finite at the initial parameters.
///
/// # Errors
/// It is not at some row.
pub(crate) fn check_start(function: &Function, parameters: &Parameters, data: &Dataset) -> Result<(), TrainError> {
    let each = objectives(function, parameters, data)?;
    if each.iter().all(|objective| objective.is_finite()) {
        return Ok(());
    }
    Err(at_rows(function, parameters, data, &each, 0, 0.0)?)
}

/// What went wrong where the mean objective over all rows is not finite after an epoch.
pub(crate) fn after_epoch(
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
    let mut standardized = Vec::new();
    if let Some(row) = objectives.iter().position(|objective| !objective.is_finite()) {
        let objective = function.objective.ok_or(LearnError::Lacks("objective"))?;
        let bindings = bindings(function, data, &[row], parameters.iter());
        let results = reference::evaluate(&function.graph, &bindings, &[objective])?;
        (origin_at_row, lines) = (nan_origin(&function.graph, &results, objective), vec![data.line(row)]);
        if let Some(origin) = &origin_at_row {
            standardized = data.standardized_values(function, origin.node, row);
        }
    }
    let (nan_origin, file) = (origin_at_row, data.file().into());
    let part = StepPart::Objective;
    Ok(TrainError::Diverged(Box::new(Diverged {
        part,
        nan_origin,
        file,
        lines,
        epoch,
        rate,
        only_in_f32: false,
        standardized,
    })))
}

/// What went wrong in the steps over the rows of `order`, which began at `before` and left values that are not finite:
/// the first step that did is found by running them again, and looked at.
pub(crate) fn during_steps(
    runner: &mut Runner<'_>,
    data: &Dataset,
    order: &[u32],
    before: &[(String, Tensor)],
    begin: Position,
    settings: &Training<'_>,
) -> Result<TrainError, LearnError> {
    runner.ignore_stop(); // what is looked for has happened
    let first = first_bad_step(runner, order, before, settings.batch.min(data.rows()))?;
    let (earlier, rows) = (&order[..first.start], &order[first.clone()]);
    runner.restore(before);
    runner.run(earlier, &mut Vec::new())?;
    let step = runner.step(rows.len())?;
    let indices: Vec<usize> = rows.iter().map(|&row| row as usize).collect();
    let held = runner.values()?.iter().map(|(name, value)| (&name[..], value));
    let bindings = bindings(&step.function, data, &indices, held);
    let in_f64 = first_not_finite(&step, |graph, targets| reference::evaluate(graph, &bindings, targets))?;
    let only_in_f32 = in_f64.is_none() && settings.precision == Precision::F32;
    let in_f32 = if only_in_f32 {
        first_not_finite(&step, |graph, targets| in_f32(graph, &bindings, targets, settings.level))?
    } else {
        None
    };
    let (part, nan_origin) = match in_f64.or(in_f32) {
        Some((part, nan_origin)) => (part, Some(nan_origin)),
        None if runner.run(rows, &mut Vec::new())?.1 == End::NotFinite => (StepPart::Objective, None),
        None => (StepPart::Parameter, None),
    };
    let is_first = begin == Position::default() && earlier.is_empty();
    let is_at_start = is_first && (nan_origin.is_some() || part == StepPart::Objective);
    let standardized = match (&nan_origin, &indices[..]) {
        (Some(origin), &[row]) => data.standardized_values(&step.function, origin.node, row),
        _ => Vec::new(),
    };
    Ok(TrainError::Diverged(Box::new(Diverged {
        standardized,
        part,
        only_in_f32,
        epoch: if is_at_start { 0 } else { begin.epoch + 1 },
        nan_origin,
        file: data.file().into(),
        lines: rows.iter().map(|&row| data.line(row as usize)).collect(),
        rate: settings.rate,
    })))
}

/// Where in `order` the rows of the first step stand that left a value that is not finite. One of them did.
fn first_bad_step(
    runner: &mut Runner<'_>,
    order: &[u32],
    before: &[(String, Tensor)],
    size: usize,
) -> Result<Range<usize>, LearnError> {
    let rows = |steps: usize| order.len().min(steps * size);
    // What is not finite stays so: after `good` steps all was, after `bad` not.
    let (mut good, mut bad) = (0, order.len().div_ceil(size));
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        runner.restore(before);
        let (_, end) = runner.run(&order[..rows(middle)], &mut Vec::new())?;
        let is_finite = end == End::Finished && runner.values()?.iter().all(|(_, value)| value.is_finite());
        *(if is_finite { &mut good } else { &mut bad }) = middle;
    }
    Ok(rows(good)..rows(bad))
}

/// The value of every node that `targets` need, in f32.
fn in_f32(graph: &Graph, bindings: &Bindings, targets: &[Value], level: Option<Level>) -> Result<Values, ExecError> {
    let needed = graph.needed_for(targets.iter().copied());
    let all: Vec<Value> = graph.values().filter(|value| needed[value.node.index()]).collect();
    evaluate_compiled(graph, bindings, &all, &Options { precision: Precision::F32, level, ..Options::default() })
}

/// The part of a step that is the first not to be finite, and the node to blame, by the values of all nodes.
fn first_not_finite(
    step: &Step,
    values: impl FnOnce(&Graph, &[Value]) -> Result<Values, ExecError>,
) -> Result<Option<(StepPart, NanOrigin)>, LearnError> {
    let graph = &step.function.graph;
    let is_parameter = |id: NodeId| step.function.parameters.iter().any(|parameter| parameter.node == id);
    let mut targets = vec![(StepPart::Objective, step.objective, None)];
    targets.extend(step.gradients.iter().map(|&id| (StepPart::Gradient, id, None)));
    for (part, of_parameters) in [(StepPart::State, false), (StepPart::Parameter, true)] {
        let updates = graph.updates().iter().filter(|update| is_parameter(update.target) == of_parameters);
        targets.extend(updates.map(|update| (part, update.value, Some(update.target))));
    }
    let ids: Vec<Value> = targets.iter().map(|(_, id, _)| *id).collect();
    let results = values(graph, &ids)?;
    for (part, id, updated) in targets {
        if let Some(mut nan_origin) = nan_origin(graph, &results, id) {
            // What the step adds is written here, and not by the user.
            if graph.find(RATE).is_some_and(|own| nan_origin.node >= own.node) {
                nan_origin.origin = Origin::Unknown;
                if let (Some(target), None) = (updated, graph.name(nan_origin.node)) {
                    nan_origin.name += &format!(", in the update of {},", graph.describe(target));
                }
            }
            return Ok(Some((part, nan_origin)));
        }
    }
    Ok(None)
}
