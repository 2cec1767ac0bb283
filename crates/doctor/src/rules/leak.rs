//! An input column gives the outcome away: a copy of it, or something that is known only afterwards. The run looks too good,
//! and fails on rows where that column is not filled in.
//!
//! Story: "99.9 % accuracy, and useless in production". Source: Kaufman, Rosset, Perlich and Stitelman 2012, "Leakage in data
//! mining".
//!
//! Evidence: the column alone explains all of the outcome; the others, without it, explain a part, as real columns do. Of a
//! sequence whose outcomes are its inputs one place on, see [`look_ahead`].

use super::{Judge, Rule, Specificity, Suspicion, look_ahead};
use crate::cause::Cause;
use crate::change::{Change, DataChange};
use crate::evidence::Evidence;
use crate::report::Figures;
use crate::statistics::correlation;
use crate::table::Table;
use crate::task::{Task, TaskKind};

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// What a column that gives the outcome away leaves unexplained.
const ALL_EXPLAINED: f64 = 0.005;
/// What the others leave without it: real columns explain a part, and not all.
const A_PART: std::ops::Range<f64> = 0.03..0.9;
/// Of more columns the linear measure alone is looked at.
const MOST_COLUMNS: usize = 200;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    let of_sequences = [look_ahead::found(evidence), look_ahead::of_the_past(evidence)];
    of_sequences.into_iter().flatten().chain(columns(evidence)).collect()
}

/// Columns that give the outcome away.
fn columns(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    let Some(task) = &evidence.task else { return Vec::new() };
    let columns = evidence.inputs().map(|field| field.shape.size()).sum::<usize>();
    if !(2..=MOST_COLUMNS).contains(&columns) {
        return Vec::new();
    }
    let Ok(outcomes) = evidence.rows().values(&task.target) else { return Vec::new() };
    if outcomes.len() != evidence.rows().rows() {
        return Vec::new();
    }
    let mut suspicions = Vec::new();
    for field in evidence.inputs() {
        for (element, column) in field.element_names().into_iter().enumerate() {
            let Ok(values) = evidence.column(field, element) else { continue };
            let left = left_by(&values, &outcomes, task);
            if left > ALL_EXPLAINED {
                continue;
            }
            let left_out = DataChange::ColumnLeftOut { input: field.name.clone(), element };
            let Some(others) = without(evidence, task, &left_out) else { continue };
            if !A_PART.contains(&others.unexplained.unwrap_or(1.0)) {
                continue;
            }
            let said = format!(
                "`{column}` alone leaves {:.2} % of `{}` unexplained; all other columns together leave {:.0} %",
                100.0 * left,
                task.target,
                100.0 * others.unexplained.unwrap_or(1.0)
            );
            let mut suspicion = Suspicion::new(Cause::Leak, Specificity::Certain, said)
                .at_column(column)
                .judged_by(Judge::HeldOut)
                .mended_by([Change::Data(left_out)])
                .shown_by(others);
            suspicion.node = Some(field.name.clone());
            suspicions.push(suspicion);
        }
    }
    suspicions
}

/// What good small models leave unexplained without the column.
fn without(evidence: &Evidence<'_, '_>, task: &Task, left_out: &DataChange) -> Option<Figures> {
    let case = Change::Data(left_out.clone()).apply(evidence.case).ok()?;
    let table = Table::of(task, &case.training).ok()??;
    let measured = table.cross_validated(&[]).ok()??;
    Some(measured.into())
}

/// What a column leaves of the outcome: of numbers 1 − r² of a line, of classes the share of rows that lie in the range of
/// another class.
fn left_by(values: &[f64], outcomes: &[f64], task: &Task) -> f64 {
    match &task.kind {
        TaskKind::Numbers => 1.0 - correlation(values, outcomes).powi(2),
        TaskKind::Classes { labels, .. } => {
            let ranges: Vec<(f64, f64)> = labels
                .iter()
                .map(|label| {
                    let of = || values.iter().zip(outcomes).filter(|(_, y)| *y == label).map(|(value, _)| *value);
                    (of().fold(f64::INFINITY, f64::min), of().fold(f64::NEG_INFINITY, f64::max))
                })
                .collect();
            let is_elsewhere = |(value, y): (&f64, &f64)| {
                labels.iter().zip(&ranges).any(|(label, (low, high))| label != y && (*low..=*high).contains(value))
            };
            let wrong = values.iter().zip(outcomes).filter(|&pair| is_elsewhere(pair)).count();
            wrong as f64 / values.len().max(1) as f64
        }
    }
}
