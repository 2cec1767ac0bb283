//! The figures of a trained model, over whole sets.

use chainrule::Function;
use chainrule::learn::{Dataset, Figures, LearnError, Parameters, Scores, Scoring, Trained, confusion, scores_by};

use super::rows::TrainingRows;
use crate::figures::confusion_table;
use crate::format;
use crate::json::{self, Object};

/// The final figures.
pub struct Scored {
    pub training: Scores,
    pub validation: Option<Scores>,
    /// For each class in the validation rows how often it was taken for which, as a table.
    pub confusion: Option<String>,
    /// The share of the most frequent class in the training rows; 0 where there is one class alone, or none.
    most_frequent: f64,
}

impl Scored {
    pub fn new(
        scoring: &Scoring,
        function: &Function,
        parameters: &Parameters,
        rows: &TrainingRows,
        trained: &Trained,
    ) -> Result<Scored, LearnError> {
        let (training, validation) = (&rows.training, rows.validation.as_ref());
        let words = scoring.words(function, training.fields());
        // The last report is of these parameters, unless patience went back to better ones.
        let last = trained.history.last().filter(|_| trained.best.is_none());
        let scores = |rows: &Dataset, known: Option<Scores>| {
            known.map_or_else(|| scores_by(scoring, function, parameters, rows), Ok)
        };
        let counts = validation.map(|rows| confusion(scoring, function, parameters, rows)).transpose()?.flatten();
        Ok(Scored {
            training: scores(training, last.map(|epoch| epoch.train))?,
            validation: validation.map(|rows| scores(rows, last.and_then(|epoch| epoch.valid))).transpose()?,
            most_frequent: most_frequent(scoring, function, training),
            confusion: counts.and_then(|counts| confusion_table(scoring, &counts, words)),
        })
    }

    /// Whether predictions for the training rows are no better than the best constant: the mean, or the most frequent class.
    pub fn is_no_better_than_a_constant(&self) -> bool {
        match self.training.figures {
            Figures::None => false,
            Figures::Numbers { r2, .. } => r2.is_some_and(|r2| r2 <= 0.0),
            Figures::Classes { accuracy, .. } => accuracy <= self.most_frequent,
        }
    }

    /// A line for the training rows and one for the validation rows, if there are so many.
    pub fn table(&self, training: usize, validation: usize) -> String {
        let sets = [("training", training, Some(&self.training)), ("validation", validation, self.validation.as_ref())];
        let sets: Vec<(&str, usize, &Scores)> =
            sets.into_iter().filter_map(|(name, rows, scores)| Some((name, rows, scores?))).collect();
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in sets.iter().flat_map(|(.., scores)| scores.figures.named()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let heading = [&["", "rows", "objective"], &names[..]].concat();
        let line = |(name, rows, scores): &(&str, usize, &Scores)| {
            let mut line = vec![name.to_string(), rows.to_string(), format::number(scores.objective)];
            let figures = scores.figures.named();
            let figure = |name: &&str| figures.iter().find(|(other, _)| other == name).map(|(_, figure)| *figure);
            line.extend(names.iter().map(|name| figure(name).map(format::number).unwrap_or_default()));
            line
        };
        // Where there is no room, the last figures go first.
        let least: Vec<usize> = (3..heading.len()).rev().chain([1]).collect();
        format::table(&heading, 1, sets.iter().map(line), format::Narrow { shorten: 0, leave_out: &least })
    }
}

fn most_frequent(scoring: &Scoring, function: &Function, rows: &Dataset) -> f64 {
    let Some(outcome) = scoring.outcome().filter(|_| scoring.labels().is_some()) else { return 0.0 };
    let Ok(outcomes) = rows.values(function.name(outcome)) else { return 0.0 };
    let mut sorted = outcomes.into_owned();
    sorted.sort_by(f64::total_cmp);
    let most = sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).max().unwrap_or(0);
    if most < sorted.len() { most as f64 / sorted.len() as f64 } else { 0.0 }
}

/// The same as `train_objective`, `train_mse`, … for a saved model.
pub fn saved(scored: &Scored) -> serde_json::Map<String, serde_json::Value> {
    let sets = [("train", Some(&scored.training)), ("valid", scored.validation.as_ref())];
    let sets = sets.into_iter().filter_map(|(set, scores)| Some((set, scores?)));
    let named = sets.flat_map(|(set, scores)| {
        let figures = scores.figures.named().into_iter();
        std::iter::once(("objective", scores.objective))
            .chain(figures)
            .map(move |(name, x)| (format!("{set}_{name}"), x))
    });
    named.map(|(name, figure)| (name, figure.into())).collect()
}

/// `train_objective`, `train_mse`, `valid_objective`, `valid_mse` and so on, those that have a meaning.
pub fn with_scores(object: Object, train: &Scores, valid: Option<&Scores>) -> Object {
    let sets = [("train", Some(train)), ("valid", valid)];
    sets.into_iter().filter_map(|(name, scores)| Some((name, scores?))).fold(object, |object, (name, scores)| {
        let object = object.with(&format!("{name}_objective"), json::number(scores.objective));
        let figures = scores.figures.named().into_iter();
        figures.fold(object, |object, (figure, value)| object.with(&format!("{name}_{figure}"), json::number(value)))
    })
}
