//! The nodes of a graph: one in words, or all as JSON.

use chainrule::{Function, Tensor, text};

use crate::error::CommandError;
use crate::format;
use crate::json::{self, Object};
use crate::names;

/// All nodes, in order; an input is said by the index of the node that computes it.
pub fn as_json(function: &Function) -> String {
    let graph = &function.graph;
    let nodes = graph.ids().map(|id| {
        let node = graph.node(id);
        Object::default()
            .with_some("name", graph.name(id).map(json::text))
            .with("op", json::text(node.op.name()))
            .with("shape", json::array(graph.shape(id).iter()))
            .with("kind", json::text(&graph.kind(id).to_string()))
            .with("inputs", json::array(node.inputs.iter().map(|input| input.node.index())))
    });
    Object::default().with("nodes", json::array(nodes)).with("graph", json::text(&text::print(function))).to_string()
}

/// One node in words: its op, its inputs and readers, its shape, and of a trained parameter its value.
pub fn node(function: &Function, name: &str, value: Option<&Tensor>, file: &str) -> Result<String, CommandError> {
    let graph = &function.graph;
    let found = names::find(graph, name, "--node", file)?;
    let list = |values: Vec<String>| if values.is_empty() { "none".into() } else { values.join(", ") };
    let node = graph.node(found);
    let inputs = node.inputs.iter().map(|&input| format!("{} {}", graph.describe(input), graph.shape(input)));
    let readers = graph.ids().filter(|&id| graph.node(id).inputs.contains(&found)).map(|id| graph.describe(id));
    let mut lines = vec![
        format!("{} {} {}", graph.describe(found), graph.shape(found), graph.kind(found)),
        format!("  computes   {}", node.op.name()),
        format!("  written at {}", node.origin),
        format!("  reads      {}", list(inputs.collect())),
        format!("  read by    {}", list(readers.collect())),
    ];
    lines.extend(value.map(|value| format!("  is         {}", json::nested(value, ", ", format::number))));
    Ok(lines.join("\n") + "\n")
}
