//! Writes a function as text that parses back to the same one: same nodes in the same order, so same ids.
//!
//! A node with a name is a statement. One without is written inside the expression that uses it, if the parser will
//! then make the very same nodes in the very same order ([`inlining`]); else it is a statement of its own, `$12 = …`.

mod inlining;
mod loops;
mod scopes;
mod spelling;
mod start;

use std::collections::HashSet;

use self::inlining::{Inlining, OperandForm};
use self::scopes::Scopes;
use self::spelling::{Spelled, spell, spell_root};
use self::start::start;
use super::names::spelled;
use crate::function::{Function, Parameter};
use crate::graph::Graph;
use crate::node::{Kind, NodeId, Origin, Value};
use crate::ops::{Op, ShapeOp, Source};
use crate::shape::Shape;

/// The function as text.
pub(super) fn print(function: &Function) -> String {
    written_out(function, false)
}

/// The same with a comment where a formula was built as its stable form.
pub(super) fn print_marked(function: &Function) -> String {
    written_out(function, true)
}

fn written_out(function: &Function, marked: bool) -> String {
    let mut printer = Printer::new(function, marked);
    printer.statements(0, &[]);
    printer.roles();
    printer.scopes.text
}

/// How a node is called in the text: its name, or `$` and its index.
fn reference(graph: &Graph, id: impl Into<Value>) -> String {
    let Value { node, output } = id.into();
    match (graph.name(node.output(output as usize)), output) {
        (Some(name), _) => spelled(name).into_owned(),
        (None, 0) => format!("${}", node.index()),
        (None, output) => format!("${}_{output}", node.index()),
    }
}

/// The shape and the kind of what is declared: `[3] int < 5`
fn declared_type(shape: &Shape, kind: Kind, bound: Option<usize>) -> String {
    match (kind, bound) {
        (Kind::Real, None) => shape.to_string(),
        (kind, None) => format!("{shape} {kind}"),
        (kind, Some(bound)) => format!("{shape} {kind} < {bound}"),
    }
}

/// Which roles are said where a node is declared; the others are said at the end.
struct Declared<'a> {
    /// For each node, the word and the start that declare it, if it is not `value`.
    words: Vec<Option<(&'static str, Option<&'a Parameter>)>>,
    inputs: bool,
    outcomes: bool,
    parameters: bool,
    state: bool,
}

impl<'a> Declared<'a> {
    fn new(function: &'a Function) -> Declared<'a> {
        let graph = &function.graph;
        let nodes = |parameters: &[Parameter]| parameters.iter().map(|p| p.node).collect::<Vec<_>>();
        let lists =
            [function.inputs.clone(), function.outcomes.clone(), nodes(&function.parameters), nodes(&function.state)];
        let mut count = vec![0; graph.nodes().len()];
        lists.iter().flatten().for_each(|id| count[id.index()] += 1);
        // A declaration gives its role in the order of the nodes, and only one.
        let natural = |list: &[NodeId], learned: bool| {
            let declares = |id: &NodeId| {
                let node = graph.node(*id);
                let Op::Source(Source::Input { kind, bound, .. }) = &node.op else { return false };
                let plain = !learned || (*kind == Kind::Real && bound.is_none());
                graph.name(*id).is_some() && count[id.index()] == 1 && plain
            };
            list.windows(2).all(|pair| pair[0] < pair[1]) && list.iter().all(declares)
        };
        let mut declared = Declared {
            words: vec![None; graph.nodes().len()],
            inputs: natural(&lists[0], false),
            outcomes: natural(&lists[1], false),
            parameters: natural(&lists[2], true),
            state: natural(&lists[3], true),
        };
        let words = &mut declared.words;
        let mut say = |natural: bool, list: &[NodeId], word| {
            list.iter().filter(|_| natural).for_each(|id| words[id.index()] = Some((word, None)));
        };
        say(declared.inputs, &lists[0], "input");
        say(declared.outcomes, &lists[1], "outcome");
        let mut say = |natural: bool, list: &'a [Parameter], word| {
            list.iter().filter(|_| natural).for_each(|p| words[p.node.index()] = Some((word, Some(p))));
        };
        say(declared.parameters, &function.parameters, "param");
        say(declared.state, &function.state, "state");
        declared
    }
}

struct Printer<'a> {
    function: &'a Function,
    /// Whether stable forms get a comment.
    marked: bool,
    /// The texts of the nodes within the statement that is being written.
    texts: Vec<Option<Spelled>>,
    declared: Declared<'a>,
    scopes: Scopes<'a>,
    /// The updates before this one are written.
    next_update: usize,
    /// The names of the bodies of loops.
    definitions: HashSet<String>,
}

