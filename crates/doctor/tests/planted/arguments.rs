//! The options of training, as they are given on the command line, and the settings that they mean.

use chainrule_doctor::Scaling;
use chainrule_learn::{Adam, Optimizer, Schedule, Training};

/// Options with their values; a switch has none.
#[derive(Clone, Debug, Default)]
pub struct Arguments(Vec<(String, String)>);

impl Arguments {
    /// Such as `epochs=20 batch=8 standardize`.
    pub fn new(text: &str) -> Arguments {
        let option = |word: &str| match word.split_once('=') {
            Some((name, value)) => (name.to_string(), value.to_string()),
            None => (word.to_string(), String::new()),
        };
        Arguments(text.split_whitespace().map(option).collect())
    }

    /// With these options set, or set otherwise.
    pub fn with(mut self, text: &str) -> Arguments {
        let Arguments(new) = Arguments::new(text);
        self.0.retain(|(name, _)| new.iter().all(|(other, _)| other != name));
        self.0.extend(new);
        self
    }

    /// Without an option.
    pub fn without(mut self, name: &str) -> Arguments {
        self.0.retain(|(own, _)| own != name);
        self
    }

    /// As they stand on the command line.
    pub fn line(&self) -> String {
        let option = |(name, value): &(String, String)| match (name.as_str(), value.as_str()) {
            (name, "") => format!("--{name}"),
            ("standardize", value) => format!("--standardize={value}"),
            (name, value) => format!("--{name} {value}"),
        };
        self.0.iter().map(option).collect::<Vec<_>>().join(" ")
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.get(name).map(|value| value.parse().unwrap_or_else(|_| panic!("--{name} {value}: no number")))
    }

    fn count(&self, name: &str) -> Option<usize> {
        self.number(name).map(|value| value as usize)
    }

    /// The share of rows that are held out.
    pub fn held_out(&self) -> Option<f64> {
        self.number("valid-split")
    }

    /// What is standardized.
    pub fn scaling(&self) -> Scaling {
        match self.get("standardize") {
            None => Scaling::None,
            Some("") => Scaling::Inputs,
            Some(names) => Scaling::Named(names.split(',').map(String::from).collect()),
        }
    }

    /// The settings of training.
    pub fn training(&self, seed: u64) -> Training<'static> {
        const KNOWN: [&str; 14] = [
            "epochs",
            "batch",
            "rate",
            "no-shuffle",
            "patience",
            "clip-norm",
            "weight-decay",
            "optimizer",
            "momentum",
            "schedule",
            "standardize",
            "valid-split",
            "schedule-every",
            "schedule-factor",
        ];
        if let Some((name, _)) = self.0.iter().find(|(name, _)| !KNOWN.contains(&name.as_str())) {
            panic!("--{name}: no such option here");
        }
        let default = Training::default();
        let epochs = self.count("epochs").unwrap_or(default.epochs);
        let is_adamw = self.get("optimizer") == Some("adamw");
        Training {
            epochs,
            batch: self.count("batch").unwrap_or(default.batch),
            rate: self.number("rate").unwrap_or(default.rate),
            shuffle: self.get("no-shuffle").is_none(),
            patience: self.count("patience"),
            clip_norm: self.number("clip-norm"),
            weight_decay: self.number("weight-decay").filter(|_| !is_adamw).unwrap_or(0.0),
            optimizer: self.optimizer(),
            schedule: match self.get("schedule") {
                None => Schedule::Constant,
                Some("cosine") => Schedule::Cosine,
                Some("step") => Schedule::Step {
                    every: self.count("schedule-every").unwrap_or_else(|| epochs.div_ceil(3)),
                    factor: self.number("schedule-factor").unwrap_or(0.1),
                },
                Some(other) => panic!("--schedule {other}: no such schedule here"),
            },
            seed,
            ..default
        }
    }

    fn optimizer(&self) -> Optimizer {
        let momentum = self.number("momentum").unwrap_or(0.9);
        match self.get("optimizer") {
            None => Optimizer::Sgd,
            Some("momentum") => Optimizer::Momentum { momentum },
            Some("nesterov") => Optimizer::Nesterov { momentum },
            Some("adam") => Optimizer::Adam(Adam::default()),
            Some("adamw") => {
                Optimizer::AdamW { adam: Adam::default(), decay: self.number("weight-decay").unwrap_or(0.01) }
            }
            Some("rmsprop") => Optimizer::RmsProp { decay: 0.99, epsilon: 1e-8 },
            Some("adagrad") => Optimizer::AdaGrad { epsilon: 1e-10 },
            Some(other) => panic!("--optimizer {other}: no such optimizer here"),
        }
    }
}
