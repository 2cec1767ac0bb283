//! Parameters start as their function says, and are set and incremented by name.

use chainrule_graph::{Builder, Function, Initializer, Shape, Tensor};
use chainrule_learn::Parameters;

/// Parameters of these shapes and initializers, named p0, p1, ….
fn function(parameters: &[(Shape, Initializer)]) -> Function {
    let builder = Builder::new();
    for (i, (shape, initializer)) in parameters.iter().enumerate() {
        builder.parameter(&format!("p{i}"), shape, initializer.clone());
    }
    builder.finish().unwrap()
}

fn one(shape: impl Into<Shape>, initializer: Initializer, seed: u64) -> Tensor {
    Parameters::initialize(&function(&[(shape.into(), initializer)]), seed).unwrap().get("p0").unwrap().clone()
}

fn weights() -> Function {
    let builder = Builder::new();
    builder.parameter("weight", [2], Initializer::Constant(0.5));
    builder.parameter("bias", [], Initializer::Constant(0.0));
    builder.finish().unwrap()
}

fn moments(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64)
}

/// Mean, variance and range of 40,000 numbers; the bounds are more than five standard errors.
#[test]
fn initial_values_have_the_distribution_that_was_asked_for() {
    let shape = [2, 100, 200];
    for (initializer, mean, variance, limit) in [
        (Initializer::Normal { mean: 3.0, std: 2.0 }, 3.0, 4.0, f64::INFINITY),
        (Initializer::Uniform { low: 1.0, high: 4.0 }, 2.5, 9.0 / 12.0, 1.5),
        // in = 200, out = 100: uniform on ±√(6/300), of variance 2/300
        (Initializer::Glorot, 0.0, 2.0 / 300.0, (6f64 / 300.0).sqrt()),
        (Initializer::He, 0.0, 2.0 / 200.0, f64::INFINITY),
    ] {
        let values = one(shape, initializer.clone(), 5);
        let (found_mean, found_variance) = moments(values.data());
        assert!((found_mean - mean).abs() < 5.0 * (variance / 40_000f64).sqrt(), "{initializer}: {found_mean}");
        assert!((found_variance / variance - 1.0).abs() < 0.04, "{initializer}: {found_variance}");
        let farthest = values.data().iter().fold(0.0, |far: f64, value| far.max((value - mean).abs()));
        assert!(farthest <= limit && (limit.is_infinite() || farthest > 0.999 * limit), "{initializer}: {farthest}");
    }
    assert_eq!(one([2, 2], Initializer::Constant(-1.5), 5).data(), [-1.5; 4]);
    assert!(one([0, 3], Initializer::He, 5).data().is_empty());
}

#[test]
fn initial_values_depend_on_seed_and_place_alone() {
    let normal = || Initializer::Normal { mean: 0.0, std: 1.0 };
    assert_eq!(one([8], normal(), 1), one([8], normal(), 1));
    assert_ne!(one([8], normal(), 1), one([8], normal(), 2));
    let both = Parameters::initialize(&function(&[([8].into(), normal()), ([8].into(), normal())]), 1).unwrap();
    assert_eq!(both.get("p0").unwrap(), &one([8], normal(), 1));
    assert_ne!(both.get("p0").unwrap(), both.get("p1").unwrap());
    // A longer parameter begins with the values of a shorter one, and changes none of the next.
    let longer = Parameters::initialize(&function(&[([9].into(), normal()), ([8].into(), normal())]), 1).unwrap();
    assert_eq!(longer.get("p0").unwrap().data()[..8], both.get("p0").unwrap().data()[..]);
    assert_eq!(longer.get("p1").unwrap(), both.get("p1").unwrap());
}

#[test]
fn an_initializer_without_finite_numbers_is_refused() {
    for initializer in [
        Initializer::Constant(f64::NAN),
        Initializer::Normal { mean: 0.0, std: f64::INFINITY },
        Initializer::Uniform { low: -1e308, high: 1e308 },
    ] {
        // The builder refuses what is not finite; a function that is made of its parts may still have it.
        let mut function = function(&[([3].into(), Initializer::Constant(0.0))]);
        function.parameters[0].initializer = initializer;
        let message = Parameters::initialize(&function, 1).unwrap_err().to_string();
        assert!(message.contains("parameter `p0`") && message.contains("finite"), "{message}");
    }
}

