//! A few extreme values, in another unit or in place of what is missing, decide everything: a squared loss fits them, and
//! standardizing squeezes all others together.
//!
//! Story: "-999 in a column of temperatures". Source: Huber 1981, section 1.1; Iglewicz and Hoaglin 1993, on the median as the
//! measure of what is far.
//!
//! Evidence: values that lie many times the middle range away from the median, in a few rows.

use super::{Judge, Rule, Specificity, Suspicion};
use crate::cause::Cause;
use crate::change::{Change, DataChange};
use crate::evidence::Evidence;
use crate::statistics::middle;
use chainrule_graph::Kind;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// Half of the middle two thirds is one deviation of a normal distribution; beyond so many there is nothing to expect, in heavy
/// tails either.
const FAR: f64 = 20.0;
/// A larger share of the rows is no exception.
const FEW: f64 = 0.05;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    let mut columns = Vec::new();
    for field in evidence.rows().fields().iter().filter(|field| field.kind == Kind::Real) {
        for (element, column) in field.element_names().into_iter().enumerate() {
            let Ok(values) = evidence.column(field, element) else { continue };
            let rows = far_rows(&values);
            if !rows.is_empty() && (rows.len() as f64) <= (FEW * values.len() as f64).max(1.0) {
                columns.push((field.name.clone(), column, values, rows));
            }
        }
    }
    let mut all: Vec<usize> = columns.iter().flat_map(|(.., rows)| rows.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() || all.len() as f64 > 2.0 * FEW * evidence.rows().rows() as f64 {
        return Vec::new();
    }
    let worst = columns.iter().max_by(|a, b| distance(&a.2, &a.3).total_cmp(&distance(&b.2, &b.3)));
    let Some((name, column, values, rows)) = worst else { return Vec::new() };
    let place = rows.first().map(|&row| evidence.rows().place(row).to_string()).unwrap_or_default();
    let (low, high) = middle(values);
    let said = format!(
        "`{column}` is {} in {place}, while two thirds of its values lie between {low:.4} and {high:.4}; {} row{} hold such values",
        rows.first().map_or(f64::NAN, |&row| values[row]),
        all.len(),
        if all.len() == 1 { "" } else { "s" }
    );
    vec![
        Suspicion::new(Cause::Outliers, Specificity::Certain, said)
            .at_node(name.clone())
            .at_column(column.clone())
            .judged_by(Judge::KeptRows)
            .mended_by([Change::Data(DataChange::RowsLeftOut(all))]),
    ]
}

/// How far the first of these rows is, in halves of the middle.
fn distance(values: &[f64], rows: &[usize]) -> f64 {
    let (low, high) = middle(values);
    rows.first().map_or(0.0, |&row| (values[row] - (low + high) / 2.0).abs() / ((high - low) / 2.0).max(1e-300))
}

/// The rows whose value is far from all others: from the middle, and beyond a gap.
fn far_rows(values: &[f64]) -> Vec<usize> {
    let (low, high) = middle(values);
    let half = (high - low) / 2.0;
    if half <= 0.0 {
        return Vec::new();
    }
    let center = (low + high) / 2.0;
    (0..values.len()).filter(|&row| (values[row] - center).abs() > FAR * half).collect()
}
