//! The training step as a graph: forward, backward and update in one.

use chainrule_graph::{Builder, Function, GraphError, Initializer, NodeId, batch, grad};

use crate::optimizer::{Optimizer, Slots};

/// The name of the state that holds the rate; setting it changes no program.
pub const RATE: &str = "learning rate";

/// A function with the updates of one training step.
#[derive(Clone, Debug)]
pub struct Step {
    /// The function of an example or of a batch, its parameters' updates, and the optimizer's state.
    pub function: Function,
    /// The objective before the step.
    pub objective: NodeId,
}

/// The step of an optimizer on a function: on one example, or with `size` on the mean objective of a batch of so many.
///
/// Every parameter moves exactly once, all by gradients at the old parameters. Errors: the function has no objective, or
/// an op on the way has no derivative.
pub fn step(function: &Function, optimizer: &Optimizer, rate: f64, size: Option<usize>) -> Result<Step, GraphError> {
    let function = match size {
        Some(size) => batch(function, size)?,
        None => function.clone(),
    };
    let objective = function.objective.ok_or_else(|| GraphError::new("the function has no objective"))?;
    let parameters: Vec<NodeId> = function.parameters.iter().map(|parameter| parameter.node).collect();
    let derivatives = grad(&function.graph, objective, &parameters)?;
    let gradients: Vec<Option<NodeId>> = parameters.iter().map(|&id| derivatives.cotangent(id)).collect();
    let builder = Builder::extend(Function { graph: derivatives.graph, ..function.clone() });
    let rate = builder.state(RATE, [], Initializer::Constant(rate));
    let mut slots = Slots::new(&builder);
    for (&id, gradient) in parameters.iter().zip(gradients) {
        let Some(gradient) = gradient else { continue };
        let parameter = builder.var(id);
        slots.of(function.name(id), &function.graph.node(id).shape);
        let value = optimizer.next(parameter, builder.var(gradient), rate, &mut slots);
        builder.update(parameter, value);
    }
    Ok(Step { function: builder.finish()?, objective })
}
