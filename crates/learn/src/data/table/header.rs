//! The names of the columns of a table, as its first row has them.

use std::collections::HashSet;

use csv::ByteRecord;

use crate::data::cell::{self, MISQUOTED};
use crate::data::dialect::Dialect;
use crate::data::table::row_reader::RowReader;
use crate::data::table::text::COMMENT;
use crate::error::{LearnError, Remedy, quote};

/// So many rows are looked at to tell what a header leaves out.
const LOOKED_AT: usize = 20;

/// The names in a header, without the blanks round them.
pub(crate) fn names(file: &str, line: usize, header: &ByteRecord) -> Result<Vec<String>, LearnError> {
    let names = header.iter().map(|name| self::name(file, name)).collect::<Result<Vec<String>, _>>()?;
    check(file, line, &names)?;
    Ok(names)
}

/// An error if the first row holds numbers alone, and the comment before it a name for each of them, as `numpy.savetxt` writes
/// tables.
pub(crate) fn check_comment(rows: &RowReader<'_>, dialect: Dialect) -> Result<(), LearnError> {
    let is_number = |cell: &[u8]| cell::number(cell, dialect).is_some();
    let before = rows.before().trim_ascii_end();
    let begin = before.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |end| end + 1);
    let Some(comment) = before[begin..].strip_prefix(&[COMMENT]) else { return Ok(()) };
    let names: Vec<&[u8]> = comment.trim_ascii().split(|byte| *byte == dialect.separator).collect();
    let are_names = names.iter().all(|name| !name.trim_ascii().is_empty() && !is_number(name));
    if rows.record.len() < 2 || names.len() != rows.record.len() || !are_names || !rows.record.iter().all(is_number) {
        return Ok(());
    }
    let problem = format!(
        "the first row holds numbers, and the names of the columns, {}, stand in a comment before it; take the `#` out (as \
         numpy.savetxt does with comments=\"\")",
        quote(&String::from_utf8_lossy(comment.trim_ascii()))
    );
    Err(LearnError::Row { file: rows.file().into(), line: rows.line, problem, remedy: None })
}

fn name(file: &str, name: &[u8]) -> Result<String, LearnError> {
    match str::from_utf8(name.strip_prefix(&[MISQUOTED]).unwrap_or(name)) {
        _ if name.contains(&0) => {
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
fn check(file: &str, line: usize, names: &[String]) -> Result<(), LearnError> {
    let mut seen = HashSet::new();
    let twice = names.iter().find(|name| !name.is_empty() && !seen.insert(name.as_str()));
    let problem = match twice {
        None => return Ok(()),
        Some(name) if name.parse::<f64>().is_ok() => format!(
            "the first line has {} twice, and seems to be a row of data; a line with a name for each column, before it, \
             would be right",
            quote(name)
        ),
        Some(name) => format!("the header has the column {} twice; each name once would be right", quote(name)),
    };
    Err(LearnError::Row { file: file.into(), line, problem, remedy: None })
}

/// The names of all columns. Where each of the first rows has one cell more than the header has names, the first cells
/// name the rows, as R writes tables, or the last ones are empty, by a separator that ends each row: that column is without
/// a name.
///
/// # Errors
/// Each row has one cell more, and neither is so.
pub(crate) fn completed(
    mut names: Vec<String>,
    mut rows: RowReader<'_>,
    dialect: Dialect,
) -> Result<Vec<String>, LearnError> {
    let (file, expected) = (rows.file(), names.len() + 1);
    let (mut first, mut last_is_empty, mut line) = (Vec::new(), true, 0);
    while let (true, Some(row)) = (first.len() < LOOKED_AT, rows.next()?) {
        if row.len() != expected {
            return Ok(names);
        }
        first.push(row[0].to_vec());
        last_is_empty &= row[expected - 1].trim_ascii().is_empty();
        if first.len() == 1 {
            line = rows.line;
        }
    }
    if first.is_empty() {
        return Ok(names);
    }
    if last_is_empty {
        names.push(String::new());
    } else if are_row_names(&first, dialect) {
        names.insert(0, String::new());
    } else {
        let problem = format!(
            "each row has {expected} cells, the header {}; a name for each column would be right, the first, too, and a \
             point before decimals where commas separate the cells",
            names.len()
        );
        let remedy = (names.len() == 1).then_some(Remedy::NameSeparator);
        return Err(LearnError::Row { file: file.into(), line, problem, remedy });
    }
    Ok(names)
}

/// Whether cells are such as R names rows by: each another, and words, or the numbers of the rows. Where commas separate
/// the cells, such numbers may as well be what stands before a decimal comma.
fn are_row_names(cells: &[Vec<u8>], dialect: Dialect) -> bool {
    let mut seen = HashSet::new();
    if !cells.iter().all(|cell| seen.insert(cell)) {
        return false;
    }
    let numbers: Vec<Option<f64>> = cells.iter().map(|cell| cell::number(cell, dialect)).collect();
    let count = |from: f64| numbers.iter().enumerate().all(|(row, &number)| number == Some(row as f64 + from));
    numbers.iter().all(Option::is_none) || (dialect.decimal_comma() && (count(1.0) || count(0.0)))
}
