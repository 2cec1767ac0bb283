//! Tests in a library's sources run: not so where its manifest says that it has none.

use super::File;
use super::code::bare;

/// The sources with tests, of libraries that are not compiled for tests.
pub fn problems(manifests: &[File], sources: &[File]) -> Vec<String> {
    let mut problems = Vec::new();
    for manifest in manifests.iter().filter(|manifest| is_untested(&manifest.text)) {
        let Some(folder) = manifest.path.strip_suffix("Cargo.toml") else { continue };
        let inner = sources.iter().filter(|file| file.path.starts_with(&format!("{folder}src/")));
        for file in inner.filter(|file| bare(&file.text).contains("#[cfg(test)]")) {
            problems.push(format!(
                "{}: these tests never run, since {} says `test = false`; move them to {folder}tests",
                file.path, manifest.path
            ));
        }
    }
    problems
}

/// Whether a manifest says under `[lib]` that `test = false`.
fn is_untested(manifest: &str) -> bool {
    let lines = manifest.lines().map(|line| line.split('#').next().unwrap_or_default().replace([' ', '\t'], ""));
    let library = lines.skip_while(|line| line != "[lib]").skip(1).take_while(|line| !line.starts_with('['));
    library.into_iter().any(|line| line == "test=false")
}
