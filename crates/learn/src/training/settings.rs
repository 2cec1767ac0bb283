//! How to train: the settings, and their ranges.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use chainrule_exec::compile::{Level, Options, Precision};
use serde_json::{Map, Value, json};

use crate::error::LearnError;
use crate::evaluation::tables::data_nodes;
use crate::optimizer::Optimizer;
use crate::training::schedule::{Length, Schedule};
use crate::training::step::{Step, StepOptions};

/// f32 holds every whole number up to here; a count of steps stands still there.
const LAST_COUNT_IN_F32: f64 = (1 << f32::MANTISSA_DIGITS) as f64;

/// How to train: the settings of [`train`](crate::train()), and their defaults.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use chainrule_graph::{Builder, Initializer};
/// use chainrule_learn::{Adam, Dataset, Ending, Field, Optimizer, Parameters, Progress, Training, train};
///
/// // (w x + b − y)² on four points of y = 2 x + 1
/// let builder = Builder::new();
/// let (x, y) = (builder.input("x", []), builder.outcome("y", []));
/// let [w, b] = ["w", "b"].map(|name| builder.parameter(name, [], Initializer::Constant(0.0)));
/// builder.prediction(w * x + b);
/// builder.objective((w * x + b - y).power(2.0));
/// let function = builder.finish()?;
/// let fields = [Field::of(&function, "x")?, Field::of(&function, "y")?];
/// let values = [vec![0.0, 1.0, 2.0, 3.0], vec![1.0, 3.0, 5.0, 7.0]];
/// let data = Dataset::new("the points", 4, fields.into_iter().zip(values))?;
///
/// // 400 epochs at most, each of one step on all four rows; ended by the observer once the error is small.
/// let optimizer = Optimizer::Adam(Adam::default());
/// let settings = Training { epochs: 400, batch: 4, rate: 0.1, optimizer, ..Training::default() };
/// let mut parameters = Parameters::initialize(&function, 0)?;
/// let trained = train(&function, &mut parameters, &data, None, &settings, &mut |progress: Progress<'_>| {
///     match progress {
///         Progress::Scored(epoch) if epoch.train.objective < 1e-4 => ControlFlow::Break(()),
///         _ => ControlFlow::Continue(()),
///     }
/// })?;
/// assert_eq!(trained.ending, Ending::Stopped);
/// assert!((parameters.get("w")?.item() - 2.0).abs() < 0.05);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Training<'a> {
    /// How often all rows are gone through.
    pub epochs: usize,
    /// Ends training after so many steps, in the midst of an epoch if need be, where that comes before the end of the epochs.
    pub steps: Option<usize>,
    /// How many rows a step takes; more than there are means all.
    pub batch: usize,
    /// How far a step goes along the gradient.
    pub rate: f64,
    /// How the rate changes.
    pub schedule: Schedule,
    /// Whether each epoch takes the rows in a new random order.
    pub shuffle: bool,
    /// What the orders are drawn by.
    pub seed: u64,
    /// How parameters move.
    pub optimizer: Optimizer,
    /// The greatest norm of all gradients together; longer ones are scaled down to it.
    pub clip_norm: Option<f64>,
    /// λ of the penalty ½λ‖w‖² on every parameter, whose gradient λw is added after clipping. AdamW has a decay of its
    /// own.
    pub weight_decay: f64,
    /// Ends training once so many epochs in a row did not better the objective on the validation rows, or on the
    /// training rows if there are no others. The parameters are then those of the best epoch, unless training is stopped.
    pub patience: Option<usize>,
    /// The precision that programs work in.
    pub precision: Precision,
    /// The SIMD level that programs run at; none is the machine's best. Another level rounds otherwise, and one that
    /// machines have in common gives them the same bits.
    pub level: Option<Level>,
    /// How many threads programs may use.
    pub threads: usize,
    /// What runs the steps.
    pub engine: Engine,
    /// How many epochs are reported at most, evenly spaced; the last one always is, and before the first step epoch 0.
    pub reports: usize,
    /// Ends training after the current step once it is set.
    pub stop: Option<&'a AtomicBool>,
    /// Where training is kept, to go on with it later.
    pub checkpoint: Option<Checkpointing<'a>>,
}

/// What runs the steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Compiled programs.
    #[default]
    Compiled,
    /// The reference interpreter: f64, one op after another, slow.
    Reference,
}

/// How training is kept in a file while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpointing<'a> {
    /// The file.
    pub path: &'a Path,
    /// After how many epochs it is written, each time; it also is when training ends or is stopped.
    pub every: usize,
    /// Whether to go on from the file, if it is there; otherwise training begins anew, and the file is replaced.
    pub resume: bool,
}

impl Default for Training<'_> {
    fn default() -> Self {
        Training {
            epochs: 100,
            steps: None,
            batch: 1,
            rate: 0.01,
            schedule: Schedule::Constant,
            shuffle: true,
            seed: 0,
            optimizer: Optimizer::Sgd,
            clip_norm: None,
            weight_decay: 0.0,
            patience: None,
            precision: Precision::F64,
            level: None,
            threads: 1,
            engine: Engine::Compiled,
            reports: 100,
            stop: None,
            checkpoint: None,
        }
    }
}

