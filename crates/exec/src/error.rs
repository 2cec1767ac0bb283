//! What can go wrong when a graph is run.

use chainrule_graph::{Graph, NodeId, Origin, Value};
use thiserror::Error;

use crate::admission::Inadmissible;

/// A mistake in running a graph: what was found, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ExecError {
    /// What is asked for, or bound, does not fit.
    #[error("{0}")]
    Mismatch(String),
    /// A node is named that the graph does not have.
    #[error("node {} is of another graph; this one has {count} nodes", node.index())]
    ForeignNode {
        /// The node.
        node: NodeId,
        /// How many nodes the graph has.
        count: usize,
    },
    /// An input does not take its value, or has none.
    #[error("{name} {problem}")]
    Input {
        /// How a message calls the input.
        name: String,
        /// What was found, and what would be right.
        problem: Inadmissible,
    },
    /// An input that takes rows of a table does not take one of them.
    #[error("row {row}: {name} {problem}")]
    Row {
        /// Which row, from 0.
        row: usize,
        /// How a message calls the input.
        name: String,
        /// What was found, and what would be right.
        problem: Inadmissible,
    },
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

    /// What is wrong with the value of a node of inputs.
    pub(crate) fn input(graph: &Graph, node: NodeId, problem: Inadmissible) -> ExecError {
        ExecError::Input { name: graph.describe(node), problem }
    }

    /// The same, known to be of a step of a loop.
    pub(crate) fn in_step(self, step: usize) -> ExecError {
        ExecError::Mismatch(format!("at step {step}, {self}"))
    }

    /// The same, known to be a node's.
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

/// An error if one of these values is none of the graph's.
pub(crate) fn check_values(graph: &Graph, values: impl IntoIterator<Item = impl Into<Value>>) -> Result<(), ExecError> {
    match values.into_iter().map(Into::into).find(|&value| !graph.contains(value)) {
        None => Ok(()),
        Some(Value { node, .. }) => Err(ExecError::ForeignNode { node, count: graph.nodes().len() }),
    }
}
