//! What is drawn while training and over rows follows from the seed, the step and the row, and from nothing else.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use chainrule_exec::compile::Precision;
use chainrule_exec::{Bindings, reference};
use chainrule_graph::ops::random::BASE;
use chainrule_graph::{Function, Op, Tensor, random_key, text};
use chainrule_kernels::philox::NodeDraws;
use chainrule_learn::{
    Checkpointing, Dataset, Engine, Field, Parameters, Progress, StepOptions, Training, ValueAndGradient, predictions,
    step, train,
};

const DROPOUT: &str = "
    input   x [3]
    outcome y []
    param w [3] = 1
    h = dropout(x, 0.25)
    prediction = dot(w, h)
    objective = (prediction - y)^2
";
const SEED: u64 = 0x1234_5678_9ABC_DEF0;
const RATE: f64 = 0.05;

fn model(text: &str) -> Function {
    text::parse(text).and_then(|model| model.build(&Default::default())).expect("it is a model")
}

fn data(function: &Function, rows: usize) -> Dataset {
    let number = |i: usize| (i as f64 * 1.7).sin();
    let fields = [("x", 3), ("y", 1)].map(|(name, width)| {
        (Field::of(function, name).unwrap(), (0..width * rows).map(|i| number(i + width)).collect::<Vec<f64>>())
    });
    Dataset::new("rows", rows, fields.to_vec()).unwrap()
}

/// The stream of the one random node.
fn stream(function: &Function) -> u64 {
    let streams = function.graph.nodes().iter().filter_map(|node| match &node.op {
        Op::Random(random) => Some(random.stream),
        _ => None,
    });
    let streams: Vec<u64> = streams.collect();
    assert_eq!(streams.len(), 1);
    streams[0]
}

fn settings<'a>(engine: Engine, batch: usize) -> Training<'a> {
    Training { epochs: 3, batch, rate: RATE, seed: SEED, shuffle: false, engine, ..Training::default() }
}

/// The weights after three epochs over five rows.
fn by_hand(stream: u64, batch: usize) -> Vec<f64> {
    let number = |i: usize| (i as f64 * 1.7).sin();
    let mut w = [1.0; 3];
    let mut step = 0;
    for _ in 0..3 {
        for rows in [0, 1, 2, 3, 4].chunks(batch) {
            let draws = NodeDraws::new(SEED, stream, step);
            step += 1;
            let mut gradient = [0.0; 3];
            for &row in rows {
                let kept = |j: usize| f64::from(draws.uniform(row as u64, j as u64)) >= 0.25;
                let h: Vec<f64> = (0..3).map(|j| if kept(j) { number(3 * row + j + 3) / 0.75 } else { 0.0 }).collect();
                let error = w.iter().zip(&h).map(|(w, h)| w * h).sum::<f64>() - number(row + 1);
                gradient.iter_mut().zip(&h).for_each(|(g, h)| *g += 2.0 * error * h / rows.len() as f64);
            }
            w.iter_mut().zip(gradient).for_each(|(w, g)| *w -= RATE * g);
        }
    }
    w.to_vec()
}

