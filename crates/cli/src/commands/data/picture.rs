//! Pictures: PNG and JPEG files as numbers.

use png::ColorType;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::dots::Dots;

const PNG: &[u8] = b"\x89PNG";
const JPEG: &[u8] = b"\xff\xd8\xff";

/// A picture, its channels from 0 to 1: red, green, blue, or grey alone.
pub struct Picture {
    /// Height and width.
    pub size: [usize; 2],
    /// For each channel its elements by rows.
    pub channels: Vec<Vec<f32>>,
}

impl Picture {
    /// Reads a file by its first bytes; none if it is neither.
    pub fn read(bytes: &[u8]) -> Option<Result<Picture, String>> {
        match bytes {
            _ if bytes.starts_with(PNG) => Some(png(bytes)),
            _ if bytes.starts_with(JPEG) => Some(jpeg(bytes)),
            _ => None,
        }
    }

    /// From bytes, so many for each point, of which those after the last channel are left out.
    fn of(size: [usize; 2], bytes: &[u8], each: usize) -> Picture {
        let channel = |channel: usize| {
            let bytes = bytes.iter().skip(channel).step_by(each);
            bytes.map(|&byte| f32::from(byte) / 255.0).collect()
        };
        Picture { size, channels: (0..if each < 3 { 1 } else { 3 }).map(channel).collect() }
    }

    /// With one channel, by how bright the eye takes red, green and blue (Rec. 601).
    pub fn in_grey(mut self) -> Picture {
        if let [red, green, blue] = &self.channels[..] {
            let points = red.iter().zip(green).zip(blue);
            self.channels = vec![points.map(|((r, g), b)| 0.299 * r + 0.587 * g + 0.114 * b).collect()];
        }
        self
    }

    /// With three channels, equal if it was grey.
    pub fn in_colour(mut self) -> Picture {
        if let [grey] = &self.channels[..] {
            self.channels = vec![grey.clone(); 3];
        }
        self
    }

    /// Brought to another size: each point is the mean over the area that it covers.
    pub fn resized(self, size: [usize; 2]) -> Picture {
        if size == self.size {
            return self;
        }
        let [rows, columns] = [0, 1].map(|axis| covered(self.size[axis], size[axis]));
        let width = self.size[1];
        let resize = |channel: &Vec<f32>| {
            let point = |(row, column): (&Covered, &Covered)| {
                let line = |&(y, share): &(usize, f32)| {
                    share * column.iter().map(|&(x, share)| share * channel[y * width + x]).sum::<f32>()
                };
                row.iter().map(line).sum()
            };
            rows.iter().flat_map(|row| columns.iter().map(move |column| (row, column))).map(point).collect()
        };
        Picture { size, channels: self.channels.iter().map(resize).collect() }
    }
}

/// The points along an axis that one covers, and the share of each.
type Covered = Vec<(usize, f32)>;

/// For each of `new` points along an axis of `old` those that it covers.
fn covered(old: usize, new: usize) -> Vec<Covered> {
    let scale = old as f64 / new as f64;
    let shares = |point: usize| {
        let (from, to) = (point as f64 * scale, (point + 1) as f64 * scale);
        let last = (to.ceil() as usize).min(old);
        let share = |at: usize| (to.min((at + 1) as f64) - from.max(at as f64)) / scale;
        (from.floor() as usize..last).map(|at| (at, share(at) as f32)).filter(|(_, share)| *share > 0.0).collect()
    };
    (0..new).map(shares).collect()
}

fn png(bytes: &[u8]) -> Result<Picture, String> {
    let Dots { frame, bytes: points } =
        Dots::read(bytes).map_err(|error| format!("is a PNG that cannot be read: {error}"))?;
    let each = match frame.color_type {
        ColorType::Grayscale | ColorType::Indexed => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
    };
    let size = [frame.height as usize, frame.width as usize];
    Ok(Picture::of(size, &points[..size[0] * size[1] * each], each))
}

fn jpeg(bytes: &[u8]) -> Result<Picture, String> {
    let corrupt = |error: zune_jpeg::errors::DecodeErrors| format!("is a JPEG that cannot be read: {error}");
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let points = decoder.decode().map_err(corrupt)?;
    let info = decoder.info().ok_or("is a JPEG without a size")?;
    Ok(Picture::of([info.height.into(), info.width.into()], &points, 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resizing_takes_the_mean_of_what_a_point_covers() {
        let picture = |size, points: &[f32]| Picture { size, channels: vec![points.to_vec()] };
        let to = |picture: Picture, size| picture.resized(size).channels.remove(0);
        assert_eq!(to(picture([2, 2], &[0.0, 1.0, 0.5, 0.5]), [1, 1]), [0.5]);
        assert_eq!(to(picture([1, 2], &[0.0, 1.0]), [2, 4]), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
        let thirds = to(picture([1, 3], &[0.0, 0.5, 1.0]), [1, 2]);
        assert!((thirds[0] - 1.0 / 6.0).abs() < 1e-6 && (thirds[1] - 5.0 / 6.0).abs() < 1e-6, "{thirds:?}");
    }

    #[test]
    fn grey_and_colour_are_made_of_each_other() {
        let white = Picture { size: [1, 1], channels: vec![vec![1.0]; 3] }.in_grey();
        assert!((white.channels[0][0] - 1.0).abs() < 1e-6);
        assert_eq!(white.in_colour().channels.len(), 3);
        assert!(Picture::read(b"text").is_none());
        assert!(Picture::read(b"\x89PNG\r\n\x1a\n").is_some_and(|picture| picture.is_err()));
        assert!(Picture::read(b"\xff\xd8\xff\xe0").is_some_and(|picture| picture.is_err()));
    }
}
