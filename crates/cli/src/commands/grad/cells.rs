//! Values for a trained model as its table has them: numbers in the file's units, and words.

use chainrule::Tensor;
use chainrule::learn::{DataFile, Dataset, Field, KeptValues};

use super::values;
use crate::data::Loaded;
use crate::error::CommandError;
use crate::format;

/// What messages call the values.
const GIVEN: &str = "the values given";

/// What is given for a trained model.
pub struct Given {
    /// Values by the names of inputs, outcomes and parameters.
    pub values: Vec<(String, Tensor)>,
    /// A row for each input or outcome that is given by its cells: `city=Paris`.
    pub rows: Vec<Dataset>,
}

/// Sorts what is given by whether it names a column, an input or outcome that has words, or anything else. Cells that are
/// not given are those of the row of a table, if there is one.
pub fn read(loaded: &Loaded, arguments: &[String], row: Option<(&DataFile, usize)>) -> Result<Given, CommandError> {
    let mut given = Given { values: Vec::new(), rows: Vec::new() };
    let fields = &loaded.saved().fields;
    let is_name = |name: &str| fields.iter().any(|field| field.name == name) || loaded.parameters.get(name).is_ok();
    let mut cells: Vec<(&str, &str)> = Vec::new();
    for argument in arguments {
        let (name, text) = values::name_and_text(argument).map_err(CommandError::mistake)?;
        match fields.iter().find(|field| field.name == name) {
            Some(field) if has_words(field) && !text.starts_with('[') => given.rows.push(row_of(field, text)?),
            None if !is_name(name) && fields.iter().any(|field| field.columns.iter().any(|column| column == name)) => {
                cells.push((name, text));
            }
            _ => given.values.push(values::parse(argument).map_err(CommandError::mistake)?),
        }
    }
    let has_cells = |field: &&Field| cells.iter().any(|(name, _)| field.columns.iter().any(|column| column == name));
    for field in fields.iter().filter(has_cells) {
        given.rows.push(row_of(field, &complete(field, &cells, row)?)?);
    }
    Ok(given)
}

fn has_words(field: &Field) -> bool {
    field.classes().is_some() || !field.reading.words.is_empty()
}

/// The cells of all columns of a field, set off by commas.
fn complete(field: &Field, cells: &[(&str, &str)], row: Option<(&DataFile, usize)>) -> Result<String, CommandError> {
    let given = |column: &str| cells.iter().find(|(name, _)| *name == column).map(|(_, text)| *text);
    let others: Vec<String> = field.columns.iter().filter(|column| given(column).is_none()).cloned().collect();
    let name = &field.name;
    let kept = match row {
        Some((DataFile::Arrays(arrays), _)) if !others.is_empty() => {
            return Err(CommandError::mistake(format!(
                "{} holds arrays, of which no single elements are replaced; give `{name}` whole, as in {name}=…",
                arrays.file()
            )));
        }
        Some((file, _)) if !others.is_empty() => file.kept(&others)?,
        _ => Vec::new(),
    };
    let of_row = |column: &str| match &kept.iter().find(|kept| kept.name == column)?.values {
        KeptValues::Words(words) => words.get(row?.1).map(String::as_str),
        KeptValues::Numbers(_) => None, // only arrays hold them
    };
    let cell = |column: &String| match given(column).or_else(|| of_row(column)) {
        Some(text) => Ok(format::quoted_cell(text)),
        None => Err(CommandError::mistake(format!(
            "`{name}` also takes the column `{column}`; give it a value, as in {column}=…, or name a table and a row: --data T.csv --row 1"
        ))),
    };
    Ok(field.columns.iter().map(cell).collect::<Result<Vec<_>, _>>()?.join(","))
}

/// One row of a field from the cells of its columns, set off by commas.
fn row_of(field: &Field, cells: &str) -> Result<Dataset, CommandError> {
    let header: Vec<String> = field.columns.iter().map(|column| format::quoted_cell(column)).collect();
    let table = format!("{}\n{cells}\n", header.join(","));
    let table = DataFile::from_bytes(GIVEN, table.into_bytes(), Some(b','))?;
    Ok(table.dataset(std::slice::from_ref(field), false)?)
}
