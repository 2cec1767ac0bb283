//! What random nodes depend on: which stream each has, and the passes that give the rest.

use chainrule_graph::ops::random::{BASE, key_digits, seed_and_step};
use chainrule_graph::{Builder, Function, Graph, Op, Tensor, random_key, text, verify};

fn built(source: &str) -> Function {
    let built = text::parse(source).and_then(|model| model.build(&Default::default()));
    built.unwrap_or_else(|error| panic!("{source}\n{error}"))
}

/// The streams of all random nodes, those in loops, too.
fn streams(graph: &Graph) -> Vec<u64> {
    let of_node = |op: &Op| match op {
        Op::Random(random) => vec![random.stream],
        Op::Scan(scan) => streams(scan.body.graph()),
        _ => Vec::new(),
    };
    graph.nodes().iter().flat_map(|node| of_node(&node.op)).collect()
}

#[test]
fn what_is_built_elsewhere_changes_no_stream() {
    let alone = streams(&built("input x [3]\na = x + normal([3])\nb = dropout(a, 0.5)\n").graph);
    let more =
        "input x [3]\nc = uniform([2])\na = x + normal([3])\nd = dropout(normal([3]), 0.1)\nb = dropout(a, 0.5)\n";
    let more = streams(&built(more).graph);
    assert_eq!(alone.len(), 2);
    assert!(alone.iter().all(|stream| more.contains(stream)), "{alone:?} {more:?}");
}

#[test]
fn no_two_nodes_share_a_stream() {
    let source = "
        input x [3]
        def step(h, x) {
          return h + x * uniform([])
        }
        def block(x) {
          return dropout(x, 0.5) * normal([3]) + normal([3])
        }
        a = last(scan(step, 0, x)) + last(scan(step, 0, x))
        b = repeat(block, 3, x)
    ";
    let mut streams = streams(&built(source).graph);
    assert_eq!(streams.len(), 2 + 3 * 3);
    streams.sort_unstable();
    streams.dedup();
    assert_eq!(streams.len(), 2 + 3 * 3);
}

#[test]
fn a_key_holds_any_seed_and_step() {
    for (seed, step) in [(0, 0), (u64::MAX, BASE * BASE - 1), (0x0123_4567_89AB_CDEF, BASE + 3)] {
        let digits = key_digits(seed, step);
        assert!(digits.iter().all(|&digit| digit < BASE));
        assert_eq!(seed_and_step(digits), (seed, step));
    }
}

#[test]
fn the_key_becomes_a_state_and_the_example_an_input() {
    let function = built("input x [3]\nprediction = x + uniform([3])\n");
    assert!(function.is_random() && !built("input x [3]\nprediction = 2 * x\n").is_random());
    let bound = function.clone().with_key_as_state("key").and_then(|function| function.with_example_as_input("row"));
    let bound = bound.expect("the names are free");
    verify(&bound.graph).expect("it is a graph");
    assert!(!bound.is_random());
    assert_eq!((bound.name(bound.state[0].node), bound.name(bound.inputs[1])), ("key", "row"));
    let taken = function.clone().with_key_as_state("x").unwrap_err();
    assert_eq!(taken.message, "`x` is a name of what draws depend on");
    let given = function.with_seed(7, 2).with_examples_from(5);
    verify(&given.graph).expect("it is a graph");
    let constants: Vec<Tensor> = given.graph.nodes().iter().filter_map(constant).collect();
    assert_eq!(constants[..2], [random_key(7, 2), Tensor::scalar(5.0)]);
}

fn constant(node: &chainrule_graph::Node) -> Option<Tensor> {
    match &node.op {
        Op::Source(chainrule_graph::ops::Source::Constant(constant)) => Some(Tensor::clone(&constant.value)),
        _ => None,
    }
}

#[test]
fn streams_are_told_apart_in_rust_too() {
    let builder = Builder::new();
    let (a, b) = (builder.uniform([2]), builder.uniform([2]));
    builder.prediction(a + b);
    let function = builder.finish().expect("it is a function");
    let found = streams(&function.graph);
    assert_ne!(found[0], found[1]);
}
