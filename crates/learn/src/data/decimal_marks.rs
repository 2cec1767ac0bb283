//! Decimal commas and decimal points in one table, where one of the two may stand between thousands.

use crate::error::quote;

/// Numbers with a decimal comma and with a decimal point, the first of each, and the first that may as well have thousands.
#[derive(Default)]
pub(crate) struct DecimalMarks {
    commas: Seen,
    points: Seen,
}

/// Numbers with one of the marks.
#[derive(Default)]
struct Seen {
    first: Option<Number>,
    with_thousands: Option<Number>,
}

/// A number as it is written, and where.
#[derive(Clone)]
struct Number {
    text: String,
    line: usize,
    column: String,
}

impl DecimalMarks {
    /// A cell that was read as a number.
    pub fn see(&mut self, cell: &[u8], line: usize, column: &str) {
        self.commas.see(b',', cell, line, column);
        self.points.see(b'.', cell, line, column);
    }

    /// What is said if a mark may stand between thousands while the other one is decimal.
    pub fn ambiguity(self) -> Option<String> {
        let DecimalMarks { commas, points } = self;
        let (odd, other) = match (points.with_thousands, commas.with_thousands) {
            (Some(odd), _) if commas.first.is_some() => (odd, commas.first?),
            (_, Some(odd)) => (odd, points.first?),
            _ => return None,
        };
        let without: String = odd.text.chars().filter(|c| !matches!(c, '.' | ',')).collect();
        Some(format!(
            "{} in line {}, column `{}`, is read as {}, though {} in line {}, column `{}`, has another decimal sign; if it is \
             {without}, take the sign between thousands out",
            quote(&odd.text),
            odd.line,
            odd.column,
            odd.text.replace(',', "."),
            quote(&other.text),
            other.line,
            other.column,
        ))
    }
}

impl Seen {
    fn see(&mut self, mark: u8, cell: &[u8], line: usize, column: &str) {
        let place = || {
            let text = String::from_utf8_lossy(cell).trim().to_string();
            Some(Number { text, line, column: column.into() })
        };
        if self.first.is_none() && cell.contains(&mark) {
            self.first = place();
        }
        if self.with_thousands.is_none() && may_have_thousands(mark, cell) {
            self.with_thousands = place();
        }
    }
}

/// Whether the mark may stand between thousands: after one to three digits, of which the first is not 0, and before three.
fn may_have_thousands(mark: u8, cell: &[u8]) -> bool {
    // Most cells have no mark there.
    let Some(at) = cell.len().checked_sub(4).filter(|&at| cell[at] == mark) else { return false };
    let before = cell[..at].trim_ascii_start();
    let whole = before.strip_prefix(b"-").unwrap_or(before);
    let are_digits = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
    (1..=3).contains(&whole.len()) && whole[0] != b'0' && are_digits(whole) && are_digits(&cell[at + 1..])
}
