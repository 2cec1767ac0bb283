//! The text of a table: out of its compression, with quotes as the reader of the library takes them.

use std::borrow::Cow;
use std::io::Read;

use flate2::bufread::MultiGzDecoder;

use crate::data::cell::MISQUOTED;
use crate::error::LearnError;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// A line that begins with it is skipped.
pub(crate) const COMMENT: u8 = b'#';

/// An error if the text is in UTF-16, by the mark that it begins with.
pub(crate) fn check_encoding(file: &str, text: &[u8]) -> Result<(), LearnError> {
    match text {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            Err(LearnError::file(file, "is a text in UTF-16; save it as CSV in UTF-8"))
        }
        _ => Ok(()),
    }
}

/// The bytes of a file, out of gzip if they are in it.
pub(crate) fn decompressed(file: &str, bytes: Vec<u8>) -> Result<Vec<u8>, LearnError> {
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes);
    }
    let mut text = Vec::new();
    match MultiGzDecoder::new(&bytes[..]).read_to_end(&mut text) {
        Ok(_) if text.starts_with(&GZIP) => {
            Err(LearnError::file(file, "is compressed by gzip twice; once would be right: unpack it by gunzip"))
        }
        Ok(_) => Ok(text),
        Err(error) => Err(LearnError::file(file, format!("is a gzip file that is truncated or corrupt: {error}"))),
    }
}

/// The text with one space where several stand between cells, and none round a line; quoted cells stay as they are.
pub(crate) fn with_single_spaces(text: &[u8]) -> Vec<u8> {
    let mut single = Vec::with_capacity(text.len());
    let mut is_quoted = false;
    for &byte in text {
        let ends_line = matches!(byte, b'\n' | b'\r');
        if byte == b'"' {
            is_quoted = !is_quoted;
        }
        let begins = single.last().is_none_or(|last| matches!(last, b'\n' | b'\r' | b' '));
        if ends_line && !is_quoted && single.last() == Some(&b' ') {
            single.pop();
        }
        if is_quoted || !(byte == b' ' && begins) {
            single.push(byte);
        }
    }
    single
}

/// What spreadsheets write where a formula has no value.
const SPREADSHEET_ERRORS: [&[u8]; 7] = [b"#N/A", b"#DIV/0!", b"#REF!", b"#VALUE!", b"#NAME?", b"#NUM!", b"#NULL!"];

/// The text with quotes round the errors of spreadsheets that begin a line, which would else be a comment.
pub(crate) fn with_quoted_errors(text: Vec<u8>, separator: u8) -> Vec<u8> {
    if !text.contains(&b'#') {
        return text;
    }
    let error_at = |at: usize| {
        let (line, begins) = (&text[at..], at == 0 || matches!(text[at - 1], b'\n' | b'\r'));
        let ends =
            |length: usize| line.get(length).is_none_or(|byte| *byte == separator || matches!(byte, b'\n' | b'\r'));
        let found = SPREADSHEET_ERRORS.iter().find(|error| line.starts_with(error) && ends(error.len()));
        found.filter(|_| begins).map(|error| error.len())
    };
    let signs = (0..text.len()).filter(|&at| text[at] == b'#');
    let errors: Vec<(usize, usize)> = signs.filter_map(|at| Some((at, error_at(at)?))).collect();
    if errors.is_empty() {
        return text;
    }
    let (mut quoted, mut from) = (Vec::with_capacity(text.len() + 2 * errors.len()), 0);
    for (at, length) in errors {
        quoted.extend_from_slice(&text[from..at]);
        quoted.push(b'"');
        quoted.extend_from_slice(&text[at..at + length]);
        quoted.push(b'"');
        from = at + length;
    }
    quoted.extend_from_slice(&text[from..]);
    quoted
}

/// How long the mark is that some programs begin a text in UTF-8 with.
pub(crate) fn mark_length(text: &[u8]) -> usize {
    if text.starts_with(&BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

/// The text without the blanks before an opening quote, which would make the reader take the quote as part of the cell.
/// A quote that is never closed is an error, since the reader would take the rest of the file as one cell. A cell with
/// text after its closing quote is kept as it is written, quotes and all, behind a mark. `first_line` is that of the file
/// with which the text begins.
pub(crate) fn with_plain_quotes<'a>(
    file: &str,
    text: &'a [u8],
    separator: u8,
    first_line: usize,
) -> Result<Cow<'a, [u8]>, LearnError> {
    if !text.contains(&b'"') {
        return Ok(Cow::Borrowed(text));
    }
    let ends = |byte: &u8| *byte == separator || matches!(byte, b'\n' | b'\r');
    let mut plain = Vec::with_capacity(text.len());
    let (mut rest, mut begins_line) = (text, true);
    while !rest.is_empty() {
        let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t') && **byte != separator;
        let blanks = rest.iter().take_while(is_blank).count();
        if begins_line && rest[0] == COMMENT {
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
            plain.extend_from_slice(&rest[..end]);
            rest = &rest[end..];
        } else if rest.get(blanks) == Some(&b'"') {
            let quoted = &rest[blanks..];
            let line = || first_line + line_ends(&text[..text.len() - quoted.len()]);
            let Some(end) = closing_quote(quoted) else {
                let problem = "a quote is opened and never closed; close it, or double it if it is meant".into();
                return Err(LearnError::Row { file: file.into(), line: line(), problem, remedy: None });
            };
            let after = &quoted[end + 1..];
            let more = &after[..after.iter().position(ends).unwrap_or(after.len())];
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
        let end = rest.iter().position(ends).map_or(rest.len(), |end| end + 1);
        plain.extend_from_slice(&rest[..end]);
        begins_line = end > 0 && rest[end - 1] != separator;
        rest = &rest[end..];
    }
    Ok(Cow::Owned(plain))
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
pub(crate) fn line_ends(text: &[u8]) -> usize {
    let feeds = text.iter().filter(|&&byte| byte == b'\n').count();
    let returns = text.iter().filter(|&&byte| byte == b'\r').count();
    let pairs = if returns > 0 { text.windows(2).filter(|pair| pair == b"\r\n").count() } else { 0 };
    feeds + returns - pairs
}
