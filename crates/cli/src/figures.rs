//! What fit and eval both say of figures.

use chainrule::Function;
use chainrule::learn::{Confusion, Dataset, Role, Scoring, Words};

use crate::format;
use crate::model_file::ModelFile;
use crate::output::message;

/// More classes than these fill no table that can be read.
const MOST: usize = 20;

/// Says which figures are left out, and why.
pub fn figures_left_out(file: &ModelFile, scoring: &Scoring) {
    if let Some(left_out) = scoring.left_out() {
        message(format!("note: {}: {left_out}", file.name()));
    }
}

/// Warns of an outcome of whole numbers that is the same in all rows. `which` rows those are: `to train on`.
pub fn warn_of_single_labels(function: &Function, scoring: &Scoring, data: &Dataset, which: &str) {
    for &outcome in &function.outcomes {
        let Some(label) = data.only_label(function, outcome) else { continue };
        let name = function.name(outcome);
        let mut fields = data.fields().iter().filter(|field| field.role == Role::Outcome && field.name == name);
        let label = Words::label(fields.next().and_then(|field| field.classes()), label);
        let then = match scoring.labels() {
            Some(_) => ": accuracy and f1 say nothing of how well classes are told apart",
            None => ", so there is nothing to tell apart",
        };
        message(format!("warning: {}: `{name}` is {label} in all rows{which}{then}", data.file()));
    }
}

/// For each class how often it was taken for which; none of too many classes.
pub fn confusion_table(scoring: &Scoring, confusion: &Confusion, words: Option<&Words>) -> Option<String> {
    let labels = class_names(scoring, words)?;
    if labels.len() > MOST {
        return None;
    }
    let heading: Vec<&str> = std::iter::once("is \\ predicted").chain(labels.iter().map(String::as_str)).collect();
    let rows = labels
        .iter()
        .zip(&confusion.counts)
        .map(|(label, counts)| std::iter::once(label.clone()).chain(counts.iter().map(usize::to_string)).collect());
    let last: Vec<usize> = (1..heading.len()).rev().collect();
    Some(format::table(&heading, 1, rows, format::Narrow { shorten: 0, leave_out: &last }))
}

/// What the classes that predictions mean are called.
pub fn class_names(scoring: &Scoring, words: Option<&Words>) -> Option<Vec<String>> {
    Some(scoring.labels()?.iter().map(|&of| Words::label(words, of)).collect())
}
