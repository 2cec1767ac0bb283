//! Named arrays in one file: NumPy's `.npz`.

pub(crate) mod npy;
pub(crate) mod write;

use std::io::Read;

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive};

use crate::data::arrays::npy::{Array, Elements};
use crate::error::{LearnError, list, suggest};

/// What a `.npz` file begins with, as every archive does.
const ARCHIVE: [u8; 4] = *b"PK\x03\x04";
/// What a single array begins with.
const SINGLE: [u8; 6] = *b"\x93NUMPY";
const EXTENSION: &str = ".npy";

/// The arrays of a `.npz` file, read when they are asked for.
#[derive(Clone, Debug)]
pub struct Arrays {
    file: String,
    bytes: Vec<u8>,
    names: Vec<String>,
}

impl Arrays {
    /// Whether these are the bytes of such a file, by the first of them, or of a single array.
    pub fn are_in(bytes: &[u8]) -> bool {
        bytes.starts_with(&ARCHIVE) || bytes.starts_with(&SINGLE)
    }

    /// From the bytes of a file. Messages call it `file`.
    ///
    /// # Errors
    /// They are a single array, or no whole archive, or hold no array.
    pub fn from_bytes(file: &str, bytes: Vec<u8>) -> Result<Arrays, LearnError> {
        if bytes.starts_with(&SINGLE) {
            let right = "is a single array; an .npz file with an array of each name would be right: numpy.savez";
            return Err(LearnError::file(file, right));
        }
        let paths = paths(&bytes).map_err(|problem| LearnError::file(file, problem))?;
        let names: Vec<String> =
            paths.iter().filter_map(|path| path.strip_suffix(EXTENSION)).map(str::to_string).collect();
        if names.is_empty() {
            return Err(LearnError::file(file, without_arrays(&paths)));
        }
        Ok(Arrays { file: file.into(), bytes, names })
    }

    /// What messages call the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The names of its arrays.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether there is an array of that name.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|other| other == name)
    }

    /// The words of an array of that name.
    ///
    /// # Errors
    /// It is not there, or holds something else.
    pub fn words(&self, name: &str) -> Result<Vec<String>, LearnError> {
        match self.get(name, "the file")?.elements {
            Elements::Words(words) => Ok(words),
            Elements::Numbers(_) => {
                Err(LearnError::file(&self.file, format!("the array `{name}` holds numbers; words would be right")))
            }
        }
    }

    /// The array of a name; `wanted_by` says in messages who wants it.
    pub(crate) fn get(&self, name: &str, wanted_by: &str) -> Result<Array, LearnError> {
        let mut found = None;
        let read = each(&self.bytes, |other, method, compressed| {
            if other != name {
                return Ok(true);
            }
            let fault = |problem: String| format!("the array `{name}` {problem}");
            let bytes = match method {
                CompressionMethod::STORE => compressed.to_vec(),
                CompressionMethod::DEFLATE => {
                    let mut bytes = Vec::new();
                    let inflated = DeflateDecoder::new(compressed).read_to_end(&mut bytes);
                    inflated.map_err(|error| fault(format!("is corrupt: {error}")))?;
                    bytes
                }
                _ => return Err(fault("is compressed in a way that NumPy does not use".into())),
            };
            found = Some(npy::read(&bytes).map_err(fault)?);
            Ok(false)
        });
        read.map_err(|problem| LearnError::file(&self.file, problem))?;
        found.ok_or_else(|| LearnError::Columns {
            file: self.file.clone(),
            name: wanted_by.into(),
            problem: format!("finds no array `{name}`; {}", suggest(name, self.names.iter().map(String::as_str))),
            remedy: None,
        })
    }
}

/// The files in an archive.
fn paths(bytes: &[u8]) -> Result<Vec<String>, String> {
    let archive = ZipArchive::from_slice(bytes).map_err(broken)?;
    let (mut entries, mut paths) = (archive.entries(), Vec::new());
    while let Some(entry) = entries.next_entry().map_err(broken)? {
        paths.push(String::from_utf8_lossy(entry.file_path().as_ref()).into_owned());
    }
    Ok(paths)
}

/// What is wrong with an archive of such files.
fn without_arrays(paths: &[String]) -> String {
    let has = |path: &str| paths.iter().any(|other| other == path);
    if has("xl/workbook.xml") || has("mimetype") {
        return "is a spreadsheet; save it as CSV there".into();
    }
    let files = paths.iter().map(String::as_str).filter(|path| !path.ends_with('/'));
    format!("is a zip archive without an array of NumPy; it holds {}: unpack it", list(files))
}

fn broken(error: rawzip::Error) -> String {
    format!("is an archive that is truncated or corrupt: {error}")
}

/// Shows the arrays one after another, by name, kind of compression and bytes, until that is false.
fn each(
    bytes: &[u8],
    mut show: impl FnMut(&str, CompressionMethod, &[u8]) -> Result<bool, String>,
) -> Result<(), String> {
    let archive = ZipArchive::from_slice(bytes).map_err(broken)?;
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().map_err(broken)? {
        let path = entry.file_path();
        let Some(name) = str::from_utf8(path.as_ref()).ok().and_then(|path| path.strip_suffix(EXTENSION)) else {
            continue;
        };
        let data = archive.get_entry(entry.wayfinder()).map_err(broken)?;
        if !show(name, entry.compression_method(), data.data())? {
            break;
        }
    }
    Ok(())
}
