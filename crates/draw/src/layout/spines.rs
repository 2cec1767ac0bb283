//! What stands upright: chains of elements that are each other's most important neighbours.

use super::element::Place;
use super::rows::Layers;

/// What stands middle under middle.
pub(super) struct Spines {
    /// Which segments are of a spine.
    pub segments: Vec<bool>,
    /// Where several ways of one length begin at one element and end at another: these two, the upper first.
    pub diamonds: Vec<(usize, usize)>,
    /// The ports of the longest ways, if lines both come into the group and leave it.
    pub ports: Option<(usize, usize)>,
}

/// The most important neighbour of an element on one side, by a segment to it.
#[derive(Clone, Copy, PartialEq)]
enum Best {
    None,
    One(usize),
    Several(usize),
}

/// A segment is of a spine if each of its two ends is the other's most important neighbour: the one with the longest way behind it,
/// and of those an element rather than a bend. So a chain of blocks stands upright, and what passes it by goes aside. Where ways are
/// equally long, none is of the spine, which goes on where they meet again: they stand on both sides of it.
pub(super) fn spines(layers: &Layers) -> Spines {
    let (upwards, downwards) = (longest(layers, true), longest(layers, false));
    let count = layers.elements.len();
    let (mut above, mut below) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for (index, segment) in layers.segments.iter().enumerate() {
        above[segment.lower].push(index);
        below[segment.upper].push(index);
    }
    let upper = |index: usize| layers.segments[index].upper;
    let lower = |index: usize| layers.segments[index].lower;
    let above: Vec<Best> = above.iter().map(|links| best(layers, links, upper, &upwards)).collect();
    let links = below;
    let below: Vec<Best> = links.iter().map(|links| best(layers, links, lower, &downwards)).collect();
    let is_spine = |index: usize| above[lower(index)] == Best::One(index) && below[upper(index)] == Best::One(index);
    let main = |place: Place, ways: &[usize]| {
        let ports = (0..layers.placed).filter(|&element| layers.elements[element].place == place);
        ports.max_by_key(|&port| (ways[port], std::cmp::Reverse(port)))
    };
    Spines {
        segments: (0..layers.segments.len()).map(is_spine).collect(),
        diamonds: diamonds(layers, &links, &above, &below),
        ports: main(Place::Top, &downwards).zip(main(Place::Bottom, &upwards)),
    }
}

/// The neighbour with the longest way behind it.
fn best(layers: &Layers, links: &[usize], other: impl Fn(usize) -> usize, ways: &[usize]) -> Best {
    let rank = |&link: &usize| (ways[other(link)], !layers.is_bend(other(link)));
    let Some(highest) = links.iter().map(rank).max() else { return Best::None };
    let mut highest = links.iter().filter(|&link| rank(link) == highest);
    match highest.next() {
        None => Best::None,
        Some(&first) if highest.all(|&link| other(link) == other(first)) => Best::One(first),
        Some(&first) => Best::Several(first),
    }
}

/// Ways of more steps than these make no diamond: nobody sees that they are equally long.
const LONGEST_WAY: usize = 100;

/// Each element from which several ways go down, with the one at which they end. `links` has the segments below each element.
fn diamonds(layers: &Layers, links: &[Vec<usize>], above: &[Best], below: &[Best]) -> Vec<(usize, usize)> {
    let mut end_of: Vec<Option<usize>> = vec![None; layers.elements.len()];
    let rows = layers.rows.iter().rev().flatten();
    for &element in rows.filter(|&&element| matches!(below[element], Best::Several(_))) {
        let Best::Several(first) = below[element] else { continue };
        // Down each way, over the diamonds within, to where ways meet.
        let foot = |begin: usize| {
            let mut at = begin;
            for _ in 0..LONGEST_WAY {
                match (above[at], below[at]) {
                    (Best::Several(_), _) => return Some(at),
                    (_, Best::One(link)) => at = layers.segments[link].lower,
                    (_, Best::Several(_)) => at = end_of[at]?,
                    (_, Best::None) => return None,
                }
            }
            None
        };
        let first = layers.segments[first].lower;
        let end = foot(first);
        // Ways that are shorter end elsewhere or come in from the side.
        let others = links[element].iter().map(|&link| layers.segments[link].lower).filter(|&other| other != first);
        if others.map(foot).any(|other| other == end) {
            end_of[element] = end;
        }
    }
    end_of.iter().enumerate().filter_map(|(element, end)| Some((element, (*end)?))).collect()
}

/// For each element the length of the longest way that leads up, or down, from it. What comes into a group or leaves it has a way
/// beyond.
fn longest(layers: &Layers, up: bool) -> Vec<usize> {
    let beyond = if up { Place::Top } else { Place::Bottom };
    let mut by_row: Vec<usize> = (0..layers.segments.len()).collect();
    by_row.sort_by_key(|&index| layers.row[layers.segments[index].upper]);
    let mut ways: Vec<usize> = layers.elements.iter().map(|element| usize::from(element.place == beyond)).collect();
    let mut pass = |from: usize, to: usize| ways[to] = ways[to].max(ways[from] + 1);
    match up {
        true => by_row.iter().map(|&i| &layers.segments[i]).for_each(|segment| pass(segment.upper, segment.lower)),
        false => {
            by_row.iter().rev().map(|&i| &layers.segments[i]).for_each(|segment| pass(segment.lower, segment.upper))
        }
    }
    ways
}
