//! Functions of a text's own: what they build, how their nodes are called, and what is wrong with them.

use std::collections::BTreeMap;

use chainrule_graph::text;

use super::support::{built, mistake, nodes, round_trip};

/// The names of a text's scopes, and of its nodes that have one, inputs aside.
fn named(source: &str) -> (Vec<String>, Vec<String>) {
    let function = built(source);
    let scopes = function.graph.scopes().iter().map(|scope| scope.path.to_string()).collect();
    let nodes =
        function.graph.nodes().iter().filter(|node| !function.inputs.iter().any(|&x| function.graph.node(x) == *node));
    let names = nodes.filter_map(|node| node.outputs[0].name.as_deref().map(str::to_string)).collect();
    round_trip(&function);
    (scopes, names)
}

#[test]
fn a_definition_builds_what_its_body_says_of_its_arguments() {
    let with = "input x [3]\ndef line(v, slope, shift = 1) {\n  s = slope * v\n  return s + shift\n}\ny = line(x, 2)\n";
    assert_eq!(nodes(with), nodes("input x [3]\n`y/line/s` = 2 * x\ny = `y/line/s` + 1\n"));
    let by_keyword = with.replace("line(x, 2)", "line(x, shift=3, slope=2)");
    assert_eq!(nodes(&by_keyword), nodes("input x [3]\n`y/line/s` = 2 * x\ny = `y/line/s` + 3\n"));
    assert_eq!(nodes("def one() { return 1 }\ninput x []\ny = x + one()\n"), nodes("input x []\ny = x + 1\n"));
}

#[test]
fn names_of_a_body_are_its_own_and_those_above_are_seen() {
    let source = "
        let k = 2
        input x [k]
        a = tanh(x)
        def f(x) {
          let k = 3
          b = a + 1
          a = b * k
          return a * x
        }
        b = f(exp(x))
        c = a + k
    ";
    assert_eq!(
        nodes(source),
        nodes(
            "input x [2]\na = tanh(x)\n$0 = exp(x)\n`b/f/b` = a + 1\n`b/f/a` = `b/f/b` * 3\nb = `b/f/a` * $0\nc = a + 2\n"
        )
    );
}

#[test]
fn scopes_and_names_tell_which_call_made_a_node() {
    let source = "
        input x [3]
        def unit(v, n) {
          param W [n, size(v, 0)] ~ glorot
          return tanh(W @ v)
        }
        def block(v) {
          a = unit(relu(unit(v, 4)), 3)
          return relu(a + v)
        }
        body = repeat(block, 2, x)
        objective = sum(block(block(body)))
    ";
    let (scopes, names) = named(source);
    let block = |path: &str| ["", "/a/unit", "/a/relu", "/a/unit2", "/relu"].map(|end| format!("{path}{end}"));
    let expected: Vec<String> =
        ["body/block", "body/block2", "objective/block", "objective/block2"].into_iter().flat_map(block).collect();
    assert_eq!(scopes, expected);
    let parameters = ["a/unit/W", "a/unit2/W", "a"];
    let expected: Vec<String> = ["body/block", "body/block2", "objective/block", "objective/block2"]
        .into_iter()
        .flat_map(|path| parameters.map(|end| format!("{path}/{end}")))
        .collect();
    let inner: Vec<String> = names.into_iter().filter(|name| name.contains('/')).collect();
    assert_eq!(inner, expected);
}

#[test]
fn ready_nodes_have_such_scopes_too() {
    let (scopes, _) = named("input x [2]\ninput b [2]\nh = relu(relu(x) + gelu(b))\n$1 = relu(h)\ny = sum($1)\n");
    assert_eq!(scopes, ["h/relu", "h/gelu", "h/relu2", "relu"]);
}

#[test]
fn a_name_inside_a_call_is_written_in_backquotes() {
    let source = "input x [3]\ndef f(v) {\n  param W [2, 3] ~ he\n  h = W @ v\n  return tanh(h)\n}\ny = f(x)\nobjective = sum(`y/f/W`^2) + sum(`y/f/h`)\n";
    round_trip(&built(source));
    let inner = "input x [3]\ndef f(v) {\n  param W [2, 3] ~ he\n  return W @ v\n}\ndef g(v) {\n  a = f(v)\n  return sum(`a/f/W`) + sum(a)\n}\nobjective = g(x)\n";
    round_trip(&built(inner));
    let wrong = mistake(&source.replace("`y/f/W`", "`y/f/w`"));
    assert_eq!(wrong.to_string(), "line 8, column 17: there is no `y/f/w`; did you mean `y/f/W`?");
}

