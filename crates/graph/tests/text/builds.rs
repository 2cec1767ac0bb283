//! What a text builds: precedence, calls, indices, literals, sizes, names, against nodes written by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use chainrule_graph::ops::{Op, Source};
use chainrule_graph::text::{self, Dim, Registry};
use chainrule_graph::{Builder, Function, Initializer, Kind, Origin, Shape};

use super::support::{Double, assert_same, build, built, custom, nodes, registry};

const MODEL: &str = "\
# one hidden layer, square loss, for one example
input   x [d]
outcome y []
let     m = 10
param   W1 [m, d] ~ normal(0, 0.1)
param   b1 [m]    ~ normal(0, 0.1)
param   w2 [m]    ~ normal(0, 0.1)
param   b2 []     = 0

L          = W1 @ x + b1
h          = tanh(L)
prediction = dot(w2, h) + b2
objective  = (prediction - y)^2
";

fn sizes(sizes: &[(&str, f64)]) -> BTreeMap<String, f64> {
    sizes.iter().map(|&(name, size)| (name.to_string(), size)).collect()
}

#[test]
fn the_model_of_the_manual_is_that_of_the_builder() {
    let builder = Builder::new();
    let normal = || Initializer::Normal { mean: 0.0, std: 0.1 };
    let (x, y) = (builder.input("x", [4]), builder.outcome("y", []));
    let (w1, b1) = (builder.parameter("W1", [10, 4], normal()), builder.parameter("b1", [10], normal()));
    let w2 = builder.parameter("w2", [10], normal());
    let b2 = builder.parameter("b2", [], Initializer::Constant(0.0));
    let l = (w1.matmul(x) + b1).named("L");
    let h = l.tanh().named("h");
    let prediction = (w2.dot(h) + b2).named("prediction");
    builder.prediction(prediction);
    builder.objective((prediction - y).power(2.0).named("objective"));
    let model = text::parse(MODEL).expect("it parses");
    let function = model.build(&sizes(&[("d", 4.0)])).expect("it builds");
    assert_same(&function, &builder.finish().expect("it fits"));
    assert_eq!(function.graph.node(function.objective.unwrap()).origin.to_string(), "line 13, column 14");
}

#[test]
fn a_model_says_what_it_declares() {
    let model =
        text::parse("input x [d, 3]\noutcome y [] int < k\nlet k = 4\nparam w [k] = 0\nstate s [] = 1\n").unwrap();
    let sizes: Vec<(&str, bool)> = model.sizes().iter().map(|size| (size.name.as_str(), size.free)).collect();
    assert_eq!(sizes, [("k", false), ("d", true)]);
    let x = &model.inputs()[0];
    assert_eq!((x.name.as_str(), x.kind, &x.bound), ("x", Kind::Real, &None));
    assert_eq!(x.dims, [Dim::Size("d".into()), Dim::Number(3)]);
    let y = &model.outcomes()[0];
    assert_eq!((y.kind, &y.bound, y.dims.len(), y.span.line), (Kind::Int, &Some(Dim::Size("k".into())), 0, 2));
    assert_eq!(model.parameters()[0].dims, [Dim::Size("k".into())]);
    assert_eq!(model.state()[0].name, "s");
    let resolved = |name: &str, given: &[(&str, f64)]| model.resolve(&Dim::Size(name.into()), &self::sizes(given));
    assert_eq!(resolved("k", &[]), Ok(Some(4)));
    assert_eq!(resolved("k", &[("k", 7.0)]), Ok(Some(7)));
    assert_eq!(resolved("d", &[]), Ok(None));
    assert_eq!(resolved("d", &[("d", 2.0)]), Ok(Some(2)));
}

