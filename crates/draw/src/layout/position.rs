//! Where in its row an element stands, and how far down each row is.

use super::element::Place;
use super::rows::Layers;
use super::spines::spines;
use super::straight::straighten;

/// How often the rows are gone through.
const SWEEPS: usize = 40;
/// How much more a bend of a long line counts than a box: long lines are straight.
const BEND: f64 = 8.0;
/// How much more a line of a spine counts than another.
const SPINE: f64 = 1000.0;

/// The left edge of each element: as near as may be to what it is linked with, without overlap.
pub(super) fn columns(layers: &Layers, margin: f64) -> Vec<f64> {
    let count = layers.elements.len();
    let (mut above, mut below) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    let spines = spines(layers);
    for (segment, &is_spine) in layers.segments.iter().zip(&spines.segments) {
        let (upper, lower) = (segment.upper, segment.lower);
        let weight = if is_spine { SPINE } else { 1.0 };
        // Along a spine boxes stand middle under middle, whichever operand the line goes to.
        let is_box = !layers.elements[lower].is_group;
        let lower_x = if is_spine && is_box { layers.elements[lower].width / 2.0 } else { segment.lower_x };
        // How far the other one's left is to be from its own for the line to be straight.
        above[lower].push((upper, segment.upper_x - lower_x, weight));
        below[upper].push((lower, lower_x - segment.upper_x, weight));
    }
    for &(upper, lower) in &spines.diamonds {
        let by = (layers.elements[upper].width - layers.elements[lower].width) / 2.0;
        above[lower].push((upper, by, SPINE));
        below[upper].push((lower, -by, SPINE));
    }
    if let Some((top, bottom)) = spines.ports {
        below[top].push((bottom, 0.0, SPINE));
    }
    let mut x = vec![0.0; count];
    for row in &layers.rows {
        let steps = steps(layers, row);
        row.iter().zip(&steps).for_each(|(&element, step)| x[element] = *step);
    }
    for sweep in 0..SWEEPS {
        let (down, both) = (sweep % 2 == 0, sweep + 4 >= SWEEPS);
        for step in 0..layers.rows.len() {
            let row = &layers.rows[if down { step } else { layers.rows.len() - 1 - step }];
            let wish = |&element: &usize| {
                let sides = match (down, both) {
                    (_, true) => [&above[element][..], &below[element][..]],
                    (true, false) => [&above[element][..], &[][..]],
                    (false, false) => [&below[element][..], &[][..]],
                };
                let (mut sum, mut weights, mut count) = (0.0, 0.0, 0.0);
                for &(other, by, weight) in sides.into_iter().flatten() {
                    sum += weight * (x[other] + by);
                    weights += weight;
                    count += 1.0;
                }
                match layers.is_bend(element) {
                    _ if weights == 0.0 => (x[element], 0.1),
                    true => (sum / weights, BEND * count),
                    false => (sum / weights, weights),
                }
            };
            let wishes: Vec<(f64, f64)> = row.iter().map(wish).collect();
            let placed = nearest(&wishes, &steps(layers, row));
            row.iter().zip(placed).for_each(|(&element, at)| x[element] = at);
        }
    }
    straighten(layers, &mut x);
    let left = x.iter().copied().fold(f64::INFINITY, f64::min);
    x.iter_mut().for_each(|x| *x += margin - left);
    x
}

/// How far from the first each element of a row must be at least.
fn steps(layers: &Layers, row: &[usize]) -> Vec<f64> {
    let mut at = 0.0;
    let mut steps = Vec::with_capacity(row.len());
    for (index, &element) in row.iter().enumerate() {
        steps.push(at);
        at += layers.elements[element].width + row.get(index + 1).map_or(0.0, |&next| layers.gap(element, next));
    }
    steps
}

/// The places nearest to the wishes (place, weight), each at least its step after the one before: the sum of the weighted
/// squares is least. Without the steps it is isotonic regression, by pooling neighbours that are in the wrong order (Ayer et al.,
/// An empirical distribution function for sampling with incomplete information, 1955).
fn nearest(wishes: &[(f64, f64)], steps: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, f64, usize)> = Vec::with_capacity(wishes.len());
    for (&(wish, weight), step) in wishes.iter().zip(steps) {
        let mut pool = (wish - step, weight, 1);
        while let Some(&(place, before, size)) = pools.last().filter(|last| last.0 > pool.0) {
            pools.pop();
            let weight = before + pool.1;
            pool = ((place * before + pool.0 * pool.1) / weight, weight, size + pool.2);
        }
        pools.push(pool);
    }
    let places = pools.into_iter().flat_map(|(place, _, size)| std::iter::repeat_n(place, size));
    places.zip(steps).map(|(place, step)| place + step).collect()
}

/// Where each row begins and ends.
pub(super) struct Rows {
    pub begin: Vec<f64>,
    pub end: Vec<f64>,
    pub height: f64,
    /// Whether each element has lines above it, and below.
    has_lines: Vec<(bool, bool)>,
}

impl Rows {
    /// The farther the lines between two rows go sideways, the wider the gap.
    pub fn new(layers: &Layers, x: &[f64], title: f64, margin: f64) -> Rows {
        let mut reach = vec![0.0f64; layers.rows.len()];
        for segment in &layers.segments {
            let aside = (x[segment.upper] + segment.upper_x - x[segment.lower] - segment.lower_x).abs();
            let row = layers.row[segment.upper];
            reach[row] = reach[row].max(aside);
        }
        let mut has_lines = vec![(false, false); layers.elements.len()];
        for segment in &layers.segments {
            (has_lines[segment.lower].0, has_lines[segment.upper].1) = (true, true);
        }
        let (mut begin, mut end) = (Vec::new(), Vec::new());
        let mut y = title;
        for (row, elements) in layers.rows.iter().enumerate() {
            let is_of = |place: Place| elements.iter().any(|&element| layers.elements[element].place == place);
            if row == 0 && !is_of(Place::Top) {
                y += margin;
            }
            // Ports stand on the frame itself.
            let at = if is_of(Place::Top) { 0.0 } else { y };
            let height = elements.iter().map(|&element| layers.elements[element].height).fold(0.0, f64::max);
            begin.push(at);
            end.push(y + height);
            let gap = 20.0 + (reach[row] / 8.0).min(44.0);
            y += height + if row + 1 == layers.rows.len() { 0.0 } else { gap };
        }
        let ends_on_frame = layers
            .rows
            .last()
            .is_some_and(|row| row.iter().any(|&element| layers.elements[element].place == Place::Bottom));
        Rows { begin, end, height: if ends_on_frame { y } else { y + margin }, has_lines }
    }

    /// The upper edge of an element: boxes stand in the middle of their row, or at its end where the lines are, if all are at one.
    pub fn top(&self, layers: &Layers, element: usize) -> f64 {
        let row = layers.row[element];
        let height = layers.elements[element].height;
        match layers.elements[element].place {
            Place::Top => self.begin[row],
            Place::Bottom => self.end[row],
            Place::Free => match self.has_lines[element] {
                (false, true) => self.end[row] - height,
                (true, false) => self.begin[row],
                (true, true) | (false, false) => (self.begin[row] + self.end[row] - height) / 2.0,
            },
        }
    }
}
