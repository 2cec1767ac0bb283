//! Lines that pass rows by go straight down as far as they can.

use super::rows::Layers;

/// Moves the bends of each line, between what stands beside them, to as few places as may be. `x` has the left of each element.
pub(super) fn straighten(layers: &Layers, x: &mut [f64]) {
    let mut index = vec![0; layers.elements.len()];
    for row in &layers.rows {
        row.iter().enumerate().for_each(|(at, &element)| index[element] = at);
    }
    let chains = chains(layers);
    // What one line leaves free, another may need.
    for chain in chains.iter().chain(&chains).chain(&chains) {
        let room = |bend: usize, x: &[f64]| {
            let row = &layers.rows[layers.row[bend]];
            let left = index[bend].checked_sub(1).map(|at| row[at]);
            let right = row.get(index[bend] + 1).copied();
            let from =
                left.map_or(f64::NEG_INFINITY, |left| x[left] + layers.elements[left].width + layers.gap(left, bend));
            (from, right.map_or(f64::INFINITY, |right| x[right] - layers.gap(bend, right)))
        };
        let mut begin = 0;
        let mut before = chain.from;
        while begin < chain.bends.len() {
            let (mut from, mut to) = room(chain.bends[begin], x);
            let mut end = begin + 1;
            while let Some(&bend) = chain.bends.get(end) {
                let next = room(bend, x);
                let both = (from.max(next.0), to.min(next.1));
                if both.0 > both.1 {
                    break;
                }
                ((from, to), end) = (both, end + 1);
            }
            // Under what is above, or over what is below, whichever needs no turn.
            let above = before.map(|(element, by)| x[element] + by);
            let after = if end == chain.bends.len() { chain.to } else { None };
            let below = after.map(|(element, by)| x[element] + by);
            let fits = |&at: &f64| from <= at && at <= to;
            let at =
                above.filter(fits).or(below.filter(fits)).or(above.or(below).map(|at| at.clamp(from, to.max(from))));
            if let Some(at) = at {
                chain.bends[begin..end].iter().for_each(|&bend| x[bend] = at);
            }
            before = Some((chain.bends[end - 1], 0.0));
            begin = end;
        }
    }
}

/// Bends of a line under each other, from the end of one element, at so far from its left, to another.
struct Chain {
    from: Option<(usize, f64)>,
    bends: Vec<usize>,
    to: Option<(usize, f64)>,
}

fn chains(layers: &Layers) -> Vec<Chain> {
    let count = layers.elements.len();
    let (mut above, mut below) = (vec![None; count], vec![Vec::new(); count]);
    for segment in &layers.segments {
        above[segment.lower] = Some((segment.upper, segment.upper_x));
        below[segment.upper].push((segment.lower, segment.lower_x));
    }
    let is_bend = |element: usize| layers.is_bend(element);
    let begins = |&bend: &usize| above[bend].is_none_or(|(upper, _)| !is_bend(upper));
    let chain = |first: usize| {
        let mut bends = vec![first];
        let mut last = first;
        // A bend is of one value, which has at most one bend in a row.
        while let Some(&(next, _)) = below[last].iter().find(|(next, _)| is_bend(*next)) {
            bends.push(next);
            last = next;
        }
        Chain { from: above[first], bends, to: below[last].first().copied() }
    };
    (layers.placed..count).filter(begins).map(chain).collect()
}
