//! Pictures of data, predictions and learning curves, as SVG or PNG, and small ones made of characters.

mod agreement;
pub mod characters;
mod confusion;
mod curves;
mod functions;
mod graph;
mod line;
mod raster;

use std::path::{Path, PathBuf};

use chainrule::learn::atomic;
use kuva::backend::svg::SvgBackend;
use kuva::render::render::Scene;

use crate::error::CommandError;

pub use agreement::agreement;
pub use confusion::confusion_matrix;
pub use curves::{LearningCurves, learning_curves, learning_curves_of_all};
pub use functions::{Prediction, functions};
pub use graph::graph;

/// How a line is drawn. Lines of one picture differ both in colour and in dashes, so that those who see colours
/// otherwise can tell them apart, too.
#[derive(Clone, Copy)]
pub struct Stroke {
    /// The colour, one of those below.
    pub color: &'static str,
    /// The lengths of dashes and gaps, in turn, their round ends among the dashes; empty for a whole line.
    pub dashes: &'static [f64],
}

// Colours that differ to every eye: M. Okabe and K. Ito, Color Universal Design, 2008.
pub const BLUE: &str = "#0072b2";
pub const GREEN: &str = "#009e73";
pub const ORANGE: &str = "#e69f00";
pub const VERMILION: &str = "#d55e00";
pub const PURPLE: &str = "#cc79a7";

pub const SOLID: &[f64] = &[];
pub const DASHED: &[f64] = &[8.0, 3.0];
pub const DOTTED: &[f64] = &[2.0, 3.0];
pub const DASHED_AND_DOTTED: &[f64] = &[8.0, 3.0, 2.0, 3.0];

/// A picture, to be written in either format.
pub struct Picture(Scene);

impl Picture {
    /// Writes it, whole or not at all; the format is that of the name's extension.
    pub fn write(&mut self, path: &Path) -> Result<(), CommandError> {
        Ok(atomic::write(path, &self.bytes(path)?)?)
    }

    /// The content of a file of that name.
    pub fn bytes(&mut self, path: &Path) -> Result<Vec<u8>, CommandError> {
        match PictureFormat::of(path) {
            // Lines of a PNG end round, so those of an SVG do, too: dashes are as long in both.
            Some(PictureFormat::Svg) => {
                let svg = SvgBackend.render_scene(&self.0);
                Ok(svg.replacen("<svg ", "<svg stroke-linecap=\"round\" ", 1).into_bytes())
            }
            Some(PictureFormat::Png) => {
                let png = raster::png(&mut self.0);
                png.map_err(|error| CommandError::mistake(format!("{}: cannot be drawn: {error}", path.display())))
            }
            None => Err(CommandError::mistake(format!("{}: {EXTENSIONS}", path.display()))),
        }
    }
}

const EXTENSIONS: &str = "a name that ends in .svg or .png would be right";

#[derive(Clone, Copy)]
enum PictureFormat {
    Svg,
    Png,
}

impl PictureFormat {
    fn of(path: &Path) -> Option<PictureFormat> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "svg" => Some(PictureFormat::Svg),
            "png" => Some(PictureFormat::Png),
            _ => None,
        }
    }
}

/// The name of a picture, an option value.
pub fn picture_path(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    PictureFormat::of(&path).is_some().then_some(path).ok_or_else(|| EXTENSIONS.into())
}
