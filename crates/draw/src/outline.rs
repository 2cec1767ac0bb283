//! What of a function is drawn: its nodes as boxes with what is written in them, its scopes as groups, folded or open.

use std::collections::{HashMap, HashSet};

use chainrule_graph::{Function, Graph, NodeId, Op};

use crate::label::{Label, of_node};
use crate::omitted::{seen_through, written_out};
use crate::parts::{Part, parts};

/// More boxes than these are not drawn before someone opens the scopes that hold them.
const MOST_BOXES: usize = 150;

/// A drawing before it is laid out.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    pub boxes: Vec<OutlineBox>,
    pub groups: Vec<OutlineGroup>,
    pub lines: Vec<OutlineLine>,
}

#[derive(Debug)]
pub(crate) struct OutlineBox {
    pub group: Option<usize>,
    pub label: Label,
    pub part: Part,
}

#[derive(Debug)]
pub(crate) struct OutlineGroup {
    pub parent: Option<usize>,
    pub title: String,
}

#[derive(Debug)]
pub(crate) struct OutlineLine {
    pub from: usize,
    pub to: usize,
    pub value: usize,
    pub part: Part,
}

/// A folder of the drawing: a scope of the graph, or a part of a training step.
#[derive(Clone, Debug)]
struct Folder {
    parent: Option<usize>,
    title: String,
    path: String,
}

impl Outline {
    pub fn of(function: &Function) -> Outline {
        let graph = &function.graph;
        let parts = parts(function);
        let written_out = written_out(graph);
        let (folders, of_scope, of_part) = folders(function, &parts);
        let mut home: Vec<Option<usize>> = graph
            .ids()
            .map(|id| graph.node(id).scope.map(|scope| of_scope[scope.index()]).or(of_part(parts[id.index()])))
            .collect();
        sink(graph, &folders, &written_out, &parts, &mut home);
        let shown: Vec<NodeId> = graph.ids().filter(|id| !written_out.contains(id)).collect();
        let open = open_folders(&folders, &shown, &home);
        let mut outline = Outline::default();
        let mut group_of = vec![None; folders.len()];
        for (index, folder) in folders.iter().enumerate().filter(|&(index, _)| open[index]) {
            group_of[index] = Some(outline.groups.len());
            let parent = folder.parent.and_then(|parent| group_of[parent]);
            outline.groups.push(OutlineGroup { parent, title: folder.title.clone() });
        }
        let twins = twins(graph, &folders, &home, &shown);
        let mut box_of: Vec<Option<usize>> = vec![None; graph.nodes().len()];
        let mut folded: HashMap<usize, usize> = HashMap::new();
        for &id in &shown {
            let folder = closed_around(&folders, &open, home[id.index()]);
            let group = |folder: Option<usize>| folder.and_then(|folder| group_of[folder]);
            let part = parts[id.index()];
            let index = match folder {
                None => {
                    let path = home[id.index()].map_or("", |folder| &folders[folder].path);
                    outline.add(group(home[id.index()]), of_node(function, id, path), part)
                }
                Some(folder) => *folded.entry(twins.first[folder]).or_insert_with(|| {
                    let title = twins.title(&folders, folder);
                    let label = Label::folded(title, twins.nodes[twins.first[folder]]);
                    outline.add(group(folders[folder].parent), label, part)
                }),
            };
            box_of[id.index()] = Some(index);
        }
        outline.connect(function, &parts, &box_of);
        outline
    }

    fn add(&mut self, group: Option<usize>, label: Label, part: Part) -> usize {
        self.boxes.push(OutlineBox { group, label, part });
        self.boxes.len() - 1
    }

    fn connect(&mut self, function: &Function, parts: &[Part], box_of: &[Option<usize>]) {
        let graph = &function.graph;
        let mut between = HashSet::new();
        for id in graph.ids() {
            let Some(to) = box_of[id.index()] else { continue };
            for &input in &graph.node(id).inputs {
                let source = seen_through(graph, input);
                let Some(from) = box_of[source.node.index()].filter(|&from| from != to) else { continue };
                // Of what was folded, one line stands for all.
                let value = graph.value_index(source);
                let is_plain = self.boxes[to].label.folded.is_none();
                if between.insert((from, to, value)) || is_plain {
                    self.lines.push(OutlineLine { from, to, value, part: parts[id.index()] });
                }
            }
        }
        for update in graph.updates() {
            let Some(from) = box_of[update.value.node.index()] else { continue };
            let label = Label::new(function.name(update.target), "new value");
            let group = self.boxes[from].group;
            let to = self.add(group, label, Part::Update);
            self.lines.push(OutlineLine { from, to, value: graph.value_index(update.value), part: Part::Update });
        }
    }
}