#[test]
fn small_sizes_differ_from_each_other_and_from_what_is_written() {
    let model = text::parse("input x [a, b, c]\nlet m = 3\ninput z [2, m]\ny = x[5, 0:1] * 4\n").expect("it parses");
    let small = model.small_sizes(&sizes(&[("b", 7.0)]));
    assert_eq!(small, sizes(&[("a", 6.0), ("b", 7.0), ("c", 8.0)]));
    assert!(model.build(&small).is_ok());
    assert_eq!(text::parse("input x [d]\n").unwrap().small_sizes(&sizes(&[])), sizes(&[("d", 2.0)]));
}

#[test]
fn sizes_are_bound_and_lets_overridden() {
    let model = text::parse(MODEL).expect("it parses");
    let function = model.build(&sizes(&[("d", 4.0), ("m", 2.0)])).expect("it builds");
    assert_eq!(*function.graph.shape(function.parameters[0].node), Shape::from([2, 4]));
    // A `let` of a `let`, one after its use, a size as a number, and a size that is no size
    let source =
        "let a = 2\nlet b = a^2 - 1\ninput x [b, c]\nlet c = 5\ninput w [n]\ny = sum(x) / n * c + r\nlet r = 0.5\n";
    let function = text::parse(source).unwrap().build(&sizes(&[("n", 8.0)])).expect("it builds");
    assert_eq!(function.graph.nodes()[0].outputs[0].shape, Shape::from([3, 5]));
    assert!(text::print(&function).contains("y = sum(x) / 8 * 5 + 0.5\n"), "{}", text::print(&function));
}

/// The last line of what an expression prints, over some inputs; brackets show how it was read.
fn read(expression: &str) -> String {
    let function = built(&format!("input a []\ninput b []\ninput c []\ny = {expression}\n"));
    nodes_of(&function)
}

fn nodes_of(function: &Function) -> String {
    let mut texts: Vec<String> = Vec::new();
    for node in function.graph.nodes() {
        let inputs: Vec<&str> = node.inputs.iter().map(|input| texts[input.node.index()].as_str()).collect();
        texts.push(match &node.outputs[0].name {
            Some(name) if inputs.is_empty() => name.to_string(),
            _ if inputs.is_empty() => node.op.name().to_string(),
            _ => format!("{}({})", node.op.name(), inputs.join(" ")),
        });
    }
    texts.pop().unwrap_or_default()
}

#[test]
fn operators_bind_as_the_manual_says() {
    for (expression, means) in [
        ("a + b * c", "add(a mul(b c))"),
        ("a * b + c", "add(mul(a b) c)"),
        ("a - b - c", "sub(sub(a b) c)"),
        ("a / b * c", "mul(div(a b) c)"),
        ("a ^ b ^ c", "pow(a pow(b c))"),
        ("-a^b", "neg(pow(a b))"),
        ("a^-b", "pow(a neg(b))"),
        ("a^-b^c", "pow(a neg(pow(b c)))"),
        ("a^-b*c", "mul(pow(a neg(b)) c)"),
        ("-a * b", "mul(neg(a) b)"),
        ("a * -b", "mul(a neg(b))"),
        ("a - -b", "sub(a neg(b))"),
        ("- -a", "neg(neg(a))"),
        ("+a", "a"),
        ("a < b + c", "less(a add(b c))"),
        ("a > b", "less(b a)"),
        ("a >= b", "less_equal(b a)"),
        ("a <= b", "less_equal(a b)"),
        ("a == b", "equal(a b)"),
        ("a != b", "not_equal(a b)"),
        ("(a < b) == (b < c)", "equal(less(a b) less(b c))"),
        ("(a + b) * c", "mul(add(a b) c)"),
        ("-(a + b)^2", "neg(power(add(a b)))"),
        ("a * b^2 / c", "div(mul(a power(b)) c)"),
        ("exp(a)^2", "power(exp(a))"),
        ("-exp(-a)", "neg(exp(neg(a)))"),
        ("max(a, b, )", "max(a b)"),
    ] {
        let read = read(expression);
        // An expression that is a name alone makes no node.
        let read = if means == "a" { read.replace('c', "a") } else { read };
        assert_eq!(read, means, "{expression}");
    }
    assert_eq!(
        nodes("input A [2, 2]\ninput B [2, 2]\ny = A @ B * A\n")[2..],
        ["_ = contract(0 1) [2, 2]", "y = mul(2 0) [2, 2]"]
    );
}

