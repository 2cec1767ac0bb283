//! The run ends before the objective is down: steps too small (rate, clipping, schedule, epsilon) or too few (epochs, batch).
//!
//! Story: "RMSprop crawls to the line". Source: Goodfellow, Bengio and Courville 2016, section 11.4.1: of all settings the
//! learning rate is the first to look at.
//!
//! Evidence: the objective is still falling at the end.

use chainrule_learn::Schedule;

use super::{Rule, Specificity, Suspicion};
use crate::cause::Cause;
use crate::change::{Change, Setting, epsilon_of};
use crate::evidence::Evidence;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

/// How many rows a step usually takes; with more, an epoch has few steps (Masters and Luschi 2018).
const USUAL_BATCH: usize = 32;

/// What is added to the root of the mean of squared gradients (Kingma and Ba 2015), and what is far above it: as large as
/// gradients often are, so that it makes the steps shorter.
const USUAL_EPSILON: f64 = 1e-8;
const LARGE_EPSILON: f64 = 1e-3;

/// A run of whose fall less is in its last fifth does not end too early: of a fall that slows down at an even pace, as that
/// towards a minimum does, about as much is still to come.
const STILL_FALLING: f64 = 0.05;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    if evidence.run.failure.is_some() {
        return Vec::new();
    }
    let share = evidence.falling();
    let falls = share
        .map(|share| format!("; {:.1} % of the fall of the objective is in the last fifth of the run", 100.0 * share))
        .unwrap_or_default();
    let mut suspicions = shortened(evidence, &falls);
    // Ten times the steps mend a little whatever ails a run; the number of steps is to blame only where it still falls.
    if is_down(evidence) {
        return suspicions;
    }
    let rate = evidence.case.settings.rate;
    let rates = [10.0, 100.0, 1e3, 1e4].map(|times| Setting::Rate(rate * times)).to_vec();
    suspicions.push(suspicion(format!("the rate is {rate}{falls}"), "rate", rates));
    if !share.is_some_and(|share| share < STILL_FALLING) {
        suspicions.extend(few(evidence, &falls));
    }
    suspicions
}

fn suspicion(said: String, setting: &'static str, remedies: Vec<Setting>) -> Suspicion {
    let suspicion = Suspicion::new(Cause::TooLittleTraining, Specificity::Setting, said).at_setting(setting);
    suspicion.mended_by_each(remedies.into_iter().map(Change::Setting))
}

/// What makes steps shorter than the rate says.
fn shortened(evidence: &Evidence<'_, '_>, falls: &str) -> Vec<Suspicion> {
    let settings = &evidence.case.settings;
    let mut suspicions = Vec::new();
    if let Some(limit) = settings.clip_norm {
        let said = format!("gradients are cut to the norm {limit}{falls}");
        suspicions.push(suspicion(said, "clip_norm", vec![Setting::ClipNorm(None)]));
    }
    if settings.schedule != Schedule::Constant {
        let said = format!("the schedule makes the rate smaller{falls}");
        suspicions.push(suspicion(said, "schedule", vec![Setting::Schedule(Schedule::Constant)]));
    }
    let epsilon = epsilon_of(&mut settings.optimizer.clone()).map(|epsilon| *epsilon);
    if let Some(epsilon) = epsilon.filter(|&epsilon| epsilon >= LARGE_EPSILON) {
        let said = format!("steps are divided by the size of the gradients and {epsilon}, usually 1e-8{falls}");
        suspicions.push(suspicion(said, "epsilon", vec![Setting::Epsilon(USUAL_EPSILON)]));
    }
    suspicions
}

/// What makes few steps: large batches, few epochs.
fn few(evidence: &Evidence<'_, '_>, falls: &str) -> Vec<Suspicion> {
    let settings = &evidence.case.settings;
    let rows = evidence.rows().rows();
    let mut suspicions = Vec::new();
    if settings.batch > USUAL_BATCH && rows > 2 * USUAL_BATCH {
        let batch = settings.batch.min(rows);
        let said = format!("a step takes {batch} of the {rows} rows, so that an epoch has few{falls}");
        suspicions.push(suspicion(said, "batch", vec![Setting::Batch(USUAL_BATCH)]));
    }
    match settings.steps {
        // The steps are counted so that the doctor is quick.
        Some(_) if evidence.shortened.steps.is_some() => {}
        Some(steps) => {
            let said = format!("training ends after {steps} steps{falls}");
            suspicions.push(suspicion(said, "steps", vec![Setting::Steps(steps * 10)]));
        }
        None => {
            let said = format!("training ends after {} epochs{falls}", settings.epochs);
            let mut longer = suspicion(said, "epochs", vec![Setting::Epochs(settings.epochs * 10)]);
            if settings.batch > USUAL_BATCH {
                let both = [Setting::Epochs(settings.epochs * 10), Setting::Batch(USUAL_BATCH)];
                longer = longer.mended_by(both.map(Change::Setting));
            }
            suspicions.push(longer);
        }
    }
    suspicions
}

/// Whether the objective has come to rest: it hardly falls any more beside how far it fell, and beside where it is.
fn is_down(evidence: &Evidence<'_, '_>) -> bool {
    const HARDLY: f64 = 0.01;
    const OF_ITSELF: f64 = 1e-3;
    let history = &evidence.run.history;
    let late = history.get(history.len() * 4 / 5).map(|epoch| epoch.train.objective);
    let fell = late.zip(history.last()).map(|(late, last)| late - last.train.objective);
    let is_still = fell.zip(late).is_some_and(|(fell, late)| fell.abs() < OF_ITSELF * late.abs());
    is_still && evidence.falling().is_some_and(|share| share < HARDLY)
}
