//! The bare products of a network's step: each contraction of the compiled graph as a product of matrices that lie as it likes best, in
//! the fastest way to use the threads. What it takes to bring patches and weights there is not counted.

use std::collections::BTreeMap;

use chainrule_graph::{Graph, Op};
use chainrule_kernels::{Gemm, Layout, Threads};
use rayon::prelude::*;

use crate::table::time;

/// How often each way is tried; the fastest try counts.
const TRIES: usize = 5;
/// A large product may be made tile by tile, of so many rows or terms, the patches of one in a near cache.
const TILES: [usize; 2] = [1024, 256];

/// Products of [m, k] and [k, n], so many times; those of a loop's steps wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    m: usize,
    n: usize,
    k: usize,
    times: usize,
    is_chain: bool,
}

/// How the threads share such products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sharing {
    /// One thread makes all.
    None,
    /// Each product is shared.
    Within,
    /// Each thread takes products.
    Products,
    /// Each thread takes rows of all products.
    Rows,
}

/// A way to make products: their form and the sharing.
#[derive(Clone, Copy)]
struct Way {
    gemm: Gemm,
    shape: Shape,
    sharing: Sharing,
    /// From a product to the next in the factors and the result; tiles share one.
    steps: [usize; 3],
}

/// The products of a step, ready to run, and what they work on.
pub struct BareProducts {
    /// Each way, and how often a step takes it.
    ways: Vec<(Way, usize)>,
    data: Data,
    /// Multiplications and additions of a step.
    pub operations: usize,
}

struct Data {
    a: Vec<f32>,
    b: Vec<f32>,
    c: Vec<f32>,
}

impl BareProducts {
    /// The products of a compiled graph, each in its fastest way on the threads of the pool that the caller is in.
    pub fn of(graph: &Graph) -> BareProducts {
        let mut counts = BTreeMap::new();
        collect(graph, 1, &mut counts);
        let size = |f: fn(&Shape) -> usize| counts.keys().map(f).max().unwrap_or(0);
        let mut data = Data {
            a: vec![0.03; size(|s| s.m.max(s.n) * s.k * if s.is_chain { 1 } else { s.times })],
            b: vec![0.07; size(|s| s.k * s.n.max(s.m) * if s.is_chain { 1 } else { s.times })],
            c: vec![0.0; size(|s| s.m * s.n * if s.is_chain { 1 } else { s.times })],
        };
        let operations = counts.iter().map(|(s, count)| 2 * s.m * s.n * s.k * s.times * count).sum();
        let ways = counts.into_iter().map(|(shape, count)| (fastest(shape, &mut data), count)).collect();
        BareProducts { ways, data, operations }
    }

    /// All products of a step.
    pub fn run(&mut self) {
        for (way, count) in &self.ways {
            (0..*count).for_each(|_| way.run(&mut self.data));
        }
    }
}

/// The fastest rate of large square products, in operations a second, on the threads of the pool that the caller is in.
pub fn peak() -> f64 {
    let sides = [512, 1024, 1536];
    let rate = |&n: &usize| {
        let shape = Shape { m: n, n, k: n, times: 1, is_chain: false };
        let mut data = Data { a: vec![0.03; n * n], b: vec![0.07; n * n], c: vec![0.0; n * n] };
        let way = fastest(shape, &mut data);
        let seconds = (0..3 * TRIES).map(|_| time(&mut || way.run(&mut data))).fold(f64::INFINITY, f64::min);
        2.0 * (n * n * n) as f64 / seconds
    };
    sides.iter().map(rate).fold(0.0, f64::max)
}

/// Counts the contractions of a graph, and of the bodies of its loops, which run so many times.
fn collect(graph: &Graph, length: usize, counts: &mut BTreeMap<Shape, usize>) {
    for id in graph.ids() {
        let node = graph.node(id);
        match &node.op {
            Op::Contract(contract) => {
                let sizes = contract.sizes(graph.shape(node.inputs[0]), graph.shape(node.inputs[1]));
                let product = |is_in: &dyn Fn([bool; 3]) -> bool| {
                    let place = |label: usize| {
                        [&contract.lhs, &contract.rhs, &contract.out]
                            .map(|labels| labels.iter().any(|&l| l as usize == label))
                    };
                    (0..sizes.len()).filter(|&label| is_in(place(label))).map(|label| sizes[label]).product::<usize>()
                };
                let [m, n, k] = [[true, false, true], [false, true, true], [true, true, false]]
                    .map(|wanted| product(&|found| found == wanted));
                let batch = product(&|found| found == [true; 3]);
                // A sum over nothing is no product of matrices.
                if contract.lhs.iter().any(|label| !contract.out.contains(label)) && m * n * k * batch > 0 {
                    let shape = Shape { m, n, k, times: batch * length, is_chain: length > 1 };
                    *counts.entry(shape).or_default() += 1;
                }
            }
            Op::Scan(scan) => collect(scan.body.graph(), length * scan.length, counts),
            _ => {}
        }
    }
}

