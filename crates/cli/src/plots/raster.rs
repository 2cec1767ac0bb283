//! A scene as PNG. The library draws it with twice as many dots each way, which are then averaged: letters that it turns are
//! jagged otherwise.

use kuva::backend::raster::RasterBackend;
use kuva::render::render::{Primitive, Scene};

use crate::dots::Dots;

/// Dots of the picture for each unit of length.
const SCALE: usize = 2;
/// Dots that are drawn for each of the picture's, each way.
const FINER: usize = 2;

/// The content of a PNG file.
///
/// # Errors
/// Why it can't be drawn.
pub fn png(scene: &mut Scene) -> Result<Vec<u8>, String> {
    let scale = SCALE * FINER;
    // The library scales all lengths but those of dashes.
    stretch_dashes(scene, scale as f64);
    let drawn = RasterBackend::new().with_scale(scale as f32).render_scene(scene);
    stretch_dashes(scene, 1.0 / scale as f64);
    averaged(&drawn?)
}

fn stretch_dashes(scene: &mut Scene, factor: f64) {
    for element in &mut scene.elements {
        let dashes = match element {
            Primitive::Line { stroke_dasharray, .. } | Primitive::PolyLine { stroke_dasharray, .. } => stroke_dasharray,
            Primitive::Path(path) => &mut path.stroke_dasharray,
            _ => continue,
        };
        if let Some(pattern) = dashes {
            let lengths = pattern.split([' ', ',']).filter_map(|length| length.parse::<f64>().ok());
            *pattern = lengths.map(|length| (length * factor).to_string()).collect::<Vec<_>>().join(" ");
        }
    }
}

/// A PNG with the mean of each square of dots in its place.
fn averaged(drawn: &[u8]) -> Result<Vec<u8>, String> {
    let Dots { frame, bytes: dots } = Dots::read(drawn)?;
    let channels = frame.color_type.samples();
    let (row, width, height) = (frame.line_size, frame.width as usize / FINER, frame.height as usize / FINER);
    let mut means = Vec::with_capacity(width * height * channels);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..channels {
                let square = (0..FINER * FINER).map(|dot| {
                    let (across, down) = (x * FINER + dot % FINER, y * FINER + dot / FINER);
                    usize::from(dots[down * row + across * channels + channel])
                });
                means.push((square.sum::<usize>() / (FINER * FINER)) as u8);
            }
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(frame.color_type);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
    writer.write_image_data(&means).map_err(|error| error.to_string())?;
    writer.finish().map_err(|error| error.to_string())?;
    Ok(bytes)
}
