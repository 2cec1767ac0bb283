//! What changes a step: schedules, clipping, decay, each against its closed form; and when patience ends.

use std::f64::consts::PI;

use chainrule_exec::compile::Precision;
use chainrule_graph::{Function, Tensor, text};
use chainrule_learn::{
    Adam, Dataset, Ending, Engine, FieldDeclaration, Optimizer, Parameters, Schedule, Selection, Table, TrainError,
    Training, Unobserved, assign, train,
};

/// J = w x + 2 u x: the gradients are x and 2 x whatever the parameters, so that each step shows its rate.
const SLOPES: &str = "input x []\nparam w [] = 0\nparam u [] = 0\nobjective = w * x + 2 * u * x\n";
const LINE: &str = "input x []\noutcome y []\nparam w [] = 0.5\nprediction = w * x\nobjective = (prediction - y)^2\n";

fn problem(model: &str, csv: &str) -> (Function, Dataset) {
    let model = text::parse(model).unwrap();
    let table = Table::from_bytes("t.csv", csv.as_bytes().to_vec()).unwrap();
    let fields = assign(&FieldDeclaration::all_of(&model), &table, &Selection::default(), &[]).unwrap().fields;
    (model.build(&Default::default()).unwrap(), Dataset::read(&table, &fields).unwrap())
}

fn trained(model: &str, csv: &str, settings: &Training<'_>) -> Parameters {
    let (function, data) = problem(model, csv);
    let mut parameters = Parameters::initialize(&function, 0).unwrap();
    train(&function, &mut parameters, &data, None, settings, &mut Unobserved).unwrap();
    parameters
}

fn value(parameters: &Parameters, name: &str) -> f64 {
    parameters.get(name).unwrap().item()
}

#[test]
fn schedules_follow_their_formulas() {
    // Three rows, so three steps an epoch; each step moves w by −rate(t).
    let rows = "x\n1\n1\n1\n";
    let all = |epochs: usize| 3.0 * epochs as f64;
    type Factor = fn(f64, f64) -> f64;
    let schedules: [(Schedule, Factor); 5] = [
        (Schedule::Constant, |_, _| 1.0),
        (Schedule::Step { every: 2, factor: 0.5 }, |t, _| 0.5f64.powf(((t - 1.0) / 6.0).floor())),
        (Schedule::Cosine, |t, all| 0.5 * (1.0 + (PI * (t - 1.0) / all).cos())),
        (Schedule::WarmupCosine { warmup: 2.0 }, |t, all| match t <= 6.0 {
            true => t / 6.0,
            false => 0.5 * (1.0 + (PI * (t - 7.0) / (all - 6.0)).cos()),
        }),
        (Schedule::WarmupCosine { warmup: 0.1 }, |t, all| match t <= 1.0 {
            true => 1.0,
            false => 0.5 * (1.0 + (PI * (t - 2.0) / (all - 1.0)).cos()),
        }),
    ];
    for (schedule, factor) in schedules {
        for engine in [Engine::Compiled, Engine::Reference] {
            let epochs = 7;
            let settings = Training { epochs, rate: 0.1, schedule, engine, ..Training::default() };
            let found = value(&trained(SLOPES, rows, &settings), "w");
            let right: f64 = (1..=3 * epochs).map(|t| -0.1 * factor(t as f64, all(epochs))).sum();
            assert!((found - right).abs() < 1e-12, "{schedule:?}: {found} for {right}");
        }
    }
}

#[test]
fn a_last_smaller_batch_counts_as_a_step() {
    let settings =
        Training { epochs: 2, batch: 2, rate: 0.1, schedule: Schedule::Cosine, shuffle: false, ..Training::default() };
    let found = value(&trained(SLOPES, "x\n1\n1\n1\n", &settings), "w");
    let right: f64 = (0..4).map(|t| -0.05 * (1.0 + (PI * t as f64 / 4.0).cos())).sum();
    assert!((found - right).abs() < 1e-12, "{found} for {right}");
}

#[test]
fn gradients_are_clipped_by_their_common_norm() {
    // ‖(x, 2x)‖ = √5 |x|
    for (limit, x) in [(1.0, 3.0), (1.0, 0.1), (2.5, -4.0), (1.0, 0.0)] {
        let settings = Training { epochs: 1, rate: 0.1, clip_norm: Some(limit), ..Training::default() };
        let parameters = trained(SLOPES, &format!("x\n{x}\n"), &settings);
        let norm = 5f64.sqrt() * f64::abs(x);
        let scale = if norm > limit { limit / norm } else { 1.0 };
        for (name, gradient) in [("w", x), ("u", 2.0 * x)] {
            let (found, right) = (value(&parameters, name), -0.1 * scale * gradient);
            assert!((found - right).abs() < 1e-15, "{limit}, {x}: {found} for {right}");
        }
    }
}

#[test]
fn the_norm_of_large_gradients_does_not_overflow() {
    // In f32 the square of 1e25 is infinite, and so was the norm: all stood still.
    let settings = Training { epochs: 1, rate: 0.1, clip_norm: Some(1.0), ..Training::default() };
    for (precision, x, within) in [(Precision::F32, 1e25, 1e-7), (Precision::F64, 1e200, 1e-15)] {
        let found = value(&trained(SLOPES, &format!("x\n{x}\n"), &Training { precision, ..settings }), "w");
        assert!((found + 0.1 / 5f64.sqrt()).abs() < within, "{found}");
    }
}

