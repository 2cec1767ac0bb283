//! Values that a user gives, checked before they are used.

use chainrule_graph::{Shape, Tensor};

use crate::error::LearnError;

/// An error unless the value of `what`, named `name`, has that shape and is finite.
pub(crate) fn check(what: &'static str, name: &str, value: &Tensor, expected: &Shape) -> Result<(), LearnError> {
    if value.shape() != expected {
        let (found, expected) = (value.shape().clone(), expected.clone());
        return Err(LearnError::Shape { what, name: name.into(), found, expected });
    }
    match value.data().iter().position(|entry| !entry.is_finite()) {
        Some(entry) => Err(LearnError::NotFinite { what, name: name.into(), entry, value: value.data()[entry] }),
        None => Ok(()),
    }
}
