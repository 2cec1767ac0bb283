//! The rows come in the order of the outcome and are not shuffled: each stretch of training sees one class, or one end of the
//! range, and unlearns the others.
//!
//! Story: "my network always predicts the last class". Source: LeCun, Bottou, Orr and Müller 1998, section 4.2; Bottou 2012,
//! "Stochastic gradient descent tricks", section 3.2.
//!
//! Evidence: how often the class changes from row to row, or the correlation of an outcome with the one before, beside what a
//! random order would have.

use super::{Rule, Specificity, Suspicion};
use crate::cause::Cause;
use crate::change::{Change, Setting};
use crate::evidence::Evidence;
use crate::statistics::moments;
use crate::task::TaskKind;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

/// Of numbers: the correlation of neighbours above which rows count as sorted.
const CORRELATED: f64 = 0.7;
/// Of classes: the share of the changes of a random order below which they do.
const FEW_CHANGES: f64 = 0.3;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    if evidence.case.settings.shuffle {
        return Vec::new();
    }
    let Some(task) = &evidence.task else { return Vec::new() };
    let Ok(outcomes) = evidence.rows().values(&task.target) else { return Vec::new() };
    let size = outcomes.len() / evidence.rows().rows().max(1);
    let column: Vec<f64> = outcomes.iter().step_by(size.max(1)).copied().collect();
    let said = match &task.kind {
        TaskKind::Numbers => {
            let correlation = correlation_of_neighbours(&column);
            if correlation < CORRELATED {
                return Vec::new();
            }
            format!("the correlation of `{}` with the row before is {correlation:.2}", task.target)
        }
        TaskKind::Classes { .. } => {
            let changes = column.windows(2).filter(|pair| pair[0] != pair[1]).count() as f64;
            let expected = changes_of_random_order(&column);
            if changes >= FEW_CHANGES * expected {
                return Vec::new();
            }
            let target = &task.target;
            format!(
                "from row to row `{target}` changes {changes} times; in a random order it would about {expected:.0} times"
            )
        }
    };
    let said = format!("{said}, and the rows are taken in the order of the table");
    vec![
        Suspicion::new(Cause::RowsSorted, Specificity::Certain, said)
            .at_setting("shuffle")
            .at_node(task.target.clone())
            .mended_by([Change::Setting(Setting::Shuffle)]),
    ]
}

fn correlation_of_neighbours(column: &[f64]) -> f64 {
    let (mean, deviation) = moments(column);
    let products = column.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum::<f64>();
    let pairs = column.len().saturating_sub(1).max(1) as f64;
    if deviation > 0.0 { products / pairs / (deviation * deviation) } else { 0.0 }
}

/// (n − 1)(1 − Σ pₖ²): how often neighbours differ on average.
fn changes_of_random_order(column: &[f64]) -> f64 {
    let count = column.len().max(1) as f64;
    let mut sorted = column.to_vec();
    sorted.sort_by(f64::total_cmp);
    let same: f64 = sorted.chunk_by(|a, b| a == b).map(|class| (class.len() as f64 / count).powi(2)).sum();
    (count - 1.0) * (1.0 - same)
}
