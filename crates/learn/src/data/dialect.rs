//! How the rows of a table are written: what separates the cells, and whether decimals may stand after a comma.

/// How the cells of a table are separated, and their numbers written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub separator: u8,
}

impl Dialect {
    /// Whether `3,14` is a number: where commas do not separate cells.
    pub fn decimal_comma(self) -> bool {
        self.separator != b','
    }

    /// The separator that a first line `sep=;` names, and the length of that line with its end.
    #[cfg(feature = "training")]
    pub fn in_first_line(text: &[u8]) -> Option<(Dialect, usize)> {
        let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(text.len());
        let quoted =
            |line: &'_ [u8]| line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).map(<[u8]>::len);
        let line = match quoted(&text[..end]) {
            Some(length) => &text[1..=length],
            None => &text[..end],
        };
        let (&separator, key) = line.split_last()?;
        let after = if text[end..].starts_with(b"\r\n") { end + 2 } else { (end + 1).min(text.len()) };
        (key.eq_ignore_ascii_case(b"sep=")).then_some((Dialect { separator }, after))
    }
}
