//! Observers of training: what they are told, that they can end it, and that nothing depends on whether they look.

use std::ops::ControlFlow;

use chainrule_exec::compile::Precision;
use chainrule_graph::{Function, Tensor};
use chainrule_learn::models::{LinearRegression, MlpRegression};
use chainrule_learn::{
    Adam, Checkpointing, Dataset, Ending, Engine, EverySteps, Field, Observer, Optimizer, Parameters, Position,
    Progress, Role, Trained, Training, Unobserved, gradients, objective, train,
};

const ROWS: usize = 11;

fn rows(function: &Function) -> Dataset {
    let field = |id| Field::of(function, function.name(id)).unwrap();
    let wave = |n: usize, by: f64| (0..n).map(|i| (i as f64 * by).sin()).collect::<Vec<f64>>();
    let (x, y) = (field(function.inputs[0]), field(function.outcomes[0]));
    Dataset::new("the data", ROWS, vec![(x, wave(3 * ROWS, 1.7)), (y, wave(ROWS, 2.3))]).unwrap()
}

fn mlp() -> Function {
    MlpRegression::new(&[4], 0.3, Training::default()).function(3).unwrap()
}

fn settings() -> Training<'static> {
    Training {
        epochs: 5,
        batch: 3,
        rate: 0.02,
        optimizer: Optimizer::Adam(Adam::default()),
        patience: Some(9),
        reports: 2,
        ..Training::default()
    }
}

fn run(function: &Function, settings: &Training<'_>, observer: &mut dyn Observer) -> (Parameters, Trained) {
    let mut parameters = Parameters::initialize(function, settings.seed).unwrap();
    let trained = train(function, &mut parameters, &rows(function), None, settings, observer).unwrap();
    (parameters, trained)
}

#[test]
fn observing_steps_gives_the_same_bits() {
    let function = mlp();
    for (engine, precision) in
        [(Engine::Compiled, Precision::F64), (Engine::Compiled, Precision::F32), (Engine::Reference, Precision::F64)]
    {
        let settings = Training { engine, precision, ..settings() };
        let whole = run(&function, &settings, &mut Unobserved);
        for steps in [0, 1, 3, 1000] {
            let (mut told, mut positions, mut last) = (0, Vec::new(), None);
            let observe = |progress: Progress<'_>| {
                if let Progress::Steps(report) = progress {
                    assert_eq!(report.objectives.len(), report.rows.len().div_ceil(3));
                    told += report.rows.len();
                    positions.push(report.position);
                    last = Some(report.value("W1").unwrap());
                }
                ControlFlow::Continue(())
            };
            let found = run(&function, &settings, &mut EverySteps { steps, observe });
            assert_eq!(found, whole, "{engine:?} {precision:?} {steps}");
            assert_eq!(told, 5 * ROWS);
            let ends: Vec<usize> = match steps {
                0 | 1 => vec![3, 6, 9, 11],
                3 => vec![9, 11],
                _ => vec![11],
            };
            let expected = (0..5).flat_map(|epoch| ends.iter().map(move |&rows| Position { epoch, rows }));
            assert_eq!(positions, expected.collect::<Vec<_>>());
            assert_eq!(last.as_ref(), Some(found.0.get("W1").unwrap()));
        }
    }
}

#[test]
fn an_observer_may_ask_for_steps_now_and_then() {
    struct Blinking(Vec<usize>);
    impl Observer for Blinking {
        fn every_steps(&self) -> Option<usize> {
            (self.0.len() < 2).then_some(1)
        }
        fn observe(&mut self, progress: Progress<'_>) -> ControlFlow<()> {
            if let Progress::Steps(report) = progress {
                self.0.push(report.rows.len());
            }
            ControlFlow::Continue(())
        }
    }
    let function = mlp();
    let mut blinking = Blinking(Vec::new());
    assert_eq!(run(&function, &settings(), &mut blinking), run(&function, &settings(), &mut Unobserved));
    assert_eq!(blinking.0, [3, 3]);
}

