//! Values that are not finite, as a person reads of them: the node, its value, and what it was computed from.

use chainrule::check::NanOrigin;
use chainrule::exec::Values;
use chainrule::{Graph, Value};

use crate::format;
use crate::names::NodeNames;

/// ```log(x)` = -inf (log), from `x` = 0``; of a loop, the step and the node of its body, too.
pub fn nan_origin(graph: &Graph, values: &Values, names: &NodeNames<'_>, origin: &NanOrigin) -> String {
    let (id, node) = (origin.node, graph.node(origin.node));
    let from: Vec<String> = node.inputs.iter().map(|&input| value(values, names, input)).collect();
    let from = if from.is_empty() { String::new() } else { format!(", from {}", from.join(" and ")) };
    let in_loop = origin.in_loop.as_ref().map_or_else(String::new, |inner| format!("; {inner}"));
    format!("{} ({}){from}{in_loop}", value(values, names, id), node.op.name())
}

/// `` `x` = 0``
pub fn value(values: &Values, names: &NodeNames<'_>, value: impl Into<Value>) -> String {
    let value = value.into();
    let name = format::name(&names.of(value));
    match values.get(value) {
        Some(value) => format!("`{name}` = {}", format::tensor(value)),
        None => format!("`{name}`"),
    }
}
