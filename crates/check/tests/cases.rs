//! Every row of the case table through everything that is tested against it.

use std::collections::{BTreeMap, HashSet};

use chainrule_check::cases::{Case, OPS, cases, op_label};
use chainrule_check::{CheckOptions, Draw, Draws, Second, check_output};
use chainrule_exec::Bindings;
use chainrule_exec::reference::evaluate;
use chainrule_graph::text::{Registry, parse_with, print};
use chainrule_graph::{
    Function, Graph, Initializer, Kind, Node, NodeId, Op, Origin, Parameter, Scope, Tensor, batch, simplify, verify,
    vjp,
};
use chainrule_kernels::philox::Philox;

/// How many examples a batch has.
const BATCH: usize = 3;

/// A row with its graph.
struct Row {
    case: Case,
    function: Function,
    result: NodeId,
}

fn rows() -> Vec<Row> {
    let row = |case: Case| {
        let function = case.function().unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let result = function.prediction.expect("the result is the prediction");
        Row { case, function, result }
    };
    cases().into_iter().map(row).collect()
}

impl Row {
    fn bindings(&self, generator: &mut Philox) -> Bindings {
        self.case.draws(&self.function).plan(&self.function.graph).bindings(generator)
    }

    fn run(&self, bindings: &Bindings) -> Tensor {
        let values = evaluate(&self.function.graph, bindings, &[self.result]);
        values.unwrap_or_else(|error| panic!("{}: {error}", self.case.name))[self.result].clone()
    }

    fn inputs(&self, bindings: &Bindings) -> Vec<Tensor> {
        self.function.inputs.iter().map(|&id| bindings.get(id).expect("every input is bound").clone()).collect()
    }
}

/// Equal up to a few rounding errors; what is not finite must be the same.
fn assert_close(name: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (index, (a, b)) in found.iter().zip(expected).enumerate() {
        let same = a == b || (a.is_nan() && b.is_nan());
        let apart = (a - b).abs() <= 1e-12 * a.abs().max(b.abs()).max(1e-3);
        assert!(same || apart, "{name}, element {index}: {a} where {b} is right");
    }
}

#[test]
fn every_op_has_a_row() {
    let mut seen = HashSet::new();
    for row in rows() {
        let op = op_label(&row.function.graph.node(row.result).op);
        seen.insert(op);
    }
    let missing: Vec<_> = OPS.iter().filter(|op| !seen.contains(*op)).collect();
    assert!(missing.is_empty(), "no row ends in {missing:?}");
    assert_eq!(OPS.iter().collect::<HashSet<_>>().len(), OPS.len(), "an op is listed twice");
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
        let node = function.graph.node(result);
        assert_eq!((&node.shape, node.kind), (&case.shape, case.kind), "{}", case.name);
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
        if case.derivatives == 0 || function.graph.node(result).kind != Kind::Real {
            continue;
        }
        let report = check_output(&function.graph, result, &case.draws(&function), &options);
        let report = report.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        assert!(report.passed(), "{}:\n{report}", case.name);
        let second = matches!(report.second, Some(Second::Checked { .. }));
        assert_eq!(second, case.derivatives > 1, "{}: second derivatives", case.name);
    }
}

/// The batched graph over each choice of one input as data, and over all, against one run for each example.
#[test]
fn a_batch_is_a_loop() {
    let mut generator = Philox::new(2, 0);
    for row in rows() {
        let inputs = &row.function.inputs;
        let choices = inputs.iter().map(|&id| vec![id]).chain([inputs.clone()]);
        for data in choices {
            let (fixed, examples) = examples(&row, &data, &mut generator);
            let function = with_parameters(&row.function, &data);
            let batched = batch(&function, BATCH).unwrap_or_else(|error| panic!("{}: {error}", row.case.name));
            verify(&batched.graph).unwrap_or_else(|error| panic!("{}: {error}", row.case.name));
            let mut bindings = Bindings::new();
            for (&old, &new) in function.inputs.iter().zip(&batched.inputs) {
                bindings.set(new, stacked(examples.iter().map(|example| example.get(old).expect("it is bound"))));
            }
            for (old, new) in function.parameters.iter().zip(&batched.parameters) {
                bindings.set(new.node, fixed.get(old.node).expect("it is bound").clone());
            }
            let result = batched.prediction.expect("the batched function predicts");
            let found = evaluate(&batched.graph, &bindings, &[result]);
            let found = found.unwrap_or_else(|error| panic!("{}, batched: {error}", row.case.name));
            let expected: Vec<Tensor> = examples.iter().map(|example| row.run(example)).collect();
            let expected = stacked(expected.iter());
            assert_eq!(found[result].shape(), expected.shape(), "{}, batched over {data:?}", row.case.name);
            assert_close(&format!("{}, batched over {data:?}", row.case.name), found[result].data(), expected.data());
        }
    }
}

