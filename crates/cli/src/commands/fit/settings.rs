//! The options of `chainrule fit` that say how a step moves the parameters, and in what it is computed.

use std::num::NonZero;
use std::thread::available_parallelism;

use chainrule::exec::compile::{Level, Precision};
use chainrule::learn::{Adam, Engine, Optimizer, Schedule, Training};
use clap::{Args, Command, FromArgMatches, ValueEnum};

use crate::error::CommandError;
use crate::options;

#[derive(Args, PartialEq)]
#[command(next_help_heading = "Steps")]
pub struct StepSettings {
    /// The rule that moves the parameters
    #[arg(long, value_name = "NAME", default_value = "sgd")]
    optimizer: OptimizerName,

    /// How much of the velocity stays, in [0, 1), for momentum and nesterov [default: 0.9]
    #[arg(long, value_name = "X", value_parser = options::share, allow_hyphen_values = true)]
    momentum: Option<f64>,

    /// How much of the mean of gradients stays, in [0, 1), for adam and adamw [default: 0.9]
    #[arg(long, value_name = "X", value_parser = options::share, allow_hyphen_values = true)]
    beta1: Option<f64>,

    /// How much of the mean of squares stays, in [0, 1), for adam and adamw [default: 0.999]
    #[arg(long, value_name = "X", value_parser = options::share, allow_hyphen_values = true)]
    beta2: Option<f64>,

    /// Added to the root, > 0, for adam, adamw, rmsprop [default: 1e-8] and adagrad [default: 1e-10]
    #[arg(long, value_name = "X", value_parser = options::above_zero, allow_hyphen_values = true)]
    epsilon: Option<f64>,

    /// How much of the mean of squares stays, in [0, 1), for rmsprop [default: 0.99]
    #[arg(long, value_name = "X", value_parser = options::share, allow_hyphen_values = true)]
    decay: Option<f64>,

    /// Scales the gradients down where their norm, of all together, is above X > 0
    #[arg(long, value_name = "X", value_parser = options::above_zero, allow_hyphen_values = true)]
    clip_norm: Option<f64>,

    /// Adds X times the parameter to each gradient, X ≥ 0, after clipping; for adamw, takes rate · X times the
    /// parameter off it instead [default: 0, for adamw 0.01]
    #[arg(long, value_name = "X", value_parser = options::not_negative, allow_hyphen_values = true)]
    weight_decay: Option<f64>,

    /// How the rate changes: not, by a factor now and then, or down to 0 along a cosine, perhaps after rising from 0
    #[arg(long, value_name = "NAME", default_value = "constant")]
    schedule: ScheduleName,

    /// After how many epochs the rate falls each time, for step [default: a third of the epochs]
    #[arg(long, value_name = "N", value_parser = options::count, allow_hyphen_values = true)]
    schedule_every: Option<usize>,

    /// What the rate is multiplied by when it falls, > 0, for step [default: 0.1]
    #[arg(long, value_name = "X", value_parser = options::above_zero, allow_hyphen_values = true)]
    schedule_factor: Option<f64>,

    /// How many epochs the rate rises, > 0 and less than --epochs, such as 0.5, for warmup-cosine [default: a tenth]
    #[arg(long, value_name = "N", value_parser = options::above_zero, allow_hyphen_values = true)]
    warmup: Option<f64>,

    /// The numbers to compute in
    #[arg(long, value_name = "NAME", default_value = "f64")]
    precision: PrecisionName,

    /// How many threads to use, at least 1; of more than there are cores, as many as these. The result is the same for any
    /// number
    #[arg(long, value_name = "N", default_value = "1", value_parser = options::count, allow_hyphen_values = true)]
    threads: usize,

    /// The vector instructions to use, of those that the machine has: portable, avx2, avx512 or neon. Another set
    /// rounds otherwise; machines that use the same get the same bits [default: the best]
    #[arg(long, value_name = "NAME")]
    simd: Option<Level>,

