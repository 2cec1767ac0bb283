//! What the book and the README claim that the program prints is what it prints. Numbers may differ in their last
//! digits, and those that are rounding errors in size, since machines differ in these.
//!
//! `UPDATE_BOOK=1 cargo test -p chainrule-cli --test book` writes what is printed into the pages.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Below this a number is a rounding error.
const ROUNDING: f64 = 1e-8;
/// How far two numbers may be apart, relative to their size.
const APART: f64 = 1e-6;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn pages() -> Vec<PathBuf> {
    let chapters = std::fs::read_dir(root().join("book/src")).expect("the book is there");
    let mut pages: Vec<PathBuf> = chapters.map(|entry| entry.expect("it can be listed").path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.push(root().join("README.md"));
    pages.sort();
    pages
}

#[test]
fn what_is_claimed_is_what_is_printed() {
    let update = std::env::var_os("UPDATE_BOOK").is_some();
    let mut commands = 0;
    for path in pages() {
        let page = std::fs::read_to_string(&path).expect("it is a text");
        let mut written = String::new();
        let mut lines = page.lines().peekable();
        let mut in_console = false;
        while let Some(line) = lines.next() {
            written += &format!("{line}\n");
            in_console = if line.starts_with("```") { line == "```console" } else { in_console };
            let Some(command) = line.strip_prefix("$ chainrule").filter(|_| in_console) else { continue };
            let mut claimed = String::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("```") && !line.starts_with("$ ")) {
                claimed += &format!("{line}\n");
            }
            let printed = run(command);
            written += &printed;
            commands += 1;
            let same = alike(claimed.trim_end(), printed.trim_end());
            assert!(update || same, "{}: chainrule{command}\nprints\n{printed}\nnot\n{claimed}", path.display());
        }
        if update && written != page {
            std::fs::write(&path, written).expect("it can be written");
        }
    }
    assert!(commands >= 8, "{commands} commands were found");
}

/// What a command prints, each line without trailing spaces.
fn run(command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_chainrule"))
        .args(words(command))
        .current_dir(root())
        .env("NO_COLOR", "1")
        .env("COLUMNS", "80")
        .output()
        .expect("the program runs");
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "chainrule{command}: {complaint}");
    let printed = String::from_utf8(output.stdout).expect("it prints text");
    printed.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The words of a command line, which may be quoted.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in command.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_string());
        } else {
            words.extend(part.split_whitespace().map(str::to_string));
        }
    }
    words
}

/// Whether two texts are the same, word by word, up to the last digits of numbers.
fn alike(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.lines(), b.lines());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) => {
                let (a, b): (Vec<&str>, Vec<&str>) = (parts(a).collect(), parts(b).collect());
                if a.len() != b.len() || !a.iter().zip(&b).all(|(a, b)| a == b || close(a, b)) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// The parts of a line between spaces and the signs of lists.
fn parts(line: &str) -> impl Iterator<Item = &str> {
    line.split([' ', ',', '[', ']', '{', '}', ':', '(', ')']).filter(|part| !part.is_empty())
}

fn close(a: &str, b: &str) -> bool {
    let (Ok(a), Ok(b)) = (a.parse::<f64>(), b.parse::<f64>()) else { return false };
    (a - b).abs() <= APART * a.abs().max(b.abs()) || a.abs().max(b.abs()) < ROUNDING
}

#[test]
fn only_last_digits_and_rounding_errors_may_differ() {
    assert!(alike("a [1.5, 2]  right", "a [1.5, 2] right"));
    assert!(alike("worst 3.1e-16", "worst 4.7e-15"));
    assert!(alike("0.3333333333333333", "0.3333333333333334"));
    assert!(!alike("0.333", "0.334") && !alike("worst 3.1e-16", "worst 3.1e-3"));
    assert!(!alike("a\nb", "a") && !alike("a b", "a c") && !alike("1", "one"));
}
