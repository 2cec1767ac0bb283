//! No text makes the library panic, hang or take all memory; every mistake can be shown.

use std::collections::BTreeMap;

use chainrule_graph::{Kind, Shape, text};
use proptest::prelude::*;

use super::support::{build, round_trip};

/// Words that a text may hold, put together without sense.
const WORDS: &[&str] = &[
    "input",
    "outcome",
    "param",
    "state",
    "value",
    "let",
    "update",
    "scope",
    "role",
    "int",
    "bool",
    "real",
    "none",
    "normal",
    "uniform",
    "glorot",
    "he",
    "x",
    "y",
    "w",
    "h",
    "d",
    "objective",
    "prediction",
    "`a b`",
    "$1",
    "$2",
    "=",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "~",
    "+",
    "-",
    "*",
    "/",
    "@",
    "^",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\n",
    "\n",
    "\n",
    "#",
    "\"i,i->\"",
    "0",
    "1",
    "2",
    "3",
    "0.5",
    "1e308",
    "99999999999",
    "1e999",
    "exp(",
    "sum(",
    "max(",
    "softmax(",
    "reshape(",
    "transpose(",
    "slice(",
    "pad(",
    "concat(",
    "stack(",
    "gather(",
    "scatter_add(",
    "contract(",
    "constant(",
    "broadcast(",
    "mean(",
    "logsumexp(",
    "nll(",
    "affine(",
    "iota(",
    "custom(",
    "double(",
    "where(",
    "power(",
    "axis=",
    "axes=",
    "kind=int",
    "batch=",
    "size=",
    "input=",
    "loops=",
    "inf",
    "nan",
    "[2, 3]",
    "[3]",
    "[]",
    "x[",
    "1 / 0",
    "é",
    "²",
    "\u{feff}",
    "\t",
    "\r\n",
    "\\",
    "'",
    ";",
    "\0",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec((0..WORDS.len(), any::<bool>()), 0..60).prop_map(|words| {
        words.into_iter().map(|(word, space)| format!("{}{}", WORDS[word], if space { " " } else { "" })).collect()
    })
}

/// Lines that are statements, of expressions that may or may not fit.
fn statements() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec!["x", "W", "y", "i", "c", "1", "0", "2.5", "n", "[1, 2]", "[[1, 2], [3, 4]]"]);
    let expression = leaf.prop_map(str::to_string).prop_recursive(4, 24, 3, |inner| {
        let forms = vec![
            "({} + {})",
            "({} * {})",
            "({} / {})",
            "({} - {})",
            "{} @ {}",
            "({})^({})",
            "-{}",
            "exp({})",
            "log({})",
            "sum({})",
            "sum({}, axis=1)",
            "max({}, {})",
            "max({})",
            "min({}, axis=[0, 1])",
            "softmax({})",
            "log(softmax({}))",
            "mean({})",
            "logsumexp({})",
            "argmax({})",
            "dot({}, {})",
            "outer({}, {})",
            "transpose({})",
            "reshape({}, [3, 2])",
            "reshape({}, [n])",
            "stack({}, {})",
            "concat({}, {})",
            "reverse({})",
            "({})[0]",
            "({})[1:2]",
            "({})[:, 1]",
            "({})[{}]",
            "({})[{}, :]",
            "gather({}, {})",
            "scatter_add({}, {}, size=3)",
            "nll(softmax({}), {})",
            "where({} < {}, {}, {})",
            "affine({}, {}, {})",
            "l2_norm_penalty({}, {})",
            "squared_l2_distance({}, {})",
            "vector_scalar_affine({}, {}, {})",
            "relu({})",
            "({} == {})",
            "pad({}, [1], [1])",
            "slice({}, [0], [1])",
            "broadcast({}, [2, 3])",
            "double({})",
            "custom(\"exp\", {})",
            "contract({}, {}, \"ij,jk->ik\")",
            "iota(n)",
            "stop_gradient({})",
            "to_real({})",
            "power({}, -1)",
            "constant({}, [2, 2])",
            "abs({}) + sign({})",
        ];
        (prop::sample::select(forms), prop::collection::vec(inner, 4)).prop_map(|(form, operands)| {
            let mut operands = operands.into_iter().cycle();
            let mut text = String::new();
            for (index, between) in form.split("{}").enumerate() {
                if index > 0 {
                    text.push_str(&operands.next().unwrap_or_default());
                }
                text.push_str(between);
            }
            text
        })
    });
    let sources = "input x [3]\ninput W [2, 3]\ninput y [] int < 3\ninput i [2] int\ninput c [3] bool\nlet n = 2\n";
    prop::collection::vec(expression, 1..5).prop_map(move |expressions| {
        let lines = expressions.iter().enumerate().map(|(index, expression)| format!("a{index} = {expression}\n"));
        sources.to_string() + &lines.collect::<String>()
    })
}

fn try_all(source: &str) {
    match build(source) {
        Ok(function) => {
            round_trip(&function);
            text::dot(&function);
        }
        Err(mistake) => {
            let shown = mistake.render(source, "soup", true);
            assert!(shown.contains(mistake.message.lines().next().unwrap_or_default()) || !shown.is_empty());
            assert!(!mistake.to_string().is_empty());
        }
    }
    if let Ok(model) = text::parse(source) {
        let _ = model.build(&model.small_sizes(&BTreeMap::new()));
    }
    if let Ok(expression) = text::parse_expression(source) {
        for shape in [Shape::scalar(), [3].into(), [2, 3].into()] {
            let kind = |index| if index { Kind::Int } else { Kind::Real };
            let values = expression.names().iter().map(|name| (name.name.clone(), shape.clone(), kind(name.is_index)));
            let _ = expression.build(&values.collect::<Vec<_>>());
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        match text::decode(&bytes) {
            Ok(source) => try_all(source),
            Err(mistake) => prop_assert!(mistake.message.contains("UTF-8")),
        }
    }

    #[test]
    fn any_characters(source in "\\PC{0,80}") {
        try_all(&source);
    }

    #[test]
    fn any_words(source in soup()) {
        try_all(&source);
    }

    #[test]
    fn any_statements(source in statements()) {
        try_all(&source);
    }

    #[test]
    fn any_change_of_one_character(at in any::<prop::sample::Index>(), c in any::<char>(), insert in any::<bool>()) {
        let model = "input x [d]\nlet m = 3\nparam W [m, d] ~ normal(0, 0.1)\nscope `a b` {\n  h = tanh(W @ x)[1:]\n}\n\
                     objective = sum(h^2) + max(x, axis=0)\n";
        let mut characters: Vec<char> = model.chars().collect();
        let at = at.index(characters.len());
        if insert { characters.insert(at, c) } else { characters[at] = c }
        try_all(&characters.into_iter().collect::<String>());
    }
}
