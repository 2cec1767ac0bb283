//! `chainrule grad`

use serde_json::{Value, json};

use crate::support::{Folder, number};

fn grad(words: &str) -> Value {
    Folder::with(&[]).line(&format!("grad {words} --json")).json().swap_remove(0)
}

#[test]
fn a_value_and_its_derivatives() {
    let answer = grad("(w*x+b-y)^2 w=2 x=3 b=1 y=4 --order 2"); // (2·3 + 1 − 4)² = 9, and its outer derivative is 6
    assert_eq!(number(&answer, "value"), 9.0);
    assert_eq!(answer["gradient"], json!({"w": 18.0, "x": 12.0, "b": 6.0, "y": -6.0}));
    assert_eq!(answer["second"], json!({"w": 18.0, "x": 8.0, "b": 2.0, "y": 2.0}));
}

#[test]
fn an_expression_may_begin_with_a_minus() {
    for (words, value, gradient) in [
        ("-x^2 x=3", -9.0, -6.0),
        ("-x x=-2", 2.0, -1.0),
        ("--x x=2", 2.0, 1.0),
        ("-(x) x=2", -2.0, -1.0),
        ("-h*2 h=3", -6.0, -2.0),
        ("-h h=3", -3.0, -1.0),
    ] {
        let answer = grad(words);
        assert_eq!(number(&answer, "value"), value, "{words}");
        let name = if words.contains('h') { "h" } else { "x" };
        assert_eq!(number(&answer["gradient"], name), gradient, "{words}");
    }
}

#[test]
fn options_may_stand_anywhere() {
    let folder = Folder::with(&[]);
    for words in ["grad --json x^2 x=3", "grad x^2 --json x=3", "grad x^2 x=3 --json", "grad --json -- x^2 x=3"] {
        assert_eq!(number(&folder.line(words).json()[0], "value"), 9.0, "{words}");
    }
}

#[test]
fn second_derivatives_have_the_shape_twice() {
    // f = x₀² x₁ + x₂: its Hessian is [[2 x₁, 2 x₀, 0], [2 x₀, 0, 0], [0, 0, 0]]
    let answer = grad("x[0]^2*x[1]+x[2] x=3,5,7 --order 2");
    assert_eq!(answer["second"]["x"], json!([[10.0, 6.0, 0.0], [6.0, 0.0, 0.0], [0.0, 0.0, 0.0]]));
    // Σ A² over a matrix: an identity of rank four, twice
    let answer = grad("sum(A^2) A=[[1,2]] --order 2");
    assert_eq!(answer["second"]["A"], json!([[[[2.0, 0.0]], [[0.0, 2.0]]]]));
}

#[test]
fn nodes_are_called_by_their_source() {
    let answer = grad("tanh(w*x)+affine(A,v,c)[0] w=1 x=0 A=[[1,2]] v=3,4 c=[5]");
    let nodes = answer["nodes"].as_array().expect("a list");
    let names: Vec<&str> = nodes.iter().filter_map(|node| node["name"].as_str()).collect();
    for name in ["w", "w*x", "tanh(w*x)", "affine(A,v,c)", "affine(A,v,c)[0]", "tanh(w*x)+affine(A,v,c)[0]"] {
        assert_eq!(names.iter().filter(|other| **other == name).count(), 1, "{name} in {names:?}");
    }
    let node = nodes.iter().find(|node| node["name"] == "affine(A,v,c)").expect("it is there");
    assert_eq!((&node["value"], &node["gradient"]), (&json!([16.0]), &json!([1.0])));
    assert_eq!((&node["shape"], &node["op"]), (&json!([1]), &json!("add")));
}

#[test]
fn literals_and_implied_nodes_are_not_listed() {
    let answer = grad("sum((x+1)*v) x=1 v=1,2,3");
    let nodes = answer["nodes"].as_array().expect("a list");
    let names: Vec<&str> = nodes.iter().filter_map(|node| node["name"].as_str()).collect();
    assert_eq!(names, ["x", "v", "x+1", "(x+1)*v", "sum((x+1)*v)"]);
}

#[test]
fn a_softmax_that_the_result_is_computed_past_is_told() {
    let folder = Folder::with(&[]);
    let run = folder.run(&["grad", "nll(softmax(z),y) + log(softmax(z))[0]", "z=0,0", "y=1"]);
    let note =
        "\n`softmax(z)` is not on the way to the result: a log or nll of a softmax is computed from its logits\n";
    assert!(run.succeeded().contains(note), "{}", run.out);
    let run = folder.run(&["grad", "softmax(z)[0]", "z=0,0"]);
    assert!(!run.succeeded().contains("not on the way"), "{}", run.out);
}

