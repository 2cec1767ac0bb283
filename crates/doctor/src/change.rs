//! Changes that would mend a run: to the model's text, to a setting, or to the data.

use std::ops::Range;

use chainrule_learn::{Dataset, Field, LearnError, Optimizer, Role, Schedule};

use crate::case::{Case, CaseError, Scaling};

/// A change of one thing.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Stretches of the model's text are written anew.
    Model(Vec<Replacement>),
    /// A setting has another value.
    Setting(Setting),
    /// The rows are others.
    Data(DataChange),
}

/// A stretch of the model's text, and what stands there instead. An empty stretch is where something is put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The bytes.
    pub at: Range<usize>,
    /// What stands there instead.
    pub text: String,
}

/// A setting of training, and its other value.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// How far a step goes.
    Rate(f64),
    /// How often all rows are gone through; a limit of steps is lifted with it.
    Epochs(usize),
    /// After how many steps training ends, in as many epochs as that takes.
    Steps(usize),
    /// How many rows a step takes.
    Batch(usize),
    /// The rows in a new order each epoch.
    Shuffle,
    /// What is standardized.
    Scaling(Scaling),
    /// The rule that moves the parameters.
    Optimizer(Optimizer),
    /// How much of the velocity stays.
    Momentum(f64),
    /// What is added to the root of the mean of squared gradients.
    Epsilon(f64),
    /// The penalty on all parameters.
    WeightDecay(f64),
    /// The greatest norm of the gradient; none is no limit.
    ClipNorm(Option<f64>),
    /// How the rate changes.
    Schedule(Schedule),
    /// Ends after so many epochs without a better one on the validation rows.
    Patience(usize),
}

impl Setting {
    /// What it is called.
    pub fn name(&self) -> &'static str {
        match self {
            Setting::Rate(_) => "rate",
            Setting::Epochs(_) => "epochs",
            Setting::Steps(_) => "steps",
            Setting::Batch(_) => "batch",
            Setting::Shuffle => "shuffle",
            Setting::Scaling(_) => "standardize",
            Setting::Optimizer(_) => "optimizer",
            Setting::Momentum(_) => "momentum",
            Setting::Epsilon(_) => "epsilon",
            Setting::WeightDecay(_) => "weight_decay",
            Setting::ClipNorm(_) => "clip_norm",
            Setting::Schedule(_) => "schedule",
            Setting::Patience(_) => "patience",
        }
    }
}

/// A change of the rows to train on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataChange {
    /// An outcome moved down by so many rows, up if it is less than 0; what leaves at one end comes in at the other.
    OutcomeMoved {
        /// The outcome.
        outcome: String,
        /// By how many rows.
        by: isize,
    },
    /// Rows left out, by their indices in ascending order.
    RowsLeftOut(Vec<usize>),
    /// An element of an input that is the same in every row, so that it says nothing.
    ColumnLeftOut {
        /// The input.
        input: String,
        /// The element.
        element: usize,
    },
}

impl Change {
    /// A stretch of the model's text written anew.
    pub(crate) fn replace(at: Range<usize>, text: impl Into<String>) -> Change {
        Change::Model(vec![Replacement { at, text: text.into() }])
    }

    /// The case with the change.
    ///
    /// # Errors
    /// Rows that do not have what is to be changed.
    pub fn apply<'a>(&self, case: &Case<'a>) -> Result<Case<'a>, CaseError> {
        let mut changed = case.clone();
        match self {
            Change::Model(replacements) => changed.source = replaced(&case.source, replacements),
            Change::Setting(setting) => setting.apply(&mut changed),
            Change::Data(change) => {
                changed.training = change.apply(&case.training)?;
                if !matches!(change, DataChange::RowsLeftOut(_)) {
                    changed.validation = case.validation.as_ref().map(|rows| change.apply(rows)).transpose()?;
                }
            }
        }
        Ok(changed)
    }
}

/// The text with the stretches written anew. What is said twice, as of the body of a `def` that is called twice, is done once.
pub(crate) fn replaced(source: &str, replacements: &[Replacement]) -> String {
    let mut in_order: Vec<&Replacement> = replacements.iter().collect();
    in_order.sort_by_key(|replacement| (replacement.at.start, replacement.at.end));
    in_order.dedup();
    let (mut text, mut done) = (String::new(), 0);
    for Replacement { at, text: new } in in_order {
        if at.start < done {
            continue;
        }
        text += source.get(done..at.start).unwrap_or_default();
        text += new;
        done = done.max(at.end);
    }
    text + source.get(done..).unwrap_or_default()
}

