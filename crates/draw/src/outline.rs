//! What of a function is drawn: its nodes as boxes with what is written in them, its scopes as groups, folded or open.

use std::collections::{HashMap, HashSet};

use chainrule_graph::{Function, Op};

use crate::folding::{Folders, Folding};
use crate::label::{Label, of_node};
use crate::omitted::{omitted, seen_through};
use crate::parts::{Part, parts};
use crate::sketch::{Role, Sketch, SketchValue};

/// Of more boxes than these, a function and its derivative are parted.
const MOST_IN_ONE_PART: usize = 12;

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
    /// Whether it only sees to it that one part stands under the other.
    pub is_hidden: bool,
}

impl Outline {
    pub fn of(function: &Function) -> Outline {
        let graph = &function.graph;
        let sketch = Sketch::of(function);
        let of_nodes = parts(function);
        let parts: Vec<Part> = sketch.nodes.iter().map(|node| of_nodes[node.outer.index()]).collect();
        let omitted = omitted(function, &sketch);
        let shown: Vec<usize> = (0..sketch.nodes.len()).filter(|index| !omitted.contains(index)).collect();
        let is_step = !graph.updates().is_empty();
        let is_parted = parts.contains(&Part::Derivative) && (is_step || shown.len() > MOST_IN_ONE_PART);
        let folders = Folders::new(&sketch, &parts, is_parted);
        let of = |(index, &part): (usize, &Part)| folders.of(&sketch, index, part);
        let mut home: Vec<Option<usize>> = parts.iter().enumerate().map(of).collect();
        sink(&sketch, &folders, &omitted, &parts, &mut home);
        let folding = Folding::new(&sketch, &folders, &home, &shown);
        let mut outline = Outline::default();
        let mut group_of = vec![None; folders.all.len()];
        let is_drawn = |index: usize| folding.open[index] && folding.holds_any(index);
        for (index, folder) in folders.all.iter().enumerate().filter(|&(index, _)| is_drawn(index)) {
            group_of[index] = Some(outline.groups.len());
            let parent = folder.parent.and_then(|parent| group_of[parent]);
            outline.groups.push(OutlineGroup { parent, title: folder.title.clone() });
        }
        let group = |folder: Option<usize>| folder.and_then(|folder| group_of[folder]);
        let mut box_of: Vec<Option<usize>> = vec![None; sketch.nodes.len()];
        let mut folded: HashMap<usize, usize> = HashMap::new();
        for &node in &shown {
            let own = home[node];
            let index = match folding.closed_around(&folders, own) {
                None => {
                    let path = own.map_or("", |folder| &folders.all[folder].path);
                    outline.add(group(own), of_node(function, &sketch, node, path), parts[node])
                }
                Some(folder) => *folded.entry(folding.first[folder]).or_insert_with(|| {
                    let (title, nodes) = folding.title(&folders, folder);
                    let folder = &folders.all[folder];
                    outline.add(group(folder.parent), Label::folded(title, nodes), folder.part)
                }),
            };
            box_of[node] = Some(index);
        }
        let references =
            if is_parted { References::new(&sketch, &folders, &parts, &home) } else { References::default() };
        outline.connect(&sketch, &parts, &box_of, &references, group);
        outline.add_updates(function, &sketch, &box_of);
        outline.thin_out(&folders, &folding, |folder| folded.get(&folder).copied());
        outline.stack(&folders, group);
        outline
    }

    /// Of the lines that enter a part which is closed, the one from the last box stands for all.
    fn thin_out(&mut self, folders: &Folders, folding: &Folding, box_of: impl Fn(usize) -> Option<usize>) {
        let closed = folders.of_parts().filter(|&folder| !folding.open[folder]).filter_map(box_of);
        for to in closed {
            let Some(last) = self.lines.iter().filter(|line| line.to == to).map(|line| line.from).max() else {
                continue;
            };
            let mut is_first = true;
            self.lines.retain(|line| line.to != to || (line.from == last && std::mem::take(&mut is_first)));
        }
    }

    /// Each part stands under the one before, whether lines go from there to it or not.
    fn stack(&mut self, folders: &Folders, group: impl Fn(Option<usize>) -> Option<usize>) {
        let groups: Vec<usize> = folders.of_parts().filter_map(|folder| group(Some(folder))).collect();
        for pair in groups.windows(2) {
            let is_in = |index: &usize, group: usize| self.boxes[*index].group == Some(group);
            let all = 0..self.boxes.len();
            let last = all.clone().rev().find(|index| is_in(index, pair[0]) && !self.boxes[*index].label.is_reference);
            if let Some((from, to)) = last.zip(all.clone().find(|index| is_in(index, pair[1]))) {
                // No value has this number.
                let value = usize::MAX - from;
                self.lines.push(OutlineLine { from, to, value, part: self.boxes[to].part, is_hidden: true });
            }
        }
    }

    fn add(&mut self, group: Option<usize>, label: Label, part: Part) -> usize {
        self.boxes.push(OutlineBox { group, label, part });
        self.boxes.len() - 1
    }

