//! Layers: the parameters that they make, what they compute of them, and what is wrong.

use chainrule_graph::layers::{Dense, Embedding, GroupNorm, LayerNorm, Position, RmsNorm};
use chainrule_graph::{Builder, Initializer, Kind, text};

use super::support::{assert_same, built, mistake, nodes, round_trip};

/// The lines of a text's parameters, as they print.
fn parameters(source: &str) -> Vec<String> {
    let printed = round_trip(&built(source));
    printed.lines().map(str::trim).filter(|line| line.starts_with("param ")).map(str::to_string).collect()
}

#[test]
fn parameters_are_named_by_the_statement_and_the_call() {
    let source = "
        input x [2]
        input i [] int < 5
        h = relu(dense(x, 4, init=\"he\"))
        e = embedding(i, 5, 4) + position(h, name=\"place\")
        n = layer_norm(rms_norm(e) + group_norm(h, 2))
        objective = sum(dense(tanh(dense(n, 3)), 2, bias=false)^2) + sum(`e/embedding/W`^2)
    ";
    assert_eq!(
        parameters(source),
        [
            "param `h/dense/W` [4, 2] ~ he",
            "param `h/dense/b` [4] = 0",
            "param `e/embedding/W` [5, 4] ~ normal(0, 1)",
            "param `e/place/W` [4] ~ normal(0, 1)",
            "param `n/rms_norm/gain` [4] = 1",
            "param `n/group_norm/gain` [4] = 1",
            "param `n/group_norm/shift` [4] = 0",
            "param `n/layer_norm/gain` [4] = 1",
            "param `n/layer_norm/shift` [4] = 0",
            "param `objective/dense/W` [3, 4] ~ glorot",
            "param `objective/dense/b` [3] = 0",
            "param `objective/dense2/W` [2, 3] ~ glorot",
        ]
    );
}

#[test]
fn layers_compute_what_they_say() {
    let same = |layer: &str, formula: &str| {
        let inputs = "input x [4, 6]\ninput i [3] int < 5\n";
        assert_eq!(nodes(&format!("{inputs}y = {layer}\n")), nodes(&format!("{inputs}{formula}\n")), "{layer}");
    };
    same(
        "dense(x, 3)",
        "param `y/dense/W` [3, 6] ~ glorot\nparam `y/dense/b` [3] = 0\ny = contract(x, `y/dense/W`, \"tj,nj->tn\") + `y/dense/b`",
    );
    same("dense(x[0], 3, bias=false, init=0.5)", "$0 = x[0]\nparam `y/dense/W` [3, 6] = 0.5\ny = `y/dense/W` @ $0");
    same("embedding(i, 5, 2)", "param `y/embedding/W` [5, 2] = 0\ny = gather(`y/embedding/W`, i)");
    same(
        "batch_norm(x, momentum=0.25)",
        "param `y/batch_norm/gain` [4] = 1\nparam `y/batch_norm/shift` [4] = 0\n\
         state `y/batch_norm/mean` [4] = 0\nstate `y/batch_norm/variance` [4] = 1\n\
         $0 = batch_mean(sum(x, axis=1) / 6)\n$1 = batch_mean(sum((x - broadcast($0, [4, 6], [0]))^2, axis=1) / 6)\n\
         $2 = batch_size() * 6\n$3 = $1 * ($2 / ($2 - 1))\n\
         update `y/batch_norm/mean` = 0.75 * `y/batch_norm/mean` + 0.25 * $0\n\
         update `y/batch_norm/variance` = 0.75 * `y/batch_norm/variance` + 0.25 * $3\n\
         $4 = x - broadcast(in_training($0, `y/batch_norm/mean`), [4, 6], [0])\n\
         $5 = rsqrt(in_training($1, `y/batch_norm/variance`) + 0.00001) * `y/batch_norm/gain`\n\
         y = $4 * broadcast($5, [4, 6], [0]) + broadcast(`y/batch_norm/shift`, [4, 6], [0])",
    );
    same("dropout(x, 0.25)", "$0 = uniform([4, 6])\ny = in_training(where($0 >= 0.25, x / 0.75, 0), x)");
    same(
        "layer_norm(x, epsilon=0.1)",
        "param `y/layer_norm/gain` [6] = 1\nparam `y/layer_norm/shift` [6] = 0\n\
         y = normalize(x, epsilon=0.1) * `y/layer_norm/gain` + `y/layer_norm/shift`",
    );
    same(
        "rms_norm(x)",
        "param `y/rms_norm/gain` [6] = 1\n\
         y = x * broadcast(rsqrt(mean(x^2, axis=1) + 1e-5), [4, 6], axes=[0]) * `y/rms_norm/gain`",
    );
    same(
        "group_norm(x, 2)",
        "param `y/group_norm/gain` [4] = 1\nparam `y/group_norm/shift` [4] = 0\n\
         $0 = reshape(normalize(reshape(x, [2, 2, 6]), axis=[1, 2]), [4, 6])\n\
         $1 = $0 * broadcast(`y/group_norm/gain`, [4, 6], axes=[0])\n\
         y = $1 + broadcast(`y/group_norm/shift`, [4, 6], axes=[0])",
    );
}

#[test]
fn convolutions_and_attention_have_their_parameters() {
    let source = "
        input x [2, 8, 8]
        c1 = max_pool(relu(conv(x, 6, 5, padding=2)), 2)
        c2 = conv_transpose(c1, 4, 3, stride=2, groups=2, init=\"glorot\")
        h = transformer_block(mean(c2, axis=2), 3, causal=true)
        objective = sum(h)
    ";
    assert_eq!(
        parameters(source),
        [
            "param `c1/conv/W` [6, 2, 5, 5] ~ he(50)",
            "param `c1/conv/b` [6] = 0",
            "param `c2/conv_transpose/W` [6, 2, 3, 3] ~ glorot(27, 36)",
            "param `c2/conv_transpose/b` [4] = 0",
            "param `h/transformer_block/a/layer_norm/gain` [9] = 1",
            "param `h/transformer_block/a/layer_norm/shift` [9] = 0",
            "param `h/transformer_block/a/self_attention/Wq` [9, 9] ~ glorot",
            "param `h/transformer_block/a/self_attention/Wk` [9, 9] ~ glorot",
            "param `h/transformer_block/a/self_attention/Wv` [9, 9] ~ glorot",
            "param `h/transformer_block/a/self_attention/Wo` [9, 9] ~ glorot",
            "param `h/transformer_block/layer_norm/gain` [9] = 1",
            "param `h/transformer_block/layer_norm/shift` [9] = 0",
            "param `h/transformer_block/dense/W` [36, 9] ~ glorot",
            "param `h/transformer_block/dense/b` [36] = 0",
            "param `h/transformer_block/dense2/W` [9, 36] ~ glorot",
            "param `h/transformer_block/dense2/b` [9] = 0",
        ]
    );
    // The `def` of that name hides the layer, and makes the same nodes.
    let block = "        def transformer_block(x, heads, width = 4, causal = false) {
          a = x + self_attention(layer_norm(x), heads, causal=causal)
          return a + dense(gelu(dense(layer_norm(a), width * size(x, 1))), size(x, 1))
        }\n";
    assert_same(&built(source), &built(&format!("{block}{source}")));
}

#[test]
fn weights_start_as_they_are_told() {
    for (init, start) in [
        ("\"glorot\"", "~ glorot"),
        ("\"glorot(3, 4)\"", "~ glorot(3, 4)"),
        ("\"he\"", "~ he"),
        ("\"he(75)\"", "~ he(75)"),
        ("\"normal(0, 0.02)\"", "~ normal(0, 0.02)"),
        ("\"uniform(-1, 1)\"", "~ uniform(-1, 1)"),
        ("\"orthogonal(2)\"", "~ orthogonal(2)"),
        ("0", "= 0"),
    ] {
        let source = format!("input x [2]\ny = dense(x, 3, bias=false, init={init})\n");
        assert_eq!(parameters(&source), [format!("param `y/dense/W` [3, 2] {start}")]);
    }
    for init in ["\"norml\"", "\"normal\"", "\"normal(0\"", "\"he(0)\"", "\"he(2.5)\"", "\"normal(0, b)\"", "x"] {
        let wrong = mistake(&format!("input x [2]\ny = dense(x, 3, init={init})\n"));
        assert_eq!(wrong.span.map(|span| span.column), Some(22), "{init}: {wrong}");
    }
}

#[test]
fn the_builder_has_the_same_layers() {
    let builder = Builder::new();
    let x = builder.input("x", [4]);
    let i = builder.input_of("i", [], Kind::Int, Some(3));
    let block = |x| LayerNorm::default().epsilon(1e-3).apply(Dense::new(4).bias(false).apply(x)) + x;
    let h = builder.scope("first", |_| block(x));
    let h = builder.scope("second", |_| block(h));
    let h = GroupNorm::new(2).epsilon(1e-4).name("grouped").apply(RmsNorm::default().epsilon(0.1).apply(h));
    let h = Position::default().apply(h) + Embedding::new(3, 4).name("words").apply(i);
    let y = Dense::new(1).initializer(Initializer::He).name("head").apply(h).named("y");
    builder.prediction(y);
    let function = builder.finish().expect("it is right");
    let names: Vec<&str> = function.parameters.iter().map(|parameter| function.name(parameter.node)).collect();
    let expected = [
        "first/dense/W",
        "first/layer_norm/gain",
        "first/layer_norm/shift",
        "second/dense/W",
        "second/layer_norm/gain",
        "second/layer_norm/shift",
        "rms_norm/gain",
        "grouped/gain",
        "grouped/shift",
        "position/W",
        "words/W",
        "head/W",
        "head/b",
    ];
    assert_eq!(names, expected);
    assert!(function.graph.scopes().iter().any(|scope| &*scope.path == "head"));
    assert_eq!(text::print(&function), round_trip(&function));
}

#[test]
fn mistakes_of_layers() {
    let cases: &[(&str, &str)] = &[
        ("dense(s, 3)", "dense takes a vector or more, not `s` []"),
        ("dense(x, 0)", "dense makes at least one result, not 0"),
        ("dense(x, 2.5)", "`n` must be a whole number from 0 up, not 2.5"),
        ("dense(x, 3, bias=2)", "`bias` must be true or false"),
        ("dense(x, 3, name=\"a/b\")", "the name of a layer is not empty, and without `/`"),
        ("dense(x, n=3, width=2)", "`dense` has no parameter `width`"),
        ("embedding(x, 5, 2)", "an index or a class is a whole number, not `x` [4, 6] of kind real"),
        ("embedding(i, 3, 2)", "embedding has 3 words, and `i` [3] goes up to 4"),
        ("embedding([0, 7], 3, 2)", "index 7 lies outside an axis of 3"),
        ("layer_norm(s)", "layer_norm takes a vector or more, not `s` []"),
        ("rms_norm(s)", "rms_norm takes a vector or more, not `s` []"),
        ("rms_norm(x, epsilon=-1)", "rms_norm takes a finite epsilon of at least 0, not -1"),
        ("layer_norm(x, epsilon=-1)", "normalize takes a finite epsilon of at least 0, not -1"),
        ("group_norm(x, 3)", "group_norm: the 4 channels of `x` [4, 6] do not make 3 equal groups"),
        ("self_attention(s, 1)", "self_attention takes a sequence [T, d], not `s` []"),
        ("self_attention(x, 4)", "self_attention: the 6 columns of `x` [4, 6] do not make 4 equal heads"),
        ("conv(s, 1, 1)", "conv takes channels and 1 to 3 axes, not `s` []"),
        ("conv(x, 4, 3, groups=3)", "conv of 4 channels to 4: 3 groups do not divide both"),
        ("conv(x, 4, [3, 3])", "conv of `x` [4, 6]: a size for each of 2 axes, where there are 1"),
        ("dropout(x, 1)", "dropout takes a rate from 0 to less than 1, not 1"),
        ("dropout(x, -0.1)", "dropout takes a rate from 0 to less than 1, not -0.1"),
        ("dropout(x, x)", "`rate` must be a fixed number, not `x` [4, 6]"),
        ("bernoulli(1.5, [2])", "bernoulli takes a probability from 0 to 1, not 1.5"),
        ("bernoulli(x, [2])", "bernoulli of shape [2] takes a probability that broadcasts to it, not `x` [4, 6]"),
        ("uniform(2.5)", "a shape must be a list like [2, 3]; a scalar has shape []"),
        ("random([2], 0.5, 1, 2)", "a stream is a whole number from 0 below 4503599627370496"),
        (
            "random([2], 1, random_key())",
            "random(the random_key [5]) takes a key and an example, then the steps of loops",
        ),
        ("group_norm(x, 0)", "group_norm: the 4 channels of `x` [4, 6] do not make 0 equal groups"),
    ];
    for (call, message) in cases {
        let said = mistake(&format!("input x [4, 6]\ninput i [3] int < 5\ninput s []\ny = {call}\n"));
        assert_eq!((said.message.as_str(), said.span.map(|span| span.line)), (*message, Some(4)), "{call}");
    }
}
