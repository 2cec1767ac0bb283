//! Every function that a text may call is called here, and every op is in the random graphs.

use std::collections::BTreeSet;

use chainrule_graph::ops::signature::{AxisResult, DefaultAxes, Notation, Operands};
use chainrule_graph::ops::{Elementwise, Op, Reduction};
use chainrule_graph::{Function, text};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::random::{Case, functions};
use super::support::{built, mistake};

/// Other calls, and the shape of what they make.
const CALLS: &[(&str, &str)] = &[
    ("relu(x)", "[3]"),
    ("reciprocal(x)", "[3]"),
    ("reverse(x)", "[3]"),
    ("double(x)", "[3]"),
    ("mean(T)", "[]"),
    ("mean(T, axis=1)", "[2, 4]"),
    ("mean(T, axis=[2, 0])", "[3]"),
    ("max(x, 0)", "[3]"),
    ("min(W, x)", "[2, 3]"),
    ("argmax(W)", "[2]"),
    ("argmax(W, axis=0)", "[3]"),
    ("softmax(W, axis=0)", "[2, 3]"),
    ("dot(x, v)", "[]"),
    ("outer(x, b)", "[3, 2]"),
    ("transpose(T)", "[4, 3, 2]"),
    ("transpose(T, axes=[0, 2, 1])", "[2, 4, 3]"),
    ("flatten(T)", "[24]"),
    ("dense(x, 4)", "[4]"),
    ("dense(T, 5, bias=false, init=\"normal(0, 0.02)\", name=\"hidden\")", "[2, 3, 5]"),
    ("embedding(i, 7, 3)", "[3]"),
    ("embedding([1, 2], 7, 3)", "[2, 3]"),
    ("layer_norm(T)", "[2, 3, 4]"),
    ("rms_norm(W, epsilon=0.001)", "[2, 3]"),
    ("group_norm(T, 2)", "[2, 3, 4]"),
    ("batch_norm(T, epsilon=0.001, momentum=0.5)", "[2, 3, 4]"),
    ("position(W)", "[2, 3]"),
    ("conv(T, 4, 3, padding=1)", "[4, 3, 4]"),
    ("conv_transpose(T, 5, [2, 1], stride=2, bias=false)", "[5, 6, 7]"),
    ("self_attention(W, 3, causal=true)", "[2, 3]"),
    ("transformer_block(W, 1, width=2)", "[2, 3]"),
    ("size(T, 2)", "[]"),
    ("repeat(tanh, 3, W)", "[2, 3]"),
    ("scan(max, 0, x)", "[3]"),
    ("last(W)", "[3]"),
    ("first(T)", "[3, 4]"),
    ("rnn(W, 4)", "[2, 4]"),
    ("lstm(W, 4)", "[2, 4]"),
    ("gru(W, 4)", "[2, 4]"),
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
    ("windows(x, 2)", "[2, 2]"),
    ("windows(T, [2, 2], stride=[1, 2])", "[2, 2, 2, 2, 2]"),
    ("windows(T, [1, 2], dilation=2, axes=[0, 2])", "[2, 3, 2, 1, 2]"),
    ("fold(W, [4])", "[4]"),
    ("in_training(x, v)", "[3]"),
    ("batch_mean(W)", "[2, 3]"),
    ("batch_size()", "[]"),
    ("uniform([2])", "[2]"),
    ("normal([2, 3])", "[2, 3]"),
    ("bernoulli(0.5, [2])", "[2]"),
    ("dropout(x, 0.5)", "[3]"),
    ("random([2], 7, random_key(), random_example())", "[2]"),
    ("random_key()", "[5]"),
    ("random_example()", "[]"),
    ("random_example([2])", "[2]"),
    ("batch_size(at_least=2)", "[]"),
    ("fold(T, [2, 6])", "[2, 6]"),
    ("fold(T, [9], stride=2, dilation=[1])", "[2, 9]"),
    ("fold(T, [5], axes=[0], dilation=1)", "[5, 3]"),
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
    ("plain_log1p(exp(x))", "[3]"),
    ("argmin(W)", "[2]"),
    ("argmin(W, axis=0)", "[3]"),
    ("constant(1.5, [2, 3])", "[2, 3]"),
    ("constant([0, 1], kind=int)", "[2]"),
    ("polygamma(2, x)", "[3]"),
    ("digamma(x)", "[3]"),
    ("sort(T)", "[2, 3, 4]"),
    ("sort(T, axis=1)", "[2, 3, 4]"),
    ("tan(x)", "[3]"),
    ("sinh(W)", "[2, 3]"),
    ("cosh(x)", "[3]"),
    ("selu(x)", "[3]"),
    ("gelu(x)", "[3]"),
    ("gelu_tanh(x)", "[3]"),
    ("silu(T)", "[2, 3, 4]"),
    ("mish(x)", "[3]"),
    ("hard_sigmoid(x)", "[3]"),
    ("hard_swish(x)", "[3]"),
    ("clip(x, 0, 1)", "[3]"),
    ("clip(x, low=b[0], high=s)", "[3]"),
    ("elu(x)", "[3]"),
    ("elu(x, alpha=0.5)", "[3]"),
    ("leaky_relu(x)", "[3]"),
    ("leaky_relu(x, 0.2)", "[3]"),
    ("leaky_relu(W, slope=v)", "[2, 3]"),
    ("norm(W)", "[]"),
    ("norm(T, axis=1)", "[2, 4]"),
    ("prod(x)", "[]"),
    ("prod(T, axis=[2, 0])", "[3]"),
    ("var(W)", "[]"),
    ("var(W, axis=0)", "[3]"),
    ("std(T)", "[]"),
    ("std(T, axis=[0, 1])", "[4]"),
    ("log_softmax(W)", "[2, 3]"),
    ("log_softmax(W, axis=0)", "[2, 3]"),
    ("normalize(W)", "[2, 3]"),
    ("normalize(T, axis=[0, 2], epsilon=0.1)", "[2, 3, 4]"),
    ("one_hot(i, 5)", "[5]"),
    ("one_hot([0, 1, 1], k=2)", "[3, 2]"),
    ("zeros([2, 3])", "[2, 3]"),
    ("zeros([])", "[]"),
    ("ones([4])", "[4]"),
    ("cross_entropy(x, i)", "[]"),
    ("cross_entropy(W, [0, 2], smoothing=0.1, weights=v, ignore=2)", "[]"),
    ("binary_cross_entropy(x, 1)", "[3]"),
    ("binary_cross_entropy(W, v)", "[2, 3]"),
    ("huber(x, v)", "[3]"),
    ("huber(x, 0, width=0.5)", "[3]"),
    ("hinge(x, i)", "[3]"),
    ("kl_divergence(softmax(x), softmax(v))", "[]"),
    ("kl_divergence(W, W)", "[2]"),
    ("ctc(W, [1, 2, -1])", "[]"),
    ("ctc(W, labels=[0], blank=2)", "[]"),
    ("convolution(W, reshape(T, [3, 2, 4]), padding=[2])", "[3, 4]"),
    ("convolution(W, reshape(T, [4, 1, 6]), padding=2, groups=2)", "[4, 2]"),
    ("convolution(T, ones([5, 2, 2, 3]), stride=[2, 1], padding=\"same\", dilation=2)", "[5, 2, 4]"),
    ("convolution_transpose(W, reshape(T, [2, 3, 4]))", "[3, 6]"),
    ("convolution_transpose(T, ones([2, 5, 2, 2]), stride=2, padding=1, extra=[0, 1], groups=2)", "[10, 4, 7]"),
    ("max_pool(T, 2)", "[2, 1, 2]"),
    ("max_pool(W, 3, stride=1, padding=1)", "[2, 3]"),
    ("mean_pool(T, [2, 3], stride=[1, 1], padding=[1, 0], count_padding=1)", "[2, 4, 2]"),
    ("attention(W, W, W)", "[2, 3]"),
    ("attention(T, T, T, causal=1)", "[2, 3, 4]"),
    (
        "attention(reshape(T, [1, 1, 1, 1, 2, 3, 4]), reshape(T, [1, 1, 1, 1, 2, 3, 4]), reshape(T, [1, 1, 1, 1, 2, 3, 4]))",
        "[1, 1, 1, 1, 2, 3, 4]",
    ),
    ("attention(W, W, T[:, 0, :], mask=s > 0)", "[2, 4]"),
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

/// A call of each elementwise op, and its shape.
fn of_elementwise_ops() -> Vec<(String, &'static str)> {
    let signatures = Elementwise::ALL.iter().map(|op| op.signature());
    let called = signatures.filter(|op| !matches!(op.notation, Notation::Exponent | Notation::Order)); // as `power` and `polygamma` below
    let call = |op: chainrule_graph::ops::signature::Signature| match op.operands {
        Operands::Reals(1) | Operands::Numbers(1) => (format!("{}(x)", op.name), "[3]"),
        Operands::Reals(_) | Operands::Numbers(_) | Operands::Comparable => (format!("{}(W, x)", op.name), "[2, 3]"),
        Operands::Discrete => (format!("{}(i)", op.name), "[]"),
        Operands::Selection => (format!("{}(x < v, W, 0)", op.name), "[2, 3]"),
    };
    called.map(call).collect()
}

/// Calls of each op along axes, and their shapes.
fn of_axis_ops() -> Vec<(String, &'static str)> {
    let mut calls = Vec::new();
    for op in Reduction::ALL.iter().map(|op| op.signature()) {
        let keeps = matches!(op.result, AxisResult::KeepsAxis | AxisResult::Order);
        let shape = |reduced: &'static str| if keeps { "[2, 3, 4]" } else { reduced };
        calls.push((format!("{}(T, axis=1)", op.name), shape("[2, 4]")));
        calls.push((
            format!("{}(T)", op.name),
            shape(match op.default_axes {
                DefaultAxes::All => "[]",
                DefaultAxes::First => "[3, 4]",
                DefaultAxes::Last => "[2, 3]",
            }),
        ));
        if op.default_axes == DefaultAxes::All {
            calls.push((format!("{}(T, axis=[2, 0])", op.name), shape("[3]")));
            calls.push((format!("{}(s)", op.name), "[]"));
        }
    }
    calls
}

/// All calls of this file, and their shapes.
fn calls() -> Vec<(String, &'static str)> {
    let others = CALLS.iter().map(|&(call, shape)| (call.to_string(), shape));
    others.chain(of_elementwise_ops()).chain(of_axis_ops()).collect()
}

#[test]
fn every_function_builds() {
    for (call, expected) in calls() {
        assert_eq!(shape(&call), expected, "{call}");
    }
}

#[test]
fn no_function_is_left_out() {
    let calls = calls();
    for signature in text::signatures() {
        let name = signature.split('(').next().expect("a text has a start");
        assert!(calls.iter().any(|(call, _)| call.starts_with(&format!("{name}("))), "no call of `{name}` stands here");
    }
}

#[test]
fn every_op_is_in_the_random_graphs() {
    let mut runner = TestRunner::deterministic();
    let mut drawn: BTreeSet<String> = BTreeSet::new();
    for _ in 0..2000 {
        let Case(function) = functions().new_tree(&mut runner).expect("nothing is filtered out").current();
        drawn.extend(function.graph.nodes().iter().map(|node| node.op.label().to_string()));
    }
    let missing: Vec<&str> = Op::labels().into_iter().filter(|op| !drawn.contains(*op)).collect();
    assert!(missing.is_empty(), "no random graph has {missing:?}");
}

/// The table of names from elsewhere answers none that exists.
#[test]
fn no_function_is_said_to_have_another_name_here() {
    for signature in text::signatures() {
        let name = signature.split('(').next().expect("it has a name");
        let said = mistake(&format!("input x []\ny = np.{name}(x)\n")).to_string();
        assert!(said.contains(&format!("names stand without a module: `{name}(…)`")), "{name}: {said}");
    }
}
