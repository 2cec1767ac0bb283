//! Shapes, values, derivatives, what simplification keeps, and the text form.

use std::collections::{BTreeMap, HashSet};

use chainrule_check::cases::cases;
use chainrule_check::{CheckOptions, Second, check_output};
use chainrule_exec::Bindings;
use chainrule_exec::reference::evaluate;
use chainrule_graph::text::{Registry, parse_with, print};
use chainrule_graph::{Function, Graph, Kind, Node, Op, Origin, Scope, Value, simplify, verify, vjp};
use chainrule_kernels::philox::Philox;

use crate::rows::{Row, assert_close, assert_same, reals, rows};

#[test]
fn every_op_has_a_row() {
    let mut seen = HashSet::new();
    for row in rows() {
        let op = row.function.graph.node(row.result).op.label().to_string();
        seen.insert(op);
    }
    let ops = Op::labels();
    let missing: Vec<_> = ops.iter().filter(|op| !seen.contains(**op)).collect();
    assert!(missing.is_empty(), "no row ends in {missing:?}");
    assert_eq!(ops.iter().collect::<HashSet<_>>().len(), ops.len(), "an op is listed twice");
}

#[test]
fn names_are_unique() {
    let mut seen = HashSet::new();
    for case in cases() {
        assert!(seen.insert(case.name.clone()), "two rows are called {}", case.name);
    }
}

#[test]
fn shapes_and_kinds_are_those_written() {
    for Row { case, function, result } in rows() {
        let graph = &function.graph;
        assert_eq!((graph.shape(result), graph.kind(result)), (&case.shape, case.kind), "{}", case.name);
        verify(&function.graph).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    }
}

#[test]
fn values_are_those_of_the_independent_formulas() {
    let mut generator = Philox::new(1, 0);
    for row in rows() {
        for _ in 0..5 {
            let bindings = row.bindings(&mut generator);
            let found = row.run(&bindings);
            assert_eq!(found.shape(), &row.case.shape, "{}", row.case.name);
            if let Some(expected) = row.case.expected(&row.inputs(&bindings)) {
                assert_close(&row.case.name, found.data(), &expected);
            }
        }
    }
}

#[test]
fn derivatives_are_right() {
    for Row { case, function, result } in rows() {
        let options = CheckOptions { second: case.derivatives > 1, ..CheckOptions::default() };
        if case.derivatives == 0 || function.graph.kind(result) != Kind::Real {
            continue;
        }
        let report = check_output(&function.graph, result, &case.draws(&function), &options);
        let report = report.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert!(report.passed(), "{}:\n{report}", case.name);
        let second = matches!(report.second, Some(Second::Checked { .. }));
        assert_eq!(second, case.derivatives > 1, "{}: second derivatives", case.name);
    }
}

#[test]
fn simplifying_keeps_values() {
    let mut generator = Philox::new(3, 0);
    for row in rows() {
        let bindings = row.bindings(&mut generator);
        let expected = row.run(&bindings);
        let (simple, map) =
            row.function.simplified::<Value>(&[]).unwrap_or_else(|error| panic!("{}: {error}", row.case.name));
        verify(&simple.graph).unwrap_or_else(|error| panic!("{}: {error}", row.case.name));
        let moved: Bindings = (row.function.inputs.iter())
            .map(|&id| (map.get(id).expect("inputs stay"), bindings.get(id).expect("it is bound").clone()))
            .collect();
        let result = simple.prediction.expect("the prediction stays");
        let found = evaluate(&simple.graph, &moved, &[result]);
        let found = found.unwrap_or_else(|error| panic!("{}, simplified: {error}", row.case.name));
        assert_eq!(found[result].shape(), expected.shape(), "{}", row.case.name);
        assert_same(&format!("{}, simplified", row.case.name), found[result].data(), expected.data());
    }
}

#[test]
fn simplifying_keeps_derivatives() {
    let mut generator = Philox::new(4, 0);
    for row in rows().into_iter().filter(|row| row.case.derivatives > 0) {
        let name = &row.case.name;
        let graph = &row.function.graph;
        let real = reals(graph, &row.function.inputs);
        let (derivatives, seed) = vjp(graph, row.result, &real).unwrap_or_else(|error| panic!("{name}: {error}"));
        let wanted: Vec<Value> = real.iter().filter_map(|&id| derivatives.cotangent(id)).collect();
        let bindings =
            row.case.draws(&row.function).plan(&derivatives.graph).expect("all are inputs").bindings(&mut generator);
        let values = evaluate(&derivatives.graph, &bindings, &wanted).unwrap_or_else(|error| panic!("{name}: {error}"));
        let inputs = || row.function.inputs.iter().copied().chain([seed]).map(Value::from);
        let keep: Vec<Value> = wanted.iter().copied().chain(inputs()).collect();
        let (simple, map) = simplify(&derivatives.graph, &keep).unwrap_or_else(|error| panic!("{name}: {error}"));
        verify(&simple).unwrap_or_else(|error| panic!("{name}: {error}"));
        let moved: Vec<Value> = wanted.iter().map(|&id| map.get(id).expect("it is kept")).collect();
        let bindings: Bindings = inputs()
            .map(|id| (map.get(id).expect("it is kept"), bindings.get(id).expect("it is bound").clone()))
            .collect();
        let simplified = evaluate(&simple, &bindings, &moved).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (&old, &new) in wanted.iter().zip(&moved) {
            assert_same(&format!("{name}, its derivative"), simplified[new].data(), values[old].data());
        }
    }
}

#[test]
fn the_text_form_is_parsed_back() {
    for Row { case, function, .. } in rows() {
        // The nodes that a text may call are those of the graph itself.
        let mut registry = Registry::new();
        for node in function.graph.nodes() {
            if let Op::Custom(custom) = &node.op {
                registry.register(custom.node.clone());
            }
        }
        let printed = print(&function);
        let parsed = parse_with(&printed, &registry).and_then(|model| model.build(&BTreeMap::new()));
        let parsed = parsed.unwrap_or_else(|error| panic!("{}: {error}\n{printed}", case.name));
        assert_eq!(without_origins(&parsed), without_origins(&function), "{}\n{printed}", case.name);
    }
}

/// All of a function but where it was written.
fn without_origins(function: &Function) -> (Vec<Node>, &[Scope], Function) {
    let nodes = function.graph.nodes().iter().map(|node| Node { origin: Origin::Unknown, ..node.clone() });
    (nodes.collect(), function.graph.scopes(), Function { graph: Graph::default(), ..function.clone() })
}
