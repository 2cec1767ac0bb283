//! A rare class is mostly missed, since ignoring it costs almost nothing: the accuracy is high, and the class that matters
//! is missed.
//!
//! Story: "99 % accuracy, and not one fraud found". Source: He and Garcia 2009, "Learning from imbalanced data".
//!
//! Evidence: the share of the class, and how many of its rows are found. Tried: each term of the objective weighted by how rare
//! its class is.

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::Change;
use crate::evidence::Evidence;
use crate::statistics::distinct;
use crate::table::RARE;
use crate::task::TaskKind;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// It is ignored if at most this share of its rows is found.
const NOT_FOUND: f64 = 0.6;
/// And if its rows are at least this share of all that are taken for another class.
const OF_ERRORS: f64 = 0.2;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().collect()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    if evidence.run.failure.is_some() {
        return None;
    }
    let task = evidence.task.as_ref()?;
    let (labels, outcomes) = (labels(evidence)?, evidence.rows().values(&task.target).ok()?);
    let predictions = evidence.run.predictions(&evidence.run.end, &evidence.run.training)?;
    let decided = match &task.kind {
        TaskKind::Classes { .. } => task.decided(&predictions, outcomes.len()),
        TaskKind::Numbers => {
            let limit = (labels[0] + labels[1]) / 2.0;
            predictions.data().iter().map(|&value| usize::from(value >= limit)).collect()
        }
    };
    if decided.len() != outcomes.len() || outcomes.len() != evidence.rows().rows() {
        return None;
    }
    let rows_of = |class: usize| outcomes.iter().filter(|&&y| y == labels[class]).count();
    let found_of = |class: usize| {
        outcomes.iter().zip(&decided).filter(|&(&y, &taken)| y == labels[class] && taken == class).count()
    };
    let even = outcomes.len() as f64 / labels.len() as f64;
    let is_missed = |&class: &usize| {
        let rows = rows_of(class);
        rows > 0 && (rows as f64) < RARE * even && found_of(class) as f64 <= NOT_FOUND * rows as f64
    };
    let class = (0..labels.len()).filter(is_missed).min_by_key(|&class| rows_of(class))?;
    // Where most errors are elsewhere, that the class is rare is not what ails the run.
    let found: usize = (0..labels.len()).map(found_of).sum();
    let missed = rows_of(class) - found_of(class);
    if (missed as f64) < OF_ERRORS * (outcomes.len() - found) as f64 {
        return None;
    }
    let column = evidence.rows().fields().iter().find(|field| field.name == task.target)?;
    let said = format!(
        "class {} of `{}` has {} of {} rows, of which {} are found",
        labels[class],
        task.target,
        rows_of(class),
        outcomes.len(),
        found_of(class)
    );
    let weights: Vec<(f64, f64)> = (0..labels.len())
        .filter(|&class| rows_of(class) > 0 && (rows_of(class) as f64) < even)
        .map(|class| (labels[class], even / rows_of(class) as f64))
        .collect();
    let change = weighted(evidence, &weights)?;
    Some(
        Suspicion::new(Cause::ClassImbalance, Specificity::Data, said)
            .at_node(task.target.clone())
            .at_column(column.columns.first()?.clone())
            .mended_by([change]),
    )
}

/// The labels, if the outcome is of classes, or a number that has two values.
fn labels(evidence: &Evidence<'_, '_>) -> Option<Vec<f64>> {
    let task = evidence.task.as_ref()?;
    match &task.kind {
        TaskKind::Classes { labels, .. } => Some(labels.clone()),
        TaskKind::Numbers => {
            let labels = distinct(&evidence.rows().values(&task.target).ok()?);
            (labels.len() == 2).then_some(labels)
        }
    }
}

/// The objective of a rare class so many times as heavy; where that makes a long line, the weight has one of its own.
fn weighted(evidence: &Evidence<'_, '_>, weights: &[(f64, f64)]) -> Option<Change> {
    const LONG: usize = 75;
    let function = evidence.function();
    let source = &evidence.case.source;
    let at = edits::written(function, function.objective?)?;
    let text = source.get(at.clone())?;
    let target = &evidence.task.as_ref()?.target;
    let weight = weights
        .iter()
        .fold("1".to_string(), |others, (label, weight)| format!("where({target} == {label}, {weight:.3}, {others})"));
    let times = |weight: &str| format!("{weight} * ({text})");
    let before = at.start - edits::line_start(source, at.start);
    let whole = || Some(Change::replace(at.clone(), times(&weight)));
    match before + times(&weight).len() {
        ..=LONG => whole(),
        _ => edits::named_before(source, &at, ["weight", "class_weight"], &weight, times).or_else(whole),
    }
}