impl Training<'_> {
    /// The step of this training on so many rows.
    pub fn step_options(&self, rows: usize) -> StepOptions {
        StepOptions {
            optimizer: self.optimizer,
            rate: self.rate,
            schedule: self.schedule,
            length: self.length(rows),
            clip_norm: self.clip_norm,
            weight_decay: self.weight_decay,
        }
    }

    /// How long this training takes on so many rows.
    pub fn length(&self, rows: usize) -> Length {
        Length { epochs: self.epochs, steps: rows.div_ceil(self.batch.clamp(1, rows.max(1))), end: self.steps }
    }

    /// How a step of this training is compiled: a program takes rows for the inputs and then the outcomes, reports the
    /// objective, and ends at a step whose objective is not finite.
    pub fn program_options(&self, step: &Step) -> Options {
        Options {
            precision: self.precision,
            level: self.level,
            threads: self.threads,
            streams: data_nodes(&step.function),
            batch: step.size,
            outputs: vec![step.objective],
            finite: Some(step.objective),
        }
    }

    /// An error if a setting is out of its range.
    pub(crate) fn check(&self, rows: usize) -> Result<(), LearnError> {
        let counts = [
            ("the number of epochs", Some(self.epochs)),
            ("the batch", Some(self.batch)),
            ("the number of threads", Some(self.threads)),
            ("the number of steps", self.steps),
            ("the patience", self.patience),
            ("the number of epochs between checkpoints", self.checkpoint.map(|checkpoint| checkpoint.every)),
        ];
        if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == Some(0)) {
            return Err(wrong(name, "is 0; at least 1 would be right"));
        }
        above_zero("the rate", self.rate)?;
        above_zero("the norm to clip to", self.clip_norm.unwrap_or(1.0))?;
        not_negative("the weight decay", self.weight_decay)?;
        for (name, value) in self.optimizer.constants() {
            match name {
                "epsilon" => above_zero(name, value)?,
                "weight decay" => not_negative(name, value)?,
                _ if (0.0..1.0).contains(&value) => {}
                _ => return Err(wrong(name, format!("is {value}; a number in [0, 1) would be right"))),
            }
        }
        match self.schedule {
            Schedule::Constant | Schedule::Cosine => {}
            Schedule::Step { every: 0, .. } => {
                return Err(wrong("the schedule", "has steps of 0 epochs; at least 1 would be right"));
            }
            Schedule::Step { factor, .. } => above_zero("the factor of the schedule", factor)?,
            Schedule::WarmupCosine { warmup } if warmup > 0.0 && warmup < self.length(rows).in_epochs() => {}
            Schedule::WarmupCosine { warmup } => {
                let range = format!("more than 0 and less than the {} of training", self.length(rows).in_epochs());
                return Err(wrong("the warmup", format!("takes {warmup} epochs; {range} would be right")));
            }
        }
        let counted = self.schedule.counts(self.step_options(rows).length);
        if self.precision == Precision::F32 && counted >= LAST_COUNT_IN_F32 {
            let limit = format!("f32 counts to {LAST_COUNT_IN_F32} only; f64, or larger batches, would be right");
            return Err(wrong("the schedule", format!("counts {counted} steps, and {limit}")));
        }
        Ok(())
    }

    /// The settings by their names, for whoever wants to know how a saved model was trained.
    pub fn settings(&self) -> Map<String, Value> {
        let constants: Map<String, Value> =
            self.optimizer.constants().into_iter().map(|(name, value)| (name.to_string(), value.into())).collect();
        let settings = [
            ("epochs", json!(self.epochs)),
            ("steps", json!(self.steps)),
            ("batch", json!(self.batch)),
            ("rate", json!(self.rate)),
            ("shuffle", json!(self.shuffle)),
            ("seed", json!(self.seed)),
            ("patience", json!(self.patience)),
            ("optimizer", json!(self.optimizer.name())),
            ("constants", Value::Object(constants)),
            ("schedule", json!(self.schedule.name())),
            ("clip_norm", json!(self.clip_norm)),
            ("weight_decay", json!(self.weight_decay)),
            ("precision", json!(if self.precision == Precision::F32 { "f32" } else { "f64" })),
        ];
        settings.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
    }

    /// The settings that the course of training follows from, by the names that a person knows.
    pub(crate) fn course(&self, rows: usize) -> Map<String, Value> {
        let schedule = match self.schedule {
            Schedule::Constant => json!({}),
            Schedule::Step { every, factor } => json!({ "every": every, "factor": factor }),
            Schedule::Cosine => json!({ "epochs": self.epochs, "steps": self.steps }),
            Schedule::WarmupCosine { warmup } => {
                json!({ "epochs": self.epochs, "steps": self.steps, "warmup": warmup })
            }
        };
        let constants: Map<String, Value> =
            self.optimizer.constants().into_iter().map(|(name, value)| (name.to_string(), value.into())).collect();
        let course = [
            ("batch", json!(self.batch.min(rows))),
            ("rate", json!(self.rate)),
            ("schedule", json!(self.schedule.name())),
            ("schedule's numbers", schedule),
            ("shuffle", json!(self.shuffle)),
            ("seed", json!(self.seed)),
            ("optimizer", json!(self.optimizer.name())),
            ("optimizer's constants", Value::Object(constants)),
            ("clip norm", json!(self.clip_norm)),
            ("weight decay", json!(self.weight_decay)),
            ("patience", json!(self.patience)),
            ("precision", json!(if self.precision == Precision::F32 { "f32" } else { "f64" })),
            ("engine", json!(if self.engine == Engine::Compiled { "compiled" } else { "reference" })),
        ];
        course.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
    }
}

fn wrong(name: &'static str, problem: impl Into<String>) -> LearnError {
    LearnError::Setting { name, problem: problem.into() }
}

fn above_zero(name: &'static str, value: f64) -> Result<(), LearnError> {
    match value > 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(wrong(name, format!("is {value}; a finite number > 0 would be right"))),
    }
}

fn not_negative(name: &'static str, value: f64) -> Result<(), LearnError> {
    match value >= 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(wrong(name, format!("is {value}; a finite number ≥ 0 would be right"))),
    }
}
