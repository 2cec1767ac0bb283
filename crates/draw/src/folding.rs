//! The folders of a drawing, which of them are open, and which are alike.

use std::collections::HashMap;

use crate::parts::Part;
use crate::sketch::{Role, Sketch};

/// More boxes than these are not drawn before someone opens the scopes that hold them.
const MOST_BOXES: usize = 150;

/// A folder of the drawing: a scope of the graph, or a part of a training step.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub parent: Option<usize>,
    pub title: String,
    pub path: String,
    pub part: Part,
}

/// All folders, each after the one that it is in.
#[derive(Debug)]
pub(crate) struct Folders {
    pub all: Vec<Folder>,
    of_scope: Vec<usize>,
    of_part: HashMap<Part, usize>,
}

impl Folders {
    /// The scopes, and around them, if it is parted, forward, derivative and update.
    pub fn new(sketch: &Sketch<'_>, parts: &[Part], is_parted: bool) -> Folders {
        let mut folders = Folders { all: Vec::new(), of_scope: Vec::new(), of_part: HashMap::new() };
        let named = [(Part::Forward, "forward"), (Part::Derivative, "derivative"), (Part::Update, "update")];
        for (part, title) in named.into_iter().filter(|(part, _)| is_parted && parts.contains(part)) {
            folders.of_part.insert(part, folders.all.len());
            folders.all.push(Folder { parent: None, title: title.into(), path: String::new(), part });
        }
        // A scope is in the part of its first node that computes something.
        let mut first: Vec<Option<Part>> = vec![None; sketch.scopes.len()];
        let computes = |index: &usize| !matches!(parts[*index], Part::Data | Part::Parameter);
        for index in (0..sketch.nodes.len()).filter(computes) {
            let scopes = std::iter::successors(sketch.nodes[index].scope, |&scope| sketch.scopes[scope].parent);
            scopes.for_each(|scope| {
                first[scope].get_or_insert(parts[index]);
            });
        }
        for (scope, first) in sketch.scopes.iter().zip(first) {
            let part = first.unwrap_or(Part::Forward);
            let outer = scope.parent.map(|parent| folders.of_scope[parent]);
            let parent = outer.or(folders.of_part.get(&part).copied());
            folders.of_scope.push(folders.all.len());
            folders.all.push(Folder { parent, title: scope.title.clone(), path: scope.path.clone(), part });
        }
        folders
    }

    /// Whether forward, derivative and update are folders.
    pub fn is_parted(&self) -> bool {
        !self.of_part.is_empty()
    }

    /// Forward, derivative and update, as far as they are folders.
    pub fn of_parts(&self) -> impl Iterator<Item = usize> {
        let mut folders: Vec<usize> = self.of_part.values().copied().collect();
        folders.sort_unstable();
        folders.into_iter()
    }

    /// The folder that a node was written in.
    pub fn of(&self, sketch: &Sketch<'_>, index: usize, part: Part) -> Option<usize> {
        let of_scope = sketch.nodes[index].scope.map(|scope| self.of_scope[scope]);
        of_scope.or(self.of_part.get(&part).copied())
    }

    /// The folders around one, itself first.
    pub fn around(&self, folder: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(folder, |&folder| self.all[folder].parent)
    }

    /// The innermost folder that holds all of these, which are in folders.
    pub fn common(&self, homes: impl Iterator<Item = Option<usize>>) -> Option<usize> {
        let mut common: Option<Vec<usize>> = None;
        for home in homes {
            let path: Vec<usize> = self.around(home).collect();
            common = Some(match common {
                None => path,
                Some(common) => common.into_iter().filter(|folder| path.contains(folder)).collect(),
            });
        }
        common.and_then(|common| common.first().copied())
    }
}

/// Which folders are open, and what stands for those that are not.
#[derive(Debug)]
pub(crate) struct Folding {
    /// Whether each folder is open.
    pub open: Vec<bool>,
    /// For each folder, the first beside it that holds the same.
    pub first: Vec<usize>,
    /// How many nodes each holds.
    nodes: Vec<usize>,
}

