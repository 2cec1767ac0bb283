//! Whole numbers that are too large to be read.

use chainrule_exec::run::SharedRows;
use chainrule_graph::Kind;

use crate::data::field::Field;
use crate::data::refusal::wrong_element;
use crate::data::row_places::RowPlaces;
use crate::error::LearnError;

/// From here on f64 does not tell all whole numbers apart: 2⁵³.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// The row of the first whole number that may have been rounded when it was read, and what is said of it.
pub(crate) fn too_large(
    file: &str,
    field: &Field,
    values: &SharedRows,
    places: &RowPlaces,
) -> Option<(usize, LearnError)> {
    let SharedRows::F64(values) = values else { return None };
    if field.kind != Kind::Int {
        return None;
    }
    let element = values.iter().position(|value| value.abs() >= WHOLE)?;
    let problem = format!(
        "found about {:e}, and whole numbers are told apart only below 2^53; smaller ones would be right, or words for \
         classes",
        values[element]
    );
    Some((element / field.width().max(1), wrong_element(file, field, element, places, problem)))
}
