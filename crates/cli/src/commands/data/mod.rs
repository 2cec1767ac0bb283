//! `chainrule data`: makes data to train on, of pictures or of a text, or for a model of the gallery.

mod gallery;
mod images;
mod picture;
mod text;

use clap::{Args, Subcommand};

use crate::error::CommandError;

/// Makes data: arrays of a folder of pictures or of a text, or a table to try a model of the gallery on
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct DataCommand {
    #[command(subcommand)]
    of: Of,
}

const EXAMPLES: &str = "\
Examples:
  chainrule data images photos/ --out photos.npz --size 32x32
  chainrule data text novel.txt --context 64 --out train.npz --part 0:0.9
  chainrule data text novel.txt --context 64 --out test.npz --part 0.9:1 \\
    --classes-of train.npz
  chainrule data gallery ridge --out T.csv

Each explains itself: chainrule data images --help";

#[derive(Subcommand)]
enum Of {
    Images(images::Images),
    Text(text::TextWindows),
    Gallery(gallery::Gallery),
}

impl DataCommand {
    /// Makes the file.
    pub fn run(self) -> Result<(), CommandError> {
        match self.of {
            Of::Images(images) => images.run(),
            Of::Text(text) => text.run(),
            Of::Gallery(gallery) => gallery.run(),
        }
    }
}