/// Values that all examples share, and each example's bindings, in which those of `data` differ.
fn examples(row: &Row, data: &[NodeId], generator: &mut Philox) -> (Bindings, Vec<Bindings>) {
    let shared = row.bindings(generator);
    let example = |_| {
        let own = row.bindings(generator);
        data.iter().fold(shared.clone(), |bindings, &id| bindings.with(id, own.get(id).expect("it is bound").clone()))
    };
    let examples = (0..BATCH).map(example).collect();
    (shared, examples)
}

/// The same function, with the inputs that are not data as parameters: these stay unbatched.
fn with_parameters(function: &Function, data: &[NodeId]) -> Function {
    let (inputs, others): (Vec<NodeId>, Vec<NodeId>) = function.inputs.iter().partition(|id| data.contains(id));
    let parameter = |node| Parameter { node, initializer: Initializer::Constant(0.0) };
    Function { inputs, parameters: others.into_iter().map(parameter).collect(), ..function.clone() }
}

fn stacked<'a>(examples: impl Iterator<Item = &'a Tensor> + Clone) -> Tensor {
    let shape = examples.clone().next().expect("a batch has examples").shape().with_leading(BATCH);
    let elements = examples.flat_map(|example| example.data().to_vec()).collect();
    Tensor::new(shape, elements).expect("each example has the shape")
}

/// The rules of what batching makes of an op.
#[test]
fn derivatives_of_a_batch_are_right() {
    let options = CheckOptions { draws: 1, second: false, ..CheckOptions::default() };
    for row in rows().into_iter().filter(|row| row.case.derivatives > 0 && !row.function.inputs.is_empty()) {
        let name = &row.case.name;
        let batched = batch(&row.function, BATCH).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut draws = Draws::new();
        for (&id, input) in batched.inputs.iter().zip(&row.case.inputs) {
            let draw = match &input.draw {
                Draw::Fixed(values) => Draw::Fixed(stacked(std::iter::repeat_n(values, BATCH))),
                draw => draw.clone(),
            };
            draws.set(id, draw);
        }
        let result = batched.prediction.expect("the batched function predicts");
        let report = check_output(&batched.graph, result, &draws, &options);
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(report.passed(), "{name}:\n{report}");
    }
}

#[test]
fn simplifying_keeps_values() {
    let mut generator = Philox::new(3, 0);
    for row in rows() {
        let bindings = row.bindings(&mut generator);
        let expected = row.run(&bindings);
        let (simple, map) = row.function.simplified(&[]);
        verify(&simple.graph).unwrap_or_else(|error| panic!("{}: {error}", row.case.name));
        let moved: Bindings = (row.function.inputs.iter())
            .map(|&id| (map.get(id).expect("inputs stay"), bindings.get(id).expect("it is bound").clone()))
            .collect();
        let result = simple.prediction.expect("the prediction stays");
        let found = evaluate(&simple.graph, &moved, &[result]);
        let found = found.unwrap_or_else(|error| panic!("{}, simplified: {error}", row.case.name));
        assert_eq!(found[result].shape(), expected.shape(), "{}", row.case.name);
        assert_close(&format!("{}, simplified", row.case.name), found[result].data(), expected.data());
    }
}

#[test]
fn simplifying_keeps_derivatives() {
    let mut generator = Philox::new(4, 0);
    for row in rows().into_iter().filter(|row| row.case.derivatives > 0) {
        let name = &row.case.name;
        let graph = &row.function.graph;
        let real: Vec<NodeId> =
            row.function.inputs.iter().copied().filter(|&id| graph.node(id).kind == Kind::Real).collect();
        let (derivatives, seed) = vjp(graph, row.result, &real).unwrap_or_else(|error| panic!("{name}: {error}"));
        let wanted: Vec<NodeId> = real.iter().filter_map(|&id| derivatives.cotangent(id)).collect();
        let bindings = row.case.draws(&row.function).plan(&derivatives.graph).bindings(&mut generator);
        let values = evaluate(&derivatives.graph, &bindings, &wanted).unwrap_or_else(|error| panic!("{name}: {error}"));
        let inputs = || row.function.inputs.iter().copied().chain([seed]);
        let keep: Vec<NodeId> = wanted.iter().copied().chain(inputs()).collect();
        let (simple, map) = simplify(&derivatives.graph, &keep);
        verify(&simple).unwrap_or_else(|error| panic!("{name}: {error}"));
        let moved: Vec<NodeId> = wanted.iter().map(|&id| map.get(id).expect("it is kept")).collect();
        let bindings: Bindings = inputs()
            .map(|id| (map.get(id).expect("it is kept"), bindings.get(id).expect("it is bound").clone()))
            .collect();
        let simplified = evaluate(&simple, &bindings, &moved).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (&old, &new) in wanted.iter().zip(&moved) {
            assert_close(&format!("{name}, its derivative"), simplified[new].data(), values[old].data());
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