/// The scopes, and for a training step its parts around them: the folders, the folder of each scope, and that of each part.
fn folders(function: &Function, parts: &[Part]) -> (Vec<Folder>, Vec<usize>, impl Fn(Part) -> Option<usize>) {
    let graph = &function.graph;
    let is_step = !graph.updates().is_empty() && parts.contains(&Part::Derivative);
    let mut folders = Vec::new();
    let mut of_part = HashMap::new();
    if is_step {
        for (part, title) in [(Part::Forward, "forward"), (Part::Derivative, "derivative"), (Part::Update, "update")] {
            of_part.insert(part, folders.len());
            folders.push(Folder { parent: None, title: title.into(), path: String::new() });
        }
    }
    let mut of_scope: Vec<usize> = Vec::new();
    // A scope is in the part of its first node.
    let mut first: Vec<Option<Part>> = vec![None; graph.scopes().len()];
    for (id, node) in graph.ids().zip(graph.nodes()) {
        if let Some(scope) = node.scope {
            first[scope.index()].get_or_insert(parts[id.index()]);
        }
    }
    for (index, scope) in graph.scopes().iter().enumerate() {
        let part = first[index].unwrap_or(Part::Forward);
        let parent = scope.parent.map(|parent| of_scope[parent.index()]).or(of_part.get(&part).copied());
        let outer = scope.parent.map_or("", |parent| &graph.scope(parent).path);
        let title = scope.path.strip_prefix(outer).unwrap_or(&scope.path).trim_start_matches('/');
        of_scope.push(folders.len());
        folders.push(Folder { parent, title: title.to_string(), path: scope.path.to_string() });
    }
    (folders, of_scope, move |part| of_part.get(&part).copied())
}

/// The folders around one, itself first.
fn around(folders: &[Folder], folder: Option<usize>) -> impl Iterator<Item = usize> + '_ {
    std::iter::successors(folder, |&folder| folders[folder].parent)
}

/// Parameters and constants go into the innermost folder that holds all their readers: fewer lines cross frames.
fn sink(graph: &Graph, folders: &[Folder], written_out: &HashSet<NodeId>, parts: &[Part], home: &mut [Option<usize>]) {
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes().len()];
    for id in graph.ids().filter(|id| !written_out.contains(id)) {
        for &input in &graph.node(id).inputs {
            readers[seen_through(graph, input).node.index()].push(id.index());
        }
    }
    let sinks = |id: &NodeId| matches!(graph.node(*id).op, Op::Source(_)) && parts[id.index()] != Part::Data;
    for id in graph.ids().filter(sinks) {
        let mut common: Option<Vec<usize>> = None;
        for &reader in &readers[id.index()] {
            let path: Vec<usize> = around(folders, home[reader]).collect();
            common = Some(match common {
                None => path,
                Some(common) => common.into_iter().filter(|folder| path.contains(folder)).collect(),
            });
        }
        let own = home[id.index()];
        let inner = common.and_then(|common| common.first().copied());
        if let Some(inner) = inner.filter(|&inner| own.is_none_or(|own| around(folders, Some(inner)).any(|f| f == own)))
        {
            home[id.index()] = Some(inner);
        }
    }
}

/// Which folders are open: all, or so many of the outer ones that no more boxes show than a person can look over.
fn open_folders(folders: &[Folder], shown: &[NodeId], home: &[Option<usize>]) -> Vec<bool> {
    let mut own = vec![0usize; folders.len()];
    let mut children = vec![Vec::new(); folders.len()];
    for id in shown {
        if let Some(folder) = home[id.index()] {
            own[folder] += 1;
        }
    }
    let mut queue: Vec<usize> = Vec::new();
    for (index, folder) in folders.iter().enumerate() {
        match folder.parent {
            Some(parent) => children[parent].push(index),
            None => queue.push(index),
        }
    }
    let outside = shown.iter().filter(|id| home[id.index()].is_none()).count();
    let mut boxes = outside + queue.len();
    let mut open = vec![false; folders.len()];
    let mut next = 0;
    while next < queue.len() {
        let folder = queue[next];
        next += 1;
        let more = boxes - 1 + own[folder] + children[folder].len();
        if more <= MOST_BOXES {
            (boxes, open[folder]) = (more, true);
            queue.extend(&children[folder]);
        }
    }
    open
}

/// The outermost closed folder around a node, if one is.
fn closed_around(folders: &[Folder], open: &[bool], home: Option<usize>) -> Option<usize> {
    around(folders, home).filter(|&folder| !open[folder]).last()
}

/// Folders beside each other that hold the same.
struct Twins {
    /// For each folder, the first that is its like.
    first: Vec<usize>,
    /// How many there are of each first.
    count: Vec<usize>,
    /// How many nodes each holds.
    nodes: Vec<usize>,
}

impl Twins {
    fn title(&self, folders: &[Folder], folder: usize) -> String {
        let first = self.first[folder];
        let title = &folders[first].title;
        match self.count[first] {
            1 => title.clone(),
            count => format!("{} × {count}", title.trim_end_matches(|c: char| c.is_ascii_digit())),
        }
    }
}

fn twins(graph: &Graph, folders: &[Folder], home: &[Option<usize>], shown: &[NodeId]) -> Twins {
    let mut contents: Vec<Vec<String>> = vec![Vec::new(); folders.len()];
    for &id in shown {
        let node = graph.node(id);
        let shapes: Vec<String> = node.outputs.iter().map(|output| output.shape.to_string()).collect();
        for folder in around(folders, home[id.index()]) {
            contents[folder].push(format!("{} {}", node.op.name(), shapes.join(" ")));
        }
    }
    let mut known: HashMap<(Option<usize>, &str, &[String]), usize> = HashMap::new();
    let mut twins = Twins { first: Vec::new(), count: vec![0; folders.len()], nodes: Vec::new() };
    for (index, folder) in folders.iter().enumerate() {
        // `block`, `block2`, `block3`
        let stem = folder.title.trim_end_matches(|c: char| c.is_ascii_digit());
        let first = *known.entry((folder.parent, stem, &contents[index])).or_insert(index);
        twins.first.push(first);
        twins.count[first] += 1;
        twins.nodes.push(contents[index].len());
    }
    twins
}
