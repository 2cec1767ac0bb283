//! A few extreme values, in another unit or in place of what is missing, decide everything: a squared loss fits them, and
//! standardizing squeezes all others together.
//!
//! Story: "-999 in a column of temperatures". Source: Huber 1981, section 1.1; Iglewicz and Hoaglin 1993, on the median as the
//! measure of what is far.
//!
//! Evidence: values that lie many times the middle range away from the median, in a few rows; or in some more, if they are one
//! number, which stands for what is missing.

use super::{Judge, Rule, Specificity, Suspicion};
use crate::cause::Cause;
use crate::change::{Change, DataChange};
use crate::evidence::Evidence;
use crate::statistics::{middle, quantiles};
use chainrule_graph::Kind;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// Half of the middle two thirds is one deviation of a normal distribution; beyond so many there is nothing to expect, in heavy
/// tails either.
const FAR: f64 = 20.0;
/// A larger share of the rows is no exception.
const FEW: f64 = 0.05;
/// Nor is a larger one where all are the same number.
const SOME: f64 = 0.3;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    let mut columns = Vec::new();
    for field in evidence.rows().fields().iter().filter(|field| field.kind == Kind::Real) {
        for (element, column) in field.element_names().into_iter().enumerate() {
            let Ok(values) = evidence.column(field, element) else { continue };
            let rows = far_rows(&values);
            let most = if is_one_number(&values, &rows) { SOME } else { FEW };
            if !rows.is_empty() && (rows.len() as f64) <= (most * values.len() as f64).max(1.0) {
                columns.push((field.name.clone(), column, values, rows));
            }
        }
    }
    let mut all: Vec<usize> = columns.iter().flat_map(|(.., rows)| rows.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    let are_stand_ins = columns.iter().all(|(.., values, rows)| is_one_number(values, rows));
    let most = if are_stand_ins { SOME } else { 2.0 * FEW };
    if all.is_empty() || all.len() as f64 > most * evidence.rows().rows() as f64 {
        return Vec::new();
    }
    let worst = columns.iter().max_by(|a, b| distance(&a.2, &a.3).total_cmp(&distance(&b.2, &b.3)));
    let Some((name, column, values, rows)) = worst else { return Vec::new() };
    let place = rows.first().map(|&row| evidence.rows().place(row).to_string()).unwrap_or_default();
    let (low, high) = usual(values);
    let said = format!(
        "`{column}` is {} in {place}, while most of its values lie between {low:.4} and {high:.4}; {} row{} hold such values",
        rows.first().map_or(f64::NAN, |&row| values[row]),
        all.len(),
        if all.len() == 1 { "" } else { "s" }
    );
    // As many others, evenly spread
    let (rows, step) = (evidence.rows().rows(), evidence.rows().rows() / all.len());
    let others: Vec<usize> = (0..rows).step_by(step.max(1)).filter(|row| all.binary_search(row).is_err()).collect();
    let suspicion = {
        Suspicion::new(Cause::Outliers, Specificity::Certain, said)
            .at_node(name.clone())
            .at_column(column.clone())
            .judged_by(Judge::KeptRows)
            .mended_by([Change::Data(DataChange::RowsLeftOut(all))])
    };
    vec![Suspicion { placebo: Some(Change::Data(DataChange::RowsLeftOut(others))), ..suspicion }]
}

/// How far the first of these rows is, in halves of the middle.
fn distance(values: &[f64], rows: &[usize]) -> f64 {
    let (low, high) = usual(values);
    rows.first().map_or(0.0, |&row| (values[row] - (low + high) / 2.0).abs() / ((high - low) / 2.0).max(1e-300))
}

/// The rows whose value is far from all others: from the middle, and beyond a gap.
fn far_rows(values: &[f64]) -> Vec<usize> {
    let (low, high) = usual(values);
    let half = (high - low) / 2.0;
    if half <= 0.0 {
        return Vec::new();
    }
    let center = (low + high) / 2.0;
    (0..values.len()).filter(|&row| (values[row] - center).abs() > FAR * half).collect()
}

/// Whether several of these rows, all of them, hold one number.
fn is_one_number(values: &[f64], rows: &[usize]) -> bool {
    rows.len() > 2 && rows.iter().all(|&row| values[row] == values[rows[0]])
}

/// The ends of what is usual: of the middle two thirds; where one number is a third of all, as the 0 of a pixel or a count, of
/// that and the middle of the others.
fn usual(values: &[f64]) -> (f64, f64) {
    const A_THIRD: f64 = 1.0 / 3.0;
    const LEAST: usize = 8;
    let [median] = quantiles(values, [0.5]);
    let others: Vec<f64> = values.iter().copied().filter(|&value| value != median).collect();
    let repeated = values.len() - others.len();
    if others.len() < LEAST || (repeated as f64) < A_THIRD * values.len() as f64 {
        return middle(values);
    }
    let (low, high) = middle(&others);
    (low.min(median), high.max(median))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mostly_zero_has_no_outliers_among_its_other_values() {
        let pixels: Vec<f64> =
            (0..1000).map(|row| if row % 8 == 0 { 1.0 + f64::from(row % 16) } else { 0.0 }).collect();
        assert_eq!(far_rows(&pixels), Vec::<usize>::new());
        let typo: Vec<f64> = pixels.iter().enumerate().map(|(row, &x)| if row == 8 { 9000.0 } else { x }).collect();
        assert_eq!(far_rows(&typo), [8]);
    }

    #[test]
    fn one_number_stands_for_what_is_missing() {
        let values = [-999.0, 1.0, -999.0, 2.0, -999.0];
        assert!(is_one_number(&values, &[0, 2, 4]));
        assert!(!is_one_number(&values, &[0, 1, 2]));
        assert!(!is_one_number(&values, &[0]));
    }
}
