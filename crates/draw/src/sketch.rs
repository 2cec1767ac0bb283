//! The nodes that are drawn, before it is decided which of them have boxes: those of the function, and in place of each loop one
//! step of its body, in a scope of its own.

use std::collections::HashMap;

use chainrule_graph::ops::Scan;
use chainrule_graph::{Function, Graph, Node, NodeId, Op};

/// A value: the index of its node, and that of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SketchValue {
    pub node: usize,
    pub output: usize,
}

/// What a node of a sketch is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Role {
    /// A node of the function.
    Own,
    /// A node of a loop's body.
    OfBody,
    /// What a carry is before a step, what a sequence gives at a step, or what a carry is after it; and the word for it.
    Step(String),
}

#[derive(Debug)]
pub(crate) struct SketchNode<'a> {
    /// The graph that it is in, of the function or of a loop's body.
    pub graph: &'a Graph,
    /// What it is there; of what a carry is after a step, the node that computes it.
    pub id: NodeId,
    pub role: Role,
    pub inputs: Vec<SketchValue>,
    /// The index of its scope.
    pub scope: Option<usize>,
    /// The node of the function that it is, or is in.
    pub outer: NodeId,
    /// The number of its first value.
    first_value: usize,
}

#[derive(Debug)]
pub(crate) struct SketchScope {
    pub parent: Option<usize>,
    pub title: String,
    pub path: String,
}

/// The nodes, each after its inputs, and the scopes, each after the one that it is in.
#[derive(Debug, Default)]
pub(crate) struct Sketch<'a> {
    pub nodes: Vec<SketchNode<'a>>,
    pub scopes: Vec<SketchScope>,
    /// For each node of the function, what its values became.
    own: Vec<Vec<SketchValue>>,
}

/// Where the nodes of a graph go.
#[derive(Default)]
struct Around {
    /// What stands for inputs of a body.
    given: HashMap<NodeId, SketchValue>,
    /// For each scope of the graph its index here, and that of nodes without one.
    scopes: Vec<Option<usize>>,
    home: Option<usize>,
    /// The loop of the function.
    outer: Option<NodeId>,
}

impl<'a> Sketch<'a> {
    pub fn of(function: &'a Function) -> Sketch<'a> {
        let mut sketch = Sketch::default();
        let scopes = sketch.add_scopes(&function.graph, None, "");
        sketch.own = sketch.add(&function.graph, &Around { scopes, ..Around::default() });
        sketch
    }

    /// The value of a node of the function.
    pub fn own(&self, value: chainrule_graph::Value) -> SketchValue {
        self.own[value.node.index()][value.output as usize]
    }

    pub fn node(&self, index: usize) -> &'a Node {
        self.nodes[index].graph.node(self.nodes[index].id)
    }

