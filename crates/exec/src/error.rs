//! What can go wrong when a graph is run.

use chainrule_graph::{Graph, NodeId, Origin};
use thiserror::Error;

/// A mistake in running a graph: what was found, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ExecError {
    /// What is asked for, or given, does not fit.
    #[error("{0}")]
    Mismatch(String),
    /// A node cannot be computed from the values of its inputs.
    #[error("{name}{}: {problem}", written(origin))]
    Node {
        /// The node, in the graph that ran: of a program, in its own.
        node: NodeId,
        /// How a message calls it.
        name: String,
        /// Where it was written.
        origin: Origin,
        /// What was found, and what would be right.
        problem: String,
    },
}

impl ExecError {
    /// What does not fit.
    pub fn new(message: impl Into<String>) -> ExecError {
        ExecError::Mismatch(message.into())
    }

    /// The same, known to have befallen a node.
    pub(crate) fn at(self, graph: &Graph, node: NodeId) -> ExecError {
        ExecError::Node {
            node,
            name: graph.describe(node),
            origin: graph.node(node).origin.clone(),
            problem: self.to_string(),
        }
    }
}

fn written(origin: &Origin) -> String {
    if *origin == Origin::Unknown { String::new() } else { format!(", written at {origin}") }
}
