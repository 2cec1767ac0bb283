//! Tables in CSV, as a file or compressed by gzip: named columns of cells, read as numbers where a column is taken.
//!
//! The bytes are kept and parsed again for each question, so columns that nobody takes cost nothing and may hold
//! anything.

mod detection;
mod foreign;
mod header;
pub(crate) mod row_reader;
pub(crate) mod text;

use std::borrow::Cow;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::data::cell::{self, Cell, NUMBER};
use crate::data::dialect::Dialect;
use crate::data::table::row_reader::RowReader;
use crate::error::{LearnError, Remedy, RowPlace, quote};

/// A table with a header and at least one row.
#[derive(Clone, Debug)]
pub struct Table {
    file: String,
    /// The line of the file on which the header stands.
    header: usize,
    names: Vec<String>,
    dialect: Dialect,
    /// The file, decompressed.
    bytes: Vec<u8>,
    /// Where the header begins in it: after a byte-order mark, and a line that names the separator.
    start: usize,
    /// The line of the file which begins there.
    first_line: usize,
    has_no_quotes: bool,
}

/// Columns of a table as numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnValues {
    /// The line of the file, from 1, on which each row begins.
    pub lines: Vec<usize>,
    /// The cells, rows × columns, row by row; all finite.
    pub values: Vec<f64>,
}

impl Table {
    /// Reads a file. Its cells are separated by commas, semicolons, tabs or bars, as header and rows say; where it is not
    /// by commas, `3,14` is a number. Lines that begin with `#` are skipped.
    ///
    /// # Errors
    /// They name the file: no such file, a folder, a corrupt gzip, quotes that do not fit, no text in the header, a
    /// repeated header, no data rows.
    pub fn read(path: impl AsRef<Path>) -> Result<Table, LearnError> {
        Table::read_separated(path, None)
    }

    /// The same with cells separated by this byte, if it is known.
    ///
    /// # Errors
    /// Those of [`Table::read`].
    pub fn read_separated(path: impl AsRef<Path>, separator: Option<u8>) -> Result<Table, LearnError> {
        let (file, bytes) = read_bytes(path.as_ref())?;
        Table::from_bytes_separated(&file, bytes, separator)
    }

    /// The same from the bytes of a file, perhaps compressed. Messages call it `file`.
    ///
    /// # Errors
    /// Those of [`Table::read`], but for the ones of files.
    pub fn from_bytes(file: &str, bytes: Vec<u8>) -> Result<Table, LearnError> {
        Table::from_bytes_separated(file, bytes, None)
    }

    /// The same with cells separated by this byte, if it is known.
    ///
    /// # Errors
    /// Those of [`Table::read`], but for the ones of files.
    pub fn from_bytes_separated(file: &str, bytes: Vec<u8>, separator: Option<u8>) -> Result<Table, LearnError> {
        let mut bytes = text::decompressed(file, bytes)?;
        text::check_encoding(file, &bytes)?;
        if let Some(problem) = foreign::problem(&bytes) {
            return Err(LearnError::file(file, problem));
        }
        if separator == Some(b' ') {
            bytes = text::with_single_spaces(&bytes);
        }
        let mut start = text::mark_length(&bytes);
        let named = Dialect::in_first_line(&bytes[start..]);
        start += named.map_or(0, |(_, length)| length);
        let known = separator.map(|separator| Dialect { separator }).or(named.map(|(dialect, _)| dialect));
        let dialect = known.unwrap_or_else(|| detection::dialect(&bytes[start..]));
        let bytes = text::with_quoted_errors(bytes, dialect.separator);
        let body = &bytes[start..];
        let first_line = if named.is_some() { 2 } else { 1 };

        let plain = text::with_plain_quotes(file, body, dialect.separator, first_line)?;
        let has_no_quotes = matches!(plain, Cow::Borrowed(_));
        let mut rows = RowReader::new(file, &plain, dialect, first_line, has_no_quotes);
        if rows.next()?.is_none() {
            return Err(LearnError::file(file, "is empty: no header and no data rows"));
        }
        let header = rows.line;
        header::check_comment(&rows, dialect)?;
        let names = header::names(file, header, &rows.record)?;
        let names = header::completed(names, rows, dialect)?;
        let mut rows = RowReader::new(file, &plain, dialect, first_line, has_no_quotes);
        rows.next()?;
        rows.width = names.len();
        if rows.next()?.is_none() {
            return Err(LearnError::file(file, "has a header but no data rows"));
        }
        let (bytes, start) = match plain {
            Cow::Borrowed(_) => (bytes, start),
            Cow::Owned(plain) => (plain, 0),
        };
        Ok(Table { file: file.into(), header, names, dialect, bytes, start, first_line, has_no_quotes })
    }