#[test]
fn a_step_draws_by_the_seed_its_number_and_the_row() {
    let function = model(DROPOUT);
    let rows = data(&function, 5);
    for batch in [1, 2, 5] {
        let expected = by_hand(stream(&function), batch);
        for (engine, precision) in [
            (Engine::Compiled, Precision::F64),
            (Engine::Reference, Precision::F64),
            (Engine::Compiled, Precision::F32),
        ] {
            let mut parameters = Parameters::initialize(&function, 0).unwrap();
            let settings = Training { precision, ..settings(engine, batch) };
            train(&function, &mut parameters, &rows, None, &settings, &mut |_: Progress<'_>| ControlFlow::Continue(()))
                .unwrap();
            let near = if precision == Precision::F32 { 1e-5 } else { 1e-12 };
            for (found, expected) in parameters.get("w").unwrap().data().iter().zip(&expected) {
                assert!((found - expected).abs() < near, "{engine:?} {precision:?} {batch}: {found}, not {expected}");
            }
        }
    }
}

/// Trains from the beginning, or on from where the file says, to the end or to the end of an epoch.
fn kept_in(path: &Path, resume: bool, stop_after: Option<usize>) -> Parameters {
    let function = model(DROPOUT);
    let rows = data(&function, 5);
    let mut parameters = Parameters::initialize(&function, 0).unwrap();
    let stop = AtomicBool::new(false);
    let checkpoint = Some(Checkpointing { path, every: 1, resume });
    let settings = Training { stop: Some(&stop), checkpoint, ..settings(Engine::Compiled, 2) };
    train(&function, &mut parameters, &rows, None, &settings, &mut |event: Progress<'_>| {
        if let Progress::EpochDone { epoch, .. } = event {
            stop.store(stop_after == Some(epoch), Ordering::Relaxed);
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    parameters
}

#[test]
fn training_that_goes_on_draws_as_if_it_had_not_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let whole = kept_in(&path("whole"), false, None);
    let stopped = kept_in(&path("parts"), false, Some(1));
    assert_ne!(whole, stopped);
    assert_eq!(kept_in(&path("parts"), true, None), whole);
}

#[test]
fn over_rows_each_draws_for_itself() {
    let text = "input x [3]\noutcome y []\nu = uniform([2])\nprediction = sum(x) + sum(u)\nobjective = prediction - y";
    let function = model(text);
    let rows = 64 * 64 + 70; // more than are widened at once, and a last batch that is smaller
    let parameters = Parameters::initialize(&function, 0).unwrap();
    let draws = NodeDraws::new(0, stream(&function), 0);
    let (wide, narrow) = (data(&function, rows), data(&function, rows).in_f32());
    for data in [wide, narrow] {
        let x = data.values("x").unwrap();
        let found = predictions(&function, &parameters, &data).unwrap();
        for (row, found) in found.data().iter().enumerate() {
            let drawn = |j: u64| f64::from(draws.uniform(row as u64, j));
            let expected = x[3 * row..3 * row + 3].iter().sum::<f64>() + drawn(0) + drawn(1);
            assert!((found - expected).abs() < 1e-12, "row {row}: {found}, not {expected}");
        }
    }
}

#[test]
fn a_step_counts_in_the_key() {
    let step = step(&model(DROPOUT), &StepOptions::default(), Some(2)).unwrap();
    let graph = &step.function.graph;
    let key = graph.find("random key").expect("it is a state of the step");
    let update = graph.updates().iter().find(|update| update.target == key.node).expect("it changes");
    for number in [0, 1, BASE - 2, BASE - 1, BASE, 7 * BASE - 1] {
        let bindings = Bindings::new().with(key, random_key(SEED, number));
        let found = reference::evaluate(graph, &bindings, &[update.value]).unwrap();
        assert_eq!(found[update.value], random_key(SEED, number + 1), "{number}");
    }
}

#[test]
fn a_loop_of_ones_own_says_what_is_drawn_by() {
    let function = model(DROPOUT);
    let parameters = Parameters::initialize(&function, 0).unwrap();
    let mut value_and_gradient = ValueAndGradient::new(&function).unwrap();
    let (x, stream) = ([1.0, 2.0, 4.0], stream(&function));
    for (seed, step, row) in [(0, 0, 0), (SEED, 0, 0), (SEED, 1, 0), (SEED, 1, 3)] {
        value_and_gradient.draw_by(seed, step, row).unwrap();
        let (inputs, outcomes) = ([("x", Tensor::vector(x))], [("y", Tensor::scalar(0.0))]);
        let found = value_and_gradient.evaluate(&parameters, &inputs, &outcomes).unwrap().objective;
        let draws = NodeDraws::new(seed, stream, step);
        let kept = |j: usize| f64::from(draws.uniform(row as u64, j as u64)) >= 0.25;
        let expected = (0..3).filter(|&j| kept(j)).map(|j| x[j] / 0.75).sum::<f64>().powi(2);
        assert!((found - expected).abs() < 1e-12, "{seed} {step} {row}: {found}, not {expected}");
    }
}
