//! The rows of a table one after another, with the line on which each begins.
//!
//! The lines that the reader of the library counts are those before the blank lines and comments it skips, so they are
//! counted here.

use csv::{ByteRecord, ReaderBuilder};

use crate::data::dialect::Dialect;
use crate::data::table::text::{COMMENT, line_ends};
use crate::error::{LearnError, Remedy};

/// The rows of a text, blank ones and comments left out.
pub(crate) struct RowReader<'a> {
    file: &'a str,
    bytes: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    /// The last row.
    pub record: ByteRecord,
    /// The number of columns; a longer row is an error. The header itself may have any.
    pub width: usize,
    /// The line on which the last row begins.
    pub line: usize,
    /// The byte at which it begins.
    start: usize,
    /// Whether no row goes over several lines.
    has_no_quotes: bool,
}

impl<'a> RowReader<'a> {
    /// Reads a text whose first line is this one of the file, and in which there are no quotes, if that is known.
    pub fn new(file: &'a str, bytes: &'a [u8], dialect: Dialect, line: usize, has_no_quotes: bool) -> RowReader<'a> {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(dialect.separator)
            .comment(Some(COMMENT))
            .from_reader(bytes);
        RowReader { file, bytes, reader, record: ByteRecord::new(), width: usize::MAX, line, start: 0, has_no_quotes }
    }

    /// What messages call the file.
    pub fn file(&self) -> &'a str {
        self.file
    }

    /// The text before the last row.
    pub fn before(&self) -> &'a [u8] {
        &self.bytes[..self.start]
    }

    /// The next row, if there is one.
    pub fn next(&mut self) -> Result<Option<&ByteRecord>, LearnError> {
        loop {
            let end_of_last = self.reader.position().byte() as usize;
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => return Err(LearnError::file(self.file, format!("cannot be read as CSV: {error}"))),
            }
            self.go_to(end_of_last);
            if self.start == self.bytes.len() {
                return Ok(None); // The file ends in a comment, which the library takes for an empty row.
            }
            if !self.is_blank() {
                break;
            }
        }
        if self.record.len() > self.width {
            let (found, is_single) = (self.record.len(), self.width == 1);
            let right = match is_single {
                true => "the names of all columns would be right, with nothing before them, such as a title",
                false => "as many would be right, and quotes round a cell that holds what separates them",
            };
            let problem = format!("the row has {found} cells, the header {}; {right}", self.width);
            let remedy = is_single.then_some(Remedy::NameSeparator);
            return Err(LearnError::Row { file: self.file.into(), line: self.line, problem, remedy });
        }
        Ok(Some(&self.record))
    }

    /// Counts the lines to the row that begins after the line ends and comments from here on.
    fn go_to(&mut self, end_of_last: usize) {
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let mut start = end_of_last;
        while let Some(byte) = self.bytes.get(start) {
            match *byte {
                COMMENT => {
                    start = self.bytes[start..].iter().position(is_end).map_or(self.bytes.len(), |end| start + end)
                }
                byte if is_end(&byte) => start += 1,
                _ => break,
            }
        }
        // Where no row goes over several lines, the ends lie between the rows.
        let from = if self.has_no_quotes {
            end_of_last - self.bytes[self.start..end_of_last].iter().rev().take_while(|byte| is_end(byte)).count()
        } else {
            self.start
        };
        self.line += line_ends(&self.bytes[from..start]);
        self.start = start;
    }

    /// Whether the row is a line of blanks alone. An empty quoted cell is not.
    fn is_blank(&self) -> bool {
        let first = self.record.get(0).unwrap_or_default();
        self.record.len() == 1 && !first.is_empty() && first.trim_ascii().is_empty() && self.bytes[self.start] != b'"'
    }
}
