//! How good predictions are, in several figures.

use chainrule_graph::Tensor;

use crate::error::LearnError;
use crate::evaluation::score::{Measure, mean_squared_error};
use crate::evaluation::scoring::{Scoring, place};

/// How good predictions are; what has no meaning is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Figures {
    /// Nothing can be said of them.
    #[default]
    None,
    /// As numbers.
    Numbers {
        /// The mean over rows and elements of (prediction − outcome)².
        mse: f64,
        /// The mean over rows and elements of |prediction − outcome|.
        mae: f64,
        /// 1 − Σ(prediction − outcome)²/Σ(outcome − its mean)², the mean over the elements that differ from row to row; none if
        /// none does.
        r2: Option<f64>,
    },
    /// As classes.
    Classes {
        /// The share of rows whose class is right; here and below without those that the loss leaves out by `ignore=`.
        accuracy: f64,
        /// The harmonic mean of precision and recall, the mean over the classes that are there or predicted.
        f1: f64,
        /// Of two classes, how often a row of the upper one gets a greater probability than one of the lower one, equal ones half;
        /// none if the rows are not of both.
        auc: Option<f64>,
    },
}

impl Figures {
    /// Those of predictions `[rows, …]` beside outcomes, by what they are scored by.
    ///
    /// # Errors
    /// The outcomes are not of the shape that goes with the predictions, or there are no rows.
    pub fn of(scoring: &Scoring, predictions: &Tensor, outcomes: &Tensor) -> Result<Figures, LearnError> {
        Ok(match (scoring.measure(), scoring.labels()) {
            (None, _) => Figures::None,
            (Some(_), None) => Figures::Numbers {
                mse: mean_squared_error(predictions, outcomes)?,
                mae: absolute_error(predictions, outcomes),
                r2: r2(predictions, outcomes),
            },
            (Some(_), Some(labels)) => {
                let confusion = Confusion::of(scoring, predictions, outcomes)?;
                if confusion.rows() == 0 {
                    return Ok(Figures::None); // A loss leaves every row out.
                }
                let auc = if labels.len() == 2 { auc(scoring, predictions, outcomes, labels[1]) } else { None };
                Figures::Classes { accuracy: confusion.accuracy(), f1: confusion.f1(), auc }
            }
        })
    }

    /// Each with its short name, the main one first.
    pub fn named(&self) -> Vec<(&'static str, f64)> {
        let all = match *self {
            Figures::None => [None, None, None],
            Figures::Numbers { mse, mae, r2 } => [Some(("mse", mse)), Some(("mae", mae)), r2.map(|r2| ("r2", r2))],
            Figures::Classes { accuracy, f1, auc } => {
                [Some((Measure::Accuracy.name(), accuracy)), Some(("f1", f1)), auc.map(|auc| ("auc", auc))]
            }
        };
        all.into_iter().flatten().collect()
    }

    /// The main one.
    pub fn main(&self) -> Option<(Measure, f64)> {
        match *self {
            Figures::None => None,
            Figures::Numbers { mse, .. } => Some((Measure::MeanSquaredError, mse)),
            Figures::Classes { accuracy, .. } => Some((Measure::Accuracy, accuracy)),
        }
    }

    /// Those of such names; a figure that is not there has the value `missing` where it must have one.
    #[cfg(feature = "training")]
    pub(crate) fn from_named(named: impl Fn(&str) -> Option<f64>, missing: f64) -> Figures {
        let number = |name: &str| named(name).unwrap_or(missing);
        match (named("mse"), named("accuracy")) {
            (_, Some(accuracy)) => Figures::Classes { accuracy, f1: number("f1"), auc: named("auc") },
            (Some(mse), None) => Figures::Numbers { mse, mae: number("mae"), r2: named("r2") },
            (None, None) => Figures::None,
        }
    }
}

fn absolute_error(predictions: &Tensor, outcomes: &Tensor) -> f64 {
    let pairs = predictions.data().iter().zip(outcomes.data());
    pairs.map(|(prediction, outcome)| (prediction - outcome).abs()).sum::<f64>() / outcomes.data().len() as f64
}