impl Folding {
    pub fn new(sketch: &Sketch<'_>, folders: &Folders, home: &[Option<usize>], shown: &[usize]) -> Folding {
        let mut folding = Folding::closed(sketch, folders, home, shown);
        folding.unfold(folders, home, shown);
        folding
    }

    fn closed(sketch: &Sketch<'_>, folders: &Folders, home: &[Option<usize>], shown: &[usize]) -> Folding {
        let mut contents: Vec<Vec<String>> = vec![Vec::new(); folders.all.len()];
        for &index in shown {
            let node = sketch.node(index);
            let op = match &sketch.nodes[index].role {
                Role::Step(word) => word,
                Role::Own | Role::OfBody => node.op.name(),
            };
            let shapes: Vec<String> = node.outputs.iter().map(|output| output.shape.to_string()).collect();
            for folder in folders.around(home[index]) {
                contents[folder].push(format!("{op} {}", shapes.join(" ")));
            }
        }
        let mut known: HashMap<(Option<usize>, &str, &[String]), usize> = HashMap::new();
        let mut folding = Folding { open: vec![false; folders.all.len()], first: Vec::new(), nodes: Vec::new() };
        for (index, folder) in folders.all.iter().enumerate() {
            folding.first.push(*known.entry((folder.parent, stem(&folder.title), &contents[index])).or_insert(index));
            folding.nodes.push(contents[index].len());
        }
        folding
    }

    /// Opens folders, the outer ones first, while no more boxes show than a person can look over; of those that are alike all,
    /// or the first alone.
    fn unfold(&mut self, folders: &Folders, home: &[Option<usize>], shown: &[usize]) {
        let mut own = vec![0usize; folders.all.len()];
        shown.iter().filter_map(|&index| home[index]).for_each(|folder| own[folder] += 1);
        let mut children = vec![Vec::new(); folders.all.len()];
        let mut twins = vec![Vec::new(); folders.all.len()];
        let mut queue: Vec<usize> = Vec::new();
        for (index, folder) in folders.all.iter().enumerate() {
            twins[self.first[index]].push(index);
            match folder.parent {
                _ if self.first[index] != index => {}
                Some(parent) => children[parent].push(index),
                None => queue.push(index),
            }
        }
        let outside = shown.iter().filter(|&&index| home[index].is_none()).count();
        let mut boxes = outside + queue.len();
        let mut next = 0;
        while next < queue.len() {
            let folder = queue[next];
            next += 1;
            let alike = &twins[folder];
            let each = |folder: usize| own[folder] + children[folder].len();
            let all = boxes - 1 + alike.iter().map(|&twin| each(twin)).sum::<usize>();
            // The others stay folded into one box.
            let one = boxes + each(folder) - usize::from(alike.len() == 1);
            let opened = match () {
                _ if all <= MOST_BOXES => alike,
                _ if one <= MOST_BOXES => &alike[..1],
                _ => continue,
            };
            boxes = if opened.len() == alike.len() { all } else { one };
            for &twin in opened {
                self.open[twin] = true;
                queue.extend(&children[twin]);
            }
        }
    }

    /// Whether a box is in a folder: the parameters of a loop stand with the loop, and may leave nothing where they were made.
    pub fn holds_any(&self, folder: usize) -> bool {
        self.nodes[folder] > 0
    }

    /// The outermost closed folder around a node, if one is.
    pub fn closed_around(&self, folders: &Folders, home: Option<usize>) -> Option<usize> {
        folders.around(home).filter(|&folder| !self.open[folder]).last()
    }

    /// What a closed folder is called, with those that are its like, and how many nodes each holds.
    pub fn title(&self, folders: &Folders, folder: usize) -> (String, usize) {
        let like = |&other: &usize| self.first[other] == self.first[folder] && !self.open[other];
        let title = &folders.all[folder].title;
        let title = match (0..folders.all.len()).filter(like).count() {
            1 => title.clone(),
            count => format!("{} × {count}", stem(title)),
        };
        (title, self.nodes[folder])
    }
}

/// `block` of `block`, `block2`, `block3`.
fn stem(title: &str) -> &str {
    title.trim_end_matches(|c: char| c.is_ascii_digit())
}
