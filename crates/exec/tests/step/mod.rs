//! A training step for tests: a perceptron's objective, its gradients, and plain descent along them.

use chainrule_graph::{Builder, Function, Initializer, Value, Var, batch, differentiate};

/// The function with an update `w − 0.0001 · gradient` of each parameter.
pub fn descent(function: Function) -> Function {
    let objective = function.objective.expect("it has an objective");
    let parameters: Vec<Value> = function.parameters.iter().map(|parameter| parameter.node.into()).collect();
    let derivatives = differentiate(&function.graph, objective, &parameters).expect("it has derivatives");
    let gradients: Vec<Option<Value>> = parameters.iter().map(|&id| derivatives.cotangent(id)).collect();
    let builder = Builder::extend(Function { graph: derivatives.graph, ..function });
    for (&id, gradient) in parameters.iter().zip(gradients) {
        let parameter = builder.var(id);
        let gradient = builder.var(gradient.expect("the objective needs every parameter"));
        builder.update(parameter, parameter - 1e-4 * gradient);
    }
    builder.finish().expect("the shapes fit")
}

/// The squared error of a perceptron with layers of these sizes; the last is a scalar's if it is 1.
pub fn perceptron(sizes: &[usize], rows: Option<usize>) -> Function {
    let builder = Builder::new();
    let x = builder.input("x", [sizes[0]]);
    let mut h: Var<'_> = x;
    for (layer, pair) in sizes.windows(2).enumerate() {
        let w = builder.parameter(&format!("W{layer}"), [pair[1], pair[0]], Initializer::Constant(0.01));
        let b = builder.parameter(&format!("b{layer}"), [pair[1]], Initializer::Constant(0.0));
        h = builder.affine(w, h, b);
        if layer + 2 < sizes.len() {
            h = h.tanh();
        }
    }
    let y = builder.outcome("y", [sizes[sizes.len() - 1]]);
    builder.objective((h - y).power(2.0).sum());
    let function = builder.finish().expect("the layers fit");
    match rows {
        Some(rows) => batch(&function, rows).expect("it can be batched"),
        None => function,
    }
}