#[test]
fn several_results_are_named_and_passed_on() {
    let source = "
        input x [2]
        def cell(h, c) {
          g = tanh(h + c)
          return g * h, g + c
        }
        def twice(h, c) {
          a, b = cell(h, c)
          return cell(a, b)
        }
        h, c = twice(x, 2 * x)
        objective = sum(h) + sum(c)
    ";
    let (scopes, _) = named(source);
    assert_eq!(scopes, ["h/twice", "h/twice/a/cell", "h/twice/cell"]);
    let one = mistake(&source.replace("h, c = twice", "h = twice").replace("+ sum(c)", ""));
    assert!(one.message.contains("2 results"), "{one}");
    let three = mistake(&source.replace("h, c = twice", "h, c, d = twice"));
    assert_eq!(three.message, "this gives 2 results, and 3 are named");
}

#[test]
fn functions_are_arguments() {
    let source = "
        input x [2]
        def affine2(v) { return 2 * v + 1 }
        def both(f, g = tanh, v = x) { return f(g(v)) }
        a = both(exp)
        b = both(affine2, g=affine2)
        c = both(relu, v=a)
        d = repeat(tanh, 2, c)
    ";
    let expected = "
        input x [2]
        a = exp(tanh(x))
        $0 = 2 * x + 1
        b = 2 * $0 + 1
        c = max(0, tanh(a))
        d = tanh(tanh(c))
    ";
    assert_eq!(nodes(source), nodes(expected));
    let wrong = mistake("input x [2]\ndef f(g) { return g(x) }\ny = f(x)\n");
    assert_eq!((wrong.message.as_str(), wrong.secondary[0].0.line), ("`g` is `x` [2], no function", 3));
}

#[test]
fn an_argument_that_is_no_function_leaves_the_function_of_its_name() {
    assert_eq!(
        nodes("input x [2]\ndef f(v, sum) { return sum(v) * sum }\ny = f(x, 3)\n"),
        nodes("input x [2]\ny = sum(x) * 3\n")
    );
}

#[test]
fn sizes_of_values_are_numbers() {
    let source = "
        input x [3, 5]
        let n = size(x, 1) - 1
        def wide(v, m) {
          let k = 2 * m
          param W [k + 1, size(v, 0)] ~ he(m)
          param b [k + 1] ~ uniform(-m, m)
          return W @ v + b
        }
        h = wide(x[:, n], n)
        y = h[0:n] / size(h, 0)
    ";
    let function = built(source);
    assert_eq!(
        function.parameters.iter().map(|p| function.graph.shape(p.node).to_vec()).collect::<Vec<_>>(),
        [vec![9, 3], vec![9]]
    );
    round_trip(&function);
    let model = text::parse(source).unwrap();
    assert_eq!(model.sizes().iter().map(|size| size.name.as_str()).collect::<Vec<_>>(), ["n"]);
    let other = model.build(&BTreeMap::from([("n".to_string(), 2.0)])).unwrap();
    assert_eq!(other.graph.shape(other.parameters[0].node).to_vec(), [5, 3]);
}

#[test]
fn state_and_updates_stand_in_a_body() {
    let source = "input x []\ndef mean(v) {\n  state m [] = 0\n  update m = 0.9 * m + 0.1 * v\n  return m\n}\ny = mean(x)\nz = mean(y)\n";
    let function = built(source);
    let names: Vec<&str> = function.state.iter().map(|state| function.name(state.node)).collect();
    assert_eq!((names, function.graph.updates().len()), (vec!["y/mean/m", "z/mean/m"], 2));
    round_trip(&function);
}

#[test]
fn a_definition_hides_the_built_in_function_of_its_name() {
    assert_eq!(nodes("input x []\ndef exp(v) { return 3 * v }\ny = exp(x)\n"), nodes("input x []\ny = 3 * x\n"));
}

/// What is wrong with a text, and where: the message, the line, and the lines of the calls that led there.
fn wrong(source: &str) -> (String, usize, Vec<usize>) {
    let mistake = mistake(source);
    let _ = mistake.render(source, "test", false);
    let calls = mistake.secondary.iter().map(|(span, _)| span.line).collect();
    (mistake.message, mistake.span.map_or(0, |span| span.line), calls)
}

