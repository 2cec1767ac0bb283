//! What can be wrong with a graph, said with its location and the remedy.

use std::fmt;

use crate::node::Origin;

/// A mistake in building or transforming a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphError {
    /// What is wrong: the nodes, what was found.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// Where the node was written.
    pub origin: Origin,
}

impl GraphError {
    /// An error without a location yet.
    pub fn new(message: impl Into<String>) -> GraphError {
        GraphError { message: message.into(), help: None, origin: Origin::Unknown }
    }

    /// The same error with a remedy.
    pub fn help(mut self, help: impl Into<String>) -> GraphError {
        self.help = Some(help.into());
        self
    }

    /// The same error with a location, unless it has one.
    pub fn at(mut self, origin: Origin) -> GraphError {
        if self.origin == Origin::Unknown {
            self.origin = origin;
        }
        self
    }
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.origin != Origin::Unknown {
            write!(f, " (at {})", self.origin)?;
        }
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for GraphError {}
