//! Which nodes of a text a person is shown, and what each is called: its name, or its source text.

use std::collections::{HashMap, HashSet};

use chainrule::ops::{Elementwise, ShapeOp, Source};
use chainrule::{Graph, NodeId, Op, Origin, Span};

use crate::format::shortened;

/// The longest name; of a longer source text the middle is left out.
const LONGEST: usize = 1000;

/// What the nodes of an expression or a model are called.
pub struct NodeNames<'a> {
    graph: &'a Graph,
    source: &'a str,
    /// The last node that was written at each span: of those that one call built, the result of the call.
    last: HashMap<Span, NodeId>,
    /// The nodes that something is stretched from: such a reshape only makes room.
    stretched: HashSet<NodeId>,
}

impl<'a> NodeNames<'a> {
    /// The names in the graph of a source text.
    pub fn new(graph: &'a Graph, source: &'a str) -> NodeNames<'a> {
        let stretches = |id: &NodeId| matches!(graph.node(*id).op, Op::Shape(ShapeOp::Broadcast { .. }));
        let stretched = graph.ids().filter(stretches).flat_map(|id| graph.node(id).inputs.iter().copied()).collect();
        let mut names = NodeNames { graph, source, last: HashMap::new(), stretched };
        let results = graph.ids().filter(|&id| !names.reads_as_operand(id));
        names.last = results.filter_map(|id| Some((span(graph, id)?, id))).collect();
        names
    }

    /// The graph whose nodes they are.
    pub fn graph(&self) -> &'a Graph {
        self.graph
    }

    /// The nodes that are shown. Literals are not, nor what the builder put in to stretch an operand or to make it
    /// real: those read as their operand does.
    pub fn shown(&self, result: NodeId) -> Vec<NodeId> {
        self.graph.ids().filter(|&id| id == result || !self.reads_as_operand(id)).collect()
    }

    /// The name of a node; of one without, its source text. Of several nodes that one call built, the last is the call,
    /// and the others are said to be in it.
    pub fn of(&self, id: NodeId) -> String {
        let node = self.graph.node(id);
        if let Some(name) = &node.name {
            return name.to_string();
        }
        let Some(span) = span(self.graph, id) else { return self.graph.describe(id) };
        let text = shortened(self.text(span).trim(), LONGEST);
        let is_inner = self.last.get(&span) != Some(&id) && !self.reads_as_operand(id);
        if is_inner { format!("{} in {text}", node.op.name()) } else { text }
    }

    /// The same, but a node that reads as its operand does is told from it: `broadcast of y`.
    pub fn distinct(&self, id: NodeId) -> String {
        let node = self.graph.node(id);
        let adapts = node.name.is_none() && !node.inputs.is_empty() && self.reads_as_operand(id);
        if adapts { format!("{} of {}", node.op.name(), self.of(id)) } else { self.of(id) }
    }

    fn text(&self, span: Span) -> &'a str {
        self.source.get(span.start..span.end).unwrap_or_default()
    }

    /// Whether a node is a literal, or only brings an operand to the shape or kind that its context needs: then it was
    /// written where the operand was, perhaps in brackets.
    fn reads_as_operand(&self, id: NodeId) -> bool {
        let node = self.graph.node(id);
        let adapts = match node.op {
            Op::Source(Source::Constant(_)) => return true,
            Op::Elementwise(Elementwise::ToReal) => true,
            Op::Shape(ShapeOp::Broadcast { .. }) => true,
            Op::Shape(ShapeOp::Reshape { .. }) => self.stretched.contains(&id),
            _ => false,
        };
        let bare = |id: NodeId| {
            let text = self.text(span(self.graph, id)?);
            Some(text.trim_matches(|c: char| c.is_whitespace() || c == '(' || c == ')'))
        };
        let [input] = node.inputs[..] else { return false };
        adapts && bare(id).is_some() && bare(id) == bare(input)
    }
}

fn span(graph: &Graph, id: NodeId) -> Option<Span> {
    match graph.node(id).origin {
        Origin::Text(span) => Some(span),
        _ => None,
    }
}
