//! Checkpoints: training that was stopped and goes on gives the bits of training that was not, and a file that does not
//! fit is refused and left as it is.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chainrule_exec::compile::{Level, Precision};
use chainrule_graph::Function;
use chainrule_learn::models::MlpRegression;
use chainrule_learn::{
    Adam, Checkpointing, Dataset, Ending, Engine, Field, Optimizer, Parameters, Position, Progress, Schedule,
    TrainError, Trained, Training, Unobserved, train,
};

fn function() -> Function {
    MlpRegression::new(&[4], 0.3, Training::default()).function(3).unwrap()
}

fn rows(function: &Function, n: usize, phase: f64) -> Dataset {
    let field = |id| Field::of(function, function.name(id)).unwrap();
    let noise = |n: usize, by: f64| (0..n).map(|i| (i as f64 * by + phase).sin()).collect::<Vec<f64>>();
    let (x, y) = (field(function.inputs[0]), field(function.outcomes[0]));
    Dataset::new("the data", n, vec![(x, noise(3 * n, 1.7)), (y, noise(n, 2.3))]).unwrap()
}

/// Trains, and stops after the epoch given.
fn run(settings: Training<'_>, stop_after: Option<usize>) -> Result<(Parameters, Trained), TrainError> {
    let function = function();
    let (training, validation) = (rows(&function, 11, 0.3), rows(&function, 5, 0.9));
    let mut parameters = Parameters::initialize(&function, settings.seed).unwrap();
    let stop = AtomicBool::new(false);
    let settings = Training { stop: Some(&stop), ..settings };
    let trained =
        train(&function, &mut parameters, &training, Some(&validation), &settings, &mut |event: Progress<'_>| {
            if let Progress::EpochDone { epoch, .. } = event {
                stop.store(stop_after == Some(epoch), Ordering::Relaxed);
            }
            ControlFlow::Continue(())
        })?;
    Ok((parameters, trained))
}

fn settings() -> Training<'static> {
    Training {
        epochs: 12,
        batch: 3,
        rate: 0.02,
        optimizer: Optimizer::Adam(Adam::default()),
        schedule: Schedule::WarmupCosine { warmup: 2.0 },
        clip_norm: Some(0.5),
        patience: Some(20),
        reports: 4,
        ..Training::default()
    }
}

fn kept(path: &Path, every: usize, resume: bool) -> Option<Checkpointing<'_>> {
    Some(Checkpointing { path, every, resume })
}

#[test]
fn training_that_was_stopped_goes_on_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let levels = Level::available();
    for (precision, &level) in [Precision::F64, Precision::F32].iter().flat_map(|p| levels.iter().map(move |l| (*p, l)))
    {
        for optimizer in [
            Optimizer::Sgd,
            Optimizer::Nesterov { momentum: 0.9 },
            Optimizer::AdamW { adam: Adam::default(), decay: 0.01 },
            Optimizer::RmsProp { decay: 0.9, epsilon: 1e-8 },
            Optimizer::AdaGrad { epsilon: 1e-10 },
        ] {
            for schedule in [Schedule::Step { every: 3, factor: 0.5 }, settings().schedule] {
                let settings = Training { precision, level: Some(level), optimizer, schedule, ..settings() };
                let whole = run(settings, None).unwrap();
                let _ = fs::remove_file(&path);
                for stop_after in [Some(1), Some(5), Some(6), None] {
                    let settings = Training { checkpoint: kept(&path, 100, true), threads: 2, ..settings };
                    let (parameters, trained) = run(settings, stop_after).unwrap();
                    match stop_after {
                        Some(epoch) => {
                            assert_eq!(trained.ending, Ending::Stopped);
                            assert_eq!(trained.position, Position { epoch, rows: 0 });
                        }
                        None => assert_eq!((&parameters, &trained), (&whole.0, &whole.1)),
                    }
                }
            }
        }
    }
}

#[test]
fn training_that_was_stopped_within_an_epoch_goes_on_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let function = function();
    for (engine, n) in [(Engine::Compiled, 30_011), (Engine::Reference, 1_511)] {
        let data = rows(&function, n, 0.3);
        let path = folder.path().join(format!("{engine:?}"));
        let schedule = Schedule::WarmupCosine { warmup: 0.5 };
        let settings = Training { epochs: 2, batch: 2, schedule, patience: None, engine, reports: 1, ..settings() };
        let run = |settings: &Training<'_>| {
            let mut parameters = Parameters::initialize(&function, 0).unwrap();
            let trained = train(&function, &mut parameters, &data, None, settings, &mut Unobserved).unwrap();
            (parameters, trained)
        };
        let whole = run(&settings);
        let mut within = 0;
        for milliseconds in (10..).step_by(10) {
            let stop = AtomicBool::new(false);
            let found = std::thread::scope(|scope| {
                scope.spawn(|| {
                    std::thread::sleep(Duration::from_millis(milliseconds));
                    stop.store(true, Ordering::Relaxed);
                });
                run(&Training { stop: Some(&stop), checkpoint: kept(&path, 1, true), ..settings })
            });
            within += usize::from(found.1.position.rows > 0);
            if found.1.ending == Ending::Finished {
                assert_eq!(found, whole);
                break;
            }
        }
        assert!(within > 0, "it never stopped within an epoch");
    }
}

