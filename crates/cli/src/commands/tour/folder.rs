//! The folder that the tour writes to. Of the files in it the tour replaces those that it wrote itself and that nobody
//! has changed since: a record beside them holds their fingerprints.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use chainrule::learn::{Fingerprint, atomic};

use crate::error::CommandError;
use crate::files;

/// The file with the fingerprint and the name of each file that the tour wrote, one a line.
const RECORD: &str = ".chainrule-tour";

/// The folder, and the lines of its record.
pub struct Folder {
    path: PathBuf,
    written: BTreeSet<String>,
}

impl Folder {
    /// Opens the folder, made if it is not there, for files of these names. Errors: it can't be a folder, takes no
    /// files, or holds a file of such a name that is not the tour's.
    pub fn open(path: &Path, names: &[String]) -> Result<Folder, CommandError> {
        let mistake = |problem: String| CommandError::mistake(format!("--out: {problem}"));
        if let Some(file) = path.ancestors().find(|ancestor| ancestor.is_file()) {
            return Err(mistake(format!("{} is a file; the name of a folder would be right", file.display())));
        }
        fs::create_dir_all(path)
            .map_err(|error| mistake(format!("the folder {} cannot be made: {error}", path.display())))?;
        let record = fs::read_to_string(path.join(RECORD)).unwrap_or_default();
        let folder = Folder { path: path.into(), written: record.lines().map(str::to_string).collect() };
        for name in names {
            let file = folder.path(name);
            if let Ok(bytes) = fs::read(&file)
                && !folder.written.contains(&line(name, &bytes))
            {
                return Err(mistake(format!(
                    "{} is there, not as the tour wrote it, and would be lost; another folder would be right",
                    file.display()
                )));
            }
        }
        for name in names {
            files::check(&[], &[("--out", Some(&folder.path(name)))])?;
        }
        Ok(folder)
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes files. The record comes first and keeps what it held, so that it knows the old file and the new one,
    /// whichever is there when the tour ends early.
    pub fn write(&mut self, files: Vec<(String, Vec<u8>)>) -> Result<(), CommandError> {
        self.written.extend(files.iter().map(|(name, bytes)| line(name, bytes)));
        let record: String = self.written.iter().map(|line| format!("{line}\n")).collect();
        atomic::write(self.path(RECORD), record.as_bytes())?;
        for (name, bytes) in &files {
            atomic::write(self.path(name), bytes)?;
        }
        Ok(())
    }
}

/// What the record says of a file.
fn line(name: &str, bytes: &[u8]) -> String {
    format!("{} {name}", Fingerprint::of(bytes))
}
