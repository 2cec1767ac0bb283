//! Places a diagram: each group by itself, the inner ones first, then whatever holds them with the sizes that they got.
//!
//! Within a group what is read stands above what reads it, in rows (Sugiyama, Tagawa, Toda: Methods for visual understanding of
//! hierarchical system structures, 1981). A line that crosses a group's frame does so at a port. All of it is
//! done again with what it tells: the ports of a group then stand in the order in which the groups around it come to them, and operands
//! that may change places in that of the boxes that they come from. Of these placings the one with the fewest crossings stays.

mod element;
mod order;
mod position;
mod rows;
mod sheet;
mod spines;
mod straight;

use std::collections::HashMap;

use crate::diagram::{Diagram, Frame, Placed, Point};
use element::{Element, Link};
use sheet::{Arranged, Sheet};

/// Between a group's frame and what it holds.
const MARGIN: f64 = 12.0;
/// The height of a group's title.
const TITLE: f64 = 18.0;

/// How often all is placed.
const PASSES: usize = 4;

/// Which side of a group's frame a line crosses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
    Top,
    Bottom,
}

/// Where on a frame a value crosses: (group, value, side).
type Ports = HashMap<(usize, usize, Side), f64>;

/// What a placing tells the next.
#[derive(Default)]
struct Wishes {
    /// Where the groups around would like the ports to be.
    ports: Ports,
    /// Where a line comes from, by the box that it ends at and its index.
    origins: HashMap<(usize, usize), f64>,
}

/// Places a diagram.
pub fn place(diagram: &Diagram) -> Placed {
    let tree = Tree::new(diagram);
    let mut pass = Pass::run(diagram, &tree, &Wishes::default());
    let mut best: Option<Pass> = None;
    for _ in 1..PASSES {
        let next = Pass::run(diagram, &tree, &pass.wishes);
        let before = std::mem::replace(&mut pass, next);
        best = Some(best.filter(|best| best.crossings() <= before.crossings()).unwrap_or(before));
    }
    let best = best.filter(|best| best.crossings() <= pass.crossings()).unwrap_or(pass);
    best.placed(diagram, &tree)
}

/// The groups as a tree, with the whole drawing, index `groups.len()`, as its root.
struct Tree {
    root: usize,
    depth: Vec<usize>,
    parent: Vec<usize>,
}

impl Tree {
    fn new(diagram: &Diagram) -> Tree {
        let root = diagram.groups.len();
        let mut depth = vec![0; root + 1];
        let mut parent = vec![root; root + 1];
        for (index, group) in diagram.groups.iter().enumerate() {
            parent[index] = group.parent.unwrap_or(root);
            depth[index] = group.parent.map_or(1, |parent| depth[parent] + 1);
        }
        Tree { root, depth, parent }
    }

    fn of_box(&self, diagram: &Diagram, index: usize) -> usize {
        diagram.boxes[index].group.unwrap_or(self.root)
    }

    /// The groups that a line leaves, innermost first; the group that holds both ends; those that it enters, outermost first.
    fn way(&self, from: usize, to: usize) -> (Vec<usize>, usize, Vec<usize>) {
        let (mut a, mut b) = (from, to);
        let (mut left, mut entered) = (Vec::new(), Vec::new());
        while a != b {
            if self.depth[a] >= self.depth[b] {
                left.push(a);
                a = self.parent[a];
            } else {
                entered.push(b);
                b = self.parent[b];
            }
        }
        entered.reverse();
        (left, a, entered)
    }
}

/// What stands on a group's sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Member {
    Leaf(usize),
    Group(usize),
    Port(usize, Side),
}

/// A part of a line, within one group.
#[derive(Clone, Copy, Debug)]
struct Part {
    line: usize,
    from: Member,
    to: Member,
}

/// A line that is cut at the frames that it crosses: (group, index of the link there).
type Cut = Vec<(usize, usize)>;

/// One placing of all groups.
struct Pass {
    arranged: Vec<Arranged>,
    members: Vec<Vec<Member>>,
    /// Of each line.
    parts: Vec<Cut>,
    /// What the next one may make of it.
    wishes: Wishes,
}

