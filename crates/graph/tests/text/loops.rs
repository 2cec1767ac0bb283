//! Loops in the text form: what `scan` builds, how what it makes is called, and what is wrong with it.

use chainrule_graph::layers::{Gru, Lstm, Rnn};
use chainrule_graph::{Builder, Function, Initializer, Op, Steps, Value, batch, differentiate, fission, hvp, text};

use super::support::{built, mistake, round_trip};

const CELL: &str = "
    def cell(h, x, n) {
      param W [n, n] ~ glorot
      z = W @ h + dense(x, n, bias=false)
      return tanh(z)
    }
";

fn parameters(function: &Function) -> Vec<&str> {
    function.parameters.iter().map(|parameter| function.name(parameter.node)).collect()
}

fn scans(function: &Function) -> Vec<&chainrule_graph::ops::Scan> {
    let nodes = function.graph.nodes().iter();
    nodes.filter_map(|node| if let Op::Scan(scan) = &node.op { Some(scan) } else { None }).collect()
}

#[test]
fn a_definition_is_a_step() {
    let function = built(&format!("input xs [5, 2]\n{CELL}hs = scan(cell, zeros([3]), xs, 3)\ny = last(hs)\n"));
    assert_eq!(parameters(&function), ["hs/cell/W", "hs/cell/z/dense/W"]);
    let hs = function.graph.find("hs").expect("it has the name");
    assert_eq!(function.graph.shape(hs)[..], [5, 3]);
    let scan = scans(&function)[0];
    assert_eq!((scan.carries, scan.sequences, scan.length, scan.reverse), (1, 1, 5, false));
    assert!(scan.body.graph().find("hs/cell/z").is_some(), "what a step computes has its names");
    round_trip(&function);
    let b = Builder::new();
    let xs = b.input("xs", [5, 2]);
    b.scan(&[b.zeros([3])], &[xs], |h, x| {
        let w = b.parameter("W", [3, 3], Initializer::Glorot);
        let u = b.parameter("U", [3, 2], Initializer::Glorot);
        vec![(w.matvec(h[0]) + u.matvec(x[0])).tanh()]
    });
    let same = b.finish().expect("it is a loop");
    assert_eq!(scan, scans(&same)[0]);
}

#[test]
fn several_carries_and_sequences_stand_in_brackets() {
    let function = built(
        "
        input xs [5, 2]
        input zs [5]
        def cell(h, c, x, z, k) { return h + x * z, c * k, sum(h) }
        hs, cs, sums = scan(cell, (zeros([2]), 1), (xs, zs), 0.5, reverse=true)
        y = first(hs)
        ",
    );
    let shape = |name: &str| function.graph.shape(function.graph.find(name).expect("it is named")).to_string();
    assert_eq!(["hs", "cs", "sums", "y"].map(shape), ["[5, 2]", "[5]", "[5]", "[2]"]);
    let scan = scans(&function)[0];
    assert_eq!((scan.carries, scan.sequences, scan.reverse), (2, 2, true));
    round_trip(&function);
}

#[test]
fn loops_nest_and_are_called_in_definitions_and_by_repeat() {
    let function = built(&format!(
        "input xs [4, 3, 2]\n{CELL}
        def rows(h, x) {{ return last(scan(cell, h, x, 2)) }}
        def twice(v) {{ return scan(rows, zeros([2]), v) + 0 * v[:, 0, :] }}
        def deep(v) {{ return scan(cell, zeros([2]), v, 2) }}
        a = twice(xs)
        b = repeat(deep, 3, a)
        "
    ));
    let names = ["a/twice/rows/cell/W", "a/twice/rows/cell/z/dense/W"];
    assert_eq!(parameters(&function)[..2], names);
    assert_eq!(parameters(&function).len(), 8, "the body's are made once, of each loop");
    assert_eq!(scans(&function).len(), 4);
    round_trip(&function);
}

