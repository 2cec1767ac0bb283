//! `chainrule eval`: how well a trained model does on a table.

use std::path::PathBuf;

use chainrule::learn::{Dataset, Scoring, confusion, scores_by};
use clap::Args;

use crate::data::{Loaded, check_finite};
use crate::error::CommandError;
use crate::figures::{class_names, confusion_table, figures_left_out};
use crate::files;
use crate::format;
use crate::json::{self, Object};
use crate::output::{StandardOutput, message};
use crate::plots::{Picture, agreement, confusion_matrix, picture_path};
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
        files::check(
            &[("the model", Some(&self.model)), ("the table of --data", Some(&self.data))],
            &[("--plot", self.plot.as_deref())],
        )?;
        let loaded = Loaded::read(&self.model)?;
        let data = loaded.rows(&self.separator.read(&self.data)?, |_| true)?;
        let (scoring, function, parameters) = (loaded.scoring(), &loaded.function, &loaded.parameters);
        if let (Some(_), None) = (&self.plot, scoring.measure()) {
            let why = scoring.left_out().map_or("its prediction is compared with no outcome", |left| &left.why);
            return Err(CommandError::mistake(format!("--plot: {}: nothing to draw: {why}", self.model.display())));
        }
        let failed = |error| loaded.file.failed(error);
        let scores = scores_by(&scoring, function, parameters, &data).map_err(failed)?;
        figures_left_out(&loaded.file, &scoring);
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
        check_finite(&loaded.file, &loaded.function, &loaded.parameters, &data, &scores)?;
        if let Some(path) = &self.plot {
            self.picture(&loaded, &scoring, &data)?.write(path)?;
            message(format!("drew {}", path.display()));
        }
        Ok(())
    }

    fn picture(&self, loaded: &Loaded, scoring: &Scoring, data: &Dataset) -> Result<Picture, CommandError> {
        let title = format!("{} on {}", self.model.display(), self.data.display());
        let counts = confusion(scoring, &loaded.function, &loaded.parameters, data);
        let counts = counts.map_err(|error| loaded.file.failed(error))?;
        let classes = class_names(scoring, loaded.classes(scoring));
        if let (Some(counts), Some(classes)) = (counts, classes) {
            return Ok(confusion_matrix(&title, &classes, &counts.counts));
        }
        let outcome = scoring.outcome().ok_or_else(|| CommandError::mistake("--plot: there is no outcome"))?;
        let (actual, predicted) = (loaded.outcomes(data, outcome)?, loaded.predictions(data)?);
        Ok(agreement(&title, actual.data(), predicted.data()))
    }
}
