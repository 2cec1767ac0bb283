//! The training loop: epochs over rows in shuffled order, one step a batch.

use std::ops::ControlFlow;

use chainrule_exec::run::End;
use chainrule_graph::{Function, Tensor};

use crate::data::dataset::Dataset;
use crate::error::LearnError;
use crate::evaluation::scores::{Scorer, Scores, at_its_row};
use crate::evaluation::scoring::Scoring;
use crate::evaluation::tables::Tables;
use crate::parameters::Parameters;
use crate::random::{self, Purpose};
use crate::training::checkpoint::{Provenance, TrainingState};
use crate::training::diverged::{Cause, TrainError};
use crate::training::not_finite::{at_rows, check_start, during_steps};
use crate::training::patience;
use crate::training::progress::{Ending, Epoch, Observer, Position, Progress, StepReport, Trained};
use crate::training::runner::Runner;
use crate::training::settings::{Checkpointing, Training};
use crate::training::smaller_rate::{has_grown, is_no_worse, smaller_rate};
use crate::training::step::RATE;

/// Trains the parameters in place.
///
/// A step moves every parameter once, by the gradient of the mean objective over the rows of its batch.
///
/// # Errors
/// Settings out of their range, data or a checkpoint that do not fit; a value that is not finite, with the node
/// where that began; and an objective that has grown by more than 10⁶ times what it was, or 10⁶ if that is more. The
/// parameters are then as they were before.
pub fn train(
    function: &Function,
    parameters: &mut Parameters,
    training: &Dataset,
    validation: Option<&Dataset>,
    settings: &Training<'_>,
    observer: &mut dyn Observer,
) -> Result<Trained, TrainError> {
    for (name, data) in [("the training data", Some(training)), ("the validation data", validation)] {
        if data.is_some_and(|data| data.rows() == 0) {
            return Err(LearnError::Setting { name, problem: "has no rows".into() }.into());
        }
    }
    settings.check(training.rows())?;
    let tables = Tables::new(function, training);
    let validation = validation.map(|data| Tables::new(function, data));
    let mut training_loop = TrainingLoop::new(&tables, validation.as_ref(), parameters, settings, observer)?;
    let ending = training_loop.run()?;
    let best = training_loop.state.best.filter(|_| ending != Ending::Stopped);
    let trained = Trained {
        ending,
        position: training_loop.state.position,
        best: best.as_ref().map(|best| best.epoch),
        history: training_loop.state.history,
    };
    *parameters = best.map_or(training_loop.parameters, |best| best.parameters);
    Ok(trained)
}

/// Training under way.
struct TrainingLoop<'a> {
    function: &'a Function,
    training: &'a Dataset,
    settings: &'a Training<'a>,
    observer: &'a mut dyn Observer,
    runner: Runner<'a>,
    on_training: Scorer<'a>,
    on_validation: Option<Scorer<'a>>,
    checkpoint: Option<(Provenance<'a>, Checkpointing<'a>)>,
    /// Where it is; its values are those at the beginning of the rows that run.
    state: TrainingState,
    /// The values at the last report.
    kept: Vec<(String, Tensor)>,
    /// The function's parameters, at the values of the state.
    parameters: Parameters,
    /// Whether the observer wants no more.
    is_stopped: bool,
}

