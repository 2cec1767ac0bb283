//! `chainrule eval`: how well a trained model does on a table.

use std::path::PathBuf;

use chainrule::learn::{confusion, scores_by};
use clap::Args;

use crate::data::{Loaded, check_finite};
use crate::error::CommandError;
use crate::figures::confusion_table;
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

    /// The table, CSV, perhaps compressed by gzip, or .npz; - is standard input
    #[arg(long, value_name = "X.csv")]
    data: PathBuf,

    #[command(flatten)]
    separator: SeparatorOption,

    /// Prints one line of JSON: objective, and mse, mae, r2 or accuracy, f1, auc
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
        let data = loaded.rows(&self.separator.read(&self.data)?, |_| true)?;
        let (scoring, function, parameters) = (loaded.scoring(), &loaded.function, &loaded.parameters);
        let failed = |error| loaded.file.failed(error);
        let scores = scores_by(&scoring, function, parameters, &data).map_err(failed)?;
        let figures = scores.figures.named();
        if self.json {
            let object = Object::default().with("objective", json::number(scores.objective));
            let with = |object: Object, (name, figure): &(&str, f64)| object.with(name, json::number(*figure));
            output.line(figures.iter().fold(object, with))?;
        } else {
            output.line(format!("objective  {}", format::number(scores.objective)))?;
            for (name, figure) in &figures {
                output.line(format!("{name:9}  {}", format::number(*figure)))?;
            }
            let counts = confusion(&scoring, function, parameters, &data).map_err(failed)?;
            if let Some(table) = counts.and_then(|counts| confusion_table(&scoring, &counts, loaded.classes(&scoring)))
            {
                output.line(format!("\n{table}"))?;
            }
        }
        check_finite(&loaded.file, &loaded.function, &loaded.parameters, &data, &scores)
    }
}
