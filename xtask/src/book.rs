//! The book as web pages, by mdbook where that is installed.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// Renders it to `target/book`; without mdbook, says how to read it.
///
/// # Errors
/// If mdbook can't be run, though it is there, or fails.
pub fn run(root: &Path) -> Result<(), String> {
    render(root, "mdbook").map(|said| println!("{said}"))
}

/// Renders it by that program; returns what to tell.
///
/// # Errors
/// If the program is there and can't be run, or fails.
pub fn render(root: &Path, program: &str) -> Result<String, String> {
    let pages = root.join("target/book");
    let status = Command::new(program).arg("build").arg(root.join("book")).arg("--dest-dir").arg(&pages).status();
    match status {
        Ok(status) if status.success() => Ok(format!("the book is in {}", pages.join("index.html").display())),
        Ok(status) => Err(format!("{program} build book: {status}")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(format!(
            "{program} is not installed, so nothing was rendered: `cargo install mdbook` installs it; the book can be read as it \
             lies in {}, too",
            root.join("book/src/SUMMARY.md").display()
        )),
        Err(error) => Err(format!("{program}: {error}")),
    }
}