#[test]
fn numbers_are_computed_where_they_are_read() {
    let exponent = |expression: &str| {
        let function = built(&format!("let n = 2\ninput x []\ny = {expression}\n"));
        text::print(&function).lines().last().unwrap_or_default().to_string()
    };
    assert_eq!(exponent("x^(1/2)"), "y = x^0.5");
    assert_eq!(exponent("x^n"), "y = x^2");
    assert_eq!(exponent("x^-n"), "y = x^-2");
    assert_eq!(exponent("x^(n - 3.5)"), "y = x^-1.5");
    assert_eq!(exponent("-2^2"), "y = -4");
    assert_eq!(exponent("2^-2 * 8"), "y = 2");
    assert_eq!(exponent("x * (2 * n + 1)"), "y = x * 5");
    assert_eq!(exponent("-(-3)"), "y = 3");
    // What is not finite is left for a node, which can be looked at.
    assert_eq!(exponent("1 / 0"), "y = div(1, 0)");
    assert_eq!(exponent("(-8)^(1/3)"), "y = power(-8, 0.3333333333333333)");
}

#[test]
fn literals_take_the_kind_that_is_needed() {
    let kinds = |expression: &str| {
        let function = built(&format!("input i [2] int\ninput r [2]\ny = {expression}\n"));
        function.graph.nodes()[2..]
            .iter()
            .map(|node| format!("{} {}", node.op.name(), node.outputs[0].kind))
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds("i + 1"), ["constant int", "broadcast int", "add int"]);
    assert_eq!(kinds("i + 0.5"), ["to_real real", "constant real", "broadcast real", "add real"]);
    assert_eq!(kinds("i * r"), ["to_real real", "mul real"]);
    assert_eq!(kinds("i / 2"), ["to_real real", "constant real", "broadcast real", "div real"]);
    assert_eq!(kinds("i == 1"), ["constant int", "broadcast int", "equal bool"]);
    assert_eq!(kinds("r[i]"), ["gather real"]);
    assert_eq!(kinds("gather(r, 1)"), ["constant int", "gather real"]);
    assert_eq!(
        kinds("nll(softmax(r), 0)"),
        ["softmax real", "constant int", "logsumexp real", "gather real", "sub real"]
    );
}

#[test]
fn indices_pick_and_cut() {
    let shape = |expression: &str| {
        let source = "input x [5]\ninput W [2, 3]\ninput T [2, 3, 4]\ninput i [] int\ninput k [2] int\nlet n = 1\n";
        let function = built(&format!("{source}y = {expression}\n"));
        let nodes = function.graph.nodes();
        let ops: Vec<&str> = nodes[5..].iter().map(|node| node.op.name()).collect();
        format!("{} {}", ops.join(" "), nodes[nodes.len() - 1].outputs[0].shape)
    };
    assert_eq!(shape("x[0]"), "slice reshape []");
    assert_eq!(shape("x[n]"), "slice reshape []");
    assert_eq!(shape("x[2 * n:]"), "slice [3]");
    assert_eq!(shape("x[1:3]"), "slice [2]");
    assert_eq!(shape("x[:3]"), "slice [3]");
    assert_eq!(shape("x[2:2]"), "slice [0]");
    assert_eq!(shape("W[1]"), "slice reshape [3]");
    assert_eq!(shape("W[1, :]"), "slice reshape [3]");
    assert_eq!(shape("W[:, 2]"), "slice reshape [2]");
    assert_eq!(shape("W[1, 2]"), "slice reshape []");
    assert_eq!(shape("W[0:1, 1:]"), "slice [1, 2]");
    assert_eq!(shape("T[:, 1, 2:4]"), "slice reshape [2, 2]");
    assert_eq!(shape("x[i]"), "gather []");
    assert_eq!(shape("x[k]"), "gather [2]");
    assert_eq!(shape("x[i + 1]"), "constant add gather []");
    assert_eq!(shape("W[i, :]"), "gather [3]");
    assert_eq!(shape("W[:, i]"), "transpose gather [2]");
    assert_eq!(shape("W[i, i]"), "gather gather []");
    assert_eq!(shape("W[k]"), "gather [2, 3]");
    assert_eq!(shape("T[k, i]"), "gather transpose gather [2, 4]");
    assert_eq!(shape("T[1, i, 0:2]"), "slice reshape gather [2]");
    assert_eq!(shape("T[1][i][0]"), "slice reshape gather slice reshape []");
    assert_eq!(shape("(x + 1)[0]").rsplit(' ').next(), Some("[]"));
}

