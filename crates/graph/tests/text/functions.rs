//! Every function that a text may call is called here, and every op they build is in the random graphs.

use std::collections::BTreeSet;

use chainrule_graph::{Function, text};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::random::{Case, functions};
use super::support::built;

/// Functions of one value, entry by entry.
const ENTRYWISE: &[&str] = &[
    "exp",
    "log",
    "log1p",
    "expm1",
    "sqrt",
    "rsqrt",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "softplus",
    "relu",
    "erf",
    "abs",
    "sign",
    "neg",
    "reciprocal",
    "stop_gradient",
    "softmax",
    "reverse",
    "double",
];

/// Functions of two values, entry by entry.
const OF_TWO: &[&str] = &["add", "sub", "mul", "div", "pow", "max", "min", "less", "less_equal", "equal", "not_equal"];

/// Functions along axes.
const ALONG: &[&str] = &["max", "min", "sum", "mean", "logsumexp"];

/// Other calls, and the shape of what they make.
const CALLS: &[(&str, &str)] = &[
    ("where(x < v, x, 0)", "[3]"),
    ("max(x, 0)", "[3]"),
    ("min(W, x)", "[2, 3]"),
    ("argmax(W)", "[2]"),
    ("argmax(W, axis=0)", "[3]"),
    ("softmax(W, axis=0)", "[2, 3]"),
    ("dot(x, v)", "[]"),
    ("outer(x, b)", "[3, 2]"),
    ("transpose(T)", "[4, 3, 2]"),
    ("transpose(T, axes=[0, 2, 1])", "[2, 4, 3]"),
    ("reshape(T, [6, 4])", "[6, 4]"),
    ("reshape(s, [1, 1])", "[1, 1]"),
    ("stack(s, 2, s)", "[3]"),
    ("stack(x, v)", "[2, 3]"),
    ("stack(x, v, axis=1)", "[3, 2]"),
    ("concat(x, v)", "[6]"),
    ("concat(x, s, 1)", "[5]"),
    ("concat(W, W, axis=1)", "[2, 6]"),
    ("reverse(W, axis=1)", "[2, 3]"),
    ("slice(W, [0, 1], [2, 2])", "[2, 1]"),
    ("pad(x, [1], [2])", "[6]"),
    ("gather(W, i)", "[3]"),
    ("gather(W, i, axis=1)", "[2]"),
    ("gather(x, [0, 0, 1, 2])", "[4]"),
    ("scatter_add(i, s, size=5)", "[5]"),
    ("broadcast(x, [2, 3])", "[2, 3]"),
    ("contract(W, T, \"ij,ijk->ik\")", "[2, 4]"),
    ("iota(4)", "[4]"),
    ("affine(W, x, b)", "[2]"),
    ("vector_scalar_affine(x, v, s)", "[]"),
    ("squared_l2_distance(x, v)", "[]"),
    ("l2_norm_penalty(0.1, W)", "[]"),
    ("l2_norm_penalty(s, W)", "[]"),
    ("nll(softmax(x), i)", "[]"),
    ("nll(p=softmax(x), y=i)", "[]"),
    ("W @ x", "[2]"),
    ("b @ W", "[3]"),
    ("W @ transpose(W)", "[2, 2]"),
    ("x @ v", "[]"),
    ("[[1, 2, 3], [4, 5, 6]] @ x", "[2]"),
    ("custom(\"exp\", x)", "[3]"),
    ("power(x, 3)", "[3]"),
    ("plain_log(softmax(x))", "[3]"),
    ("argmin(W)", "[2]"),
    ("to_real(i)", "[]"),
    ("argmin(W, axis=0)", "[3]"),
    ("constant(1.5, [2, 3])", "[2, 3]"),
    ("constant([0, 1], kind=int)", "[2]"),
];

fn with_inputs(expression: &str) -> Function {
    let inputs =
        "input x [3]\ninput v [3]\ninput s []\ninput W [2, 3]\ninput b [2]\ninput T [2, 3, 4]\ninput i [] int\n";
    built(&format!("{inputs}y = {expression}\n"))
}

fn shape(expression: &str) -> String {
    let graph = with_inputs(expression).graph;
    graph.nodes()[graph.nodes().len() - 1].outputs[0].shape.to_string()
}

/// All calls of this file.
fn calls() -> Vec<String> {
    let mut calls: Vec<String> = CALLS.iter().map(|(call, _)| call.to_string()).collect();
    calls.extend(ENTRYWISE.iter().map(|name| format!("{name}(x)")));
    calls.extend(OF_TWO.iter().map(|name| format!("{name}(x, v)")));
    calls.extend(ALONG.iter().map(|name| format!("{name}(T)")));
    calls
}

#[test]
fn every_function_builds() {
    for name in ENTRYWISE {
        assert_eq!(shape(&format!("{name}(x)")), "[3]", "{name}");
    }
    for name in OF_TWO {
        assert_eq!(shape(&format!("{name}(W, x)")), "[2, 3]", "{name}");
    }
    for name in ALONG {
        assert_eq!(shape(&format!("{name}(T)")), "[]", "{name}");
        assert_eq!(shape(&format!("{name}(T, axis=1)")), "[2, 4]", "{name}");
        assert_eq!(shape(&format!("{name}(T, axis=[2, 0])")), "[3]", "{name}");
        assert_eq!(shape(&format!("{name}(s)")), "[]", "{name}");
    }
    for (expression, expected) in CALLS {
        assert_eq!(shape(expression), *expected, "{expression}");
    }
}

#[test]
fn no_function_is_left_out() {
    let calls = calls();
    for signature in text::signatures() {
        let name = signature.split('(').next().expect("a text has a start");
        assert!(calls.iter().any(|call| call.starts_with(&format!("{name}("))), "no call of `{name}` stands here");
    }
}

/// The names of the ops in a graph.
fn ops(function: &Function) -> impl Iterator<Item = String> {
    function.graph.nodes().iter().map(|node| node.op.name().to_string())
}

#[test]
fn every_op_is_in_the_random_graphs() {
    let all: BTreeSet<String> = calls().iter().flat_map(|call| ops(&with_inputs(call)).collect::<Vec<_>>()).collect();
    let mut runner = TestRunner::deterministic();
    let mut random = || functions().new_tree(&mut runner).expect("nothing is filtered out").current();
    let drawn: BTreeSet<String> = (0..2000)
        .flat_map(|_| {
            let Case(function) = random();
            ops(&function).collect::<Vec<_>>()
        })
        .collect();
    let missing: Vec<&String> = all.difference(&drawn).collect();
    assert!(missing.is_empty(), "no random graph has {missing:?}");
}