#[test]
fn mistakes_are_shown_in_the_body_and_at_the_call() {
    let body =
        "input x [3]\ndef f(v) {\n  param W [2, 4] ~ he\n  return W @ v\n}\ndef g(v) {\n  return f(v)\n}\ny = g(x)\n";
    assert_eq!(
        wrong(body),
        ("@: shapes [2, 4] and [3] do not fit: axis 1 of `y/g/f/W` has 4, axis 0 of `x` has 3".into(), 4, vec![7, 9])
    );
    let repeated = "input x [4]\ndef f(v) { return v[1:3] }\ny = repeat(f, 5, x)\n";
    let mistake = mistake(repeated);
    assert_eq!(mistake.secondary[0].1, "in this call of `f`, time 2 of 5");
}

#[test]
fn mistakes_of_definitions() {
    let cases: &[(&str, &str, usize)] = &[
        ("def f(x) {\n  y = x\n}\n", "`f` has no `return`", 1),
        ("def f(x) {\n  return f(x)\n}\n", "`f` calls itself", 2),
        ("def f(x) { return x }\ndef f(y) { return y }\n", "`f` is defined twice", 2),
        ("def f(x, x) { return x }\n", "`x` is an argument already", 1),
        ("def f(x = 1, y) { return x }\n", "`y` has no default, and follows one that has", 1),
        ("def f(x) {\n  return x\n  y = x\n}\n", "nothing comes after the `return`", 3),
        ("def f(x) {\n  input z [2]\n  return x\n}\n", "a `def` holds no `input`", 2),
        ("def f(x) {\n  def g(x) { return x }\n  return x\n}\n", "a `def` holds no `def`", 2),
        ("def f(x) {\n  param W [d] = 0\n  return W\n}\n", "there is no size `d` here", 2),
        ("def f(x) {\n  retrun x\n}\n", "`retrun` does not start a statement", 2),
        ("def f(x) { return z }\n", "there is no `z`", 1),
        ("def f(x) { return x }\ny = f()\n", "`x` of `f` is missing", 2),
        ("def f(x) { return x }\ny = f(1, 2)\n", "`f` takes 1 argument, and this is one more", 2),
        ("def f(x) { return x }\ny = f(x=1, x=2)\n", "`x` is given twice", 2),
        ("def f(x) { return x }\ny = f(1, z=2)\n", "`f` has no parameter `z`", 2),
        ("y = f(1)\ndef f(x) { return x }\n", "`f` is called before it is defined", 1),
        ("def f(x) { return x }\ny = x\n", "there is no `x`", 2),
        ("return 3\n", "`return` stands in the body of a `def`", 1),
        ("def f(x) { return x }\ny = repeat(f, 2)\n", "`x` of `repeat` is missing", 2),
        ("def f(x) { return x }\ny = repeat(f, 2, 1, 1)\n", "`f` takes 1 argument, and this is one more", 2),
        (
            "def f(x) { return x }\ny = repeat(f, 2.5, 1)\n",
            "the number of times must be a whole number from 0 up, not 2.5",
            2,
        ),
        (
            "def f(x) { return x, x }\na = repeat(f, 2, 1)\n",
            "`repeat` takes a function of one result, and this gives 2",
            2,
        ),
        ("y = repeat(3, 2, 1)\n", "`repeat` takes a function, not 3", 1),
        ("input x [2]\ny = size(x, 1)\n", "there is no axis 1 in a value of shape [2]", 2),
        ("input x [2]\nlet n = size(x, 0) / 0\n", "a `let` must be a finite number, not div []", 2),
        ("def f(g, x) { return g(g, x) }\ny = f(f, 1)\n", "`f` calls itself", 1),
        ("def f(x) { return x }\ny = repeat(f, 2000000, 1)\n", "these are more than a million calls", 2),
    ];
    for (source, message, line) in cases {
        let (said, at, _) = wrong(source);
        assert_eq!((said.as_str(), at), (*message, *line), "{source}");
    }
}

#[test]
fn ten_thousand_definitions_call_each_other() {
    let mut source = String::from("input x []\ndef f0(x) { return tanh(x) }\n");
    for index in 1..10_000 {
        source.push_str(&format!("def f{index}(x) {{ return f{}(x) }}\n", index - 1));
    }
    source.push_str("y = f9999(x)\n");
    assert_eq!(nodes(&source), nodes("input x []\ny = tanh(x)\n"));
    let wrong = mistake(&source.replace("tanh(x)", "x @ x"));
    assert_eq!(wrong.secondary.len(), 4);
}
