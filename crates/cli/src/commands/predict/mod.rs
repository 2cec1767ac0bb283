//! `chainrule predict`: the predictions of a trained model for each row of a table, or the text that a language model writes.

pub(super) mod columns;
mod generate;

use std::path::PathBuf;

use chainrule::learn::Words;
use chainrule::{Tensor, Value};
use clap::Args;

use self::columns::Column;
use self::generate::Generation;
use crate::data::{Loaded, ModelOnTable, not_finite};
use crate::error::CommandError;
use crate::files;
use crate::names;
use crate::output::{StandardOutput, message};
use crate::tables::SeparatorOption;

/// Predicts for each row of a table, which needs no outcomes; or goes on from a text
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Predict {
    /// The model, a file that fit saved
    #[arg(value_name = "M.safetensors")]
    model: PathBuf,

    /// The table, CSV, perhaps compressed by gzip, or .npz; - is standard input
    #[arg(long, value_name = "X.csv", required_unless_present = "generate")]
    data: Option<PathBuf>,

    #[command(flatten)]
    separator: SeparatorOption,

    #[command(flatten)]
    generation: Generation,

    /// Writes these columns of the table, too, as they stand there, before the predictions
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    keep: Vec<String>,

    /// Writes the values of these nodes, too, after the predictions: a column a node, or h0, h1, …
    #[arg(long, value_name = "NODE,…", value_delimiter = ',')]
    nodes: Vec<String>,

    /// Writes the predictions to this file instead of standard output, as CSV, or as arrays if it is an .npz
    #[arg(long, value_name = "P.csv")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  chainrule predict model.safetensors --data new.csv
  chainrule predict model.safetensors --data new.csv --out predictions.csv
  chainrule predict model.safetensors --data new.csv --keep id --nodes h
  chainrule predict hamlet.safetensors --generate 200 --prompt 'To be'

Prints CSV, a row for each row of the table: prediction, or prediction0, prediction1, …; where it is a \
probability by its making, of the classes of an int outcome, also class: the label of the largest element (of a single \
probability: the upper one from ½ up), or the word that the table for training had.

--generate prints the prompt and so many characters after it, each drawn by what the model makes of those before.";

impl Predict {
    /// Predicts.
    pub fn run(self, output: &mut StandardOutput) -> Result<(), CommandError> {
        let Some(data) = self.data.clone().filter(|_| !self.generation.is_asked()) else {
            files::check(&[("the model", Some(&*self.model))], &[])?;
            let text = self.generation.text(&Loaded::read(&self.model)?)?;
            return output.line(text);
        };
        let given = ModelOnTable { model: self.model.clone(), data, separator: self.separator.clone() };
        let loaded = given.loaded(("--out", self.out.as_deref()))?;
        let nodes = self.values_of(&loaded)?;
        let prediction = loaded.function.prediction;
        if prediction.is_none() && nodes.is_empty() {
            return Err(CommandError::mistake(format!(
                "{}: the model has no `prediction`; add a line `prediction = …` to its text and fit it anew",
                self.model.display()
            )));
        }
        let wanted: Vec<Value> = prediction.into_iter().chain(nodes).collect();
        let file = given.table()?;
        let data = loaded.rows(&file, loaded.read_by(&wanted))?;
        let mut columns: Vec<Column> = file.kept(&self.keep)?.into_iter().map(Column::kept).collect();
        let mut values = loaded.node_values(&data, &wanted)?.into_iter().zip(&wanted);
        if prediction.is_some()
            && let Some((predictions, &node)) = values.next()
        {
            if !predictions.is_finite() {
                return Err(not_finite(&loaded.file, &loaded.function, &loaded.parameters, &data, node));
            }
            tell_of_classes(&loaded);
            columns.extend(of_predictions(&loaded, loaded.in_units_of_table(predictions)));
        }
        columns.extend(self.nodes.iter().zip(values).map(|(name, (values, _))| Column::numbers(name, values)));
        columns::check(&columns, data.rows())?;
        match &self.out {
            None => return output.text(&columns::csv(&columns, data.rows())),
            Some(out) => columns::write(out, &columns, data.rows())?,
        }
        if let Some(out) = &self.out {
            let what = if prediction.is_some() { "predictions" } else { "rows" };
            message(format!("wrote {}: {} {what}", out.display(), data.rows()));
        }
        Ok(())
    }

    /// The nodes that are asked for.
    fn values_of(&self, loaded: &Loaded) -> Result<Vec<Value>, CommandError> {
        let graph = &loaded.function.graph;
        let file = self.model.display().to_string();
        self.nodes.iter().map(|name| names::find(graph, name, "--nodes", &file)).collect()
    }
}

/// Says which class each column of probabilities is of, where its number does not say it.
fn tell_of_classes(loaded: &Loaded) {
    const SHOWN: usize = 12;
    let (scoring, prediction) = (loaded.scoring(), loaded.function.prediction);
    let Some((labels, prediction)) = scoring.labels().zip(prediction) else { return };
    let words = loaded.classes(&scoring);
    if words.is_none() && labels.iter().enumerate().all(|(place, label)| *label == place as f64) {
        return;
    }
    let classes: Vec<String> = labels.iter().map(|&label| format!("`{}`", Words::label(words, label))).collect();
    let graph = &loaded.function.graph;
    message(match (&classes[..], graph.shape(prediction).rank()) {
        ([_, upper], 0) => format!("prediction is the probability of {upper}"),
        ([_, upper], 1) if graph.shape(prediction).size() == 1 => format!("prediction0 is the probability of {upper}"),
        _ => {
            let of = |(place, class): (usize, &String)| format!("prediction{place} is that of {class}");
            let mut each: Vec<String> = classes.iter().enumerate().take(SHOWN).map(of).collect();
            each.extend((classes.len() > SHOWN).then(|| format!("and so on to {}", classes[classes.len() - 1])));
            format!("probabilities of classes: {}", each.join(", "))
        }
    });
}

/// `prediction`, and, where that says classes, `class`: their labels, or words.
fn of_predictions(loaded: &Loaded, predictions: Tensor) -> Vec<Column> {
    let scoring = loaded.scoring();
    let size = predictions.shape()[1..].iter().product::<usize>().max(1);
    let labels: Option<Vec<f64>> = predictions.data().chunks(size).map(|elements| scoring.label(elements)).collect();
    let classes = labels.filter(|_| scoring.labels().is_some()).map(|labels| match loaded.classes(&scoring) {
        Some(words) => Column::words("class", labels.iter().map(|&class| Words::label(Some(words), class)).collect()),
        None => Column::integers("class", labels.iter().map(|&class| class as i64).collect()),
    });
    std::iter::once(Column::numbers("prediction", predictions)).chain(classes).collect()
}
