//! Arrays written as NumPy reads them.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use rawzip::{CompressionMethod, ZipArchiveWriter};

use crate::atomic;
use crate::error::LearnError;

/// Elements to be written, and their type in the file.
pub enum ArrayValues<'a> {
    /// In 64 bits.
    Reals(&'a [f64]),
    /// In 32 bits.
    Singles(&'a [f32]),
    /// Whole numbers.
    Integers(&'a [i64]),
    /// Words.
    Words(&'a [String]),
}

/// Writes arrays, each with its name and its shape, to a `.npz` file, whole or not at all.
///
/// # Errors
/// Those of [`atomic::write`].
pub fn write_npz(path: impl AsRef<Path>, arrays: &[(&str, Vec<usize>, ArrayValues<'_>)]) -> Result<(), LearnError> {
    let path = path.as_ref();
    let failed = |error: String| LearnError::file(path.display().to_string(), format!("cannot be written: {error}"));
    let bytes = npz(arrays).map_err(|error| failed(error.to_string()))?;
    atomic::write(path, &bytes)
}

fn npz(arrays: &[(&str, Vec<usize>, ArrayValues<'_>)]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, shape, values) in arrays {
        let file = format!("{name}.npy");
        let (mut entry, config) = archive.new_file(&file).compression_method(CompressionMethod::DEFLATE).start()?;
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::fast()));
        write(&mut writer, shape, values)?;
        let (encoder, descriptor) = writer.finish()?;
        encoder.finish()?;
        entry.finish(descriptor)?;
    }
    archive.finish()?;
    Ok(bytes)
}

fn write(writer: &mut impl Write, shape: &[usize], values: &ArrayValues<'_>) -> std::io::Result<()> {
    let longest = |words: &[String]| words.iter().map(|word| word.chars().count()).max().unwrap_or(0).max(1);
    let descr = match values {
        ArrayValues::Reals(_) => "<f8".to_string(),
        ArrayValues::Singles(_) => "<f4".to_string(),
        ArrayValues::Integers(_) => "<i8".to_string(),
        ArrayValues::Words(words) => format!("<U{}", longest(words)),
    };
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}", sizes.trim_end());
    // The elements begin at a multiple of 64 bytes.
    const BEFORE: usize = 10;
    header += &" ".repeat((64 - (BEFORE + header.len() + 1) % 64) % 64);
    header.push('\n');
    writer.write_all(b"\x93NUMPY\x01\x00")?;
    writer.write_all(&(header.len() as u16).to_le_bytes())?;
    writer.write_all(header.as_bytes())?;
    let mut bytes = Vec::new();
    match values {
        ArrayValues::Reals(values) => values.iter().for_each(|value| bytes.extend(value.to_le_bytes())),
        ArrayValues::Singles(values) => values.iter().for_each(|value| bytes.extend(value.to_le_bytes())),
        ArrayValues::Integers(values) => values.iter().for_each(|value| bytes.extend(value.to_le_bytes())),
        ArrayValues::Words(words) => {
            for word in *words {
                let characters = word.chars().map(u32::from).chain(std::iter::repeat(0)).take(longest(words));
                characters.for_each(|character| bytes.extend(character.to_le_bytes()));
            }
        }
    }
    writer.write_all(&bytes)
}
