//! What an element of a value may be, and what is wrong with a value that an input does not take.
//!
//! An [`Inadmissible`] says what was found and what would be right, as data and as text; whose value it was stands in front:
//! `` `x` takes a value of shape [2], not [3] ``.

use std::fmt;

use chainrule_graph::{IntegerRange, Kind, Shape};
use chainrule_kernels::Float;
use thiserror::Error;

use crate::number::number;

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
    #[error("takes {}, not {found}", elements(expected))]
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

/// `6 elements, a value of shape [2, 3]`
fn elements(shape: &Shape) -> String {
    match shape.checked_size() {
        Some(1) => format!("1 element, a value of shape {shape}"),
        Some(size) => format!("{size} elements, a value of shape {shape}"),
        None => format!("a value of shape {shape}"),
    }
}

fn element(index: usize, count: usize) -> String {
    if count > 1 { format!(" (element {index})") } else { String::new() }
}

impl ElementType {
    /// Whether an element may be this.
    pub fn contains(self, element: f64) -> bool {
        match self.kind {
            Kind::Real => true,
            Kind::Int => self.range.contains(element),
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
