//! What a loop keeps of each step for its derivative, and what leaves it.

use chainrule_graph::layers::{Gru, Lstm};
use chainrule_graph::ops::{Elementwise, Scan};
use chainrule_graph::{Builder, Function, Graph, Initializer, Op, Value, Var, batch, fission, grad, simplify};

const STEPS: usize = 8;
const EXAMPLES: usize = 6;
const WIDTH: usize = 5;

/// A recurrent layer over an input, for a batch.
fn layer(apply: for<'g> fn(Var<'g>) -> Var<'g>) -> Function {
    let b = Builder::new();
    let last = apply(b.input("x", [STEPS, 3])).last();
    b.objective((last * last).sum());
    batch(&b.finish().expect("it is a loop"), EXAMPLES).expect("it can be batched")
}

/// The graph of the gradient by all parameters, as it is compiled.
fn with_gradient(function: &Function) -> Graph {
    let objective = function.objective.expect("it has one");
    let wrt: Vec<_> = function.parameters.iter().map(|parameter| parameter.node).collect();
    let (graph, gradients) = grad(&function.graph, objective, &wrt).expect("it has a gradient");
    split(&graph, &gradients)
}

/// The graph whose loops are merged and split, for these values of it.
fn split(graph: &Graph, of: &[Value]) -> Graph {
    let (simple, map) = simplify(graph, of).expect("it can be simplified");
    let of: Vec<Value> = of.iter().filter_map(|&value| map.get(value)).collect();
    let (split, map) = fission(&simple).expect("it is well formed").expect("parts leave its loops");
    let of: Vec<Value> = of.iter().filter_map(|&value| map.get(value)).collect();
    simplify(&split, &of).expect("it can be simplified").0
}

fn loops(graph: &Graph) -> Vec<&Scan> {
    graph.nodes().iter().filter_map(|node| if let Op::Scan(scan) = &node.op { Some(scan) } else { None }).collect()
}

fn count(graph: &Graph, op: Elementwise) -> usize {
    graph.nodes().iter().filter(|node| node.op == Op::Elementwise(op)).count()
}

/// Gates and their slopes are kept, none of the sums that they are functions of, and so the slopes are computed where the
/// gates are.
#[test]
fn the_loop_of_a_recurrent_layer_keeps_gates_and_their_slopes() {
    for (what, function, sigmoids, kept) in [
        // h, c, four gates, tanh c, three slopes
        ("lstm", layer(|x| Lstm::new(WIDTH).apply(x)), 6, 10),
        // h, three gates, two slopes, and U h + c, which a gate is multiplied with
        ("gru", layer(|x| Gru::new(WIDTH).apply(x)), 4, 7),
    ] {
        let graph = with_gradient(&function);
        let [forward, backward] = loops(&graph)[..] else { panic!("{what}: not one loop each way") };
        assert_eq!(count(forward.body.graph(), Elementwise::Sigmoid), sigmoids, "{what}");
        assert_eq!(count(backward.body.graph(), Elementwise::Sigmoid), 0, "{what}");
        assert_eq!(count(&graph, Elementwise::Sigmoid), 0, "{what}");
        let outputs = forward.body.outputs();
        assert_eq!(outputs.len(), kept, "{what}");
        for &output in outputs {
            assert_eq!(forward.body.graph().shape(output)[..], [EXAMPLES, WIDTH], "{what}");
        }
    }
}

/// What is kept anyway is enough for the one; for the other more would be.
#[test]
fn a_function_leaves_a_loop_if_what_it_reads_is_kept_anyway() {
    let b = Builder::new();
    let (h, xs) = (b.input("h", [4]), b.input("xs", [STEPS, 4]));
    let w = b.parameter("W", [4, 4], Initializer::Constant(0.0));
    let all = b.scan(&[h], &[xs], |h, x| {
        let sum = w.matvec(h[0]) + x[0];
        let next = sum.tanh();
        vec![next, next.exp(), sum.sin()]
    });
    let of: Vec<Value> = all.iter().filter_map(|var| var.id()).collect();
    let graph = split(&b.finish_graph().expect("it is a loop"), &of);
    let body = loops(&graph)[0].body.graph();
    let places = |op| [count(body, op), count(&graph, op)];
    assert_eq!(places(Elementwise::Exp), [0, 1]);
    assert_eq!(places(Elementwise::Sin), [1, 0]);
}