#[test]
fn a_step_is_reported_with_the_objective_before_it_and_the_values_after_it() {
    let function = LinearRegression::new(Training::default()).function(3).unwrap();
    let data = rows(&function);
    let settings = Training { epochs: 1, rate: 0.125, ..Training::default() };
    let mut parameters = Parameters::initialize(&function, 0).unwrap();
    let mut by_hand = parameters.clone();
    let observe = |progress: Progress<'_>| {
        if let Progress::Steps(report) = progress {
            let &[row] = report.rows else { panic!("a step takes one row") };
            let inputs = data.example_of(Role::Input, row as usize);
            let outcomes = data.example_of(Role::Outcome, row as usize);
            let before = objective(&function, &by_hand, &inputs, &outcomes).unwrap();
            assert!((report.objectives[0] - before).abs() < 1e-14 * before.abs().max(1.0));
            let gradients = gradients(&function, &by_hand, &inputs, &outcomes).unwrap();
            for name in ["w", "b"] {
                let gradient = gradients.get(name).unwrap();
                let step = Tensor::from_fn(gradient.shape(), |i| -0.125 * gradient.data()[i]);
                by_hand.increment(name, &step).unwrap();
                let (found, expected) = (report.value(name).unwrap(), by_hand.get(name).unwrap());
                assert!(found.data().iter().zip(expected.data()).all(|(a, b)| (a - b).abs() < 1e-14), "{name}");
            }
            assert_eq!(report.value("learning rate").unwrap().item(), 0.125);
            let error = report.value("v").unwrap_err().to_string();
            assert!(error.contains("there is no parameter or state `v`"), "{error}");
        }
        ControlFlow::Continue(())
    };
    train(&function, &mut parameters, &data, None, &settings, &mut EverySteps { steps: 1, observe }).unwrap();
    assert!(by_hand.get("w").unwrap().data().iter().all(|w| *w != 0.0), "it was told of steps");
}

#[test]
fn whoever_does_not_ask_is_told_of_epochs_alone() {
    let (mut done, mut scored) = (Vec::new(), Vec::new());
    let (_, trained) = run(&mlp(), &settings(), &mut |progress: Progress<'_>| {
        match progress {
            Progress::EpochDone { epoch, of } => done.push((epoch, of)),
            Progress::Scored(epoch) => scored.push(*epoch),
            Progress::Steps(_) | Progress::Resumed(_) => panic!("{progress:?}"),
        }
        ControlFlow::Continue(())
    });
    assert_eq!(done, (1..=5).map(|epoch| (epoch, 5)).collect::<Vec<_>>());
    assert_eq!(scored, trained.history);
    assert_eq!(scored.iter().map(|epoch| epoch.epoch).collect::<Vec<_>>(), [0, 3, 5]);
}

/// Ends training at the first event that `ends` picks.
fn ending_at(ends: impl Fn(&Progress<'_>) -> bool) -> impl Observer {
    let observe = move |progress: Progress<'_>| match ends(&progress) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    EverySteps { steps: 1, observe }
}

#[test]
fn training_that_an_observer_ended_goes_on_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let function = mlp();
    let whole = run(&function, &settings(), &mut Unobserved);
    let checkpoint = Some(Checkpointing { path: &path, every: 100, resume: true });
    let settings = Training { checkpoint, ..settings() };
    let stopped = |observer: &mut dyn Observer| {
        let (_, trained) = run(&function, &settings, observer);
        assert_eq!(trained.ending, Ending::Stopped);
        (trained.position.epoch, trained.position.rows)
    };
    assert_eq!(stopped(&mut ending_at(|progress| matches!(progress, Progress::Steps(_)))), (0, 3));
    assert_eq!(stopped(&mut ending_at(|progress| matches!(progress, Progress::Resumed(_)))), (0, 3));
    let second = |progress: &Progress<'_>| matches!(progress, Progress::Steps(report) if report.position.rows == 9);
    assert_eq!(stopped(&mut ending_at(second)), (0, 9));
    assert_eq!(stopped(&mut ending_at(|progress| matches!(progress, Progress::EpochDone { .. }))), (1, 0));
    let last = |progress: &Progress<'_>| matches!(progress, Progress::Steps(report) if report.position.rows == ROWS);
    assert_eq!(stopped(&mut ending_at(last)), (2, 0));
    assert_eq!(stopped(&mut ending_at(|progress| matches!(progress, Progress::Scored(_)))), (3, 0));
    assert_eq!(run(&function, &settings, &mut Unobserved), whole);
}

#[test]
fn an_observer_that_ends_training_at_its_end_finds_it_finished() {
    let function = mlp();
    let at_last = |progress: &Progress<'_>| matches!(progress, Progress::EpochDone { epoch: 5, .. });
    let found = run(&function, &settings(), &mut ending_at(at_last));
    assert_eq!(found, run(&function, &settings(), &mut Unobserved));
    assert_eq!(found.1.ending, Ending::Finished);
}