    pub fn name(&self, value: SketchValue) -> Option<&'a str> {
        let node = &self.nodes[value.node];
        node.graph.name(node.id.output(value.output))
    }

    /// A number of its own.
    pub fn value_index(&self, value: SketchValue) -> usize {
        self.nodes[value.node].first_value + value.output
    }

    /// The op of a node, unless it only stands for what a step begins or ends with.
    pub fn op(&self, index: usize) -> Option<&'a Op> {
        (!matches!(self.nodes[index].role, Role::Step(_))).then(|| &self.node(index).op)
    }

    /// The scopes of a graph; the outermost ones are put into `home`, and those that are around it are it.
    fn add_scopes(&mut self, graph: &Graph, home: Option<usize>, around: &str) -> Vec<Option<usize>> {
        let mut scopes: Vec<Option<usize>> = Vec::with_capacity(graph.scopes().len());
        for scope in graph.scopes() {
            let is_around =
                around.strip_prefix(&*scope.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            if is_around {
                scopes.push(home);
                continue;
            }
            let parent = scope.parent.map_or(home, |parent| scopes[parent.index()]);
            let outer = parent.map_or("", |parent| &self.scopes[parent].path);
            let title = scope.path.strip_prefix(outer).unwrap_or(&scope.path).trim_start_matches('/').to_string();
            scopes.push(Some(self.scopes.len()));
            self.scopes.push(SketchScope { parent, title, path: scope.path.to_string() });
        }
        scopes
    }

    /// The nodes of a graph: for each, what its values became.
    fn add(&mut self, graph: &'a Graph, around: &Around) -> Vec<Vec<SketchValue>> {
        let mut made: Vec<Vec<SketchValue>> = Vec::with_capacity(graph.nodes().len());
        for id in graph.ids() {
            if let Some(&given) = around.given.get(&id) {
                made.push(vec![given]);
                continue;
            }
            let node = graph.node(id);
            let inputs = node.inputs.iter().map(|value| made[value.node.index()][value.output as usize]).collect();
            let scope = node.scope.map_or(around.home, |scope| around.scopes[scope.index()]);
            let (role, outer) = match around.outer {
                None => (Role::Own, id),
                Some(outer) => (Role::OfBody, outer),
            };
            let mut shown = SketchNode { graph, id, role, inputs, scope, outer, first_value: 0 };
            if let Op::Scan(scan) = &node.op {
                shown = self.add_loop(scan, shown);
            }
            made.push(self.push(shown));
        }
        made
    }

    /// One step of a loop; and the loop, which then reads what the step gives, and stands beside it.
    fn add_loop(&mut self, scan: &'a Scan, shown: SketchNode<'a>) -> SketchNode<'a> {
        let names = shown.graph.node(shown.id).outputs.iter().map(|output| output.name.as_deref());
        let names: Vec<Option<&str>> = names.collect();
        let name = names.iter().flatten().next().copied();
        let around = shown.scope.map(|scope| self.scopes[scope].path.clone());
        let path = around.clone().or(name.map(str::to_string)).unwrap_or_default();
        let within = |name: &str| name.strip_prefix(&path)?.strip_prefix('/').map(str::to_string);
        let short = |name: &str| within(name).unwrap_or(name.to_string());
        let called = name.map_or("loop".into(), short);
        let steps = if scan.length == 1 { "1 step".into() } else { format!("{} steps", scan.length) };
        let from_the_end = if scan.reverse { " from the end" } else { "" };
        let home = Some(self.scopes.len());
        let title = format!("{called}: {steps}{from_the_end}");
        self.scopes.push(SketchScope { parent: shown.scope, title, path: path.clone() });

        let graph = scan.body.graph();
        let carry = |index: usize| match (scan.carries, names[index]) {
            (1, _) => "carry".into(),
            (_, Some(name)) => format!("carry {}", short(name)),
            (_, None) => format!("carry {}", index + 1),
        };
        let step = |id: NodeId, word: String, input: SketchValue| SketchNode {
            graph,
            id,
            role: Role::Step(word),
            inputs: vec![input],
            scope: home,
            outer: shown.outer,
            first_value: 0,
        };
        let mut given = HashMap::new();
        for (index, id) in scan.body.inputs().enumerate() {
            let outside = shown.inputs[index];
            let inside = match index {
                index if index < scan.carries => self.push(step(id, carry(index), outside))[0],
                index if index < scan.carries + scan.sequences => {
                    self.push(step(id, "of each step".into(), outside))[0]
                }
                _ => outside,
            };
            given.insert(id, inside);
        }
        let scopes = self.add_scopes(graph, home, &around.unwrap_or_default());
        let made = self.add(graph, &Around { given, scopes, home, outer: Some(shown.outer) });
        let gives = |output: &chainrule_graph::Value| made[output.node.index()][output.output as usize];
        let outputs: Vec<SketchValue> = scan.body.outputs().iter().map(gives).collect();
        for (index, output) in scan.body.outputs().iter().enumerate().take(scan.carries) {
            self.push(step(output.node, format!("next {}", carry(index)), outputs[index]));
        }
        SketchNode { inputs: outputs, scope: home, ..shown }
    }

    fn push(&mut self, node: SketchNode<'a>) -> Vec<SketchValue> {
        let index = self.nodes.len();
        let before = self.nodes.last().map_or(0, |last| last.first_value + self.node(index - 1).outputs.len());
        let outputs = if let Role::Step(_) = node.role { 1 } else { node.graph.node(node.id).outputs.len() };
        self.nodes.push(SketchNode { first_value: before, ..node });
        (0..outputs).map(|output| SketchValue { node: index, output }).collect()
    }
}
