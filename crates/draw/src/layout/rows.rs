//! Which row each element stands in, and the bends of lines that pass rows by.

use std::collections::HashMap;

use super::element::{Element, Link, Place};

/// Between two boxes of a row.
const GAP: f64 = 16.0;
/// Between a line and whatever is beside it.
const LINE_GAP: f64 = 9.0;

/// Elements in rows, each line cut into segments from one row to the next.
pub(super) struct Layers {
    /// Those of the sheet, then the bends.
    pub elements: Vec<Element>,
    /// The row of each.
    pub row: Vec<usize>,
    /// The elements of each row, from left to right.
    pub rows: Vec<Vec<usize>>,
    pub segments: Vec<Segment>,
    /// For each link, its segments; none of one that goes upwards, or stays in its row.
    pub chains: Vec<Vec<usize>>,
    /// How many elements the sheet has: those behind are bends.
    pub placed: usize,
}

/// From an element to one in the next row, each at so far from its left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub upper: usize,
    pub upper_x: f64,
    pub lower: usize,
    pub lower_x: f64,
}

/// Rows by the longest way from above; what reads nothing comes down to just above its first reader.
pub(super) fn layered(elements: &[Element], links: &[Link]) -> Layers {
    let row = rows_of(elements, links);
    let count = row.iter().max().map_or(0, |row| row + 1);
    let mut layers = Layers {
        elements: elements.to_vec(),
        rows: vec![Vec::new(); count],
        row,
        segments: Vec::new(),
        chains: Vec::new(),
        placed: elements.len(),
    };
    for element in 0..elements.len() {
        layers.rows[layers.row[element]].push(element);
    }
    // The bend of a value in a row serves all that read it below.
    let mut bends: HashMap<(usize, usize, usize), usize> = HashMap::new();
    let mut known: HashMap<(usize, usize, u64), usize> = HashMap::new();
    for link in links {
        let (first, last) = (layers.row[link.from], layers.row[link.to]);
        let mut chain = Vec::new();
        let (mut upper, mut upper_x) = (link.from, link.from_x);
        for row in first + 1..=last {
            let (lower, lower_x) = if row == last {
                (link.to, link.to_x)
            } else {
                let bend = *bends.entry((link.value, link.from, row)).or_insert_with(|| layers.bend(row));
                (bend, 0.0)
            };
            let next = layers.segments.len();
            let segment = *known.entry((upper, lower, lower_x.to_bits())).or_insert(next);
            if segment == next {
                layers.segments.push(Segment { upper, upper_x, lower, lower_x });
            }
            chain.push(segment);
            (upper, upper_x) = (lower, lower_x);
        }
        layers.chains.push(chain);
    }
    layers
}

impl Layers {
    fn bend(&mut self, row: usize) -> usize {
        let bend = self.elements.len();
        self.elements.push(Element::boxed(0.0, 0.0));
        self.row.push(row);
        self.rows[row].push(bend);
        bend
    }

    /// How much lies at least between two neighbours of a row.
    pub fn gap(&self, left: usize, right: usize) -> f64 {
        let is_line = |element: usize| self.is_bend(element) || self.elements[element].place != Place::Free;
        if is_line(left) || is_line(right) { LINE_GAP } else { GAP }
    }

    pub fn is_bend(&self, element: usize) -> bool {
        element >= self.placed
    }
}

fn rows_of(elements: &[Element], links: &[Link]) -> Vec<usize> {
    let mut readers = vec![Vec::new(); elements.len()];
    let mut unread = vec![0usize; elements.len()];
    for link in links.iter().filter(|link| link.from != link.to) {
        readers[link.from].push(link.to);
        unread[link.to] += 1;
    }
    let has_top = elements.iter().any(|element| element.place == Place::Top);
    let first = usize::from(has_top);
    let mut row: Vec<usize> =
        elements.iter().map(|element| if element.place == Place::Top { 0 } else { first }).collect();
    let mut done = vec![false; elements.len()];
    let mut ready: Vec<usize> = (0..elements.len()).rev().filter(|&element| unread[element] == 0).collect();
    let mut order = Vec::with_capacity(elements.len());
    while order.len() < elements.len() {
        // On a circle, which groups may make, the first that is left begins.
        let next = ready.pop().or_else(|| (0..elements.len()).find(|&element| !done[element]));
        let Some(element) = next.filter(|&element| !std::mem::replace(&mut done[element], true)) else { continue };
        order.push(element);
        for &reader in readers[element].iter().filter(|&&reader| !done[reader]) {
            row[reader] = row[reader].max(row[element] + 1);
            unread[reader] -= 1;
            if unread[reader] == 0 {
                ready.push(reader);
            }
        }
    }
    let last = row.iter().max().copied().unwrap_or(0);
    let is_source: Vec<bool> = {
        let mut is_source = vec![true; elements.len()];
        links.iter().for_each(|link| is_source[link.to] = false);
        is_source
    };
    for &element in order.iter().rev() {
        let below = readers[element].iter().map(|&reader| row[reader]).filter(|&below| below > row[element]).min();
        if let (true, Place::Free, Some(below)) = (is_source[element], elements[element].place, below) {
            row[element] = below - 1;
        }
    }
    let above_bottom =
        elements.iter().zip(&row).filter(|(e, _)| e.place != Place::Bottom).map(|(_, row)| row + 1).max();
    let bottom = above_bottom.unwrap_or(last);
    for (element, row) in elements.iter().zip(&mut row).filter(|(element, _)| element.place == Place::Bottom) {
        debug_assert!(element.place == Place::Bottom);
        *row = bottom;
    }
    row
}
