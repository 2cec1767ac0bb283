//! A fault, found and mended: the classifier of digits once more, but its weights all start at 0. The doctor says why it does
//! not learn, its change is made, and both are trained.

use std::path::Path;

use chainrule::doctor::{Case, Run};
use chainrule::learn::{Epoch, Scores};

use super::models::{DIGITS, HELD_OUT};
use super::next_steps::quoted;
use crate::commands::doctor::{DoctorCommand, Examination};
use crate::error::CommandError;
use crate::format;
use crate::plots::{LearningCurves, Picture, learning_curves_of_all};

/// The model as it was, and with the change.
pub const FILES: [&str; 2] = ["faulty.graph", "mended.graph"];

/// What was found, for people, with a picture and the text of the model with the change.
pub struct Found {
    /// The command, what it said, and what the change gave.
    pub text: String,
    /// The learning curves of both.
    pub picture: Picture,
    /// The model with the change.
    pub mended: String,
}

/// The classifier with weights that start at 0, as biases do.
pub fn faulty() -> String {
    DIGITS.graph.replace("~ glorot", "= 0")
}

/// Asks the doctor, makes the change that it found, and trains as it was and with the change.
pub fn found_and_mended(program: &str, folder: &Path, seed: u64, quick: bool) -> Result<Found, CommandError> {
    let words = words(folder, seed, quick);
    let command = DoctorCommand::of_words(&words)?;
    let examination = command.examine()?;
    let Examination { case, diagnosis, .. } = &examination;
    let made = diagnosis.findings.first().map(|finding| finding.remedy.made(case)).transpose();
    let mended = made.map_err(|error| examination.failed(error))?.unwrap_or_else(|| case.clone());
    let run = |case: &Case<'_>| Run::of(case, None).map_err(|error| examination.failed(error));
    let runs = [run(case)?, run(&mended)?];
    let mut text = String::from(
        "A fault, found and mended: the first network on the digits again, but somebody\n\
         set its weights to 0 at the start, as its biases are. It does not learn. Why?\n\n",
    );
    text += &format!("{}\n\n{}\n", shown(program, &words), examination.report(&words));
    text += &match diagnosis.findings.is_empty() {
        true => "So nothing was changed.\n".into(),
        false => format!("{}\n", table(&runs)),
    };
    Ok(Found { text, picture: picture(&runs), mended: mended.source })
}

/// What stands behind `chainrule doctor`: the classifier is trained as in the tour.
fn words(folder: &Path, seed: u64, quick: bool) -> Vec<String> {
    let path = |name: &str| folder.join(name).display().to_string();
    let epochs = if quick { 1 } else { DIGITS.epochs };
    let mut words = vec![path(FILES[0]), "--data".into(), path("digits.csv")];
    let settings = [
        ("--valid-split", HELD_OUT.to_string()),
        ("--batch", DIGITS.batch.to_string()),
        ("--rate", DIGITS.rate.to_string()),
        ("--epochs", epochs.to_string()),
    ];
    words.extend(settings.into_iter().flat_map(|(option, value)| [option.into(), value]));
    words.push("--standardize".into());
    if seed > 0 {
        words.extend(["--seed".into(), seed.to_string()]);
    }
    words
}

/// The command as a shell takes it, in three lines.
fn shown(program: &str, words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    let (files, settings) = words.split_at(3);
    format!("$ {} doctor {} \\\n    {} \\\n    {}", quoted(program), files[0], files[1..].join(" "), settings.join(" "))
}

/// How many rows each run takes for the right class at its end.
fn table(runs: &[Run; 2]) -> String {
    let rows = FILES.iter().zip(["as it was", "with the change"]).zip(runs).map(|((file, name), run)| {
        let last = run.history.last();
        let scores = [last.map(|epoch| epoch.train), last.and_then(|epoch| epoch.valid)];
        let shown = scores.map(|scores| format::percent(right(scores)));
        [vec![format!("{name}: {file}")], shown.to_vec()].concat()
    });
    format::table(&["digits: right classes", "training", "new digits"], 1, rows, format::Narrow::default())
}

/// The share of right classes.
fn right(scores: Option<Scores>) -> f64 {
    scores.and_then(|scores| scores.measure()).map_or(f64::NAN, |(_, share)| share)
}

fn picture(runs: &[Run; 2]) -> Picture {
    let panels = ["Weights that start at 0", "With the doctor's change"].into_iter().zip(runs).map(|(title, run)| {
        let curve = |score: &dyn Fn(&Epoch) -> f64| {
            run.history.iter().map(|epoch| (epoch.epoch as f64, score(epoch))).collect::<Vec<_>>()
        };
        LearningCurves {
            title: title.into(),
            quantity: "share of right classes".into(),
            is_share: true,
            training: curve(&|epoch| right(Some(epoch.train))),
            validation: curve(&|epoch| right(epoch.valid)),
        }
    });
    learning_curves_of_all("A fault, found and mended", panels.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fault_is_in_the_starts_of_the_two_weights() {
        let faulty = faulty();
        let differ = faulty.lines().zip(DIGITS.graph.lines()).filter(|(faulty, sound)| faulty != sound);
        let differ: Vec<&str> = differ.map(|(faulty, _)| faulty).collect();
        assert!(differ.len() == 2 && differ.iter().all(|line| line.starts_with("param   W")), "{differ:?}");
    }
}