#[test]
fn builders_open_scopes_named_by_their_result() {
    let function =
        built("input x [3]\nparam W [2, 3] ~ he\nparam b [2] = 0\nhidden = affine(W, x, b)\ny = sum(relu(hidden))\n");
    let paths: Vec<&str> = function.graph.scopes().iter().map(|scope| &*scope.path).collect();
    assert_eq!(paths, ["hidden/affine", "y/relu"]);
}

#[test]
fn lines_go_on_in_brackets_and_after_operators() {
    let one = nodes("input x [2]\ny = sum(x * 2) + 1\n");
    assert_eq!(nodes("input x\u{20}[\n  2 # two\n]\n\ny =\n  sum(\n    x\n    * 2\n  ) +\n\n  # and one\n  1"), one);
    assert_eq!(nodes("\u{feff}input x [2]\r\n\ty = sum(x *\r\n2) + 1\r\n"), one);
    assert_eq!(built("").graph.nodes().len(), 0);
    assert_eq!(built("# nothing\n\n").graph.nodes().len(), 0);
    assert_eq!(built("param w [2] ~ normal(\n0,\n1)\nscope a { b = w }\n").parameters.len(), 1);
}

#[test]
fn no_name_is_predefined() {
    let function = built(
        "input e []\ninput pi []\ninput lambda []\nsum = e + pi\ninput = sum * lambda\nlet = 2\nscope = input\nkind = 1\n\
         exp = exp(e)\nint = max(sum, exp)\nlet nan = 2\nlet inf = 3\n\
         name = constant(nan)\nparam w [] = inf\n",
    );
    assert!(function.graph.find("exp").is_some() && function.graph.find("input").is_some());
    assert_eq!(function.parameters[0].initializer, Initializer::Constant(3.0));
    let named = function.graph.find("name").map(|id| &function.graph.node(id).op);
    assert!(matches!(named, Some(Op::Source(Source::Constant(two))) if two.value.item() == 2.0), "{named:?}");
}

#[test]
fn a_second_word_for_a_node_makes_no_node() {
    let function = built("input x []\nh = x * 2\nprediction = h\nobjective = (h)\ny = h + prediction\n");
    assert_eq!(nodes_of(&function), "add(mul(x constant) mul(x constant))");
    assert_eq!(function.prediction, function.graph.find("h"));
    assert_eq!(function.objective, function.graph.find("h"));
    assert_eq!(function.graph.find("prediction"), None);
}