impl<'a> TrainingLoop<'a> {
    /// Training that begins, or goes on from its checkpoint.
    fn new(
        tables: &'a Tables<'a>,
        validation: Option<&'a Tables<'a>>,
        parameters: &Parameters,
        settings: &'a Training<'a>,
        observer: &'a mut dyn Observer,
    ) -> Result<TrainingLoop<'a>, TrainError> {
        let (function, training) = (tables.function, tables.data);
        let mut runner = Runner::new(tables, parameters, settings)?;
        let fresh = runner.values()?.to_vec();
        let provenance = || Provenance::new(function, training, validation.map(|tables| tables.data), settings);
        let checkpoint = settings.checkpoint.map(|file| (provenance(), file));
        let mut is_stopped = false;
        let state = match &checkpoint {
            Some((provenance, file)) if file.resume && file.path.exists() => {
                let state = provenance.load(file.path, &fresh)?;
                runner.restore(&state.values);
                is_stopped = observer.observe(Progress::Resumed(state.position)).is_break();
                state
            }
            _ => {
                check_start(function, parameters, training)?;
                TrainingState { position: Position::default(), values: fresh, best: None, history: Vec::new() }
            }
        };
        let scoring = Scoring::of(function, training)?;
        let scorer = |tables| Scorer::new(tables, &scoring, settings.level);
        let mut training_loop = TrainingLoop {
            function,
            training,
            settings,
            observer,
            runner,
            on_training: scorer(tables)?,
            on_validation: validation.map(scorer).transpose()?,
            checkpoint,
            kept: state.values.clone(),
            state,
            parameters: parameters.clone(),
            is_stopped,
        };
        training_loop.update_parameters()?;
        Ok(training_loop)
    }

    fn run(&mut self) -> Result<Ending, TrainError> {
        if self.state.history.is_empty() && self.state.position == Position::default() {
            self.report(None, None)?;
        }
        loop {
            if self.is_out_of_patience() {
                return Ok(Ending::OutOfPatience);
            }
            if self.state.position.epoch == self.settings.epochs || self.steps_left() == Some(0) {
                return Ok(Ending::Finished);
            }
            if self.is_stopped {
                return Ok(Ending::Stopped);
            }
            match self.run_epoch()? {
                ControlFlow::Continue(()) => self.end_epoch()?,
                ControlFlow::Break(()) => {
                    self.save()?;
                    return Ok(Ending::Stopped);
                }
            }
        }
    }

    /// Runs the rows of the epoch that are left, all of them unless it is stopped before.
    fn run_epoch(&mut self) -> Result<ControlFlow<()>, TrainError> {
        let Position { epoch, rows } = self.state.position;
        let order = order(self.training.rows(), epoch + 1, self.settings);
        let order = order.get(rows..).unwrap_or_default();
        let most = self.steps_left().map_or(usize::MAX, |steps| steps.saturating_mul(self.batch()));
        let is_whole = order.len() <= most;
        let order = &order[..order.len().min(most)];
        let (used, end) = self.run_rows(order)?;
        let values = self.runner.values()?.to_vec();
        if end == End::NotFinite || !values.iter().all(|(_, value)| value.is_finite()) {
            let TrainingState { values, position, .. } = &self.state;
            return Err(during_steps(
                &mut self.runner,
                self.training,
                &order[..used],
                [values, &self.kept],
                *position,
                self.settings,
            )?);
        }
        self.state.values = values;
        self.update_parameters()?;
        if end == End::Stopped {
            self.state.position.rows += used;
            return Ok(ControlFlow::Break(()));
        }
        if !is_whole {
            self.state.position.rows += used;
            return Ok(ControlFlow::Continue(()));
        }
        self.state.position = Position { epoch: epoch + 1, rows: 0 };
        Ok(ControlFlow::Continue(()))
    }

    fn batch(&self) -> usize {
        self.settings.batch.min(self.training.rows())
    }

    /// How many steps may follow, if they are counted.
    fn steps_left(&self) -> Option<usize> {
        let Position { epoch, rows } = self.state.position;
        let done = epoch * self.training.rows().div_ceil(self.batch()) + rows.div_ceil(self.batch());
        self.settings.steps.map(|steps| steps.saturating_sub(done))
    }

    /// Runs steps over the rows of `order`, in one go or as many at a time as the observer asks for. Returns how many
    /// rows were used up, and how it ended.
    fn run_rows(&mut self, order: &[u32]) -> Result<(usize, End), TrainError> {
        let batch = self.batch();
        let (mut used, mut end, mut objectives) = (0, End::Finished, Vec::new());
        while used < order.len() && end == End::Finished {
            let every = self.observer.every_steps();
            let most = every.map_or(usize::MAX, |steps| steps.max(1).saturating_mul(batch));
            let rows = &order[used..][..most.min(order.len() - used)];
            let run = self.runner.run(rows, &mut objectives);
            let run = run.map_err(|error| at_its_row(error, self.function, &self.parameters, self.training))?;
            used += run.0;
            end = run.1;
            if every.is_some() && run.0 > 0 && end != End::NotFinite {
                let Position { epoch, rows: before } = self.state.position;
                let report = StepReport {
                    position: Position { epoch, rows: before + used },
                    rows: &rows[..run.0],
                    objectives: &objectives,
                    runner: &self.runner,
                };
                self.is_stopped |= self.observer.observe(Progress::Steps(report)).is_break();
            }
            if self.is_stopped && used < order.len() && end == End::Finished {
                end = End::Stopped;
            }
        }
        Ok((used, end))
    }

    /// Tells of the epoch that is done, scores it where that is due, and keeps where training is.
    fn end_epoch(&mut self) -> Result<(), TrainError> {
        let (epoch, of) = (self.state.position.epoch, self.settings.epochs);
        self.tell(Progress::EpochDone { epoch, of });
        let (train, valid) = self.watch()?;
        let last = epoch == of || self.steps_left() == Some(0) || self.is_out_of_patience();
        let every = of.div_ceil(self.settings.reports.max(1)).max(1);
        if last || epoch.is_multiple_of(every) {
            self.report(train, valid)?;
        }
        let is_due = self.settings.checkpoint.is_some_and(|file| epoch.is_multiple_of(file.every));
        if last || is_due || self.is_stopped {
            self.save()?;
        }
        Ok(())
    }

    /// The scores that patience looks at, if there is a patience; those of the best epoch so far are kept with its
    /// parameters.
    fn watch(&mut self) -> Result<(Option<Scores>, Option<Scores>), LearnError> {
        let (mut train, mut valid) = (None, None);
        if self.settings.patience.is_some() {
            let watched = match &mut self.on_validation {
                Some(on_validation) => valid.insert(on_validation.scores(&self.parameters)?),
                None => train.insert(self.on_training.scores(&self.parameters)?),
            };
            let epoch = self.state.position.epoch;
            patience::keep(&mut self.state.best, epoch, watched.objective, &self.parameters);
        }
        Ok((train, valid))
    }

    /// Reports the scores of the epoch, those that are not known yet computed.
    fn report(&mut self, train: Option<Scores>, valid: Option<Scores>) -> Result<(), TrainError> {
        let Position { epoch, rows } = self.state.position;
        let report = Epoch {
            // One that ends in its midst counts as one.
            epoch: epoch + usize::from(rows > 0),
            train: train.map_or_else(|| self.on_training.scores(&self.parameters), Ok)?,
            valid: match (valid, &mut self.on_validation) {
                (None, Some(on_validation)) => Some(on_validation.scores(&self.parameters)?),
                (known, _) => known,
            },
        };
        let objective = report.train.objective;
        let start = self.state.history.first().map_or(objective, |first| first.train.objective);
        let grown = has_grown(start, objective).then_some((start, objective));
        if !objective.is_finite() || grown.is_some() {
            return Err(self.diverged(report.epoch, grown.filter(|_| objective.is_finite()))?);
        }
        self.kept.clone_from(&self.state.values);
        self.tell(Progress::Scored(&report));
        self.state.history.push(report);
        Ok(())
    }

    /// What went wrong where the objective of all rows is not finite after an epoch, or has grown: the rate, if a smaller one
    /// leaves the objective no higher after that epoch, from the values at the last report on.
    fn diverged(&mut self, epoch: usize, grown: Option<(f64, f64)>) -> Result<TrainError, TrainError> {
        let order = order(self.training.rows(), epoch, self.settings);
        let mut parameters = self.parameters.clone();
        let before = self.state.history.last().map_or(f64::INFINITY, |report| report.train.objective);
        self.runner.ignore_stop();
        let smaller = smaller_rate(self.settings.rate, |rate| {
            self.runner.restore(&self.kept);
            self.runner.set(RATE, Tensor::scalar(rate));
            let (_, end) = self.runner.run(&order, &mut Vec::new())?;
            let values = self.runner.values()?;
            if end != End::Finished || !values.iter().all(|(_, value)| value.is_finite()) {
                return Ok(false);
            }
            for (name, value) in values.iter().filter(|(name, _)| self.parameters.get(name).is_ok()) {
                parameters.set(name, value.clone())?;
            }
            let found = self.on_training.scores(&parameters)?.objective;
            Ok(found.is_finite() && is_no_worse(before, found))
        })?;
        let cause = smaller.map_or(Cause::Row, Cause::Rate);
        Ok(at_rows(self.function, &self.parameters, self.training, (epoch, self.settings.rate), cause, grown)?)
    }

    fn tell(&mut self, progress: Progress<'_>) {
        self.is_stopped |= self.observer.observe(progress).is_break();
    }

    fn is_out_of_patience(&self) -> bool {
        let TrainingState { best, position, .. } = &self.state;
        self.settings.patience.is_some_and(|patience| patience::is_over(best.as_ref(), position.epoch, patience))
    }

    /// Gives the function's parameters and states the values that training is at, in which the optimizer has states, too.
    fn update_parameters(&mut self) -> Result<(), LearnError> {
        for (name, value) in &self.state.values {
            if self.parameters.get(name).is_ok() {
                self.parameters.set(name, value.clone())?;
            }
        }
        Ok(())
    }

    fn save(&self) -> Result<(), LearnError> {
        match &self.checkpoint {
            Some((provenance, file)) => provenance.save(file.path, &self.state),
            None => Ok(()),
        }
    }
}

/// The rows of an epoch.
fn order(rows: usize, epoch: usize, settings: &Training<'_>) -> Vec<u32> {
    if !settings.shuffle {
        return (0..rows as u32).collect();
    }
    let mut generator = random::generator(settings.seed, Purpose::Order(epoch as u32));
    random::permutation(rows, &mut generator).into_iter().map(|row| row as u32).collect()
}
