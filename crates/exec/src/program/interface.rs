//! What a program takes and gives: arguments, literals, rows of tables, outputs.

use std::sync::Arc;

use chainrule_graph::{NodeId, Shape, Tensor, Value};

use crate::admission::Inadmissible;
use crate::error::ExecError;
use crate::input_type::InputType;

/// How many tables a program takes at most.
pub(crate) const MOST_TABLES: usize = 16;

/// An input: what it takes, and where its value lies.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    /// The node, in the graph that was compiled.
    pub node: NodeId,
    /// Its name, if it has one.
    pub name: Option<Arc<str>>,
    /// How a message calls it.
    pub described: String,
    /// How a listing calls it.
    pub listed: String,
    pub takes: InputType,
    /// Where its value lies in the arena.
    pub offset: usize,
}

impl Argument {
    /// How many elements it has.
    pub fn size(&self) -> usize {
        self.takes.shape.size()
    }

    /// The error of a value that it does not take.
    pub fn refuses(&self, problem: Inadmissible) -> ExecError {
        ExecError::Input { name: self.described.clone(), problem }
    }
}

/// What a buffer holds from the start.
#[derive(Clone, Debug)]
pub(crate) enum Literal {
    Constant(Arc<Tensor>),
    /// 0, 1, 2, …, so many.
    Iota(usize),
}

impl Literal {
    pub fn shape(&self) -> Shape {
        match self {
            Literal::Constant(value) => value.shape().clone(),
            Literal::Iota(length) => Shape::from([*length]),
        }
    }
}

/// A value that the caller takes, perhaps strided.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// The value, in the graph that was compiled.
    pub value: Value,
    /// How a message calls it.
    pub described: String,
    /// Where in the arena its first element lies.
    pub offset: usize,
    /// How its elements lie from there on, in row-major order: (elements, stride) of each axis, outermost first, axes
    /// merged where one stride runs through both. A single one that is `(n, 1)` is contiguous.
    pub runs: Vec<(usize, usize)>,
    /// How many elements it has.
    pub length: usize,
}

/// An input that takes rows of a table.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub argument: Argument,
    /// Elements of a row of the table.
    pub row: usize,
    /// How many rows a step takes; none takes one, and reads it where it lies.
    pub batch: Option<usize>,
}

impl Stream {
    /// The shape of a row of the table.
    pub fn row_shape(&self) -> &[usize] {
        &self.argument.takes.shape[usize::from(self.batch.is_some())..]
    }

    /// Whether its rows are brought into the arena.
    pub fn is_gathered(&self) -> bool {
        is_gathered(self.batch, self.row)
    }
}

/// Whether rows of so many elements are brought into the arena: batches, and scalars. All others are read where they lie.
pub(crate) fn is_gathered(batch: Option<usize>, row: usize) -> bool {
    batch.is_some() || row == 1
}
