//! How good predictions are.

use chainrule_graph::{Shape, Tensor};

use crate::error::LearnError;

/// What predictions are scored by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The mean squared error, less is better.
    MeanSquaredError,
    /// The share of right classes, more is better.
    Accuracy,
}

impl Measure {
    /// Its short name: `mse` or `accuracy`.
    pub fn name(self) -> &'static str {
        match self {
            Measure::MeanSquaredError => "mse",
            Measure::Accuracy => "accuracy",
        }
    }

    /// The score of predictions `[rows, …]` beside outcomes: see [`mean_squared_error`] and [`accuracy`].
    ///
    /// # Errors
    /// The outcomes are not of the shape that goes with the predictions, or there are no rows.
    pub fn score(self, predictions: &Tensor, outcomes: &Tensor) -> Result<f64, LearnError> {
        match self {
            Measure::MeanSquaredError => mean_squared_error(predictions, outcomes),
            Measure::Accuracy => accuracy(predictions, outcomes),
        }
    }
}

/// The mean over rows and elements of (prediction − outcome)², for predictions and outcomes of one shape `[rows, …]`.
///
/// # Errors
/// The shapes differ, or there is no element.
pub fn mean_squared_error(predictions: &Tensor, outcomes: &Tensor) -> Result<f64, LearnError> {
    check_outcomes(predictions, outcomes, predictions.shape())?;
    let pairs = predictions.data().iter().zip(outcomes.data());
    let sum: f64 = pairs.map(|(prediction, outcome)| (prediction - outcome).powi(2)).sum();
    Ok(sum / outcomes.data().len() as f64)
}

/// The share of rows whose predicted class is the outcome, for predictions `[rows]` or `[rows, classes]` and outcomes
/// `[rows]`: see [`predicted_class`].
///
/// # Errors
/// The predictions have another rank, the outcomes are not of shape `[rows]`, or there is no row.
pub fn accuracy(predictions: &Tensor, outcomes: &Tensor) -> Result<f64, LearnError> {
    let (&[rows] | &[rows, _]) = &predictions.shape()[..] else {
        let problem = format!("have shape {}; [rows] or [rows, classes] would be right", predictions.shape());
        return Err(LearnError::Setting { name: "the predictions", problem });
    };
    check_outcomes(predictions, outcomes, &[rows].into())?;
    let right = (0..rows).filter(|&row| row_class(predictions, row) as f64 == outcomes.data()[row]).count();
    Ok(right as f64 / rows as f64)
}

/// An error unless the outcomes have the shape that goes with the predictions, and there is one.
fn check_outcomes(predictions: &Tensor, outcomes: &Tensor, right: &Shape) -> Result<(), LearnError> {
    let (found, beside) = (outcomes.shape(), predictions.shape());
    let problem = match found == right {
        false => format!("have shape {found} beside predictions of shape {beside}; {right} would be right"),
        true if found.size() == 0 => format!("have shape {found}, so there is nothing to score"),
        true => return Ok(()),
    };
    Err(LearnError::Setting { name: "the outcomes", problem })
}

fn row_class(predictions: &Tensor, row: usize) -> usize {
    let shape = predictions.shape();
    let size: usize = shape.iter().skip(1).product();
    class_of(&predictions.data()[row * size..(row + 1) * size], shape.rank() == 1)
}

/// The class that the prediction of one row means: the index of its largest element, the first of equals; a scalar
/// means class 1 from ½ up, else class 0.
pub fn predicted_class(prediction: &Tensor) -> usize {
    class_of(prediction.data(), prediction.shape().rank() == 0)
}

fn class_of(elements: &[f64], is_scalar: bool) -> usize {
    if is_scalar {
        return usize::from(elements.first().is_some_and(|&p| p >= 0.5));
    }
    elements.iter().enumerate().fold(0, |best, (i, &p)| if p > elements[best] { i } else { best })
}
