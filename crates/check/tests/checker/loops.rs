//! The bodies of loops are checked node by node, and a NaN in them is traced to its step.

use std::sync::Arc;

use chainrule_check::{Blame, CheckOptions, Failure, Report, Second, Verdict, check_function, nan_origin};
use chainrule_exec::Bindings;
use chainrule_exec::reference::evaluate;
use chainrule_graph::layers::Lstm;
use chainrule_graph::ops::custom::{Custom, Pass};
use chainrule_graph::{Builder, Function, Op, Tensor, Var};

use crate::function;
use crate::square::Square;

/// First derivatives alone: the backward of a custom node has none.
fn checked(function: &Function) -> Report {
    let options = CheckOptions { second: false, ..CheckOptions::default() };
    check_function(function, &options).expect("it can be checked")
}

fn square<'g>(b: &'g Builder, x: Var<'g>, slope: f64) -> Var<'g> {
    b.push(Op::Custom(Custom { node: Arc::new(Square { slope }), pass: Pass::Forward, loops: Vec::new() }), &[x])
}

#[test]
fn every_rule_of_a_body_is_tested() {
    let function = function(|b| Lstm::new(3).apply(b.input("xs", [4, 2])).named("hs").sum());
    let report = checked(&function);
    assert!(report.passed(), "{report}");
    let ops: Vec<&str> = report.loops[0].report.nodes.iter().map(|node| node.op.as_str()).collect();
    for op in ["tanh", "sigmoid", "mul", "contract"] {
        assert!(ops.contains(&op), "no {op} among {ops:?}");
    }
    let rows = report.loops[0].report.nodes.iter();
    assert!(rows.clone().all(|node| node.verdict == Verdict::Right), "{report}");
    assert_eq!(report.all_nodes().len(), report.nodes.len() + rows.count());
    let text = report.to_string();
    assert!(text.contains("of the body of hs"), "{text}");
}

#[test]
fn a_wrong_rule_is_named_in_the_body_it_is_in() {
    let with = |slope: f64| {
        function(|b| {
            b.scan(&[b.input("h", [2])], &[b.input("xs", [3, 2])], |h, x| {
                vec![(square(b, h[0], slope).named("s") + x[0]).tanh()]
            })[0]
                .named("hs")
                .sum()
        })
    };
    let right = check_function(&with(2.0), &CheckOptions::default()).expect("it can be checked");
    assert!(right.passed() && matches!(right.second, Some(Second::Absent(_))), "{right}");
    let report = checked(&with(1.0));
    let failures: Vec<&Failure> = report.all_failures().collect();
    assert_eq!(failures.len(), 1, "{report}");
    let Failure { blame, name, .. } = failures[0];
    assert!(matches!(blame, Blame::Rule { operand: 0, .. }), "{report}");
    assert_eq!(name, "`s` (square [2]) in the body of `hs`");
    assert!(report.to_string().contains("the rule of `s` (square [2]) in the body of `hs`"), "{report}");
}

#[test]
fn a_wrong_rule_in_a_loop_in_a_loop_is_named_with_both() {
    let function = function(|b| {
        b.scan(&[b.input("h", [])], &[b.input("xs", [3, 2])], |h, x| {
            let inner = b.scan(&[h[0]], &[x[0]], |g, x| vec![square(b, g[0], 1.0).named("s") * x[0]])[0];
            vec![inner.named("inner").last().tanh()]
        })[0]
            .named("hs")
            .sum()
    });
    let report = checked(&function);
    let names: Vec<&str> = report.all_failures().map(|failure| failure.name.as_str()).collect();
    assert_eq!(names, ["`s` (square []) in the body of `inner` in the body of `hs`"], "{report}");
}

/// The first step whose result is not finite, not the ones that carry it on.
#[test]
fn a_nan_is_traced_to_its_step_and_node() {
    let origin = |reverse_xs: [f64; 4]| {
        let b = Builder::new();
        let xs = b.input("xs", [4]);
        let hs =
            b.scan(&[b.constant(0.0)], &[xs], |h, x| vec![h[0] + (x[0].log().named("z") * 2.0).tanh()])[0].named("hs");
        let graph_output = hs.sum().id().expect("the shapes fit");
        let graph = b.finish_graph().expect("it is well formed");
        let xs = graph.find("xs").expect("it is named").node;
        let values = evaluate(&graph, &Bindings::new().with(xs, Tensor::vector(reverse_xs)), &[graph_output]);
        nan_origin(&graph, &values.expect("it runs"), graph_output)
    };
    assert_eq!(origin([1.0, 2.0, 3.0, 4.0]), None);
    let found = origin([1.0, 2.0, -3.0, -4.0]).expect("the log of −3 is NaN");
    assert_eq!(found.name, "`hs`");
    let text = found.to_string();
    let in_loop = found.in_loop.expect("it arose in the loop");
    assert_eq!((in_loop.step, in_loop.nan_origin.name.as_str()), (2, "`z`"));
    assert_eq!(in_loop.to_string(), "at step 2, `z` (log) is NaN, from input [] (node 1) []: -3");
    assert!(text.contains("at step 2, `z` (log) is NaN"), "{text}");
}
