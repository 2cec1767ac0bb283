//! The options that say how a model is trained on a table: those that `fit` and `doctor` share.

use std::path::PathBuf;

use chainrule::learn::{Dataset, Training};
use clap::Args;

use super::StepSettings;
use crate::data::TableOptions;
use crate::error::CommandError;
use crate::options::{self, ModelOptions};
use crate::standardize::StandardizeOption;

/// A model, a table, and how the one is trained on the other.
#[derive(Args)]
pub struct TrainingOptions {
    #[command(flatten)]
    pub model: ModelOptions,

    #[command(flatten)]
    pub table: TableOptions,

    /// A table to validate on, with the same columns
    #[arg(long, value_name = "V.csv", conflicts_with = "valid_split")]
    pub valid: Option<PathBuf>,

    /// The share of rows to hold out for validation, in (0, 1), drawn by the seed
    #[arg(long, value_name = "F", value_parser = options::fraction, allow_hyphen_values = true)]
    pub valid_split: Option<f64>,

    /// How often all rows are gone through
    #[arg(long, value_name = "N", default_value = "100", value_parser = options::count, allow_hyphen_values = true)]
    pub epochs: usize,

    /// Ends training after N steps, in the midst of an epoch if need be
    #[arg(long, value_name = "N", value_parser = options::count, allow_hyphen_values = true)]
    pub steps: Option<usize>,

    /// How many rows a step takes; more than there are means all
    #[arg(long, value_name = "N", default_value = "1", value_parser = options::count, allow_hyphen_values = true)]
    pub batch: usize,

    /// How far a step goes along the gradient, > 0
    #[arg(long, value_name = "R", default_value = "0.01", value_parser = options::above_zero, allow_hyphen_values = true)]
    pub rate: f64,

    /// Takes the rows in a new random order each epoch (the default)
    #[arg(long, conflicts_with = "no_shuffle")]
    pub shuffle: bool,

    /// Takes the rows in the order of the table
    #[arg(long)]
    pub no_shuffle: bool,

    /// The seed of initial values, orders and the split
    #[arg(long, value_name = "N", default_value = "0", value_parser = options::seed, allow_hyphen_values = true)]
    pub seed: u64,

    #[command(flatten)]
    pub standardize: StandardizeOption,

    /// Ends training after N epochs in a row that did not better the objective on the validation rows, or on the
    /// training rows if there are no others, and takes the parameters of the best epoch
    #[arg(long, value_name = "N", value_parser = options::count, allow_hyphen_values = true)]
    pub patience: Option<usize>,

    #[command(flatten)]
    pub step: StepSettings,
}

impl TrainingOptions {
    /// The rows to train on and those to validate on: read, or split off by the seed.
    pub fn split(&self, data: Dataset) -> Result<(Dataset, Option<Dataset>), CommandError> {
        match (&self.valid, self.valid_split) {
            (Some(path), _) => {
                let table = self.table.separator.read(path)?;
                table.check_counts(data.fields(), &self.table.columns.map)?;
                let valid = table.dataset(data.fields(), self.table.columns.drops_rows())?;
                Ok((data, Some(valid)))
            }
            (None, Some(fraction)) => {
                let split = data.split(fraction, self.seed);
                let (training, validation) = split.map_err(|error| CommandError::of_option("--valid-split", &error))?;
                Ok((training, Some(validation)))
            }
            (None, None) => Ok((data, None)),
        }
    }

    /// The training that they say.
    pub fn training(&self) -> Result<Training<'_>, CommandError> {
        let base = Training {
            epochs: self.epochs,
            steps: self.steps,
            batch: self.batch,
            rate: self.rate,
            shuffle: !self.no_shuffle,
            seed: self.seed,
            patience: self.patience,
            ..Training::default()
        };
        self.step.training(base)
    }
}
