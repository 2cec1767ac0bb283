//! Nesting, length and size: ten thousand levels work on a small stack, one more is a mistake, and time stays linear.

use std::time::{Duration, Instant};

use chainrule_graph::{Builder, Kind, Shape, text};

use super::support::{built, mistake, round_trip};

const DEEPEST: usize = 10_000;

/// Texts that nest `depth` deep, each in its own way, over `x`.
fn nested(depth: usize) -> Vec<(&'static str, String)> {
    let wrapped = |open: &str, close: &str| format!("{}x{}", open.repeat(depth), close.repeat(depth));
    vec![
        ("brackets", wrapped("(", ")")),
        ("calls", wrapped("tanh(", ")")),
        ("scoped calls", wrapped("relu(", ")")),
        ("signs", wrapped("-", "")),
        ("plus signs", wrapped("+", "")),
        ("powers", format!("x{}", "^x".repeat(depth))),
        ("powers of numbers", format!("x{}", "^1".repeat(depth))),
        ("sums to the right", wrapped("1 + (", ")")),
        ("two-place calls", wrapped("max(x, ", ")")),
        ("brackets and signs", format!("{}x{}", "-(".repeat(depth / 2), ")".repeat(depth / 2))),
    ]
}

#[test]
fn ten_thousand_levels_build() {
    for (what, expression) in nested(DEEPEST) {
        let function = built(&format!("input x []\ny = {expression}\n"));
        assert!(function.graph.nodes().len() <= 3 * DEEPEST, "{what}");
        let (function, result) = text::parse_expression(&expression)
            .and_then(|expression| expression.build(&[("x".into(), Shape::scalar(), Kind::Real)]))
            .unwrap_or_else(|mistake| panic!("{what}: {mistake}"));
        assert_eq!(result.node.index() + 1, function.graph.nodes().len(), "{what}");
    }
}

#[test]
fn what_nests_prints_and_parses() {
    for (_, expression) in nested(DEEPEST) {
        round_trip(&built(&format!("input x []\ny = {expression}\n")));
    }
}

#[test]
fn one_level_more_is_a_mistake() {
    for (what, expression) in nested(DEEPEST + 2) {
        let mistake = mistake(&format!("input x []\ny = {expression}\n"));
        assert!(mistake.message.contains("nested deeper than 10,000"), "{what}: {mistake}");
        let span = mistake.span.expect("it has a span");
        assert_eq!(span.line, 2, "{what}");
        assert!(span.column > DEEPEST, "{what}: column {}", span.column);
    }
}

#[test]
fn arrays_and_indices_nest_too() {
    let array = format!("y = {}1{}\n", "[".repeat(DEEPEST), "]".repeat(DEEPEST));
    assert_eq!(built(&array).graph.nodes()[0].outputs[0].shape.rank(), DEEPEST);
    let index = format!("input i [5] int\ny = {}i[0]{}\n", "i[".repeat(DEEPEST - 1), "]".repeat(DEEPEST - 1));
    assert!(built(&index).graph.nodes().len() > DEEPEST);
    for source in [
        format!("y = {}1{}\n", "[".repeat(DEEPEST + 1), "]".repeat(DEEPEST + 1)),
        format!("input i [5] int\ny = {}i[0]{}\n", "i[".repeat(DEEPEST), "]".repeat(DEEPEST)),
    ] {
        assert!(mistake(&source).message.contains("nested deeper than 10,000"));
    }
}

#[test]
fn far_too_deep_is_told_just_so() {
    for depth in [20_000, 300_000] {
        let mistake = mistake(&format!("y = {}1{}\n", "(".repeat(depth), ")".repeat(depth)));
        assert!(mistake.message.contains("nested deeper than 10,000"));
        let open = self::mistake(&format!("y = {}1\n", "(".repeat(depth)));
        assert!(open.message.contains("not closed, and is nested deeper than 10,000"), "{open}");
        // A line of half a million characters is shown in part.
        let shown = mistake.render(&format!("y = {}1{}\n", "(".repeat(depth), ")".repeat(depth)), "deep", false);
        assert!(shown.len() < 2000, "{} bytes", shown.len());
    }
}

#[test]
fn long_texts_take_linear_time() {
    let begin = Instant::now();
    let sum = format!("input x []\ny = x{}\n", " + x".repeat(200_000));
    let lines: String = (0..100_000).map(|i| format!("x{} = tanh(x{i}) * 2\n", i + 1)).collect();
    for source in [sum, format!("input x0 []\n{lines}")] {
        round_trip(&built(&source));
    }
    // A chain without a name in it
    let builder = Builder::new();
    let x = builder.input("x", [3]);
    (0..100_000).fold(x, |y, _| (y * 0.5).sin());
    round_trip(&builder.finish().expect("it fits"));
    assert!(begin.elapsed() < Duration::from_secs(300), "{:?}", begin.elapsed());
}

#[test]
fn deeply_nested_scopes_print_and_parse() {
    let opens: String = (0..3000).map(|i| format!("scope s{i} {{\n")).collect();
    let source = format!("input x []\n{opens}y = exp(x)\n{}z = y + x\n", "}\n".repeat(3000));
    let function = built(&source);
    assert_eq!(function.graph.scopes().len(), 3000);
    let printed = round_trip(&function);
    assert!(printed.len() < 400_000, "{} bytes", printed.len());
    assert!(text::dot(&function).contains("cluster_2999"));
}