#[test]
fn a_function_that_is_built_in_is_a_step_too() {
    let function = built("input xs [4]\nm = scan(max, 0, xs)\n");
    assert_eq!(function.graph.shape(function.graph.find("m").expect("it is named"))[..], [4]);
    round_trip(&function);
}

#[test]
fn layers_are_those_of_the_builder() {
    for (call, names) in [
        ("rnn", &["hs/rnn/Wx", "hs/rnn/Wh", "hs/rnn/b"][..]),
        ("lstm", &["hs/lstm/Wx", "hs/lstm/Wh", "hs/lstm/b"]),
        ("gru", &["hs/gru/Wx", "hs/gru/Wh", "hs/gru/b", "hs/gru/bh"]),
    ] {
        let function = built(&format!("input xs [5, 2]\nhs = {call}(xs, 3)\n"));
        assert_eq!(parameters(&function), names);
        round_trip(&function);
        let b = Builder::new();
        let xs = b.input("xs", [5, 2]);
        match call {
            "rnn" => Rnn::new(3).apply(xs),
            "lstm" => Lstm::new(3).apply(xs),
            _ => Gru::new(3).apply(xs),
        };
        let same = b.finish().expect("it is a layer");
        assert_eq!(scans(&function), scans(&same));
    }
}

#[test]
fn a_loop_of_no_step_ends_where_it_starts() {
    let b = Builder::new();
    let (h, xs) = (b.input("h", [3]), b.input("xs", [0, 3]));
    let hs = b.scan_by(Steps { reverse: true, ..Steps::default() }, &[h], &[xs], |h, x| vec![h[0] + x[0]])[0];
    assert_eq!((hs.last().id(), hs.first().id()), (h.id(), h.id()));
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (text, expected) in [
        (
            "input xs [4, 2]\ndef cell(h, x) { return concat(h, x) }\nhs = scan(cell, zeros([3]), xs)\n",
            "line 2, column 25: the carry `h` changes its shape: it begins as [3] and becomes [5]",
        ),
        (
            "input xs [4]\ninput zs [5]\ndef f(h, x, z) { return h + x * z }\nhs = scan(f, 0, (xs, zs))\n",
            "scan takes sequences of one length: `xs` [4] has 4 steps, `zs` [5] has 5",
        ),
        (
            "input is [4] int\ndef f(h, i) {\n  return i\n}\nhs = scan(f, 0, is)\n",
            "line 3, column 10: the carry `h` changes its kind: it begins as real and becomes int",
        ),
        ("input x []\nhs = scan(tanh, x)\n", "`xs` of `scan` is missing"),
        ("input x []\nhs = scan(x, x, x)\n", "`scan` takes a function, not `x` []"),
        (
            "input xs [4]\ndef f(h, x) {\n state s [] = 0\n return h + x\n}\nhs = scan(f, 0, xs)\n",
            "`s` is declared in the body of a loop",
        ),
        ("input xs [4]\nhs = scan(max, 0, xs, reverse=2)\n", "`reverse` is true or false"),
        ("input x [2]\ny = tanh((x, x))\n", "these brackets hold one value"),
    ] {
        let message = mistake(text).to_string();
        assert!(message.contains(expected), "{text}\n{message}");
    }
}

#[test]
fn a_body_prints_as_a_definition_whose_arguments_have_shapes() {
    let function = built(
        "input xs [4, 2]\nparam w [2] = 1\ndef f(h, x, k) { return tanh(w * h + x), sum(k * h) }\nhs, ss = scan(f, zeros([2]), xs, 2, reverse=true)\n",
    );
    assert_eq!(
        round_trip(&function),
        "\
input xs [4, 2]
param w [2] = 1

def hs_step($0 [2], $1 [2], w [2]) {
  scope `hs/f` {
    $5 = tanh(w * $0 + $1)
    $9 = sum(2 * $0)
  }
  return $5, $9
}
hs, ss = scan(hs_step, broadcast(0, [2]), xs, w, reverse=true)
"
    );
}

