//! What of a function is drawn: its nodes as boxes with what is written in them, its scopes as groups, folded or open.

use std::collections::{HashMap, HashSet};

use chainrule_graph::{Function, Graph, NodeId, Op, Value};

use crate::folding::{Folders, Folding};
use crate::label::{Label, of_node};
use crate::omitted::{omitted, seen_through};
use crate::parts::{Part, parts};

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
        let parts = parts(function);
        let omitted = omitted(function);
        let shown: Vec<NodeId> = graph.ids().filter(|id| !omitted.contains(id)).collect();
        let is_step = !graph.updates().is_empty();
        let is_parted = parts.contains(&Part::Derivative) && (is_step || shown.len() > MOST_IN_ONE_PART);
        let folders = Folders::new(function, &parts, is_parted);
        let mut home: Vec<Option<usize>> = graph.ids().map(|id| folders.of(graph, id, parts[id.index()])).collect();
        sink(graph, &folders, &omitted, &parts, &mut home);
        let folding = Folding::new(graph, &folders, &home, &shown);
        let mut outline = Outline::default();
        let mut group_of = vec![None; folders.all.len()];
        for (index, folder) in folders.all.iter().enumerate().filter(|&(index, _)| folding.open[index]) {
            group_of[index] = Some(outline.groups.len());
            let parent = folder.parent.and_then(|parent| group_of[parent]);
            outline.groups.push(OutlineGroup { parent, title: folder.title.clone() });
        }
        let group = |folder: Option<usize>| folder.and_then(|folder| group_of[folder]);
        let mut box_of: Vec<Option<usize>> = vec![None; graph.nodes().len()];
        let mut folded: HashMap<usize, usize> = HashMap::new();
        for &id in &shown {
            let own = home[id.index()];
            let index = match folding.closed_around(&folders, own) {
                None => {
                    let path = own.map_or("", |folder| &folders.all[folder].path);
                    outline.add(group(own), of_node(function, id, path), parts[id.index()])
                }
                Some(folder) => *folded.entry(folding.first[folder]).or_insert_with(|| {
                    let (title, nodes) = folding.title(&folders, folder);
                    let folder = &folders.all[folder];
                    outline.add(group(folder.parent), Label::folded(title, nodes), folder.part)
                }),
            };
            box_of[id.index()] = Some(index);
        }
        let references =
            if is_parted { References::new(graph, &folders, &parts, &home) } else { References::default() };
        outline.connect(function, &parts, &box_of, &references, group);
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
        function: &Function,
        parts: &[Part],
        box_of: &[Option<usize>],
        references: &References,
        group: impl Fn(Option<usize>) -> Option<usize>,
    ) {
        let graph = &function.graph;
        let mut between = HashSet::new();
        let mut reference_of: HashMap<(Value, Part), usize> = HashMap::new();
        for id in graph.ids() {
            let Some(to) = box_of[id.index()] else { continue };
            let part = parts[id.index()];
            for &input in &graph.node(id).inputs {
                let source = seen_through(graph, input);
                let Some(mut from) = box_of[source.node.index()].filter(|&from| from != to) else { continue };
                let folded = |index: usize| self.boxes[index].label.folded;
                let label = match (graph.name(source), folded(to), folded(from)) {
                    (_, Some(_), _) | (None, None, None) => None,
                    (Some(name), None, _) => Some(Label::reference(name)),
                    (None, None, Some(_)) => Some(Label::reference(&unnamed(graph, source))),
                };
                if let Some((&home, label)) = references.homes.get(&(source, part)).zip(label) {
                    from = *reference_of
                        .entry((source, part))
                        .or_insert_with(|| self.add(group(home), label, parts[source.node.index()]));
                }
                let value = graph.value_index(source);
                // Of what was folded, one line stands for all.
                let (is_whole, of_whole) =
                    (self.boxes[to].label.folded.is_none(), self.boxes[from].label.folded.is_none());
                let is_new = between.insert((from, to, of_whole.then_some(value))) || (is_whole && of_whole);
                if is_new {
                    self.lines.push(OutlineLine { from, to, value, part, is_hidden: false });
                }
            }
        }
        for update in graph.updates() {
            let Some(from) = box_of[update.value.node.index()] else { continue };
            // A folder that is closed holds the new values, too.
            if self.boxes[from].label.folded.is_none() {
                let label = Label::new(function.name(update.target), "new value");
                let to = self.add(self.boxes[from].group, label, Part::Update);
                let value = graph.value_index(update.value);
                self.lines.push(OutlineLine { from, to, value, part: Part::Update, is_hidden: false });
            }
        }
    }
}

