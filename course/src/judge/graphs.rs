//! Judges graphs: beside the same model in the text form, made of the library's own nodes.

use std::collections::BTreeMap;

use chainrule::check::{CheckOptions, check_function};
use chainrule::learn::{Parameters, gradients, prediction};
use chainrule::{CustomNode, Function, GraphError, Op, Tensor, text};

use super::{Judge, Wrong, described, nodes};
use crate::Homework;

const RIDGE: &str = "
    input   x [2]
    outcome y []
    param   w [2] = 0
    param   b []  = 0
    prediction = dot(w, x) + b
    objective  = (prediction - y)^2 + 0.5 * sum(w^2)";

const MLP: &str = "
    input   x [2]
    outcome y []
    param   W1 [3, 2] ~ normal(0, 1)
    param   b1 [3]    ~ normal(0, 1)
    param   w2 [3]    ~ normal(0, 1)
    param   b2 []     ~ normal(0, 1)
    prediction = dot(w2, tanh(W1 @ x + b1)) + b2
    objective  = (prediction - y)^2";

const MULTICLASS: &str = "
    input   x [2]
    outcome y [] int < 4
    param   W1 [3, 2] ~ normal(0, 1)
    param   b1 [3]    ~ normal(0, 1)
    param   W2 [4, 3] ~ normal(0, 1)
    param   b2 [4]    ~ normal(0, 1)
    prediction = softmax(W2 @ tanh(W1 @ x + b1) + b2)
    objective  = nll(prediction, y)";

/// Ridge regression.
///
/// # Errors
/// What is wrong with it; so for all of them.
pub fn ridge(homework: &Homework) -> Result<(), Wrong> {
    let function = written("ridge", (homework.ridge)(2, 0.5))?;
    its_nodes("ridge", &function, homework)?;
    compare("ridge", &function, RIDGE)
}

/// Regression by a hidden layer.
///
/// # Errors
/// What is wrong with it.
pub fn mlp(homework: &Homework) -> Result<(), Wrong> {
    let function = written("mlp", (homework.mlp)(2, 3, 0.1))?;
    its_nodes("mlp", &function, homework)?;
    compare("mlp", &function, MLP)?;
    random_start("mlp", &function)
}

/// Classification by a hidden layer.
///
/// # Errors
/// What is wrong with it.
pub fn multiclass(homework: &Homework) -> Result<(), Wrong> {
    let function = written("multiclass", (homework.multiclass)(2, 3, 4, 0.1))?;
    its_nodes("multiclass", &function, homework)?;
    compare("multiclass", &function, MULTICLASS)?;
    random_start("multiclass", &function)
}

fn wrong(name: &str, problem: impl std::fmt::Display) -> Wrong {
    Wrong(format!("\nthe graph of `{name}`: {problem}\n"))
}

/// The function, if it could be built and has been written.
fn written(name: &str, built: Result<Function, GraphError>) -> Result<Function, Wrong> {
    let function = built.map_err(|error| wrong(name, error))?;
    match (function.prediction, function.objective) {
        (None, None) => Err(wrong(name, "it is not written yet: it has no prediction and no objective")),
        (None, Some(_)) => Err(wrong(name, "it has no prediction; say builder.prediction(…)")),
        (Some(_), None) => Err(wrong(name, "it has no objective; say builder.objective(…)")),
        (Some(_), Some(_)) => Ok(function),
    }
}

/// Whether the exercises among the nodes of a graph are right by themselves: their values would be blamed on the graph.
fn its_nodes(name: &str, function: &Function, homework: &Homework) -> Result<(), Wrong> {
    let l2_penalty = (homework.l2_penalty)(0.5);
    let exercises: [(&dyn CustomNode, Judge); 6] = [
        (&*homework.sum, nodes::sum),
        (&*l2_penalty, nodes::l2_penalty),
        (&*homework.affine, nodes::affine),
        (&*homework.tanh, nodes::tanh),
        (&*homework.softmax, nodes::softmax),
        (&*homework.nll, nodes::nll),
    ];
    for (exercise, judge) in exercises {
        let is_it = |op: &Op| matches!(op, Op::Custom(custom) if custom.node.name() == exercise.name());
        if function.graph.nodes().iter().any(|node| is_it(&node.op)) {
            judge(homework)
                .map_err(|Wrong(text)| wrong(name, format!("one of its nodes is not right yet:{}", text.trim_end())))?;
        }
    }
    Ok(())
}