#[test]
fn operands_know_where_they_were_written() {
    let source = "x * 2 + where(v < 0, 1, v)";
    let values = [("x".into(), Shape::scalar(), Kind::Real), ("v".into(), Shape::from([3]), Kind::Real)];
    let (function, _) = text::parse_expression(source).unwrap().build(&values).unwrap();
    let written = |node: &chainrule_graph::Node| match &node.origin {
        Origin::Text(span) => format!("{} {}", node.op.name(), &source[span.start..span.end]),
        other => panic!("{other}"),
    };
    let texts: Vec<String> = function.graph.nodes().iter().map(written).collect();
    assert_eq!(
        texts,
        [
            "input x",
            "input v",
            "constant 2",
            "mul x * 2",
            "constant 0",
            "broadcast 0",
            "less v < 0",
            "constant 1",
            "broadcast 1",
            "where where(v < 0, 1, v)",
            "broadcast x * 2",
            "add x * 2 + where(v < 0, 1, v)",
        ]
    );
}

#[test]
fn names_used_as_a_class_or_an_index_are_whole_numbers() {
    let names = |source: &str| {
        let expression = text::parse_expression(source).expect("it parses");
        expression.names().iter().map(|name| (name.name.clone(), name.is_index)).collect::<Vec<_>>()
    };
    let of = |names: &[(&str, bool)]| names.iter().map(|&(name, index)| (name.to_string(), index)).collect::<Vec<_>>();
    assert_eq!(names("nll(softmax(z), y)"), of(&[("z", false), ("y", true)]));
    assert_eq!(names("ctc(z, y)"), of(&[("z", false), ("y", true)]));
    assert_eq!(names("x[i] + W[:, j + 1]"), of(&[("x", false), ("i", true), ("W", false), ("j", true)]));
    assert_eq!(names("gather(x, k) * k"), of(&[("x", false), ("k", true)]));
    assert_eq!(names("x[argmax(z)]"), of(&[("x", false), ("z", false)]));
    assert_eq!(names("-`odd name`^e"), of(&[("odd name", false), ("e", false)]));
    let values = [("x".into(), Shape::from([3]), Kind::Real), ("k".into(), Shape::scalar(), Kind::Int)];
    let (function, result) = text::parse_expression("gather(x, k) * k").unwrap().build(&values).unwrap();
    assert_eq!(function.inputs.len(), 2);
    assert_eq!(function.graph.kind(result), Kind::Real);
    // A number alone is a node too, and lines do not matter.
    assert!(text::parse_expression("1").unwrap().build(&[]).is_ok());
    assert!(text::parse_expression("(x)\n+ k").is_ok());
}

#[test]
fn custom_nodes_parse_where_they_are_registered() {
    let source = "input x [2]\ny = double(x)\n";
    assert!(build(source).is_ok());
    let mistake = text::parse(source).expect_err("nothing is registered").to_string();
    assert!(mistake.contains("no function `double`"), "{mistake}");
    let near = text::parse_with("input x [2]\ny = dubble(x)\n", &registry()).expect_err("a slip").to_string();
    assert!(near.contains("did you mean `double`?"), "{near}");
    let builder = Builder::new();
    let x = builder.input("x", [2]);
    builder.custom(custom(0), &[x]).named("y");
    assert_same(&built(source), &builder.finish().expect("it fits"));
}

#[test]
fn a_registered_node_hides_the_built_in_of_its_name() {
    let source = "input x [2]\ny = gelu(x)\nz = exp(x)\n";
    let own = Registry::new().with(Arc::new(Double("gelu"))).with(Arc::new(Double("exp")));
    let build = |registry: &Registry| {
        let function =
            text::parse_with(source, registry).and_then(|model| model.build(&BTreeMap::new())).expect("it is right");
        let customs = function.graph.nodes().iter().filter(|node| matches!(node.op, Op::Custom(_))).count();
        (customs, text::print(&function))
    };
    assert_eq!(build(&Registry::new()).0, 0);
    let (customs, printed) = build(&own);
    assert_eq!(customs, 2);
    assert!(printed.contains("custom(\"gelu\", x)") && printed.contains("custom(\"exp\", x)"), "{printed}");
    // What was printed calls the built-in by the bare name.
    assert_eq!(build(&own.for_printed()).0, 0);
}