impl Setting {
    fn apply(&self, case: &mut Case<'_>) {
        let settings = &mut case.settings;
        match self {
            Setting::Rate(rate) => settings.rate = *rate,
            Setting::Epochs(epochs) => (settings.epochs, settings.steps) = (*epochs, None),
            Setting::Steps(steps) => {
                settings.epochs =
                    settings.epochs.max(steps.saturating_mul(settings.batch) / case.training.rows().max(1) + 1);
                settings.steps = Some(*steps);
            }
            Setting::Batch(batch) => settings.batch = *batch,
            Setting::Shuffle => settings.shuffle = true,
            Setting::Scaling(scaling) => case.scaling = scaling.clone(),
            Setting::Optimizer(optimizer) => settings.optimizer = *optimizer,
            Setting::Momentum(momentum) => {
                let momentum = *momentum;
                settings.optimizer = match settings.optimizer {
                    Optimizer::Nesterov { .. } => Optimizer::Nesterov { momentum },
                    _ => Optimizer::Momentum { momentum },
                };
            }
            Setting::Epsilon(epsilon) => {
                if let Some(of_optimizer) = epsilon_of(&mut settings.optimizer) {
                    *of_optimizer = *epsilon;
                }
            }
            Setting::WeightDecay(decay) => {
                settings.weight_decay = *decay;
                if let Optimizer::AdamW { decay: of_adam, .. } = &mut settings.optimizer {
                    (*of_adam, settings.weight_decay) = (*decay, 0.0);
                }
            }
            Setting::ClipNorm(limit) => settings.clip_norm = *limit,
            Setting::Schedule(schedule) => settings.schedule = *schedule,
            Setting::Patience(patience) => settings.patience = Some(*patience),
        }
    }
}

/// What an optimizer adds to the root of the mean of squared gradients, if it takes one.
pub(crate) fn epsilon_of(optimizer: &mut Optimizer) -> Option<&mut f64> {
    match optimizer {
        Optimizer::Adam(adam) | Optimizer::AdamW { adam, .. } => Some(&mut adam.epsilon),
        Optimizer::RmsProp { epsilon, .. } | Optimizer::AdaGrad { epsilon } => Some(epsilon),
        Optimizer::Sgd | Optimizer::Momentum { .. } | Optimizer::Nesterov { .. } => None,
    }
}

impl DataChange {
    fn apply(&self, rows: &Dataset) -> Result<Dataset, LearnError> {
        match self {
            DataChange::OutcomeMoved { outcome, by } => moved(rows, outcome, *by),
            DataChange::RowsLeftOut(left_out) => {
                let kept: Vec<usize> = (0..rows.rows()).filter(|row| left_out.binary_search(row).is_err()).collect();
                Ok(rows.select(&kept))
            }
            DataChange::ColumnLeftOut { input, element } => with_values(rows, |field, mut values| {
                let size = field.shape.size();
                if field.name == *input && *element < size {
                    let column = || values.iter().skip(*element).step_by(size);
                    let mean = column().sum::<f64>() / column().count().max(1) as f64;
                    values.iter_mut().skip(*element).step_by(size).for_each(|value| *value = mean);
                }
                values
            }),
        }
    }
}

/// The rows with an outcome that was moved down by so many rows; what leaves at one end comes in at the other.
fn moved(rows: &Dataset, outcome: &str, by: isize) -> Result<Dataset, LearnError> {
    let count = rows.rows();
    let from = |row: usize| (row as isize - by).rem_euclid(count.max(1) as isize) as usize;
    let sources: Vec<usize> = (0..count).map(from).collect();
    let outcomes = rows.select(&sources);
    let fields = rows.fields().iter().map(|field| {
        let from = if field.role == Role::Outcome && field.name == outcome { &outcomes } else { rows };
        Ok((field.clone(), from.values(&field.name)?.into_owned()))
    });
    Dataset::new(rows.file(), count, fields.collect::<Result<Vec<_>, LearnError>>()?)
}

/// The rows with the values of each field made anew from those that it has.
pub(crate) fn with_values(rows: &Dataset, made: impl Fn(&Field, Vec<f64>) -> Vec<f64>) -> Result<Dataset, LearnError> {
    let fields = rows.fields().iter().map(|field| {
        let values = rows.values(&field.name)?.into_owned();
        Ok((field.clone(), made(field, values)))
    });
    Dataset::new(rows.file(), rows.rows(), fields.collect::<Result<Vec<_>, LearnError>>()?)
}
