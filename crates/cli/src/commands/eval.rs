//! `chainrule eval`: how well a trained model does on a table.

use std::path::PathBuf;

use chainrule::learn::scores;
use clap::Args;

use crate::data::{Loaded, check_finite};
use crate::error::CommandError;
use crate::format;
use crate::json::{self, Object};
use crate::output::StandardOutput;
use crate::tables::SeparatorOption;

/// Scores a trained model on a table that has the outcomes
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Eval {
    /// The model, a file that fit saved
    #[arg(value_name = "M.safetensors")]
    model: PathBuf,

    /// The table, CSV, perhaps compressed by gzip; - is standard input
    #[arg(long, value_name = "X.csv")]
    data: PathBuf,

    #[command(flatten)]
    separator: SeparatorOption,

    /// Prints one line of JSON: objective, and mse or accuracy
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  chainrule eval model.safetensors --data test.csv
  chainrule eval model.safetensors --data test.csv.gz --json";

impl Eval {
    /// Scores it.
    pub fn run(self, output: &mut StandardOutput) -> Result<(), CommandError> {
        let loaded = Loaded::read(&self.model)?;
        let data = loaded.rows(&self.separator.read(&self.data)?, true)?;
        let scores = scores(&loaded.function, &loaded.parameters, &data).map_err(|error| loaded.file.failed(error))?;
        let measure = scores.measure.map(|(measure, score)| (measure.name(), score));
        if self.json {
            let object = Object::default().with("objective", json::number(scores.objective));
            output
                .line(measure.iter().fold(object, |object, (name, score)| object.with(name, json::number(*score))))?;
        } else {
            output.line(format!("objective  {}", format::number(scores.objective)))?;
            if let Some((name, score)) = measure {
                output.line(format!("{name:9}  {}", format::number(score)))?;
            }
        }
        check_finite(&loaded.file, &loaded.function, &loaded.parameters, &data, &scores)
    }
}
