//! Trials: the same training with one difference, and whether that helped.

use std::time::Instant;

use crate::case::{Case, CaseError};
use crate::change::Change;
use crate::evidence::{Evidence, HeldOut};
use crate::measure::Measured;
use crate::report::{Figures, Remedy};
use crate::rules::Judge;
use crate::run::Run;

/// What a remedy leaves unexplained must be less than what the best constant leaves, by this share.
const BEATEN: f64 = 0.9;
/// So many times what the best constant leaves is far worse than that; and a tenth more about as good.
const FAR_WORSE: f64 = 2.0;
const AS_GOOD: f64 = 1.1;

/// A run with some changes, and the measures that are compared.
pub(crate) struct Trial {
    /// The changes.
    pub changes: Vec<Change>,
    /// The run with them.
    pub run: Run,
    judge: Judge,
    /// How good the run is as it is.
    before: Option<Measured>,
    /// How good it is with the changes.
    after: Option<Measured>,
}

impl Trial {
    /// Trains with the changes; none where they make no model, or one that can't be trained, or not before some time.
    pub fn of(evidence: &Evidence<'_, '_>, changes: &[Change], judge: Judge, latest: Option<Instant>) -> Option<Trial> {
        let (run, before, after) = match judge {
            Judge::Training | Judge::Likelihood | Judge::Objective | Judge::Told => {
                let (_, run) = trained(evidence, evidence.case, changes, latest)?;
                let after = run.measured;
                (run, evidence.run.measured, after)
            }
            Judge::KeptRows => {
                let (changed, run) = trained(evidence, evidence.case, changes, latest)?;
                let after = run.measured;
                (run, on_rows_of(evidence, &changed), after)
            }
            Judge::HeldOut => {
                let runs: Option<Vec<Run>> = evidence
                    .held_out
                    .iter()
                    .map(|held_out| Some(trained(evidence, &held_out.case, changes, latest)?.1))
                    .collect();
                let mut runs = runs?;
                let after = Measured::mean(runs.iter().map(|run| run.validated));
                (runs.pop()?, evidence.validated().map(|(_, validated)| validated), after)
            }
        };
        Some(Trial { changes: changes.to_vec(), run, judge, before, after })
    }

    /// Whether it is clearly better than the run as it is: explains so much of what was left.
    pub fn helps(&self, evidence: &Evidence<'_, '_>, much: f64) -> bool {
        if self.run.failure.is_some() || self.judge == Judge::Told {
            return self.run.failure.is_none();
        }
        match (self.after, self.before) {
            (Some(now), Some(before)) if self.judge != Judge::Objective => {
                // Where some can't be explained, a share of what can.
                let much = much * (1.0 - evidence.floor() / before.unexplained).clamp(0.0, 1.0);
                // Where the run is far worse than a constant on rows that it has not seen, no worse than that is a help.
                let beaten =
                    if self.judge == Judge::HeldOut && before.unexplained > FAR_WORSE { AS_GOOD } else { BEATEN };
                now.unexplained < beaten && now.is_clearly_better(&before, much)
                    || self.judge == Judge::Likelihood && now.is_far_more_likely(&before)
            }
            // What can't be measured otherwise is judged by the objective.
            _ => match (evidence.run.objectives(), self.run.objectives()) {
                (Some((start, before)), Some((_, now))) => {
                    evidence.run.failure.is_some() || start - now > (1.0 + much) * (start - before).max(0.0)
                }
                (None, Some(_)) => evidence.run.failure.is_some(),
                _ => false,
            },
        }
    }

    /// Whether it comes so much nearer to what a small model reaches, where that is known and the run as it is does worse.
    pub fn closes_the_gap(&self, evidence: &Evidence<'_, '_>, share: f64) -> bool {
        if self.judge != Judge::Training {
            return true;
        }
        let Some(((now, before), reachable)) = self.after.zip(self.before).zip(evidence.attainable()) else {
            return true;
        };
        let before = before.unexplained.min(1.0);
        let gap = (before - reachable.unexplained).max(0.0);
        before - now.unexplained >= share * gap
    }

