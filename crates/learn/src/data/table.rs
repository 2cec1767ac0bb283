//! Tables in CSV, as a file or compressed by gzip: named columns of cells, read as numbers where a column is taken.
//!
//! The bytes are kept and parsed again for each question, so columns that nobody takes cost nothing and may hold
//! anything.

mod detection;
pub(crate) mod row_reader;
pub(crate) mod text;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::data::cell::{self, Cell, MISQUOTED, NUMBER};
use crate::data::dialect::Dialect;
use crate::data::table::row_reader::RowReader;
use crate::error::{LearnError, Remedy, quote};

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
        if separator == Some(b' ') {
            bytes = text::with_single_spaces(&bytes);
        }
        let mut start = text::mark_length(&bytes);
        let named = Dialect::in_first_line(&bytes[start..]);
        start += named.map_or(0, |(_, length)| length);
        let body = &bytes[start..];
        let known = separator.map(|separator| Dialect { separator }).or(named.map(|(dialect, _)| dialect));
        let dialect = known.unwrap_or_else(|| detection::dialect(body));
        let first_line = if named.is_some() { 2 } else { 1 };

        let plain = text::with_plain_quotes(file, body, dialect.separator, first_line)?;
        let has_no_quotes = matches!(plain, Cow::Borrowed(_));
        let mut rows = RowReader::new(file, &plain, dialect, first_line, has_no_quotes);
        let names = match rows.next()? {
            Some(header) => header.iter().map(|name| header_name(file, name)).collect::<Result<Vec<String>, _>>()?,
            None => return Err(LearnError::file(file, "is empty: no header and no data rows")),
        };
        let header = rows.line;
        check_names(file, header, &names)?;
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

    /// The names of the columns, in the file's order. A column may have no name.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What is wrong with the header.
    pub(crate) fn in_header(&self, problem: String, remedy: Option<Remedy>) -> LearnError {
        LearnError::Row { file: self.file.clone(), line: self.header, problem, remedy }
    }

    /// The index of the column of that name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
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
                    line: rows.line,
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

fn header_name(file: &str, name: &[u8]) -> Result<String, LearnError> {
    match str::from_utf8(name.strip_prefix(&[MISQUOTED]).unwrap_or(name)) {
        Ok(name) if name.contains('\0') => {
            Err(LearnError::file(file, "is no text: its header holds the character U+0000; a CSV file would be right"))
        }
        Ok(name) => Ok(name.trim().to_string()),
        Err(_) => {
            let shown = quote(&String::from_utf8_lossy(name));
            Err(LearnError::file(
                file,
                format!("is no text in UTF-8: the header holds {shown}; save the file as UTF-8"),
            ))
        }
    }
}

/// An error if two columns have one name. Those without a name may be many: nobody can ask for them.
fn check_names(file: &str, line: usize, names: &[String]) -> Result<(), LearnError> {
    let mut seen = HashSet::new();
    match names.iter().find(|name| !name.is_empty() && !seen.insert(name.as_str())) {
        Some(name) => {
            let problem = format!("the header has the column {} twice; each name once would be right", quote(name));
            Err(LearnError::Row { file: file.into(), line, problem, remedy: None })
        }
        None => Ok(()),
    }
}
