//! What a program takes and gives: arguments, literals, rows of tables, outputs.

use std::sync::Arc;

use chainrule_graph::{Kind, Shape, Tensor};

use super::address::Address;

/// How many tables a program takes at most.
pub(crate) const MOST_TABLES: usize = 16;

/// A value that the caller gives or takes.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    pub name: String,
    pub shape: Shape,
    pub kind: Kind,
    pub bound: Option<usize>,
    pub offset: usize,
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
    pub name: String,
    pub shape: Shape,
    pub address: Address,
    pub strides: Vec<usize>,
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
        &self.argument.shape[usize::from(self.batch.is_some())..]
    }

    /// Whether its rows are brought into the arena: batches, and scalars.
    pub fn is_gathered(&self) -> bool {
        self.batch.is_some() || self.row == 1
    }
}
