//! The modules of a crate do not use each other in a circle, but for those of which that was decided.
//!
//! A module is its file and the files below it. Those are one thing in several files: the module's own file and one below it
//! may use each other, while two modules beside each other may not.

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
    // nodes in a graph; and the builder has a method for each op. The derivative of a loop differentiates its body.
    Decided {
        folder: "crates/graph",
        files: &[
            "batch.rs",
            "builder/",
            "differentiate.rs",
            "error.rs",
            "function.rs",
            "graph.rs",
            "node.rs",
            "ops/",
            "verify.rs",
        ],
    },
];

/// The circles, of each knot of modules the shortest; and what is decided of files that are on none.
pub fn problems(files: &[File], decided: &[Decided]) -> Vec<String> {
    crates(files).iter().flat_map(|found| problems_of(found, decided)).collect()
}

fn problems_of(found: &Crate<'_>, decided: &[Decided]) -> Vec<String> {
    let Crate { folder, files } = found;
    let uses = found.uses();
    let decided = decided.iter().find(|decided| decided.folder == *folder);
    let entries = decided.map(|decided| decided.files).unwrap_or_default();
    let names = |entry: &str, file: usize| {
        let inner = found.inner_path(file);
        inner == entry || entry.ends_with('/') && inner.starts_with(entry)
    };
    let is_free: Vec<bool> = (0..files.len()).map(|file| !entries.iter().any(|entry| names(entry, file))).collect();
    let mut problems = Vec::new();
    for module in 0..files.len() {
        let above = found.module_path(module);
        // The module just below this one that a file belongs to.
        let below = |file: usize| {
            let path = found.module_path(file);
            path.starts_with(&above).then(|| path.get(above.len()).copied()).flatten()
        };
        let circles = circles(&uses, below, &is_free);
        problems.extend(circles.iter().map(|circle| format!("{folder}: {}", describe(found, circle))));
    }
    // What is decided says exactly which files: each is on a circle.
    let next =
        |file: usize| uses.iter().filter(|used| used.from == file).map(|used| (used.to, used)).collect::<Vec<_>>();
    for entry in entries {
        let is_back = |&(to, used): &(usize, &Use)| shortest(to, used.from, next).is_some();
        if !(0..files.len()).any(|file| names(entry, file) && next(file).iter().any(is_back)) {
            problems.push(format!("{folder}/src/{entry} is on no circle; take it from the list of those decided"));
        }
    }
    problems
}

/// Circles of the modules that files belong to, with a free file on each. No two have a module in common.
fn circles<'a>(uses: &'a [Use], module: impl Fn(usize) -> Option<&'a str>, is_free: &[bool]) -> Vec<Vec<&'a Use>> {
    let crossing = uses.iter().filter_map(|used| {
        let (from, to) = (module(used.from)?, module(used.to)?);
        (from != to).then_some((from, to, is_free[used.from] || is_free[used.to], used))
    });
    let crossing: Vec<(&str, &str, bool, &Use)> = crossing.collect();
    let back = |&(from, to, is_free, used): &(&'a str, &'a str, bool, &'a Use)| {
        // With each module on the way, whether a free file was on it so far.
        let way = shortest((to, is_free), (from, true), |(module, was_free)| {
            let next = crossing.iter().filter(|(from, ..)| *from == module);
            next.map(|&(_, to, is_free, used)| ((to, was_free || is_free), used)).collect()
        });
        way.map(|way| [vec![used], way].concat())
    };
    let mut circles: Vec<Vec<&Use>> = crossing.iter().filter_map(back).collect();
    circles.sort_by_key(Vec::len);
    let mut apart: Vec<Vec<&Use>> = Vec::new();
    for circle in circles {
        let meets = |other: &Vec<&Use>| other.iter().any(|a| circle.iter().any(|b| module(a.from) == module(b.from)));
        if !apart.iter().any(meets) {
            apart.push(circle);
        }
    }
    apart
}

fn describe(found: &Crate<'_>, circle: &[&Use]) -> String {
    let mut text = "modules use each other in a circle: ".to_string();
    let mut last = None;
    for Use { from, to, name } in circle {
        if last != Some(*from) {
            text += if last.is_some() { ", " } else { "" };
            text += found.inner_path(*from);
        }
        text += &format!(" -> {} ({name})", found.inner_path(*to));
        last = Some(*to);
    }
    text
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
