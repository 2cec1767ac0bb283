//! Judging: whether each fault is one, and what is said of it.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use chainrule_doctor::{Cause, Doctor, Finding, diagnose};

use crate::specimen::{Fault, Specimen};
use crate::tables::Columns;

/// The seeds over which a fault must be one.
const SEEDS: [u64; 3] = [0, 1, 2];
/// How many times worse it must be, and by how much at least.
const TIMES: f64 = 2.0;
const AT_LEAST: f64 = 0.05;
const THREADS: usize = 2;

/// What is said of a specimen.
pub struct Judged {
    /// What it is called.
    pub name: String,
    /// What was done to it; none if nothing.
    pub cause: Option<Cause>,
    /// The measures of the worst healthy and the best faulty run.
    pub measured: (f64, f64),
    /// Whether it is what it is said to be: of a fault, that it is one.
    pub holds: bool,
    /// Causes that may be named, but whose remedy does not mend it.
    pub refuted: Vec<Cause>,
    /// The first finding.
    pub said: Option<Finding>,
    /// Whether the cause is right: the one that was planted, or one that may be named.
    pub right: bool,
    /// Whether the place is right.
    pub placed: bool,
    /// How long the examination took, in seconds.
    pub seconds: f64,
}

/// The measures of what was trained already: many faults are compared with one healthy run.
type Known = Mutex<HashMap<String, Vec<f64>>>;

/// Judges all, several at a time.
pub fn judged(healthy: &[Specimen], faults: &[Fault], examined: bool) -> Vec<Judged> {
    let known = Known::default();
    let next = AtomicUsize::new(0);
    let all = Mutex::new(Vec::new());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let judged = match (healthy.get(index), faults.get(index.saturating_sub(healthy.len()))) {
                (Some(specimen), _) => of_healthy(specimen, &known, examined),
                (None, Some(fault)) => of_fault(fault, &known, examined),
                (None, None) => return,
            };
            all.lock().unwrap_or_else(PoisonError::into_inner).push((index, judged));
        }
    };
    std::thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(work))));
    let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, judged)| judged).collect()
}

fn of_healthy(specimen: &Specimen, known: &Known, examined: bool) -> Judged {
    let worst = worst(specimen, known);
    let (said, seconds) = said(specimen, examined);
    Judged {
        name: specimen.name.clone(),
        cause: None,
        measured: (worst, f64::NAN),
        holds: worst <= specimen.at_most,
        refuted: Vec::new(),
        right: said.is_none(),
        placed: said.is_none(),
        said,
        seconds,
    }
}

fn of_fault(fault: &Fault, known: &Known, examined: bool) -> Judged {
    let (healthy, faulty) = (worst(&fault.healthy, known), best(&fault.faulty, known));
    let is_better = |mended: f64| faulty >= TIMES * mended && faulty - mended >= AT_LEAST;
    let (acceptable, refuted): (Vec<_>, Vec<_>) =
        fault.acceptable.iter().partition(|(_, mended)| is_better(worst(mended, known)));
    let causes = |of: Vec<&(Cause, Specimen)>| of.into_iter().map(|(cause, _)| *cause).collect::<Vec<_>>();
    let (acceptable, refuted) = (causes(acceptable), causes(refuted));
    let (said, seconds) = said(&fault.faulty, examined);
    let is_right = |finding: &Finding| finding.cause == fault.cause || acceptable.contains(&finding.cause);
    Judged {
        name: fault.faulty.name.clone(),
        cause: Some(fault.cause),
        measured: (healthy, faulty),
        holds: is_better(healthy),
        refuted,
        right: said.as_ref().is_some_and(is_right),
        placed: said.as_ref().is_some_and(|finding| is_placed(finding, &fault.places)),
        said,
        seconds,
    }
}

fn worst(specimen: &Specimen, known: &Known) -> f64 {
    over_seeds(specimen, known).into_iter().fold(0.0, f64::max)
}

fn best(specimen: &Specimen, known: &Known) -> f64 {
    over_seeds(specimen, known).into_iter().fold(f64::INFINITY, f64::min)
}

fn over_seeds(specimen: &Specimen, known: &Known) -> Vec<f64> {
    let on = specimen.measured_on.as_ref().map(Columns::csv);
    let key = format!("{}\n{}\n{}\n{on:?}", specimen.text, specimen.arguments.line(), specimen.columns.csv());
    let found = known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    found.unwrap_or_else(|| {
        let measured: Vec<f64> = SEEDS.iter().map(|&seed| specimen.measured(seed)).collect();
        known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, measured.clone());
        measured
    })
}

fn said(specimen: &Specimen, examined: bool) -> (Option<Finding>, f64) {
    if !examined {
        return (None, 0.0);
    }
    let seed = std::env::var("PLANTED_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let begin = std::time::Instant::now();
    let diagnosis = diagnose(&specimen.case(seed), &Doctor::default(), &mut |_| ControlFlow::Continue(()));
    let diagnosis = diagnosis.unwrap_or_else(|error| panic!("{}: {error}\n{}", specimen.name, specimen.text));
    (diagnosis.findings.into_iter().next(), begin.elapsed().as_secs_f64())
}

/// Whether the node, the setting or the column is one of the guilty; names are compared as a person reads them.
fn is_placed(finding: &Finding, places: &[&str]) -> bool {
    let plain = |text: &str| text.trim_matches(['`', ' ']).replace('-', "_").to_lowercase();
    let named = [finding.node.as_deref(), finding.setting, finding.column.as_deref()];
    places.is_empty()
        || named.into_iter().flatten().any(|named| places.iter().any(|place| plain(place) == plain(named)))
}