    /// What messages call the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The names of the columns, in the file's order. A column may have no name: that of row names, for instance, which R
    /// writes without one.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What is wrong with the header.
    pub(crate) fn in_header(&self, problem: String, remedy: Option<Remedy>) -> LearnError {
        LearnError::Row { file: self.file.clone(), line: self.header, problem, remedy }
    }

    /// The first of these columns that is not empty in every row.
    pub(crate) fn first_with_content(&self, columns: &[usize]) -> Result<Option<usize>, LearnError> {
        let mut rows = self.rows()?;
        while let (false, Some(row)) = (columns.is_empty(), rows.next()?) {
            let has_content = |&&column: &&usize| row.get(column).is_some_and(|cell| !cell.trim_ascii().is_empty());
            if let Some(&column) = columns.iter().find(has_content) {
                return Ok(Some(column));
            }
        }
        Ok(None)
    }

    /// The index of the column of that name; nobody can ask for one without a name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name && !name.is_empty())
    }

    /// The columns of these indices as numbers, row by row.
    ///
    /// # Errors
    /// There is no column of such an index. Else they name the line and column of the first cell that is missing,
    /// empty, no number or not finite, or the line of a row that is longer than the header.
    pub fn values(&self, columns: &[usize]) -> Result<ColumnValues, LearnError> {
        if let Some(column) = columns.iter().find(|&&column| column >= self.names.len()) {
            let problem = format!("has {} columns, and none of index {column}", self.names.len());
            return Err(LearnError::file(&self.file, problem));
        }
        let mut numbers = ColumnValues { lines: Vec::new(), values: Vec::new() };
        let mut rows = self.rows()?;
        while rows.next()?.is_some() {
            numbers.lines.push(rows.line);
            for &column in columns {
                let value = number(rows.record.get(column), self.dialect).map_err(|problem| LearnError::Cell {
                    file: self.file.clone(),
                    place: RowPlace::line(rows.line),
                    column: self.names[column].clone(),
                    problem: format!("{problem}; {NUMBER} would be right"),
                    remedy: None,
                })?;
                numbers.values.push(value);
            }
        }
        Ok(numbers)
    }

    /// About how many rows there are, if all are as long as the first ones.
    pub(crate) fn estimated_rows(&self) -> usize {
        const LOOKED_AT: usize = 1 << 16;
        let text = &self.bytes[self.start..];
        let first = &text[..text.len().min(LOOKED_AT)];
        let lines = first.iter().filter(|&&byte| byte == b'\n').count().max(1);
        text.len() / (first.len() / lines).max(1)
    }

    /// How its cells are written.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Its rows, those after the header.
    pub(crate) fn rows(&self) -> Result<RowReader<'_>, LearnError> {
        let mut rows =
            RowReader::new(&self.file, &self.bytes[self.start..], self.dialect, self.first_line, self.has_no_quotes);
        rows.next()?;
        rows.width = self.names.len();
        Ok(rows)
    }
}

/// What messages call a file, and its bytes.
pub(crate) fn read_bytes(path: &Path) -> Result<(String, Vec<u8>), LearnError> {
    let file = path.display().to_string();
    if path.is_dir() {
        return Err(LearnError::file(file, "is a folder; a CSV file would be right"));
    }
    match fs::read(path) {
        Ok(bytes) => Ok((file, bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(LearnError::file(file, "there is no such file")),
        Err(error) => Err(LearnError::file(file, format!("cannot be read: {error}"))),
    }
}

/// The number in a cell, or what is wrong with it.
fn number(cell: Option<&[u8]>, dialect: Dialect) -> Result<f64, String> {
    match cell::read(cell, dialect)? {
        Cell::Number(number) => Ok(number),
        Cell::Word(word) => Err(format!("found {}", quote(word))),
        Cell::Missing => Err(match cell::text(cell.unwrap_or_default())? {
            "" => "the cell is empty".into(),
            text => format!("found {}, which stands for no value", quote(text)),
        }),
    }
}
