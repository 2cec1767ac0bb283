//! The order within rows: few lines cross.

use super::element::Place;
use super::rows::Layers;

/// How often the rows are gone through, downwards and upwards.
const SWEEPS: usize = 24;

/// Orders each row by the middle of what an element is linked with in the row before, and swaps neighbours where that leaves
/// fewer crossings, once from the order that is given and once from its mirror image; of all orders met, the best stays. Returns the
/// crossings that it has.
pub(super) fn order(layers: &mut Layers) -> usize {
    let mirrored: Vec<Vec<usize>> = layers.rows.iter().map(|row| row.iter().rev().copied().collect()).collect();
    let of_given = improve(layers);
    if of_given == 0 {
        return 0;
    }
    let given = std::mem::replace(&mut layers.rows, mirrored);
    let of_mirrored = improve(layers);
    if of_mirrored < of_given {
        return of_mirrored;
    }
    layers.rows = given;
    of_given
}

/// Goes through the rows until nothing crosses or it has been done often enough; the crossings that are left.
fn improve(layers: &mut Layers) -> usize {
    let mut order = Order::new(layers);
    order.fix_ports(layers);
    let mut best = (order.crossings(layers), layers.rows.clone());
    for sweep in 0..SWEEPS {
        if best.0 == 0 {
            break;
        }
        let down = sweep % 2 == 0;
        for step in 1..layers.rows.len() {
            let row = if down { step } else { layers.rows.len() - 1 - step };
            order.by_middles(layers, row, down);
            order.swap_neighbours(layers, row);
        }
        let crossings = order.crossings(layers);
        if crossings < best.0 {
            best = (crossings, layers.rows.clone());
        }
    }
    layers.rows = best.1;
    best.0
}

struct Order {
    /// For each element, its links with the row above: (element there, place there, place here), each from 0 to 1.
    above: Vec<Vec<(usize, f64, f64)>>,
    below: Vec<Vec<(usize, f64, f64)>>,
    /// The index of each element in its row.
    index: Vec<usize>,
}

impl Order {
    fn new(layers: &Layers) -> Order {
        let count = layers.elements.len();
        let (mut above, mut below) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        let share = |element: usize, x: f64| x / layers.elements[element].width.max(1.0) * 0.9;
        for segment in &layers.segments {
            let (upper, lower) = (segment.upper, segment.lower);
            let (u, l) = (share(upper, segment.upper_x), share(lower, segment.lower_x));
            above[lower].push((upper, u, l));
            below[upper].push((lower, l, u));
        }
        let mut order = Order { above, below, index: vec![0; count] };
        (0..layers.rows.len()).for_each(|row| order.reindex(layers, row));
        order
    }

    fn reindex(&mut self, layers: &Layers, row: usize) {
        for (index, &element) in layers.rows[row].iter().enumerate() {
            self.index[element] = index;
        }
    }

    /// Ports whose places are known stand in their order, and stay so.
    fn fix_ports(&mut self, layers: &mut Layers) {
        for row in 0..layers.rows.len() {
            let wanted = |element: usize| layers.elements[element].wanted;
            if layers.rows[row].iter().all(|&element| wanted(element).is_some()) {
                let mut fixed = layers.rows[row].clone();
                fixed.sort_by(|&a, &b| wanted(a).partial_cmp(&wanted(b)).unwrap_or(std::cmp::Ordering::Equal));
                layers.rows[row] = fixed;
                self.reindex(layers, row);
            }
        }
    }

    fn is_fixed(&self, layers: &Layers, row: usize) -> bool {
        layers.rows[row].iter().all(|&element| {
            let element = &layers.elements[element];
            element.place != Place::Free && element.wanted.is_some()
        })
    }

    fn place(&self, (element, share, _): (usize, f64, f64)) -> f64 {
        self.index[element] as f64 + share
    }

    fn by_middles(&mut self, layers: &mut Layers, row: usize, down: bool) {
        if self.is_fixed(layers, row) {
            return;
        }
        let links = if down { &self.above } else { &self.below };
        let middle = |&element: &usize| {
            let links = &links[element];
            let sum: f64 = links.iter().map(|&link| self.place(link) - link.2 * 0.01).sum();
            if links.is_empty() { self.index[element] as f64 } else { sum / links.len() as f64 }
        };
        let mut sorted: Vec<(f64, usize)> =
            layers.rows[row].iter().map(|element| (middle(element), *element)).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        layers.rows[row] = sorted.into_iter().map(|(_, element)| element).collect();
        self.reindex(layers, row);
    }

    fn swap_neighbours(&mut self, layers: &mut Layers, row: usize) {
        if self.is_fixed(layers, row) {
            return;
        }
        for _ in 0..4 {
            let mut swapped = false;
            for left in 1..layers.rows[row].len() {
                let (a, b) = (layers.rows[row][left - 1], layers.rows[row][left]);
                let (kept, turned) = (self.between(a, b), self.between(b, a));
                if turned < kept {
                    layers.rows[row].swap(left - 1, left);
                    (self.index[a], self.index[b]) = (left, left - 1);
                    swapped = true;
                }
            }
            if !swapped {
                break;
            }
        }
    }

    /// The crossings of the links of two neighbours, `a` on the left.
    fn between(&self, a: usize, b: usize) -> usize {
        let count = |a: &[(usize, f64, f64)], b: &[(usize, f64, f64)]| {
            let pairs = a.iter().flat_map(|&one| b.iter().map(move |&other| (one, other)));
            pairs.filter(|&(one, other)| self.place(one) > self.place(other)).count()
        };
        count(&self.above[a], &self.above[b]) + count(&self.below[a], &self.below[b])
    }

    /// All crossings, row by row: the inversions of the lower ends when the upper ends are in order.
    fn crossings(&self, layers: &Layers) -> usize {
        let mut crossings = 0;
        for row in &layers.rows {
            let mut ends: Vec<(f64, f64)> = Vec::new();
            for &element in row {
                let own = self.index[element] as f64;
                ends.extend(self.below[element].iter().map(|&link| (own + link.2, self.place(link))));
            }
            ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            crossings += inversions(&mut ends.into_iter().map(|(_, lower)| lower).collect::<Vec<f64>>());
        }
        crossings
    }
}

/// How many pairs stand in the wrong order: counted while merging, from short runs to long ones.
fn inversions(values: &mut Vec<f64>) -> usize {
    let mut count = 0;
    let mut run = 1;
    while run < values.len() {
        let mut merged = Vec::with_capacity(values.len());
        for pair in values.chunks(2 * run) {
            let (left, right) = pair.split_at(run.min(pair.len()));
            let (mut i, mut j) = (0, 0);
            while i < left.len() || j < right.len() {
                if j == right.len() || (i < left.len() && left[i] <= right[j]) {
                    merged.push(left[i]);
                    i += 1;
                } else {
                    merged.push(right[j]);
                    count += left.len() - i;
                    j += 1;
                }
            }
        }
        *values = merged;
        run *= 2;
    }
    count
}
