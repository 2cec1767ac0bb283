//! Steps descend the phase of training; whatever is reported or predicted is of the phase of prediction.

use chainrule_graph::{Function, Tensor, text};
use chainrule_learn::{
    Dataset, Engine, Field, LearnError, Parameters, Remedy, StepOptions, TrainError, Training, Unobserved, objective,
    predictions, scores, step, train,
};

const MODEL: &str = "
    input   x [1]
    outcome y []
    param w [1] = 2
    h = batch_norm(x)
    prediction = dot(w, h)
    objective = (prediction - y)^2
";

const X: [f64; 4] = [1.0, 2.0, 4.0, 5.0];
const Y: [f64; 4] = [1.0, -1.0, 0.5, 2.0];

fn model() -> Function {
    text::parse(MODEL).and_then(|model| model.build(&Default::default())).expect("it is a model")
}

fn data(function: &Function) -> Dataset {
    let fields = [("x", X), ("y", Y)].map(|(name, values)| (Field::of(function, name).unwrap(), values.to_vec()));
    Dataset::new("rows", 4, fields.to_vec()).unwrap()
}

fn value(parameters: &Parameters, name: &str) -> f64 {
    parameters.get(name).unwrap().data()[0]
}

/// One epoch of a single step over all rows.
fn trained(engine: Engine) -> (Function, Parameters, f64) {
    let function = model();
    let rows = data(&function);
    let mut parameters = Parameters::initialize(&function, 0).unwrap();
    let settings = Training { epochs: 1, batch: 4, rate: 0.1, engine, ..Training::default() };
    let done = train(&function, &mut parameters, &rows, None, &settings, &mut Unobserved).unwrap();
    (function, parameters, done.history[0].train.objective)
}

#[test]
fn a_step_takes_the_statistics_of_its_batch_and_the_states_follow_them() {
    let (mean, variance) = (3.0, 2.5); // over n = 4
    let h = X.map(|x| (x - mean) / f64::sqrt(variance + 1e-5));
    let slope = h.iter().zip(Y).map(|(h, y)| 2.0 * (2.0 * h - y) * h / 4.0).sum::<f64>();
    for engine in [Engine::Compiled, Engine::Reference] {
        let (_, parameters, _) = trained(engine);
        let close = |name: &str, expected: f64| {
            let found = value(&parameters, name);
            assert!((found - expected).abs() < 1e-12, "{name}: {found}, not {expected}");
        };
        close("w", 2.0 - 0.1 * slope);
        close("h/batch_norm/mean", 0.1 * mean);
        close("h/batch_norm/variance", 0.9 + 0.1 * variance * 4.0 / 3.0);
    }
}

#[test]
fn what_is_reported_and_predicted_takes_the_states() {
    let (function, parameters, at_start) = trained(Engine::Compiled);
    // The states began at 0 and 1.
    let of = |x: f64, [w, gain, shift, mean, variance]: [f64; 5]| {
        w * ((x - mean) / f64::sqrt(variance + 1e-5) * gain + shift)
    };
    let objective_by = |values| X.iter().zip(Y).map(|(&x, y)| (of(x, values) - y).powi(2)).sum::<f64>() / 4.0;
    assert!((at_start - objective_by([2.0, 1.0, 0.0, 0.0, 1.0])).abs() < 1e-12);
    let names = ["w", "h/batch_norm/gain", "h/batch_norm/shift", "h/batch_norm/mean", "h/batch_norm/variance"];
    let values = names.map(|name| value(&parameters, name));
    let rows = data(&function);
    assert!((scores(&function, &parameters, &rows).unwrap().objective - objective_by(values)).abs() < 1e-12);
    let predicted = predictions(&function, &parameters, &rows).unwrap();
    for (found, x) in predicted.data().iter().zip(X) {
        assert!((found - of(x, values)).abs() < 1e-12);
    }
    let (x, y) = (("x", Tensor::vector(vec![4.0])), ("y", Tensor::scalar(0.5)));
    let one = objective(&function, &parameters, &[x], &[y]).unwrap();
    assert!((one - (of(4.0, values) - 0.5).powi(2)).abs() < 1e-12);
}

#[test]
fn a_batch_of_a_single_value_is_refused_before_the_first_step() {
    let function = model();
    let rows = data(&function);
    for (batch, which) in [(1, "a batch of 1 row"), (3, "the last batch of 1 row")] {
        let mut parameters = Parameters::initialize(&function, 0).unwrap();
        let settings = Training { epochs: 1, batch, ..Training::default() };
        let error = train(&function, &mut parameters, &rows, None, &settings, &mut Unobserved).unwrap_err();
        let TrainError::Learn(error @ LearnError::Batch { .. }) = &error else { panic!("{error}") };
        assert_eq!(error.remedy(), Some(&Remedy::LargerBatch(2)));
        assert!(
            error.to_string().starts_with(&format!("`h/batch_norm` would see a single value in {which}")),
            "{error}"
        );
    }
    let error = step(&function, &StepOptions::default(), Some(1)).unwrap_err();
    assert!(error.message.contains("would see a single value"), "{error}");
}
