//! What printed graphs look like: each of these texts is what the printer makes of the graph it builds.

use chainrule_graph::ops::contract::Contract;
use chainrule_graph::ops::{Op, Source};
use chainrule_graph::{Builder, Function, Initializer, Kind, Parameter, Tensor, batch, differentiate, text};

use super::support::{built, custom, round_trip};

/// The text prints as it is written.
fn is_printed_so(printed: &str) {
    assert_eq!(round_trip(&built(printed)), printed);
}

#[test]
fn a_model_prints_as_a_person_writes_it() {
    is_printed_so(
        "\
input x [3]
outcome y []
param W1 [10, 3] ~ normal(0, 0.1)
param b1 [10] ~ uniform(-1, 1)
param w2 [10] ~ normal(0, 0.1)
param b2 [] = -0.5

L = W1 @ x + b1
h = tanh(L)
prediction = dot(w2, h) + b2
objective = (prediction - y)^2
",
    );
}

#[test]
fn expressions_keep_their_form() {
    for expression in [
        "x + v * 2 - 1",
        "-x^2",
        "(-x)^2",
        "(x - (v - x)) / (v * x)",
        "x^-2",
        "x^v^x",
        "(x^v)^x",
        "x^-v",
        "2^x",
        "(-2)^x",
        "-(-x)",
        "-2 * x",
        "(x + 1) * (x - 1)",
        "where(x < 0, x, v == 1)",
        "where(x <= v, 0, where(v != x, 1, 2))",
        "x[0]",
        "W[1, :]",
        "W[:, 2]",
        "W[1, 2]",
        "W[1:, :2]",
        "W[:, 1:2]",
        "sum(W, axis=1)",
        "sum(W)",
        "max(W, axis=0)",
        "max(x)",
        "min(x, v)",
        "max(max(x), 0)",
        "softmax(W, axis=0)",
        "softmax(x)",
        "argmax(W)",
        "logsumexp(W, axis=1)",
        "dot(x, v)",
        "outer(x, v)",
        "W @ x",
        "v[:2] @ W",
        "W @ transpose(W)",
        "W @ x @ outer(x[:2], v)",
        "contract(W, W, \"ij,ij->j\")",
        "transpose(T, axes=[1, 0, 2])",
        "reshape(W, [3, 2])",
        "broadcast(x, [2, 3])",
        "broadcast(x, [3, 2], axes=[0])",
        "pad(x, [1], [2])",
        "concat(x, v)",
        "concat(W, W, axis=1)",
        "reverse(x)",
        "reverse(W, axes=[1])",
        "gather(x, i)",
        "gather(x, 2)",
        "gather(x, [0, 2])",
        "gather(W, k, batch=1)",
        "scatter_add(k, v[:2], size=7)",
        "i + 1",
        "i * x",
        "iota(4) < 2",
        "[1, 2.5, -3]",
        "[[1, 2], [3, 4]]",
        "constant(0, [1000, 2000])",
        "constant(\"inf\")",
        "constant([1, 0, 1], kind=bool)",
        "constant(7, kind=int)",
        "constant(0, [3, 0])",
        "power(x, \"inf\")",
        "x * constant(\"nan\")",
        "1e-7 * x + 1.2345678901234568e17 - 123456789012345 * v",
        "double(x)",
        "`my \"node\"`(x, v)",
        "custom(\"exp\", x)",
        "custom(\"double\", x, v, v, pass=\"backward\")",
        "custom(\"double\", W, x, loops=[[1, 0]])",
        "exp(2)",
        "neg(2)",
        "mul(2, 3)",
        "pow(x, 2)",
        "power(2, 3)",
        "plain_log(softmax(x))",
        "stop_gradient(abs(x) + sign(x))",
        "reshape(x, [3])",
        "transpose(x, axes=[0])",
        "slice(x, [0], [3])",
        "sum(x, axis=[])",
        "sum(T, axis=[0, 2])",
    ] {
        is_printed_so(&format!(
            "\
input x [3]
input v [3]
input W [2, 3]
input T [2, 3, 4]
input i [] int < 3
input k [2] int

y = {expression}
"
        ));
    }
}

