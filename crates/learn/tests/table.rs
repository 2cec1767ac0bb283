//! Tables are read as a user means them, and what is wrong with one is said with file, line and column.

use std::fs;
use std::io::Write;

use chainrule_learn::{LearnError, RowPlace, Table};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

fn table(text: &str) -> Table {
    Table::from_bytes("t.csv", text.as_bytes().to_vec()).unwrap()
}

fn refusal(bytes: &[u8]) -> LearnError {
    Table::from_bytes("t.csv", bytes.to_vec()).unwrap_err()
}

fn values(text: &str, columns: &[usize]) -> Vec<f64> {
    table(text).values(columns).unwrap().values
}

fn lines(text: &str) -> Vec<usize> {
    table(text).values(&[0]).unwrap().lines
}

fn cell_error(text: &str, columns: &[usize]) -> (usize, String, String) {
    match table(text).values(columns).unwrap_err() {
        LearnError::Cell { file, place: RowPlace::Line(line), column, problem, .. } => {
            assert_eq!(file, "t.csv");
            (line as usize, column, problem)
        }
        other => panic!("{other}"),
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_column_that_is_not_there_is_an_error() {
    let message = table("a,b\n1,2\n").values(&[0, 2]).unwrap_err().to_string();
    assert_eq!(message, "t.csv: has 2 columns, and none of index 2");
}

#[test]
fn a_plain_table_is_read() {
    let table = table("a,b,c\n1,2.5,-3e2\n+4,.5,6.\n");
    assert_eq!(table.names(), ["a", "b", "c"]);
    assert_eq!(table.find("b"), Some(1));
    assert_eq!(table.values(&[0, 1, 2]).unwrap().values, [1.0, 2.5, -300.0, 4.0, 0.5, 6.0]);
    assert_eq!(table.values(&[2, 0]).unwrap().values, [-300.0, 1.0, 6.0, 4.0]);
}

#[test]
fn marks_line_ends_and_blanks_are_dropped() {
    let expected = [1.0, 2.0, 3.0, 4.0];
    for text in [
        "\u{feff}a,b\n1,2\n3,4\n",
        "\u{feff} \"a\",b\n1,2\n3,4\n",
        "a,b\r\n1,2\r\n3,4\r\n",
        "a,b\r1,2\r3,4",
        " a ,\tb\n 1 , 2\t\n3,4 \n",
        "\"a\",\"b\"\n\"1\",\" 2 \"\n\"3\",4\n",
        "a, \"b\"\n1, \"2\" \n \"3\" ,4\n",
    ] {
        assert_eq!(table(text).names(), ["a", "b"], "{text:?}");
        assert_eq!(values(text, &[0, 1]), expected, "{text:?}");
    }
}

#[test]
fn quoted_cells_may_hold_commas_quotes_and_line_ends() {
    let text = "note,\"the \"\"x\"\"\"\n\"a, b\",1\n \"two\nlines, \"\"\", 2\n5\" pipe,3\n";
    assert_eq!(table(text).names(), ["note", "the \"x\""]);
    assert_eq!(table(text).values(&[1]).unwrap().values, [1.0, 2.0, 3.0]);
    assert_eq!(table(text).values(&[1]).unwrap().lines, [2, 3, 5]);
}

#[test]
fn blank_lines_are_no_rows() {
    assert_eq!(values("\n\na,b\n\n1,2\n  \n3,4\n\n\n", &[0, 1]), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(lines("\n\na,b\n\n1,2\n  \n3,4\n\n\n"), [5, 7]);
    assert_eq!(lines("a\r\n\r\n1\r\n\r\n\r\n2\r\n"), [3, 6]);
    assert_eq!(lines("a\r\r1\r2"), [3, 4]);
    let (line, _, problem) = cell_error("a\n1\n\"\"\n", &[0]);
    assert_eq!((line, problem.contains("empty")), (3, true));
}

#[test]
fn gzip_is_known_by_its_first_bytes() {
    let table = Table::from_bytes("t.csv", gzip("a\n1\n")).unwrap();
    assert_eq!(table.values(&[0]).unwrap().values, [1.0]);
    let two_members = [gzip("a\n1\n"), gzip("2\n")].concat();
    assert_eq!(Table::from_bytes("t.csv", two_members).unwrap().values(&[0]).unwrap().values, [1.0, 2.0]);
}

#[test]
fn corrupt_gzip_is_said_to_be_so() {
    let whole = gzip("a,b\n1,2\n3,4\n");
    for cut in [3, 12, whole.len() - 1] {
        assert!(refusal(&whole[..cut]).to_string().contains("gzip"), "{cut}");
    }
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    let message = refusal(&changed).to_string();
    assert!(message.starts_with("t.csv: ") && message.contains("gzip"), "{message}");
}

#[test]
fn a_cell_that_is_no_number_is_named_by_line_and_column() {
    for (cell, says) in [
        ("five", "`five`"),
        ("0x10", "`0x10`"),
        ("1_000", "`1_000`"),
        ("1 2", "`1 2`"),
        ("\"1,5\"", "`1,5`"),
        ("nan", "`nan`, which stands for no value"),
        ("-inf", "`-inf`, which is not finite"),
        ("1e999", "`1e999`, which is not finite"),
        ("", "empty"),
        ("  ", "empty"),
        ("\"\"", "empty"),
        ("\"two\nlines\"", "`two\\nlines`"),
    ] {
        let (line, column, problem) = cell_error(&format!("a,b,c\n1,2,3\n\n4,{cell},6\n"), &[0, 1]);
        assert_eq!((line, column.as_str()), (4, "b"), "{cell:?}");
        assert!(problem.contains(says) && problem.contains("a number such as"), "{problem}");
    }
    let text = format!("a,b\n1,{}\n", "x".repeat(1000));
    assert!(cell_error(&text, &[1]).2.len() < 200);
}

#[test]
fn bytes_that_are_no_text_are_named_where_they_are_taken() {
    let bytes = b"a,name\n1,M\xfcller\n2,x\n".to_vec();
    let table = Table::from_bytes("t.csv", bytes).unwrap();
    assert_eq!(table.values(&[0]).unwrap().values, [1.0, 2.0]);
    let message = table.values(&[1]).unwrap_err().to_string();
    assert!(message.contains("line 2") && message.contains("`name`") && message.contains("UTF-8"), "{message}");
    for mark in [b"\xff\xfe", b"\xfe\xff"] {
        let message = refusal(&[&mark[..], b"a\x00\n\x001\x00"].concat()).to_string();
        assert_eq!(message, "t.csv: is a text in UTF-16; save it as CSV in UTF-8");
    }
}

#[test]
fn a_short_row_misses_only_the_cells_that_are_taken() {
    let text = "a,b,c\n1,2,3\n4,5\n";
    assert_eq!(values(text, &[0, 1]), [1.0, 2.0, 4.0, 5.0]);
    let (line, column, problem) = cell_error(text, &[2]);
    assert_eq!((line, column.as_str()), (3, "c"));
    assert!(problem.contains("ends before"), "{problem}");
}

#[test]
fn a_long_row_is_named_by_its_line() {
    let message = table("a,b\n1,2\n3,4,5\n").values(&[0]).unwrap_err().to_string();
    assert_eq!(
        message,
        "t.csv, line 3: the row has 3 cells, the header 2; as many would be right, and quotes round a cell that holds what \
         separates them"
    );
    assert!(refusal(b"a,b\n1,2,3\n").to_string().contains("line 2"));
}

#[test]
fn columns_that_nobody_takes_may_hold_anything() {
    let text = "a,name,b,empty\n1,\"x, \"\"y\"\"\nz\",2,\n3,nan,4\n";
    assert_eq!(values(text, &[0, 2]), [1.0, 2.0, 3.0, 4.0]);
}

/// The names of a table, and its cells, all numbers.
fn read(text: &str) -> (Vec<String>, Vec<f64>) {
    let table = table(text);
    let all: Vec<usize> = (0..table.names().len()).collect();
    let values = table.values(&all).unwrap_or_else(|error| panic!("{text:?}: {error}")).values;
    (table.names().to_vec(), values)
}

/// A spreadsheet writes such a cell, and what begins with its sign is else a comment.
#[test]
fn an_error_of_a_spreadsheet_that_begins_a_line_is_no_comment() {
    let text = "a,y\n#N/A,2\n# 1,2\n#N/A of a comment\n1,2\n";
    let (line, column, problem) = cell_error(text, &[0]);
    assert_eq!((line, column.as_str()), (2, "a"));
    assert!(problem.contains("`#N/A`"), "{problem}");
    assert_eq!(values(text, &[1]), [2.0, 2.0]);
    assert_eq!(table(text).values(&[1]).unwrap().lines, [2, 5]);
}

#[test]
fn separators_are_told_apart_by_header_and_rows() {
    for separator in [",", ";", "\t", "|"] {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("a,b,y{end}1.5,-2,3e1{end}\"4\", 5 ,6{end}").replace(',', separator);
            let (names, values) = read(&text);
            assert_eq!(
                (names, values),
                (["a", "b", "y"].map(String::from).into(), vec![1.5, -2.0, 30.0, 4.0, 5.0, 6.0])
            );
        }
    }
    // What separates other things stands within cells.
    assert_eq!(table("a;b,note\n1,x;y\n").names(), ["a;b", "note"]);
    assert_eq!(table("note|x;a\np|q;1\nr;2\n").names(), ["note|x", "a"]);
    assert_eq!(table("height, cm;weight\n170,9;80\n").names(), ["height, cm", "weight"]);
    assert_eq!(table("\"a;b;c\";y\n\"1;2\n;3\";2\n").names(), ["a;b;c", "y"]);
    assert_eq!(table("y\n1\n").names(), ["y"]);
    // Where none fits, that of a CSV file.
    assert!(refusal(b"a,b\n1,2,3\n").to_string().contains("each row has 3 cells, the header 2"));
}

#[test]
fn decimals_stand_after_a_comma_where_it_separates_nothing() {
    let text = "height;weight;y\n170,9;-81,3;,5\n 160,2 ;\"62,5\";3,511e1\n181.5;7;8\n";
    assert_eq!(read(text).1, [170.9, -81.3, 0.5, 160.2, 62.5, 35.11, 181.5, 7.0, 8.0]);
    let (line, column, problem) = cell_error("a;b\n1;2\n3;1.234,5\n", &[1]);
    assert_eq!((line, column.as_str()), (3, "b"));
    assert!(problem.contains("`1.234,5`"), "{problem}");
    assert_eq!(cell_error("a;b\n1;2\n3;1,2,3\n", &[1]).0, 3);
}

#[test]
fn comments_and_a_line_that_names_the_separator_are_skipped() {
    let text = "# made; by hand\n#\na;b\n1;2\n\n# it's \"open\n3;4\n#5;6";
    assert_eq!(read(text).1, [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(lines(text), [4, 7]);
    let quoted = "# one\n\"a\",b\r\n# \"two\n\r\n1,\"2\"\n#\r\n3,\"x\ny\"\n# z\n5,6\n";
    assert_eq!((values(quoted, &[0]), lines(quoted)), (vec![1.0, 3.0, 5.0], vec![5, 7, 10]));

    for first in ["sep=;", "SEP=;", "\"sep=;\"", "\u{feff}sep=;"] {
        let text = format!("{first}\r\nx,1;y\r\n\r\n1,5;2\r\n");
        assert_eq!((read(&text).0, read(&text).1), (["x,1", "y"].map(String::from).into(), vec![1.5, 2.0]), "{first}");
        assert_eq!(lines(&text), [4]);
    }
    let message = refusal(b"sep=;\na;a\n1;2\n").to_string();
    assert!(message.starts_with("t.csv, line 2: "), "{message}");
    assert!(refusal(b"sep=;\na;b\n1;\"2\n").to_string().starts_with("t.csv, line 3: "));
}

#[test]
fn a_separator_that_is_known_is_not_guessed() {
    let read = |text: &str, separator| {
        let table = Table::from_bytes_separated("t.csv", text.into(), Some(separator)).unwrap();
        (table.names().len(), table.values(&[0]).unwrap().values)
    };
    assert_eq!(read("y\n1,5\n", b';'), (1, vec![1.5]));
    assert_eq!(read("a b\n1 2\n", b' '), (2, vec![1.0]));
    assert_eq!(read("  a   b  \r\n  1      2\r\n 3   \"x  y\" \r\n", b' '), (2, vec![1.0, 3.0]));
    assert_eq!(read("a:b;c\n1:2\n", b':'), (2, vec![1.0]));
}

#[test]
fn what_is_no_table_is_refused() {
    for (text, says) in [
        ("", "no data rows"),
        ("\n\n", "no data rows"),
        ("a,b\n", "no data rows"),
        ("a,b", "no data rows"),
        ("a,b\n\n  \n", "no data rows"),
        ("a,b,a\n1,2,3\n", "line 1: the header has the column `a` twice"),
        ("\na, a\n1,2\n", "line 2: the header has the column `a` twice"),
    ] {
        let message = refusal(text.as_bytes()).to_string();
        assert!(message.starts_with("t.csv") && message.contains(says), "{text:?}: {message}");
    }
}

#[test]
fn a_quote_that_is_never_closed_is_named_by_its_line() {
    let message = refusal(b"a,b\n1,2\n3,\"4\n5,6\n").to_string();
    assert!(message.starts_with("t.csv, line 3: ") && message.contains("never closed"), "{message}");
}

#[test]
fn text_after_a_closing_quote_is_named_by_its_cell() {
    for (text, location) in [
        ("a,b\n1,2\n3,\"2\"3\n", "t.csv, line 3, column `b`: "),
        ("\na,b\n\"1\" 2,3\n", "t.csv, line 3, column `a`: "),
        ("b,a\r\n\"1\"\"2\"3,2\r\n", "t.csv, line 2, column `b`: "),
    ] {
        let table = Table::from_bytes("t.csv", text.into()).unwrap();
        let message = table.values(&[0, 1]).unwrap_err().to_string();
        assert!(message.starts_with(location) && message.contains("is written twice"), "{text}: {message}");
    }
    assert_eq!(table("a,\"b\"c,\"\"\"d\"\" e\"\n1,2,3\n").names(), ["a", "\"b\"c", "\"d\" e"]);
    let (_, _, problem) = cell_error("a\n\"\"\"5\"\" in\"\n", &[0]);
    assert!(problem.starts_with("found `\"5\" in`;"), "{problem}");
    let message = refusal(b"a,\0b\n1,2\n").to_string();
    assert!(message.contains("no text") && message.contains("U+0000"), "{message}");
    // In a column that nobody takes it is ignored.
    assert_eq!(values("a,b\n1,\"x\"y \"z\n2,\"u\" v\n3,w\n", &[0]), [1.0, 2.0, 3.0]);
    assert_eq!(values("a,b\n\"1\" ,\"2\"\t\r\n \"3\"\r\n\"4\",\"5\"", &[0]), [1.0, 3.0, 4.0]);
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.csv");
    let message = Table::read(&missing).unwrap_err().to_string();
    assert!(message.contains("none.csv") && message.contains("no such file"), "{message}");
    let message = Table::read(folder.path()).unwrap_err().to_string();
    assert!(message.contains("is a folder"), "{message}");
    let there = folder.path().join("t.csv");
    fs::write(&there, "a\n1\n").unwrap();
    assert_eq!(Table::read(&there).unwrap().values(&[0]).unwrap().values, [1.0]);
}

/// Bytes that look like a table now and then.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(vec![",", ";", "|", "#", "\n", "\r", "\r\n", "\"", " ", "1", "a", "-2.5", "1,5", "nan", "\t", "é"])
            .prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in bytes(), zipped: bool) {
        let bytes = if zipped { [&[0x1f, 0x8b], &bytes[..]].concat() } else { bytes };
        if let Ok(table) = Table::from_bytes("t.csv", bytes) {
            let all: Vec<usize> = (0..table.names().len()).collect();
            if let Ok(numbers) = table.values(&all) {
                prop_assert!(numbers.values.iter().all(|value| value.is_finite()));
                prop_assert_eq!(numbers.values.len(), numbers.lines.len() * all.len());
            }
        }
    }

    /// What is written, in any of the ways to write it, is read, with the line each row stands on.
    #[test]
    fn rows_are_read_as_they_were_written(
        rows in prop::collection::vec(prop::collection::vec((any::<f64>(), 0..4usize), 3), 1..8),
        blank_lines in prop::collection::vec(0..3usize, 8),
        end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
    ) {
        let mut text = format!("x, note ,\"z\"{end}");
        let (mut line, mut lines, mut values) = (2, Vec::new(), Vec::new());
        for (row, blank) in rows.iter().zip(&blank_lines) {
            text += &end.repeat(*blank);
            lines.push(line + blank);
            line += blank + 1;
            let mut cells = Vec::new();
            for &(value, style) in row {
                let value = if value.is_finite() { value } else { 0.0 };
                values.push(value);
                cells.push(match style {
                    0 => format!("{value}"),
                    1 => format!(" {value:e}\t"),
                    2 => format!("\"{value:?}\""),
                    _ => format!("  \" {value}\" "),
                });
            }
            // The column in the middle is not taken, and spans two lines.
            text += &format!("{},\"no,\"\"te{end}\",{}{end}", cells[0], cells[2]);
            line += 1;
        }
        let numbers = Table::from_bytes("t.csv", text.into_bytes()).unwrap().values(&[0, 2]).unwrap();
        let taken: Vec<f64> = values.chunks(3).flat_map(|row| [row[0], row[2]]).collect();
        prop_assert_eq!(numbers.values, taken);
        prop_assert_eq!(numbers.lines, lines);
    }
}