    /// What computes the steps: compiled programs, or the slow reference interpreter, in f64, to compare with
    #[arg(long, value_name = "NAME", default_value = "compiled")]
    engine: EngineName,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OptimizerName {
    Sgd,
    Momentum,
    Nesterov,
    Adam,
    Adamw,
    Rmsprop,
    Adagrad,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScheduleName {
    Constant,
    Step,
    Cosine,
    WarmupCosine,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PrecisionName {
    F32,
    F64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineName {
    Compiled,
    Reference,
}

impl StepSettings {
    /// Whether none of these options was given, or each with its default.
    pub fn are_default(&self) -> bool {
        let none = StepSettings::augment_args(Command::new("")).try_get_matches_from([""]);
        none.and_then(|none| StepSettings::from_arg_matches(&none)).is_ok_and(|default| default == *self)
    }

    /// The training that these options and `base` say. Errors name an option that has no meaning beside the others.
    pub fn training<'a>(&self, base: Training<'a>) -> Result<Training<'a>, CommandError> {
        self.check()?;
        let precision = match self.precision {
            PrecisionName::F32 if self.engine == EngineName::Reference => {
                return Err(CommandError::mistake(
                    "--precision: the reference computes in f64; --engine compiled has f32",
                ));
            }
            PrecisionName::F32 => Precision::F32,
            PrecisionName::F64 => Precision::F64,
        };
        if self.simd.is_some() && self.engine == EngineName::Reference {
            return Err(CommandError::mistake(
                "--simd: the reference uses no vector instructions; --engine compiled does",
            ));
        }
        if let Some(warmup) = self.warmup.filter(|&warmup| warmup >= base.epochs as f64) {
            let (name, epochs) = ("--warmup", base.epochs);
            return Err(CommandError::mistake(format!("{name}: {warmup} epochs of {epochs}; fewer would be right")));
        }
        Ok(Training {
            optimizer: self.optimizer(),
            clip_norm: self.clip_norm,
            weight_decay: match self.optimizer {
                OptimizerName::Adamw => 0.0,
                _ => self.weight_decay.unwrap_or(0.0),
            },
            schedule: self.schedule(base.epochs),
            precision,
            level: self.simd,
            threads: self.threads.min(available_parallelism().map_or(1, NonZero::get)),
            engine: match self.engine {
                EngineName::Compiled => Engine::Compiled,
                EngineName::Reference => Engine::Reference,
            },
            ..base
        })
    }

    fn optimizer(&self) -> Optimizer {
        let momentum = self.momentum.unwrap_or(0.9);
        let or = Adam::default();
        let adam = Adam {
            beta1: self.beta1.unwrap_or(or.beta1),
            beta2: self.beta2.unwrap_or(or.beta2),
            epsilon: self.epsilon.unwrap_or(or.epsilon),
        };
        match self.optimizer {
            OptimizerName::Sgd => Optimizer::Sgd,
            OptimizerName::Momentum => Optimizer::Momentum { momentum },
            OptimizerName::Nesterov => Optimizer::Nesterov { momentum },
            OptimizerName::Adam => Optimizer::Adam(adam),
            OptimizerName::Adamw => Optimizer::AdamW { adam, decay: self.weight_decay.unwrap_or(0.01) },
            OptimizerName::Rmsprop => {
                Optimizer::RmsProp { decay: self.decay.unwrap_or(0.99), epsilon: self.epsilon.unwrap_or(1e-8) }
            }
            OptimizerName::Adagrad => Optimizer::AdaGrad { epsilon: self.epsilon.unwrap_or(1e-10) },
        }
    }

    fn schedule(&self, epochs: usize) -> Schedule {
        match self.schedule {
            ScheduleName::Constant => Schedule::Constant,
            ScheduleName::Step => Schedule::Step {
                every: self.schedule_every.unwrap_or_else(|| epochs.div_ceil(3)),
                factor: self.schedule_factor.unwrap_or(0.1),
            },
            ScheduleName::Cosine => Schedule::Cosine,
            ScheduleName::WarmupCosine => {
                Schedule::WarmupCosine { warmup: self.warmup.unwrap_or(epochs as f64 / 10.0) }
            }
        }
    }

    /// The schedule of training, once it is known on how many rows: fewer steps than the epochs have shorten a warm-up of which
    /// nothing is said, too.
    pub fn shortened(&self, training: &Training<'_>, rows: usize) -> Schedule {
        match (training.schedule, self.warmup) {
            (Schedule::WarmupCosine { .. }, None) => {
                Schedule::WarmupCosine { warmup: training.length(rows).in_epochs() / 10.0 }
            }
            (schedule, _) => schedule,
        }
    }

    /// An error for an option that the chosen optimizer or schedule does not have.
    fn check(&self) -> Result<(), CommandError> {
        use OptimizerName::{Adagrad, Adam, Adamw, Momentum, Nesterov, Rmsprop};
        let constants: [(&str, bool, &[OptimizerName]); 5] = [
            ("--momentum", self.momentum.is_some(), &[Momentum, Nesterov]),
            ("--beta1", self.beta1.is_some(), &[Adam, Adamw]),
            ("--beta2", self.beta2.is_some(), &[Adam, Adamw]),
            ("--epsilon", self.epsilon.is_some(), &[Adam, Adamw, Rmsprop, Adagrad]),
            ("--decay", self.decay.is_some(), &[Rmsprop]),
        ];
        for (option, given, takers) in constants {
            if given {
                has(option, "--optimizer", self.optimizer, takers)?;
            }
        }
        let numbers = [
            ("--schedule-every", self.schedule_every.is_some(), ScheduleName::Step),
            ("--schedule-factor", self.schedule_factor.is_some(), ScheduleName::Step),
            ("--warmup", self.warmup.is_some(), ScheduleName::WarmupCosine),
        ];
        for (option, given, taker) in numbers {
            if given {
                has(option, "--schedule", self.schedule, &[taker])?;
            }
        }
        Ok(())
    }
}

/// An error unless `chosen` is one of those that take `option`.
fn has<N: ValueEnum + PartialEq>(option: &str, choice: &str, chosen: N, takers: &[N]) -> Result<(), CommandError> {
    if takers.contains(&chosen) {
        return Ok(());
    }
    let name = |name: &N| name.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string());
    let takers: Vec<String> = takers.iter().map(name).collect();
    let (chosen, takers) = (name(&chosen), takers.join(", "));
    Err(CommandError::mistake(format!("{option}: has no meaning with {choice} {chosen}; it does with {takers}")))
}
