//! What can go wrong when a graph is run.

use std::fmt;

/// A mistake in running a graph: what was found, where, and what would be right.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecError {
    /// What is wrong, with the node's name.
    pub message: String,
}

impl ExecError {
    /// An error with its message.
    pub fn new(message: impl Into<String>) -> ExecError {
        ExecError { message: message.into() }
    }
}

impl fmt::Display for ExecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ExecError {}