#[test]
fn parameters_are_set_and_incremented_by_name() {
    let mut parameters = Parameters::initialize(&weights(), 0).unwrap();
    assert_eq!(parameters.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["weight", "bias"]);
    parameters.set("weight", Tensor::vector([1.0, 2.0])).unwrap();
    parameters.increment("weight", &Tensor::vector([0.5, -1.0])).unwrap();
    assert_eq!(parameters.get("weight").unwrap().data(), [1.5, 1.0]);
    assert_eq!(parameters.get("bias").unwrap().data(), [0.0]);
}

#[test]
fn a_value_that_does_not_fit_is_refused_and_changes_nothing() {
    let mut parameters = Parameters::initialize(&weights(), 0).unwrap();
    let before = parameters.clone();
    let says = |error: chainrule_learn::LearnError, words: &[&str]| {
        let message = error.to_string();
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    };
    says(parameters.set("wieght", Tensor::scalar(1.0)).unwrap_err(), &["`wieght`", "did you mean `weight`?"]);
    says(parameters.get("q").unwrap_err(), &["`q`", "`weight`, `bias`"]);
    says(parameters.increment("b", &Tensor::scalar(1.0)).unwrap_err(), &["`b`"]);
    for value in [Tensor::vector([1.0, 2.0, 3.0]), Tensor::zeros([2, 1])] {
        let shape = value.shape().to_string();
        says(parameters.increment("weight", &value).unwrap_err(), &["`weight`", "[2]", &shape]);
        says(parameters.set("weight", value).unwrap_err(), &["`weight`", "[2]", &shape]);
    }
    let not_finite = Tensor::vector([1.0, f64::NAN]);
    says(parameters.set("weight", not_finite.clone()).unwrap_err(), &["`weight`", "NaN", "element 1"]);
    says(parameters.increment("weight", &not_finite).unwrap_err(), &["`weight`", "NaN", "element 1"]);
    parameters.set("bias", Tensor::scalar(f64::MAX)).unwrap();
    says(parameters.increment("bias", &Tensor::scalar(f64::MAX)).unwrap_err(), &["`bias`", "inf"]);
    parameters.set("bias", Tensor::scalar(0.0)).unwrap();
    assert_eq!(parameters, before);
}

#[test]
fn values_must_be_just_those_of_the_function() {
    let function = weights();
    let weight = ("weight".to_string(), Tensor::vector([1.0, 2.0]));
    let bias = ("bias".to_string(), Tensor::scalar(3.0));
    let parameters = Parameters::from_values(&function, [bias.clone(), weight.clone()]).unwrap();
    assert_eq!(parameters.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["weight", "bias"]);
    for (values, words) in [
        (vec![weight.clone()], &["`bias`", "no value", "[]"][..]),
        (vec![weight.clone(), bias.clone(), ("bais".into(), Tensor::scalar(1.0))], &["`bais`", "`bias`"]),
        (vec![weight.clone(), ("bias".into(), Tensor::vector([1.0]))], &["`bias`", "[]", "[1]"]),
        (vec![weight.clone(), bias, weight.clone()], &["the parameter `weight` has two values"]),
        (vec![weight, ("bias".into(), Tensor::scalar(f64::INFINITY))], &["`bias`", "inf"]),
    ] {
        let message = Parameters::from_values(&function, values).unwrap_err().to_string();
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    }
}

#[test]
fn state_is_kept_with_the_parameters() {
    let builder = Builder::new();
    let mean = builder.state("mean", [2], Initializer::Constant(1.0));
    builder.parameter("w", [2], Initializer::Constant(0.0));
    builder.update(mean, mean * 2.0);
    let parameters = Parameters::initialize(&builder.finish().unwrap(), 0).unwrap();
    assert_eq!(parameters.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["w", "mean"]);
    assert_eq!(parameters.get("mean").unwrap().data(), [1.0, 1.0]);
}
