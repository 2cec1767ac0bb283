//! Loops over more elements than a block or a cache holds, beside the reference interpreter: operands that repeat after any number of
//! elements, several sums, and what is computed anew.

use chainrule_exec::compile::{Level, Options, Precision};
use chainrule_exec::{Bindings, evaluate_compiled, reference};
use chainrule_graph::{Builder, Graph, Tensor, Value, grad};

/// Values and gradients at each precision and level, on one thread and three.
fn assert_equal_to_reference(graph: &Graph, objective: Value, inputs: &[Value]) {
    let (graph, gradients) = grad(graph, objective, inputs).expect("it has derivatives");
    let ramp = |shape: &[usize], step: f64| Tensor::from_fn(shape, |i| ((i as f64 * 0.7 + 0.3) * step).sin());
    let values = inputs.iter().enumerate().map(|(i, &id)| (id, ramp(graph.shape(id), 1.0 + i as f64)));
    let bindings: Bindings = values.collect();
    let wanted: Vec<Value> = [objective].into_iter().chain(gradients).collect();
    let expected = reference::evaluate(&graph, &bindings, &wanted).expect("it has a value");
    for level in Level::available() {
        for (precision, tolerance, threads) in
            [(Precision::F64, 1e-11, 1), (Precision::F32, 3e-4, 1), (Precision::F32, 3e-4, 3)]
        {
            let options = Options { precision, level: Some(level), threads, ..Options::default() };
            let found = evaluate_compiled(&graph, &bindings, &wanted, &options).expect("it runs");
            for &id in &wanted {
                let scale = expected[id].data().iter().fold(1.0, |most: f64, x| most.max(x.abs()));
                for (index, (a, b)) in found[id].data().iter().zip(expected[id].data()).enumerate() {
                    let what = format!("{} at {index}, {level}, {precision:?}, {threads}", graph.describe(id));
                    assert!((a - b).abs() <= tolerance * scale, "{a} for {b}: {what}");
                }
            }
        }
    }
}

/// A normalisation over rows, with a gain and a shift, and what a rectifier leaves of it, twice read.
fn normalised(rows: usize, columns: usize) {
    let builder = Builder::new();
    let (x, w) = (builder.input("x", [rows, columns]), builder.input("w", [rows, columns]));
    let (gain, shift) = (builder.input("gain", [columns]), builder.input("shift", [columns]));
    let mean = x.sum_axes(&[0]) / rows as f64;
    let centred = x - mean;
    let variance = centred.power(2.0).sum_axes(&[0]) / rows as f64;
    let scaled = centred * (gain / (variance + 0.1).sqrt()) + shift;
    let kept = scaled.max(0.0);
    let objective = (kept * w + kept.power(2.0) * 0.5).sum() / rows as f64;
    let (objective, inputs) = (objective.id().unwrap(), [x, w, gain, shift].map(|var| var.id().unwrap()));
    assert_equal_to_reference(&builder.finish_graph().unwrap(), objective, &inputs);
}

#[test]
fn operands_repeat_after_any_number_of_elements() {
    for columns in [1, 2, 6, 7, 10, 16, 20, 33, 48, 100, 300, 513, 1100] {
        normalised(9000 / columns, columns);
    }
}

/// Large enough to be cut for threads.
#[test]
fn loops_with_several_sums_are_cut() {
    normalised(5000, 16);
    normalised(6001, 10);
}

/// What repeats spans two axes: one number for each channel, all its places alike.
#[test]
fn an_operand_of_two_axes_repeats() {
    let builder = Builder::new();
    let (x, gain) = (builder.input("x", [30, 6, 49]), builder.input("gain", [6]));
    let spread = gain.broadcast_axes([30, 6, 49], vec![1]);
    let objective = ((x * spread).sin() * spread + x).power(2.0).sum();
    let (objective, inputs) = (objective.id().unwrap(), [x, gain].map(|var| var.id().unwrap()));
    assert_equal_to_reference(&builder.finish_graph().unwrap(), objective, &inputs);
}

/// Copies large enough for threads: axes turned round, in a border of zeros, and backwards.
#[test]
fn copies_of_many_elements() {
    let builder = Builder::new();
    let x = builder.input("x", [40, 33, 30]);
    let turned = x.transpose_axes(&[2, 1, 0]).reshape([30 * 33, 40]);
    let bordered = x.pad(&[0, 1, 2], &[0, 2, 1]).power(2.0);
    let backwards = x.reverse(&[0, 2]).transpose_axes(&[1, 0, 2]).reshape([33, 40 * 30]);
    let weights = builder.input("w", [40]);
    let objective = (turned.sin() * weights).sum() + bordered.sum() + (backwards * backwards.exp()).sum();
    let (objective, inputs) = (objective.id().unwrap(), [x, weights].map(|var| var.id().unwrap()));
    assert_equal_to_reference(&builder.finish_graph().unwrap(), objective, &inputs);
}
