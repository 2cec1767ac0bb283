//! Links between the repository's pages lead somewhere.

use std::path::Path;

use super::{File, files};

/// The links to files that are not there.
///
/// # Errors
/// If a page can't be read.
pub fn problems(root: &Path) -> Result<Vec<String>, String> {
    let pages = files(root, "md")?;
    Ok(pages.iter().flat_map(|page| dead(root, page)).collect())
}

fn dead(root: &Path, page: &File) -> Vec<String> {
    let folder = root.join(&page.path);
    let folder = folder.parent().unwrap_or(root);
    let targets = links(&page.text).into_iter().filter(|(_, target)| !folder.join(target).exists());
    targets.map(|(line, target)| format!("{}:{line}: {target} is not there", page.path)).collect()
}

/// The files that a page's links and pictures name, each with its line; not addresses, nor places in the same page.
/// Code is left out.
pub fn links(page: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    let mut in_code = false;
    for (number, line) in page.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        let targets = line.split("](").skip(1).filter_map(|after| after.split([')', ' ']).next());
        let files = targets.filter_map(|target| target.split('#').next());
        let files = files.filter(|file| !in_code && !file.is_empty() && !file.contains("://"));
        links.extend(files.map(|file| (number + 1, file)));
    }
    links
}
