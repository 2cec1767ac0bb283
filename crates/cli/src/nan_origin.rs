//! Values that are not finite, as a person reads of them: the node, its value, and what it was computed from.

use chainrule::exec::Values;
use chainrule::{Graph, NodeId, Value};

use crate::format;
use crate::names::NodeNames;

/// ```log(x)` = -inf (log), from `x` = 0``
pub fn nan_origin(graph: &Graph, values: &Values, names: &NodeNames<'_>, id: NodeId) -> String {
    let node = graph.node(id);
    let from: Vec<String> = node.inputs.iter().map(|&input| value(values, names, input)).collect();
    let from = if from.is_empty() { String::new() } else { format!(", from {}", from.join(" and ")) };
    format!("{} ({}){from}", value(values, names, id), node.op.name())
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
