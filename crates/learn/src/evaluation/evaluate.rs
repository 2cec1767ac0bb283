//! What a person can ask of a function and its parameters: the objective, its gradients, the prediction.

use chainrule_exec::compile::Options;
use chainrule_exec::{Bindings, InputType, evaluate_compiled};
use chainrule_graph::{Function, NodeId, Phase, Tensor, Value, phase};

use crate::admission;
use crate::error::{LearnError, find};
use crate::evaluation::value_and_gradient::{Gradients, ValueAndGradient};
use crate::parameters::Parameters;

/// The objective of one example, in the phase of prediction: inputs and outcomes by name, each of the shape that the function says.
///
/// # Errors
/// The function has no objective. A value is missing, unknown, of another shape or kind, or not finite; the error names
/// it. A node cannot be computed, such as one whose index is out of range.
pub fn objective(
    function: &Function,
    parameters: &Parameters,
    inputs: &[(&str, Tensor)],
    outcomes: &[(&str, Tensor)],
) -> Result<f64, LearnError> {
    let (function, _) = &phase(function, Phase::Prediction)?;
    let target = function.objective.ok_or(LearnError::Lacks("objective"))?;
    let bindings = checked(function, parameters, inputs, outcomes, target)?;
    Ok(evaluate_compiled(&function.graph, &bindings, &[target], &Options::default())?[target].item())
}

/// The objective of one example, in the phase of training, and its gradients, one for each parameter and of its shape. It compiles at each call; a loop
/// compiles once, by [`ValueAndGradient`].
///
/// # Errors
/// Those of [`objective`()], and an op on the way that has no derivative.
pub fn gradients(
    function: &Function,
    parameters: &Parameters,
    inputs: &[(&str, Tensor)],
    outcomes: &[(&str, Tensor)],
) -> Result<Gradients, LearnError> {
    Ok(ValueAndGradient::new(function)?.evaluate(parameters, inputs, outcomes)?.clone())
}

/// The prediction for one example, of the shape that the function says. Inputs that it does not need may be missing.
///
/// # Errors
/// The function has no prediction; else those of [`objective`()].
pub fn prediction(
    function: &Function,
    parameters: &Parameters,
    inputs: &[(&str, Tensor)],
) -> Result<Tensor, LearnError> {
    let (function, _) = &phase(function, Phase::Prediction)?;
    let target = function.prediction.ok_or(LearnError::Lacks("prediction"))?;
    let bindings = checked(function, parameters, inputs, &[], target)?;
    Ok(evaluate_compiled(&function.graph, &bindings, &[target], &Options::default())?[target].clone())
}

/// The values by node, each checked, those that `target` needs all there.
fn checked(
    function: &Function,
    parameters: &Parameters,
    inputs: &[(&str, Tensor)],
    outcomes: &[(&str, Tensor)],
    target: Value,
) -> Result<Bindings, LearnError> {
    let mut bindings = Bindings::new();
    let kept: Vec<NodeId> = function.parameters.iter().chain(&function.state).map(|parameter| parameter.node).collect();
    let kept_values: Vec<(&str, &Tensor)> = parameters.iter().collect();
    fn borrow<'a>(values: &'a [(&'a str, Tensor)]) -> Vec<(&'a str, &'a Tensor)> {
        values.iter().map(|(name, value)| (*name, value)).collect()
    }
    let groups = [
        ("input", &function.inputs, borrow(inputs)),
        ("outcome", &function.outcomes, borrow(outcomes)),
        ("parameter", &kept, kept_values),
    ];
    let needed = function.graph.needed_for([target]);
    for (what, ids, values) in groups {
        for &(name, value) in &values {
            let id = ids[find(what, name, ids.iter().map(|&id| function.name(id)))?];
            admission::check(what, name, value, &InputType::within(function, id)?)?;
            if bindings.get(id).is_some() {
                return Err(LearnError::Repeated { what, name: name.into() });
            }
            bindings.set(id, value.clone());
        }
        if let Some(&id) = ids.iter().find(|&&id| needed[id.index()] && bindings.get(id).is_none()) {
            return Err(LearnError::missing(what, function.name(id), function.graph.shape(id)));
        }
    }
    Ok(bindings)
}
