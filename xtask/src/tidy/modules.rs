//! Which file of a crate uses which: paths are followed to the file that defines what they name.
//!
//! A re-export is followed, so `crate::X` leads to the file that defines X and not to `lib.rs`. Naming a module is no use of
//! its file; naming something in it is. What a method call uses is not seen.

use std::collections::{HashMap, HashSet};

use super::File;
use super::code::{bare, is_word, tokens, without_tests};

/// The sources of one crate.
pub struct Crate<'a> {
    /// Its folder, as `crates/graph`.
    pub folder: &'a str,
    /// The files under its `src`.
    pub files: Vec<&'a File>,
}

/// One file names what another defines.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Use {
    /// Which file of the crate it is.
    pub from: usize,
    /// The file it uses.
    pub to: usize,
    /// What it names.
    pub name: String,
}

/// The crates that some files make up. A `main.rs` beside a `lib.rs` is a crate of its own, of one file, and left out.
pub fn crates(files: &[File]) -> Vec<Crate<'_>> {
    let mut crates: Vec<Crate<'_>> = Vec::new();
    for file in files {
        let Some((folder, inner)) = file.path.split_once("/src/") else { continue };
        if inner == "main.rs" && files.iter().any(|other| other.path == format!("{folder}/src/lib.rs")) {
            continue;
        }
        match crates.iter_mut().find(|found| found.folder == folder) {
            Some(found) => found.files.push(file),
            None => crates.push(Crate { folder, files: vec![file] }),
        }
    }
    crates
}

impl Crate<'_> {
    /// A file's path from `src`.
    pub fn inner_path(&self, file: usize) -> &str {
        &self.files[file].path[self.folder.len() + "/src/".len()..]
    }

    /// The path of modules that a file is, from the crate's root.
    pub fn module_path(&self, file: usize) -> Vec<&str> {
        let inner = self.inner_path(file);
        let inner = inner.strip_suffix(".rs").unwrap_or(inner);
        let mut path: Vec<&str> = inner.split('/').collect();
        if matches!(path[..], ["lib" | "main"] | [.., "mod"]) {
            path.pop();
        }
        path
    }

    /// Who uses whom, each pair of files once.
    pub fn uses(&self) -> Vec<Use> {
        let codes: Vec<String> = self.files.iter().map(|file| without_tests(&bare(&file.text))).collect();
        let paths = (0..codes.len()).map(|file| self.module_path(file));
        let modules = Modules {
            names: codes.iter().map(|code| Names::read(code)).collect(),
            at: paths.clone().zip(0..).collect(),
            paths: paths.collect(),
        };
        let mut uses = Vec::new();
        let mut seen = HashSet::new();
        for from in 0..codes.len() {
            for path in &modules.names[from].paths {
                let (to, name) = match modules.resolve(from, path, &mut HashSet::new()) {
                    Some(Found::Item(to, name)) => (to, name),
                    Some(Found::All(to)) => (to, "*"),
                    Some(Found::Module(_)) | None => continue,
                };
                if to != from && seen.insert((from, to)) {
                    uses.push(Use { from, to, name: name.into() });
                }
            }
        }
        uses
    }
}

/// What a path leads to, by the index of a module, which is that of its file.
enum Found<'a> {
    Module(usize),
    /// Everything in a module.
    All(usize),
    /// What a module defines, by its name there.
    Item(usize, &'a str),
}

struct Modules<'a> {
    names: Vec<Names<'a>>,
    paths: Vec<Vec<&'a str>>,
    at: HashMap<Vec<&'a str>, usize>,
}

/// The names that were looked up on the way, each in its module, so that none is looked up in a circle.
type Seen<'a> = HashSet<(usize, &'a str)>;

impl<'a> Modules<'a> {
    /// What a path in a module leads to; nothing if it leaves the crate.
    fn resolve(&self, module: usize, path: &[&'a str], seen: &mut Seen<'a>) -> Option<Found<'a>> {
        let mut found = Found::Module(module);
        for (at, &name) in path.iter().enumerate() {
            // What follows an item is a variant of it, or a function.
            let Found::Module(module) = found else { break };
            found = match name {
                "crate" => Found::Module(*self.at.get(&[][..])?),
                "self" => found,
                "super" => {
                    let (_, parent) = self.paths[module].split_last()?;
                    Found::Module(*self.at.get(parent)?)
                }
                "*" => Found::All(module),
                _ => self.look_up(module, name, at + 1 == path.len(), seen)?,
            };
        }
        Some(found)
    }

