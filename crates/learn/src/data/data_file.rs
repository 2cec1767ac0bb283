//! A file of data: a table, or named arrays.

use std::path::Path;

use crate::data::arrays::Arrays;
use crate::data::columns::{Assignment, assign, check_counts};
use crate::data::dataset::Dataset;
use crate::data::declaration::{FieldDeclaration, Mapping};
use crate::data::field::Field;
use crate::data::from_arrays::assign_arrays;
use crate::data::selection::Selection;
use crate::data::table::{self, Table};
use crate::error::LearnError;

/// A file of data, told by its first bytes.
#[derive(Clone, Debug)]
pub enum DataFile {
    /// Columns of cells: CSV.
    Table(Table),
    /// Named arrays: NumPy's `.npz`.
    Arrays(Arrays),
}

impl DataFile {
    /// Reads a file. If it is a table, `separator` is what separates its cells, where that is known.
    ///
    /// # Errors
    /// Those of [`Table::read`] and of [`Arrays::from_bytes`].
    pub fn read(path: impl AsRef<Path>, separator: Option<u8>) -> Result<DataFile, LearnError> {
        let (file, bytes) = table::read_bytes(path.as_ref())?;
        DataFile::from_bytes(&file, bytes, separator)
    }

    /// The same from the bytes of a file. Messages call it `file`.
    ///
    /// # Errors
    /// Those of [`Table::from_bytes`] and of [`Arrays::from_bytes`].
    pub fn from_bytes(file: &str, bytes: Vec<u8>, separator: Option<u8>) -> Result<DataFile, LearnError> {
        match Arrays::are_in(&bytes) {
            true => Arrays::from_bytes(file, bytes).map(DataFile::Arrays),
            false => Table::from_bytes_separated(file, bytes, separator).map(DataFile::Table),
        }
    }

    /// What messages call it.
    pub fn file(&self) -> &str {
        match self {
            DataFile::Table(table) => table.file(),
            DataFile::Arrays(arrays) => arrays.file(),
        }
    }

    /// What it says about a model: see [`assign`] and [`assign_arrays`].
    ///
    /// # Errors
    /// Those of the two.
    pub fn assign(
        &self,
        declarations: &[FieldDeclaration],
        selection: &Selection,
        known: &[(String, usize)],
    ) -> Result<Assignment, LearnError> {
        match self {
            DataFile::Table(table) => assign(declarations, table, selection, known),
            DataFile::Arrays(arrays) => assign_arrays(declarations, arrays, selection, known),
        }
    }

    /// The rows of fields that were taken from another file before. `drops` says whether rows in which a cell is missing are
    /// left out.
    ///
    /// # Errors
    /// Those of [`Dataset::read`] and [`Dataset::read_arrays`].
    pub fn dataset(&self, fields: &[Field], drops: bool) -> Result<Dataset, LearnError> {
        match self {
            DataFile::Table(table) if drops => Dataset::read_whole_rows(table, fields),
            DataFile::Table(table) => Dataset::read(table, fields),
            DataFile::Arrays(arrays) => Dataset::read_arrays(arrays, fields),
        }
    }

    /// Whether a table has as many columns for each field as the field took: see [`check_counts`].
    ///
    /// # Errors
    /// It has more of them.
    pub fn check_counts(&self, fields: &[Field], mappings: &[Mapping]) -> Result<(), LearnError> {
        match self {
            DataFile::Table(table) => check_counts(fields, table, mappings),
            DataFile::Arrays(_) => Ok(()),
        }
    }
}
