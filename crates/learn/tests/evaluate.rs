//! A function and its parameters are asked for objective, gradients and prediction.

use chainrule_graph::{Builder, Function, Initializer, Kind, Tensor, batch};
use chainrule_learn::{LearnError, Parameters, ValueAndGradient, gradients, objective, prediction};

/// (w·x + b − y)² + λ‖w‖² with λ = 1/2.
fn ridge() -> Function {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [2]), builder.outcome("y", []));
    let w = builder.parameter("w", [2], Initializer::Constant(0.0));
    let b = builder.parameter("b", [], Initializer::Constant(0.0));
    let predicted = builder.vector_scalar_affine(x, w, b);
    builder.prediction(predicted);
    builder.objective(builder.squared_l2_distance(predicted, y) + builder.l2_norm_penalty(0.5, w));
    builder.finish().unwrap()
}

/// w = (1, 2), b = 3: at x = (4, 5) the prediction is 17, at y = 15 the residual 2.
fn parameters() -> Parameters {
    let values = [("w", Tensor::vector([1.0, 2.0])), ("b", Tensor::scalar(3.0))];
    Parameters::from_values(&ridge(), values.map(|(name, value)| (name.to_string(), value))).unwrap()
}

fn x() -> (&'static str, Tensor) {
    ("x", Tensor::vector([4.0, 5.0]))
}

fn y() -> (&'static str, Tensor) {
    ("y", Tensor::scalar(15.0))
}

fn says(result: Result<impl std::fmt::Debug, LearnError>, words: &[&str]) {
    let message = result.unwrap_err().to_string();
    assert!(words.iter().all(|word| message.contains(word)), "{message}");
}

#[test]
fn objective_gradients_and_prediction_are_those_worked_out_by_hand() {
    let (function, parameters) = (ridge(), parameters());
    assert_eq!(prediction(&function, &parameters, &[x()]).unwrap().item(), 17.0);
    // 2² + (1² + 2²)/2
    assert_eq!(objective(&function, &parameters, &[x()], &[y()]).unwrap(), 6.5);
    let found = gradients(&function, &parameters, &[x()], &[y()]).unwrap();
    assert_eq!(found.objective, 6.5);
    // 2·2·x + w and 2·2
    assert_eq!(found.get("w").unwrap().data(), [17.0, 22.0]);
    assert_eq!(found.get("b").unwrap().data(), [4.0]);
    assert_eq!(found.by_name.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["w", "b"]);
    says(found.get("W").cloned(), &["`W`", "did you mean `w`?"]);
    // Asking again accumulates nothing.
    assert_eq!(gradients(&function, &parameters, &[x()], &[y()]).unwrap(), found);
}

#[test]
fn a_batch_is_asked_in_the_same_way() {
    let function = batch(&ridge(), 2).unwrap();
    let rows = ("x", Tensor::new([2, 2], vec![4.0, 5.0, 0.0, 0.0]).unwrap());
    assert_eq!(prediction(&function, &parameters(), std::slice::from_ref(&rows)).unwrap().data(), [17.0, 3.0]);
    // The mean of 4 and (3 − 4)² = 1, and the penalty.
    let outcomes = ("y", Tensor::vector([15.0, 4.0]));
    let found = gradients(&function, &parameters(), &[rows], &[outcomes]).unwrap();
    assert_eq!(found.objective, 5.0);
    // (2·2·x₁ + 2·(−1)·x₂)/2 + w and (2·2 − 2)/2
    assert_eq!(found.get("w").unwrap().data(), [9.0, 12.0]);
    assert_eq!(found.get("b").unwrap().data(), [1.0]);
}

