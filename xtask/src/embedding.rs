//! What a program builds that only predicts with a trained model: few packages.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

/// With the program itself at most 40.
const AT_MOST: usize = 39;

/// Counts the packages of the library without its default features.
///
/// # Errors
/// There are more than there should be; or cargo can't be run, or fails.
pub fn run(root: &Path) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO"));
    let line = "tree --package chainrule --no-default-features --edges normal --prefix none --no-dedupe";
    let output = command.current_dir(root).args(line.split(' ')).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cargo tree: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo {line}: {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let packages: BTreeSet<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    println!("a program that only predicts builds {} packages of ours and others'", packages.len());
    if packages.len() <= AT_MOST {
        return Ok(());
    }
    let names: Vec<&str> = packages.into_iter().collect();
    Err(format!(
        "at most {AT_MOST} would be right; put what only training needs under its feature: {}",
        names.join(", ")
    ))
}
