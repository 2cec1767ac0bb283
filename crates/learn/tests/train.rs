//! Training: optima with a closed form, the course's models, both engines, and what goes wrong.

use chainrule_exec::compile::Precision;
use chainrule_graph::{Builder, Function, Initializer, Tensor, text};
use chainrule_learn::models::{LinearRegression, MlpClassifier, MlpRegression, RidgeRegression};
use chainrule_learn::problems::{Regression, digits};
use chainrule_learn::{
    Adam, Cause, Dataset, Diverged, Engine, Field, Optimizer, Parameters, RowPlace, Schedule, StepOptions, StepPart,
    TrainError, Training, Unobserved, predictions, scores, step, train,
};

fn noise(n: usize, seed: u64) -> Vec<f64> {
    (0..n).map(|i| ((i as f64 + 0.5) * 12.9898 + seed as f64 * 78.233).sin() * 43758.547 % 1.0).collect()
}

fn rows(n: usize, d: usize) -> (Tensor, Tensor) {
    let x = Tensor::new([n, d], noise(n * d, 1)).unwrap();
    let y = Tensor::from_fn([n], |i| {
        let row = &x.data()[i * d..(i + 1) * d];
        row.iter().enumerate().map(|(j, x)| x * (j as f64 - 1.0)).sum::<f64>() + 0.1 * noise(n, 3)[i]
    });
    (x, y)
}

/// w = (XᶜᵀXᶜ/n + λI)⁻¹ Xᶜᵀyᶜ/n and b = ȳ − w·x̄, by Gaussian elimination.
fn ridge_optimum(x: &Tensor, y: &Tensor, lambda: f64) -> (Vec<f64>, f64) {
    let (n, d) = (x.shape()[0], x.shape()[1]);
    let element = |i: usize, j: usize| x.data()[i * d + j];
    let mean: Vec<f64> = (0..d).map(|j| (0..n).map(|i| element(i, j)).sum::<f64>() / n as f64).collect();
    let y_mean = y.data().iter().sum::<f64>() / n as f64;
    let mut a = vec![vec![0.0; d + 1]; d];
    for j in 0..d {
        for k in 0..d {
            a[j][k] = (0..n).map(|i| (element(i, j) - mean[j]) * (element(i, k) - mean[k])).sum::<f64>() / n as f64;
        }
        a[j][j] += lambda;
        a[j][d] = (0..n).map(|i| (element(i, j) - mean[j]) * (y.data()[i] - y_mean)).sum::<f64>() / n as f64;
    }
    for j in 0..d {
        let pivot = a[j].clone();
        for (_, row) in a.iter_mut().enumerate().filter(|&(k, _)| k != j) {
            let factor = row[j] / pivot[j];
            row.iter_mut().zip(&pivot).skip(j).for_each(|(element, above)| *element -= factor * above);
        }
    }
    let w: Vec<f64> = (0..d).map(|j| a[j][d] / a[j][j]).collect();
    let b = y_mean - w.iter().zip(&mean).map(|(w, x)| w * x).sum::<f64>();
    (w, b)
}

#[test]
fn ridge_and_linear_regression_reach_the_closed_form() {
    let (x, y) = rows(40, 3);
    let training = Training { epochs: 4000, batch: 40, rate: 0.3, ..Training::default() };
    for lambda in [0.0, 0.1] {
        let fitted = match lambda {
            0.0 => LinearRegression::new(training).fit(&x, &y, None).unwrap(),
            lambda => RidgeRegression::new(lambda, training).fit(&x, &y, None).unwrap(),
        };
        let (w, b) = ridge_optimum(&x, &y, lambda);
        let found = fitted.parameters.get("w").unwrap();
        for (found, right) in found.data().iter().zip(&w) {
            assert!((found - right).abs() < 1e-6, "{found} for {right}");
        }
        assert!((fitted.parameters.get("b").unwrap().item() - b).abs() < 1e-6);
    }
}