impl<'a> Printer<'a> {
    fn new(function: &'a Function, marked: bool) -> Printer<'a> {
        let graph = &function.graph;
        Printer {
            function,
            marked,
            texts: vec![None; graph.nodes().len()],
            declared: Declared::new(function),
            scopes: Scopes::new(graph),
            next_update: 0,
            definitions: HashSet::new(),
        }
    }

    /// Writes every statement but those of the first nodes. `returned` are values that are referred to afterwards.
    fn statements(&mut self, first: usize, returned: &[Value]) {
        let inlining = Inlining::new(self.function, returned);
        for statement in inlining.statements.iter().filter(|statement| statement.end > first) {
            self.statement(statement.clone(), &inlining);
            self.updates(statement.end);
        }
        self.scopes.finish();
    }
}

impl Printer<'_> {
    /// Writes the statement whose nodes are these; the last is its result.
    fn statement(&mut self, nodes: std::ops::Range<usize>, inlining: &Inlining) {
        let graph = &self.function.graph;
        let root = NodeId::from_index(nodes.end - 1);
        let node = graph.node(root);
        self.scopes.enter(node.scope);
        if node.op.is_input() {
            let line = self.declaration(root);
            self.scopes.line(&line, true);
            return;
        }
        let mark = self.mark(nodes.clone());
        for id in nodes.map(NodeId::from_index) {
            let Some(planned) = inlining.operands(id) else { continue };
            let definition = match &graph.node(id).op {
                Op::Scan(scan) => Some(Spelled::atom(self.definition(id, scan))),
                _ => None,
            };
            let operands = planned.iter().map(|&operand| self.operand(operand));
            let operands: Vec<Spelled> = definition.into_iter().chain(operands).collect();
            let is_index = planned.first().is_some_and(|shown| shown.value() != graph.node(id).inputs[0])
                && matches!(graph.node(id).op, Op::Shape(ShapeOp::Reshape { .. }));
            let spell = if id == root { spell_root } else { spell };
            self.texts[id.index()] = Some(spell(graph, id, is_index, &operands));
        }
        let text = self.texts[root.index()].take().map(|spelled| spelled.text).unwrap_or_default();
        let line = match graph.updates().get(self.next_update) {
            Some(update)
                if update.value == root.into()
                    && node.outputs.len() == 1
                    && update.target < root
                    && graph.name(root).is_none()
                    && inlining.is_only_updating(root) =>
            {
                self.next_update += 1;
                format!("update {} = {text}", reference(graph, update.target))
            }
            _ => {
                let names: Vec<String> =
                    (0..node.outputs.len()).map(|output| reference(graph, root.output(output))).collect();
                format!("{} = {text}", names.join(", "))
            }
        };
        self.scopes.line(&format!("{line}{mark}"), false);
    }

    /// The formulas of a statement that were written otherwise, as a comment.
    fn mark(&self, nodes: std::ops::Range<usize>) -> String {
        let mut written: Vec<&str> = Vec::new();
        for node in self.function.graph.nodes()[nodes].iter().filter(|_| self.marked) {
            match &node.origin {
                Origin::Rewritten(rewritten) if !written.contains(&rewritten.written) => {
                    written.push(rewritten.written)
                }
                _ => {}
            }
        }
        if written.is_empty() { String::new() } else { format!("  # written as {}", written.join(", ")) }
    }

    fn operand(&mut self, operand: OperandForm) -> Spelled {
        let graph = &self.function.graph;
        match (operand, &graph.node(operand.value()).op) {
            (OperandForm::Literal(_), Op::Source(Source::Constant(constant))) => Spelled::literal(constant),
            _ => match self.texts[operand.value().node.index()].take() {
                Some(text) => text,
                None => Spelled::atom(reference(graph, operand.value())),
            },
        }
    }

    fn declaration(&self, id: NodeId) -> String {
        let graph = &self.function.graph;
        let Op::Source(Source::Input { shape, kind, bound }) = &graph.node(id).op else { return String::new() };
        let (word, parameter) = self.declared.words[id.index()].unwrap_or(("value", None));
        let mut line = format!("{word} {} {}", reference(graph, id), declared_type(shape, *kind, *bound));
        if let Some(parameter) = parameter {
            line.push(' ');
            line.push_str(&start(parameter));
        }
        line
    }

    /// Writes the updates that come next and whose nodes are written, all before `end`.
    fn updates(&mut self, end: usize) {
        let graph = &self.function.graph;
        while let Some(update) = graph.updates().get(self.next_update)
            && update.target.index() < end
            && update.value.node.index() < end
        {
            let line = format!("update {} = {}", reference(graph, update.target), reference(graph, update.value));
            self.scopes.line(&line, false);
            self.next_update += 1;
        }
    }

    /// Writes the roles that the statements do not say.
    fn roles(&mut self) {
        let (function, graph) = (self.function, &self.function.graph);
        let mut lines = Vec::new();
        let mut plain = |said: bool, list: &[NodeId], word| {
            lines.extend(list.iter().filter(|_| !said).map(|&id| format!("role {word} {}", reference(graph, id))));
        };
        plain(self.declared.inputs, &function.inputs, "input");
        plain(self.declared.outcomes, &function.outcomes, "outcome");
        let mut learned = |said: bool, list: &[Parameter], word| {
            let line = |p: &Parameter| format!("role {word} {} {}", reference(graph, p.node), start(p));
            lines.extend(list.iter().filter(|_| !said).map(line));
        };
        learned(self.declared.parameters, &function.parameters, "param");
        learned(self.declared.state, &function.state, "state");
        for (role, id) in [("prediction", function.prediction), ("objective", function.objective)] {
            match id {
                Some(id) if graph.name(id) != Some(role) => {
                    lines.push(format!("{role} = {}", reference(graph, id)));
                }
                None if graph.find(role).is_some() => lines.push(format!("role {role} none")),
                _ => {}
            }
        }
        for line in lines {
            self.scopes.line(&line, false);
        }
    }
}
