//! The way from a case to findings: verdict first, then suspicions, the most specific first, each tried.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::budget::shortened;
use crate::case::{Case, CaseError};
use crate::change::{Change, replaced};
use crate::course::course;
use crate::evidence::Evidence;
use crate::exhibit::exhibit;
use crate::measure::Measured;
use crate::report::{Diagnosis, Figures, Finding, Remedy, Verdict};
use crate::rules::{self, Rule, Specificity, Suspicion};
use crate::run::Run;
use crate::trial::Trial;

/// How a case is examined.
#[derive(Clone, Copy, Debug)]
pub struct Doctor {
    /// How long trials may go on.
    pub time: Duration,
}

impl Default for Doctor {
    fn default() -> Doctor {
        Doctor { time: Duration::from_secs(30) }
    }
}

/// What is being done.
#[derive(Clone, Copy, Debug)]
pub enum Examining<'a> {
    /// The run as it is, and what it is compared with.
    Measuring,
    /// A change that may mend a cause.
    Trying {
        /// The cause that it would mend, and the place.
        suspicion: &'a Suspicion,
        /// How many of the suspected causes came before.
        done: usize,
        /// How many there are.
        of: usize,
    },
}

/// Of a healthy run, what is left unexplained is at most so many times what a small model leaves on rows that it was not
/// trained on, and two hundredths of all.
const ENOUGH: f64 = 1.35;
const ALMOST_NOTHING: f64 = 0.02;

/// What the first steps of a run explain at least of what a reference for sequences does.
const EARLY: f64 = 0.5;

/// What a setting must explain of what was left unexplained where nothing says how much could be.
const VAGUE: f64 = 0.6;

/// How sure a finding is that a comparison shows and nothing can mend.
const SHOWN: f64 = 0.5;

