//! What a cell says: a number, a word, or nothing.

use crate::data::dialect::Dialect;
use crate::error::quote;

/// What stands in cells that have no value.
const MISSING: [&str; 9] = ["", "NA", "N/A", "NaN", "nan", "null", "None", "?", "-"];

/// Begins a cell in which text follows the closing quote, and which is kept as it is written. No text has this byte.
pub(crate) const MISQUOTED: u8 = 0xff;

/// What a cell of a column of real numbers holds.
pub(crate) const NUMBER: &str = "a number such as 3 or -0.5";

/// What a cell says. Numbers and texts become cells: `Cell::from(2.5)`, `Cell::from("Paris")`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// A finite number.
    Number(f64),
    /// A text that is no number, without the blanks round it.
    Word(&'a str),
    /// Nothing, or a text that says so.
    Missing,
}

impl From<f64> for Cell<'_> {
    fn from(number: f64) -> Self {
        Cell::Number(number)
    }
}

impl From<f32> for Cell<'_> {
    fn from(number: f32) -> Self {
        Cell::Number(number.into())
    }
}

impl From<i32> for Cell<'_> {
    fn from(number: i32) -> Self {
        Cell::Number(number.into())
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Cell::Word(text)
    }
}

/// Reads a cell, or says what is wrong with it. There is none where a row is shorter than the header.
pub(crate) fn read(cell: Option<&[u8]>, dialect: Dialect) -> Result<Cell<'_>, String> {
    let cell = cell.ok_or("the row ends before this cell")?;
    match number(cell, dialect) {
        Some(number) if number.is_finite() => return Ok(Cell::Number(number)),
        _ => {}
    }
    let text = text(cell)?;
    if MISSING.contains(&text) {
        return Ok(Cell::Missing);
    }
    match number(text.as_bytes(), dialect) {
        Some(_) => Err(format!("found {}, which is not finite", quote(text))),
        None => Ok(Cell::Word(text)),
    }
}

/// The text of a cell without the blanks round it, or what is wrong with it.
pub(crate) fn text(cell: &[u8]) -> Result<&str, String> {
    if let Some(written) = cell.strip_prefix(&[MISQUOTED]) {
        let found = quote(&String::from_utf8_lossy(written));
        return Err(format!("found {found}: text follows the closing quote; a quote within quotes is written twice"));
    }
    let text = str::from_utf8(cell);
    let no_text =
        |_| format!("found {}, no text in UTF-8; save the file as UTF-8", quote(&String::from_utf8_lossy(cell)));
    text.map(str::trim).map_err(no_text)
}

/// The number that a cell is, perhaps one that is not finite; none if it is no number.
pub(crate) fn number(cell: &[u8], dialect: Dialect) -> Option<f64> {
    if let Ok(number) = fast_float2::parse(cell) {
        return Some(number);
    }
    let trimmed = cell.trim_ascii();
    if dialect.decimal_comma() && trimmed.contains(&b',') && !trimmed.contains(&b'.') {
        let mut point = trimmed.to_vec();
        point.iter_mut().filter(|byte| **byte == b',').for_each(|byte| *byte = b'.');
        return fast_float2::parse(point).ok();
    }
    (trimmed.len() < cell.len()).then(|| fast_float2::parse(trimmed).ok())?
}
