//! `chainrule predict`: the predictions of a trained model for each row of a table.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use chainrule::Tensor;
use chainrule::learn::{ArrayValues, Scoring, Words, atomic, write_npz};
use clap::Args;

use crate::data::{Loaded, not_finite};
use crate::error::CommandError;
use crate::files;
use crate::output::{StandardOutput, message};
use crate::tables::SeparatorOption;

/// Predicts for each row of a table, which needs no outcomes
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Predict {
    /// The model, a file that fit saved
    #[arg(value_name = "M.safetensors")]
    model: PathBuf,

    /// The table, CSV, perhaps compressed by gzip, or .npz; - is standard input
    #[arg(long, value_name = "X.csv")]
    data: PathBuf,

    #[command(flatten)]
    separator: SeparatorOption,

    /// Writes the predictions to this file instead of standard output, as CSV, or as arrays if it is an .npz
    #[arg(long, value_name = "P.csv")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  chainrule predict model.safetensors --data new.csv
  chainrule predict model.safetensors --data new.csv --out predictions.csv

Prints CSV, a row for each row of the table: prediction, or prediction0, prediction1, …; where it is a \
probability by its making, of the classes of an int outcome, also class: the label of the largest element (of a single \
probability: the upper one from ½ up), or the word that the table for training had.";

impl Predict {
    /// Predicts.
    pub fn run(self, output: &mut StandardOutput) -> Result<(), CommandError> {
        files::check(
            &[("the model", Some(&self.model)), ("the table of --data", Some(&self.data))],
            &[("--out", self.out.as_deref())],
        )?;
        let loaded = Loaded::read(&self.model)?;
        let Some(prediction) = loaded.function.prediction else {
            return Err(CommandError::mistake(format!(
                "{}: the model has no `prediction`; add a line `prediction = …` to its text and fit it anew",
                self.model.display()
            )));
        };
        let data = loaded.rows(&self.separator.read(&self.data)?, loaded.inputs_of(prediction))?;
        let predictions = loaded.predictions(&data)?;
        if !predictions.is_finite() {
            return Err(not_finite(&loaded.file, &loaded.function, &loaded.parameters, &data, prediction));
        }
        let shape = loaded.function.graph.shape(prediction);
        let scoring = loaded.scoring();
        let words = loaded.classes(&scoring);
        if let Some(out) = self.out.as_deref().filter(|out| out.extension().is_some_and(|extension| extension == "npz"))
        {
            arrays(out, &predictions, &scoring, words)?;
            message(format!("wrote {}: {} predictions", out.display(), data.rows()));
            return Ok(());
        }
        let csv = csv(&predictions, shape, data.rows(), &scoring, words);
        match &self.out {
            None => output.text(&csv),
            Some(out) => {
                atomic::write(out, csv.as_bytes())?;
                message(format!("wrote {}: {} predictions", out.display(), data.rows()));
                Ok(())
            }
        }
    }
}

/// Writes `prediction` `[rows, …]`, and, where that says classes, `class` `[rows]`: their labels, or words.
fn arrays(out: &Path, predictions: &Tensor, scoring: &Scoring, words: Option<&Words>) -> Result<(), CommandError> {
    let shape = predictions.shape().to_vec();
    let size = shape[1..].iter().product::<usize>().max(1);
    let labels: Option<Vec<f64>> = predictions.data().chunks(size).map(|elements| scoring.label(elements)).collect();
    let texts: Vec<String> = labels.iter().flatten().map(|&class| Words::label(words, class)).collect();
    let numbers: Vec<i64> = labels.iter().flatten().map(|&class| class as i64).collect();
    let mut arrays = vec![("prediction", shape, ArrayValues::Reals(predictions.data()))];
    if labels.is_some() {
        let classes = if words.is_some() { ArrayValues::Words(&texts) } else { ArrayValues::Integers(&numbers) };
        arrays.push(("class", vec![numbers.len()], classes));
    }
    Ok(write_npz(out, &arrays)?)
}

/// A header, and a row for each of the predictions, whose elements follow one another.
fn csv(predictions: &Tensor, shape: &[usize], rows: usize, scoring: &Scoring, words: Option<&Words>) -> String {
    let size: usize = shape.iter().product();
    let mut header: Vec<String> = match shape {
        [] => vec!["prediction".into()],
        _ => (0..size).map(|i| format!("prediction{i}")).collect(),
    };
    if scoring.labels().is_some() {
        header.push("class".into());
    }
    let mut csv = header.join(",") + "\n";
    for row in 0..rows {
        let elements = &predictions.data()[row * size..(row + 1) * size];
        let mut cells: Vec<String> = elements.iter().map(|&element| cell(element)).collect();
        cells.extend(scoring.label(elements).map(|class| quoted(&Words::label(words, class))));
        writeln!(csv, "{}", cells.join(",")).expect("a String takes every text");
    }
    csv
}

/// A word as a cell of a CSV file.
fn quoted(word: &str) -> String {
    if word.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", word.replace('"', "\"\"")) } else { word.into() }
}

/// A number that reads back to the same bits.
fn cell(x: f64) -> String {
    let is_short = x == 0.0 || (1e-5..1e16).contains(&x.abs());
    if is_short { format!("{x}") } else { format!("{x:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_by_the_shape() {
        let scoring = |prediction: &str| {
            let source = format!("input x [2]\noutcome y [] int\nprediction = {prediction}\n");
            let function = chainrule::text::parse(&source).unwrap().build(&Default::default()).unwrap();
            Scoring::with_labels(&function, None)
        };
        let (numbers, classes) = (scoring("x"), scoring("sigmoid(x)"));
        let two = Tensor::vector([0.25, 1e-7]);
        assert_eq!(csv(&two, &[], 2, &numbers, None), "prediction\n0.25\n1e-7\n");
        assert_eq!(csv(&two, &[], 2, &classes, None), "prediction,class\n0.25,0\n1e-7,0\n");
        assert_eq!(csv(&two, &[2], 1, &classes, None), "prediction0,prediction1,class\n0.25,1e-7,0\n");
        assert_eq!(csv(&two, &[1, 2], 1, &numbers, None), "prediction0,prediction1\n0.25,1e-7\n");
    }
}
