//! Draws a function in the DOT language of Graphviz: a box for each node, a cluster for each scope, an arrow for each
//! input, a dashed one for each update.

use std::fmt::Write;

use super::number::written;
use crate::function::Function;
use crate::graph::Graph;
use crate::node::{Kind, NodeId, Output, ScopeId};
use crate::ops::{Op, Source};

/// The function as a graph in the DOT language.
pub(super) fn dot(function: &Function) -> String {
    let mut drawing = Drawing { text: String::from("digraph {\n"), depth: 1 };
    drawing.line("node [shape=box, fontname=\"sans-serif\"];");
    drawing.nodes(function);
    let graph = &function.graph;
    for (id, node) in graph.ids().zip(graph.nodes()) {
        for input in &node.inputs {
            // Which of several outputs it is
            let label = match graph.node(*input).outputs.len() {
                1 => String::new(),
                _ => format!(" [taillabel=\"{}\"]", input.output),
            };
            drawing.line(&format!("n{} -> n{}{label};", input.node.index(), id.index()));
        }
    }
    for update in graph.updates() {
        let (value, target) = (update.value.node.index(), update.target.index());
        drawing.line(&format!("n{value} -> n{target} [style=dashed, constraint=false, label=\"update\"];"));
    }
    drawing.text.push_str("}\n");
    drawing.text
}

struct Drawing {
    text: String,
    depth: usize,
}

/// What is still to be drawn of the scopes.
enum Todo {
    Open(Option<ScopeId>),
    Close,
}

impl Drawing {
    fn line(&mut self, line: &str) {
        const DEEPEST: usize = 16;
        for _ in 0..self.depth.min(DEEPEST) {
            self.text.push_str("  ");
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn nodes(&mut self, function: &Function) {
        let graph = &function.graph;
        // The nodes outside all scopes come first.
        let index_of = |scope: Option<ScopeId>| scope.map_or(0, |scope| scope.index() + 1);
        let mut members: Vec<Vec<NodeId>> = vec![Vec::new(); graph.scopes().len() + 1];
        for (id, node) in graph.ids().zip(graph.nodes()) {
            members[index_of(node.scope)].push(id);
        }
        let mut children: Vec<Vec<ScopeId>> = vec![Vec::new(); graph.scopes().len() + 1];
        for (index, scope) in graph.scopes().iter().enumerate() {
            children[index_of(scope.parent)].push(ScopeId(index as u32));
        }
        let roles = roles(function);
        let mut todo = vec![Todo::Open(None)];
        while let Some(next) = todo.pop() {
            let Todo::Open(scope) = next else {
                self.depth -= 1;
                self.line("}");
                continue;
            };
            if let Some(scope) = scope {
                self.line(&format!("subgraph cluster_{} {{", scope.index()));
                self.depth += 1;
                self.line(&format!("label={};", quoted(&graph.scope(scope).path)));
                todo.push(Todo::Close);
            }
            for &id in &members[index_of(scope)] {
                self.line(&node(graph, id, roles[id.index()]));
            }
            todo.extend(children[index_of(scope)].iter().rev().map(|&child| Todo::Open(Some(child))));
        }
    }
}

/// For each node, its role.
fn roles(function: &Function) -> Vec<Option<&'static str>> {
    let mut roles = vec![None; function.graph.nodes().len()];
    let mut give = |role, ids: &[NodeId]| ids.iter().for_each(|id| roles[id.index()] = Some(role));
    give("prediction", function.prediction.map(NodeId::from).as_slice());
    give("objective", function.objective.map(NodeId::from).as_slice());
    give("input", &function.inputs);
    give("outcome", &function.outcomes);
    function.parameters.iter().for_each(|p| give("param", &[p.node]));
    function.state.iter().for_each(|p| give("state", &[p.node]));
    roles
}

fn node(graph: &Graph, id: NodeId, role: Option<&'static str>) -> String {
    let node = graph.node(id);
    let mut label: String =
        node.outputs.iter().flat_map(|output| &output.name).map(|name| format!("{name}\n")).collect();
    match (&node.op, role) {
        (Op::Source(Source::Constant(constant)), _) if constant.value.data().len() == 1 => {
            label.push_str(&written(constant.value.item()));
        }
        (Op::Source(Source::Input { .. }), Some(role)) => label.push_str(role),
        (op, _) => label.push_str(op.name()),
    }
    for Output { shape, kind, .. } in &node.outputs {
        write!(label, " {shape}").expect("a String takes every text");
        if *kind != Kind::Real {
            write!(label, " {kind}").expect("a String takes every text");
        }
    }
    let style = match role {
        Some("prediction" | "objective") => ", peripheries=2",
        Some("param" | "state") => ", style=filled, fillcolor=\"#dbe9f6\"",
        Some(_) => ", style=filled, fillcolor=\"#eeeeee\"",
        None => "",
    };
    format!("n{} [label={}{style}];", id.index(), quoted(&label))
}

/// A text in the quotes of DOT.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\0', "\u{fffd}");
    format!("\"{escaped}\"")
}
