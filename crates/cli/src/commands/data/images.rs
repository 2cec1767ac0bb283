//! `chainrule data images`: a folder a class.

use std::fs;
use std::path::{Path, PathBuf};

use chainrule::learn::{ArrayValues, write_npz};
use clap::Args;

use super::picture::Picture;
use crate::error::CommandError;
use crate::files;
use crate::output::message;
use crate::progress::ProgressMeter;

/// Reads PNG and JPEG files, a folder a class, into x [n, channels, height, width], from 0 to 1, and y
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Images {
    /// The folder that holds a folder for each class
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    /// The file to write
    #[arg(long, value_name = "D.npz")]
    out: PathBuf,

    /// Brings all pictures to this height and width [default: that of the first, which all must have]
    #[arg(long, value_name = "HxW", value_parser = size)]
    size: Option<Size>,

    /// Makes one channel of three
    #[arg(long)]
    grey: bool,
}

const EXAMPLES: &str = "\
Examples:
  chainrule data images photos/ --out photos.npz --size 32x32
  chainrule data images digits/ --out digits.npz --grey

The classes are the folders in the order of their names, which the array classes holds; pictures come in the order of \
theirs. fit takes the file by --data, and predict gives the names back.";

#[derive(Clone, Copy, Debug, PartialEq)]
struct Size([usize; 2]);

fn size(text: &str) -> Result<Size, String> {
    let number = |text: &str| text.parse().ok().filter(|&size| (1..=10_000).contains(&size));
    let (height, width) = text.split_once('x').unwrap_or((text, ""));
    match (number(height), number(width)) {
        (Some(height), Some(width)) => Ok(Size([height, width])),
        _ => Err("height and width from 1 to 10000 would be right, as in 28x28".into()),
    }
}

impl Images {
    /// Reads the pictures and writes the arrays.
    pub fn run(self) -> Result<(), CommandError> {
        files::check(&[], &[("--out", Some(&self.out))])?;
        let classes = self.classes()?;
        let total = classes.iter().map(|(_, files)| files.len()).sum();
        let (mut x, mut y, mut size) = (Vec::new(), Vec::new(), self.size.map(|Size(size)| size));
        let mut progress = ProgressMeter::new("pictures");
        for (class, (_, files)) in classes.iter().enumerate() {
            for file in files {
                progress.at(y.len() + 1, total);
                let picture = self.read(file, &mut size)?;
                picture.channels.iter().for_each(|channel| x.extend_from_slice(channel));
                y.push(class as i64);
            }
        }
        drop(progress);
        let [height, width] = size.unwrap_or_default();
        let (rows, channels) = (y.len(), if self.grey { 1 } else { 3 });
        let names: Vec<String> = classes.into_iter().map(|(name, _)| name).collect();
        write_npz(
            &self.out,
            &[
                ("x", vec![rows, channels, height, width], ArrayValues::Singles(&x)),
                ("y", vec![rows], ArrayValues::Integers(&y)),
                ("classes", vec![names.len()], ArrayValues::Words(&names)),
            ],
        )?;
        let (out, classes) = (self.out.display(), names.len());
        message(format!("wrote {out}: x [{rows}, {channels}, {height}, {width}], y [{rows}], {classes} classes"));
        Ok(())
    }

    /// The name of each class, and its pictures.
    fn classes(&self) -> Result<Vec<(String, Vec<PathBuf>)>, CommandError> {
        let mut classes = Vec::new();
        for folder in listed(&self.folder)?.into_iter().filter(|path| path.is_dir()) {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let files: Vec<PathBuf> = listed(&folder)?.into_iter().filter(|path| is_picture(path)).collect();
            if !files.is_empty() {
                classes.push((name, files));
            }
        }
        if classes.is_empty() {
            let right = "it holds no folder with PNG or JPEG files; a folder for each class would be right";
            return Err(CommandError::mistake(format!("{}: {right}", self.folder.display())));
        }
        Ok(classes)
    }

    /// A picture in the size and the channels that all have.
    fn read(&self, file: &Path, size: &mut Option<[usize; 2]>) -> Result<Picture, CommandError> {
        let fault = |problem: String| CommandError::mistake(format!("{}: {problem}", file.display()));
        let bytes = fs::read(file).map_err(|error| fault(format!("cannot be read: {error}")))?;
        let picture =
            Picture::read(&bytes).ok_or_else(|| fault("is neither a PNG nor a JPEG".into()))?.map_err(fault)?;
        let picture = if self.grey { picture.in_grey() } else { picture.in_colour() };
        let [height, width] = *size.get_or_insert(picture.size);
        if self.size.is_none() && picture.size != [height, width] {
            let [its_height, its_width] = picture.size;
            let problem = format!("is {its_height}x{its_width}, the first picture {height}x{width}");
            return Err(fault(format!("{problem}; --size {height}x{width} brings all to one size")));
        }
        Ok(picture.resized([height, width]))
    }
}

/// What a folder holds, in the order of the names.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let fault = |error| CommandError::mistake(format!("{}: cannot be read as a folder: {error}", folder.display()));
    let entries = fs::read_dir(folder).map_err(fault)?;
    let mut paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(fault)?;
    paths.sort();
    Ok(paths)
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    path.is_file() && matches!(&extension[..], "png" | "jpg" | "jpeg")
}
