//! What nodes are called in a report, and names that a graph does not have yet.

use chainrule_graph::{Builder, Graph, NodeId};

/// The name, or the scope and the index in the graph.
pub(crate) fn label(graph: &Graph, id: NodeId) -> String {
    let node = graph.node(id);
    match (&node.outputs[0].name, node.scope) {
        (Some(name), _) => name.to_string(),
        (None, Some(scope)) => format!("{} (node {})", graph.scope(scope).path, id.index()),
        (None, None) => format!("(node {})", id.index()),
    }
}

/// The stem, or with a number after it where the graph has that name already, as when derivatives are taken once more.
pub(crate) fn free_name(builder: &Builder, stem: &str) -> String {
    let mut name = stem.to_string();
    let mut number = 1;
    while builder.find(&name).is_some() {
        number += 1;
        name = format!("{stem}_{number}");
    }
    name
}