/// Whether a function has the parameters of a text, and the same prediction, objective and gradients.
fn compare(name: &str, function: &Function, source: &str) -> Result<(), Wrong> {
    let by_text = text::parse(source).and_then(|model| model.build(&BTreeMap::new()));
    let right = by_text.map_err(|mistake| wrong(name, mistake.render(source, name, false)))?;
    let values = values(&right).map_err(|error| wrong(name, error))?;
    let parameters = Parameters::from_values(function, values.clone()).map_err(|error| wrong(name, error))?;
    let of_right = Parameters::from_values(&right, values).map_err(|error| wrong(name, error))?;
    let (inputs, outcomes) = ([("x", Tensor::vector([0.5, -1.5]))], [("y", Tensor::scalar(2.0))]);

    let found = prediction(function, &parameters, &inputs).map_err(|error| wrong(name, error))?;
    let expected = prediction(&right, &of_right, &inputs).map_err(|error| wrong(name, error))?;
    same(name, "the prediction", &found, &expected)?;

    // A wrong rule first: it would make the gradients wrong, too.
    let options = CheckOptions { second: false, ..CheckOptions::default() };
    let report = check_function(function, &options).map_err(|error| wrong(name, error))?;
    if let Some(failure) = report.failures.first() {
        return Err(wrong(name, format!("{}\n  written at {}", described(failure), failure.origin)));
    }
    let found = gradients(function, &parameters, &inputs, &outcomes).map_err(|error| wrong(name, error))?;
    let expected = gradients(&right, &of_right, &inputs, &outcomes).map_err(|error| wrong(name, error))?;
    for (parameter, expected) in &expected.by_name {
        let found = found.get(parameter).map_err(|error| wrong(name, error))?;
        same(name, &format!("∂J/∂{parameter}"), found, expected)?;
    }
    same(name, "the objective", &Tensor::scalar(found.objective), &Tensor::scalar(expected.objective))
}

/// Values of the parameters that treat none like another: neither zero nor equal.
fn values(function: &Function) -> Result<Vec<(String, Tensor)>, chainrule::learn::LearnError> {
    let of = |(index, (name, start)): (usize, (&str, &Tensor))| {
        let value = |element: usize| ((3 * index + element) as f64 * 0.7 + 0.3).sin();
        (name.to_string(), Tensor::from_fn(start.shape(), value))
    };
    Ok(Parameters::initialize(function, 0)?.iter().enumerate().map(of).collect())
}

fn same(name: &str, what: &str, found: &Tensor, right: &Tensor) -> Result<(), Wrong> {
    if found.shape() != right.shape() {
        return Err(wrong(name, format!("{what} has shape {}, it should have {}", found.shape(), right.shape())));
    }
    let mut pairs = found.data().iter().zip(right.data()).enumerate();
    match pairs.find(|(_, (found, right))| (**found - **right).abs() > 1e-9 * right.abs().max(1.0)) {
        None => Ok(()),
        Some((element, (found, right))) => {
            Err(wrong(name, format!("{what} is wrong, element {element}: {found}, where {right} is right")))
        }
    }
}

/// Whether the weights of a network start at numbers that differ.
fn random_start(name: &str, function: &Function) -> Result<(), Wrong> {
    let start = Parameters::initialize(function, 0).map_err(|error| wrong(name, error))?;
    for (parameter, values) in start.iter().filter(|(parameter, _)| parameter.starts_with(['W', 'w'])) {
        if values.data().windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(wrong(
                name,
                format!(
                    "{parameter} starts at equal numbers, so hidden units stay equal; see the end of book/src/layers.md"
                ),
            ));
        }
    }
    Ok(())
}
