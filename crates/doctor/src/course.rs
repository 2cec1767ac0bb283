//! How a run went, beside the same with a remedy.

use chainrule_learn::{Epoch, Figures, Scores};

use crate::cause::Cause;
use crate::change::{Change, DataChange};
use crate::evidence::Evidence;
use crate::picture::{Course, Quantity};
use crate::rules::{Judge, Suspicion};
use crate::run::Run;
use crate::trial::Trial;

/// The course of a trial beside that of the run as it is; none where they say little: of other rows, or of a rare class.
pub(crate) fn course(evidence: &Evidence<'_, '_>, suspicion: &Suspicion, trial: &Trial) -> Option<Course> {
    let (held_out, before) = match suspicion.judged_by {
        Judge::KeptRows | Judge::Told => return None,
        Judge::HeldOut => (true, &evidence.held_out.last()?.run),
        Judge::Training | Judge::Likelihood | Judge::Objective => (false, &evidence.run),
    };
    let is_other =
        |change: &Change| matches!(change, Change::Data(DataChange::RowsLeftOut(_) | DataChange::ColumnLeftOut { .. }));
    // Beside the labels 1 and 2 a probability has no course.
    let is_of_labels = suspicion.cause == Cause::LossMismatch && suspicion.column.is_some();
    if suspicion.cause == Cause::ClassImbalance || is_of_labels || trial.changes.iter().any(is_other) {
        return None;
    }
    let scores = |epoch: &Epoch| if held_out { epoch.valid } else { Some(epoch.train) };
    let quantity = match (trial.run.history.last().and_then(scores)?.figures, &trial.changes[..]) {
        (Figures::Classes { .. }, _) => Quantity::Error,
        (Figures::Numbers { r2: Some(_), .. }, _) => Quantity::Unexplained,
        // Another objective is no longer comparable.
        (Figures::Numbers { r2: None, .. } | Figures::None, changes) => {
            let is_setting = |change: &Change| matches!(change, Change::Setting(_));
            changes.iter().all(is_setting).then_some(Quantity::Objective)?
        }
    };
    let points = |run: &Run| -> Vec<(usize, f64)> {
        let point = |epoch: &Epoch| Some((epoch.epoch, measured(quantity, &scores(epoch)?)?));
        run.history.iter().map_while(point).filter(|(_, value)| value.is_finite()).collect()
    };
    let (before, after) = (points(before), points(&trial.run));
    let failed = evidence.run.failure.is_some();
    let is_told = after.len() > 1 && (before.len() > 1 || failed);
    is_told.then_some(Course { quantity, held_out, failed, before, after })
}

/// The quantity after an epoch.
fn measured(quantity: Quantity, scores: &Scores) -> Option<f64> {
    match (quantity, scores.figures) {
        (Quantity::Objective, _) => Some(scores.objective),
        (Quantity::Error, Figures::Classes { accuracy, .. }) => Some(1.0 - accuracy),
        (Quantity::Unexplained, Figures::Numbers { r2, .. }) => r2.map(|r2| 1.0 - r2),
        (Quantity::Error | Quantity::Unexplained, _) => None,
    }
}
