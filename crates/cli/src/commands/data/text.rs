//! `chainrule data text`: windows of characters.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::PathBuf;

use chainrule::learn::{ArrayValues, Arrays, write_npz};
use clap::Args;

use crate::error::CommandError;
use crate::files;
use crate::options;
use crate::output::message;

/// Cuts a text into windows x [n, T] of characters, as integers, and y [n, T]: the character that follows each
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct TextWindows {
    /// The text, in UTF-8
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The file to write
    #[arg(long, value_name = "D.npz")]
    out: PathBuf,

    /// How many characters a window has
    #[arg(long, value_name = "T", value_parser = options::count, allow_hyphen_values = true)]
    context: usize,

    /// How many characters after a window the next begins [default: T]
    #[arg(long, value_name = "S", value_parser = options::count, allow_hyphen_values = true)]
    stride: Option<usize>,

    /// Numbers the characters as another file does, such as that for training
    #[arg(long, value_name = "D.npz")]
    classes_of: Option<PathBuf>,

    /// Takes only this part of the text, from and to a share of its characters: 0:0.9
    #[arg(long, value_name = "FROM:TO", value_parser = part)]
    part: Option<Part>,
}

const EXAMPLES: &str = "\
Examples:
  chainrule data text novel.txt --context 64 --out train.npz --part 0:0.9
  chainrule data text novel.txt --context 64 --out test.npz --part 0.9:1 \\
    --classes-of train.npz

The array classes holds the characters of the whole text, in their order; x and y count them from 0.";

#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    from: f64,
    to: f64,
}

fn part(text: &str) -> Result<Part, String> {
    let share = |text: &str| text.trim().parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    let (from, to) = text.split_once(':').unwrap_or((text, ""));
    match (share(from), share(to)) {
        (Some(from), Some(to)) if from < to => Ok(Part { from, to }),
        _ => Err("two shares in [0, 1], the first the smaller, would be right, as in 0:0.9".into()),
    }
}

impl TextWindows {
    /// Cuts the text and writes the arrays.
    pub fn run(self) -> Result<(), CommandError> {
        let read = [("the text", Some(&*self.file)), ("the file of --classes-of", self.classes_of.as_deref())];
        files::check(&read, &[("--out", Some(&self.out))])?;
        let name = self.file.display();
        let bytes = fs::read(&self.file);
        let bytes = bytes.map_err(|error| CommandError::mistake(format!("{name}: cannot be read: {error}")))?;
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| CommandError::mistake(format!("{name}: is no text in UTF-8; save it so")))?;
        let all: Vec<char> = text.strip_prefix('\u{feff}').unwrap_or(&text).chars().collect();
        let classes = self.classes(&all)?;

        let Part { from, to } = self.part.unwrap_or(Part { from: 0.0, to: 1.0 });
        let place = |share: f64| (share * all.len() as f64).round() as usize;
        let first = place(from);
        let characters = self.numbered(&all[first..place(to)], first, &classes)?;
        let (context, stride) = (self.context, self.stride.unwrap_or(self.context));
        let starts: Vec<usize> = (0..characters.len().saturating_sub(context)).step_by(stride).collect();
        if starts.is_empty() {
            let (found, right) = (characters.len(), context.saturating_add(1));
            let problem = format!("{found} characters are too few for a window; --context {context} takes {right}");
            return Err(CommandError::mistake(format!("{name}: {problem}")));
        }
        let windows = |after: usize| -> Vec<i64> {
            starts.iter().flat_map(|&start| &characters[start + after..start + after + context]).copied().collect()
        };
        let (x, y, rows) = (windows(0), windows(1), starts.len());
        write_npz(
            &self.out,
            &[
                ("x", vec![rows, context], ArrayValues::Integers(&x)),
                ("y", vec![rows, context], ArrayValues::Integers(&y)),
                ("classes", vec![classes.len()], ArrayValues::Words(&classes)),
            ],
        )?;
        let (out, count) = (self.out.display(), classes.len());
        message(format!("wrote {out}: x [{rows}, {context}], y [{rows}, {context}], {count} characters"));
        Ok(())
    }

    /// The characters in their order, or those of another file.
    fn classes(&self, all: &[char]) -> Result<Vec<String>, CommandError> {
        let Some(path) = &self.classes_of else {
            let characters: BTreeSet<char> = all.iter().copied().collect();
            return Ok(characters.into_iter().map(String::from).collect());
        };
        let name = path.display().to_string();
        let bytes = fs::read(path);
        let bytes = bytes.map_err(|error| CommandError::mistake(format!("{name}: cannot be read: {error}")))?;
        Ok(Arrays::from_bytes(&name, bytes)?.words("classes")?)
    }

    /// The number of each character; `first` is the place of the first in the text.
    fn numbered(&self, part: &[char], first: usize, classes: &[String]) -> Result<Vec<i64>, CommandError> {
        let numbers: HashMap<&str, i64> = classes.iter().map(String::as_str).zip(0..).collect();
        let number = |(place, character): (usize, &char)| {
            let found = numbers.get(character.encode_utf8(&mut [0; 4]) as &str).copied();
            found.ok_or_else(|| {
                let problem = format!("the character {character:?}, number {} of the text,", first + place + 1);
                let other = self.classes_of.as_deref().unwrap_or(&self.out).display();
                CommandError::mistake(format!("{}: {problem} is not one of those in {other}", self.file.display()))
            })
        };
        part.iter().enumerate().map(number).collect()
    }
}
