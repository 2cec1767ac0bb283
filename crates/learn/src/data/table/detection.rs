//! What separates the cells of a table, told by its header and first rows.

use csv::ByteRecord;

use crate::data::cell;
use crate::data::dialect::Dialect;
use crate::data::table::row_reader::RowReader;
use crate::data::table::text;

/// What may separate cells, the likelier first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// So many rows are looked at to tell the separator.
const LOOKED_AT: usize = 20;

/// What is looked at of a text of long rows, in bytes.
const LONGEST_SAMPLE: usize = 1 << 22;

/// What the header and the first rows of a text say: the separator by which most rows have as many cells as the
/// header, more than one; of several such, the one with the most columns, and then with the most numbers.
pub(crate) fn dialect(text: &[u8]) -> Dialect {
    let sample = sample(text);
    let rate = |separator: u8| Some((rating(sample, Dialect { separator })?, separator));
    let ratings = SEPARATORS.iter().rev().filter_map(|&separator| rate(separator));
    Dialect { separator: ratings.max_by_key(|(rating, _)| *rating).map_or(b',', |(_, separator)| separator) }
}

/// The first lines of a text, so many that there are enough rows among them even if some go over several.
fn sample(text: &[u8]) -> &[u8] {
    let text = &text[..text.len().min(LONGEST_SAMPLE)];
    let ends = text.iter().enumerate().filter(|(_, byte)| matches!(byte, b'\n' | b'\r'));
    // A quote that is open there would hide what comes before it.
    let is_closed = |end: &usize| text[..*end].iter().filter(|&&byte| byte == b'"').count() % 2 == 0;
    let end = ends.map(|(at, _)| at).skip(10 * LOOKED_AT).take(LOOKED_AT).find(is_closed);
    &text[..end.unwrap_or(text.len())]
}

/// How well a separator fits, better ones being greater; none if the header has one cell.
fn rating(text: &[u8], dialect: Dialect) -> Option<(usize, usize, usize)> {
    let plain = text::with_plain_quotes("", text, dialect.separator, 1).ok()?;
    let mut rows = RowReader::new("", &plain, dialect, 1, false);
    let columns = rows.next().ok()??.len();
    if columns < 2 {
        return None;
    }
    let (mut fitting, mut numbers, mut seen) = (0, 0, 0);
    while let (true, Ok(Some(row))) = (seen < LOOKED_AT, rows.next()) {
        seen += 1;
        fitting += usize::from(row.len() == columns);
        numbers += count_numbers(row, dialect);
    }
    Some((fitting, columns, numbers))
}

fn count_numbers(row: &ByteRecord, dialect: Dialect) -> usize {
    row.iter().filter(|cell| cell::number(cell, dialect).is_some()).count()
}
