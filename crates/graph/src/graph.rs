//! The graph: nodes in topological order.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::error::GraphError;
use crate::node::{Kind, Node, NodeId, Output, Scope, ScopeId, Value};
use crate::shape::Shape;

/// A value that a run of the graph replaces: once all nodes are computed, `target` takes the value of `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Update {
    /// The parameter or state, an input node.
    pub target: NodeId,
    /// Its next value.
    pub value: Value,
}

/// Nodes in topological order: the inputs of a node come before it. Immutable once finished; passes return a new graph.
///
/// An id is an index. What takes ids and returns a `Result` answers one beyond the graph's nodes with an error, what
/// returns an `Option` with none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    pub(crate) nodes: Vec<Node>,
    /// For each node, how many outputs the nodes before it have.
    first_values: Vec<u32>,
    value_count: usize,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) updates: Vec<Update>,
    pub(crate) names: HashMap<Arc<str>, Value>,
}

/// Of equal graphs the hashes are equal; names and origins have no part in it.
impl Hash for Graph {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for node in &self.nodes {
            (&node.op, &node.inputs).hash(state);
        }
        self.updates.hash(state);
    }
}

impl Graph {
    /// A graph of no nodes with these scopes.
    pub(crate) fn with_scopes(scopes: Vec<Scope>) -> Graph {
        Graph { scopes, ..Graph::default() }
    }