/// Loops with one thing of each kind: a loop in a loop, sequences of whole numbers, names, constants, a body without inputs.
fn every_kind() -> Vec<Function> {
    let texts = [
        "input xs [4, 3, 2]\ninput is [4] int < 3\nparam w [2] = 1\ndef cell(h, x) { let half = 0.5\n z = half * h + w * x\n return tanh(z) }
        def rows(h, x, i) { e = last(scan(cell, h, x))\n return e + x[i], sum(e) }
        hs, ss = scan(rows, zeros([2]), (xs, is))\nobjective = sum(hs) * sum(ss)\n",
        "input xs [4]\nobjective = sum(scan(max, 0, xs, reverse=true))\n",
        "input x [3]\nparam w [] = 2\ndef f(h, c) { return h * w + c }\nobjective = sum(scan(f, x, (), [1, 2, 3], length=5))\n",
        "input xs [4]\ndef f(x) { y = sin(x)\n return y * y }\nobjective = sum(scan(f, (), xs))\n",
        "input x []\ndef f() { y = 2 * exp(constant(1))\n return y }\nobjective = x * sum(scan(f, (), (), length=3))\n",
        "input xs [3, 2]\nhs = gru(lstm(xs, 2), 2)\nobjective = sum(hs)\n",
    ];
    texts.iter().map(|text| built(text)).collect()
}

#[test]
fn every_loop_prints_and_is_read_again() {
    for function in every_kind() {
        round_trip(&function);
        round_trip(&batch(&function, 3).expect("it takes a batch"));
        let simple = function.simplified(&[] as &[Value]).expect("it is simplified").0;
        round_trip(&simple);
        let mut inputs = function.parameters.iter().map(|parameter| parameter.node).chain(function.inputs.clone());
        let objective = function.objective.expect("it has one");
        let wrt = inputs.next().expect("it has an input");
        let derivatives = differentiate(&function.graph, objective, &[wrt]).expect("it has a derivative");
        let with_gradient = Function { graph: derivatives.graph, ..function.clone() };
        round_trip(&with_gradient);
        round_trip(&with_gradient.simplified(&[wrt]).expect("it is simplified").0);
        if let Some((parted, _)) = fission(&with_gradient.graph).expect("its loops can be parted") {
            // Which names are generated is not said.
            let printed = text::print(&Function { graph: parted, ..Function::default() });
            assert_eq!(text::print(&built(&printed)), printed);
        }
        let second = hvp(&function.graph, objective, &[wrt]).expect("it has a second derivative");
        round_trip(&Function { graph: second.graph, ..function.clone() });
    }
}

#[test]
fn a_printed_body_knows_its_arguments_alone() {
    let text = |body: &str, call: &str| format!("input xs [4]\ninput w []\ndef f(h [], x []) {{\n{body}\n}}\n{call}\n");
    built(&text("return h + x", "hs = scan(f, 0, xs)"));
    for (body, call, message, help) in [
        ("return w * h", "hs = scan(f, 0, xs)", "there is no `w`", "which knows its arguments alone"),
        ("return h + x", "y = f(w, w)", "`f` is the body of a loop, and only `scan` calls it", "leave the shapes out"),
        ("return h + x", "y = repeat(f, 2, w, w)", "`f` is the body of a loop", "leave the shapes out"),
        ("y = h + x", "hs = scan(f, 0, xs)", "`f` has no `return`", "end it with"),
        ("return h\ny = h", "hs = scan(f, 0, xs)", "nothing comes after the `return`", "it is here"),
        ("return h + x", "hs = scan(f, 0, (), length=3)", "takes 2 inputs, not 1", ""),
        ("return h + x", "hs = scan(f, zeros([2]), xs)", "takes [] of kind real as input 0, not [2]", ""),
    ] {
        let source = text(body, call);
        let picture = mistake(&source).render(&source, "test", false);
        assert!(picture.contains(message) && picture.contains(help), "{picture}");
    }
    let none = mistake("def f(h []) { return h }\nhs = scan(f, 0, ())\n").to_string();
    assert!(none.contains("the loop has no sequence"), "{none}");
}