impl Pass {
    fn run(diagram: &Diagram, tree: &Tree, wishes: &Wishes) -> Pass {
        let (of_group, parts) = split(diagram, tree);
        let mut pass = Pass {
            arranged: vec![Arranged::default(); tree.root + 1],
            members: vec![Vec::new(); tree.root + 1],
            parts,
            wishes: Wishes::default(),
        };
        let mut children = vec![Vec::new(); tree.root + 1];
        for group in 0..tree.root {
            children[tree.parent[group]].push(group);
        }
        let mut leaves = vec![Vec::new(); tree.root + 1];
        for index in 0..diagram.boxes.len() {
            leaves[tree.of_box(diagram, index)].push(index);
        }
        // A group stands after the one that it is in, so backwards the inner ones come first.
        for group in (0..=tree.root).map(|index| if index == 0 { tree.root } else { index - 1 }).rev() {
            let mut members: Vec<Member> = leaves[group].iter().map(|&leaf| Member::Leaf(leaf)).collect();
            members.extend(children[group].iter().map(|&child| Member::Group(child)));
            pass.arrange(diagram, group, members, &of_group[group], wishes);
        }
        pass
    }

    fn arrange(&mut self, diagram: &Diagram, group: usize, mut members: Vec<Member>, parts: &[Part], wishes: &Wishes) {
        let mut known: HashMap<Member, usize> = members.iter().enumerate().map(|(i, &member)| (member, i)).collect();
        for member in parts.iter().flat_map(|part| [part.from, part.to]) {
            known.entry(member).or_insert_with(|| {
                members.push(member);
                members.len() - 1
            });
        }
        let operands = operands(diagram, parts, wishes);
        let link = |part: &Part| {
            let value = diagram.lines[part.line].value;
            let offset = |member: Member, side: Side| match member {
                Member::Leaf(leaf) if side == Side::Bottom => diagram.boxes[leaf].width / 2.0,
                // The operands of a box, from left to right
                Member::Leaf(leaf) => diagram.boxes[leaf].width * operands[&(leaf, part.line)],
                Member::Group(child) => self.port(child, value, side),
                Member::Port(..) => 0.0,
            };
            Link {
                value,
                from: known[&part.from],
                from_x: offset(part.from, Side::Bottom),
                to: known[&part.to],
                to_x: offset(part.to, Side::Top),
            }
        };
        let links: Vec<Link> = parts.iter().map(link).collect();
        let element = |&member: &Member| match member {
            Member::Leaf(leaf) => Element::boxed(diagram.boxes[leaf].width, diagram.boxes[leaf].height),
            Member::Group(child) => Element::group(self.arranged[child].width, self.arranged[child].height),
            Member::Port(value, side) => {
                Element::port(side == Side::Top, wishes.ports.get(&(group, value, side)).copied())
            }
        };
        let is_group = group < diagram.groups.len();
        let sheet = Sheet {
            elements: members.iter().map(element).collect(),
            links,
            least_width: if is_group { diagram.groups[group].width } else { 0.0 },
            title: if is_group { TITLE } else { 0.0 },
            margin: MARGIN,
        };
        let arranged = sheet.arrange();
        for ((link, part), way) in sheet.links.iter().zip(parts).zip(&arranged.ways) {
            let near = |element: usize, x: f64| arranged.corners[element].x + x;
            if let Member::Group(child) = part.to {
                self.wishes.ports.insert((child, link.value, Side::Top), near(link.from, link.from_x));
            }
            if let Member::Group(child) = part.from {
                self.wishes.ports.insert((child, link.value, Side::Bottom), near(link.to, link.to_x));
            }
            // The last of its ways begins four points before the end.
            let before_last = way.get(way.len().wrapping_sub(4)).or(way.first());
            if let (Member::Leaf(leaf), Some(from)) = (part.to, before_last) {
                self.wishes.origins.insert((leaf, part.line), from.x);
            }
        }
        (self.arranged[group], self.members[group]) = (arranged, members);
    }

    /// How many times lines cross, in all groups.
    fn crossings(&self) -> usize {
        self.arranged.iter().map(|arranged| arranged.crossings).sum()
    }

    /// How far from the left a value crosses a group's frame.
    fn port(&self, group: usize, value: usize, side: Side) -> f64 {
        let index = self.members[group].iter().position(|&member| member == Member::Port(value, side));
        index.map_or(0.0, |index| self.arranged[group].corners[index].x)
    }

