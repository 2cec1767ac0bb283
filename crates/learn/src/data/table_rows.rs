//! Rows from a table, and back to one.

use std::borrow::Cow;
use std::path::Path;

use chainrule_exec::run::SharedRows;

use crate::atomic;
use crate::data::dataset::Dataset;
use crate::data::field::Field;
use crate::data::resolve::{self, Resolved};
use crate::data::row_places::RowPlaces;
use crate::data::table::Table;
use crate::error::{LearnError, list, suggest};

impl Dataset {
    /// Reads the columns of `fields` from a table, words as they are known. Cells that are missing are not a number where
    /// that is filled in later.
    ///
    /// # Errors
    /// They name the file, the line and the column: a column that is not there, a cell that is missing, no finite number
    /// or a word that is not known, and one that is none of the whole numbers, or neither 0 nor 1, where those are asked
    /// for.
    pub fn read(table: &Table, fields: &[Field]) -> Result<Dataset, LearnError> {
        Dataset::read_rows(table, fields, false)
    }

    /// The same without the rows in which a cell is missing that nothing fills in.
    ///
    /// # Errors
    /// The others of [`Dataset::read`].
    pub fn read_whole_rows(table: &Table, fields: &[Field]) -> Result<Dataset, LearnError> {
        Dataset::read_rows(table, fields, true)
    }

    fn read_rows(table: &Table, fields: &[Field], drops: bool) -> Result<Dataset, LearnError> {
        fields.iter().try_for_each(|field| field.check_columns(table.file()))?;
        let find = |field: &Field| {
            let find = |column: &String| table.find(column).ok_or_else(|| missing(table, fields, field, column));
            field.columns.iter().map(find).collect::<Result<Vec<usize>, _>>()
        };
        let columns = fields.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let Resolved { lines, values, .. } = resolve::again(table, fields, &columns, drops)?;
        let values = values.into_iter().map(SharedRows::from).collect();
        Dataset::checked(table.file().into(), RowPlaces::lines(lines), fields.to_vec(), values)
    }

    /// The rows as CSV with a header; numbers are printed so that they read back to the same bits.
    pub fn to_csv(&self) -> Vec<u8> {
        const IN_MEMORY: &str = "a table in memory can be written";
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(self.fields().iter().flat_map(Field::element_names)).expect(IN_MEMORY);
        let values: Vec<Cow<'_, [f64]>> = (0..self.fields().len()).map(|index| self.values_at(index)).collect();
        for row in 0..self.rows() {
            let elements = values.iter().zip(self.fields()).flat_map(|(values, field)| {
                let size = field.shape.size();
                &values[row * size..(row + 1) * size]
            });
            table.write_record(elements.map(f64::to_string)).expect(IN_MEMORY);
        }
        table.into_inner().expect(IN_MEMORY)
    }

    /// Writes [`Dataset::to_csv`] to a file, whole or not at all.
    ///
    /// # Errors
    /// Those of [`atomic::write`].
    pub fn write_csv(&self, path: impl AsRef<Path>) -> Result<(), LearnError> {
        atomic::write(path, &self.to_csv())
    }
}

/// A column that a field takes is not there. What was meant is none that another takes.
fn missing(table: &Table, fields: &[Field], field: &Field, column: &str) -> LearnError {
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