/// Examines a case. The observer is told what is being done, and may end it: what was found by then is the answer.
///
/// # Errors
/// A mistake in the model or the data. That training diverges is none.
pub fn diagnose(
    case: &Case<'_>,
    doctor: &Doctor,
    observer: &mut dyn FnMut(Examining<'_>) -> ControlFlow<()>,
) -> Result<Diagnosis, CaseError> {
    let begin = Instant::now();
    let _ = observer(Examining::Measuring);
    let (case, shortened) = shortened(case, doctor.time)?;
    let evidence = Evidence::of(&case, shortened)?;
    let is_good = is_good(&evidence);
    let mut diagnosis = Diagnosis {
        verdict: Verdict::Good,
        measured: evidence.run.measured,
        held_out: evidence.validated().map(|(_, held_out)| held_out),
        attainable: evidence.attainable(),
        findings: Vec::new(),
        shortened,
        trials: 0,
    };
    let rules = rules::ALL.iter().filter(|rule| !is_good || rule.even_if_good);
    // Of a run that was ended early, and gets somewhere, the settings can't be judged.
    let is_judged = |suspicion: &Suspicion| {
        let gets_somewhere = evidence.run.measured.is_some_and(|measured| !measured.is_no_better_than_a_constant());
        match suspicion.specificity {
            // What a model can express does not make it diverge, though a bend that keeps numbers small may hide that.
            Specificity::Capacity => evidence.run.failure.is_none(),
            Specificity::Setting | Specificity::Purpose => !(evidence.is_unfinished() && gets_somewhere),
            Specificity::Certain | Specificity::Structure | Specificity::Start | Specificity::Data => true,
        }
    };
    let suspected: Vec<Suspicion> = rules.flat_map(|rule: &Rule| (rule.suspect)(&evidence)).filter(is_judged).collect();
    let mut done = 0;
    for level in Specificity::ALL {
        for suspicion in suspected.iter().filter(|suspicion| suspicion.specificity == *level) {
            // What cannot be otherwise is tried in any case.
            let is_late = *level != Specificity::Certain && begin.elapsed() > doctor.time;
            let trying = Examining::Trying { suspicion, done, of: suspected.len() };
            if is_late || observer(trying).is_break() {
                break;
            }
            done += 1;
            let latest = Some(begin + doctor.time).filter(|_| *level != Specificity::Certain);
            diagnosis.findings.extend(tried(&evidence, suspicion, latest, &mut diagnosis.trials));
        }
        if !diagnosis.findings.is_empty() {
            break;
        }
    }
    in_order(&mut diagnosis.findings);
    diagnosis.verdict =
        if diagnosis.findings.is_empty() { verdict(&evidence, is_good) } else { Verdict::CouldDoBetter };
    Ok(diagnosis)
}

/// How a run stands of which nothing was found.
fn verdict(evidence: &Evidence<'_, '_>, is_good: bool) -> Verdict {
    if evidence.run.failure.is_some() {
        return Verdict::CouldDoBetter;
    }
    let Some(measured) = evidence.run.measured else { return Verdict::Unknown };
    let reachable = evidence.attainable();
    let is_worse_on_others = evidence.outdone_on_kept_rows().is_some();
    match (measured.is_no_better_than_a_constant(), is_good) {
        (true, _) if reachable.is_none_or(|it| it.is_no_better_than_a_constant()) => Verdict::NoBetterThanAConstant,
        (false, true) if is_worse_on_others => Verdict::CouldDoBetter,
        (false, true) => Verdict::Good,
        (false, false) if reachable.is_none() => Verdict::Good,
        _ if evidence.is_unfinished() => Verdict::Unknown,
        _ => Verdict::CouldDoBetter,
    }
}

/// The surest first; of those that are about as sure as it, the one whose rule comes first.
fn in_order(findings: &mut [Finding]) {
    const ABOUT: f64 = 0.1;
    let surest = findings.iter().map(|finding| finding.certainty).fold(0.0, f64::max);
    if let Some(first) = findings.iter().position(|finding| finding.certainty >= surest - ABOUT) {
        findings[..=first].rotate_right(1);
    }
}

/// Whether a run does as well as it could, as far as measures say.
fn is_good(evidence: &Evidence<'_, '_>) -> bool {
    if evidence.run.failure.is_some() {
        return false;
    }
    let floor = evidence.floor();
    if floor > 0.0 {
        // Steps that were left out would have gone on.
        let much = if evidence.shortened.steps.is_some() { EARLY } else { 1.0 / ENOUGH };
        let is_near = |measured: Measured| 1.0 - measured.unexplained >= much * (1.0 - floor) - ALMOST_NOTHING;
        return evidence.run.measured.is_some_and(is_near);
    }
    let reaches = |measured: Measured| {
        let is_near = |attainable: Measured| {
            let reachable = attainable.unexplained.min(1.0);
            let is_near = measured.unexplained <= ENOUGH * reachable + ALMOST_NOTHING;
            is_near || !attainable.is_clearly_better(&measured, 0.0)
        };
        measured.unexplained <= ALMOST_NOTHING || evidence.attainable().is_some_and(is_near)
    };
    evidence.run.measured.is_some_and(reaches)
}

/// The finding, if one of the remedies helps, as trials say that end before some time, or if a comparison shows it.
fn tried(
    evidence: &Evidence<'_, '_>,
    suspicion: &Suspicion,
    latest: Option<Instant>,
    trials: &mut usize,
) -> Option<Finding> {
    let finding = |changes: &[_], (before, after): (Figures, Figures), certainty: f64, course| Finding {
        cause: suspicion.cause,
        node: suspicion.node.clone(),
        setting: suspicion.setting,
        column: suspicion.column.clone(),
        place: suspicion.node.as_deref().and_then(|name| evidence.place_of(name)),
        certainty,
        evidence: suspicion.evidence.clone(),
        exhibit: exhibit(evidence, suspicion),
        remedy: Remedy::of(&evidence.case.source, changes),
        before,
        after,
        course,
    };
    for changes in &suspicion.remedies {
        if changes_nothing(&evidence.case.source, changes) {
            continue;
        }
        *trials += 1;
        let Some(trial) = Trial::of(evidence, changes, suspicion.judged_by, latest) else { continue };
        // More training mends a little nearly always; how much could be reached is not known.
        let is_setting = suspicion.specificity == Specificity::Setting;
        let much = match evidence.attainable() {
            None if is_setting => suspicion.much.max(VAGUE),
            _ => suspicion.much,
        };
        let is_enough =
            |trial: &Trial| trial.closes_the_gap(evidence, VAGUE) && !trial.leaves_the_gap(evidence, VAGUE, latest);
        if !trial.helps(evidence, much) || is_setting && !is_enough(&trial) {
            continue;
        }
        // What any other change of the kind gives, too, is not the cause.
        let placebo = suspicion.placebo.as_ref().and_then(|placebo| {
            *trials += 1;
            Trial::of(evidence, std::slice::from_ref(placebo), suspicion.judged_by, latest)
        });
        if placebo.is_none_or(|placebo| trial.is_better_than(&placebo, much)) {
            let course = course(evidence, suspicion, &trial);
            return Some(finding(&trial.changes, trial.figures(evidence), trial.certainty(), course));
        }
    }
    suspicion.shown.map(|shown| finding(&[], (Figures::of(&evidence.run), shown), SHOWN, None))
}

/// Whether changes of the text leave it as it is.
fn changes_nothing(source: &str, changes: &[Change]) -> bool {
    let is_kept = |change: &Change| match change {
        Change::Model(replacements) => replaced(source, replacements) == source,
        Change::Setting(_) | Change::Data(_) => false,
    };
    changes.iter().all(is_kept)
}

impl Figures {
    /// What a run came to.
    pub(crate) fn of(run: &Run) -> Figures {
        let is_done = run.failure.is_none();
        let objective = run.objectives().map(|(_, end)| end).filter(|_| is_done);
        let measured = run.measured.filter(|_| is_done);
        Figures {
            objective,
            unexplained: measured.map(|measured| measured.unexplained),
            error: measured.and_then(|measured| measured.error),
            held_out: run.validated.map(|measured| measured.unexplained),
        }
    }
}
