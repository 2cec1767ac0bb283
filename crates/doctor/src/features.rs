//! An example in some numbers: its elements, or, of sequences, images and tokens that have many, what sums them up.

use chainrule_graph::Kind;
use chainrule_learn::{Dataset, Field, LearnError};

use crate::statistics::distinct;

/// Whole numbers of so many elements are tokens, which count by how often each occurs.
const TOKENS: usize = 8;

/// The columns of a field in a table of small models, of which there are at most so many; none where it has more, and nothing
/// sums it up.
///
/// # Errors
/// The rows lack the field.
pub(crate) fn columns(field: &Field, rows: &Dataset, most: usize) -> Result<Option<Vec<Vec<f64>>>, LearnError> {
    let (values, size) = (rows.values(&field.name)?, field.shape.size().max(1));
    let examples = || values.chunks(size);
    if field.kind == Kind::Int && size > TOKENS {
        return Ok(shares(&values, size, most));
    }
    let column = |of: &dyn Fn(&[f64]) -> f64| -> Vec<f64> { examples().map(of).collect() };
    if size <= most {
        return Ok(Some((0..size).map(|element| column(&|example| example[element])).collect()));
    }
    if let [_, width] = field.shape[..]
        && 4 * width <= most
    {
        let sums = |at: usize| {
            let along =
                move |example: &[f64]| -> Vec<f64> { example.iter().skip(at).step_by(width).copied().collect() };
            let mean = column(&|example| along(example).iter().sum::<f64>() * width as f64 / size as f64);
            let greatest = column(&|example| along(example).into_iter().fold(f64::NEG_INFINITY, f64::max));
            [mean, greatest, column(&|example| example[at]), column(&|example| example[size - width + at])]
        };
        return Ok(Some((0..width).flat_map(sums).collect()));
    }
    let [.., height, width] = field.shape[..] else { return Ok(None) };
    let mut side = 1;
    while size / (side * side) > most {
        side += 1;
    }
    let (down, across) = (height.div_ceil(side), width.div_ceil(side));
    let planes = size / (height * width);
    let pooled = |example: &[f64]| {
        let mut sums = vec![0.0; planes * down * across];
        for (index, value) in example.iter().enumerate() {
            let (plane, line, place) = (index / (height * width), index / width % height, index % width);
            sums[(plane * down + line / side) * across + place / side] += value;
        }
        sums
    };
    let pooled: Vec<Vec<f64>> = examples().map(pooled).collect();
    let count = planes * down * across;
    Ok(Some((0..count).map(|at| pooled.iter().map(|sums| sums[at]).collect()).collect()))
}

/// How often each token occurs in each example.
fn shares(values: &[f64], size: usize, most: usize) -> Option<Vec<Vec<f64>>> {
    let known = distinct(values);
    let mut columns = vec![vec![0.0; values.len() / size]; known.len()];
    for (index, value) in values.iter().enumerate() {
        columns[known.partition_point(|token| token < value)][index / size] += 1.0;
    }
    (known.len() <= most).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chainrule_graph::text;

    fn rows(declaration: &str, values: Vec<f64>, count: usize) -> (Field, Dataset) {
        let source = format!("input x {declaration}\nobjective = 0.0\n");
        let function = text::parse(&source).and_then(|model| model.build(&Default::default()));
        let field = function.ok().and_then(|function| Field::of(&function, "x").ok());
        let field = field.unwrap_or_else(|| unreachable!("{source}"));
        let rows = Dataset::new("the rows", count, [(field.clone(), values)]);
        (field, rows.unwrap_or_else(|error| unreachable!("{error}")))
    }

    #[test]
    fn long_sequences_are_summed_up() {
        let (field, data) = rows("[3, 1]", vec![1.0, 5.0, 3.0, 2.0, 2.0, 2.0], 2);
        let columns = |most| columns(&field, &data, most).ok().flatten();
        assert_eq!(columns(3).map(|columns| columns.len()), Some(3));
        assert_eq!(columns(2), Some(vec![vec![6.0, 4.0], vec![3.0, 2.0]]));
        let (field, data) = rows("[5, 1]", vec![1.0, 9.0, 2.0, 0.0, 3.0], 1);
        let summed = super::columns(&field, &data, 4).ok().flatten();
        assert_eq!(summed, Some(vec![vec![3.0], vec![9.0], vec![1.0], vec![3.0]]));
    }

    #[test]
    fn tokens_count_by_how_often_they_occur() {
        let (field, data) = rows("[9] int < 3", vec![0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0], 1);
        assert_eq!(columns(&field, &data, 9).ok().flatten(), Some(vec![vec![2.0], vec![7.0]]));
    }
}
