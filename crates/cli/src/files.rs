//! The files that a command names, looked at before any work: what is written can be written, takes the place of
//! nothing that is read, and has a file of its own.

use std::fs;
use std::path::{Path, PathBuf};

use chainrule::learn::atomic;

use crate::error::CommandError;

/// A file, and what messages call it: of what is read a description, of what is written the option.
type NamedFile<'a> = (&'a str, Option<&'a Path>);

/// An error that names the option, unless each of the files to be `written` can be written, is none of those that are
/// `read`, and no two of them are one.
pub fn check(read: &[NamedFile<'_>], written: &[NamedFile<'_>]) -> Result<(), CommandError> {
    let (read, written) = (named(read), named(written));
    for (at, (option, path)) in written.iter().enumerate() {
        let Some(here) = location(path) else { continue };
        let same = |(_, other): &&(&str, &Path)| location(other).as_ref() == Some(&here);
        let problem = match (read.iter().find(same), written[..at].iter().find(same)) {
            (Some((what, _)), _) => format!("{what}, which would be lost"),
            (None, Some((other, _))) => format!("the file of {other}, too"),
            (None, None) => continue,
        };
        let path = path.display();
        return Err(CommandError::mistake(format!("{option}: {path} is {problem}; another name would be right")));
    }
    for (option, path) in written {
        atomic::check_writable(path).map_err(|error| CommandError::of_option(option, &error))?;
    }
    Ok(())
}

/// Those that the user named.
fn named<'a>(named: &[NamedFile<'a>]) -> Vec<(&'a str, &'a Path)> {
    named.iter().filter_map(|(name, path)| Some((*name, (*path)?))).collect()
}

/// Where a file is, links followed, or would be; none for a device or a pipe, in which nothing is replaced. Of two hard
/// links only one is replaced, so they count as two files.
fn location(path: &Path) -> Option<PathBuf> {
    match fs::canonicalize(path) {
        Ok(location) => location.is_file().then_some(location),
        Err(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
        }
    }
}
