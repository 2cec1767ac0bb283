//! Data as the command line names them: files, or standard input.

use std::io::{self, Read};
use std::path::Path;

use chainrule::learn::{DataFile, LearnError};
use clap::Args;

/// How the cells of a table are separated.
#[derive(Args, Clone)]
pub struct SeparatorOption {
    /// What separates the cells of the tables: , ; | or another character, or tab or space [default: what the header
    /// and the rows show]. Where it is no comma, 3,14 is a number
    #[arg(long, value_name = "CHARACTER", value_parser = separator, allow_hyphen_values = true)]
    separator: Option<u8>,
}

impl SeparatorOption {
    /// Reads a file, or standard input for `-`.
    pub fn read(&self, path: &Path) -> Result<DataFile, LearnError> {
        if path != Path::new("-") {
            return DataFile::read(path, self.separator);
        }
        let mut bytes = Vec::new();
        match io::stdin().lock().read_to_end(&mut bytes) {
            Ok(_) => DataFile::from_bytes(STANDARD_INPUT, bytes, self.separator),
            Err(error) => {
                Err(LearnError::File { file: STANDARD_INPUT.into(), problem: format!("cannot be read: {error}") })
            }
        }
    }
}

const STANDARD_INPUT: &str = "standard input";

/// A character that can stand between cells.
fn separator(text: &str) -> Result<u8, String> {
    match (text, text.as_bytes()) {
        ("tab" | "\\t", _) => Ok(b'\t'),
        ("space", _) => Ok(b' '),
        (_, &[byte])
            if byte == b'\t' || byte == b' ' || (byte.is_ascii_punctuation() && !b"\"#.-+".contains(&byte)) =>
        {
            Ok(byte)
        }
        _ => Err("one character would be right, such as , ; or |, or the word tab or space".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_separator_is_one_character() {
        for (text, byte) in [(",", b','), (";", b';'), ("tab", b'\t'), ("\\t", b'\t'), ("\t", b'\t'), ("space", b' ')] {
            assert_eq!(separator(text), Ok(byte));
        }
        assert!(["", ";;", "a", "1", "\"", "#", ".", "-", "\n", "é"].iter().all(|text| separator(text).is_err()));
    }
}
