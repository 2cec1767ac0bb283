//! What a PNG shows, dot by dot.

use std::io::Cursor;

use png::{Decoder, DecodingError, OutputInfo, Transformations};

/// The dots of a PNG, a byte for each of its channels.
pub struct Dots {
    /// Its size, its channels and how many bytes a line has.
    pub frame: OutputInfo,
    /// Line by line.
    pub bytes: Vec<u8>,
}

impl Dots {
    /// Those of a file of these bytes, or why it cannot be read.
    pub fn read(png: &[u8]) -> Result<Dots, String> {
        let corrupt = |error: DecodingError| error.to_string();
        let mut decoder = Decoder::new(Cursor::new(png));
        decoder.set_transformations(Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().map_err(corrupt)?;
        let mut bytes = vec![0; reader.output_buffer_size().ok_or("it is too large")?];
        let frame = reader.next_frame(&mut bytes).map_err(corrupt)?;
        Ok(Dots { frame, bytes })
    }
}
