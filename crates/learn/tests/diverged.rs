//! What is blamed when training ends badly: the rate only where a smaller one does better, else the row.

use std::ops::ControlFlow;

use chainrule_graph::{Function, text};
use chainrule_learn::{
    Cause, Dataset, Diverged, Ending, Engine, Field, Parameters, Progress, RowPlace, StepPart, TrainError, Trained,
    Training, Unobserved, train,
};

const ENGINES: [Engine; 2] = [Engine::Compiled, Engine::Reference];

fn function(model: &str) -> Function {
    let model = format!("input x []\noutcome y []\n{model}\n");
    text::parse(&model).unwrap().build(&Default::default()).unwrap()
}

fn run(model: &str, x: &[f64], y: &[f64], settings: &Training<'_>) -> Result<Trained, TrainError> {
    let function = function(model);
    let fields = [Field::of(&function, "x").unwrap(), Field::of(&function, "y").unwrap()];
    let data = Dataset::new("rows", x.len(), fields.into_iter().zip([x.to_vec(), y.to_vec()])).unwrap();
    let mut parameters = Parameters::initialize(&function, 0).unwrap();
    train(&function, &mut parameters, &data, None, settings, &mut Unobserved)
}

fn failure(model: &str, x: &[f64], settings: &Training<'_>) -> Diverged {
    match run(model, x, &vec![0.0; x.len()], settings) {
        Err(TrainError::Diverged(diverged)) => *diverged,
        other => panic!("{other:?}"),
    }
}

const ROOT: &str = "param w [] = 1\nprediction = sqrt(w * x)\nobjective = (prediction + 1 - y)^2";

#[test]
fn a_row_that_no_rate_helps_is_blamed_also_within_a_batch() {
    let x = [1.0, 4.0, 9.0, 2.0, 3.0, 5.0, 0.0, 7.0, 8.0, 6.0];
    for engine in ENGINES {
        for (batch, rate) in [(1, 1e-9), (1, 1e-3), (2, 1e-9), (8, 1e-9), (8, 1e-3), (10, 1e-9)] {
            let settings = Training { rate, batch, engine, shuffle: false, ..Training::default() };
            let diverged = failure(ROOT, &x, &settings);
            let message = diverged.to_string();
            assert_eq!(diverged.places, [RowPlace::Line(8)], "batch {batch}, rate {rate}: {message}");
            assert_eq!(diverged.cause, Cause::Row, "{message}");
            assert!(message.contains("the derivative of `prediction`") && message.contains(": 0"), "{message}");
            assert!(!message.contains("too large") && !message.contains("try "), "{message}");
        }
    }
}

#[test]
fn a_contraction_in_a_branch_that_is_not_taken_is_told_with_the_remedy() {
    let model =
        "param w [2] = [1, 2]\nprediction = where(x > 0, dot(w, stack(log(x), x)), 0)\nobjective = (prediction - y)^2";
    for engine in ENGINES {
        for batch in [1, 2] {
            let settings = Training { rate: 1e-3, batch, engine, shuffle: false, ..Training::default() };
            for x in [[0.0, 1.0], [1.0, 0.0]] {
                let diverged = failure(model, &x, &settings);
                let message = diverged.to_string();
                assert_eq!(diverged.part, StepPart::Gradient, "{message}");
                assert!(message.contains("(log, ") && message.contains("in a branch that is not taken"), "{message}");
                assert!(message.contains("log(where(x > 0, x, 1))") && !message.contains("rate"), "{message}");
            }
        }
    }
}

#[test]
fn growth_is_divergence_with_patience_too() {
    let model = "param w [] = 0\nprediction = w * x\nobjective = (prediction - y - 1)^2";
    let settings = Training { rate: 0.1, patience: Some(50), shuffle: false, ..Training::default() };
    assert_eq!(failure(model, &[5.0, 7.0], &settings).part, StepPart::Growth);
}

#[test]
fn inputs_that_are_large_are_told() {
    let model = "param w [] = 0\nprediction = w * x\nobjective = (prediction - y - 1)^2";
    let settings = Training { rate: 0.01, shuffle: false, ..Training::default() };
    let diverged = failure(model, &[1900.0, 2015.0], &settings);
    assert_eq!(diverged.large, [("x".to_string(), 2015.0)]);
    assert!(diverged.to_string().ends_with("and standardize `x`, which is as large as 2015"), "{diverged}");
    let small = failure(model, &[1.0, 2.0], &Training { rate: 10.0, ..settings });
    assert!(small.large.is_empty() && !small.to_string().contains("standardize"), "{small}");
}

