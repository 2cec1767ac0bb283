//! What is said of data that a field does not take.

use chainrule_exec::Inadmissible;
#[cfg(feature = "training")]
use chainrule_graph::Kind;

use crate::data::field::Field;
#[cfg(feature = "training")]
use crate::data::field::Role;
use crate::data::row_places::RowPlaces;
use crate::error::{LearnError, Remedy};

/// What is said of elements of a field that may not be there.
pub(crate) fn refused(file: &str, field: &Field, problem: Inadmissible, places: &RowPlaces) -> LearnError {
    let Inadmissible::Element { expected, found, index, .. } = problem else {
        return LearnError::Value { what: field.role.name(), name: field.name.clone(), problem };
    };
    let mut error = wrong_element(file, field, index, places, field.refusal(expected, found));
    if let LearnError::Cell { column, remedy, .. } = &mut error
        && names_of_classes(field, found, places)
    {
        *remedy = Some(Remedy::NameClasses(column.clone()));
    }
    error
}

/// A problem with the element of this index, over all rows of a field: it names the row and the column.
pub(crate) fn wrong_element(
    file: &str,
    field: &Field,
    index: usize,
    places: &RowPlaces,
    problem: String,
) -> LearnError {
    let size = field.width().max(1);
    let column = field.element_names().swap_remove(index % size);
    LearnError::Cell { file: file.into(), place: places.at(index / size), column, problem, remedy: None }
}

/// Whether a class that may not be there stands in a table, among labels that are numbers, such as 1 to 5, or −1 and 1.
#[cfg(feature = "training")]
fn names_of_classes(field: &Field, found: f64, places: &RowPlaces) -> bool {
    let are_classes = field.role == Role::Outcome && field.kind == Kind::Int && field.classes().is_none();
    are_classes && found.fract() == 0.0 && places.are_of_table()
}

/// Rows are made, not read.
#[cfg(not(feature = "training"))]
fn names_of_classes(_field: &Field, _found: f64, _places: &RowPlaces) -> bool {
    false
}
