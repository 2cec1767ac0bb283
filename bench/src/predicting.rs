//! How long a predictor takes for one example, and a compiled gradient for one step, beside what compiles at each call.

use chainrule_graph::{Function, Tensor};
use chainrule_learn::models::{LinearRegression, MlpClassifier, MlpRegression, RidgeRegression};
use chainrule_learn::{
    Dataset, Field, Parameters, Predictor, SavedModel, Training, Transforms, ValueAndGradient, gradients, prediction,
};

use crate::table::{fastest, microseconds, table};

/// What a prediction may take at most, in microseconds.
const AT_MOST: f64 = 2.0;
/// How many calls are timed together.
const CALLS: usize = 1000;
/// For how many seconds each is timed.
const SECONDS: f64 = 0.3;

/// Prints the microseconds for models as the course has them.
///
/// # Errors
/// A model does not compile.
pub fn print() -> Result<(), String> {
    let training = Training::default();
    let linear = LinearRegression::new(training);
    let ridge = RidgeRegression::new(0.1, training);
    let network = MlpRegression::new(&[10], 0.1, training);
    let classes = MlpClassifier::new(&[10], 3, 0.1, training);
    let softmax = MlpClassifier::new(&[], 10, 0.1, training);
    let models = [
        ("linear 400", linear.function(400), 400),
        ("ridge 400", ridge.function(400), 400),
        ("MLP 1-10-1", network.function(1), 1),
        ("MLP 400-10-1", network.function(400), 400),
        ("MLP 2-10-3, softmax", classes.function(2), 2),
        ("softmax 64-10", softmax.function(64), 64),
    ];
    println!("\none example, standardized; a prediction at most {AT_MOST} µs\n");
    let mut rows = Vec::new();
    for (name, function, features) in models {
        let function = function.map_err(|error| error.to_string())?;
        rows.push(measured(name, &function, features).map_err(|error| error.to_string())?);
    }
    let heading = ["model", "predictor µs", "prediction() µs", "value and gradient µs", "gradients() µs"];
    println!("{}", table(&heading, rows));
    Ok(())
}

fn measured(name: &str, function: &Function, features: usize) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let made: Vec<f64> = (0..2 * features).map(|i| (i * 37 % 101) as f64 / 50.0 - 1.0).collect();
    let fields = [(Field::of(function, "x")?, made.clone()), (Field::of(function, "y")?, vec![0.0, 1.0])];
    let data = Dataset::new("made", 2, fields)?;
    let parameters = Parameters::initialize(function, 0)?;
    let transforms = Transforms::standardizing(&data);
    let model = SavedModel::new(function, &parameters, &data, transforms, Training::default().settings())?;
    let mut session = Predictor::new(&model)?.session();
    let row = &made[..features];
    let predictor = each(CALLS, &mut || session.predict(row).is_ok());

    let (inputs, outcomes) = ([("x", Tensor::vector(row))], [("y", Tensor::scalar(1.0))]);
    let compiling = each(10, &mut || prediction(function, &parameters, &inputs).is_ok());
    let mut compiled = ValueAndGradient::new(function)?;
    let gradient = each(CALLS, &mut || compiled.evaluate(&parameters, &inputs, &outcomes).is_ok());
    let compiling_gradient = each(10, &mut || gradients(function, &parameters, &inputs, &outcomes).is_ok());
    let times = [predictor, compiling, gradient, compiling_gradient].map(microseconds);
    Ok(std::iter::once(name.to_string()).chain(times).collect())
}

/// Seconds of one call.
fn each(calls: usize, call: &mut dyn FnMut() -> bool) -> f64 {
    fastest(SECONDS, &mut || (0..calls).for_each(|_| assert!(call(), "it succeeds"))) / calls as f64
}
