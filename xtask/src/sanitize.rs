//! The tests of the matrix products, the only unsafe code, under the address sanitizer: no read or write goes beyond a slice.

use std::path::Path;
use std::process::Command;

use crate::metadata::host;

/// Runs them. The compiler takes the sanitizer for unfinished, and has to be told that we know. Host and target are said
/// apart, so that the programs that run while building are as usual.
///
/// # Errors
/// If the tests can't be built or run, or fail.
pub fn run(root: &Path) -> Result<(), String> {
    let host = host()?;
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root);
    command.args(["test", "--package", "chainrule-kernels", "--test", "gemm", "--target", &host]);
    command.args(["--target-dir", "target/sanitize"]);
    command.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
    let status = command.status().map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the tests of the matrix products ended with {status}")) }
}
