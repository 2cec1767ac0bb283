//! Times each workload's training step beside its limit: a hand-written loop for one example a step, the bare matrix
//! products for minibatches. The two are timed in turn, and the ratio is the median over the pairs.
#![forbid(unsafe_code)]

mod hand;
mod products;
mod workload;

use std::time::Instant;

use chainrule_kernels::Level;
use comfy_table::Table;

fn main() {
    let pairs = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(20);
    let only = std::env::args().nth(2).unwrap_or_default();
    println!("SIMD level {}, {} threads, {pairs} interleaved pairs", Level::best(), workload::THREADS);
    let mut table = Table::new();
    table.set_header(["workload", "ours µs/step", "limit µs/step", "ratio", "at most", "compile ms", "MB"]);
    for mut workload in workload::all(&only) {
        let (mut ours, mut limits, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        (workload.ours)();
        (workload.limit)();
        for _ in 0..pairs {
            let (a, b) = (time(&mut workload.ours), time(&mut workload.limit));
            let (a, b) = (a / workload.our_steps as f64, b / workload.limit_steps as f64);
            ours.push(a);
            limits.push(b);
            ratios.push(a / b);
        }
        table.add_row([
            workload.name.to_string(),
            format!("{:.3}", median(ours) * 1e6),
            format!("{:.3}", median(limits) * 1e6),
            format!("{:.2}", median(ratios)),
            format!("{:.2}", workload.at_most),
            format!("{:.2}", workload.compile_seconds * 1e3),
            format!("{:.1}", workload.bytes as f64 / 1e6),
        ]);
    }
    println!("{table}");
}

/// Seconds for one call, the fastest of three.
fn time(work: &mut dyn FnMut()) -> f64 {
    let once = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    (0..3).map(|_| once(work)).fold(f64::INFINITY, f64::min)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
