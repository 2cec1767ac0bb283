//! Which nodes of a text a person is shown, and what each is called: its name, or its source text.

use std::collections::{HashMap, HashSet};

use chainrule::ops::{Elementwise, ShapeOp, Source};
use chainrule::{Graph, NodeId, Op, Origin, Span, Value, text};

use crate::columns::few;
use crate::error::CommandError;
use crate::format::shortened;

/// The longest name; of a longer source text the middle is left out.
const LONGEST: usize = 1000;

/// What the nodes of an expression or a model are called.
pub struct NodeNames<'a> {
    graph: &'a Graph,
    source: &'a str,
    /// The last value that was written at each span: of those that one call built, the result of the call.
    last: HashMap<Span, Value>,
    /// The values that something is stretched from: such a reshape only makes room.
    stretched: HashSet<Value>,
}

/// The node of a name that is the value of an option. Errors: there is none; it says which there are.
pub fn find(graph: &Graph, name: &str, option: &str, file: &str) -> Result<Value, CommandError> {
    graph.find(name).ok_or_else(|| {
        let names = || graph.values().filter_map(|value| graph.name(value));
        let hint = match text::near(name, names()) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => format!("; there are {}", few(&names().map(|name| format!("`{name}`")).collect::<Vec<_>>())),
        };
        CommandError::mistake(format!("{option} {name}: {file} has no node of that name{hint}"))
    })
}

impl<'a> NodeNames<'a> {
    /// The names in the graph of a source text.
    pub fn new(graph: &'a Graph, source: &'a str) -> NodeNames<'a> {
        let stretches = |op: &Op| matches!(op, Op::Shape(ShapeOp::Broadcast { .. }));
        let stretching = graph.nodes().iter().filter(|node| stretches(&node.op));
        let stretched = stretching.flat_map(|node| node.inputs.iter().copied()).collect();
        let mut names = NodeNames { graph, source, last: HashMap::new(), stretched };
        let results = graph.values().filter(|&value| !names.reads_as_operand(value));
        names.last = results.filter_map(|value| Some((span(graph, value)?, value))).collect();
        names
    }

    /// The names in the body of a loop; none of a node that is no loop.
    pub fn in_body(&self, node: NodeId) -> Option<NodeNames<'a>> {
        match &self.graph.node(node).op {
            Op::Scan(scan) => Some(NodeNames::new(scan.body.graph(), self.source)),
            _ => None,
        }
    }

    /// The graph whose nodes they are.
    pub fn graph(&self) -> &'a Graph {
        self.graph
    }

    /// The values that are shown. Literals are not, nor what the builder put in to stretch an operand or to make it real:
    /// those read as their operand does.
    pub fn shown(&self, result: Value) -> Vec<Value> {
        self.graph.values().filter(|&value| value == result || !self.reads_as_operand(value)).collect()
    }

    /// The name of a value; of one without, its source text. Of several nodes that one call built, the last is the call,
    /// and the others are said to be in it.
    pub fn of(&self, value: impl Into<Value>) -> String {
        let value = value.into();
        if let Some(name) = self.graph.name(value) {
            return name.to_string();
        }
        let Some(span) = span(self.graph, value) else { return self.graph.describe(value) };
        let text = shortened(self.text(span).trim(), LONGEST);
        let is_inner = self.last.get(&span) != Some(&value) && !self.reads_as_operand(value);
        if is_inner { format!("{} in {text}", self.graph.node(value).op.name()) } else { text }
    }

    /// The same, but a value that reads as its operand does is told from it: `broadcast of y`.
    pub fn distinct(&self, value: impl Into<Value>) -> String {
        let value = value.into();
        let node = self.graph.node(value);
        let adapts = self.graph.name(value).is_none() && !node.inputs.is_empty() && self.reads_as_operand(value);
        if adapts { format!("{} of {}", node.op.name(), self.of(value)) } else { self.of(value) }
    }

    fn text(&self, span: Span) -> &'a str {
        self.source.get(span.start..span.end).unwrap_or_default()
    }

    /// Whether a value is a literal, or only brings an operand to the shape or kind that its context needs: then it was
    /// written where the operand was, perhaps in brackets.
    fn reads_as_operand(&self, value: Value) -> bool {
        let node = self.graph.node(value);
        if matches!(node.op, Op::Source(Source::Constant(_))) {
            return true;
        }
        let makes_room = || matches!(node.op, Op::Shape(ShapeOp::Reshape { .. })) && self.stretched.contains(&value);
        let adapts = matches!(node.op, Op::Elementwise(Elementwise::ToReal) | Op::Shape(ShapeOp::Broadcast { .. }))
            || makes_room();
        let bare = |value: Value| {
            let text = self.text(span(self.graph, value)?);
            Some(text.trim_matches(|c: char| c.is_whitespace() || c == '(' || c == ')'))
        };
        let [input] = node.inputs[..] else { return false };
        adapts && bare(value).is_some() && bare(value) == bare(input)
    }
}

fn span(graph: &Graph, value: Value) -> Option<Span> {
    match graph.node(value).origin.written() {
        Origin::Text(span) => Some(*span),
        _ => None,
    }
}
