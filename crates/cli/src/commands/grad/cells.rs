//! Values for a trained model as its table has them: numbers in the file's units, and words.

use chainrule::Tensor;
use chainrule::learn::{DataFile, Dataset, Field, KeptValues};

use super::values;
use crate::data::Loaded;
use crate::error::CommandError;

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
    let cell = |column: &String| -> Result<String, CommandError> {
        if let Some((_, text)) = cells.iter().find(|(name, _)| name == column) {
            return Ok(quoted(text));
        }
        if let Some((file, row)) = row {
            let kept = file.kept(std::slice::from_ref(column))?;
            if let Some(KeptValues::Words(words)) = kept.first().map(|kept| &kept.values)
                && let Some(word) = words.get(row)
            {
                return Ok(quoted(word));
            }
        }
        Err(CommandError::mistake(format!(
            "`{}` also takes the column `{column}`; give it a value, as in {column}=…, or name a table and a row: --data T.csv --row 1",
            field.name
        )))
    };
    Ok(field.columns.iter().map(cell).collect::<Result<Vec<_>, _>>()?.join(","))
}

/// One row of a field from the cells of its columns, set off by commas.
fn row_of(field: &Field, cells: &str) -> Result<Dataset, CommandError> {
    let header: Vec<String> = field.columns.iter().map(|column| quoted(column)).collect();
    let table = format!("{}\n{cells}\n", header.join(","));
    let table = DataFile::from_bytes(GIVEN, table.into_bytes(), Some(b','))?;
    Ok(table.dataset(std::slice::from_ref(field), false)?)
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}