#[test]
fn names_that_are_no_identifiers_are_quoted() {
    is_printed_so(
        "\
input `a b` [2]
input `` [2]
input `\\`` [2]
input `\\\\` [2]
input `line\\nbreak` [2]
input `2x` [2]
input `x²` [2]
input `$3` [2]
input größe [2]
input λ [2]
input input [2]
input sum [2]
input int [2]

`d y / d x` = sum(sum) + sum(input)
let = `` + int
scope = λ * `$3`
",
    );
}

#[test]
fn scopes_are_blocks() {
    is_printed_so(
        "\
input x [3]

scope empty {}
scope hidden {
  scope `hidden/affine` {
    `hidden/h` = x * 2
  }
  y = tanh(`hidden/h`)
  scope `hidden/affine` {
    z = y + 1
  }
}
$8 = z + y
scope hidden {
  scope `hidden/unused` {}
}
scope late {}
",
    );
}

#[test]
fn scopes_keep_the_order_of_their_table() {
    // `first` is opened before `second`, but its nodes come later.
    let function = built("scope first {\n scope inner {}\n}\nscope second {\n a = 1\n}\nscope first {\n b = 2\n}\n");
    let paths: Vec<&str> = function.graph.scopes().iter().map(|scope| &*scope.path).collect();
    assert_eq!(paths, ["first", "inner", "second"]);
    round_trip(&function);
}

#[test]
fn updates_stand_where_their_values_are_known() {
    is_printed_so(
        "\
input x [3]
state m [3] = 0
state n [3] = 1
param w [3] = 0

update m = 0.9 * m + x
next = n + x
update n = next
objective = dot(w, next)
update w = w - 0.1 * m
",
    );
    // One value for two
    is_printed_so("state m [] = 0\nstate n [] = 0\n\n$3 = m + 1\nupdate n = $3\nupdate m = $3\n");
}

#[test]
fn roles_are_said_by_name_or_apart() {
    is_printed_so("input x []\n\nh = x * 2\nobjective = h + 1\nprediction = h\n");
    is_printed_so("input objective []\n\nprediction = x_1 + 1\n".replace("x_1", "objective").as_str());
    is_printed_so("input x []\n\nobjective = x * 2\nrole objective none\n");
    let builder = Builder::new();
    let (a, b) = (builder.input("a", [2]), builder.outcome("b", [2]));
    let c = builder.parameter("c", [2], Initializer::Constant(1.0));
    let unnamed = builder.push(Op::Source(Source::Input { shape: [2].into(), kind: Kind::Real, bound: None }), &[]);
    builder.objective((a + b + c + unnamed).sum());
    let mut function = builder.finish().expect("it fits");
    // Orders and doubled roles that no declaration gives
    let (a, c, unnamed) = (function.inputs[0], function.parameters[0].node, function.graph.nodes().len() - 5);
    function.inputs = vec![c, chainrule_graph::NodeId::from_index(unnamed), a];
    function.state = vec![Parameter::new(a, Initializer::Normal { mean: f64::INFINITY, std: 1.0 })];
    let printed = round_trip(&function);
    assert!(printed.contains("value a [2]\noutcome b [2]\nvalue c [2]\nvalue $3 [2]\n"), "{printed}");
    assert!(
        printed.ends_with(
            "role input c\nrole input $3\nrole input a\nrole param c = 1\nrole state a ~ normal(\"inf\", 1)\n"
        ),
        "{printed}"
    );
}

#[test]
fn implied_broadcasts_are_left_out_and_others_are_written() {
    let builder = Builder::new();
    let (m, v) = (builder.input("m", [2, 3]), builder.input("v", [3]));
    let (column, one) = (builder.input("column", [2, 1]), builder.input("one", [1]));
    ((m + v) * column - one).named("implied");
    (m * one.reshape([]).expand(0, 2).expand(1, 3)).named("step by step");
    let printed = round_trip(&builder.finish().expect("it fits"));
    assert!(printed.contains("implied = (m + v) * column - one\n"), "{printed}");
    assert!(
        printed.contains("`step by step` = m * broadcast(broadcast(reshape(one, []), [2]), [2, 3], axes=[0])\n"),
        "{printed}"
    );
}

#[test]
fn a_batch_of_a_prediction_that_no_input_reaches_prints() {
    let function = built("input x [2]\nparam w [] = 1\nprediction = exp(w)\nobjective = prediction * sum(x)\n");
    let batched = batch(&function, 3).expect("it batches");
    assert_eq!(batched.graph.find("prediction"), batched.prediction);
    let of_all = batched.graph.find("prediction of all").expect("the one that is the same for all");
    assert_eq!(batched.graph.shape(of_all).rank(), 0);
    let printed = round_trip(&batched);
    assert!(printed.contains("prediction = broadcast(`prediction of all`, [3]"), "{printed}");
    // A parameter is known by its name, and keeps it.
    let function = built("input x [2]\nparam w [] = 1\nprediction = w\nobjective = w * sum(x)\n");
    let batched = batch(&function, 3).expect("it batches");
    assert_eq!(batched.name(batched.parameters[0].node), "w");
    round_trip(&batched);
}

#[test]
fn derivatives_and_batches_print() {
    let function = built("input x []\nobjective = sin(x)^2\n");
    let derivatives =
        differentiate(&function.graph, function.objective.unwrap(), &function.inputs).expect("it has a gradient");
    let printed = round_trip(&Function { graph: derivatives.graph, ..function.clone() });
    assert_eq!(
        printed,
        "\
input x []

$1 = sin(x)
objective = $1^2
`d objective / d objective` = 1
`d objective / d x` = strong_mul(`d objective / d objective` * (2 * $1), cos(x))
"
    );
    let printed = round_trip(&batch(&function, 4).expect("it batches"));
    assert_eq!(
        printed,
        "\
input x [4]

`objective of each` = sin(x)^2
objective = sum(`objective of each`) / 4
"
    );
}

#[test]
fn an_input_keeps_its_name_in_a_batch_though_it_is_the_objective() {
    let function = text::parse("input x []\nparam w [] = 1\nprediction = w * x\nobjective = x\n");
    let function = function.and_then(|model| model.build(&Default::default())).expect("it is right");
    let printed = round_trip(&batch(&function, 4).expect("it batches"));
    assert_eq!(
        printed,
        "\
input x [4]
param w [] = 1

prediction = w * x
objective = sum(x) / 4
"
    );
}

#[test]
fn what_only_a_program_builds_prints_too() {
    let builder = Builder::new();
    let x = builder.input("x", [3]);
    // NaN with a sign and a payload; labels out of order; a class as a literal, and one out of range
    builder.constant(f64::from_bits(0xfff8_0000_0000_0123)).named("odd");
    let labels = Contract { lhs: vec![9], rhs: vec![9], out: vec![] };
    builder.push(Op::Contract(labels), &[x, x]).named("labels");
    let class = builder.constant_of(Tensor::scalar(5.0), Kind::Int);
    x.gather(class, 0).named("out of range");
    builder.custom(custom(1), &[x]).named("custom");
    builder.input_of("bounded", [], Kind::Real, Some(3));
    let printed = round_trip(&builder.finish().expect("it fits"));
    assert!(printed.contains("odd = constant(\"nan 18444492273895866659\")\n"), "{printed}");
    assert!(printed.contains("labels = contract(x, x, [9], [9], [])\n"), "{printed}");
    assert!(printed.contains("`out of range` = gather(x, constant(5, kind=int))\n"), "{printed}");
    assert!(printed.contains("input bounded [] real < 3\n"), "{printed}");
}

#[test]
fn long_expressions_are_cut_into_lines() {
    let sum = (0..60).map(|i| format!("x^{i}")).collect::<Vec<_>>().join(" + ");
    let printed = round_trip(&built(&format!("input x []\ny = {sum}\n")));
    assert!(printed.lines().all(|line| line.chars().count() <= 100), "{printed}");
    assert!(printed.lines().count() < 12, "{printed}");
}

#[test]
fn dot_draws_scopes_as_clusters() {
    let function = built(
        "input x [3]\noutcome y []\nparam `w \"1\"` [3] = 0\nhidden = relu(x * `w \"1\"`)\nobjective = (sum(hidden) - y)^2\n\
         update `w \"1\"` = x\n",
    );
    let drawn = text::dot(&function);
    for part in [
        "digraph {",
        "n0 [label=\"x\\ninput [3]\"",
        "n2 [label=\"w \\\"1\\\"\\nparam [3]\"",
        "subgraph cluster_0 {",
        "label=\"hidden/relu\";",
        "n6 [label=\"hidden\\nmax [3]\"]",
        "n3 -> n6;",
        "n0 -> n2 [style=dashed",
        "peripheries=2",
    ] {
        assert!(drawn.contains(part), "{part} is not in\n{drawn}");
    }
    assert_eq!(drawn.matches('{').count(), drawn.matches('}').count());
}

#[test]
fn a_node_with_several_results_names_each() {
    is_printed_so(
        "\
input x [3]
input v [3]

y = `my \"node\"`(x, v)
dx, $3_1 = custom(\"my \\\"node\\\"\", x, v, y, x, pass=\"backward\")
$4 = custom(\"double\", x, x, x, pass=\"backward\")
$5, dv = custom(\"my \\\"node\\\"\", x, v, y, v, pass=\"backward\")
prediction = dx + $3_1 + $4 + dv
",
    );
}
