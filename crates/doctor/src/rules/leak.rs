//! An input column gives the outcome away: a copy of it, or something that is known only afterwards. The run looks too good,
//! and fails on rows where that column is not filled in.
//!
//! Story: "99.9 % accuracy, and useless in production". Source: Kaufman, Rosset, Perlich and Stitelman 2012, "Leakage in data
//! mining".
//!
//! Evidence: the column alone explains all of the outcome; the others, without it, explain a part, as real columns do. Of a
//! sequence whose outcomes are its inputs one place on: the prediction at a place changes with the input behind it, as it does
//! where attention lacks its causal mask.

use chainrule_learn::{Field, Role};

use super::{Judge, Rule, Specificity, Suspicion, edits};
use crate::baselines::Table;
use crate::cause::Cause;
use crate::change::{Change, DataChange, with_values};
use crate::evidence::Evidence;
use crate::report::Figures;
use crate::statistics::correlation;
use crate::task::{Task, TaskKind};

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// What a column that gives the outcome away leaves unexplained.
const ALL_EXPLAINED: f64 = 0.005;
/// What the others leave without it: real columns explain a part, and not all.
const A_PART: std::ops::Range<f64> = 0.03..0.9;
/// Of more columns the linear measure alone is looked at.
const MOST_COLUMNS: usize = 200;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    look_ahead(evidence).into_iter().chain(columns(evidence)).collect()
}

/// A prediction of the next element that reads it.
fn look_ahead(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    const SHARE: f64 = 0.95;
    let function = evidence.function();
    let target = evidence.node(&evidence.task.as_ref()?.target)?;
    let length = function.graph.shape(target).size();
    let rows = &evidence.run.training;
    let outcomes = rows.values(function.name(target)).ok()?;
    let is_next = |field: &&Field| {
        let Ok(values) = rows.values(&field.name) else { return false };
        let same = values
            .chunks(length)
            .zip(outcomes.chunks(length))
            .map(|(x, y)| x.iter().skip(1).zip(y).filter(|(x, y)| x == y).count());
        let pairs = (length - 1) * rows.rows();
        field.shape.size() == length && same.sum::<usize>() as f64 >= SHARE * pairs as f64
    };
    let input = rows.fields().iter().filter(|field| field.role == Role::Input && length > 1).find(is_next)?;
    let few = rows.select(&(0..rows.rows().min(16)).collect::<Vec<_>>());
    let changed = with_values(&few, |field, mut values| {
        if field.name == input.name {
            // The last element of each row is that of the first place, which is another one now and then.
            values.chunks_mut(length).for_each(|row| row[length - 1] = row[0]);
        }
        values
    });
    let [before, after] = [few, changed.ok()?].map(|rows| evidence.run.predictions(&evidence.run.end, &rows));
    let (before, after) = (before?, after?);
    let place = before.data().len() / (before.shape().first()? * length);
    let is_before_last = |index: usize| index / place % length < length - 1;
    let changes = before.data().iter().zip(after.data()).enumerate();
    let most = changes.filter(|(index, _)| is_before_last(*index)).map(|(_, (a, b))| (a - b).abs()).fold(0.0, f64::max);
    if most < 1e-9 {
        return None;
    }
    let said = format!(
        "`{}` is `{}` one place on, and predictions change by up to {most:.2} with inputs that come after them",
        function.name(target),
        input.name
    );
    let suspicion = Suspicion::new(Cause::Leak, Specificity::Certain, said).at_column(input.columns.first()?.clone());
    let suspicion = Suspicion { node: Some(input.name.clone()), ..suspicion }.judged_by(Judge::Told);
    let masked =
        edits::with_argument(&evidence.case.source, &["self_attention", "transformer_block"], "causal", "true");
    Some(suspicion.mended_by_each(masked))
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