#[test]
fn a_finished_checkpoint_gives_its_parameters_again_and_more_epochs_go_on_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let base = Training { schedule: Schedule::Constant, ..settings() };
    let first = run(Training { checkpoint: kept(&path, 5, false), ..base }, None).unwrap();
    let again = run(Training { checkpoint: kept(&path, 5, true), ..base }, None).unwrap();
    assert_eq!(first, again);
    let longer = Training { epochs: 20, ..base };
    let on = run(Training { checkpoint: kept(&path, 5, true), ..longer }, None).unwrap();
    assert_eq!(on.0, run(longer, None).unwrap().0);
}

#[test]
fn patience_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let base = Training { schedule: Schedule::Constant, rate: 0.1, patience: Some(3), epochs: 60, ..settings() };
    let whole = run(base, None).unwrap();
    assert_eq!(whole.1.ending, Ending::OutOfPatience);
    let best = whole.1.best.unwrap();
    for stop_after in [Some(best), Some(best + 2), None, None] {
        let found = run(Training { checkpoint: kept(&path, 7, true), ..base }, stop_after).unwrap();
        if stop_after.is_none() {
            assert_eq!(found.0, whole.0);
            assert_eq!((found.1.best, found.1.position), (whole.1.best, whole.1.position));
        }
    }
}

#[test]
fn a_checkpoint_that_does_not_fit_is_refused_and_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    let base = Training { checkpoint: kept(&path, 5, true), ..settings() };
    run(base, Some(5)).unwrap();
    let whole = fs::read(&path).unwrap();
    let refuses = |settings: Training<'_>, said: &str| {
        let before = fs::read(&path).unwrap();
        let error = run(settings, None).unwrap_err().to_string();
        assert!(error.starts_with(&path.display().to_string()) && error.contains(said), "{said}: {error}");
        assert_eq!(fs::read(&path).unwrap(), before);
    };
    refuses(Training { rate: 0.5, ..base }, "; rate: the checkpoint has 0.02, this run 0.5; give the same");
    refuses(
        Training { seed: 7, batch: 4, ..base },
        "; batch: the checkpoint has 3, this run 4; seed: the checkpoint has 0",
    );
    refuses(Training { precision: Precision::F32, ..base }, "precision: the checkpoint has f64, this run f32");
    refuses(Training { optimizer: Optimizer::Sgd, ..base }, "; optimizer: the checkpoint has adam, this run sgd; give");
    let adam = Adam { beta1: 0.8, ..Adam::default() };
    refuses(
        Training { optimizer: Optimizer::Adam(adam), ..base },
        "; beta1: the checkpoint has 0.9, this run 0.8; give",
    );
    refuses(Training { shuffle: false, clip_norm: None, ..base }, "shuffle: the checkpoint has yes, this run no; clip");
    refuses(Training { clip_norm: None, ..base }, "clip norm: the checkpoint has 0.5, this run none");
    refuses(Training { epochs: 14, ..base }, "; epochs: the checkpoint has 12, this run 14; give");
    let constant = Training { epochs: 4, schedule: Schedule::Constant, ..base };
    refuses(constant, "; schedule: the checkpoint has warmup-cosine, this run constant; give");
    for cut in [0, 4, 60, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        refuses(base, if cut == 0 { "is empty" } else { "" });
    }
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    refuses(base, "truncated");
    fs::write(&path, "x,y\n1,2\n").unwrap();
    refuses(base, "no checkpoint of chainrule");
    let newer = String::from_utf8_lossy(&whole[8..]).find(r#"\"version\":1,"#).unwrap() + 8 + r#"\"version\":"#.len();
    let mut bytes = whole.clone();
    bytes[newer] = b'2';
    fs::write(&path, &bytes).unwrap();
    refuses(base, "newer chainrule");

    fs::write(&path, &whole).unwrap();
    let other = MlpRegression::new(&[5], 0.3, Training::default()).function(3).unwrap();
    let mut parameters = Parameters::initialize(&other, 0).unwrap();
    let trained = |function: &Function, parameters: &mut Parameters, n| {
        train(function, parameters, &rows(function, n, 0.3), None, &base, &mut Unobserved).unwrap_err().to_string()
    };
    assert!(trained(&other, &mut parameters, 11).contains("another model"));
    let mut parameters = Parameters::initialize(&function(), 0).unwrap();
    let longer = trained(&function(), &mut parameters, 12);
    assert!(longer.contains("; training rows: the checkpoint has 11, this run 12; validation rows:"), "{longer}");
    let without = trained(&function(), &mut parameters, 11);
    assert!(without.contains("; validation rows: the checkpoint has 5, this run none; give the same"), "{without}");
    assert_eq!(fs::read(&path).unwrap(), whole);
    assert_eq!(parameters, Parameters::initialize(&function(), 0).unwrap());
}
