//! The graph: nodes in topological order.

use std::collections::HashMap;
use std::sync::Arc;

use crate::node::{Node, NodeId, Scope, ScopeId};

/// A value that a run of the graph replaces: once all nodes are computed, `target` takes the value of `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Update {
    /// The parameter or state, an input node.
    pub target: NodeId,
    /// The node that holds its next value.
    pub value: NodeId,
}

/// Nodes in topological order: the inputs of a node come before it. Immutable once finished; passes return a new graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) updates: Vec<Update>,
    pub(crate) names: HashMap<Arc<str>, NodeId>,
}

impl Graph {
    /// All nodes, in topological order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The ids of all nodes, in topological order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + ExactSizeIterator + Clone + use<> {
        (0..self.nodes.len()).map(NodeId::from_index)
    }

    /// One node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The node of that name.
    pub fn find(&self, name: &str) -> Option<NodeId> {
        self.names.get(name).copied()
    }

    /// All scopes; a scope's parent comes before it.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// One scope.
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

    /// How a message calls a node: its name, or its op, shape and place in the graph.
    pub fn describe(&self, id: NodeId) -> String {
        let node = self.node(id);
        match &node.name {
            Some(name) => format!("`{name}`"),
            None => format!("{} {} (node {})", node.op.name(), node.shape, id.index()),
        }
    }

    /// For each node, whether any of `targets` needs it.
    pub fn needed_for(&self, targets: &[NodeId]) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        for target in targets {
            needed[target.index()] = true;
        }
        for id in self.ids().rev() {
            if needed[id.index()] {
                for input in &self.node(id).inputs {
                    needed[input.index()] = true;
                }
            }
        }
        needed
    }

    /// For each node, how many inputs of nodes it is, with the updates that take its value and its places in `ends`.
    pub fn count_users(&self, ends: &[NodeId]) -> Vec<usize> {
        let mut readers = vec![0; self.nodes.len()];
        let read = self.nodes.iter().flat_map(|node| &node.inputs);
        for id in read.chain(ends).chain(self.updates.iter().map(|update| &update.value)) {
            readers[id.index()] += 1;
        }
        readers
    }

    /// For each node, whether its value depends on any of `sources`.
    pub fn dependent_on(&self, sources: &[NodeId]) -> Vec<bool> {
        let mut dependent = vec![false; self.nodes.len()];
        for source in sources {
            dependent[source.index()] = true;
        }
        for (index, node) in self.nodes.iter().enumerate() {
            dependent[index] |= node.inputs.iter().any(|input| dependent[input.index()]);
        }
        dependent
    }
}
