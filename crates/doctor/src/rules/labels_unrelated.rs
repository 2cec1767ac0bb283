//! The outcomes do not belong to their rows: a column that was moved, sorted or shuffled by itself.
//!
//! Story: "Why are my examples and labels in the wrong order?", Stack Overflow; in the list of pitfalls of TheDeepChecker.
//!
//! Evidence: small models that are known to be good explain no more of the outcome, on rows that they were not trained on,
//! than the best constant does, and a linear map no more than it does of outcomes that are moved against the rows, which are
//! unrelated for certain. Of tokens, nothing of the outcomes follows from them, and some of their own next ones does. Source of
//! the test: Ojala and Garriga 2010, "Permutation tests for studying classifier performance". If the outcomes moved by some
//! number of rows are explained far better, that is by how much they were moved.

use super::{Rule, Specificity, Suspicion, look_ahead};
use crate::cause::Cause;
use crate::change::{Change, DataChange};
use crate::evidence::Evidence;
use crate::relation::explained_when_moved;
use crate::statistics::moments;
use crate::table::Table;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// What the best small model must leave unexplained.
const NOTHING_EXPLAINED: f64 = 0.85;
/// And where a move stands out, which chance does not make.
const LITTLE_EXPLAINED: f64 = 0.6;
/// Where no move mends it, what it leaves must be within so many deviations of what unrelated outcomes would leave.
const DEVIATIONS: f64 = 2.5;
/// With fewer rows nothing can be said.
const LEAST_ROWS: usize = 40;
/// By how many deviations a move must stand out.
const STANDS_OUT: f64 = 6.0;
/// The share of moves by which at least as much is explained, above which the outcomes count as unrelated.
const CHANCE: f64 = 0.05;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().chain(look_ahead::of_other_rows(evidence)).collect()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let (task, baselines) = (evidence.task.as_ref()?, evidence.baselines?);
    let best = baselines.best();
    if best.unexplained < LITTLE_EXPLAINED || evidence.rows().rows() < LEAST_ROWS {
        return None;
    }
    let table = Table::in_order(task, evidence.rows()).ok()??;
    if table.width > table.count() / 2 {
        return None; // so many features explain anything
    }
    let moved = explained_when_moved(&table);
    let (by, most) = moved.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let (mean, deviation) = moments(&moved);
    let more = moved.iter().skip(1).filter(|&&share| share >= moved[0]).count();
    let chance = more as f64 / (moved.len() - 1).max(1) as f64;
    let column = evidence.rows().fields().iter().find(|field| field.name == task.target);
    let column = column.and_then(|field| field.columns.first().cloned()).unwrap_or_else(|| task.target.clone());
    let said = format!(
        "good small models leave {:.0} % of `{column}` unexplained on rows that they were not trained on; a linear map explains {:.1} % of it",
        100.0 * best.unexplained.min(1.0),
        100.0 * moved[0]
    );
    let suspicion = |said: String| {
        Suspicion::new(Cause::LabelsUnrelated, Specificity::Data, said)
            .at_column(column.clone())
            .at_node(task.target.clone())
    };
    let is_whole = table.count() == evidence.rows().rows();
    if is_whole && by > 0 && most > mean + STANDS_OUT * deviation {
        let by = if by > moved.len() / 2 { by as isize - moved.len() as isize } else { by as isize };
        let said = format!("{said}, and {:.0} % where it is moved {by:+} rows", 100.0 * most);
        let change = Change::Data(DataChange::OutcomeMoved { outcome: task.target.clone(), by });
        return Some(suspicion(said).mended_by([change]));
    }
    // Of K classes that are taken at random, the share that is right is binomial with 1/K.
    let deviation =
        task.classes().map_or(0.02, |classes| 1.0 / ((classes.max(2) - 1) as f64 * best.count as f64).sqrt());
    let nothing = 1.0 - DEVIATIONS * deviation;
    if best.unexplained < NOTHING_EXPLAINED || best.unexplained < nothing {
        return None;
    }
    let said = match evidence.validated() {
        _ if chance >= CHANCE => {
            format!("{said}; of outcomes moved against the rows, as much in {:.0} % of all moves", 100.0 * chance)
        }
        // Nor does the model itself find anything that holds for other rows.
        Some((_, held_out)) if held_out.unexplained >= nothing => {
            format!("{said}; the model leaves {:.0} % on rows that were held out", 100.0 * held_out.unexplained)
        }
        _ => return None,
    };
    Some(suspicion(said).shown_by(best.into()))
}
