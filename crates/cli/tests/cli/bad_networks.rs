//! What people get wrong in networks: each is one error that says what was found, where, and what would be right.

use chainrule::learn::{ArrayValues, write_npz};

use crate::support::{Folder, Run};

/// A single error, whatever stands around it.
fn is_one_error(run: &Run) {
    assert_eq!(run.err.matches("error: ").count(), 1, "{}", run.err);
}

/// Each text is refused, with these words.
fn refused(texts: &[(&str, &[&str])]) {
    for (text, says) in texts {
        let folder = Folder::with(&[("m.graph", text)]);
        for command in ["check m.graph", "show m.graph"] {
            folder.refuses(2, command, says);
            is_one_error(&folder.line(command));
        }
    }
}

#[test]
fn windows_strides_groups_and_heads_that_do_not_fit() {
    let of = |shape: &str, call: &str| format!("input x {shape}\nh = {call}\nobjective = sum(h)\n");
    for (shape, call, says) in [
        (
            "[1, 4, 4]",
            "conv(x, 2, 7, padding=1)",
            &[
                "a window of 7 elements",
                "axis 1 of `x` [1, 4, 4], which has 6 with its padding",
                "make the window smaller",
            ][..],
        ),
        (
            "[1, 4, 4]",
            "max_pool(x, 7, padding=1)",
            &["a window of 7", "axis 1, which has 6 with its padding; 6 or less"],
        ),
        ("[1, 4, 4]", "conv(x, 2, 3, stride=0)", &["a stride of 0; it is at least 1"]),
        ("[1, 4, 4]", "mean_pool(x, 2, stride=0)", &["a stride of 0; it is at least 1"]),
        ("[9]", "windows(x, 2, stride=0)", &["strides of at least 1"]),
        ("[4, 5, 5]", "conv(x, 6, 3, groups=3)", &["4 channels to 6: 3 groups", "groups that divide both: 1, 2"]),
        ("[4, 5, 5]", "group_norm(x, 3)", &["the 4 channels of `x` [4, 5, 5] do not make 3 equal groups", "divides"]),
        ("[4, 6]", "self_attention(x, 4)", &["the 6 columns of `x` [4, 6] do not make 4 equal heads", "divides"]),
        ("[4, 6]", "transformer_block(x, 4)", &["the 6 columns", "do not make 4 equal heads"]),
        ("[4, 3]", "dropout(x, 1)", &["a rate from 0 to less than 1, not 1"]),
        ("[4, 3]", "dropout(x, -0.1)", &["a rate from 0 to less than 1, not -0.1"]),
        ("[4, 3]", "in_training(x, sum(x, axis=0))", &["two values of one shape, not [4, 3] and [3]"]),
    ] {
        let place = ["m.graph:2:5", call];
        refused(&[(&of(shape, call), &[says, &place].concat())]);
    }
}

/// The line in the body, and the call that led there.
#[test]
fn what_is_wrong_in_a_def_is_shown_with_its_call() {
    let text = "input x [4, 5, 5]\ndef block(x, groups) {\n  a = relu(x)\n  return conv(a, 6, 3, groups=groups)\n}\n\
                h = block(x, 3)\nobjective = sum(h)\n";
    refused(&[(text, &["3 groups", "m.graph:4:10", "h = block(x, 3)", "in this call"])]);
}

#[test]
fn defs_that_are_not_whole_or_not_called_as_they_are_written() {
    let of =
        |body: &str, call: &str| format!("input x [4]\ndef f(a, b = 1) {{\n  {body}\n}}\nobjective = sum({call})\n");
    for (body, call, says) in [
        ("c = a * 2", "f(x)", &["`f` has no `return`", "m.graph:2:5", "end it with `return expression`"][..]),
        ("return f(a) + 1", "f(x)", &["`f` calls itself", "m.graph:3:10", "`repeat(f, n, x)`"]),
        ("return a + b", "f()", &["`a` of `f` is missing", "m.graph:5:17", "f(a, b=…)"]),
        ("return a + b", "f(x, x, x)", &["`f` takes 2 arguments, and this is one more", "m.graph:5:25", "f(a, b=…)"]),
        ("return a + b", "f(x, c=2)", &["`f` has no parameter `c`", "m.graph:5:22", "f(a, b=…)"]),
        ("return a + b", "f(\"x\")", &["m.graph:"]),
    ] {
        refused(&[(&of(body, call), says)]);
    }
}

#[test]
fn loops_whose_carry_or_sequences_do_not_fit() {
    let carry = "input xs [4, 3]\ndef f(h, x) {\n  z = h + x\n  return concat(z, z)\n}\n\
                 hs = scan(f, zeros([3]), xs)\nobjective = sum(hs)\n";
    let lengths = "input xs [4, 3]\ninput ys [5, 3]\ndef f(h, x, y) {\n  return h + x * y\n}\n\
                   hs = scan(f, zeros([3]), (xs, ys))\nobjective = sum(hs)\n";
    let state = "input xs [4, 3]\ndef f(h, x) {\n  state s [3] = 0\n  return h + x + s\n}\n\
                 hs = scan(f, zeros([3]), xs)\nobjective = sum(hs)\n";
    refused(&[
        (carry, &["the carry `h` changes its shape: it begins as [3] and becomes [6]", "m.graph:4:10", "in this loop"]),
        (lengths, &["of one length: `xs` [4, 3] has 4 steps, `ys` [5, 3] has 5", "m.graph:6:6"]),
        (state, &["`s` is declared in the body of a loop", "m.graph:3:9", "declare it before the loop"]),
    ]);
}