/// The way that takes the least time.
fn fastest(shape: Shape, data: &mut Data) -> Way {
    let mut best: Option<(f64, Way)> = None;
    for way in ways(shape) {
        let seconds = (0..TRIES).map(|_| time(&mut || way.run(data))).fold(f64::INFINITY, f64::min);
        if best.is_none_or(|(least, _)| seconds < least) {
            best = Some((seconds, way));
        }
    }
    best.expect("there is a way").1
}

/// A product as a whole, turned round, and in tiles, with the steps from one product to the next.
fn forms(shape: Shape) -> Vec<(Shape, [usize; 3])> {
    let Shape { m, n, k, times, is_chain } = shape;
    if is_chain {
        return vec![(shape, [0; 3])];
    }
    let mut forms = vec![(shape, [m * k, k * n, m * n]), (Shape { m: n, n: m, ..shape }, [n * k, k * m, m * n])];
    for tile in TILES {
        if m > tile && m.is_multiple_of(tile) {
            let times = times * m / tile;
            forms.push((Shape { m: tile, times, ..shape }, [0, 0, tile * n]));
            forms.push((Shape { m: n, n: tile, times, ..shape }, [0, 0, tile * n]));
        }
        if times == 1 && k > tile && k.is_multiple_of(tile) {
            forms.push((Shape { k: tile, times: k / tile, ..shape }, [0, tile * n, 0]));
            forms.push((Shape { m: n, n: m, k: tile, times: k / tile, ..shape }, [n * tile, 0, 0]));
        }
    }
    forms
}

/// All forms of a product, and all ways to share it.
fn ways(shape: Shape) -> Vec<Way> {
    let mut ways = Vec::new();
    for (shape, steps) in forms(shape) {
        let Shape { m, n, k, times, is_chain } = shape;
        let plain = |rows, columns| Layout::row_major(rows, columns);
        let turned = |rows, columns| Layout::row_major(columns, rows).transposed();
        for a in [plain, turned] {
            for b in [plain, turned] {
                for sharing in [Sharing::None, Sharing::Within, Sharing::Products, Sharing::Rows] {
                    let threads = rayon::current_num_threads();
                    let rows = if sharing == Sharing::Rows { m / threads } else { m };
                    let is_possible = match sharing {
                        Sharing::None => true,
                        Sharing::Within => threads > 1,
                        Sharing::Products => threads > 1 && times > 1 && !is_chain && steps[2] > 0,
                        Sharing::Rows => threads > 1 && m.is_multiple_of(threads) && steps[2] == 0,
                    };
                    if let (true, Ok(gemm)) = (is_possible, Gemm::new(a(rows, k), b(k, n), plain(rows, n))) {
                        ways.push(Way { gemm, shape, sharing, steps });
                    }
                }
            }
        }
    }
    ways
}

impl Way {
    fn run(&self, Data { a, b, c }: &mut Data) {
        let Shape { m, n, times, is_chain, .. } = self.shape;
        let (a, b, [left, right, out]) = (&*a, &*b, self.steps);
        // Tiles of terms are added up.
        let beta = if out == 0 && !is_chain { 1.0 } else { 0.0 };
        let one = |index: usize, c: &mut [f32], threads: Threads| {
            self.gemm.run(1e-3, &a[index * left..], &b[index * right..], beta, c, threads);
        };
        match self.sharing {
            Sharing::Products => {
                c[..times * m * n].par_chunks_mut(m * n).enumerate().for_each(|(index, c)| one(index, c, Threads::One));
            }
            Sharing::Rows => {
                let part = m / rayon::current_num_threads() * n;
                c[..m * n].par_chunks_mut(part).for_each(|c| (0..times).for_each(|_| one(0, c, Threads::One)));
            }
            sharing => {
                let threads = if sharing == Sharing::Within { Threads::Pool } else { Threads::One };
                for index in 0..times {
                    one(index, &mut c[index * out..][..m * n], threads);
                }
            }
        }
    }
}