    /// All of it from the corner of the whole drawing.
    fn placed(self, diagram: &Diagram, tree: &Tree) -> Placed {
        let mut corners = vec![Point::default(); tree.root + 1];
        let mut boxes = vec![Point::default(); diagram.boxes.len()];
        let inner_ones = std::iter::once(tree.root).chain(0..tree.root);
        for group in inner_ones {
            let corner = corners[group];
            for (&member, at) in self.members[group].iter().zip(&self.arranged[group].corners) {
                let at = Point { x: corner.x + at.x, y: corner.y + at.y };
                match member {
                    Member::Leaf(leaf) => boxes[leaf] = at,
                    Member::Group(child) => corners[child] = at,
                    Member::Port(..) => {}
                }
            }
        }
        let frame = |group: usize| Frame {
            corner: corners[group],
            width: self.arranged[group].width,
            height: self.arranged[group].height,
        };
        let way = |parts: &Cut| {
            let points = parts.iter().flat_map(|&(group, link)| {
                let corner = corners[group];
                let ways = &self.arranged[group].ways[link];
                ways.iter().map(move |point| Point { x: corner.x + point.x, y: corner.y + point.y })
            });
            let mut points: Vec<Point> = points.collect();
            points.dedup();
            points
        };
        let whole = &self.arranged[tree.root];
        Placed {
            size: Point { x: whole.width, y: whole.height },
            boxes,
            groups: (0..tree.root).map(frame).collect(),
            titles: (0..tree.root).map(|group| corners[group].x + self.arranged[group].title_x).collect(),
            lines: self.parts.iter().map(way).collect(),
        }
    }
}

/// At which share of the width of its box each line to a box of a group ends: the operands from left to right.
fn operands(diagram: &Diagram, parts: &[Part], wishes: &Wishes) -> HashMap<(usize, usize), f64> {
    let mut of_box: HashMap<usize, Vec<usize>> = HashMap::new();
    for part in parts {
        if let Member::Leaf(leaf) = part.to {
            of_box.entry(leaf).or_default().push(part.line);
        }
    }
    let mut operands = HashMap::new();
    for (leaf, mut lines) in of_box {
        if diagram.boxes[leaf].any_order {
            let origin = |line: usize| wishes.origins.get(&(leaf, line)).copied().unwrap_or_default();
            lines.sort_by(|&a, &b| origin(a).total_cmp(&origin(b)));
        }
        let share = |index: usize| (index as f64 + 1.0) / (lines.len() as f64 + 1.0);
        operands.extend(lines.iter().enumerate().map(|(index, &line)| ((leaf, line), share(index))));
    }
    operands
}

/// Every line cut at the frames that it crosses: the parts in each group, and for each line where its parts are.
fn split(diagram: &Diagram, tree: &Tree) -> (Vec<Vec<Part>>, Vec<Cut>) {
    let mut of_group: Vec<Vec<Part>> = vec![Vec::new(); tree.root + 1];
    let mut parts = Vec::with_capacity(diagram.lines.len());
    // A value crosses a frame once, for all its readers beyond.
    let mut known: HashMap<(usize, usize, Member, Member), usize> = HashMap::new();
    for (line, ends) in diagram.lines.iter().enumerate() {
        let (from, to) = (tree.of_box(diagram, ends.from), tree.of_box(diagram, ends.to));
        let (left, middle, entered) = tree.way(from, to);
        let (top, bottom) = (Member::Port(ends.value, Side::Top), Member::Port(ends.value, Side::Bottom));
        let mut here = Vec::new();
        let mut add = |group: usize, from: Member, to: Member| {
            let again = matches!(to, Member::Group(_) | Member::Port(..));
            let next = of_group[group].len();
            let index = if again { *known.entry((group, ends.value, from, to)).or_insert(next) } else { next };
            if index == next {
                of_group[group].push(Part { line, from, to });
            }
            here.push((group, index));
        };
        let mut source = Member::Leaf(ends.from);
        for &group in &left {
            add(group, source, bottom);
            source = Member::Group(group);
        }
        let mut group = middle;
        for &next in &entered {
            add(group, source, Member::Group(next));
            (group, source) = (next, top);
        }
        add(group, source, Member::Leaf(ends.to));
        parts.push(here);
    }
    (of_group, parts)
}
