//! What a person can ask of a function and its parameters: the objective, its gradients, the prediction.

use chainrule_exec::compile::Options;
use chainrule_exec::{Bindings, InputType, evaluate_compiled};
use chainrule_graph::{Function, NodeId, Tensor, Value, differentiate};

use crate::admission;
use crate::error::{LearnError, find};
use crate::parameters::Parameters;

/// The objective, and its derivative with respect to each parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients {
    /// The value of the objective.
    pub objective: f64,
    /// For each parameter, in the function's order, ∂objective/∂parameter, of the parameter's shape.
    pub by_name: Vec<(String, Tensor)>,
}

impl Gradients {
    /// The derivative with respect to a parameter, of its shape.
    ///
    /// # Errors
    /// There is no parameter of that name.
    pub fn get(&self, name: &str) -> Result<&Tensor, LearnError> {
        let index = find("parameter", name, self.by_name.iter().map(|(name, _)| name.as_str()))?;
        Ok(&self.by_name[index].1)
    }
}

/// The objective of one example: inputs and outcomes by name, each of the shape that the function says.
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
    let target = function.objective.ok_or(LearnError::Lacks("objective"))?;
    let bindings = checked(function, parameters, inputs, outcomes, target)?;
    Ok(evaluate_compiled(&function.graph, &bindings, &[target], &Options::default())?[target].item())
}

/// The objective of one example and its gradients, one for each parameter and of its shape.
///
/// # Errors
/// Those of [`objective`()], and an op on the way that has no derivative.
pub fn gradients(
    function: &Function,
    parameters: &Parameters,
    inputs: &[(&str, Tensor)],
    outcomes: &[(&str, Tensor)],
) -> Result<Gradients, LearnError> {
    let target = function.objective.ok_or(LearnError::Lacks("objective"))?;
    let bindings = checked(function, parameters, inputs, outcomes, target)?;
    let wrt: Vec<NodeId> = function.parameters.iter().map(|parameter| parameter.node).collect();
    let derivatives = differentiate(&function.graph, target, &wrt)?;
    let of = |&id: &NodeId| derivatives.cotangent(id).expect("a real node that is asked for has a cotangent");
    let nodes: Vec<Value> = wrt.iter().map(of).collect();
    let targets: Vec<Value> = nodes.iter().copied().chain([target]).collect();
    let values = evaluate_compiled(&derivatives.graph, &bindings, &targets, &Options::default())?;
    let named = wrt.iter().zip(&nodes).map(|(&id, &node)| (function.name(id).to_string(), values[node].clone()));
    Ok(Gradients { objective: values[target].item(), by_name: named.collect() })
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
