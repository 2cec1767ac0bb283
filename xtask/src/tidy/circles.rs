//! The files of a crate do not use each other in a circle, but for those of which that was decided.
//!
//! A module's file and the files below it are one thing in several files, so a circle that goes through the module's own
//! file is none.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use super::File;
use super::modules::{Crate, Use, crates};

/// Files of one crate that may use each other.
pub struct Decided {
    /// The crate's folder.
    pub folder: &'static str,
    /// Its files, from `src`; a name that ends in `/` stands for all in that folder.
    pub files: &'static [&'static str],
}

/// At most one for a crate, with the reason.
pub const DECIDED: &[Decided] = &[
    // The ops are a closed enum. What a node is, needs the ops; each op's rules are written with the builder, which makes
    // nodes in a graph; and the builder has a method for each op.
    Decided {
        folder: "crates/graph",
        files: &["batch.rs", "builder/", "error.rs", "function.rs", "graph.rs", "node.rs", "ops/", "verify.rs"],
    },
];

/// The circles, the shortest of each knot of files; and what is decided of files that are on none.
pub fn problems(files: &[File], decided: &[Decided]) -> Vec<String> {
    crates(files).iter().flat_map(|found| circles(found, decided)).collect()
}

fn circles(found: &Crate<'_>, decided: &[Decided]) -> Vec<String> {
    let Crate { folder, files } = found;
    let uses = found.uses();
    let graph = Graph::new(&uses, files.len());
    let decided = decided.iter().find(|decided| decided.folder == *folder);
    let names = |file: usize, entry: &str| {
        let inner = &files[file].path[folder.len() + "/src/".len()..];
        inner == entry || entry.ends_with('/') && inner.starts_with(entry)
    };
    let entries = decided.map(|decided| decided.files).unwrap_or_default();
    let is_free: Vec<bool> = (0..files.len()).map(|file| !entries.iter().any(|entry| names(file, entry))).collect();
    let mut problems = Vec::new();
    for module in 0..files.len() {
        let above = found.module_path(module);
        // The part below the module that a file is in.
        let part = |file: usize| {
            let path = found.module_path(file);
            path.starts_with(&above).then(|| path.get(above.len()).copied()).flatten()
        };
        let parts: Vec<Option<&str>> = (0..files.len()).map(part).collect();
        let circles = graph.circles(&parts, &is_free);
        problems.extend(circles.iter().map(|circle| format!("{folder}: {}", describe(found, circle))));
    }
    // What is decided says exactly which files: each is on a circle with others of them.
    let inside: Vec<bool> = is_free.iter().map(|free| !free).collect();
    for entry in entries {
        let is_on_one = |file: usize| names(file, entry) && graph.is_on_circle(file, &inside);
        if !(0..files.len()).any(is_on_one) {
            problems.push(format!("{folder}/src/{entry} is on no circle; take it from the list of those decided"));
        }
    }
    problems
}

fn describe(found: &Crate<'_>, circle: &[&Use]) -> String {
    let name = |file: usize| &found.files[file].path[found.folder.len() + "/src/".len()..];
    let mut text = format!("files use each other in a circle: {}", name(circle[0].from));
    for Use { to, name: used, .. } in circle {
        text += &format!(" -> {} ({used})", name(*to));
    }
    text
}

struct Graph<'a> {
    uses: Vec<Vec<&'a Use>>,
}

impl<'a> Graph<'a> {
    fn new(all: &'a [Use], files: usize) -> Graph<'a> {
        let mut uses = vec![Vec::new(); files];
        for found in all {
            uses[found.from].push(found);
        }
        Graph { uses }
    }

    /// Circles among the files that have a part, through at least two parts and one free file. No two have a file in
    /// common.
    fn circles(&self, parts: &[Option<&str>], is_free: &[bool]) -> Vec<Vec<&'a Use>> {
        let crossing = self.uses.iter().flatten().filter(|found| {
            let (from, to) = (parts[found.from], parts[found.to]);
            from.is_some() && to.is_some() && from != to
        });
        let mut circles: Vec<Vec<&Use>> = Vec::new();
        for &found in crossing {
            if let Some(back) = self.back(found, parts, is_free) {
                circles.push([vec![found], back].concat());
            }
        }
        circles.sort_by_key(Vec::len);
        let mut apart: Vec<Vec<&Use>> = Vec::new();
        for circle in circles {
            let meets = |other: &Vec<&Use>| other.iter().any(|a| circle.iter().any(|b| a.from == b.from));
            if !apart.iter().any(meets) {
                apart.push(circle);
            }
        }
        apart
    }

    /// The shortest way back from where a use leads, with a free file at one end of it or on the way.
    fn back(&self, found: &Use, parts: &[Option<&str>], is_free: &[bool]) -> Option<Vec<&'a Use>> {
        let start = (found.to, is_free[found.to] || is_free[found.from]);
        shortest(start, (found.from, true), |(file, free)| {
            let inner = self.uses[file].iter().filter(|next| parts[next.to].is_some());
            inner.map(|&next| ((next.to, free || is_free[next.to]), next)).collect()
        })
    }

    /// Whether a file uses itself by way of others that are inside.
    fn is_on_circle(&self, file: usize, inside: &[bool]) -> bool {
        let inner = |file: usize| self.uses[file].iter().filter(|next| inside[next.to]).map(|&next| (next.to, next));
        inner(file).any(|(next, _)| shortest(next, file, |file| inner(file).collect()).is_some())
    }
}

/// The uses on a shortest path.
fn shortest<'a, N: Copy + Eq + Hash>(start: N, goal: N, next: impl Fn(N) -> Vec<(N, &'a Use)>) -> Option<Vec<&'a Use>> {
    let mut reached: HashMap<N, Option<(N, &Use)>> = HashMap::from([(start, None)]);
    let mut waiting = VecDeque::from([start]);
    while let Some(from) = waiting.pop_front() {
        if from == goal {
            let step = |&(before, _): &(N, &'a Use)| reached[&before];
            let mut path: Vec<&Use> = std::iter::successors(reached[&goal], step).map(|(_, used)| used).collect();
            path.reverse();
            return Some(path);
        }
        for (to, used) in next(from) {
            reached.entry(to).or_insert_with(|| {
                waiting.push_back(to);
                Some((from, used))
            });
        }
    }
    None
}
