//! The training loop: epochs over rows in shuffled order, one step a batch.

use std::sync::atomic::AtomicBool;

use chainrule_exec::compile::{End, Precision};
use chainrule_graph::Function;

use crate::dataset::Dataset;
use crate::diverged::{TrainError, at_start, during};
use crate::engine::{Engine, Runner};
use crate::error::LearnError;
use crate::optimizer::Optimizer;
use crate::parameters::Parameters;
use crate::random::{self, Purpose};
use crate::scores::{Scores, scores};

/// How to train.
#[derive(Clone, Copy, Debug)]
pub struct Training<'a> {
    /// How often all rows are gone through.
    pub epochs: usize,
    /// How many rows a step takes; more than there are means all.
    pub batch: usize,
    /// How far a step goes along the gradient.
    pub rate: f64,
    /// Whether each epoch takes the rows in a new random order.
    pub shuffle: bool,
    /// What the orders are drawn by.
    pub seed: u64,
    /// How parameters move.
    pub optimizer: Optimizer,
    /// The numbers that programs work in.
    pub precision: Precision,
    /// How many threads programs may use.
    pub threads: usize,
    /// What runs the steps.
    pub engine: Engine,
    /// How many epochs are reported at most, evenly spaced; the last one always is.
    pub reports: usize,
    /// Ends training after the current step once it is set.
    pub stop: Option<&'a AtomicBool>,
}

impl Default for Training<'_> {
    fn default() -> Self {
        Training {
            epochs: 100,
            batch: 1,
            rate: 0.01,
            shuffle: true,
            seed: 0,
            optimizer: Optimizer::Sgd,
            precision: Precision::F64,
            threads: 1,
            engine: Engine::Compiled,
            reports: 100,
            stop: None,
        }
    }
}

/// The scores after an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// The number of epochs so far.
    pub epoch: usize,
    /// The scores on the training rows.
    pub train: Scores,
    /// The scores on the validation rows, if there are any.
    pub valid: Option<Scores>,
}

/// What an observer of training is told.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// An epoch is done.
    Step {
        /// The number of epochs so far.
        epoch: usize,
        /// How many there will be.
        of: usize,
    },
    /// An epoch is done whose scores are reported.
    Epoch(&'a Epoch),
}

/// Trains the parameters in place and returns the scores of the reported epochs.
///
/// A step moves every parameter once, by the gradient of the mean objective over the rows of its batch. Errors: settings
/// out of their range, data that do not fit, and an objective that is not finite, with the node where that began; the
/// parameters are then as they were before.
pub fn train(
    function: &Function,
    parameters: &mut Parameters,
    training: &Dataset,
    validation: Option<&Dataset>,
    settings: &Training<'_>,
    observer: &mut dyn FnMut(Progress<'_>),
) -> Result<Vec<Epoch>, TrainError> {
    check(settings, training)?;
    at_start(function, parameters, training)?;
    let mut runner = Runner::new(function, parameters, training, settings)?;
    let mut trained = parameters.clone();
    let mut history = Vec::new();
    let mut objectives = Vec::new();
    let every = settings.epochs.div_ceil(settings.reports.max(1)).max(1);
    for epoch in 1..=settings.epochs {
        let before = runner.values()?.to_vec();
        let order = order(training.rows(), epoch, settings);
        let (used, end) = runner.run(&order, &mut objectives)?;
        if end == End::NotFinite {
            return Err(during(&mut runner, training, &order[..used], &before, epoch, settings)?);
        }
        observer(Progress::Step { epoch, of: settings.epochs });
        let last = epoch == settings.epochs || end == End::Stopped;
        if last || epoch % every == 0 {
            for (name, value) in runner.values()? {
                if parameters.get(name).is_ok() && trained.set(name, value.clone()).is_err() {
                    return Err(during(&mut runner, training, &order[..used], &before, epoch, settings)?);
                }
            }
            let valid = validation.map(|data| scores(function, &trained, data)).transpose()?;
            let report = Epoch { epoch, train: scores(function, &trained, training)?, valid };
            if !report.train.objective.is_finite() {
                return Err(during(&mut runner, training, &order[..used], &before, epoch, settings)?);
            }
            observer(Progress::Epoch(&report));
            history.push(report);
        }
        if last {
            break;
        }
    }
    *parameters = trained;
    Ok(history)
}

/// The rows of an epoch.
fn order(rows: usize, epoch: usize, settings: &Training<'_>) -> Vec<u32> {
    if !settings.shuffle {
        return (0..rows as u32).collect();
    }
    let mut generator = random::generator(settings.seed, Purpose::Order(epoch as u32));
    random::permutation(rows, &mut generator).into_iter().map(|row| row as u32).collect()
}

fn check(settings: &Training<'_>, training: &Dataset) -> Result<(), LearnError> {
    let wrong = |name, problem: &str| Err(LearnError::Setting { name, problem: problem.into() });
    if settings.epochs == 0 {
        return wrong("the number of epochs", "is 0; at least 1 would be right");
    }
    if settings.batch == 0 {
        return wrong("the batch", "is 0; at least 1 would be right");
    }
    if settings.threads == 0 {
        return wrong("the number of threads", "is 0; at least 1 would be right");
    }
    if !(settings.rate > 0.0 && settings.rate.is_finite()) {
        return wrong("the rate", &format!("is {}; a finite number above 0 would be right", settings.rate));
    }
    if training.rows() == 0 {
        return wrong("the training data", "has no rows");
    }
    Ok(())
}
