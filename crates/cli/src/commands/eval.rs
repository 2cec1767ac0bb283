//! `chainrule eval`: how well a trained model does on a table.

use std::path::PathBuf;

use chainrule::learn::{confusion, scores_by};
use clap::Args;

use crate::data::{ModelOnTable, check_finite};
use crate::error::CommandError;
use crate::figures::{class_names, confusion_table, figures_left_out, warn_of_single_labels};
use crate::format;
use crate::json::{self, Object};
use crate::output::{StandardOutput, message};
use crate::plots::{agreement, confusion_matrix, picture_path};

/// Scores a trained model on a table that has the outcomes
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Eval {
    #[command(flatten)]
    given: ModelOnTable,

    /// Draws a confusion matrix, or what was predicted against what is, as .svg or .png
    #[arg(long, value_name = "F.svg", value_parser = picture_path)]
    plot: Option<PathBuf>,

    /// Prints one line of JSON: objective, and mse, mae, r2 or accuracy, f1, auc
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  chainrule eval model.safetensors --data test.csv
  chainrule eval model.safetensors --data test.csv.gz --json
  chainrule eval model.safetensors --data test.csv --plot errors.svg";

impl Eval {
    /// Scores it.
    pub fn run(self, output: &mut StandardOutput) -> Result<(), CommandError> {
        let loaded = self.given.loaded(("--plot", self.plot.as_deref()))?;
        let data = loaded.rows(&self.given.table()?, |_| true)?;
        let (scoring, function, parameters) = (loaded.scoring(), &loaded.function, &loaded.parameters);
        let nothing_to_draw = || {
            let why = scoring.left_out().map_or("its prediction is compared with no outcome", |left| &left.why);
            CommandError::mistake(format!("--plot: {}: nothing to draw: {why}", self.given.model.display()))
        };
        let plot = match &self.plot {
            Some(path) => Some((path, scoring.outcome().ok_or_else(nothing_to_draw)?)),
            None => None,
        };
        let failed = |error| loaded.file.failed(error);
        let scores = scores_by(&scoring, function, parameters, &data).map_err(failed)?;
        figures_left_out(&loaded.file, &scoring);
        warn_of_single_labels(function, &scoring, &data, "");
        let counts = match self.json && plot.is_none() {
            true => None,
            false => confusion(&scoring, function, parameters, &data).map_err(failed)?,
        };
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
            let classes = loaded.classes(&scoring);
            if let Some(table) = counts.as_ref().and_then(|counts| confusion_table(&scoring, counts, classes)) {
                output.line(format!("\n{table}"))?;
            }
        }
        check_finite(&loaded.file, &loaded.function, &loaded.parameters, &data, &scores)?;
        if let Some((path, outcome)) = plot {
            let title = format!("{} on {}", self.given.model.display(), self.given.data.display());
            let mut picture = match (counts, class_names(&scoring, loaded.classes(&scoring))) {
                (Some(counts), Some(classes)) => confusion_matrix(&title, &classes, &counts.counts),
                _ => {
                    let (actual, predicted) = (loaded.outcomes(&data, outcome)?, loaded.predictions(&data)?);
                    agreement(&title, actual.data(), predicted.data())
                }
            };
            picture.write(path)?;
            message(format!("drew {}", path.display()));
        }
        Ok(())
    }
}
