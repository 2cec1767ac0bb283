//! How much of a case is run: all of it if that is quick, else some of the rows and the first steps.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use chainrule_learn::{EverySteps, Parameters, Progress, Training, train};

use crate::case::{Case, CaseError, Prepared};

/// Of more rows so many are examined.
const MOST_ROWS: usize = 4000;
/// A single run may take this part of the time.
const PART: u32 = 20;
/// After how many steps the clock is looked at.
const EVERY: usize = 16;

/// What of a case was left out so that trials are quick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shortened {
    /// How many rows are examined, if not all.
    pub rows: Option<usize>,
    /// After how many steps runs end, if that is before the end of training.
    pub steps: Option<usize>,
}

/// The case with so many rows and steps that a run takes a twentieth of the time.
///
/// # Errors
/// A mistake in the model or the data.
pub(crate) fn shortened<'a>(case: &Case<'a>, time: Duration) -> Result<(Case<'a>, Shortened), CaseError> {
    let mut short = case.clone();
    let mut shortened = Shortened::default();
    let rows = case.training.rows();
    if rows > MOST_ROWS {
        // What is split off keeps the shares of the classes.
        let share = MOST_ROWS as f64 / rows as f64;
        short.training = case.training.split(share, case.settings.seed)?.1;
        shortened.rows = Some(short.training.rows());
    }
    if let Some(validation) = short.validation.take() {
        let kept: Vec<usize> = (0..validation.rows().min(MOST_ROWS)).collect();
        short.validation = Some(validation.select(&kept));
    }
    shortened.steps = steps_within(&short, time / PART)?;
    if let Some(steps) = shortened.steps {
        short.settings.steps = Some(steps);
    }
    Ok((short, shortened))
}

/// How many steps can be made in the time; none if that is all of them.
fn steps_within(case: &Case<'_>, time: Duration) -> Result<Option<usize>, CaseError> {
    let Prepared { function, training, .. } = case.prepared()?;
    let mut parameters = Parameters::initialize(&function, case.settings.seed)?;
    let settings = Training { reports: 1, checkpoint: None, ..case.settings };
    let mut steps = 0;
    let mut is_cut = false;
    let mut begin = None;
    let observe = |progress: Progress<'_>| {
        if let Progress::Steps(report) = progress {
            // Scoring and compiling come before the first.
            let begin: &mut Instant = begin.get_or_insert_with(Instant::now);
            steps += report.objectives.len();
            is_cut = begin.elapsed() > time;
        }
        if is_cut { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    // That it diverges is seen again.
    let _ = train(&function, &mut parameters, &training, None, &settings, &mut EverySteps { steps: EVERY, observe });
    Ok(is_cut.then_some(steps))
}