    /// Adds a node, whose inputs are there; the names of its outputs are taken up.
    pub(crate) fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId::from_index(self.nodes.len());
        for (index, output) in node.outputs.iter().enumerate() {
            if let Some(name) = &output.name {
                self.names.insert(name.clone(), id.output(index));
            }
        }
        self.first_values.push(self.value_count as u32);
        self.value_count += node.outputs.len();
        self.nodes.push(node);
        id
    }

    /// All nodes, in topological order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The ids of all nodes, in topological order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + ExactSizeIterator + Clone + use<> {
        (0..self.nodes.len()).map(NodeId::from_index)
    }

    /// One node, or the node that computes a value.
    ///
    /// # Panics
    ///
    /// If the id lies beyond the graph's nodes, as indexing a slice does; [`Graph::get`] returns none.
    pub fn node(&self, id: impl Into<NodeId>) -> &Node {
        &self.nodes[id.into().index()]
    }

    /// The node of that id, if there is one.
    pub fn get(&self, id: impl Into<NodeId>) -> Option<&Node> {
        self.nodes.get(id.into().index())
    }

    /// All values: the outputs of all nodes, in topological order.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = Value> + '_ {
        self.ids().flat_map(|id| (0..self.node(id).outputs.len()).map(move |output| id.output(output)))
    }

    /// How many values there are.
    pub fn value_count(&self) -> usize {
        self.value_count
    }

    /// The index of a value among all: what a table with an item for each value is indexed by.
    ///
    /// # Panics
    ///
    /// If the graph has no such node.
    pub fn value_index(&self, value: impl Into<Value>) -> usize {
        let value = value.into();
        self.first_values[value.node.index()] as usize + value.output as usize
    }

    /// Whether a value is one of this graph's.
    pub fn contains(&self, value: impl Into<Value>) -> bool {
        let value = value.into();
        self.get(value.node).is_some_and(|node| (value.output as usize) < node.outputs.len())
    }

    /// An error unless each of these values is one of this graph's.
    pub(crate) fn check_values(&self, values: impl IntoIterator<Item = Value>) -> Result<(), GraphError> {
        let Some(value) = values.into_iter().find(|&value| !self.contains(value)) else { return Ok(()) };
        let (index, count) = (value.node.index(), self.nodes.len());
        Err(GraphError::new(match self.get(value) {
            None => format!("node {index} is of another graph; this one has {count} nodes"),
            Some(node) => {
                let count = node.outputs.len();
                let outputs = if count == 1 { "1 output".into() } else { format!("{count} outputs") };
                format!("node {index} has {outputs}, and none of index {}", value.output)
            }
        }))
    }

    /// What is known of a value.
    ///
    /// # Panics
    ///
    /// If it is none of this graph's ([`Graph::contains`]).
    pub fn output(&self, value: impl Into<Value>) -> &Output {
        let value = value.into();
        &self.nodes[value.node.index()].outputs[value.output as usize]
    }

    /// The shape of a value. Panics as [`Graph::output`] does.
    pub fn shape(&self, value: impl Into<Value>) -> &Shape {
        &self.output(value).shape
    }

    /// The kind of a value's elements. Panics as [`Graph::output`] does.
    pub fn kind(&self, value: impl Into<Value>) -> Kind {
        self.output(value).kind
    }

    /// The name of a value, if it has one. Panics as [`Graph::output`] does.
    pub fn name(&self, value: impl Into<Value>) -> Option<&str> {
        self.output(value).name.as_deref()
    }

    /// The value of that name.
    pub fn find(&self, name: &str) -> Option<Value> {
        self.names.get(name).copied()
    }

    /// All scopes; a scope's parent comes before it.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// One scope.
    ///
    /// # Panics
    ///
    /// If the id is of another graph.
    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.index()]
    }

    /// The values that a run replaces.
    pub fn updates(&self) -> &[Update] {
        &self.updates
    }

    /// The same nodes without updates.
    pub fn without_updates(mut self) -> Graph {
        self.updates.clear();
        self
    }

    /// How a message calls a value: its name, or its op, shape and index in the graph.
    pub fn describe(&self, value: impl Into<Value>) -> String {
        let value = value.into();
        let index = value.node.index();
        if !self.contains(value) {
            return format!("node {index} of another graph");
        }
        match self.name(value) {
            Some(name) => format!("`{name}`"),
            None => {
                let which = if self.node(value).outputs.len() > 1 {
                    format!(", output {}", value.output)
                } else {
                    String::new()
                };
                format!("{} {} (node {index}{which})", self.node(value).op.name(), self.shape(value))
            }
        }
    }

    /// For each node, whether any of `targets` needs it.
    pub fn needed_for(&self, targets: impl IntoIterator<Item = impl Into<NodeId>>) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        for target in targets {
            mark(&mut needed, target.into());
        }
        for id in self.ids().rev() {
            if needed[id.index()] {
                for input in &self.node(id).inputs {
                    needed[input.node.index()] = true;
                }
            }
        }
        needed
    }

    /// For each value, by its [`value_index`](Graph::value_index): how many inputs of nodes it is, with the updates that
    /// take it and how often it is among `ends`.
    pub fn count_users(&self, ends: impl IntoIterator<Item = Value>) -> Vec<usize> {
        let mut users = vec![0; self.value_count];
        let used = self.nodes.iter().flat_map(|node| node.inputs.iter().copied());
        for value in used.chain(ends).chain(self.updates.iter().map(|update| update.value)) {
            if self.contains(value) {
                users[self.value_index(value)] += 1;
            }
        }
        users
    }

    /// For each value, by its [`value_index`](Graph::value_index), whether it depends on any of `sources`. Of a node all
    /// outputs depend on all inputs.
    pub fn dependent_on(&self, sources: impl IntoIterator<Item = impl Into<Value>>) -> Vec<bool> {
        let mut dependent = vec![false; self.value_count];
        for source in sources.into_iter().map(Into::into).filter(|&source| self.contains(source)) {
            dependent[self.value_index(source)] = true;
        }
        for (node, &first) in self.nodes.iter().zip(&self.first_values) {
            if node.inputs.iter().any(|&input| dependent[self.value_index(input)]) {
                dependent[first as usize..][..node.outputs.len()].fill(true);
            }
        }
        dependent
    }
}

/// Marks a node; one of another graph has no mark.
fn mark(marks: &mut [bool], id: NodeId) {
    if let Some(mark) = marks.get_mut(id.index()) {
        *mark = true;
    }
}
