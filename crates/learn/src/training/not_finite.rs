//! Where a value that is not finite began: at which row, and at which node of the step on it.

use std::ops::Range;

use chainrule_exec::compile::{Level, Options, Precision};
use chainrule_exec::run::End;
use chainrule_exec::{Bindings, ExecError, NanOrigin, Values, evaluate_compiled, nan_origin, reference};
use chainrule_graph::{Function, Graph, NodeId, Origin, Phase, Tensor, Value, phase};

use crate::data::dataset::Dataset;
use crate::draws::by_row;
use crate::error::LearnError;
use crate::evaluation::bindings::bindings;
use crate::evaluation::scores::objectives;
use crate::parameters::Parameters;
use crate::training::diverged::{Cause, Diverged, StepPart, TrainError};
use crate::training::progress::Position;
use crate::training::runner::Runner;
use crate::training::settings::Training;
use crate::training::smaller_rate::smaller_rate;
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
    Err(at_rows(function, parameters, data, (0, 0.0), Cause::Row, None)?)
}

/// What went wrong where the mean objective over all rows is not finite, or has grown, after an epoch: the first row whose
/// objective is not finite and the node to blame; else the row whose objective is the largest, or all rows, where only
/// their mean is not finite.
pub(crate) fn at_rows(
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
    (epoch, rate): (usize, f64),
    cause: Cause,
    grown: Option<(f64, f64)>,
) -> Result<TrainError, LearnError> {
    let function = &by_row(phase(function, Phase::Prediction)?.0)?;
    let each = objectives(function, parameters, data)?;
    let (mut standardized, mut unfit) = (Vec::new(), Vec::new());
    let (mut nan_origin_at_row, mut places) = (None, (0..data.rows()).map(|row| data.place(row)).collect());
    if let Some(row) = each.iter().position(|objective| !objective.is_finite()) {
        let objective = function.objective.ok_or(LearnError::Lacks("objective"))?;
        let bindings = bindings(function, data, &[row], parameters.iter());
        let results = reference::evaluate(&function.graph, &bindings, &[objective])?;
        (nan_origin_at_row, places) = (nan_origin(&function.graph, &results, objective), vec![data.place(row)]);
        if let Some(origin) = &nan_origin_at_row {
            standardized = data.standardized_values(function, origin.node, row);
            unfit = unfit_by_standardizing(function, data, &bindings, origin.node, row);
        }
    } else if grown.is_some() {
        let largest = (0..each.len()).max_by(|&a, &b| each[a].total_cmp(&each[b]));
        places = largest.map(|row| data.place(row)).into_iter().collect();
    }
    Ok(TrainError::Diverged(Box::new(Diverged {
        part: if grown.is_some() { StepPart::Growth } else { StepPart::Objective },
        nan_origin: nan_origin_at_row,
        file: data.file().into(),
        places,
        epoch,
        rate,
        cause,
        grown,
        only_in_f32: false,
        standardized,
        unfit,
        large: data.large_inputs(),
    })))
}

/// What went wrong in the steps over the rows of `order`, which began at `before` and left values that are not finite:
/// the first step that did is found by running them again, and looked at.
pub(crate) fn during_steps(
    runner: &mut Runner<'_>,
    data: &Dataset,
    order: &[u32],
    [before, kept]: [&[(String, Tensor)]; 2],
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
    let single = if in_f64.is_some() { of_one_row(runner, data, &indices)? } else { None };
    let (found, blamed, of) = match single {
        Some(OnRow { row, found, step }) => (Some(found), vec![row], step),
        None => (in_f64.or(in_f32), indices, step),
    };
    let (part, nan_origin) = match found {
        Some((part, nan_origin)) => (part, Some(nan_origin)),
        None if runner.run(rows, &mut Vec::new())?.1 == End::NotFinite => (StepPart::Objective, None),
        None => (StepPart::Parameter, None),
    };
    let is_first = begin == Position::default() && earlier.is_empty();
    let is_at_start = is_first && (nan_origin.is_some() || part == StepPart::Objective);
    let (standardized, unfit) = match (&nan_origin, &blamed[..]) {
        (Some(origin), &[row]) => {
            let (function, node) = (&of.function, origin.node);
            let bound = bound_row(runner, function, data, row)?;
            (data.standardized_values(function, node, row), unfit_by_standardizing(function, data, &bound, node, row))
        }
        _ => Default::default(),
    };
    let smaller = if is_at_start { None } else { finite_rate(runner, &order[..first.end], [before, kept], settings)? };
    Ok(TrainError::Diverged(Box::new(Diverged {
        standardized,
        unfit,
        large: data.large_inputs(),
        part,
        only_in_f32,
        cause: smaller.map_or(Cause::Row, Cause::Rate),
        grown: None,
        epoch: if is_at_start { 0 } else { begin.epoch + 1 },
        nan_origin,
        file: data.file().into(),
        places: blamed.into_iter().map(|row| data.place(row)).collect(),
        rate: settings.rate,
    })))
}

