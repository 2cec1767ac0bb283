//! Rows from a table, and back to one.

use std::borrow::Cow;
use std::path::Path;

use chainrule_exec::run::SharedRows;
use chainrule_graph::text::near;

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
            let found = |column: &String| table.find(column);
            let columns = field.columns.iter().map(found).collect::<Option<Vec<usize>>>();
            columns.ok_or_else(|| missing(table, fields, field))
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

/// Columns that a field takes are not there. What was meant is none that another takes.
fn missing(table: &Table, fields: &[Field], field: &Field) -> LearnError {
    let names = || table.names().iter().map(String::as_str);
    let is_taken = |name: &str| fields.iter().any(|field| field.columns.iter().any(|other| other == name));
    let free: Vec<&str> = names().filter(|name| !name.is_empty() && !is_taken(name)).collect();
    let absent: Vec<&str> =
        field.columns.iter().map(String::as_str).filter(|column| table.find(column).is_none()).collect();
    let meant: Vec<(&str, &str)> =
        absent.iter().filter_map(|column| Some((*column, similar(column, &free)?))).collect();
    let (count, all) = (absent.len(), field.columns.len());
    let what = match absent[..] {
        [column] => format!("takes the column `{column}`, which is not there"),
        _ if count == all => {
            format!("takes {all} columns, none of which is there, {}", list(absent.iter().copied()))
        }
        _ => format!("takes {all} columns, of which {count} are not there, {}", list(absent.iter().copied())),
    };
    let problem = match meant[..] {
        [(_, name)] if count == 1 => format!("{what}; did you mean `{name}`?"),
        [] if free.is_empty() => format!("{what}; the others are taken: {}", list(names())),
        [] => format!("{what}; {}", suggest("", free)),
        _ => format!("{what}; did you mean {}?", pairs(&meant)),
    };
    LearnError::Columns {
        file: table.file().into(),
        name: format!("{} `{}`", field.role, field.name),
        problem,
        remedy: None,
    }
}

/// A name near to this one, or that one of the two begins with, signs aside: `petal length (cm)` for `petal_length`.
fn similar<'a>(name: &str, free: &[&'a str]) -> Option<&'a str> {
    /// Fewer letters say little.
    const TELLING: usize = 4;
    let plain =
        |name: &str| -> String { name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let wanted = plain(name);
    let begins = |other: &&str| {
        let other = plain(other);
        wanted.len().min(other.len()) >= TELLING && (wanted.starts_with(&other) || other.starts_with(&wanted))
    };
    near(name, free.iter().copied()).or_else(|| free.iter().copied().find(begins))
}

/// `` `Age` for `age`, `Sex` for `sex` and 3 more``
fn pairs(meant: &[(&str, &str)]) -> String {
    const SHOWN: usize = 4;
    let pairs: Vec<String> =
        meant.iter().take(SHOWN).map(|(column, name)| format!("`{name}` for `{column}`")).collect();
    match meant.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{} and {more} more", pairs.join(", ")),
        _ => pairs.join(", "),
    }
}
