//! How long compiling takes: chains of entrywise ops, of lengths that double.

use std::time::Instant;

use chainrule_exec::compile::{Options, compile};
use chainrule_graph::{Builder, Function, Initializer};

use crate::table::table;

/// Prints the milliseconds for chains of up to 100,000 nodes.
pub fn print() {
    println!("\ncompiling a chain: at most 1000 ms for 100,000 nodes");
    let mut rows = Vec::new();
    for nodes in [12_500, 25_000, 50_000, 100_000] {
        let milliseconds = |shape: &[usize]| {
            let function = chain(nodes, shape);
            let options = Options { outputs: function.objective.into_iter().collect(), ..Options::default() };
            let start = Instant::now();
            compile(&function.graph, &options).expect("it compiles");
            format!("{:.0}", start.elapsed().as_secs_f64() * 1e3)
        };
        rows.push(vec![nodes.to_string(), milliseconds(&[40]), milliseconds(&[])]);
    }
    println!("{}", table(&["nodes", "of 40 elements, ms", "of numbers, ms"], rows));
}

fn chain(nodes: usize, shape: &[usize]) -> Function {
    let builder = Builder::new();
    let w = builder.parameter("w", shape, Initializer::Constant(0.5));
    let x = builder.input("x", shape);
    let mut h = x;
    for step in 0..nodes {
        h = match step % 3 {
            0 => h * w,
            1 => h + x,
            _ => h.tanh(),
        };
    }
    builder.objective(h.sum());
    builder.finish().expect("the shapes fit")
}
