//! What cargo knows of the workspace: its packages and what they use.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// A package, ours or another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its licence, as its manifest says it.
    pub licence: String,
    /// Whether it comes from a registry, and is not one of the workspace.
    pub external: bool,
    /// The packages of the workspace that it depends on, in its tests too.
    pub inner: Vec<String>,
}

/// The packages of the workspace with all they use, on this machine or, with `everywhere`, on any. The latter may have to
/// download some.
///
/// # Errors
/// If cargo or rustc can't be run, fails, or prints something else.
pub fn packages(root: &Path, everywhere: bool) -> Result<Vec<Package>, String> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root).args(["metadata", "--format-version", "1"]);
    if !everywhere {
        command.args(["--filter-platform", &host()?]);
    }
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err("cargo metadata failed".into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    Ok(list(&metadata["packages"]).map(package).collect())
}

fn package(value: &Value) -> Package {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    Package {
        name: text(&value["name"]),
        licence: text(&value["license"]),
        external: !value["source"].is_null(),
        inner: list(&value["dependencies"])
            .filter(|used| !used["path"].is_null())
            .map(|used| text(&used["name"]))
            .collect(),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The name of this machine's kind, as the compiler says it.
///
/// # Errors
/// If rustc can't be run, or does not name it.
pub fn host() -> Result<String, String> {
    let output = Command::new("rustc").arg("-vV").output().map_err(|error| format!("rustc -vV: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_string).ok_or_else(|| "rustc -vV does not name the host".into())
}
