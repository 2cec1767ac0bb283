//! Numbers, arrays and tables for people.

use chainrule::Tensor;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use crate::json;

/// How many significant digits a person is shown.
const DIGITS: usize = 6;
/// How many elements of an array a person is shown.
const ELEMENTS: usize = 12;
/// How many characters of a name a person is shown.
const NAME: usize = 48;

/// A line under the heading, and one above and below the table.
const LINES: TableStyle = TableStyle::new()
    .top_border(LineStyle::none().fill('─').junction('─'))
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// A number to six significant digits, without zeros that say nothing.
pub fn number(x: f64) -> String {
    if x == 0.0 {
        return "0".into(); // of either sign
    }
    if !x.is_finite() {
        return format!("{x}");
    }
    let scientific = format!("{x:.*e}", DIGITS - 1);
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..DIGITS as i32 + 3).contains(&exponent) {
        let decimals = (DIGITS as i32 - 1 - exponent).max(0) as usize;
        without_zeros(&format!("{x:.decimals$}")).into()
    } else {
        format!("{}e{exponent}", without_zeros(digits))
    }
}

fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// A share in percent.
pub fn percent(share: f64) -> String {
    const LARGE: f64 = 1e4;
    if share.abs() < LARGE { format!("{:.1} %", 100.0 * share) } else { format!("{:.1e} %", 100.0 * share) }
}

/// A word as a quoted cell of a CSV file, whatever it holds.
pub fn quoted_cell(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}

/// A number of bytes.
pub fn bytes(bytes: usize) -> String {
    let units = ["kB", "MB", "GB"];
    let mut size = bytes as f64;
    let mut unit = "bytes";
    for larger in units.into_iter().take_while(|_| bytes >= 1000) {
        if size < 1000.0 {
            break;
        }
        (size, unit) = (size / 1000.0, larger);
    }
    if unit == "bytes" { format!("{bytes} bytes") } else { format!("{size:.1} {unit}") }
}

/// An array in brackets; of a large one the first elements and its number of elements.
pub fn tensor(tensor: &Tensor) -> String {
    let data = tensor.data();
    if data.len() <= ELEMENTS {
        return json::nested(tensor, ", ", number);
    }
    let first: Vec<String> = data.iter().take(ELEMENTS / 2).map(|&x| number(x)).collect();
    format!("[{}, … {} more]", first.join(", "), data.len() - first.len())
}

/// The same in at most `most` characters, by fewer elements, if so many tell any of them.
pub fn tensor_within(tensor: &Tensor, most: usize) -> String {
    let whole = self::tensor(tensor);
    let elements = tensor.data();
    if whole.chars().count() <= most || elements.len() < 2 {
        return whole;
    }
    let first = |shown: usize| {
        let numbers: Vec<String> = elements[..shown].iter().map(|&x| number(x)).collect();
        format!("[{}, … {} more]", numbers.join(", "), elements.len() - shown)
    };
    let fitting = (1..elements.len().min(ELEMENTS)).rev().map(first).find(|text| text.chars().count() <= most);
    fitting.unwrap_or_else(|| format!("[… {} in all]", elements.len()))
}

/// A name on one line, shortened in the middle if it is long.
pub fn name(name: &str) -> String {
    shortened(&whole_name(name), NAME)
}

/// A name on one line.
pub fn whole_name(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text of at most `most` characters: of a longer one, the beginning and the end.
pub fn shortened(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.into();
    }
    let (head, tail) = (most * 2 / 3, most - most * 2 / 3 - 1);
    let head: String = text.chars().take(head).collect();
    let tail: String = text.chars().skip(count - tail).collect();
    format!("{head}…{tail}")
}

/// A text broken into lines of at most `width` characters, between words.
pub fn wrapped(text: &str, width: usize) -> String {
    let (mut wrapped, mut length) = (String::new(), 0);
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        // A number keeps its sign: 5 %
        let word = match words.next_if_eq(&"%") {
            Some(sign) => format!("{word} {sign}"),
            None => word.into(),
        };
        let count = word.chars().count();
        if length > 0 {
            let fits = length + 1 + count <= width;
            wrapped.push(if fits { ' ' } else { '\n' });
            length = if fits { length + 1 } else { 0 };
        }
        wrapped.push_str(&word);
        length += count;
    }
    wrapped
}

/// The same in lines of at most 80 columns, each behind so many spaces and with its end.
pub fn wrapped_at(text: &str, indent: usize) -> String {
    const COLUMNS: usize = 80;
    let lines = wrapped(text, COLUMNS - indent);
    lines.lines().map(|line| format!("{:indent$}{line}\n", "")).collect()
}

/// What a table gives up where there is no room for it.
#[derive(Clone, Copy, Default)]
pub struct Narrow<'a> {
    /// The column whose texts are shortened.
    pub shorten: usize,
    /// The columns that are left out, the first of these first.
    pub leave_out: &'a [usize],
}

/// A table with a heading; the columns from `numbers` on are numbers and stand to the right. It is no wider than COLUMNS
/// says, or the terminal is, or than 80 columns where there is neither: it gives up what `narrow` says.
pub fn table(
    heading: &[&str],
    numbers: usize,
    rows: impl IntoIterator<Item = Vec<String>>,
    narrow: Narrow<'_>,
) -> String {
    fitted(heading, numbers, rows.into_iter().collect(), narrow, width())
}