#[test]
fn a_class_is_a_whole_number_and_has_no_gradient() {
    let answer = grad("nll(softmax(z),y) z=0,0 y=1");
    assert!((number(&answer, "value") - 2f64.ln()).abs() < 1e-15);
    assert_eq!(answer["gradient"], json!({"z": [0.5, -0.5]}));
    let folder = Folder::with(&[]);
    folder.refuses(2, "grad nll(softmax(z),y) z=0,0 y=0.5", &["`y`", "0.5", "whole number"]);
    folder.refuses(2, "grad nll(softmax(z),y) z=0,0 y=-1", &["`y` takes a whole number from 0 to 1, not -1"]);
    folder.refuses(2, "grad nll(softmax(z),y) z=0,0 y=2", &["`y`", "2", "0 to 1"]);
    folder.refuses(2, "grad v[i] v=1,2 i=2", &["`i`", "0 to 1"]);
    folder.refuses(2, "grad v[i]+v[i+3] v=1,2 i=0", &["no value of `i` keeps every index", "on its axis"]);
}

#[test]
fn what_is_not_finite_is_named_and_the_answer_still_printed() {
    let folder = Folder::with(&[]);
    let run = folder.line("grad 1+log(x) x=0 --json");
    run.failed(1, &["`log(x)` = -inf", "`x` = 0"]);
    let answer: Value = serde_json::from_str(&run.out).expect("it is JSON");
    assert_eq!((&answer["value"], &answer["gradient"]), (&Value::Null, &json!({"x": null})));
    let run = folder.line("grad sqrt(x)*2 x=0");
    run.failed(1, &["derivative of `sqrt(x)`", "`x` = 0"]);
    assert!(run.out.contains("value     0\n") && run.out.contains("gradient  x  inf"), "{}", run.out);
    folder.line("grad x/y x=1 y=0").failed(1, &["`x/y` = inf", "`y` = 0"]);
    // A branch that is not taken is at no fault.
    folder.line("grad where(x>0,log(x),x) x=-1").succeeded();
    // The first derivative is finite, the second overflows.
    folder.line("grad 1/(x*1e-120) x=1 --order 2").failed(1, &["second derivative"]);
    folder.line("grad 1/(x*1e-120) x=1").succeeded();
}

#[test]
fn a_branch_that_is_not_taken_adds_nothing() {
    assert_eq!(grad("where(x==0,0,x*sqrt(x)) x=0")["gradient"], json!({"x": 0.0}));
    assert_eq!(grad("max(sqrt(x*x+y*y),1e-10) x=0 y=0")["gradient"], json!({"x": 0.0, "y": 0.0}));
    assert_eq!(grad("where(x==0,1,sin(x)/x) x=0")["gradient"], json!({"x": 0.0}));
    assert_eq!(grad("sum(where(p>0,p*log(p),0)) p=0,1")["gradient"], json!({"p": [0.0, 1.0]}));
    // A contraction is not guarded, and the message names the branch.
    let folder = Folder::with(&[]);
    let run = folder.line("grad where(c>0,dot(w,log(x)),0) c=-1 w=1,1 x=0,1");
    run.failed(1, &["`log(x)` = [-inf, 0]", "branch that is not taken", "log(where(x > 0, x, 1))"]);
}

#[test]
fn a_slope_that_was_left_out_is_told_once() {
    let folder = Folder::with(&[]);
    let run = folder.line("grad sqrt(x)^2 x=0");
    let note = "note: the slope of `sqrt(x)` (sqrt) is not finite where `x` is 0, and its cotangent is 0";
    assert!(run.succeeded().contains(note), "{}", run.out);
    let run = folder.line("grad sqrt(x)^2 x=0 --json");
    assert!(run.err.contains(note) && run.json()[0]["gradient"]["x"] == 0.0, "{run:?}");
    for line in ["grad sqrt(x)^2 x=1", "grad where(x>0,sqrt(x),0) x=0", "grad max(sqrt(x*x),1) x=0"] {
        let run = folder.line(line);
        assert!(!run.succeeded().contains("note"), "{line}: {}", run.out);
    }
}

