//! Data made up for any function, so that it can be tried.

use chainrule_graph::{Function, Kind};
use rand_distr::{Distribution, StandardNormal};

use crate::data::dataset::Dataset;
use crate::data::field::Field;
use crate::error::LearnError;
use crate::random::{self, Purpose};

/// How far outcomes are from what follows from the inputs: one standard deviation.
const NOISE: f64 = 0.1;

/// Rows for a function: inputs spread evenly over ±√3, so that their deviation is 1, or whole numbers below their bound; outcomes that
/// follow from the mean of the inputs, each brought to that scale, but for some noise, and are not negative. The seed decides them.
///
/// ```
/// use chainrule_graph::Builder;
/// use chainrule_learn::problems::made_up;
///
/// let builder = Builder::new();
/// let (x, y) = (builder.input("x", [3]), builder.outcome("y", []));
/// builder.objective((x.sum() - y).power(2.0));
/// let data = made_up(&builder.finish()?, 100, 0)?;
/// assert_eq!((data.rows(), data.values("x")?.len()), (100, 300));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Two inputs or outcomes have one name, which no finished function has.
pub fn made_up(function: &Function, rows: usize, seed: u64) -> Result<Dataset, LearnError> {
    let mut generator = random::generator(seed, Purpose::Problem);
    let mut means = vec![0.0; rows];
    let mut fields = Vec::new();
    for &id in &function.inputs {
        let field = Field::of(function, function.name(id))?;
        let size = field.shape.size();
        let shares = random::permutation(rows * size, &mut generator).into_iter();
        let shares = shares.map(|place| (place as f64 + 0.5) / (rows * size) as f64);
        let values: Vec<f64> = match field.bound {
            // Of several inputs of whole numbers, each has smaller ones than the one before.
            Some(bound) => shares.map(|share| (share.powi(1 + fields.len() as i32) * bound as f64).floor()).collect(),
            None => shares.map(spread).collect(),
        };
        let scaled = |value: f64| field.bound.map_or(value, |bound| spread((value + 0.5) / bound as f64));
        for (mean, elements) in means.iter_mut().zip(values.chunks(size.max(1))) {
            *mean += elements.iter().map(|&value| scaled(value)).sum::<f64>() / size as f64;
        }
        fields.push((field, values));
    }
    for &id in &function.outcomes {
        let field = Field::of(function, function.name(id))?;
        let mut follows = |mean: f64| {
            let noise: f64 = StandardNormal.sample(&mut generator);
            let noisy = mean + NOISE * noise;
            match (field.kind, field.bound) {
                (_, Some(bound)) => ((0.5 + noisy / 4.0).clamp(0.0, 0.99) * bound as f64).floor(),
                (Kind::Real, None) => (1.0 + noisy).abs(),
                (Kind::Int | Kind::Bool, None) => (1.0 + noisy).abs().round(),
            }
        };
        let size = field.shape.size();
        let values = means.iter().flat_map(|&mean| std::iter::repeat_n(mean, size)).map(&mut follows).collect();
        fields.push((field, values));
    }
    Dataset::new("made up", rows, fields)
}

/// From 0 to 1, over ±√3.
fn spread(share: f64) -> f64 {
    (share - 0.5) * 12f64.sqrt()
}
