//! The derivative of the objective, and which node is whose gradient, where the nodes' names do not say it.

use chainrule::{Derivatives, Function, Graph, GraphError, Kind, NodeId, differentiate};

/// Appends the derivative of the objective with respect to every parameter. Returns comments that say which nodes are gradients
/// by another name.
pub fn append(function: &mut Function) -> Result<String, GraphError> {
    let Some(objective) = function.objective else { return Ok(String::new()) };
    let wrt = differentiated(function);
    let derivatives = differentiate(&function.graph, objective, &wrt)?;
    let aliases = aliases(&function.graph, &derivatives, &wrt);
    function.graph = derivatives.graph;
    Ok(aliases)
}

/// A comment for each of `wrt` whose gradient is a node that has another's name: it is that of another parameter, too, or a
/// value of the model. `graph` is the graph before it was differentiated.
fn aliases(graph: &Graph, derivatives: &Derivatives, wrt: &[NodeId]) -> String {
    let objective = graph.name(derivatives.output).unwrap_or("objective");
    let needed = graph.needed_for([derivatives.output]);
    let alias = |&id: &NodeId| {
        let own = format!("d {objective} / d {}", graph.name(id)?);
        let is = match derivatives.cotangent(id).filter(|_| needed[id.index()]) {
            Some(cotangent) if derivatives.graph.name(cotangent) == Some(&own) => return None,
            Some(cotangent) => derivatives.graph.describe(cotangent),
            None => format!("0: `{objective}` does not depend on it"),
        };
        Some(format!("# `{own}` is {is}\n"))
    };
    let lines: String = wrt.iter().filter_map(alias).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// The parameters; of a function without, the real inputs.
fn differentiated(function: &Function) -> Vec<NodeId> {
    let parameters: Vec<NodeId> = function.parameters.iter().map(|parameter| parameter.node).collect();
    if !parameters.is_empty() {
        return parameters;
    }
    function.inputs.iter().copied().filter(|&id| function.graph.kind(id) == Kind::Real).collect()
}
