//! Columns and arrays of a file as they stand in it, whatever they hold.

use chainrule_exec::run::SharedRows;

use crate::data::arrays::Arrays;
use crate::data::arrays::npy::{Array, Elements};
use crate::data::cell;
use crate::data::data_file::DataFile;
use crate::data::pattern;
use crate::data::table::Table;
use crate::error::{LearnError, RowPlace, suggest};

/// A column of a table, or an array, `[rows, …]`.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptColumn {
    /// Its name in the file.
    pub name: String,
    /// The shape of a row: of a column of a table `[]`.
    pub shape: Vec<usize>,
    /// What it holds, row by row.
    pub values: KeptValues,
}

/// What a kept column holds.
#[derive(Clone, Debug, PartialEq)]
pub enum KeptValues {
    /// The numbers of an array.
    Numbers(Vec<f64>),
    /// The words of an array, or the cells of a table without the blanks round them.
    Words(Vec<String>),
}

impl DataFile {
    /// What stands in the columns, or arrays, of these names. Those of a table may also be said by ranges and patterns, `V1..V28`
    /// and `pixel*`.
    ///
    /// # Errors
    /// There is no such column or array. A cell that is no text in UTF-8; else those of reading the file.
    pub fn kept(&self, names: &[String]) -> Result<Vec<KeptColumn>, LearnError> {
        match self {
            DataFile::Table(table) => of_table(table, names),
            DataFile::Arrays(arrays) => names.iter().map(|name| of_arrays(arrays, name)).collect(),
        }
    }
}

fn of_table(table: &Table, names: &[String]) -> Result<Vec<KeptColumn>, LearnError> {
    let mut columns = Vec::new();
    for name in names {
        let found = pattern::find(table, name).map_err(|lacks| {
            let near = suggest(&lacks, table.names().iter().map(String::as_str));
            LearnError::file(table.file(), format!("has no column `{lacks}`; {near}"))
        })?;
        columns.extend(found);
    }
    let mut kept: Vec<Vec<String>> = vec![Vec::new(); columns.len()];
    let mut rows = table.rows()?;
    while rows.next()?.is_some() {
        for (&column, kept) in columns.iter().zip(&mut kept) {
            let text = cell::text(rows.record.get(column).unwrap_or_default());
            let text = text.map_err(|problem| LearnError::Cell {
                file: table.file().into(),
                place: RowPlace::line(rows.line),
                column: table.names()[column].clone(),
                problem,
                remedy: None,
            })?;
            kept.push(text.into());
        }
    }
    let named = |(column, cells): (usize, Vec<String>)| KeptColumn {
        name: table.names()[column].clone(),
        shape: Vec::new(),
        values: KeptValues::Words(cells),
    };
    Ok(columns.into_iter().zip(kept).map(named).collect())
}

fn of_arrays(arrays: &Arrays, name: &str) -> Result<KeptColumn, LearnError> {
    if !arrays.has(name) {
        let near = suggest(name, arrays.names().iter().map(String::as_str));
        return Err(LearnError::file(arrays.file(), format!("has no array `{name}`; {near}")));
    }
    let Array { shape, elements } = arrays.get(name, "the file")?;
    let Some((_, shape)) = shape.split_first() else {
        return Err(LearnError::file(arrays.file(), format!("the array `{name}` has no axis of rows")));
    };
    let values = match elements {
        Elements::Words(words) => KeptValues::Words(words),
        Elements::Numbers(SharedRows::F32(numbers)) => {
            KeptValues::Numbers(numbers.iter().map(|&number| number.into()).collect())
        }
        Elements::Numbers(SharedRows::F64(numbers)) => KeptValues::Numbers(numbers.to_vec()),
    };
    Ok(KeptColumn { name: name.into(), shape: shape.to_vec(), values })
}
