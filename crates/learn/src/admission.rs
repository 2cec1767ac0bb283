//! Values that a user gives, checked before they are used: by the engine's own check, and that they are finite.

use chainrule_exec::{ElementType, InputType};
use chainrule_graph::ops::Source;
use chainrule_graph::{Function, GraphError, IntegerRange, Kind, NodeId, Op, Shape, Tensor, Value};

use crate::error::LearnError;

/// An error unless the value of `what`, named `name`, is one that is taken there, and finite.
pub(crate) fn check(what: &'static str, name: &str, value: &Tensor, takes: &InputType) -> Result<(), LearnError> {
    takes.check(value).map_err(|problem| LearnError::Value { what, name: name.into(), problem })?;
    match value.data().iter().position(|element| !element.is_finite()) {
        Some(element) => Err(LearnError::NotFinite { what, name: name.into(), element, value: value.data()[element] }),
        None => Ok(()),
    }
}

/// What a parameter of a shape takes.
pub(crate) fn reals(shape: &Shape) -> InputType {
    let elements = ElementType { kind: Kind::Real, range: IntegerRange::within(None) };
    InputType { shape: shape.clone(), elements }
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
