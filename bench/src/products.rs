//! The bare matrix products of a minibatch step, each in the fastest way to use the threads: the limit.

use chainrule_kernels::{Gemm, Layout, Threads};

use crate::table::{median, time};
use crate::trainer::BATCHES;

/// How often each way to use the threads is tried.
const TRIES: usize = 31;

struct Product {
    gemm: Gemm,
    add: bool,
    threads: Threads,
}

/// The products of a step on dense layers of these sizes: forward x·Wᵀ, the input's gradient g·W but for the first layer,
/// and the update W −= rate·gᵀ·x. One step a call.
pub fn dense(sizes: &[usize], batch: usize) -> impl FnMut() + use<> {
    let mut products = Vec::new();
    for (layer, pair) in sizes.windows(2).enumerate() {
        let (d, m) = (pair[0], pair[1]);
        let (x, w, y) = (Layout::row_major(batch, d), Layout::row_major(m, d), Layout::row_major(batch, m));
        products.push(plan(x, w.transposed(), y, false));
        if layer > 0 {
            products.push(plan(y, w, x, false));
        }
        products.push(plan(y.transposed(), x, w, true));
    }
    let largest = sizes.windows(2).map(|p| (p[0] * p[1]).max(batch * p[0]).max(batch * p[1])).max().unwrap_or(0);
    let (a, b, mut c) = (vec![0.03f32; largest], vec![0.07f32; largest], vec![0f32; largest]);
    // Each product in its own quickest way, or all in one way: of short products the former is sometimes luck.
    let mut ways = vec![vec![Threads::One; products.len()], vec![Threads::Pool; products.len()]];
    let own = products.iter_mut().map(|product| {
        quicker([Threads::One, Threads::Pool], |threads| {
            product.threads = threads;
            run(product, &a, &b, &mut c);
        })
    });
    ways.push(own.collect());
    let mut all = |way: &[Threads]| {
        for (product, &threads) in products.iter_mut().zip(way) {
            product.threads = threads;
            run(product, &a, &b, &mut c);
        }
    };
    let way = quicker(ways, |way| all(&way));
    all(&way);
    move || products.iter().for_each(|product| run(product, &a, &b, &mut c))
}

/// The way that takes the least time, in the middle one of many tries. The ways take turns, so that what else the machine does
/// meets all; and each is repeated as in use, so that threads that sleep are woken as often.
fn quicker<W: Clone>(ways: impl IntoIterator<Item = W>, mut work: impl FnMut(W)) -> W {
    let mut timed: Vec<(W, Vec<f64>)> = ways.into_iter().map(|way| (way, Vec::new())).collect();
    for _ in 0..TRIES {
        for (way, times) in &mut timed {
            times.push(time(&mut || (0..BATCHES).for_each(|_| work(way.clone()))));
        }
    }
    let timed = timed.into_iter().map(|(way, times)| (median(times), way));
    timed.min_by(|a, b| a.0.total_cmp(&b.0)).expect("there is a way").1
}

fn plan(a: Layout, b: Layout, c: Layout, add: bool) -> Product {
    Product { gemm: Gemm::new(a, b, c).expect("dense layers fit"), add, threads: Threads::One }
}

fn run(product: &Product, a: &[f32], b: &[f32], c: &mut [f32]) {
    let (alpha, beta) = if product.add { (-1e-4, 1.0) } else { (1.0, 0.0) };
    product.gemm.run(alpha, a, b, beta, c, product.threads);
}
