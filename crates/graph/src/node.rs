//! One node of a graph: what it computes, from what, and where it comes from.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::ops::{Op, TensorType};
use crate::shape::Shape;

/// A node of a graph, by its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// The index into [`Graph::nodes`](crate::Graph::nodes).
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The id of the node at an index.
    pub fn from_index(index: usize) -> NodeId {
        NodeId(index as u32)
    }

    /// One of the node's outputs, counted from 0.
    pub fn output(self, index: usize) -> Value {
        Value { node: self, output: index as u32 }
    }
}

/// One output of a node: what an edge of the graph carries, and what has a shape, a kind, a name and a cotangent.
///
/// Most nodes have one output, and a [`NodeId`] stands for the first wherever a value is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value {
    /// The node that computes it.
    pub node: NodeId,
    /// Which of the node's outputs it is, from 0.
    pub output: u32,
}

impl From<NodeId> for Value {
    fn from(node: NodeId) -> Value {
        node.output(0)
    }
}

/// The node that computes a value.
impl From<Value> for NodeId {
    fn from(value: Value) -> NodeId {
        value.node
    }
}

/// A scope of a graph, by its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub(crate) u32);

impl ScopeId {
    /// The index into [`Graph::scopes`](crate::Graph::scopes).
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

/// What the elements of a value are.
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said.
    #[default]
    Unknown,
    /// A line of Rust.
    Code(&'static Location<'static>),
    /// A line of a file in another language, whose binding says where its user's call stands.
    File {
        /// The file, as a message shows it.
        path: Arc<str>,
        /// The line, from 1.
        line: usize,
    },
    /// A stretch of a text form.
    Text(Span),
    /// A formula that was built as another of the same value ([`Rewritten`]).
    Rewritten(Arc<Rewritten>),
    /// The derivative of a node: its name, or its op, and where that was written.
    Derivative(Arc<(String, Origin)>),
    /// Several nodes that turned out to be the same.
    Merged(Arc<[Origin]>),
}

/// A formula that overflows or loses its digits, and the stable one that was built instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// What was written, as a pattern: `log(1 + exp(z))`.
    pub written: &'static str,
    /// What was built: `softplus(z)`.
    pub built: &'static str,
    /// Where.
    pub at: Origin,
}

impl Origin {
    /// Where it was written, whatever it was built as.
    pub fn written(&self) -> &Origin {
        let mut origin = self;
        while let Origin::Rewritten(rewritten) = origin {
            origin = &rewritten.at;
        }
        origin
    }

    /// Whether it is of what computes derivatives alone.
    pub fn is_derivative(&self) -> bool {
        match self.written() {
            Origin::Derivative(_) => true,
            Origin::Merged(origins) => origins.iter().all(Origin::is_derivative),
            Origin::Unknown | Origin::Code(_) | Origin::File { .. } | Origin::Text(_) | Origin::Rewritten(_) => false,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Unknown => f.write_str("an unknown location"),
            Origin::Code(location) => write!(f, "{}:{}:{}", location.file(), location.line(), location.column()),
            Origin::File { path, line } => write!(f, "{path}:{line}"),
            Origin::Text(span) => write!(f, "line {}, column {}", span.line, span.column),
            Origin::Rewritten(rewritten) => write!(f, "{}", rewritten.at),
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

/// One node: an op, the values it reads, and the facts known of its outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What is computed.
    pub op: Op,
    /// From what: outputs of nodes that come before this one in the graph.
    pub inputs: Vec<Value>,
    /// What is known of each output; at least one.
    pub outputs: Vec<Output>,
    /// The scope it belongs to.
    pub scope: Option<ScopeId>,
    /// Where it was written.
    pub origin: Origin,
}

/// What is known of an output of a node before it is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The shape.
    pub shape: Shape,
    /// The kind of the elements.
    pub kind: Kind,
    /// The name, unique in the graph, if it has one.
    pub name: Option<Arc<str>>,
    /// Whether the name was generated by a pass and gives way to a user's.
    pub generated_name: bool,
}

impl Output {
    /// An output without a name.
    pub(crate) fn unnamed(of_type: TensorType) -> Output {
        Output { shape: of_type.shape, kind: of_type.kind, name: None, generated_name: false }
    }

    /// Its shape and kind.
    pub(crate) fn tensor_type(&self) -> TensorType {
        TensorType::new(&self.shape, self.kind)
    }
}