    fn look_up(&self, module: usize, name: &'a str, is_last: bool, seen: &mut Seen<'a>) -> Option<Found<'a>> {
        let names = &self.names[module];
        let child = || self.at.get(&[&self.paths[module][..], &[name]].concat()).map(|&child| Found::Module(child));
        // A module and a function in it may have one name: what is followed by more is the module.
        if !is_last && let Some(child) = child() {
            return Some(child);
        }
        if names.items.contains(name) {
            return Some(Found::Item(module, name));
        }
        if !seen.insert((module, name)) {
            return None;
        }
        let imports = names.imports.iter().filter(|(named, _)| *named == name);
        if let Some(found) = imports.filter_map(|(_, path)| self.resolve(module, path, seen)).next() {
            return Some(found);
        }
        for path in &names.globs {
            if let Some(Found::Module(inner)) = self.resolve(module, path, seen)
                && let Some(found) = self.look_up(inner, name, is_last, seen)
            {
                return Some(found);
            }
        }
        // An exported macro is at the root, wherever it stands.
        let holds_macro = |at: &usize| self.names[*at].macros.contains(name);
        let exported = || (0..self.names.len()).find(holds_macro).map(|at| Found::Item(at, name));
        child().or_else(|| if self.paths[module].is_empty() { exported() } else { None })
    }
}

/// The names in a file.
#[derive(Default)]
struct Names<'a> {
    /// What it defines, functions in functions left out.
    items: HashSet<&'a str>,
    macros: HashSet<&'a str>,
    /// What `use` brings in, by the name it gets.
    imports: Vec<(&'a str, Vec<&'a str>)>,
    /// The modules of which `use` brings in everything.
    globs: Vec<Vec<&'a str>>,
    /// All paths, those of `use` among them; of a glob the last name is `*`.
    paths: Vec<Vec<&'a str>>,
}

const DEFINE: &[&str] = &["fn", "struct", "enum", "union", "trait", "type", "const", "static"];

impl<'a> Names<'a> {
    fn read(code: &'a str) -> Names<'a> {
        let tokens: Vec<&str> = tokens(code).iter().map(|token| token.text).collect();
        let mut names = Names::default();
        let (mut depth, mut at) = (0, 0);
        while at < tokens.len() {
            let next = tokens.get(at + 1).copied().unwrap_or_default();
            match tokens[at] {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                // `use<'a>` says what an opaque type captures.
                "use" if next != "<" => at = names.read_use(&tokens, at + 1),
                "macro_rules" => names.macros.extend(tokens.get(at + 2)),
                keyword if depth == 0 && DEFINE.contains(&keyword) => _ = names.items.insert(next),
                word if is_word(word) && next == "::" => {
                    let mut path = vec![word];
                    while tokens.get(at + 1) == Some(&"::") && tokens.get(at + 2).is_some_and(|next| is_word(next)) {
                        path.push(tokens[at + 2]);
                        at += 2;
                    }
                    names.paths.push(path);
                }
                _ => {}
            }
            at += 1;
        }
        names
    }

    /// Reads a declaration, from behind `use` to its semicolon. Returns where that is.
    fn read_use(&mut self, tokens: &[&'a str], start: usize) -> usize {
        let mut path: Vec<&'a str> = Vec::new();
        // How long the path is before each open brace.
        let mut open = Vec::new();
        let mut is_new = false;
        let mut alias = None;
        for (at, &token) in tokens.iter().enumerate().skip(start) {
            match token {
                "{" => {
                    open.push(path.len());
                    is_new = false;
                }
                "," | "}" | ";" => {
                    if is_new {
                        self.add_import(&path, alias.take());
                    }
                    is_new = false;
                    path.truncate(open.last().copied().unwrap_or(0));
                    match token {
                        "}" => _ = open.pop(),
                        ";" => return at,
                        _ => {}
                    }
                }
                "::" | "as" => {}
                name if tokens[at - 1] == "as" => alias = Some(name),
                name => {
                    path.push(name);
                    is_new = true;
                }
            }
        }
        tokens.len()
    }

    fn add_import(&mut self, path: &[&'a str], alias: Option<&'a str>) {
        self.paths.push(path.to_vec());
        // `a::{self}` names a.
        let named = path.strip_suffix(&["self"]).unwrap_or(path);
        match named {
            [module @ .., "*"] => self.globs.push(module.to_vec()),
            [.., last] => self.imports.push((alias.unwrap_or(last), named.to_vec())),
            [] => {}
        }
    }
}
