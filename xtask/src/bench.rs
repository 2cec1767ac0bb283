//! The benchmark: a program of its own, built for speed.

use std::path::Path;
use std::process::Command;

/// Runs it with these words.
///
/// # Errors
/// If it can't be built or run, or fails.
pub fn run(root: &Path, words: &[&str]) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root).args(["run", "--release", "--quiet", "--package", "bench", "--"]).args(words);
    let status = command.status().map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the benchmark ended with {status}")) }
}
