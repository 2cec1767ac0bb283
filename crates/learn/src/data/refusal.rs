//! What is said of data that a field does not take.

use chainrule_exec::Inadmissible;
use chainrule_exec::run::SharedRows;
use chainrule_graph::Kind;

use crate::data::field::Field;
use crate::data::row_places::RowPlaces;
use crate::data::table::Table;
use crate::error::{LearnError, list, suggest};

/// A column that a field takes is not there. What was meant is none that another takes.
pub(crate) fn missing(table: &Table, fields: &[Field], field: &Field, column: &str) -> LearnError {
    let taken = |name: &&str| fields.iter().any(|field| field.columns.iter().any(|other| other == name));
    let free: Vec<&str> = table.names().iter().map(String::as_str).filter(|name| !taken(name)).collect();
    let meant = match free[..] {
        [] => format!("the others are taken: {}", list(table.names().iter().map(String::as_str))),
        _ => suggest(column, free),
    };
    LearnError::Columns {
        file: table.file().into(),
        name: format!("{} `{}`", field.role, field.name),
        problem: format!("takes the column `{column}`, which is not there; {meant}"),
        remedy: None,
    }
}

/// What is said of elements of a field that may not be there.
pub(crate) fn refused(file: &str, field: &Field, problem: Inadmissible, places: &RowPlaces) -> LearnError {
    let Inadmissible::Element { expected, found, index, .. } = problem else {
        return LearnError::Value { what: field.role.name(), name: field.name.clone(), problem };
    };
    let (size, problem) = (field.width().max(1), field.refusal(expected, found));
    let column = field.element_names().swap_remove(index % size);
    LearnError::Cell { file: file.into(), place: places.at(index / size), column, problem, remedy: None }
}

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
    let (row, width) = (element / field.width().max(1), field.width().max(1));
    let problem = format!(
        "found about {:e}, and whole numbers are told apart only below 2^53; smaller ones would be right, or words for \
         classes",
        values[element]
    );
    let column = field.element_names().swap_remove(element % width);
    Some((row, LearnError::Cell { file: file.into(), place: places.at(row), column, problem, remedy: None }))
}
