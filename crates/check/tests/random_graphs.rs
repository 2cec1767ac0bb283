//! A random graph's gradient passes the checker, and does not with a fault at a random edge.

mod drawn;
mod planting;

use std::collections::HashSet;

use chainrule_check::{Blame, CheckOptions, Draws, check, check_function};
use chainrule_exec::Bindings;
use chainrule_exec::reference::evaluate;
use chainrule_graph::{Builder, Derivatives, Function, Op, Shape, Tensor, Value, differentiate};
use chainrule_kernels::philox::Philox;
use planting::{Edge, Fault, again, edges};
use proptest::prelude::*;

/// A random function: each step is a row of the case table, of two vectors that were made before and a matrix.
fn function(steps: &[(usize, usize, usize)]) -> Function {
    let rows = drawn::steps();
    let b = Builder::new();
    let (x, y, w) = (b.input("x", [3]), b.input("y", [3]), b.input("W", [3, 3]));
    let mut made = vec![x, y];
    for &(row, first, second) in steps {
        let mut operands = [made[first % made.len()], made[second % made.len()], w];
        operands.rotate_right(second % 3);
        let result = drawn::step(&rows[row], &b, &operands, first);
        made.push(drawn::reshaped(result, &[3].into()));
    }
    let last = made.iter().rev().take(2).fold(b.constant(Tensor::zeros([3])), |sum, &x| sum + x);
    b.objective((last * x.sin()).sum());
    b.finish().expect("every step is well formed")
}

fn steps() -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
    prop::collection::vec((0..drawn::steps().len(), 0usize..20, 0usize..20), 1..12)
}

#[test]
fn every_op_is_among_the_steps() {
    let rows = 0..drawn::steps().len();
    let functions: Vec<Function> = rows.map(|row| function(&[(row, 0, 1)])).collect();
    let ops = functions.iter().flat_map(|function| function.graph.nodes().iter().map(|node| node.op.label()));
    let ops: HashSet<&str> = ops.collect();
    // What a custom node's backward computes has no derivative of its own.
    let labels = Op::labels();
    let missing: Vec<&&str> = labels.iter().filter(|op| !ops.contains(*op) && **op != "custom backward").collect();
    assert!(missing.is_empty(), "no step has {missing:?}");
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn the_gradient_of_a_random_graph_passes(steps in steps(), seed in 0u64..1000) {
        let function = function(&steps);
        let report = check_function(&function, &CheckOptions { seed, ..CheckOptions::default() }).expect("it can be checked");
        prop_assert!(report.passed(), "{report}");
        // So do the same derivatives made by the reverse pass that faults are planted in.
        let healthy = differentiate(&function.graph, function.objective.expect("it has one"), &function.inputs);
        let remade = again(&function.graph, &healthy.expect("it has derivatives"), Fault::None);
        let report = check(&remade, &Draws::new(), &CheckOptions { seed, ..CheckOptions::default() }).expect("it can be checked");
        prop_assert!(report.passed(), "{report}");
    }

    #[test]
    fn a_fault_in_a_random_graph_is_named(steps in steps(), pick in 0usize..1000, kind in 0..4, seed in 0u64..1000) {
        let function = function(&steps);
        let graph = &function.graph;
        let healthy = differentiate(graph, function.objective.expect("it has one"), &function.inputs).expect("it has derivatives");
        let edges = edges(&healthy);
        let edge = edges[pick % edges.len()];
        let input = |(node, operand): Edge| graph.node(node).inputs[operand];
        let shared = edges.iter().filter(|&&other| input(other) == input(edge)).count() > 1;
        let fault = match kind {
            0 => Fault::Factor(edge, -1.0),
            1 if shared => Fault::Dropped(edge),
            2 if shared => Fault::Overwritten(input(edge)),
            3 if is_square(graph.shape(input(edge))) => Fault::Transposed(edge),
            _ => Fault::Factor(edge, 1.5),
        };
        let faulty = again(graph, &healthy, fault);
        let options = CheckOptions { seed, second: false, ..CheckOptions::default() };
        let report = check(&faulty, &Draws::new(), &options).expect("it can be checked");
        // Of max(x, x) every draw is a tie, where 0 is as right as 1: there only the whole can tell, if anything.
        let node = report.nodes.iter().find(|node| node.node == edge.0).expect("it has a cotangent");
        let tied = node.edges.iter().any(|tested| tested.operand == edge.1 && tested.tally.smooth == 0);
        for failure in &report.failures {
            let named = match (&failure.blame, fault) {
                (Blame::Accumulation { node, .. }, Fault::Overwritten(at)) => *node == at.node,
                (Blame::Rule { node, operand, .. }, _) => (*node, *operand) == edge && fault != Fault::Overwritten(input(edge)),
                (Blame::Whole { .. }, _) => tied,
                _ => false,
            };
            prop_assert!(named, "{} for {:?}", report, fault);
        }
        // Only what changes nothing goes unnamed, as a factor on the zeros of a branch not taken. These are the values of
        // the check's first draw.
        if report.failures.is_empty() && !tied {
            let bindings = Draws::new().plan(graph).expect("all are inputs").bindings(&mut Philox::new(seed, 0));
            prop_assert!(distance(&healthy, &faulty, input(edge), &bindings) < 1e-12, "{} for {:?}", report, fault);
        }
    }
}

fn is_square(shape: &Shape) -> bool {
    shape.rank() == 2 && shape[0] == shape[1]
}

/// How far a fault moves the cotangent of the node where it acts.
fn distance(healthy: &Derivatives, faulty: &Derivatives, id: Value, bindings: &Bindings) -> f64 {
    let value = |derivatives: &Derivatives| {
        let cotangent = derivatives.cotangent(id).expect("it has one");
        evaluate(&derivatives.graph, bindings, &[cotangent]).expect("it runs")[cotangent].clone()
    };
    let (a, b) = (value(healthy), value(faulty));
    a.data().iter().zip(b.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
