//! The licences of the dependencies: which are allowed, and the list of who has which, in DEPENDENCIES.md.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::metadata::{self, Package};
use crate::read;

const LIST: &str = "DEPENDENCIES.md";

/// Licences that ask for no more than to be named.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

const INTRODUCTION: &str = "\
# What chainrule is built from

The packages that the workspace uses, its tests included, on any machine. `cargo xtask licences` writes this list, and
`cargo xtask tidy` checks it, and that each licence, or one of those offered, asks for no more than to be named.

| licence | packages |
|---|---|
";

/// Whether an SPDX expression can be met with the allowed licences alone. `/` is an old spelling of `OR`.
pub fn is_allowed(licence: &str) -> bool {
    let spaced = licence.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let allowed = any(&mut words);
    allowed && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>) -> bool {
    let mut allowed = all(words);
    while words.next_if_eq(&"OR").is_some() {
        allowed |= all(words);
    }
    allowed
}

fn all(words: &mut Words<'_>) -> bool {
    let mut allowed = one(words);
    while words.next_if_eq(&"AND").is_some() {
        allowed &= one(words);
    }
    allowed
}

fn one(words: &mut Words<'_>) -> bool {
    match words.next() {
        Some("(") => any(words) & (words.next() == Some(")")),
        Some(name) if words.next_if_eq(&"WITH").is_some() => {
            let exception = words.next().unwrap_or_default();
            ALLOWED.contains(&format!("{name} WITH {exception}").as_str())
        }
        Some(name) => ALLOWED.contains(&name),
        None => false,
    }
}

/// Writes the list anew. It asks cargo for the packages of all machines, which may download some.
///
/// # Errors
/// If cargo fails, or the list can't be written.
pub fn write(root: &Path) -> Result<(), String> {
    let mut by_licence: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in metadata::packages(root, true)?.into_iter().filter(|package| package.external) {
        by_licence.entry(package.licence).or_default().insert(package.name);
    }
    let mut text = INTRODUCTION.to_string();
    for (licence, names) in by_licence {
        let names: Vec<String> = names.into_iter().collect();
        text += &format!("| {licence} | {} |\n", names.join(", "));
    }
    std::fs::write(root.join(LIST), text).map_err(|error| format!("{LIST}: {error}"))
}

/// What is wrong with the list, and with the licences in it. The packages of other machines are known by the lock file
/// alone, so that nothing is downloaded.
///
/// # Errors
/// If the list or the lock file can't be read.
pub fn problems(root: &Path, packages: &[Package]) -> Result<Vec<String>, String> {
    let list = read(&root.join(LIST))?;
    let listed: BTreeSet<(&str, &str)> = rows(&list).collect();
    let mut problems = Vec::new();
    for licence in listed.iter().map(|(_, licence)| *licence).collect::<BTreeSet<_>>() {
        if !is_allowed(licence) {
            problems.push(format!("{LIST}: the licence {licence} is not among those allowed in xtask/src/licences.rs"));
        }
    }
    let lock = read(&root.join("Cargo.lock"))?;
    let (named, locked): (BTreeSet<&str>, BTreeSet<&str>) =
        (listed.iter().map(|(name, _)| *name).collect(), locked(&lock).collect());
    let new = locked.difference(&named).map(|name| format!("{LIST}: {name} is missing"));
    let old = named.difference(&locked).map(|name| format!("{LIST}: {name} is used no more"));
    let other = packages.iter().filter(|package| {
        let row = (package.name.as_str(), package.licence.as_str());
        package.external && named.contains(row.0) && !listed.contains(&row)
    });
    let other = other.map(|package| format!("{LIST}: {} has the licence {}", package.name, package.licence));
    let stale: Vec<String> = new.chain(old).chain(other).map(|p| p + "; run `cargo xtask licences`").collect();
    problems.extend(stale);
    Ok(problems)
}

/// The packages of the list with their licences.
fn rows(list: &str) -> impl Iterator<Item = (&str, &str)> {
    let rows = list.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    rows.filter(|(licence, _)| *licence != "licence")
        .flat_map(|(licence, names)| names.split(", ").map(move |n| (n, licence)))
}

/// The packages from registries in a lock file.
fn locked(lock: &str) -> impl Iterator<Item = &str> {
    let packages = lock.split("[[package]]").filter(|package| package.contains("\nsource = "));
    packages.filter_map(|package| package.split("name = \"").nth(1)?.split('"').next())
}
