//! What compiling takes, and what a program holds, grow as the graph does.

mod step;

use std::time::{Duration, Instant};

use chainrule_exec::compile::{Options, Precision, compile};
use chainrule_graph::{Builder, Function, Initializer};
use step::{descent, perceptron};

/// How long compiling takes.
fn compiling(function: &Function) -> Duration {
    let options = Options { outputs: function.objective.into_iter().collect(), ..Options::default() };
    let start = Instant::now();
    compile(&function.graph, &options).expect("it compiles");
    start.elapsed()
}

/// A chain of entrywise steps on a vector, or on a scalar.
fn chain(steps: usize, shape: &[usize]) -> Function {
    let builder = Builder::new();
    let w = builder.parameter("w", shape, Initializer::Constant(0.5));
    let x = builder.input("x", shape);
    let mut h = x;
    for step in 0..steps {
        h = if step % 2 == 0 { h * w } else { (h + x).tanh() };
    }
    builder.objective(h.sum());
    builder.finish().expect("the shapes fit")
}

/// A graph four times as large takes about four times as long, and not sixteen times; caches and a busy machine have
/// their say, so the least of several times counts.
fn assert_linear(what: &str, small: &Function, large: &Function) {
    let sizes = [small, large].map(|function| function.graph.nodes().len());
    let mut times = [Duration::MAX; 2];
    for _ in 0..5 {
        times = [(small, times[0]), (large, times[1])].map(|(function, time)| time.min(compiling(function)));
    }
    assert!(times[1] <= 10 * times[0], "{what}: {sizes:?} nodes took {times:?}");
}

#[test]
fn compiling_takes_as_much_longer_as_the_graph_is_larger() {
    assert_linear("a chain of vectors", &chain(10_000, &[40]), &chain(40_000, &[40]));
    assert_linear("a chain of scalars", &chain(10_000, &[]), &chain(40_000, &[]));
    assert_linear("a trained chain", &descent(chain(5_000, &[40])), &descent(chain(20_000, &[40])));
    let deep = |layers| descent(perceptron(&vec![6; layers], None));
    assert_linear("layers", &deep(250), &deep(1_000));
}

/// For layers n₀ → … → n, the values alive at once are at most, while the gradient of a hidden layer is computed: the
/// layer before it, itself, and its gradient.
#[test]
fn a_workspace_holds_little_more_than_what_is_alive_at_once() {
    let (sizes, batch) = ([784, 2048, 2048, 10], 256);
    let function = descent(perceptron(&sizes, Some(batch)));
    let streams: Vec<_> = function.inputs.iter().chain(&function.outcomes).copied().collect();
    let outputs = function.objective.into_iter().collect();
    let options = Options { precision: Precision::F32, streams, batch: Some(batch), outputs, ..Options::default() };
    let program = compile(&function.graph, &options).expect("it compiles");
    let parameters: usize = sizes.windows(2).map(|pair| pair[1] * (pair[0] + 1)).sum();
    let alive = batch * (3 * 2048 + 10);
    let data = batch * (784 + 10);
    let (found, most) = (program.workspace().bytes(), 4 * (11 * (parameters + alive) / 10 + data + 8192));
    assert!(found <= most, "{found} bytes, {most} at most\n{program}");
}
