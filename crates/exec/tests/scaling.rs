//! Large graphs compile, and a program holds little more than what is alive at once.

mod step;

use chainrule_exec::compile::{Options, Precision, compile};
use chainrule_graph::{Builder, Function, Initializer};
use step::{descent, perceptron};

/// A chain of elementwise steps on a vector, or on a scalar.
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

/// How long it takes is for the benchmark to say.
#[test]
fn a_chain_of_a_hundred_thousand_nodes_compiles() {
    let function = descent(chain(25_000, &[40]));
    assert!(function.graph.nodes().len() > 100_000);
    let options = Options { outputs: function.objective.into_iter().collect(), ..Options::default() };
    let program = compile(&function.graph, &options).expect("it compiles");
    assert_eq!(program.reported(), 1);
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
    let (found, most) =
        (program.workspace().expect("it has room").bytes(), 4 * (11 * (parameters + alive) / 10 + data + 8192));
    assert!(found <= most, "{found} bytes, {most} at most\n{program}");
}