#[test]
fn the_rate_is_blamed_where_a_smaller_one_does_better() {
    let model = "param w [] = 0\nobjective = exp(w * x) - 3 * w * x + 0 * y";
    for engine in ENGINES {
        for batch in [1, 3] {
            let settings = Training { rate: 100.0, batch, engine, shuffle: false, ..Training::default() };
            let diverged = failure(model, &[2.0, 3.0, 5.0], &settings);
            let message = diverged.to_string();
            let Cause::Rate(smaller) = diverged.cause else { panic!("{message}") };
            assert!(smaller < 100.0 && message.contains("the rate 100 is too large"), "{message}");
            let settings = Training { rate: smaller, epochs: 1, ..settings };
            assert!(run(model, &[2.0, 3.0, 5.0], &[0.0; 3], &settings).is_ok(), "{smaller} does better");
        }
    }
}

#[test]
fn an_objective_that_has_grown_beyond_measure_is_divergence() {
    // w ← w (1 − 2 · rate · x²): each step triples it, and nothing is infinite after 30.
    let model = "param w [] = 1\nobjective = (w * x)^2 + 0 * y";
    let settings = Training { rate: 2.0, epochs: 30, ..Training::default() };
    let diverged = failure(model, &[1.0], &settings);
    let message = diverged.to_string();
    assert_eq!((diverged.part, diverged.cause), (StepPart::Growth, Cause::Rate(0.2)), "{message}");
    let (from, to) = diverged.grown.unwrap();
    assert!(from == 1.0 && to > 1e6 && to < 1e8, "{message}");
    assert!(message.contains("`objective` has grown from 1 to") && message.contains("line 2"), "{message}");
    // Ten times as much is no reason to stop.
    let trained = run(model, &[1.0], &[0.0], &Training { epochs: 2, ..settings }).unwrap();
    assert!(trained.history.last().unwrap().train.objective > 1.0);
    // Where it begins far up, that is the measure.
    let model = "param w [] = 1e7\nobjective = (w * x)^2 + 0 * y";
    assert!(run(model, &[1.0], &[0.0], &Training { epochs: 5, ..settings }).is_ok());
}

#[test]
fn the_first_report_is_before_the_first_step() {
    let mut seen = Vec::new();
    let function = function("param w [] = 0\nobjective = (w * x - y)^2");
    let fields = [Field::of(&function, "x").unwrap(), Field::of(&function, "y").unwrap()];
    let data = Dataset::new("rows", 2, fields.into_iter().zip([vec![1.0, 1.0], vec![2.0, 4.0]])).unwrap();
    let mut parameters = Parameters::initialize(&function, 0).unwrap();
    let settings = Training { epochs: 3, rate: 0.1, ..Training::default() };
    let trained = train(&function, &mut parameters, &data, None, &settings, &mut |progress: Progress<'_>| {
        if let Progress::Scored(epoch) = progress {
            seen.push((epoch.epoch, epoch.train.objective));
        }
        ControlFlow::Continue(())
    });
    let trained = trained.unwrap();
    assert_eq!(seen.iter().map(|(epoch, _)| *epoch).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(seen[0].1, 10.0);
    assert_eq!(trained.history.len(), 4);
}

#[test]
fn training_ends_after_so_many_steps() {
    let model = "param w [] = 0\nobjective = (w * x - y)^2";
    let (x, y) = ([1.0; 10], [1.0; 10]);
    let with = |steps: usize, batch: usize, epochs: usize| {
        let settings = Training { steps: Some(steps), batch, epochs, rate: 0.1, shuffle: false, ..Training::default() };
        let trained = run(model, &x, &y, &settings).unwrap();
        assert_eq!(trained.ending, Ending::Finished);
        (trained.position, trained.history.last().unwrap().train.objective)
    };
    // Each step leaves 0.8 of the error.
    for (steps, batch) in [(7, 1), (13, 1), (20, 1), (3, 4), (5, 4), (2, 10)] {
        let (position, objective) = with(steps, batch, 100);
        let right = 0.8f64.powi(2 * steps as i32);
        assert!((objective - right).abs() < 1e-12, "{steps} steps of {batch}: {objective}, not {right}");
        let an_epoch = 10usize.div_ceil(batch);
        assert_eq!((position.epoch, position.rows), (steps / an_epoch, steps % an_epoch * batch), "{steps}, {batch}");
    }
    assert_eq!(with(1000, 1, 2).0.epoch, 2, "the epochs end it first");
    let none = Training { steps: Some(0), ..Training::default() };
    assert!(run(model, &x, &y, &none).unwrap_err().to_string().contains("the number of steps"));
}

#[test]
fn a_first_step_that_is_too_large_names_the_parameter() {
    let settings = Training { rate: 1e308, ..Training::default() };
    let message = failure("param w [] = 3\nobjective = (w*x)^2 + 0*y", &[5.0], &settings).to_string();
    assert!(message.contains("in the update of `w`") && message.contains("a smaller rate would help"), "{message}");
}
