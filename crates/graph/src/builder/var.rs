//! A handle on a node that is being built.

use std::fmt;

use super::Builder;
use crate::node::{Kind, Node, Output, Value};
use crate::ops::{Op, ShapeOp, Source};
use crate::shape::Shape;

/// A copyable handle on a value of a [`Builder`]'s graph. After a mistake it stands for none, and what is done with it is
/// silent. Its methods are beside the ops they build, in [`crate::ops`].
#[derive(Clone, Copy)]
pub struct Var<'g> {
    pub(crate) builder: &'g Builder,
    pub(crate) id: Option<Value>,
    /// Whose value it is: 0 for the function's, a number for each body of a loop.
    pub(crate) frame: u32,
}

impl<'g> Var<'g> {
    /// The value, or none after a mistake.
    pub fn id(self) -> Option<Value> {
        self.id
    }

    /// The builder it belongs to.
    pub fn builder(self) -> &'g Builder {
        self.builder
    }

    /// Gives the value a name, unique in the graph; within a scope the scope's path goes before it.
    #[track_caller]
    pub fn named(self, name: &str) -> Var<'g> {
        if let Some(id) = self.builder.own(self) {
            let path = self.builder.fixed_scope_path();
            let name = path.map_or_else(|| name.to_string(), |path| format!("{path}/{name}"));
            self.builder.set_name(id, &name);
            self.builder.name_scope(id, &name);
        }
        self
    }

    /// The shape; of a mistake, `[]`.
    pub fn shape(self) -> Shape {
        self.with_output(|output| output.shape.clone()).unwrap_or_default()
    }

    /// The number of axes.
    pub fn rank(self) -> usize {
        self.with_output(|output| output.shape.rank()).unwrap_or(0)
    }

    /// The kind of the elements; of a mistake, real.
    pub fn kind(self) -> Kind {
        self.with_output(|output| output.kind).unwrap_or(Kind::Real)
    }

    /// Whether it stands for a mistake, as what is left of the body of a loop does.
    #[track_caller]
    pub(crate) fn failed(self) -> bool {
        self.id.is_none() || self.builder.is_left_over(self)
    }

    /// The node that computes it.
    pub(crate) fn node(self) -> Option<Node> {
        let state = self.builder.state.borrow();
        Some(state.graph(self.frame)?.node(self.id?).clone())
    }

    /// The op that computes it.
    pub(crate) fn op(self) -> Option<Op> {
        self.node().map(|node| node.op)
    }

    /// The number that every element is, if it is a constant of one number or copies of one.
    pub(crate) fn constant_number(self) -> Option<f64> {
        let state = self.builder.state.borrow();
        let graph = state.graph(self.frame)?;
        let mut node = graph.node(self.id?);
        while let Op::Shape(ShapeOp::Broadcast { .. }) = node.op {
            node = graph.node(node.inputs[0]);
        }
        match &node.op {
            Op::Source(Source::Constant(constant)) => constant.value.single_number(),
            _ => None,
        }
    }

    fn with_output<R>(self, read: impl FnOnce(&Output) -> R) -> Option<R> {
        let state = self.builder.state.borrow();
        Some(read(state.graph(self.frame)?.output(self.id?)))
    }

    /// How a message calls it: its name and shape.
    pub(crate) fn describe(self) -> String {
        match (self.with_output(|output| output.name.clone()).flatten(), self.op()) {
            (Some(name), _) => format!("`{name}` {}", self.shape()),
            (None, Some(op)) => format!("{} {}", op.name(), self.shape()),
            (None, None) => "a mistake".into(),
        }
    }

    /// How a message calls it where the shape is said elsewhere.
    pub(crate) fn describe_name(self) -> String {
        match (self.with_output(|output| output.name.clone()).flatten(), self.op()) {
            (Some(name), _) => format!("`{name}`"),
            (None, Some(Op::Source(Source::Constant(constant)))) if self.rank() == 0 => {
                constant.value.item().to_string()
            }
            (None, Some(op)) => format!("the {} {}", op.name(), self.shape()),
            (None, None) => "a mistake".into(),
        }
    }
}

impl fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}
