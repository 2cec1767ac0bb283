//! The learning curves that `chainrule fit` draws.

use std::path::Path;

use chainrule::learn::{Epoch, Measure, Scores};

use crate::plots::{LearningCurves, Picture, learning_curves, learning_curves_of_all};

/// The objective by epoch, and the accuracy, if there is one.
pub fn of(model: &Path, history: &[Epoch]) -> Picture {
    let title = format!("Learning curves of {}", model.file_stem().unwrap_or_default().to_string_lossy());
    let objective = curves("objective", false, history, |scores| Some(scores.objective));
    if history.iter().any(|epoch| accuracy(epoch.train).is_some()) {
        return learning_curves_of_all(&title, vec![objective, curves("accuracy", true, history, accuracy)]);
    }
    learning_curves(LearningCurves { title, ..objective })
}

fn curves(quantity: &str, is_share: bool, history: &[Epoch], value: fn(Scores) -> Option<f64>) -> LearningCurves {
    let points = |scores: fn(&Epoch) -> Option<Scores>| {
        history.iter().filter_map(|epoch| Some((epoch.epoch as f64, value(scores(epoch)?)?))).collect()
    };
    let (training, validation) = (points(|epoch| Some(epoch.train)), points(|epoch| epoch.valid));
    LearningCurves { title: String::new(), quantity: quantity.into(), is_share, training, validation }
}

fn accuracy(scores: Scores) -> Option<f64> {
    match scores.measure()? {
        (Measure::Accuracy, share) => Some(share),
        (Measure::MeanSquaredError, _) => None,
    }
}