#[test]
fn what_is_missing_unknown_or_misshapen_is_named() {
    let (function, parameters) = (ridge(), parameters());
    says(objective(&function, &parameters, &[], &[y()]), &["input `x`", "[2]"]);
    says(objective(&function, &parameters, &[x()], &[]), &["outcome `y`", "no value"]);
    says(prediction(&function, &parameters, &[]), &["input `x`"]);
    says(prediction(&function, &parameters, &[x(), y()]), &["no input `y`"]);
    says(objective(&function, &parameters, &[x()], &[y(), ("z", Tensor::scalar(0.0))]), &["no outcome `z`"]);
    says(gradients(&function, &parameters, &[("x", Tensor::zeros([3]))], &[y()]), &["input `x`", "[2]", "[3]"]);
    says(objective(&function, &parameters, &[("x", Tensor::vector([1.0, f64::NAN]))], &[y()]), &["input `x`", "NaN"]);
    says(prediction(&function, &parameters, &[x(), x()]), &["the input `x` has two values"]);
    says(objective(&function, &parameters, &[x()], &[y(), y()]), &["the outcome `y` has two values"]);
    let other = {
        let builder = Builder::new();
        builder.parameter("v", [], Initializer::Constant(0.0));
        Parameters::initialize(&builder.finish().unwrap(), 0).unwrap()
    };
    says(objective(&function, &other, &[x()], &[y()]), &["no parameter `v`"]);
}

#[test]
fn a_function_is_not_asked_for_what_it_has_not() {
    let builder = Builder::new();
    builder.input("x", []);
    let function = builder.finish().unwrap();
    let none = Parameters::initialize(&function, 0).unwrap();
    assert_eq!(prediction(&function, &none, &[]), Err(LearnError::Lacks("prediction")));
    assert_eq!(objective(&function, &none, &[], &[]), Err(LearnError::Lacks("objective")));
    assert_eq!(gradients(&function, &none, &[], &[]), Err(LearnError::Lacks("objective")));
}

#[test]
fn a_class_out_of_range_is_named() {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [3]), builder.outcome_of("y", [], Kind::Int, None));
    let p = x.softmax(0);
    builder.prediction(p);
    builder.objective(builder.nll(p, y));
    let function = builder.finish().unwrap();
    let none = Parameters::initialize(&function, 0).unwrap();
    let asked = |class: f64| objective(&function, &none, &[("x", Tensor::zeros([3]))], &[("y", Tensor::scalar(class))]);
    assert!((asked(2.0).unwrap() - 3f64.ln()).abs() < 1e-15);
    for odd in [3.0, 0.5, -1.0] {
        says(asked(odd), &[&format!("the outcome `y` takes a whole number from 0 to 2, not {odd}")]);
    }
}

#[test]
fn a_prediction_needs_only_its_own_inputs() {
    let builder = Builder::new();
    let (x, weight) = (builder.input("x", []), builder.input("weight", []));
    let y = builder.outcome("y", []);
    builder.prediction(x * 2.0);
    builder.objective(weight * (x * 2.0 - y).power(2.0));
    let function = builder.finish().unwrap();
    let none = Parameters::initialize(&function, 0).unwrap();
    assert_eq!(prediction(&function, &none, &[("x", Tensor::scalar(3.0))]).unwrap().item(), 6.0);
    says(objective(&function, &none, &[("x", Tensor::scalar(3.0))], &[("y", Tensor::scalar(3.0))]), &["`weight`"]);
}

#[test]
fn a_compiled_gradient_is_asked_again_and_again() {
    let (function, mut parameters) = (ridge(), parameters());
    let mut compiled = ValueAndGradient::new(&function).unwrap();
    for step in 0..3 {
        let expected = gradients(&function, &parameters, &[x()], &[y()]).unwrap();
        assert_eq!(compiled.evaluate(&parameters, &[x()], &[y()]), Ok(&expected));
        let other = ("y", Tensor::scalar(f64::from(step)));
        let expected = gradients(&function, &parameters, &[x()], std::slice::from_ref(&other)).unwrap();
        assert_eq!(compiled.evaluate(&parameters, &[x()], &[other]), Ok(&expected));
        let (name, slope) = expected.by_name.first().unwrap();
        parameters.increment(name, slope).unwrap();
    }
    // A value that was there before does not stand in for one that is missing now.
    let missing = compiled.evaluate(&parameters, &[], &[y()]).unwrap_err().to_string();
    assert_eq!(missing, "the input `x` has no value; it takes one of shape [2]");
    let twice = compiled.evaluate(&parameters, &[x(), x()], &[y()]).unwrap_err().to_string();
    assert_eq!(twice, "the input `x` has two values; one would be right");
    let unknown = compiled.evaluate(&parameters, &[x(), ("z", Tensor::scalar(1.0))], &[y()]).unwrap_err().to_string();
    assert!(unknown.contains("there is no input `z`"), "{unknown}");
    assert!(compiled.evaluate(&parameters, &[x()], &[y()]).is_ok());
}
