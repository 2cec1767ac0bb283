//! Tables whose header leaves names out, and files that are no tables.

use std::io::Write;

use chainrule_learn::Table;
use flate2::Compression;
use flate2::write::GzEncoder;

fn table(text: &str) -> Table {
    Table::from_bytes("t.csv", text.as_bytes().to_vec()).unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    Table::from_bytes("t.csv", bytes.to_vec()).unwrap_err().to_string()
}

#[test]
fn a_header_one_name_short_leaves_out_row_names_or_an_empty_last_column() {
    let names = |text: &str| table(text).names().to_vec();
    assert_eq!(names("a\ty\nRome\t1\t2\nOslo\t3\t4\n"), ["", "a", "y"]);
    assert_eq!(names("\"a\",\"y\"\n\"Rome\",1,2\n\"Oslo\",3,4\n"), ["", "a", "y"]);
    assert_eq!(names("a\ty\n1\t5\t2\n2\t3\t4\n"), ["", "a", "y"]);
    assert_eq!(names("a,y\n1,2,\n3,4, \n"), ["a", "y", ""]);
    assert_eq!(table("a\ty\nRome\t1\t2\nOslo\t3\t4\n").values(&[1, 2]).unwrap().values, [1.0, 2.0, 3.0, 4.0]);
    // Rows that are no row names: decimal commas among commas, and names that are not all different
    for text in ["x,y\n1,2,5\n2,4,1\n", "x;y\n7;2;5\n9;4;1\n", "x,y\na,2,5\na,4,1\n"] {
        let message = refusal(text.as_bytes());
        assert!(message.starts_with("t.csv, line 2: each row has 3 cells, the header 2"), "{message}");
    }
    let message = refusal(b"1,2,1\n3,4,5\n");
    assert!(message.contains("`1` twice, and seems to be a row of data"), "{message}");
}

#[test]
fn files_of_other_kinds_are_told_what_they_are() {
    for (bytes, says) in [
        (&b"PAR1\x15\x04\0PAR1"[..], "a Parquet file"),
        (b"ARROW1\0\0", "an Arrow file"),
        (b"RDX3\nX\n", "a file of R"),
        (b"HEADER RECORD*******LIBRARY", "a SAS transport file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel file"),
        (b"r\x02\x01\0", "a Stata file"),
        (b"\x80\x05\x95\0\0", "a pickle of Python"),
        (b"[\n {\"a\": 1}]", "JSON"),
        (b"\xef\xbb\xbf{\"a\": [1]}", "JSON"),
        (b"<!DOCTYPE html>\n<table>", "a page of HTML"),
        (b"% comment\n@relation t\n", "an ARFF file"),
        (b"| a | y |\n|---|--:|\n| 1 | 2 |\n", "a table of Markdown"),
        (b"BZh91AY", "compressed by bzip2"),
    ] {
        let message = refusal(bytes);
        assert!(
            message.starts_with(&format!("t.csv: is {says}")) && message.contains("in CSV would be right; "),
            "{message}"
        );
    }
    assert!(refusal(b"\xff\0\x01,y\n1,2\n").contains("U+0000"));
    let twice = gzipped_twice("a,y\n1,2\n");
    assert!(refusal(&twice).contains("by gzip twice"));
    assert_eq!(table("[a],{b}\n1,2\n").names(), ["[a]", "{b}"]);
}

#[test]
fn a_header_may_begin_as_files_of_other_kinds_do() {
    for header in ["PAR1,PAR2,y", "ARROW1,y", "RDX,y", "RDX2,y", "BZh,y", "BZh9,y", "HEADER RECORD,y"] {
        let names: Vec<&str> = header.split(',').collect();
        let row = vec!["1"; names.len()].join(",");
        assert_eq!(table(&format!("{header}\n{row}\n")).names(), names);
    }
}

#[test]
fn names_in_a_comment_are_told() {
    for text in ["# a,b\n1,2\n3,4\n", "# run 7\n#a,b\n0,0\n3,4\n", "# a;b\n1,5;2\n3;4\n"] {
        let message = refusal(text.as_bytes());
        assert!(message.contains("stand in a comment before it; take the `#` out"), "{message}");
    }
    for text in ["# a,b\n2020,b\n3,4\n", "# a table, of years, that are three\n2020,2021\n3,4\n", "# 1,2\n3,4\n5,6\n"] {
        assert_eq!(table(text).names().len(), 2, "{text}");
    }
    assert_eq!(table("# years\n2020\n3\n").names(), ["2020"]);
}

fn gzipped_twice(text: &str) -> Vec<u8> {
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    gzip(&gzip(text.as_bytes()))
}
