//! Files that are written whole or not at all: to a partial file in the same folder, synced, then renamed.

mod partial;

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Error, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::error::LearnError;
use partial::PartialFile;

/// Writes a file. On any error the file is what it was before, and nothing else is left behind. A process that is
/// killed meanwhile leaves a hidden partial file, which the next write to the same file removes.
///
/// # Errors
/// The file cannot be written; the error names the path.
pub fn write(path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), LearnError> {
    let path = path.as_ref();
    if let Some(limit) = file_size_limit().filter(|&limit| bytes.len() as u64 > limit) {
        let problem = format!("{} bytes are more than the {limit} that this process may write to a file", bytes.len());
        return Err(fault(path, &Error::new(ErrorKind::FileTooLarge, problem)));
    }
    write_with(path, |file| file.write_all(bytes))
}

/// The same for what is written bit by bit.
///
/// # Errors
/// Those of [`write`](fn@write), and those of `content`.
pub fn write_with(
    path: impl AsRef<Path>,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), LearnError> {
    let path = path.as_ref();
    match Destination::of(path).and_then(|destination| destination.write(content)) {
        Ok(()) => Ok(()),
        Err(error) => Err(fault(path, &error)),
    }
}

/// Whether a file could be written there, before work starts whose result shall go there. Leaves no trace, and a file
/// that is there as it is.
///
/// # Errors
/// The file could not be written; the error names the path.
pub fn check_writable(path: impl AsRef<Path>) -> Result<(), LearnError> {
    let path = path.as_ref();
    let tried = match Destination::of(path) {
        Ok(Destination::File(file)) => file.partial().map(drop),
        Ok(Destination::Stream(_)) => Ok(()),
        Err(error) => Err(error),
    };
    tried.map_err(|error| fault(path, &error))
}

fn fault(path: &Path, error: &Error) -> LearnError {
    LearnError::file(path.display().to_string(), format!("cannot be written: {error}"))
}

/// Where the bytes go.
enum Destination {
    /// A file, that may be there already.
    File(Replaceable),
    /// A device or a pipe, which is written to and not replaced.
    Stream(PathBuf),
}

/// A file, links followed, with the permissions it has if it is there.
struct Replaceable {
    path: PathBuf,
    folder: PathBuf,
    permissions: Option<Permissions>,
}

impl Destination {
    fn of(path: &Path) -> io::Result<Destination> {
        let is_folder = || Error::new(ErrorKind::IsADirectory, "it is a folder; a file would be right");
        if path.file_name().is_none() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Err(is_folder());
        }
        let (path, permissions) = match fs::metadata(path) {
            Ok(there) if there.is_dir() => return Err(is_folder()),
            Ok(there) if !there.is_file() => return Ok(Destination::Stream(path.into())),
            Ok(there) if there.permissions().readonly() => {
                return Err(Error::new(ErrorKind::PermissionDenied, "the file is marked as read-only"));
            }
            Ok(there) => (fs::canonicalize(path)?, Some(there.permissions())),
            Err(error) if error.kind() == ErrorKind::NotFound => (path.to_path_buf(), None),
            Err(error) => return Err(error),
        };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => PathBuf::from("."),
        };
        if !folder.is_dir() {
            let problem = format!("there is no folder {}", folder.display());
            return Err(Error::new(ErrorKind::NotFound, problem));
        }
        Ok(Destination::File(Replaceable { path, folder, permissions }))
    }

    fn write(self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match self {
            Destination::File(file) => file.replace(content),
            Destination::Stream(path) => {
                let mut stream = BufWriter::new(OpenOptions::new().write(true).open(path)?);
                content(&mut stream)?;
                stream.flush()
            }
        }
    }
}

impl Replaceable {
    /// A partial file beside the file. It is removed when dropped.
    fn partial(&self) -> io::Result<PartialFile> {
        let name = self.path.file_name().unwrap_or_default();
        PartialFile::create(&self.folder, name).map_err(|error| {
            // Of the partial file's name the user knows nothing.
            let folder = self.folder.display();
            Error::new(error.kind(), format!("the folder {folder} takes no new file: {}", error.kind()))
        })
    }

    fn replace(self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let partial = self.partial()?;
        let mut buffered = BufWriter::new(partial.file());
        content(&mut buffered)?;
        buffered.flush()?;
        drop(buffered);
        if let Some(permissions) = &self.permissions {
            partial.file().set_permissions(permissions.clone())?;
        }
        partial.file().sync_all()?;
        partial.rename(&self.path)?;
        // The file is in place; a file system that cannot sync a folder is no reason to call that a failure.
        if let Ok(folder) = File::open(&self.folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

/// The size in bytes that a file of this process may have, where the system tells. A write beyond it would end the
/// process by a signal before anything could be cleaned up.
fn file_size_limit() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    limits.lines().find_map(|line| line.strip_prefix("Max file size")?.split_whitespace().next()?.parse().ok())
}
