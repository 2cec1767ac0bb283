//! The body of a loop, as a `def` whose arguments have shapes: so the parser takes its nodes, names and scopes as they stand.

use super::{Printer, declared_type, reference};
use crate::function::Function;
use crate::graph::Graph;
use crate::node::NodeId;
use crate::ops::body::Body;
use crate::ops::{Op, Scan, Source};

impl Printer<'_> {
    /// Writes the body of a loop before the statement that the loop is in; returns its name.
    pub(super) fn definition(&mut self, id: NodeId, scan: &Scan) -> String {
        let name = self.definition_name(id);
        for line in definition(&name, &scan.body, self.marked).lines() {
            self.scopes.line(line, false);
        }
        self.definitions.insert(name.clone());
        name
    }

    /// `hs_step` for the loop `hs`.
    fn definition_name(&self, id: NodeId) -> String {
        let graph = &self.function.graph;
        let own = (0..graph.node(id).outputs.len()).find_map(|output| graph.name(id.output(output)));
        let own = own.map_or_else(|| format!("loop{}", id.index()), identifier);
        let is_free = |name: &String| !self.definitions.contains(name) && graph.find(name).is_none();
        let numbered = (2..).map(|number| format!("{own}_step{number}"));
        std::iter::once(format!("{own}_step")).chain(numbered).find(is_free).unwrap_or(own)
    }
}

/// A name with `_` for what no identifier has.
fn identifier(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if plain.starts_with(|c: char| c.is_ascii_alphabetic()) { plain } else { format!("loop_{plain}") }
}

fn definition(name: &str, body: &Body, marked: bool) -> String {
    let bare = body.inputs().len() == 0;
    // Without an argument there is no shape, and so the names and scopes of a call.
    let graph = if bare { without_names(body.graph()) } else { body.graph().clone() };
    let function = Function { graph, ..Function::default() };
    let graph = &function.graph;
    let argument = |id: NodeId| match &graph.node(id).op {
        Op::Source(Source::Input { shape, kind, bound }) => {
            format!("{} {}", reference(graph, id), declared_type(shape, *kind, *bound))
        }
        _ => reference(graph, id), // all inputs of a body are such
    };
    let arguments: Vec<String> = body.inputs().map(argument).collect();
    let mut printer = Printer::new(&function, marked);
    printer.statements(body.inputs().len(), body.outputs());
    let lines: String = printer.scopes.text.lines().map(|line| format!("  {line}\n")).collect();
    let results: Vec<String> = body.outputs().iter().map(|&output| reference(graph, output)).collect();
    format!("def {name}({}) {{\n{lines}  return {}\n}}", arguments.join(", "), results.join(", "))
}

fn without_names(graph: &Graph) -> Graph {
    let mut bare = Graph::default();
    for node in graph.nodes() {
        let mut node = node.clone();
        node.scope = None;
        node.outputs.iter_mut().for_each(|output| output.name = None);
        bare.push(node);
    }
    bare
}
