//! How far the outcome follows from the features by a linear map, for the outcomes as they are and moved against the rows.

use crate::table::Table;
use crate::task::TaskKind;

/// The share of the outcome that a linear map of the features explains, for every number of rows by which the outcomes are
/// moved down against the features; what leaves at one end comes in at the other. That of 0 is the R² of least squares.
///
/// The features are made orthonormal once (Gram and Schmidt); the share is then the sum of the squared products with the
/// outcome. Outcomes that are moved have the distribution of outcomes that are unrelated.
pub(crate) fn explained_when_moved(table: &Table) -> Vec<f64> {
    let count = table.count();
    let basis = orthonormal(table);
    let outcomes = indicators(table);
    let total: f64 = outcomes.iter().flatten().map(|y| y * y).sum();
    let share = |by: usize| {
        let product = |q: &Vec<f64>, y: &Vec<f64>| -> f64 {
            // Row i has the outcome of row i − by.
            let (head, tail) = y.split_at(count - by);
            q.iter().zip(tail.iter().chain(head)).map(|(q, y)| q * y).sum()
        };
        let explained: f64 =
            outcomes.iter().flat_map(|y| basis.iter().map(move |q| (q, y))).map(|(q, y)| product(q, y).powi(2)).sum();
        if total > 0.0 { explained / total } else { 0.0 }
    };
    (0..count).map(share).collect()
}

/// The centred outcomes; of classes, an indicator of each.
fn indicators(table: &Table) -> Vec<Vec<f64>> {
    let columns: Vec<Vec<f64>> = match &table.task.kind {
        TaskKind::Numbers => (0..table.size)
            .map(|element| table.outcomes.iter().skip(element).step_by(table.size).copied().collect())
            .collect(),
        TaskKind::Classes { labels, .. } => labels
            .iter()
            .map(|label| table.outcomes.iter().map(|y| f64::from(u8::from(y == label))).collect())
            .collect(),
    };
    columns.into_iter().map(centred).collect()
}

fn centred(mut column: Vec<f64>) -> Vec<f64> {
    let mean = column.iter().sum::<f64>() / column.len().max(1) as f64;
    column.iter_mut().for_each(|value| *value -= mean);
    column
}

/// An orthonormal basis of the centred features; those that follow from the others are left out.
fn orthonormal(table: &Table) -> Vec<Vec<f64>> {
    const FOLLOWS: f64 = 1e-8;
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for feature in 0..table.width {
        let mut column = centred(table.features.iter().skip(feature).step_by(table.width).copied().collect());
        let before: f64 = column.iter().map(|x| x * x).sum();
        for q in &basis {
            let along: f64 = q.iter().zip(&column).map(|(q, x)| q * x).sum();
            column.iter_mut().zip(q).for_each(|(x, q)| *x -= along * q);
        }
        let square: f64 = column.iter().map(|x| x * x).sum();
        if square > FOLLOWS * before.max(1e-300) {
            let length = square.sqrt();
            basis.push(column.into_iter().map(|x| x / length).collect());
        }
    }
    basis
}