const TOKENS: &str = "input t [3] int < 5\noutcome y [] int < 4\nlogits = mean(embedding(t, 5, 4), axis=0)\n\
                      prediction = softmax(logits)\nobjective = cross_entropy(logits, y)\n";

#[test]
fn tokens_and_classes_out_of_range() {
    let folder = Folder::with(&[("m.graph", TOKENS), ("t.csv", "t0,t1,t2,y\n0,1,4,0\n1,5,3,3\n")]);
    let arrays = |file: &str, t: &[i64], y: &[i64]| {
        let arrays = [("t", vec![2, 3], ArrayValues::Integers(t)), ("y", vec![2], ArrayValues::Integers(y))];
        write_npz(folder.path(file), &arrays).expect("the folder takes files");
    };
    arrays("token.npz", &[0, 1, 4, 1, 5, 3], &[0, 3]);
    arrays("negative.npz", &[0, 1, 4, 1, -1, 3], &[0, 3]);
    arrays("class.npz", &[0, 1, 4, 1, 2, 3], &[0, 4]);
    let token = "found 5, but `t` is less than 5; a whole number from 0 to 4 would be right";
    for (line, says) in [
        ("fit m.graph --data t.csv", &["t.csv, line 3, column `t1`", token][..]),
        ("fit m.graph --data token.npz", &["token.npz, row 2", "`t", "5", "0 to 4"]),
        ("fit m.graph --data negative.npz", &["negative.npz, row 2", "`t", "-1", "0 to 4"]),
        ("fit m.graph --data class.npz", &["class.npz, row 2", "`y`", "4", "0 to 3"]),
        ("grad m.graph t=0,1,5 y=0", &["`t` takes a whole number from 0 to 4, not 5 (element 2)"]),
        ("grad m.graph t=0,1,4 y=4", &["`y` takes a whole number from 0 to 3, not 4"]),
    ] {
        folder.refuses(2, line, says);
        is_one_error(&folder.line(line));
    }
}

#[test]
fn arrays_of_the_wrong_rank() {
    let model = "input x [1, 2, 2]\noutcome y [] int < 4\nlogits = dense(x, 4)\nprediction = softmax(logits)\n\
                 objective = cross_entropy(logits, y)\n";
    let folder = Folder::with(&[("m.graph", model)]);
    for (shape, length) in [(vec![2, 4], 8), (vec![2], 2), (vec![2, 1, 2, 3], 12)] {
        let x = vec![0.0; length];
        let arrays = [("x", shape.clone(), ArrayValues::Reals(&x)), ("y", vec![2], ArrayValues::Integers(&[0, 3]))];
        write_npz(folder.path("t.npz"), &arrays).expect("the folder takes files");
        let line = "fit m.graph --data t.npz";
        folder.refuses(2, line, &["t.npz", "`x`", &format!("{shape:?}")]);
        is_one_error(&folder.line(line));
    }
    folder.refuses(2, "grad m.graph x=1,2,3 y=0", &["`x`", "3 axes", "1 axis"]);
    folder.refuses(2, "grad m.graph x=[[1,2],[3]] y=0", &["`x`", "ragged"]);
}

#[test]
fn a_batch_norm_over_one_value() {
    let model = "input x [2]\noutcome y []\nh = batch_norm(dense(x, 3))\nprediction = sum(h)\n\
                 objective = (prediction - y)^2\n";
    let folder = Folder::with(&[("m.graph", model), ("t.csv", "x0,x1,y\n1,2,1\n0,1,0\n-1,3,1\n")]);
    for (line, remedy) in [
        ("fit m.graph --data t.csv", "--batch"),
        ("fit m.graph --data t.csv --batch 2", "--batch"),
        ("grad m.graph --data t.csv --row 1", "--phase prediction"),
    ] {
        folder.refuses(2, line, &["`h/batch_norm` would see a single value", remedy]);
        is_one_error(&folder.line(line));
    }
}

/// A `param` in the body of a loop is made once, and named as it is in any `def`.
#[test]
fn parameters_of_a_loops_body_are_named_like_others() {
    let model = |call: &str| {
        format!(
            "input xs [4, 3]\ndef f(h, x) {{\n  param w [3] = 1\n  return w * h + dense(x, 3)\n}}\n{call}\n\
             objective = sum(hs^2)\n"
        )
    };
    let names = |call: &str| {
        let folder = Folder::with(&[("m.graph", &model(call))]);
        let text = folder.line("show m.graph").succeeded().to_string();
        let mut names: Vec<String> = text
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("param "))
            .filter_map(|line| Some(line.split('`').nth(1)?.to_string()))
            .collect();
        names.sort();
        names
    };
    let outside = names("hs = f(xs[0], xs[1])");
    assert_eq!(outside, ["hs/f/dense/W", "hs/f/dense/b", "hs/f/w"]);
    assert_eq!(names("hs = scan(f, zeros([3]), xs)"), outside);
    let inner = "def g(h, x) {\n  return last(scan(f, h, reshape(x, [1, 3])))\n}\nhs = scan(g, zeros([3]), xs)";
    assert_eq!(names(inner), ["hs/g/f/dense/W", "hs/g/f/dense/b", "hs/g/f/w"]);
}
