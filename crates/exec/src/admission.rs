//! Which values an input takes: the one check of all that comes in.
//!
//! The reference and the compiled engine ask here before they take a value, and so may everyone who reads values from
//! elsewhere: a table's cells, a command line's words. An [`Inadmissible`] says what was found and what would be right, as
//! data and as text; whose value it was stands in front: `` `x` takes a value of shape [2], not [3] ``.

use std::fmt;

use chainrule_graph::ops::Source;
use chainrule_graph::{Function, IntegerRange, Kind, Node, NodeId, Op, Shape, Tensor};
use chainrule_kernels::Float;
use thiserror::Error;

use crate::number::number;

/// What an input takes: a shape, and what each element may be.
///
/// ```
/// use chainrule_exec::InputType;
/// use chainrule_graph::{Builder, Kind, Tensor};
///
/// let builder = Builder::new();
/// builder.input_of("class", [2], Kind::Int, Some(3));
/// let graph = builder.finish_graph()?;
/// let takes = InputType::of(&graph.nodes()[0]);
/// assert_eq!(takes.elements.to_string(), "a whole number from 0 to 2");
/// assert!(takes.check(&Tensor::vector([0.0, 2.0])).is_ok());
/// let error = takes.check(&Tensor::vector([0.0, 3.0])).unwrap_err();
/// assert_eq!(error.to_string(), "takes a whole number from 0 to 2, not 3 (element 1)");
/// # Ok::<(), chainrule_graph::GraphError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct InputType {
    /// The shape of the value.
    pub shape: Shape,
    /// What each of its elements may be.
    pub elements: ElementType,
}

/// What an element may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ElementType {
    /// A real number, an integer, or a truth value, 0 or 1.
    pub kind: Kind,
    /// The integers that it may be, if it is one.
    pub range: IntegerRange,
}

/// What is wrong with the value of an input.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Inadmissible {
    /// There is none.
    #[error("has no value; it takes one of shape {expected}")]
    Missing {
        /// The shape that it takes.
        expected: Shape,
    },
    /// It has another shape.
    #[error("takes a value of shape {expected}, not {found}")]
    Shape {
        /// The shape that it takes.
        expected: Shape,
        /// The value's shape.
        found: Shape,
    },
    /// It has another number of elements.
    #[error("takes a value of shape {expected}, which {found} elements are not")]
    Length {
        /// The shape that it takes.
        expected: Shape,
        /// The value's number of elements.
        found: usize,
    },
    /// An element is of another kind, or outside of the range.
    #[error("takes {expected}, not {}{}", number(*.found), element(*.index, *.count))]
    Element {
        /// What it may be.
        expected: ElementType,
        /// What it is.
        found: f64,
        /// Which element, in row-major order.
        index: usize,
        /// How many elements there are.
        count: usize,
    },
}

fn element(index: usize, count: usize) -> String {
    if count > 1 { format!(" (element {index})") } else { String::new() }
}

impl InputType {
    /// What a node of inputs takes, as it was declared.
    pub fn of(node: &Node) -> InputType {
        let bound = if let Op::Source(Source::Input { bound, .. }) = node.op { bound } else { None };
        let output = &node.outputs[0];
        let elements = ElementType { kind: output.kind, range: IntegerRange::within(bound) };
        InputType { shape: output.shape.clone(), elements }
    }

    /// What an input or outcome of a function takes: as it was declared, and of the integers those alone that its uses
    /// allow, see [`Function::integer_range`].
    pub fn within(function: &Function, id: NodeId) -> InputType {
        let mut takes = InputType::of(function.graph.node(id));
        if takes.elements.kind == Kind::Int {
            takes.elements.range = function.integer_range(id);
        }
        takes
    }

    /// Whether it takes a value.
    ///
    /// # Errors
    /// The value has another shape, or an element that is none of those it takes.
    pub fn check(&self, value: &Tensor) -> Result<(), Inadmissible> {
        if *value.shape() != self.shape {
            return Err(Inadmissible::Shape { expected: self.shape.clone(), found: value.shape().clone() });
        }
        self.elements.check(value.data())
    }

    /// Whether it takes these elements, in row-major order.
    ///
    /// # Errors
    /// There are more or fewer elements than its shape has, or one is none of those it takes.
    pub fn check_elements<T: Float>(&self, elements: &[T]) -> Result<(), Inadmissible> {
        if elements.len() != self.shape.size() {
            return Err(Inadmissible::Length { expected: self.shape.clone(), found: elements.len() });
        }
        self.elements.check(elements)
    }
}

impl ElementType {
    /// Whether an element may be this.
    pub fn contains(self, element: f64) -> bool {
        match self.kind {
            Kind::Real => true,
            Kind::Int => self.range.contain(element),
            Kind::Bool => element == 0.0 || element == 1.0,
        }
    }

    /// Whether all of these may be elements.
    ///
    /// # Errors
    /// Names the first that may not.
    pub fn check<T: Float>(self, elements: &[T]) -> Result<(), Inadmissible> {
        if self.kind == Kind::Real {
            return Ok(());
        }
        match elements.iter().position(|element| !self.contains(element.to_f64())) {
            None => Ok(()),
            Some(index) => {
                let (found, count) = (elements[index].to_f64(), elements.len());
                Err(Inadmissible::Element { expected: self, found, index, count })
            }
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Real => f.write_str("a number"),
            Kind::Int => self.range.fmt(f),
            Kind::Bool => f.write_str("0 or 1"),
        }
    }
}
