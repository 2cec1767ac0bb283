//! A handle on a node that is being built.

use std::fmt;

use super::{Builder, NodeId};
use crate::node::{Kind, Node};
use crate::ops::{Op, Source};
use crate::shape::Shape;

/// A copyable handle on a node of a [`Builder`]. After a mistake it stands for no node, and what is done with it is
/// silent. Its methods are beside the ops they build, in [`crate::ops`].
#[derive(Clone, Copy)]
pub struct Var<'g> {
    pub(crate) builder: &'g Builder,
    pub(crate) id: Option<NodeId>,
}

impl<'g> Var<'g> {
    /// The node, or none after a mistake.
    pub fn id(self) -> Option<NodeId> {
        self.id
    }

    /// The builder it belongs to.
    pub fn builder(self) -> &'g Builder {
        self.builder
    }

    /// Gives the node a name, unique in the graph; within a scope the scope's path goes before it.
    #[track_caller]
    pub fn named(self, name: &str) -> Var<'g> {
        if let Some(id) = self.builder.own(self) {
            let path = self.builder.scope_path();
            let name = path.map_or_else(|| name.to_string(), |path| format!("{path}/{name}"));
            self.builder.set_name(id, &name);
            self.builder.name_scope(id, &name);
        }
        self
    }

    /// The shape; of a mistake, `[]`.
    pub fn shape(self) -> Shape {
        self.with_node(|node| node.shape.clone()).unwrap_or_default()
    }

    /// The number of axes.
    pub fn rank(self) -> usize {
        self.with_node(|node| node.shape.rank()).unwrap_or(0)
    }

    /// The kind of the entries; of a mistake, real.
    pub fn kind(self) -> Kind {
        self.with_node(|node| node.kind).unwrap_or(Kind::Real)
    }

    /// Whether it stands for a mistake.
    pub(crate) fn failed(self) -> bool {
        self.id.is_none()
    }

    pub(crate) fn node(self) -> Option<Node> {
        self.with_node(Node::clone)
    }

    fn with_node<R>(self, read: impl FnOnce(&Node) -> R) -> Option<R> {
        let state = self.builder.state.borrow();
        self.id.map(|id| read(state.function.graph.node(id)))
    }

    /// How a message calls it: its name and shape.
    pub(crate) fn describe(self) -> String {
        match self.node() {
            Some(Node { name: Some(name), shape, .. }) => format!("`{name}` {shape}"),
            Some(node) => format!("{} {}", node.op.name(), node.shape),
            None => "a mistake".into(),
        }
    }

    /// How a message calls it where the shape is said elsewhere.
    pub(crate) fn describe_name(self) -> String {
        match self.node() {
            Some(Node { name: Some(name), .. }) => format!("`{name}`"),
            Some(Node { op: Op::Source(Source::Constant(constant)), shape, .. }) if shape.rank() == 0 => {
                constant.value.item().to_string()
            }
            Some(node) => format!("the {} {}", node.op.name(), node.shape),
            None => "a mistake".into(),
        }
    }

    pub(crate) fn scoped(self, name: &str, build: impl FnOnce(&'g Builder) -> Var<'g>) -> Var<'g> {
        if self.failed() { self } else { self.builder.scope(name, build) }
    }
}

impl fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}