fn r2(predictions: &Tensor, outcomes: &Tensor) -> Option<f64> {
    let rows = outcomes.shape().first().copied().unwrap_or(0);
    let size = outcomes.data().len() / rows.max(1);
    let of_element = |element: usize| {
        let column = |all: &'_ [f64]| all.iter().skip(element).step_by(size).copied().collect::<Vec<f64>>();
        let (predicted, found) = (column(predictions.data()), column(outcomes.data()));
        let mean = found.iter().sum::<f64>() / rows as f64;
        let spread: f64 = found.iter().map(|y| (y - mean).powi(2)).sum();
        let error: f64 = predicted.iter().zip(&found).map(|(p, y)| (p - y).powi(2)).sum();
        (spread > 0.0).then(|| 1.0 - error / spread)
    };
    let each: Vec<f64> = (0..size).filter_map(of_element).collect();
    (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64)
}

/// The area under the curve of true against false positives, by ranks (Mann and Whitney 1947).
fn auc(scoring: &Scoring, predictions: &Tensor, outcomes: &Tensor, upper: f64) -> Option<f64> {
    let size = predictions.data().len() / outcomes.data().len().max(1);
    // Of two probabilities, that of the second place
    let score = |row: usize| predictions.data()[row * size + size - 1];
    let mut order: Vec<usize> = (0..outcomes.data().len()).collect();
    order.retain(|&row| !scoring.ignores(outcomes.data()[row]));
    let rows = order.len();
    order.sort_by(|&a, &b| score(a).total_cmp(&score(b)));
    let (mut ranks, mut positives, mut begin) = (0.0, 0.0, 0);
    while begin < rows {
        let end = (begin..rows).find(|&at| score(order[at]) != score(order[begin])).unwrap_or(rows).max(begin + 1);
        let upper = order[begin..end].iter().filter(|&&row| outcomes.data()[row] == upper).count() as f64;
        ranks += upper * (begin + 1 + end) as f64 / 2.0;
        positives += upper;
        begin = end;
    }
    let negatives = rows as f64 - positives;
    let is_known = positives > 0.0 && negatives > 0.0 && order.iter().all(|&row| !score(row).is_nan());
    is_known.then(|| (ranks - positives * (positives + 1.0) / 2.0) / (positives * negatives))
}

/// How often rows of each class were taken for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// For each class that a row has, by its place, the number of rows that were taken for each place.
    pub counts: Vec<Vec<usize>>,
    /// The rows whose label is none of the prediction's. A row that the loss leaves out by `ignore=` is not counted at all.
    pub others: usize,
}

impl Confusion {
    /// That of predictions `[rows]` or `[rows, classes]` beside outcomes `[rows]`.
    ///
    /// # Errors
    /// The predictions mean no class; there is another number of outcomes, or no row.
    pub fn of(scoring: &Scoring, predictions: &Tensor, outcomes: &Tensor) -> Result<Confusion, LearnError> {
        let labels = scoring.labels().ok_or(LearnError::Lacks("classes"))?;
        let rows = outcomes.data().len();
        if rows == 0 || predictions.shape().first() != Some(&rows) {
            let problem = format!(
                "are {rows} beside predictions of shape {}; one for each row would be right",
                predictions.shape()
            );
            return Err(LearnError::Setting { name: "the outcomes", problem });
        }
        let mut confusion = Confusion { counts: vec![vec![0; labels.len()]; labels.len()], others: 0 };
        for (prediction, outcome) in predictions.data().chunks(predictions.data().len() / rows).zip(outcomes.data()) {
            match labels.iter().position(|label| label == outcome) {
                Some(class) => confusion.counts[class][place(prediction)] += 1,
                None if scoring.ignores(*outcome) => {}
                None => confusion.others += 1,
            }
        }
        Ok(confusion)
    }

    fn accuracy(&self) -> f64 {
        let right: usize = (0..self.counts.len()).map(|class| self.counts[class][class]).sum();
        right as f64 / self.rows() as f64
    }

    fn rows(&self) -> usize {
        self.counts.iter().flatten().sum::<usize>() + self.others
    }

    fn f1(&self) -> f64 {
        let of_class = |class: usize| {
            let right = self.counts[class][class];
            let there: usize = self.counts[class].iter().sum();
            let predicted: usize = self.counts.iter().map(|row| row[class]).sum();
            (there + predicted > 0).then(|| 2.0 * right as f64 / (there + predicted) as f64)
        };
        let each: Vec<f64> = (0..self.counts.len()).filter_map(of_class).collect();
        if each.is_empty() { 0.0 } else { each.iter().sum::<f64>() / each.len() as f64 }
    }
}