    /// Whether on rows that were not trained on a small model is far better than the run as it is, and the changes do not come
    /// so much nearer to it: then they hide what ails the run, as more steps do that learn the rows by heart.
    pub fn leaves_the_gap(&self, evidence: &Evidence<'_, '_>, share: f64, latest: Option<Instant>) -> bool {
        let Some((before, reachable)) = evidence.outdone_on_kept_rows() else { return false };
        let now = match (self.run.validated, self.judge) {
            (Some(now), _) => Some(now),
            (None, Judge::HeldOut) => self.after,
            (None, _) => {
                let again =
                    |held_out: &HeldOut<'_>| trained(evidence, &held_out.case, &self.changes, latest)?.1.validated;
                Measured::mean(evidence.held_out.iter().map(again))
            }
        };
        let before = before.unexplained.min(1.0);
        now.is_none_or(|now| before - now.unexplained < share * (before - reachable.unexplained))
    }

    /// Whether it is clearly better than another trial.
    pub fn is_better_than(&self, other: &Trial, much: f64) -> bool {
        match (self.after, other.after) {
            (Some(mine), Some(theirs)) => mine.is_clearly_better(&theirs, much),
            _ => true,
        }
    }

    /// The figures as it is and with the changes, on the rows that it is judged by.
    pub fn figures(&self, evidence: &Evidence<'_, '_>) -> (Figures, Figures) {
        let of = |run: &Run, measured: Option<Measured>| {
            let figures = Figures::of(run);
            match run.failure {
                Some(_) => figures,
                None if self.judge == Judge::Objective => Figures { unexplained: None, error: None, ..figures },
                None => Figures {
                    unexplained: measured.map(|measured| measured.unexplained),
                    error: measured.and_then(|measured| measured.error),
                    ..figures
                },
            }
        };
        (of(&evidence.run, self.before), of(&self.run, self.after))
    }

    /// The share of what was left unexplained that the changes explain; half where that is not what it is judged by.
    pub fn certainty(&self) -> f64 {
        let is_by_it = !matches!(self.judge, Judge::Told | Judge::Objective);
        let Some((before, after)) = self.before.zip(self.after).filter(|_| is_by_it) else {
            return 0.5;
        };
        let before = before.unexplained.min(1.0);
        if before > 0.0 { (1.0 - after.unexplained / before).clamp(0.0, 1.0) } else { 0.0 }
    }
}

impl Remedy {
    /// The case with all changes.
    ///
    /// # Errors
    /// Rows that do not have what is to be changed.
    pub fn made<'a>(&self, case: &Case<'a>) -> Result<Case<'a>, CaseError> {
        changed(case, &self.changes)
    }
}

/// A case with the changes, and its run, if that ends before some time.
fn trained<'c>(
    evidence: &Evidence<'_, '_>,
    case: &Case<'c>,
    changes: &[Change],
    latest: Option<Instant>,
) -> Option<(Case<'c>, Run)> {
    let changed = changed(case, changes).ok()?;
    let run = Run::before(&changed, evidence.task.as_ref(), latest).ok()??;
    Some((changed, run))
}

/// How good the run as it is is on the rows that another case trains on.
fn on_rows_of(evidence: &Evidence<'_, '_>, changed: &Case<'_>) -> Option<Measured> {
    let run = &evidence.run;
    if run.failure.is_some() {
        return Some(Measured::of_nothing(changed.training.rows()));
    }
    let rows = run.transforms.apply(&changed.training).ok()?;
    run.measure(evidence.task.as_ref()?, &run.end, &rows, &changed.training)
}

/// The case with all changes. Stretches of text are those of the case's own text, so they are made together.
pub(crate) fn changed<'a>(case: &Case<'a>, changes: &[Change]) -> Result<Case<'a>, CaseError> {
    let mut replacements = Vec::new();
    let mut changed = case.clone();
    for change in changes {
        match change {
            Change::Model(some) => replacements.extend(some.iter().cloned()),
            other => changed = other.apply(&changed)?,
        }
    }
    if !replacements.is_empty() {
        changed = Change::Model(replacements).apply(&changed)?;
    }
    Ok(changed)
}
