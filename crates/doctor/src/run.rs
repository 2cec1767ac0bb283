//! A run of training: where it began, how it went, where it ended, and how good it is.

use chainrule_graph::{Function, Tensor};
use chainrule_learn::{
    Dataset, Epoch, EverySteps, Parameters, Progress, TrainError, Training, Transforms, predictions, train,
};
use std::ops::ControlFlow;
use std::time::Instant;

use crate::case::{Case, CaseError, Prepared};
use crate::measure::Measured;
use crate::task::Task;

/// How often a run reports its scores.
const REPORTS: usize = 25;
/// After how many steps the clock is looked at.
const EVERY: usize = 16;

/// A run of training.
#[derive(Clone, Debug)]
pub struct Run {
    /// The function of one example.
    pub function: Function,
    /// The rows that it was trained on, as the function takes them.
    pub training: Dataset,
    /// The rows that it was validated on.
    pub validation: Option<Dataset>,
    /// What was done to both.
    pub transforms: Transforms,
    /// The parameters before the first step.
    pub start: Parameters,
    /// The parameters at the end; if it failed, those before the first step.
    pub end: Parameters,
    /// The scores of some epochs, the first before the first step.
    pub history: Vec<Epoch>,
    /// Why it ended without a model.
    pub failure: Option<TrainError>,
    /// How good it is on the rows that it was trained on, if that can be said.
    pub measured: Option<Measured>,
    /// The same before the first step.
    pub measured_at_start: Option<Measured>,
    /// The same on the rows that it was validated on.
    pub validated: Option<Measured>,
}

impl Run {
    /// Trains as the case says.
    ///
    /// # Errors
    /// A mistake in the model or the data; that training diverges is none.
    pub fn of(case: &Case<'_>, task: Option<&Task>) -> Result<Run, CaseError> {
        Ok(Run::begun(case, task, None)?.0)
    }

    /// The same, if it ends before some time; none if it does not.
    ///
    /// # Errors
    /// A mistake in the model or the data.
    pub(crate) fn before(case: &Case<'_>, task: Option<&Task>, end: Option<Instant>) -> Result<Option<Run>, CaseError> {
        let (run, is_whole) = Run::begun(case, task, end)?;
        Ok(is_whole.then_some(run))
    }

    /// A run, and whether it came to its end before some time.
    fn begun(case: &Case<'_>, task: Option<&Task>, latest: Option<Instant>) -> Result<(Run, bool), CaseError> {
        let Prepared { function, training, validation, transforms } = case.prepared()?;
        let start = Parameters::initialize(&function, case.settings.seed)?;
        let mut end = start.clone();
        let mut history = Vec::new();
        let settings = Training { reports: REPORTS, checkpoint: None, ..case.settings };
        let mut is_late = false;
        let observe = |progress: Progress<'_>| {
            if let Progress::Scored(epoch) = progress {
                history.push(*epoch);
            }
            is_late |= latest.is_some_and(|latest| Instant::now() > latest);
            if is_late { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let mut observer = EverySteps { steps: EVERY, observe };
        let trained = train(&function, &mut end, &training, validation.as_ref(), &settings, &mut observer);
        let failure = match trained {
            Err(TrainError::Learn(error)) => return Err(error.into()),
            Err(diverged) => Some(diverged),
            Ok(_) => None,
        };
        let mut run = Run {
            function,
            training,
            validation,
            transforms,
            start,
            end,
            history,
            failure,
            measured: None,
            measured_at_start: None,
            validated: None,
        };
        // A change may make another prediction, say of a class each.
        let own = Task::of(&run.function, &case.training)?;
        let task = match (task, &own) {
            (Some(before), Some(own)) if own.target == before.target => Some(own),
            (before, _) => before,
        };
        if let Some(task) = task.filter(|_| !is_late) {
            run.measured_at_start = run.measure(task, &run.start, &run.training, &case.training);
            run.measured = match run.failure {
                Some(_) => Some(Measured::of_nothing(case.training.rows())),
                None => run.measure(task, &run.end, &run.training, &case.training),
            };
            run.validated = match (&run.validation, &case.validation) {
                (Some(rows), Some(raw)) => run.measure(task, &run.end, rows, raw),
                _ => None,
            };
        }
        Ok((run, !is_late))
    }

    /// The predictions for rows, in the units of the file.
    pub(crate) fn predictions(&self, parameters: &Parameters, rows: &Dataset) -> Option<Tensor> {
        let predictions = predictions(&self.function, parameters, rows).ok()?;
        Some(self.transforms.undone(&self.function, predictions))
    }

    /// How good predictions with these parameters are; `raw` are the same rows as the file has them.
    pub(crate) fn measure(
        &self,
        task: &Task,
        parameters: &Parameters,
        rows: &Dataset,
        raw: &Dataset,
    ) -> Option<Measured> {
        // What a model gives back is compared as the function has it.
        let is_outcome = self.function.outcomes.iter().any(|&id| self.function.name(id) == task.target);
        let (predictions, outcomes) = match is_outcome {
            true => (self.predictions(parameters, rows)?, raw.values(&task.target).ok()?),
            false => (predictions(&self.function, parameters, rows).ok()?, rows.values(&task.target).ok()?),
        };
        Some(task.measure(&predictions, &outcomes))
    }

    /// The objective before the first step, and at the end, if training got there.
    pub(crate) fn objectives(&self) -> Option<(f64, f64)> {
        Some((self.history.first()?.train.objective, self.history.last()?.train.objective))
    }
}
