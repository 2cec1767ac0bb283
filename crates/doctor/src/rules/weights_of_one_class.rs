//! The weights of the classes leave all but one of them next to nothing.
//!
//! Story: weights that were meant to make up for a rare class, the shares of the classes put in upside down, or a slip of a
//! factor of a hundred. Source: He and Garcia 2009, "Learning from imbalanced data": weights in inverse proportion to the number
//! of rows make each class count alike.
//!
//! Evidence: the weight of a class times its rows, beside that of all.

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::Change;
use crate::evidence::Evidence;
use crate::task::TaskKind;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// The share of all weight from which one class is all that counts.
const NEARLY_ALL: f64 = 0.95;
/// A class with most of the rows may have most of the weight.
const MOST_ROWS: f64 = 0.5;
/// What must be explained of what was left: the weights alone say that something is wrong.
const MUCH: f64 = 0.2;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().collect()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let task = evidence.task.as_ref()?;
    let TaskKind::Classes { labels, .. } = &task.kind else { return None };
    let at = edits::written(function, function.objective?)?;
    let text = evidence.case.source.get(at.clone())?;
    let stretch = edits::keyword(text, "weights")?;
    let weights = numbers(text.get(stretch.clone())?)?;
    let outcomes = evidence.rows().values(&task.target).ok()?;
    let rows_of = |label: &f64| outcomes.iter().filter(|&outcome| outcome == label).count() as f64;
    let rows: Vec<f64> = labels.iter().map(rows_of).collect();
    let weighted: Vec<f64> = weights.iter().zip(&rows).map(|(weight, rows)| weight * rows).collect();
    let all: f64 = weighted.iter().sum();
    let (class, most) = weighted.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let share_of_rows = rows[class] / outcomes.len().max(1) as f64;
    if weights.len() != labels.len() || most < NEARLY_ALL * all || share_of_rows > MOST_ROWS {
        return None;
    }
    let said = format!(
        "`{}` gives class {} {:.1} % of the whole weight, though it has {:.0} % of the rows: the other classes hardly count",
        text.get(stretch.clone())?.trim_start_matches(',').trim(),
        labels[class],
        100.0 * most / all,
        100.0 * share_of_rows
    );
    let left_out = Change::replace(at.start + stretch.start..at.start + stretch.end, "");
    let suspicion = Suspicion::new(Cause::LossMismatch, Specificity::Structure, said);
    let suspicion = suspicion.at_node(evidence.named(function.objective?)).judged_on_kept_rows(evidence);
    Some(Suspicion { much: MUCH, ..suspicion }.mended_by([left_out]))
}

/// The numbers of a list: `, weights=[1, 2.5]`.
fn numbers(text: &str) -> Option<Vec<f64>> {
    let (_, list) = text.split_once('[')?;
    let (list, _) = list.split_once(']')?;
    list.split(',').map(|number| number.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_list() {
        assert_eq!(numbers(", weights=[0.05, 2, 20]"), Some(vec![0.05, 2.0, 20.0]));
        assert_eq!(numbers(", weights=w"), None);
    }
}
