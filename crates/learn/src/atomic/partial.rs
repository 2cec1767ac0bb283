//! Partial files: what is written to until it takes the place of a file, and removed if it never does.
//!
//! A partial file has one of a few names that follow from the file's, and is locked while its writer lives. So whoever
//! writes the same file next can tell one that a killed process left, whose lock is gone, and removes it; and two
//! writers of one file, each with a partial file of its own, do not disturb each other.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::fingerprint::Fingerprint;

/// How many names after the one taken are looked at for what was left: as many writers at once may have been killed.
const LOOKED_AT: usize = 8;

/// A partial file, open and locked; removed when dropped.
pub(crate) struct PartialFile {
    file: File,
    /// Where it is; nowhere once it has taken the place of a file.
    path: Option<PathBuf>,
}

impl PartialFile {
    /// A new, empty one in a folder, for the file of this name. What killed writers of that file left is removed.
    pub fn create(folder: &Path, name: &OsStr) -> io::Result<PartialFile> {
        let hash = Fingerprint::of(name.as_encoded_bytes());
        let path = |number: usize| folder.join(format!(".chainrule-{hash}-{number}.partial"));
        let mut number = 0;
        let partial = loop {
            match PartialFile::at(path(number))? {
                Some(partial) => break partial,
                None => number += 1,
            }
        };
        for number in number + 1..=number + LOOKED_AT {
            remove_if_left(&path(number));
        }
        Ok(partial)
    }

    /// One under this name; none if that is another writer's.
    fn at(path: PathBuf) -> io::Result<Option<PartialFile>> {
        remove_if_left(&path);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            // Another writer may take it for one that was left until it is locked.
            Ok(file) if is_taken(&file, &path) => Ok(Some(PartialFile { file, path: Some(path) })),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What is written to.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Takes the place of a file. The lock lasts until it has.
    pub fn rename(mut self, to: &Path) -> io::Result<()> {
        if let Some(path) = &self.path {
            fs::rename(path, to)?;
        }
        self.path = None;
        Ok(())
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

/// Removes a partial file whose writer is no more. Where the file system has no locks, nobody can tell, and it stays.
fn remove_if_left(path: &Path) {
    let is_file = fs::symlink_metadata(path).is_ok_and(|there| there.is_file()); // a pipe would wait to be opened
    if is_file
        && let Ok(file) = File::open(path)
        && file.try_lock().is_ok()
        && is_at(&file, path)
    {
        let _ = fs::remove_file(path);
    }
}

/// Locks a file that was just made. It is another's if that one locked it before, and has perhaps removed it since.
fn is_taken(file: &File, path: &Path) -> bool {
    match file.try_lock() {
        Ok(()) => is_at(file, path),
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => true, // the file system has no locks
    }
}

/// Whether the open file is the one under that name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let there = fs::symlink_metadata(path).map(identity);
    file.metadata().map(identity).is_ok_and(|file| there.is_ok_and(|there| file == there))
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}
