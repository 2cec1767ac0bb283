//! The repository's own chores: the test command, the house rules, the list of dependencies.
//!
//! It is compiled before anything else, so it uses none of the crates it looks after.
#![forbid(unsafe_code)]

pub mod bench;
pub mod book;
pub mod embedding;
pub mod licences;
pub mod metadata;
pub mod sanitize;
pub mod test;
pub mod tidy;

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The text of a file.
///
/// # Errors
/// If it can't be read, with its path.
pub fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
