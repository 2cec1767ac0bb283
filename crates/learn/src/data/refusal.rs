//! What is said of data that a field does not take.

use chainrule_exec::Inadmissible;

use crate::data::field::Field;
use crate::data::row_places::RowPlaces;
use crate::error::LearnError;

/// What is said of elements of a field that may not be there.
pub(crate) fn refused(file: &str, field: &Field, problem: Inadmissible, places: &RowPlaces) -> LearnError {
    let Inadmissible::Element { expected, found, index, .. } = problem else {
        return LearnError::Value { what: field.role.name(), name: field.name.clone(), problem };
    };
    let (size, problem) = (field.width().max(1), field.refusal(expected, found));
    let column = field.element_names().swap_remove(index % size);
    LearnError::Cell { file: file.into(), place: places.at(index / size), column, problem, remedy: None }
}