/// A row, with what training holds.
fn bound_row(runner: &mut Runner<'_>, function: &Function, data: &Dataset, row: usize) -> Result<Bindings, LearnError> {
    let held = runner.values()?.iter().map(|(name, value)| (&name[..], value));
    Ok(bindings(function, data, &[row], held))
}

/// The standardized inputs by whose numbers in the file a node is finite, which is not by these bindings of the row.
fn unfit_by_standardizing(
    function: &Function,
    data: &Dataset,
    bindings: &Bindings,
    node: NodeId,
    row: usize,
) -> Vec<String> {
    let needed = function.graph.needed_for([node]);
    let found = |(name, value)| Some((function.graph.find(name)?, name, value));
    let in_file: Vec<_> = data.standardized_as_in_file(row).into_iter().filter_map(found).collect();
    let in_file = in_file.into_iter().filter(|(input, ..)| needed[input.node.index()]);
    let mut names = Vec::new();
    let changed = in_file.fold(bindings.clone(), |bindings, (input, name, value)| {
        names.push(name.to_string());
        bindings.with(input, value)
    });
    let is_finite = || {
        let values = reference::evaluate(&function.graph, &changed, &[node]).ok()?;
        Some(values.get(node)?.is_finite())
    };
    if !names.is_empty() && is_finite() == Some(true) { names } else { Vec::new() }
}

/// What is not finite in the step on a single row.
struct OnRow {
    row: usize,
    found: (StepPart, NanOrigin),
    step: Step,
}

/// The first of these rows whose objective or gradient is not finite by itself, at the runner's values.
fn of_one_row(runner: &mut Runner<'_>, data: &Dataset, rows: &[usize]) -> Result<Option<OnRow>, LearnError> {
    if rows.len() < 2 {
        return Ok(None);
    }
    // A row alone may be too small a batch for the function.
    let Ok(step) = runner.step(1) else { return Ok(None) };
    for &row in rows {
        let held = runner.values()?.iter().map(|(name, value)| (&name[..], value));
        let bindings = bindings(&step.function, data, &[row], held);
        let found = first_not_finite(&step, |graph, targets| reference::evaluate(graph, &bindings, targets))?;
        if let Some(found @ (StepPart::Objective | StepPart::Gradient, _)) = found {
            return Ok(Some(OnRow { row, found, step }));
        }
    }
    Ok(None)
}

/// The smaller rate, if there is one, at which steps over these rows leave all finite and the objective of none much above what
/// it is when the parameters stay, from one of the earlier values on.
fn finite_rate(
    runner: &mut Runner<'_>,
    rows: &[u32],
    earlier: [&[(String, Tensor)]; 2],
    settings: &Training<'_>,
) -> Result<Option<f64>, LearnError> {
    for values in earlier {
        // What the objectives are where the parameters hardly move: the least rate is tried first.
        let mut still = None;
        let finite = smaller_rate(settings.rate, |rate| {
            runner.restore(values);
            runner.set(RATE, Tensor::scalar(rate));
            let mut objectives = Vec::new();
            let (_, end) = runner.run(rows, &mut objectives)?;
            let is_finite = end == End::Finished && runner.values()?.iter().all(|(_, value)| value.is_finite());
            let greatest = objectives.into_iter().fold(f64::NEG_INFINITY, f64::max);
            let still: f64 = *still.get_or_insert(greatest);
            Ok(is_finite && greatest <= still + still.abs().max(1.0))
        })?;
        if finite.is_some() {
            return Ok(finite);
        }
    }
    Ok(None)
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