#[test]
fn mistakes_are_shown_with_a_remedy() {
    let folder = Folder::with(&[]);
    for (words, says) in [
        ("grad x+y x=1", &["`y` has no value", "y=…"][..]),
        ("grad x x=1 z=2", &["`z`", "does not occur"]),
        ("grad x x=1 x=2", &["`x`", "two values"]),
        ("grad x+1 x=1,2", &["[2]", "sum(x+1)"]),
        ("grad x>1 x=2", &["bool", "where(condition, 1, 0)"]),
        ("grad argmax(v) v=1,2", &["int", "in jumps"]),
        ("grad x**2 x=2", &["`x^2`"]),
        ("grad tann(x) x=1", &["tann", "tan"]),
        ("grad tanh(x x=1", &["not closed", "1:5"]),
        ("grad x x", &["`x`", "NAME=VALUE"]),
        ("grad x x=", &["`x`"]),
        ("grad x x=one", &["`x`", "one"]),
        ("grad x x=inf", &["`x`", "finite"]),
        ("grad sum(x) x=[[1,2],[3]]", &["`x`", "ragged", "[1] has 1 element"]),
        ("grad a@b a=[[1,2]] b=1,2,3", &["[1, 2]", "[3]"]),
        ("grad x[-1] x=1,2", &["negative index"]),
        ("grad x' x=1", &["backquotes (U+0060)"]),
        ("grad sum(iota(n)*x) n=3 x=1", &["fixed number", "write a number; in a model, `let`"]),
        ("grad sum(iota(1e13)*x) x=1", &["too large", "the largest is about 1e12"]),
        ("grad sum(x[0:n]) x=1,2 n=1", &["fixed numbers", "write a number"]),
        ("grad sum(x[1e13]) x=1,2", &["too large", "the largest"]),
        ("grad sum(gather(x,constant(1,kind=\"int\"))) x=1,2", &["without quotes", "`kind=int`"]),
        ("grad x[where(y>0,1,0)] x=1,2 y=1", &["compute it from whole numbers", "`argmax`"]),
        ("grad where(x,1,2) x=1", &["a condition, such as x > 0"]),
        ("grad x x=1 --order 3", &["--order", "1 or 2"]),
        ("grad x x=1 --order -1", &["--order", "1 or 2"]),
        ("grad x x=1 --jsno", &["--jsno", "--json"]),
        ("grad", &["EXPR"]),
    ] {
        folder.refuses(2, words, says);
    }
}

#[test]
fn brackets_nest_ten_thousand_deep_and_no_deeper() {
    let folder = Folder::with(&[]);
    let nested = |depth: usize| format!("{}x{}", "(".repeat(depth), ")".repeat(depth));
    folder.run(&["grad", &nested(10_000), "x=1"]).succeeded();
    folder.run(&["grad", &nested(10_001), "x=1"]).failed(2, &["nested deeper than 10,000"]);
    folder.run(&["grad", &format!("{}x", "-".repeat(10_000)), "x=1", "--json"]).succeeded();
}

#[test]
fn the_table_shows_each_node() {
    let run = Folder::with(&[]).line("grad w*x w=2 x=3");
    let lines: Vec<Vec<&str>> = run.succeeded().lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(lines.contains(&vec!["w*x", "mul", "[]", "6", "1"]), "{}", run.out);
    assert!(lines.contains(&vec!["value", "6"]) && lines.contains(&vec!["gradient", "w", "3"]), "{}", run.out);
    assert_eq!(run.err, "");
}

#[test]
fn operands_of_a_stable_form_are_shown_only_where_they_have_a_name() {
    let folder = Folder::with(&[("m.graph", "input x []\ne = exp(x)\nobjective = log(1 + e)\n")]);
    let nodes = |line: &str| {
        let answer = &folder.line(line).json()[0];
        let nodes = answer["nodes"].as_array().expect("there are nodes").clone();
        nodes.iter().map(|node| node["name"].as_str().expect("it has a name").to_string()).collect::<Vec<_>>()
    };
    assert_eq!(nodes("grad log(1+exp(x)) x=1000 --json"), ["x", "log(1+exp(x))"]);
    assert_eq!(nodes("grad m.graph x=1000 --json"), ["x", "e", "objective"]);
    let text = folder.line("grad m.graph x=1000").succeeded().to_string();
    assert!(text.contains("inf"), "{text}");
}

#[test]
fn a_product_by_logarithms_is_told_of_prod() {
    let folder = Folder::with(&[]);
    let text = folder.line("grad exp(sum(log(v))) v=2,0,3,4").succeeded().to_string();
    assert!(text.contains("the slope of `log(v)`") && text.contains("`prod(v)` has the same value"), "{text}");
    assert_eq!(text.matches("note").count(), 1, "{text}");
    let other = folder.line("grad sum(sqrt(v))^2 v=0").succeeded().to_string();
    assert!(other.contains("note") && !other.contains("prod"), "{other}");
}
