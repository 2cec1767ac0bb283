//! Checks from a function, or from an op alone: the derivatives are made here, then checked.

use std::sync::Arc;

use chainrule_graph::ops::custom::{Custom, Pass};
use chainrule_graph::{
    Builder, CustomNode, Derivatives, Function, Graph, Kind, Op, Shape, Value, Var, differentiate, vjp,
};

use crate::check::{check, fits};
use crate::draw::{Draw, Draws};
use crate::error::CheckError;
use crate::options::CheckOptions;
use crate::point::real_inputs;
use crate::report::Report;
use crate::second::{check_second, second_derivatives};

/// Checks the derivatives of a function's objective with respect to all real inputs, outcomes, parameters and state, and
/// all nodes between. Inputs are drawn as usual: reals from the normal distribution, integers below their bound.
///
/// # Errors
/// If the function has no objective, or it is no real scalar; and as [`check`](fn@check).
pub fn check_function(function: &Function, options: &CheckOptions) -> Result<Report, CheckError> {
    check_function_at(function, &Draws::new(), options)
}

/// The same with some inputs drawn otherwise, or from the rows of a table.
///
/// # Errors
/// Those of [`check_function`].
pub fn check_function_at(function: &Function, draws: &Draws, options: &CheckOptions) -> Result<Report, CheckError> {
    let objective = function.objective.ok_or(CheckError::NoObjective)?;
    let derivatives = differentiate(&function.graph, objective, &real_inputs(&function.graph))?;
    check_both(&derivatives, draws, options)
}

/// Checks the derivatives of any real node under a random cotangent, with respect to all real inputs and all nodes
/// between.
///
/// # Errors
/// If the output is not of `graph`, or not real; and as [`check`](fn@check).
pub fn check_output(
    graph: &Graph,
    output: impl Into<Value>,
    draws: &Draws,
    options: &CheckOptions,
) -> Result<Report, CheckError> {
    let (derivatives, _) = vjp(graph, output, &real_inputs(graph))?;
    check_both(&derivatives, draws, options)
}

/// An input for a check of one op: its shape, its kind and how it is drawn.
pub type OpInput = (Shape, Kind, Draw);

/// Checks the derivative of one op under a random cotangent.
///
/// # Errors
/// If the op does not take inputs of these shapes and kinds, or its result is not real; and as [`check`](fn@check).
pub fn check_op(op: Op, inputs: &[OpInput], options: &CheckOptions) -> Result<Report, CheckError> {
    let builder = Builder::new();
    let named =
        |(index, (shape, kind, _)): (usize, &OpInput)| builder.input_of(&format!("input {index}"), shape, *kind, None);
    let vars: Vec<Var<'_>> = inputs.iter().enumerate().map(named).collect();
    let output = builder.push(op, &vars).id();
    let mut draws = Draws::new();
    for (var, (_, _, draw)) in vars.iter().zip(inputs) {
        var.id().map(|id| draws.set(id, draw.clone()));
    }
    let graph = builder.finish_graph()?;
    let output = output.expect("a builder without a mistake has the node");
    check_output(&graph, output, &draws, options)
}

/// Checks a node of a user's own on normally distributed inputs of these shapes, under a random cotangent.
///
/// # Errors
/// If the node does not take inputs of these shapes; and as [`check`](fn@check).
pub fn check_node(node: Arc<dyn CustomNode>, shapes: &[Shape], options: &CheckOptions) -> Result<Report, CheckError> {
    let op = Op::Custom(Custom { node, pass: Pass::Forward, loops: Vec::new() });
    let inputs: Vec<OpInput> = shapes.iter().map(|shape| (shape.clone(), Kind::Real, Draw::Normal)).collect();
    check_op(op, &inputs, options)
}

/// First derivatives, and if these are right and it is asked for, second ones.
fn check_both(derivatives: &Derivatives, draws: &Draws, options: &CheckOptions) -> Result<Report, CheckError> {
    if options.second
        && let Ok(second) = second_derivatives(derivatives)
    {
        fits(&second.derivatives)?; // before the work on the first ones
    }
    let mut report = check(derivatives, draws, options)?;
    if options.second && report.passed() {
        report.second = Some(check_second(derivatives, draws, options)?);
    }
    Ok(report)
}