/// The same, but where nothing says how wide, it gives up nothing.
pub fn whole_table(
    heading: &[&str],
    numbers: usize,
    rows: impl IntoIterator<Item = Vec<String>>,
    narrow: Narrow<'_>,
) -> String {
    fitted(heading, numbers, rows.into_iter().collect(), narrow, known_width().unwrap_or(usize::MAX))
}

/// How many columns standard output has.
fn width() -> usize {
    const USUAL: usize = 80;
    known_width().unwrap_or(USUAL)
}

/// How many columns standard output is said to have: by COLUMNS, or by the terminal that it is.
pub fn known_width() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    let of_terminal = || terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0.into());
    said.filter(|&columns| columns > 0).or_else(of_terminal)
}

fn fitted(heading: &[&str], numbers: usize, mut rows: Vec<Vec<String>>, narrow: Narrow<'_>, width: usize) -> String {
    /// A column has a space on each side, and one more to the next.
    const AROUND: usize = 3;
    /// What is left of a shortened text while there is another column to leave out.
    const SHORTEST: usize = 20;
    let Narrow { shorten, leave_out } = narrow;
    let count = |text: &str| text.chars().count();
    let widths: Vec<usize> = (0..heading.len())
        .map(|column| {
            rows.iter().map(|row| count(&row[column])).chain([count(heading[column])]).max().unwrap_or(0) + AROUND
        })
        .collect();
    let mut shown: Vec<usize> = (0..heading.len()).collect();
    let wide = |shown: &[usize]| shown.iter().map(|&column| widths[column]).sum::<usize>() - 1;
    let rest = |shown: &[usize]| wide(shown) - widths[shorten];
    for column in leave_out {
        if rest(&shown) + widths[shorten].min(SHORTEST + AROUND) > width {
            shown.retain(|other| other != column);
        }
    }
    if wide(&shown) > width {
        let most = width.saturating_sub(rest(&shown) + AROUND).max(1);
        rows.iter_mut().for_each(|row| row[shorten] = shortened(&row[shorten], most));
    }
    let mut table = Table::new();
    table.load_style(LINES).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(shown.iter().map(|&column| heading[column]));
    for row in rows {
        table.add_row(shown.iter().map(|&column| row[column].clone()));
    }
    for (column, &of) in table.column_iter_mut().zip(&shown) {
        if of >= numbers {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// A word of a table on one line; an empty one stands for a missing cell.
pub fn word(word: &str) -> String {
    if word.is_empty() { "missing".into() } else { on_one_line(word) }
}

/// A word without line ends and the like, which are shown as `\n`.
pub fn on_one_line(word: &str) -> String {
    word.chars().flat_map(|c| if c.is_control() { c.escape_debug().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits_and_no_idle_zeros() {
        let cases = [
            (1.0, "1"),
            (-0.5, "-0.5"),
            (1.0 / 3.0, "0.333333"),
            (123456.789, "123457"),
            (1e8, "100000000"),
            (1e9, "1e9"),
            (1.5e-7, "1.5e-7"),
            (0.00012345678, "0.000123457"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
            (0.0, "0"),
            (999999.9, "1000000"),
        ];
        for (x, text) in cases {
            assert_eq!(number(x), text);
        }
    }

    #[test]
    fn a_table_is_no_wider_than_there_is_room() {
        let heading = ["node", "op", "shape", "worst error", "verdict"];
        const NARROW: Narrow<'_> = Narrow { shorten: 0, leave_out: &[2, 1, 3] };
        let row = |name: &str| [name, "contract", "[2, 3]", "1.2e-13", "right"].map(String::from).to_vec();
        let rows = || vec![row("x"), row("a name that is rather long and goes on for a while")];
        for width in [200, 100, 80, 70, 60, 50, 40, 30, 20] {
            let table = fitted(&heading, 3, rows(), NARROW, width);
            let widest = table.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width), "{width}:\n{table}");
            assert!(table.contains("verdict") && table.contains("right"), "{width}:\n{table}");
            assert_eq!(table.lines().count(), 6, "{width}:\n{table}");
        }
        assert!(fitted(&heading, 3, rows(), NARROW, 100).contains("goes on for a while"));
        assert!(fitted(&heading, 3, rows(), NARROW, 80).contains("worst error"));
        assert!(!fitted(&heading, 3, rows(), NARROW, 50).contains("shape"));
    }

    #[test]
    fn long_things_are_shortened() {
        let long = Tensor::from_fn([20], |i| i as f64);
        assert_eq!(tensor(&long), "[0, 1, 2, 3, 4, 5, … 14 more]");
        assert_eq!(tensor_within(&long, 31), "[0, 1, 2, 3, 4, 5, … 14 more]");
        assert_eq!(tensor_within(&long, 20), "[0, 1, 2, … 17 more]");
        assert_eq!(tensor_within(&long, 13), "[… 20 in all]");
        assert_eq!(tensor_within(&Tensor::scalar(1.0 / 3.0), 2), "0.333333");
        assert_eq!(shortened("abcdefghij", 6), "abcd…j");
        assert_eq!(name("a +\n  b"), "a + b");
    }

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrapped("one two three", 7), "one two\nthree");
        assert_eq!(wrapped("λλλ λλλ", 7), "λλλ λλλ");
        assert_eq!(wrapped("longer words", 3), "longer\nwords");
        assert_eq!(wrapped("about 50 % less", 8), "about\n50 %\nless");
        assert_eq!(wrapped("", 3), "");
    }
}
