//! Files that are no tables in CSV, told by how they begin.

/// What a file begins with, what it is, and what would be right. A header of a table begins with none of these.
const KINDS: [(&[u8], &str, &str); 20] = [
    (b"ARROW1\0\0", "an Arrow file", "pandas.read_feather(…).to_csv(…, index=False) makes one"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls)", "save it as CSV there"),
    (b"SQLite format 3", "a SQLite database", "sqlite3 -csv -header FILE \"select …\" makes one"),
    (b"\x89HDF", "an HDF5 file", "pandas.read_hdf(…).to_csv(…, index=False) makes one"),
    (b"MATLAB 5.0 MAT-file", "a MATLAB file", "writetable or writematrix makes one there"),
    (b"RDX2\n", "a file of R", "write.csv(…, row.names = FALSE) makes one there"),
    (b"RDX3\n", "a file of R", "write.csv(…, row.names = FALSE) makes one there"),
    (b"X\n\0\0", "a file of R", "write.csv(…, row.names = FALSE) makes one there"),
    (b"<stata_dta>", "a Stata file", "export delimited makes one there"),
    (b"$FL2", "an SPSS file", "pandas.read_spss(…).to_csv(…, index=False) makes one"),
    (b"HEADER RECORD*", "a SAS transport file", "pandas.read_sas(…).to_csv(…, index=False) makes one"),
    (b"\x80\x04\x95", "a pickle of Python", "to_csv(…, index=False) of the table in it makes one"),
    (b"\x80\x05\x95", "a pickle of Python", "to_csv(…, index=False) of the table in it makes one"),
    (b"r\x02\x01", "a Stata file", "export delimited makes one there"),
    (b"s\x02\x01", "a Stata file", "export delimited makes one there"),
    (b"Obj\x01", "an Avro file", "the program that made it may write one"),
    (b"%PDF", "a PDF", "the program that made it may write one"),
    (b"\xfd7zXZ", "compressed by xz", "unpack it, or compress it by gzip"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd", "unpack it, or compress it by gzip"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it"),
];

/// What a Parquet file begins and ends with.
const PARQUET: &[u8] = b"PAR1";

/// What is wrong with a file that is another kind than a table in CSV, and what would be right.
pub(crate) fn problem(bytes: &[u8]) -> Option<String> {
    let right = |is: &str, remedy: &str| format!("is {is}, where a table in CSV would be right; {remedy}");
    if let Some((_, is, remedy)) = KINDS.iter().find(|(begin, ..)| bytes.starts_with(begin)) {
        return Some(right(is, remedy));
    }
    if bytes.starts_with(PARQUET) && bytes.ends_with(PARQUET) {
        return Some(right("a Parquet file", "pandas.read_parquet(…).to_csv(…, index=False) makes one"));
    }
    // Between the two is the size of its blocks, a digit.
    if bytes.starts_with(b"BZh") && bytes.get(4..7) == Some(b"1AY") {
        return Some(right("compressed by bzip2", "unpack it, or compress it by gzip"));
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let lower = text[..text.len().min(100)].to_ascii_lowercase();
    if is_json(text) {
        return Some(right("JSON", "pandas.read_json(…).to_csv(…, index=False) makes one"));
    }
    if [&b"<!doctype html"[..], b"<html", b"<table"].iter().any(|tag| lower.starts_with(tag)) {
        return Some(right("a page of HTML", "pandas.read_html(…)[0].to_csv(…, index=False) makes one of its table"));
    }
    if lower.starts_with(b"<?xml") {
        return Some(right("XML", "pandas.read_xml(…).to_csv(…, index=False) makes one"));
    }
    if lower.starts_with(b"@relation") || (lower.starts_with(b"%") && contains(text, b"@relation")) {
        return Some(right(
            "an ARFF file (Weka)",
            "a line with the names of its attributes before the rows makes it one",
        ));
    }
    let second = text.split(|byte| *byte == b'\n').nth(1).unwrap_or_default().trim_ascii();
    let is_rule =
        |line: &[u8]| line.iter().all(|byte| b"|-: ".contains(byte)) && line.contains(&b'|') && contains(line, b"--");
    if is_rule(second) {
        return Some(right("a table of Markdown", "leave out its second line, the rule"));
    }
    None
}

/// Whether a text begins as an object or an array of JSON does, and no header of a table would.
fn is_json(text: &[u8]) -> bool {
    let after = |text: &[u8]| text.get(1..).and_then(|rest| rest.trim_ascii_start().first().copied());
    matches!((text.first(), after(text)), (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{' | b'[')))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    const LOOKED_AT: usize = 10_000;
    let text = text[..text.len().min(LOOKED_AT)].to_ascii_lowercase();
    text.windows(part.len()).any(|window| window == part)
}
