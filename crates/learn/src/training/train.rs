//! The training loop: epochs over rows in shuffled order, one step a batch.

use chainrule_exec::run::End;
use chainrule_graph::{Function, Tensor};

use crate::data::dataset::Dataset;
use crate::error::LearnError;
use crate::evaluation::scores::{Scorer, at_its_row};
use crate::evaluation::tables::Tables;
use crate::parameters::Parameters;
use crate::random::{self, Purpose};
use crate::training::checkpoint::{Cause, Standing};
use crate::training::diverged::{TrainError, after, at_start, during};
use crate::training::patience;
use crate::training::progress::{Ending, Epoch, Position, Progress, Trained};
use crate::training::runner::Runner;
use crate::training::settings::{Checkpointing, Training};

/// Trains the parameters in place.
///
/// A step moves every parameter once, by the gradient of the mean objective over the rows of its batch. Errors: settings
/// out of their range, data or a checkpoint that do not fit, and a value that is not finite, with the node where that
/// began; the parameters are then as they were before.
pub fn train(
    function: &Function,
    parameters: &mut Parameters,
    training: &Dataset,
    validation: Option<&Dataset>,
    settings: &Training<'_>,
    observer: &mut dyn FnMut(Progress<'_>),
) -> Result<Trained, TrainError> {
    settings.check(training.rows())?;
    let tables = Tables::new(function, training);
    let validation_tables = validation.map(|data| Tables::new(function, data));
    let mut runner = Runner::new(&tables, parameters, settings)?;
    let fresh = runner.values()?.to_vec();
    let cause = settings.checkpoint.map(|file| (Cause::new(function, training, validation, settings), file));
    let mut at = match &cause {
        Some((cause, file)) if file.resume && file.path.exists() => {
            let standing = cause.load(file.path, &fresh)?;
            runner.restore(&standing.values);
            observer(Progress::Resumed(standing.position));
            standing
        }
        _ => {
            at_start(function, parameters, training)?;
            Standing { position: Position::default(), values: fresh, best: None, history: Vec::new() }
        }
    };
    let mut trained = parameters.clone();
    assign(&mut trained, &at.values)?;
    let scorer = |tables| Scorer::new(tables, settings.level);
    let mut on_training = scorer(&tables)?;
    let mut on_validation = validation_tables.as_ref().map(scorer).transpose()?;
    let mut objectives = Vec::new();
    let every = settings.epochs.div_ceil(settings.reports.max(1)).max(1);
    let ending = loop {
        if out_of_patience(&at, settings) {
            break Ending::OutOfPatience;
        }
        let Position { epoch: done, rows } = at.position;
        if done == settings.epochs {
            break Ending::Finished;
        }
        let epoch = done + 1;
        let all = order(training.rows(), epoch, settings);
        let order = all.get(rows..).unwrap_or_default();
        let run = runner.run(order, &mut objectives);
        let (used, end) = run.map_err(|error| at_its_row(error, function, &trained, training))?;
        let values = runner.values()?.to_vec();
        let finite = values.iter().all(|(_, value)| value.is_finite());
        if end == End::NotFinite || !finite {
            return Err(during(&mut runner, training, &order[..used], &at.values, at.position, settings)?);
        }
        at.values = values;
        assign(&mut trained, &at.values)?;
        if end == End::Stopped {
            at.position.rows += used;
            save(&cause, &at)?;
            break Ending::Stopped;
        }
        at.position = Position { epoch, rows: 0 };
        observer(Progress::Step { epoch, of: settings.epochs });
        let (mut train, mut valid) = (None, None);
        if settings.patience.is_some() {
            let watched = match &mut on_validation {
                Some(on_validation) => valid.insert(on_validation.scores(&trained)?),
                None => train.insert(on_training.scores(&trained)?),
            };
            patience::keep(&mut at.best, epoch, watched.objective, &trained);
        }
        let last = epoch == settings.epochs || out_of_patience(&at, settings);
        if last || epoch % every == 0 {
            let report = Epoch {
                epoch,
                train: train.map_or_else(|| on_training.scores(&trained), Ok)?,
                valid: match (valid, &mut on_validation) {
                    (None, Some(on_validation)) => Some(on_validation.scores(&trained)?),
                    (known, _) => known,
                },
            };
            if !report.train.objective.is_finite() {
                return Err(after(function, &trained, training, epoch, settings.rate)?);
            }
            observer(Progress::Epoch(&report));
            at.history.push(report);
        }
        if last || settings.checkpoint.is_some_and(|file| epoch % file.every == 0) {
            save(&cause, &at)?;
        }
    };
    let best = at.best.filter(|_| ending != Ending::Stopped);
    let epoch = best.as_ref().map(|best| best.epoch);
    *parameters = best.map_or(trained, |best| best.parameters);
    Ok(Trained { ending, position: at.position, best: epoch, history: at.history })
}

fn out_of_patience(at: &Standing, settings: &Training<'_>) -> bool {
    settings.patience.is_some_and(|patience| patience::is_over(at.best.as_ref(), at.position.epoch, patience))
}

fn assign(parameters: &mut Parameters, values: &[(String, Tensor)]) -> Result<(), LearnError> {
    for (name, value) in values {
        if parameters.get(name).is_ok() {
            parameters.set(name, value.clone())?;
        }
    }
    Ok(())
}

fn save(cause: &Option<(Cause<'_>, Checkpointing<'_>)>, standing: &Standing) -> Result<(), LearnError> {
    match cause {
        Some((cause, file)) => cause.save(file.path, standing),
        None => Ok(()),
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