#[test]
fn weight_decay_is_added_to_the_clipped_gradient() {
    let settings = Training {
        epochs: 3,
        rate: 0.1,
        clip_norm: Some(1.0),
        weight_decay: 0.2,
        optimizer: Optimizer::Momentum { momentum: 0.5 },
        ..Training::default()
    };
    let found = value(&trained(LINE, "x,y\n2,5\n", &settings), "w");
    let (mut w, mut v) = (0.5, 0.0);
    for _ in 0..3 {
        let gradient = 2.0 * (2.0 * w - 5.0) * 2.0;
        v = 0.5 * v + gradient * f64::min(1.0, 1.0 / f64::abs(gradient)) + 0.2 * w;
        w -= 0.1 * v;
    }
    assert!((found - w).abs() < 1e-14, "{found} for {w}");
}

#[test]
fn fewer_steps_shorten_a_schedule() {
    let table = "x,y\n1,2\n2,1\n3,5\n4,1\n";
    for schedule in [Schedule::Cosine, Schedule::WarmupCosine { warmup: 0.5 }] {
        let of = |epochs, steps| {
            let settings = Training { epochs, steps, schedule, shuffle: false, ..Training::default() };
            value(&trained(LINE, table, &settings), "w")
        };
        assert_eq!(of(50, Some(8)), of(2, None), "{schedule:?}");
        assert_eq!(of(2, Some(100)), of(2, None), "{schedule:?}");
    }
    let (function, data) = problem(LINE, table);
    let schedule = Schedule::WarmupCosine { warmup: 1.0 };
    let settings = Training { epochs: 50, steps: Some(3), schedule, ..Training::default() };
    let mut parameters = Parameters::initialize(&function, 0).unwrap();
    let error = train(&function, &mut parameters, &data, None, &settings, &mut Unobserved).unwrap_err().to_string();
    assert!(error.contains("warmup") && error.contains("less than the 0.75 of training"), "{error}");
}

#[test]
fn patience_ends_at_the_best_epoch() {
    // Rows of training pull w to 2, those of validation say 1: from 0.5 the best is on the way.
    let (function, data) = problem(LINE, "x,y\n1,2\n");
    let (_, validation) = problem(LINE, "x,y\n1,1\n");
    let run = |patience| {
        let mut parameters = Parameters::initialize(&function, 0).unwrap();
        let settings = Training { epochs: 50, rate: 0.05, patience, ..Training::default() };
        let trained = train(&function, &mut parameters, &data, Some(&validation), &settings, &mut Unobserved).unwrap();
        (value(&parameters, "w"), trained)
    };
    // w − 2 falls by 0.9 a step.
    let at = |epoch: usize| 2.0 - 1.5 * 0.9f64.powi(epoch as i32);
    let best = (1..50).min_by(|&a, &b| (at(a) - 1.0).abs().total_cmp(&(at(b) - 1.0).abs())).unwrap();
    for patience in [1, 5] {
        let (w, trained) = run(Some(patience));
        assert_eq!((trained.ending, trained.best), (Ending::OutOfPatience, Some(best)));
        assert_eq!(trained.position.epoch, best + patience);
        assert_eq!(trained.history.last().unwrap().epoch, best + patience);
        assert!((w - at(best)).abs() < 1e-12, "{w}");
    }
    let (w, trained) = run(Some(1000));
    assert_eq!((trained.ending, trained.best), (Ending::Finished, Some(best)));
    assert!((w - at(best)).abs() < 1e-12, "the best parameters are kept though patience lasted");
    let (w, trained) = run(None);
    assert_eq!((trained.ending, trained.best), (Ending::Finished, None));
    assert!((w - at(50)).abs() < 1e-12);
}

#[test]
fn settings_out_of_their_range_are_refused() {
    let base = Training { epochs: 4, ..Training::default() };
    let adam = |beta1, epsilon| Optimizer::Adam(Adam { beta1, epsilon, ..Adam::default() });
    let wrong = [
        (Training { threads: 0, ..base }, "threads"),
        (Training { rate: f64::NAN, ..base }, "rate"),
        (Training { rate: -1.0, ..base }, "rate"),
        (Training { clip_norm: Some(0.0), ..base }, "norm"),
        (Training { weight_decay: -0.1, ..base }, "weight decay"),
        (Training { patience: Some(0), ..base }, "patience"),
        (Training { optimizer: Optimizer::Momentum { momentum: 1.0 }, ..base }, "momentum"),
        (Training { optimizer: adam(-0.1, 1e-8), ..base }, "beta1"),
        (Training { optimizer: adam(0.9, 0.0), ..base }, "epsilon"),
        (Training { optimizer: Optimizer::AdamW { adam: Adam::default(), decay: f64::NAN }, ..base }, "weight decay"),
        (Training { schedule: Schedule::Step { every: 0, factor: 0.1 }, ..base }, "schedule"),
        (Training { schedule: Schedule::Step { every: 1, factor: f64::INFINITY }, ..base }, "factor"),
        (Training { schedule: Schedule::WarmupCosine { warmup: 4.0 }, ..base }, "warmup"),
        (Training { schedule: Schedule::Cosine, precision: Precision::F32, epochs: 1 << 24, ..base }, "f32"),
    ];
    let (function, data) = problem(LINE, "x,y\n1,2\n");
    for (settings, named) in wrong {
        let mut parameters = Parameters::initialize(&function, 0).unwrap();
        let error = train(&function, &mut parameters, &data, None, &settings, &mut Unobserved).unwrap_err();
        assert!(matches!(error, TrainError::Learn(_)), "{error}");
        let message = error.to_string();
        assert!(message.contains(named) && message.contains("would be right"), "{named}: {message}");
        assert_eq!(*parameters.get("w").unwrap(), Tensor::scalar(0.5));
    }
}