#[test]
fn both_engines_train_to_the_same_parameters() {
    let (x, y) = rows(23, 4);
    let base = Training { epochs: 5, ..Training::default() };
    for (batch, optimizer) in [
        (1, Optimizer::Sgd),
        (4, Optimizer::Sgd),
        (4, Optimizer::Adam(Adam::default())),
        (1, Optimizer::Momentum { momentum: 0.9 }),
    ] {
        let fit = |engine| {
            // Momentum adds ten steps up: a tenth of the rate keeps rounding from being blown up.
            let rate = if optimizer == Optimizer::Sgd { 0.05 } else { 0.005 };
            let training = Training { batch, optimizer, engine, rate, ..base };
            let mlp = MlpRegression::new(&[6, 5], 0.3, training).fit(&x, &y, None).unwrap();
            let ridge = RidgeRegression::new(0.1, training).fit(&x, &y, None).unwrap();
            (mlp, ridge)
        };
        let (compiled, reference) = (fit(Engine::Compiled), fit(Engine::Reference));
        for (a, b) in [(&compiled.0, &reference.0), (&compiled.1, &reference.1)] {
            for ((name, a), (_, b)) in a.parameters.iter().zip(b.parameters.iter()) {
                for (a, b) in a.data().iter().zip(b.data()) {
                    assert!(
                        (a - b).abs() <= 1e-10 * (1.0 + b.abs()),
                        "{name}: {a} for {b}, {optimizer:?}, batch {batch}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_hundred_steps_of_any_optimizer_agree_on_both_engines() {
    let (x, y) = rows(20, 3);
    let optimizers = [
        Optimizer::Momentum { momentum: 0.9 },
        Optimizer::Nesterov { momentum: 0.9 },
        Optimizer::Adam(Adam::default()),
        Optimizer::AdamW { adam: Adam::default(), decay: 0.01 },
        Optimizer::RmsProp { decay: 0.99, epsilon: 1e-8 },
        Optimizer::AdaGrad { epsilon: 1e-10 },
    ];
    for optimizer in optimizers {
        let fit = |engine| {
            let (clip_norm, weight_decay) = (Some(0.5), 0.01);
            let schedule = Schedule::Step { every: 8, factor: 0.5 };
            // 25 epochs of 4 steps
            let settings =
                Training { epochs: 25, batch: 5, rate: 0.002, optimizer, engine, schedule, ..Training::default() };
            let settings = Training { clip_norm, weight_decay, ..settings };
            MlpRegression::new(&[7, 5], 0.3, settings).fit(&x, &y, None).unwrap().parameters
        };
        let (compiled, reference) = (fit(Engine::Compiled), fit(Engine::Reference));
        for ((name, a), (_, b)) in compiled.iter().zip(reference.iter()) {
            for (a, b) in a.data().iter().zip(b.data()) {
                assert!((a - b).abs() <= 1e-10 * (1.0 + b.abs()), "{name}: {a} for {b}, {optimizer:?}");
            }
        }
    }
}

#[test]
fn a_full_run_of_linear_and_ridge_agrees_on_both_engines() {
    let problem = Regression::generate(3);
    let x = Tensor::new([100, 1], problem.training.values("x").unwrap().to_vec()).unwrap();
    let y = Tensor::vector(problem.training.values("y").unwrap());
    let fit = |engine, lambda: f64| {
        let training = Training { epochs: 100, rate: 0.05, engine, ..Training::default() };
        match lambda {
            0.0 => LinearRegression::new(training).fit(&x, &y, None).unwrap(),
            lambda => RidgeRegression::new(lambda, training).fit(&x, &y, None).unwrap(),
        }
    };
    for lambda in [0.0, 0.01] {
        let (compiled, reference) = (fit(Engine::Compiled, lambda), fit(Engine::Reference, lambda));
        for ((name, a), (_, b)) in compiled.parameters.iter().zip(reference.parameters.iter()) {
            for (a, b) in a.data().iter().zip(b.data()) {
                assert!((a - b).abs() <= 1e-10 * (1.0 + b.abs()), "{name}: {a} for {b}");
            }
        }
    }
}

#[test]
fn every_parameter_moves_exactly_once_a_step() {
    let b = Builder::new();
    let (x, y) = (b.input("x", []), b.outcome("y", []));
    let w = b.parameter("w", [], Initializer::Constant(2.0));
    let v = b.parameter("v", [], Initializer::Constant(3.0));
    let prediction = w * v * x;
    b.prediction(prediction);
    b.objective(b.squared_l2_distance(prediction, y));
    let function = b.finish().unwrap();
    let data = dataset(&function, vec![1.0], vec![0.0]);
    let mut parameters = Parameters::initialize(&function, 0).unwrap();
    let training = Training { epochs: 1, rate: 0.01, ..Training::default() };
    train(&function, &mut parameters, &data, None, &training, &mut Unobserved).unwrap();
    // J = (w v)²: both gradients are at the old parameters, 2·6·3 = 36 and 2·6·2 = 24.
    assert!((parameters.get("w").unwrap().item() - (2.0 - 0.36)).abs() < 1e-15);
    assert!((parameters.get("v").unwrap().item() - (3.0 - 0.24)).abs() < 1e-15);
}

fn dataset(function: &Function, x: Vec<f64>, y: Vec<f64>) -> Dataset {
    let field = |id| Field::of(function, function.name(id)).unwrap();
    let (inputs, outcomes) = (field(function.inputs[0]), field(function.outcomes[0]));
    Dataset::new("the data", y.len(), [(inputs, x), (outcomes, y)]).unwrap()
}

#[test]
fn data_without_rows_are_refused_at_the_start() {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", []), builder.outcome("y", []));
    builder.objective((builder.parameter("w", [], Initializer::Constant(1.0)) * x - y).power(2.0));
    let function = builder.finish().unwrap();
    let (some, none) = (dataset(&function, vec![1.0], vec![2.0]), dataset(&function, vec![], vec![]));
    for (training, validation, name) in [(&none, None, "training"), (&some, Some(&none), "validation")] {
        let mut parameters = Parameters::initialize(&function, 0).unwrap();
        let error = train(&function, &mut parameters, training, validation, &Training::default(), &mut Unobserved);
        assert_eq!(error.unwrap_err().to_string(), format!("the {name} data has no rows"));
    }
}

#[test]
fn a_rate_that_is_too_large_is_told_with_its_node() {
    let (x, y) = rows(10, 2);
    for (precision, rate, says) in [(Precision::F64, 409012.3, "try "), (Precision::F32, 1e6, "f32")] {
        // A report comes after 100 epochs only, too late to see it grow.
        let training = Training { epochs: 10_000, rate, precision, ..Training::default() };
        let error = LinearRegression::new(training).fit(&x, &y, None).unwrap_err();
        let TrainError::Diverged(diverged) = &error else { panic!("{error}") };
        assert!(diverged.epoch > 0 && !diverged.places.is_empty());
        let message = error.to_string();
        assert!(message.contains("rate") && message.contains("line"), "{message}");
        assert!(message.contains(says), "{message}");
        if let (Cause::Rate(smaller), false) = (diverged.cause, diverged.only_in_f32) {
            let digits: String = smaller.to_string().chars().filter(char::is_ascii_digit).collect();
            assert_eq!(digits.trim_matches('0'), "4090123", "a power of ten below: {message}");
        }
        let nan_origin = diverged.nan_origin.as_ref().unwrap();
        let what = format!("{} is infinite ({}, written at", nan_origin.name, nan_origin.op);
        assert!(message.contains(&what) && message.contains(&nan_origin.inputs[0].to_string()), "{message}");
        assert_eq!(diverged.only_in_f32, precision == Precision::F32, "{message}");
    }
}

#[test]
fn an_objective_that_is_not_finite_at_the_start_does_not_blame_the_rate() {
    let model = "input x []\noutcome y []\nparam w [] = 1\nprediction = w * log(x)\nobjective = (prediction - y)^2\n";
    let function = text::parse(model).unwrap().build(&Default::default()).unwrap();
    let data = dataset(&function, vec![1.0, 2.0, -1.0], vec![0.0, 0.0, 0.0]);
    let mut parameters = Parameters::initialize(&function, 0).unwrap();
    let before = parameters.clone();
    let error = train(&function, &mut parameters, &data, None, &Training::default(), &mut Unobserved).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("log") && message.contains("line 4") && !message.contains("rate"), "{message}");
    assert_eq!(parameters, before);
}

/// What training of a model of `x` and `y` ends with, all outcomes 0.
fn failure(model: &str, x: &[f64], settings: Training<'_>) -> Diverged {
    let model = format!("input x []\noutcome y []\n{model}\n");
    let function = text::parse(&model).unwrap().build(&Default::default()).unwrap();
    let data = dataset(&function, x.to_vec(), vec![0.0; x.len()]);
    let mut parameters = Parameters::initialize(&function, 0).unwrap();
    match train(&function, &mut parameters, &data, None, &settings, &mut Unobserved) {
        Err(TrainError::Diverged(diverged)) => *diverged,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_gradient_that_is_not_finite_at_the_start_does_not_blame_the_rate() {
    // The derivative of sqrt at 0 is 1/0, and that times the derivative 0 of the square no number.
    let model = "param w [] = 0\nobjective = sqrt(w*w) + x*w + 0*y";
    for batch in [1, 2, 3] {
        let settings = Training { rate: 1e-9, batch, shuffle: false, ..Training::default() };
        let diverged = failure(model, &[1.0, 2.0, 3.0], settings);
        let message = diverged.to_string();
        assert_eq!((diverged.part, diverged.epoch), (StepPart::Gradient, 0), "{message}");
        assert_eq!(diverged.places, [RowPlace::Line(2)], "the first such row of the first step: {message}");
        assert!(message.contains("sqrt") && !message.contains("the rate"), "{message}");
    }
}

#[test]
fn what_overflows_in_the_optimizer_is_told_as_that() {
    let settings = Training { optimizer: Optimizer::Adam(Adam::default()), ..Training::default() };
    let message = failure("param w [] = 0\nobjective = tanh(1e200*w) + 0*x + 0*y", &[1.0], settings).to_string();
    assert!(message.contains("optimizer") && !message.contains(".rs"), "{message}");
}

#[test]
fn what_only_f32_cannot_hold_at_the_start_does_not_blame_the_rate() {
    let settings = Training { precision: Precision::F32, shuffle: false, ..Training::default() };
    let diverged = failure("param w [] = 1\nobjective = exp(x*w) + 0*y", &[100.0, 1.0], settings);
    let message = diverged.to_string();
    assert!(diverged.only_in_f32 && diverged.epoch == 0 && diverged.places.len() == 1, "{message}");
    assert!(message.contains("use f64") && !message.contains("rate"), "{message}");
    let nan_origin = diverged.nan_origin.unwrap();
    assert_eq!((&nan_origin.op[..], nan_origin.origin.to_string()), ("exp", "line 4, column 13".into()), "{message}");
    assert_eq!(nan_origin.inputs[0].finite, Some((100.0, 100.0)), "{message}");
}

#[test]
fn what_only_f32_cannot_hold_in_the_gradient_is_told_as_that() {
    // (w x) x is 1e30; its derivative by w is x², 1e60.
    let settings = Training { precision: Precision::F32, ..Training::default() };
    let model = "param w [] = 1e-30\nobjective = w*x*x + 0*y";
    let diverged = failure(model, &[1e30], settings);
    let message = diverged.to_string();
    assert!(diverged.only_in_f32 && diverged.nan_origin.is_some(), "{message}");
    assert_eq!((diverged.part, diverged.epoch), (StepPart::Gradient, 0), "{message}");
    assert!(
        message.contains("f32") && message.contains("`x` []: 1.00000001") && !message.contains("rate"),
        "{message}"
    );
}

#[test]
fn a_step_that_is_not_the_last_is_found_again() {
    // The third row makes w no number, which the objective shows at the fourth.
    let settings = Training { rate: 1e-9, shuffle: false, ..Training::default() };
    let diverged =
        failure("param w [] = 1\nobjective = sqrt((x*w)^2) + 0*y", &[1.0, 1.0, 0.0, 1.0, 1.0, 1.0], settings);
    let lines = failure("param w [] = 1\nobjective = log(x*w) + 0*y", &[1.0, 1.0, 0.0], settings).places;
    assert_eq!((diverged.part, diverged.epoch, diverged.places.clone()), (StepPart::Gradient, 1, lines), "{diverged}");
}

#[test]
fn a_value_that_nothing_gives_is_an_error() {
    let model = "value v []\ninput x []\noutcome y []\nparam w [] = 1\nprediction = w*x\nobjective = (w*v - y)^2\n";
    let function = text::parse(model).unwrap().build(&Default::default()).unwrap();
    let data = dataset(&function, vec![1.0], vec![0.0]);
    let mut parameters = Parameters::initialize(&function, 0).unwrap();
    let errors = [
        train(&function, &mut parameters, &data, None, &Training::default(), &mut Unobserved).unwrap_err().to_string(),
        scores(&function, &parameters, &data).unwrap_err().to_string(),
    ];
    for error in errors {
        assert!(error.contains("nothing gives `v`"), "{error}");
    }
    predictions(&function, &parameters, &data).unwrap(); // does not need it
}

#[test]
fn a_whole_number_that_f32_cannot_hold_is_refused_there() {
    let model = "input i [] int\noutcome y []\nparam w [] = 0\nobjective = (w*(i - 16777216) - y)^2\n";
    let function = text::parse(model).unwrap().build(&Default::default()).unwrap();
    let fit = |i, precision| {
        let settings = Training { precision, epochs: 1, ..Training::default() };
        let mut parameters = Parameters::initialize(&function, 0).unwrap();
        let data = dataset(&function, vec![i], vec![1.0]);
        train(&function, &mut parameters, &data, None, &settings, &mut Unobserved).map_err(|error| error.to_string())
    };
    fit(16_777_216.0, Precision::F32).unwrap();
    fit(16_777_217.0, Precision::F64).unwrap();
    let error = fit(16_777_217.0, Precision::F32).unwrap_err();
    assert!(error.contains("column `i`") && error.contains("use f64"), "{error}");
}

#[test]
fn names_and_updates_that_are_the_steps_are_refused() {
    let (x, y) = ("input x []", "outcome y []\nobjective = (w*x - y)^2");
    for (line, optimizer, says) in [
        ("param w [] = 1\nparam `learning rate` [] = 1", Optimizer::Sgd, "`learning rate`"),
        ("param w [] = 1\nparam `mean of w` [] = 1", Optimizer::Adam(Adam::default()), "`mean of w`"),
        ("param w [] = 1\nupdate w = w * 0.5", Optimizer::Sgd, "update"),
    ] {
        let model = format!("{x}\n{line}\n{y}\n");
        let function = text::parse(&model).unwrap().build(&Default::default()).unwrap();
        let options = StepOptions { optimizer, ..StepOptions::default() };
        let error = step(&function, &options, None).unwrap_err().to_string();
        assert!(error.contains(says) && !error.contains(".rs"), "{error}");
    }
    let free = format!("{x}\nparam w [] = 1\nparam `mean of w` [] = 1\n{y}\n");
    let function = text::parse(&free).unwrap().build(&Default::default()).unwrap();
    step(&function, &StepOptions::default(), None).unwrap();
}

#[test]
fn the_same_seed_gives_the_same_bits_for_any_number_of_threads() {
    let (x, y) = rows(64, 8);
    for optimizer in [Optimizer::Sgd, Optimizer::Adam(Adam::default())] {
        let fit = |threads| {
            let settings = Training { epochs: 3, batch: 16, precision: Precision::F32, ..Training::default() };
            let settings = Training { optimizer, threads, clip_norm: Some(1.0), rate: 0.001, ..settings };
            MlpRegression::new(&[300, 300], 0.1, settings).fit(&x, &y, None).unwrap().parameters
        };
        let one = fit(1);
        for threads in [2, 3, 8] {
            assert_eq!(fit(threads), one, "{threads} threads");
        }
    }
}

#[test]
fn the_classifier_reads_digits() {
    let data = digits::dataset().unwrap();
    let mut total = 0.0;
    for seed in 0..5 {
        let (training, held) = data.split(0.2, seed).unwrap();
        let settings = Training { epochs: 40, batch: 1, rate: 0.01, seed, reports: 1, ..Training::default() };
        let function = MlpClassifier::new(&[64], 10, 0.1, settings).function(64).unwrap();
        let transforms = chainrule_learn::Transforms::standardizing(&training);
        let (training, held) = (transforms.apply(&training).unwrap(), transforms.apply(&held).unwrap());
        let mut parameters = Parameters::initialize(&function, seed).unwrap();
        let trained = train(&function, &mut parameters, &training, Some(&held), &settings, &mut Unobserved).unwrap();
        let accuracy = trained.history.last().unwrap().valid.unwrap().measure().unwrap().1;
        assert_eq!(scores(&function, &parameters, &held).unwrap().measure().unwrap().1, accuracy);
        assert_eq!(predictions(&function, &parameters, &held).unwrap().shape()[..], [held.rows(), 10]);
        total += accuracy;
    }
    assert!(total / 5.0 >= 0.96, "mean accuracy {}", total / 5.0);
}

#[test]
fn a_step_of_the_regression_problem_is_a_graph_that_verifies() {
    let problem = Regression::generate(0);
    let function = MlpRegression::new(&[10], 0.01, Training::default()).function(400).unwrap();
    for size in [None, Some(1), Some(7)] {
        let options = StepOptions { optimizer: Optimizer::Adam(Adam::default()), ..StepOptions::default() };
        let step = step(&function, &options, size).unwrap();
        chainrule_graph::verify(&step.function.graph).unwrap();
        assert_eq!(step.function.graph.updates().len(), 3 * 4 + 1);
    }
    assert_eq!(problem.training.rows(), 100);
}
