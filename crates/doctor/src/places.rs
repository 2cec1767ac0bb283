//! What can be reached of a sequence of outcomes: references that say of each place what its input says.
//!
//! Of tokens, a table of how often each class follows each token, as bigram models have it, made even by the shares of the
//! classes (Jelinek and Mercer 1980); of numbers, small networks on the features of the place. None of them reads another
//! place, so that a model that looks back ought to be at least as good.

use chainrule_graph::{Kind, Tensor};
use chainrule_learn::{Dataset, Field, LearnError, Role};

use crate::measure::Measured;
use crate::statistics::distinct;
use crate::table::{FOLDS, HIDDEN, Table, by_probabilities, spread};
use crate::task::{Task, TaskKind};

/// Of more outcomes, some rows are taken.
const MOST_OUTCOMES: usize = 60_000;
/// Of more places, a network is trained on some.
const MOST_PLACES: usize = 4000;
/// How much the shares of the classes count beside the row of the table: as one that was seen so often.
const SHARES_COUNT: f64 = 1.0;

/// What references reach on rows that they were not made from, the plainest and the best; none where no input has the places of
/// the outcome, or the rows are few.
///
/// # Errors
/// The rows lack the outcome or an input.
pub(crate) fn references(
    task: &Task,
    rows: &Dataset,
    target: &Field,
) -> Result<Option<(Measured, Measured)>, LearnError> {
    let length = target.shape.size();
    if rows.rows() < 2 * FOLDS || length == 0 || target.role == Role::Input {
        return Ok(None);
    }
    let mut picked = spread(rows.rows());
    picked.truncate((MOST_OUTCOMES / length).max(2 * FOLDS));
    let taken = rows.select(&picked);
    let inputs = || rows.fields().iter().filter(|field| field.role == Role::Input);
    let mut reached = Vec::new();
    if let TaskKind::Classes { labels, .. } = &task.kind {
        let are_tokens = |field: &&Field| field.kind != Kind::Real && field.shape == target.shape;
        for field in inputs().filter(are_tokens) {
            reached.extend(of_tokens(task, labels, &taken, field, length)?);
        }
    }
    let has_places = |field: &&Field| {
        let size = field.shape.size();
        field.kind == Kind::Real && size.is_multiple_of(length) && field.shape.starts_with(&target.shape)
    };
    if let Some(field) = inputs().find(has_places) {
        let table = of_features(task, &taken, field, length)?;
        reached.extend(table.cross_validated(&[])?);
        reached.extend(table.cross_validated(&[HIDDEN])?);
    }
    let (first, others) = match reached.split_first() {
        Some((first, others)) => (*first, others),
        None => return Ok(None),
    };
    let better = |a: Measured, b: &Measured| if b.unexplained < a.unexplained { *b } else { a };
    Ok(Some((first, others.iter().fold(first, better))))
}

/// What a table of the classes beside each token reaches.
fn of_tokens(
    task: &Task,
    labels: &[f64],
    rows: &Dataset,
    field: &Field,
    length: usize,
) -> Result<Option<Measured>, LearnError> {
    let classes = labels.len();
    let tokens = rows.values(&field.name)?;
    let outcomes = rows.values(&task.target)?;
    let known = distinct(&tokens);
    let of: Vec<usize> = tokens.iter().map(|token| known.partition_point(|other| other < token)).collect();
    let class: Vec<Option<usize>> =
        outcomes.iter().map(|outcome| labels.iter().position(|label| label == outcome)).collect();
    if known.len() * classes > MOST_OUTCOMES * 4 {
        return Ok(None);
    }
    let mut held_out = vec![0.0; outcomes.len() * classes];
    for fold in 0..FOLDS {
        let is_out = |index: usize| index / length % FOLDS == fold;
        let (mut counts, mut shares) = (vec![0.0; known.len() * classes], vec![1.0; classes]);
        for (index, class) in class.iter().enumerate().filter(|(index, _)| !is_out(*index)) {
            if let Some(class) = class {
                counts[of[index] * classes + class] += 1.0;
                shares[*class] += 1.0;
            }
        }
        let all: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= all);
        for index in (0..outcomes.len()).filter(|&index| is_out(index)) {
            let seen = &counts[of[index] * classes..][..classes];
            let times = seen.iter().sum::<f64>() + SHARES_COUNT;
            for (place, (count, share)) in seen.iter().zip(&shares).enumerate() {
                held_out[index * classes + place] = (count + SHARES_COUNT * share) / times;
            }
        }
    }
    let Ok(held_out) = Tensor::new([rows.rows(), length, classes], held_out) else { return Ok(None) };
    Ok(Some(by_probabilities(task, labels).measure(&held_out, &outcomes)))
}

/// The places of the rows as rows of a table; those of a fourth of the rows are held out together.
fn of_features(task: &Task, rows: &Dataset, field: &Field, length: usize) -> Result<Table, LearnError> {
    let width = field.shape.size() / length;
    let values = rows.values(&field.name)?;
    let outcomes = rows.values(&task.target)?;
    // Row after row for each place, as many rows as there are parts of them or a multiple.
    let count = (MOST_PLACES / length).clamp(2 * FOLDS, rows.rows()) / FOLDS * FOLDS;
    let (mut features, mut of_places) = (Vec::new(), Vec::new());
    for place in 0..length {
        for row in 0..count {
            let index = row * length + place;
            features.extend_from_slice(&values[index * width..][..width]);
            of_places.push(outcomes[index].clamp(task.range.0, task.range.1));
        }
    }
    Ok(Table::of_columns(task, features, width, of_places))
}
