//! One node of a graph: what it computes, from what, and where it comes from.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::ops::Op;
use crate::shape::Shape;

/// The place of a node in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// The place as an index into [`Graph::nodes`](crate::Graph::nodes).
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The id of the node at an index.
    pub fn from_index(index: usize) -> NodeId {
        NodeId(index as u32)
    }
}

/// The place of a scope in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub(crate) u32);

impl ScopeId {
    /// The place as an index into [`Graph::scopes`](crate::Graph::scopes).
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A group of nodes that belong together, such as those of one layer; scopes nest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The full path, unique in the graph: `hidden/affine`.
    pub path: Arc<str>,
    /// The scope around this one.
    pub parent: Option<ScopeId>,
}

/// What the entries of a value are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Real numbers, the only kind with a derivative.
    Real,
    /// Whole numbers: classes, indices.
    Int,
    /// True or false: the outcome of a comparison.
    Bool,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Real => "real",
            Kind::Int => "int",
            Kind::Bool => "bool",
        })
    }
}

/// A stretch of a source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The byte at which it begins.
    pub start: usize,
    /// The byte after its end.
    pub end: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// Where a node was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Origin {
    /// Nobody said.
    #[default]
    Unknown,
    /// A line of Rust.
    Code(&'static Location<'static>),
    /// A stretch of a text form.
    Text(Span),
    /// The derivative of a node: its name, or its op, and where that was written.
    Derivative(Arc<(String, Origin)>),
    /// Several nodes that turned out to be the same.
    Merged(Arc<[Origin]>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Unknown => f.write_str("an unknown place"),
            Origin::Code(location) => write!(f, "{}:{}:{}", location.file(), location.line(), location.column()),
            Origin::Text(span) => write!(f, "line {}, column {}", span.line, span.column),
            Origin::Derivative(of) => write!(f, "the derivative of {}, {}", of.0, of.1),
            Origin::Merged(origins) => {
                for (i, origin) in origins.iter().enumerate() {
                    write!(f, "{}{origin}", if i > 0 { " and " } else { "" })?;
                }
                Ok(())
            }
        }
    }
}

/// One node: an op, the nodes it reads, and the facts known of its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What is computed.
    pub op: Op,
    /// From what, all before this node in the graph.
    pub inputs: Vec<NodeId>,
    /// The shape of the value.
    pub shape: Shape,
    /// The kind of the value's entries.
    pub kind: Kind,
    /// The name, unique in the graph, if it has one.
    pub name: Option<Arc<str>>,
    /// Whether the name was made by a pass and gives way to a user's.
    pub generated_name: bool,
    /// The scope it belongs to.
    pub scope: Option<ScopeId>,
    /// Where it was written.
    pub origin: Origin,
}