    fn connect(
        &mut self,
        sketch: &Sketch<'_>,
        parts: &[Part],
        box_of: &[Option<usize>],
        references: &References,
        group: impl Fn(Option<usize>) -> Option<usize>,
    ) {
        let mut between = HashSet::new();
        let mut reference_of: HashMap<(SketchValue, Part), usize> = HashMap::new();
        for (index, node) in sketch.nodes.iter().enumerate() {
            let Some(to) = box_of[index] else { continue };
            let part = parts[index];
            for &input in &node.inputs {
                let source = seen_through(sketch, input);
                let Some(mut from) = box_of[source.node].filter(|&from| from != to) else { continue };
                let folded = |index: usize| self.boxes[index].label.folded;
                let label = match (sketch.name(source), folded(to), folded(from)) {
                    (_, Some(_), _) | (None, None, None) => None,
                    (Some(name), None, _) => Some(Label::reference(name)),
                    (None, None, Some(_)) => Some(Label::reference(&unnamed(sketch, source))),
                };
                if let Some((&home, label)) = references.homes.get(&(source, part)).zip(label) {
                    from = *reference_of
                        .entry((source, part))
                        .or_insert_with(|| self.add(group(home), label, parts[source.node]));
                }
                let value = sketch.value_index(source);
                // Of what was folded, one line stands for all.
                let (is_whole, of_whole) =
                    (self.boxes[to].label.folded.is_none(), self.boxes[from].label.folded.is_none());
                let is_new = between.insert((from, to, of_whole.then_some(value))) || (is_whole && of_whole);
                if is_new {
                    self.lines.push(OutlineLine { from, to, value, part, is_hidden: false });
                }
            }
        }
    }

    /// A box for each new value.
    fn add_updates(&mut self, function: &Function, sketch: &Sketch<'_>, box_of: &[Option<usize>]) {
        for update in function.graph.updates() {
            let value = sketch.own(update.value);
            let Some(from) = box_of[value.node] else { continue };
            // A folder that is closed holds the new values, too.
            if self.boxes[from].label.folded.is_none() {
                let label = Label::new(function.name(update.target), "new value");
                let to = self.add(self.boxes[from].group, label, Part::Update);
                let value = sketch.value_index(value);
                self.lines.push(OutlineLine { from, to, value, part: Part::Update, is_hidden: false });
            }
        }
    }
}

/// What a value without a name is called where it stands again: `softmax in block2`.
fn unnamed(sketch: &Sketch<'_>, value: SketchValue) -> String {
    let node = &sketch.nodes[value.node];
    let scope = node.scope.map(|scope| format!(" in {}", sketch.scopes[scope].path));
    let what = match &node.role {
        Role::Step(word) => word,
        Role::Own | Role::OfBody => sketch.node(value.node).op.name(),
    };
    what.to_string() + &scope.unwrap_or_default()
}

/// Values that stand again, by their name, in another part of a training step that reads them, so that no line goes from part to part.
#[derive(Debug, Default)]
struct References {
    /// By the value and the part that reads it: the folder there that holds all its readers.
    homes: HashMap<(SketchValue, Part), Option<usize>>,
}

impl References {
    fn new(sketch: &Sketch<'_>, folders: &Folders, parts: &[Part], home: &[Option<usize>]) -> References {
        let mut readers: HashMap<(SketchValue, Part), Vec<Option<usize>>> = HashMap::new();
        let computes = |part: Part| if matches!(part, Part::Data | Part::Parameter) { Part::Forward } else { part };
        for (reader, node) in sketch.nodes.iter().enumerate() {
            let part = parts[reader];
            for source in node.inputs.iter().map(|&input| seen_through(sketch, input)) {
                let index = source.node;
                // What is read in its own part alone has its box there.
                let own = match folders.around(home[index]).last() {
                    Some(outermost) => folders.all[outermost].part,
                    None => computes(parts[index]),
                };
                if own != part {
                    readers.entry((source, part)).or_default().push(home[reader]);
                }
            }
        }
        let homes = readers.into_iter().map(|(key, homes)| (key, folders.common(homes.into_iter())));
        References { homes: homes.collect() }
    }
}

/// Parameters and constants go into the innermost folder that holds all their readers: fewer lines cross frames. Those that the function
/// itself reads stand there, and again where others read them.
fn sink(sketch: &Sketch<'_>, folders: &Folders, omitted: &HashSet<usize>, parts: &[Part], home: &mut [Option<usize>]) {
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); sketch.nodes.len()];
    for (reader, node) in sketch.nodes.iter().enumerate().filter(|(index, _)| !omitted.contains(index)) {
        for &input in &node.inputs {
            readers[seen_through(sketch, input).node].push(reader);
        }
    }
    let sinks = |index: &usize| matches!(sketch.op(*index), Some(Op::Source(_))) && parts[*index] != Part::Data;
    let is_forward = |reader: &&usize| parts[**reader] == Part::Forward;
    for index in (0..sketch.nodes.len()).filter(sinks) {
        let readers = &readers[index];
        let homes = |readers: &mut dyn Iterator<Item = &usize>| {
            let homes: Vec<Option<usize>> = readers.map(|&reader| home[reader]).collect();
            folders.common(homes.into_iter())
        };
        let is_parted = folders.is_parted() && readers.iter().any(|reader| is_forward(&reader));
        let inner = match is_parted {
            true => homes(&mut readers.iter().filter(is_forward)),
            false => homes(&mut readers.iter()),
        };
        let own = home[index];
        // In the body of a loop stands a scope of the same path.
        let is_like = |inner: usize, own: usize| {
            let rest = folders.all[inner].path.strip_prefix(&folders.all[own].path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let holds = |inner: usize| {
            own.is_none_or(|own| folders.around(Some(inner)).any(|folder| folder == own) || is_like(inner, own))
        };
        if let Some(inner) = inner.filter(|&inner| holds(inner)) {
            home[index] = Some(inner);
        }
    }
}