/// What a value without a name is called where it stands again: `softmax in block2`.
fn unnamed(graph: &Graph, value: Value) -> String {
    let node = graph.node(value);
    let scope = node.scope.map(|scope| format!(" in {}", graph.scope(scope).path));
    node.op.name().to_string() + &scope.unwrap_or_default()
}

/// Values that stand again, by their name, in another part of a training step that reads them, so that no line goes from part to part.
#[derive(Debug, Default)]
struct References {
    /// By the value and the part that reads it: the folder there that holds all its readers.
    homes: HashMap<(Value, Part), Option<usize>>,
}

impl References {
    fn new(graph: &Graph, folders: &Folders, parts: &[Part], home: &[Option<usize>]) -> References {
        let mut readers: HashMap<(Value, Part), Vec<Option<usize>>> = HashMap::new();
        let computes = |part: Part| if matches!(part, Part::Data | Part::Parameter) { Part::Forward } else { part };
        for id in graph.ids() {
            let part = parts[id.index()];
            for source in graph.node(id).inputs.iter().map(|&input| seen_through(graph, input)) {
                let index = source.node.index();
                // What is read in its own part alone has its box there.
                let own = match folders.around(home[index]).last() {
                    Some(outermost) => folders.all[outermost].part,
                    None => computes(parts[index]),
                };
                if own != part {
                    readers.entry((source, part)).or_default().push(home[id.index()]);
                }
            }
        }
        let homes = readers.into_iter().map(|(key, homes)| (key, folders.common(homes.into_iter())));
        References { homes: homes.collect() }
    }
}

/// Parameters and constants go into the innermost folder that holds all their readers: fewer lines cross frames. Those that the function
/// itself reads stand there, and again where others read them.
fn sink(graph: &Graph, folders: &Folders, omitted: &HashSet<NodeId>, parts: &[Part], home: &mut [Option<usize>]) {
    let mut readers: Vec<Vec<NodeId>> = vec![Vec::new(); graph.nodes().len()];
    for id in graph.ids().filter(|id| !omitted.contains(id)) {
        for &input in &graph.node(id).inputs {
            readers[seen_through(graph, input).node.index()].push(id);
        }
    }
    let sinks = |id: &NodeId| matches!(graph.node(*id).op, Op::Source(_)) && parts[id.index()] != Part::Data;
    let is_forward = |reader: &&NodeId| parts[reader.index()] == Part::Forward;
    for id in graph.ids().filter(sinks) {
        let readers = &readers[id.index()];
        let homes = |readers: &mut dyn Iterator<Item = &NodeId>| {
            let homes: Vec<Option<usize>> = readers.map(|reader| home[reader.index()]).collect();
            folders.common(homes.into_iter())
        };
        let is_parted = folders.is_parted() && readers.iter().any(|reader| is_forward(&reader));
        let inner = match is_parted {
            true => homes(&mut readers.iter().filter(is_forward)),
            false => homes(&mut readers.iter()),
        };
        let own = home[id.index()];
        let holds = |inner: usize| own.is_none_or(|own| folders.around(Some(inner)).any(|folder| folder == own));
        if let Some(inner) = inner.filter(|&inner| holds(inner)) {
            home[id.index()] = Some(inner);
        }
    }
}
