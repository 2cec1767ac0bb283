//! Tables in CSV, as a file or compressed by gzip: named columns of cells, read as numbers where a column is taken.
//!
//! The bytes are kept and parsed again for each question, so columns that nobody takes cost nothing and may hold
//! anything. The reader's own line numbers are those before the blank lines it skips, so lines are counted here.

use std::collections::HashSet;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};
use flate2::bufread::MultiGzDecoder;

use crate::error::{LearnError, Remedy, quote};

/// What a cell of a column of real numbers holds.
pub(crate) const NUMBER: &str = "a number such as 3 or -0.5";

const GZIP: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// A table with a header and at least one row.
#[derive(Clone, Debug)]
pub struct Table {
    file: String,
    /// The line of the file on which the header stands.
    header: usize,
    names: Vec<String>,
    bytes: Vec<u8>,
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
    /// Reads a file.
    ///
    /// # Errors
    /// They name the file: no such file, a folder, a corrupt gzip, quotes that do not fit, no text in the header, a
    /// repeated header, no data rows.
    pub fn read(path: impl AsRef<Path>) -> Result<Table, LearnError> {
        let path = path.as_ref();
        let file = path.display().to_string();
        if path.is_dir() {
            return Err(LearnError::file(file, "is a folder; a CSV file would be right"));
        }
        match fs::read(path) {
            Ok(bytes) => Table::from_bytes(&file, bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(LearnError::file(file, "there is no such file")),
            Err(error) => Err(LearnError::file(file, format!("cannot be read: {error}"))),
        }
    }

    /// The same from the bytes of a file, perhaps compressed. Messages call it `file`.
    ///
    /// # Errors
    /// Those of [`Table::read`], but for the ones of files.
    pub fn from_bytes(file: &str, bytes: Vec<u8>) -> Result<Table, LearnError> {
        let bytes = if bytes.starts_with(&GZIP) { unzip(file, &bytes)? } else { bytes };
        let text = bytes.strip_prefix(&BYTE_ORDER_MARK).unwrap_or(&bytes);
        let bytes = with_plain_quotes(file, text)?;
        let mut rows = RowReader::new(file, &bytes);
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
        Ok(Table { file: file.into(), header, names, bytes })
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
        let columns: Vec<(usize, &str)> = columns.iter().map(|&column| (column, NUMBER)).collect();
        self.values_like(&columns)
    }

    /// The same, of columns each with what would be right in it.
    pub(crate) fn values_like(&self, columns: &[(usize, &str)]) -> Result<ColumnValues, LearnError> {
        let mut numbers = ColumnValues { lines: Vec::new(), values: Vec::new() };
        let mut rows = RowReader::new(&self.file, &self.bytes);
        rows.next()?;
        rows.width = self.names.len();
        while rows.next()?.is_some() {
            numbers.lines.push(rows.line);
            for &(column, right) in columns {
                let cell = rows.record.get(column);
                let value = number(cell).map_err(|problem| LearnError::Cell {
                    file: self.file.clone(),
                    line: rows.line,
                    column: self.names[column].clone(),
                    problem: format!("{problem}; {right} would be right"),
                })?;
                numbers.values.push(value);
            }
        }
        Ok(numbers)
    }
}

/// The number in a cell, or what is wrong with it.
fn number(cell: Option<&[u8]>) -> Result<f64, String> {
    let cell = cell.ok_or("the row ends before this cell")?;
    if let Some(written) = cell.strip_prefix(&[MISQUOTED]) {
        let found = quote(&String::from_utf8_lossy(written));
        return Err(format!("found {found}: text follows the closing quote; a quote within quotes is written twice"));
    }
    let Ok(text) = str::from_utf8(cell) else {
        return Err(format!("found {}, no text in UTF-8", quote(&String::from_utf8_lossy(cell))));
    };
    let text = text.trim();
    if text.is_empty() {
        return Err("the cell is empty".into());
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(format!("found {}, which is not finite", quote(text))),
        Err(_) => Err(format!("found {}", quote(text))),
    }
}

/// Begins a cell in which text follows the closing quote, and which is kept as it is written. No text has this byte.
const MISQUOTED: u8 = 0xff;

fn header_name(file: &str, name: &[u8]) -> Result<String, LearnError> {
    match str::from_utf8(name.strip_prefix(&[MISQUOTED]).unwrap_or(name)) {
        Ok(name) if name.contains('\0') => {
            Err(LearnError::file(file, "is no text: its header holds the character U+0000; a CSV file would be right"))
        }
        Ok(name) => Ok(name.trim().to_string()),
        Err(_) => {
            let shown = quote(&String::from_utf8_lossy(name));
            Err(LearnError::file(file, format!("is no text in UTF-8: the header holds {shown}")))
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

fn unzip(file: &str, bytes: &[u8]) -> Result<Vec<u8>, LearnError> {
    let mut text = Vec::new();
    match MultiGzDecoder::new(bytes).read_to_end(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(LearnError::file(file, format!("is a gzip file that is truncated or corrupt: {error}"))),
    }
}

/// The text without the blanks before an opening quote, which would make the reader take the quote as part of the cell.
/// A quote that is never closed is an error, since the reader would take the rest of the file as one cell. A cell with
/// text after its closing quote is kept as it is written, quotes and all, behind a mark.
fn with_plain_quotes(file: &str, text: &[u8]) -> Result<Vec<u8>, LearnError> {
    if !text.contains(&b'"') {
        return Ok(text.to_vec());
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if rest.get(blanks) == Some(&b'"') {
            let quoted = &rest[blanks..];
            let line = || 1 + line_ends(&text[..text.len() - quoted.len()]);
            let Some(end) = closing_quote(quoted) else {
                let problem = "a quote is opened and never closed; close it, or double it if it is meant".into();
                return Err(LearnError::Row { file: file.into(), line: line(), problem, remedy: None });
            };
            let after = &quoted[end + 1..];
            let more =
                &after[..after.iter().position(|byte| matches!(byte, b',' | b'\n' | b'\r')).unwrap_or(after.len())];
            if more.trim_ascii().is_empty() {
                plain.extend_from_slice(&quoted[..=end]);
            } else {
                // Kept as it is written, with its quotes: a mistake if the column is taken.
                let doubled = |&byte: &u8| std::iter::repeat_n(byte, if byte == b'"' { 2 } else { 1 });
                plain.extend([b'"', MISQUOTED]);
                plain.extend(quoted[..=end].iter().chain(more).flat_map(doubled));
                plain.push(b'"');
            }
            rest = &after[more.len()..];
        }
        let end = rest.iter().position(|byte| matches!(byte, b',' | b'\n' | b'\r')).map_or(rest.len(), |end| end + 1);
        plain.extend_from_slice(&rest[..end]);
        rest = &rest[end..];
    }
    Ok(plain)
}

/// Where the quote that `quoted` begins with is closed; a doubled quote does not close it.
fn closing_quote(quoted: &[u8]) -> Option<usize> {
    let mut from = 1;
    loop {
        let quote = from + quoted[from..].iter().position(|&byte| byte == b'"')?;
        if quoted.get(quote + 1) != Some(&b'"') {
            return Some(quote);
        }
        from = quote + 2;
    }
}

/// The number of line ends: LF, CRLF or CR.
fn line_ends(text: &[u8]) -> usize {
    let feeds = text.iter().filter(|&&byte| byte == b'\n').count();
    let returns = text.iter().filter(|&&byte| byte == b'\r').count();
    let pairs = if returns > 0 { text.windows(2).filter(|pair| pair == b"\r\n").count() } else { 0 };
    feeds + returns - pairs
}

/// The rows of a table one after another, blank ones left out.
struct RowReader<'a> {
    file: &'a str,
    bytes: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    record: ByteRecord,
    /// The number of columns; a longer row is an error. The header itself may have any.
    width: usize,
    /// The line on which the last row begins, and the byte.
    line: usize,
    start: usize,
}

impl<'a> RowReader<'a> {
    fn new(file: &'a str, bytes: &'a [u8]) -> RowReader<'a> {
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
        RowReader { file, bytes, reader, record: ByteRecord::new(), width: usize::MAX, line: 1, start: 0 }
    }

    fn next(&mut self) -> Result<Option<&ByteRecord>, LearnError> {
        loop {
            let end_of_last = self.reader.position().byte() as usize;
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => return Err(LearnError::file(self.file, format!("cannot be read as CSV: {error}"))),
            }
            // A row begins after the line ends before it: that of the last row, and blank lines.
            let skipped = self.bytes[end_of_last..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
            let start = end_of_last + skipped;
            self.line += line_ends(&self.bytes[self.start..start]);
            self.start = start;
            if !self.is_blank() {
                break;
            }
        }
        if self.record.len() > self.width {
            let problem = format!("the row has {} cells, the header {}", self.record.len(), self.width);
            return Err(LearnError::Row { file: self.file.into(), line: self.line, problem, remedy: None });
        }
        Ok(Some(&self.record))
    }

    /// Whether the row is a line of blanks alone. An empty quoted cell is not.
    fn is_blank(&self) -> bool {
        let first = self.record.get(0).unwrap_or_default();
        self.record.len() == 1 && !first.is_empty() && first.trim_ascii().is_empty() && self.bytes[self.start] != b'"'
    }
}
