//! The rows that a model is trained and validated on.

use chainrule::Function;
use chainrule::exec::compile::Precision;
use chainrule::learn::{Dataset, Transforms};

use crate::commands::fit::TrainingOptions;
use crate::error::CommandError;

/// The rows to train on and those to validate on, as the function takes them.
pub struct TrainingRows {
    /// Those to train on.
    pub training: Dataset,
    /// Those to validate on.
    pub validation: Option<Dataset>,
    /// What was done to both.
    pub transforms: Transforms,
}

impl TrainingRows {
    /// Splits the rows, or reads those to validate on, and transforms all by the statistics of those to train on.
    pub fn new(options: &TrainingOptions, function: &Function, data: Dataset) -> Result<TrainingRows, CommandError> {
        let (training, validation) = options.split(data)?;
        let mut transforms = Transforms::filling(&training);
        let filled = transforms.apply(&training)?;
        transforms = transforms.then(options.standardize.transforms(function, &filled)?);
        Ok(TrainingRows {
            training: transforms.apply(&training)?,
            validation: validation.map(|rows| transforms.apply(&rows)).transpose()?,
            transforms,
        })
    }

    /// The same as a run of this precision takes them.
    pub fn at(self, precision: Precision) -> TrainingRows {
        if precision == Precision::F64 {
            return self;
        }
        let validation = self.validation.map(Dataset::in_f32);
        TrainingRows { training: self.training.in_f32(), validation, ..self }
    }
}
