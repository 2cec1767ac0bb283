//! House rules, as tests: what a reviewer would otherwise have to look for.

pub mod circles;
pub mod code;
pub mod floors;
pub mod functions;
pub mod links;
pub mod modules;
pub mod sources;
pub mod unit_tests;

use std::path::{Path, PathBuf};

use crate::{licences, metadata, read};

/// Prints what is wrong.
///
/// # Errors
/// How many problems there are, if any; or what could not be read.
pub fn run(root: &Path) -> Result<(), String> {
    let problems = problems(root)?;
    problems.iter().for_each(|problem| println!("{problem}"));
    match problems.len() {
        0 => Ok(()),
        1 => Err("1 problem".into()),
        n => Err(format!("{n} problems")),
    }
}

/// What breaks a rule, each with its file and line.
///
/// # Errors
/// If a file can't be read, or cargo does not tell of the packages.
pub fn problems(root: &Path) -> Result<Vec<String>, String> {
    let packages = metadata::packages(root, false)?;
    let mut problems = floors::problems(&packages);
    problems.extend(licences::problems(root, &packages)?);
    problems.extend(links::problems(root)?);
    let sources = rust_files(root)?;
    problems.extend(sources.iter().flat_map(sources::problems));
    problems.extend(unit_tests::problems(&files(root, "toml")?, &sources));
    problems.extend(circles::problems(&sources, circles::DECIDED));
    problems.extend(sources.iter().filter(|file| !is_test(file)).flat_map(functions::problems));
    Ok(problems)
}

/// A file of the repository.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path from the root, with `/`.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// Whether a file holds tests alone; their functions may be long.
fn is_test(file: &File) -> bool {
    file.path.contains("/tests/")
}

fn rust_files(root: &Path) -> Result<Vec<File>, String> {
    files(root, "rs")
}

/// The repository's files with an extension, sorted by path; folders that are hidden or hold build outputs are left out.
///
/// # Errors
/// If a folder or a file can't be read.
pub fn files(root: &Path, extension: &str) -> Result<Vec<File>, String> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let error = |error| format!("{}: {error}", folder.display());
        for entry in std::fs::read_dir(&folder).map_err(error)? {
            let path = entry.map_err(error)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                if !name.starts_with('.') && !name.starts_with("target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    let file = |path: &PathBuf| {
        let inner = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        Ok(File { text: read(path)?, path: inner })
    };
    found.iter().map(file).collect()
}
