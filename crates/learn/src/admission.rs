//! Values that a user gives, checked before they are used.

use chainrule_graph::ops::Source;
use chainrule_graph::{Function, GraphError, NodeId, Op, Shape, Tensor, Value};

use crate::error::LearnError;

/// An error unless the value of `what`, named `name`, has that shape and is finite.
pub(crate) fn check(what: &'static str, name: &str, value: &Tensor, expected: &Shape) -> Result<(), LearnError> {
    if value.shape() != expected {
        let (found, expected) = (value.shape().clone(), expected.clone());
        return Err(LearnError::Shape { what, name: name.into(), found, expected });
    }
    match value.data().iter().position(|element| !element.is_finite()) {
        Some(element) => Err(LearnError::NotFinite { what, name: name.into(), element, value: value.data()[element] }),
        None => Ok(()),
    }
}

/// An error if some target needs a value that is neither data nor kept: nothing would give it.
pub(crate) fn check_bound(function: &Function, targets: &[Value]) -> Result<(), LearnError> {
    let graph = &function.graph;
    let needed = graph.needed_for(targets.iter().copied());
    let kept = function.parameters.iter().chain(&function.state).map(|parameter| parameter.node);
    let bound: Vec<NodeId> = function.inputs.iter().chain(&function.outcomes).copied().chain(kept).collect();
    let is_free = |id: &NodeId| matches!(graph.node(*id).op, Op::Source(Source::Input { .. })) && !bound.contains(id);
    let Some(id) = graph.ids().find(|id| needed[id.index()] && is_free(id)) else { return Ok(()) };
    Err(GraphError::new(format!("nothing gives {} a value", graph.describe(id)))
        .help("make it an `input` or an `outcome`, whose columns are in the table, or a `param`")
        .at(graph.node(id).origin.clone())
        .into())
}
