//! The test command: everything that must pass, cheapest first, up to the first failure.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::{embedding, tidy};

/// Runs all steps.
///
/// # Errors
/// The first step that fails, and how to run it alone.
pub fn run(root: &Path) -> Result<(), String> {
    let began = Instant::now();
    let no_variables: &[(&str, &str)] = &[];
    let strict = &[("RUSTDOCFLAGS", "-D warnings")];
    cargo(root, "format", "fmt --all --check", no_variables)?;
    step("tidy", || tidy::run(root))?;
    step("embedding", || embedding::run(root))?;
    let without_training = "clippy --package chainrule --no-default-features --quiet -- -D warnings";
    cargo(root, "without training", without_training, no_variables)?;
    cargo(root, "clippy", "clippy --workspace --all-targets --quiet -- -D warnings", no_variables)?;
    cargo(root, "docs", "doc --workspace --no-deps --quiet", strict)?;
    // The examples of the documentation, the README and the book are among these, and the tour in a short form. Random
    // cases are the same each time, so that a change is judged by what it changes; set the variable to draw others.
    let seed = std::env::var("PROPTEST_RNG_SEED").unwrap_or_else(|_| "1".into());
    cargo(root, "tests", "test --workspace", &[("PROPTEST_RNG_SEED", &seed)])?;
    println!("\neverything passes, after {:.0} s", began.elapsed().as_secs_f64());
    Ok(())
}

fn cargo(root: &Path, name: &str, line: &str, variables: &[(&str, &str)]) -> Result<(), String> {
    step(name, || {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(root).args(line.split(' ')).envs(variables.iter().copied());
        let status = command.status().map_err(|error| format!("cargo: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("cargo {line}: {status}")) }
    })
}

fn step(name: &str, run: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    println!("\n=== {name} ===");
    let began = Instant::now();
    run().map_err(|message| format!("\n{name} failed: {message}"))?;
    println!("{name} passes ({:.1} s)", began.elapsed().as_secs_f64());
    Ok(())
}
