//! How the cost of a step grows with the batch, the width and the depth: as the work does, or nearly.

use chainrule_exec::compile::Precision;
use chainrule_learn::models::MlpRegression;
use chainrule_learn::{Optimizer, Training};

use crate::table::{fastest, microseconds, table};
use crate::trainer::{Trainer, Way};

/// Prints a table for each of the three.
pub fn print() {
    let sizes = |from: u32, to: u32| (from..=to).map(|power| 1usize << power);
    series("batch", "64-64-64-1", 2.6, sizes(0, 12).map(|n| (n, vec![64, 64], n)));
    series("width", "n-n-n-1, batch 32", 5.0, sizes(3, 12).map(|n| (n, vec![n, n], 32)));
    series("depth", "64-64-…-64-1, batch 32", 2.6, sizes(0, 8).map(|n| (n, vec![64; n], 32)));
}

/// Sizes that double: (the size, the hidden layers, the batch).
fn series(what: &str, model: &str, at_most: f64, sizes: impl Iterator<Item = (usize, Vec<usize>, usize)>) {
    println!("\nMLP {model}, f32, SGD, one thread: twice the {what} costs at most {at_most} times as much");
    let mut before: Option<f64> = None;
    let rows = sizes.map(|(size, hidden, batch)| {
        // Of a deviation that keeps the size of what goes through many layers, so that no number is subnormal.
        let scale = hidden[0] as f64;
        let model = MlpRegression::new(&hidden, scale.powf(-0.5), Training::default());
        let function = model.function(hidden[0]).expect("the model is well formed");
        let batch = (batch > 1).then_some(batch);
        let way = Way { optimizer: Optimizer::Sgd, batch, threads: 1, precision: Precision::F32 };
        let mut trainer = Trainer::new(&function, way);
        let steps = trainer.steps as f64;
        let seconds = fastest(0.3, &mut || trainer.epoch()) / steps;
        let ratio = before.replace(seconds).map(|before| seconds / before);
        let flag = if ratio.is_some_and(|ratio| ratio > at_most) { " too much" } else { "" };
        let ratio = ratio.map_or(String::new(), |ratio| format!("{ratio:.2}{flag}"));
        vec![size.to_string(), microseconds(seconds), ratio]
    });
    println!("{}", table(&[what, "µs a step", "times"], rows));
}
