//! A random graph's gradient passes the checker, and does not with a fault at a random edge.

mod planting;

use chainrule_check::{Blame, CheckOptions, Draws, check, check_function};
use chainrule_exec::Bindings;
use chainrule_exec::reference::evaluate;
use chainrule_graph::{Builder, Derivatives, Function, Kind, NodeId, Tensor, Var, differentiate};
use chainrule_kernels::philox::Philox;
use planting::{Edge, Fault, again, edges};
use proptest::prelude::*;

/// How many kinds of step there are.
const STEPS: u8 = 26;

/// A vector [3] from two others, by one or several nodes of every family. None grows without bound.
fn step<'g>(b: &'g Builder, kind: u8, x: Var<'g>, y: Var<'g>, w: Var<'g>) -> Var<'g> {
    let indices = || b.constant_of(Tensor::vector([2.0, 0.0, 2.0]), Kind::Int);
    match kind {
        0 => x + y,
        1 => x - y,
        2 => x.tanh() * y,
        3 => x / (1.0 + y * y),
        4 => x.max(y),
        5 => x.min(y),
        6 => x.less(y).select(x, y),
        7 => x.relu(),
        8 => x.abs(),
        9 => x.sin() * y.cos(),
        10 => x.sigmoid(),
        11 => x.softplus(),
        12 => (1.0 + x * x).log(),
        13 => (1.0 + x * x).sqrt() - (2.0 + y * y).rsqrt(),
        14 => x.erf(),
        15 => (x.tanh() + 1.5).pow(y.sin()),
        16 => w.matvec(x),
        17 => x.tanh().outer(y).matvec(x.sigmoid()),
        18 => x.softmax(0),
        19 => x - x.logsumexp(0),
        20 => y * x.max_axis(0).tanh(),
        21 => x.reverse(&[0]),
        22 => x.slice(&[1], &[3]).concat(&[y.slice(&[0], &[1])], 0),
        23 => x.gather(indices(), 0),
        24 => x.scatter_add(indices(), 3),
        _ => x.stop_gradient() * y.sign() + x.expm1().tanh(),
    }
}

fn function(steps: &[(u8, usize, usize)]) -> Function {
    let b = Builder::new();
    let (x, y, w) = (b.input("x", [3]), b.input("y", [3]), b.input("W", [3, 3]));
    let mut made = vec![x, y];
    for &(kind, first, second) in steps {
        let (first, second) = (made[first % made.len()], made[second % made.len()]);
        made.push(step(&b, kind, first, second, w));
    }
    let last = made.iter().rev().take(2).fold(b.constant(Tensor::zeros([3])), |sum, &x| sum + x);
    b.objective((last * x.sin()).sum());
    b.finish().expect("every step is well formed")
}

fn steps() -> impl Strategy<Value = Vec<(u8, usize, usize)>> {
    prop::collection::vec((0..STEPS, 0usize..20, 0usize..20), 1..12)
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
            3 if graph.node(input(edge)).shape.rank() == 2 => Fault::Transposed(edge),
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
                (Blame::Accumulation { node, .. }, Fault::Overwritten(at)) => *node == at,
                (Blame::Rule { node, operand, .. }, _) => (*node, *operand) == edge && fault != Fault::Overwritten(input(edge)),
                (Blame::Whole { .. }, _) => tied,
                _ => false,
            };
            prop_assert!(named, "{} for {:?}", report, fault);
        }
        // Only what changes nothing goes unnamed, as a factor on the zeros of a branch never taken.
        if report.failures.is_empty() && !tied {
            let mut generator = Philox::new(seed, 0);
            for _ in 0..options.draws {
                let bindings = Draws::new().plan(graph).bindings(&mut generator);
                prop_assert!(distance(&healthy, &faulty, input(edge), &bindings) < 1e-12, "{} for {:?}", report, fault);
            }
        }
    }
}

/// How far a fault moves the cotangent of the node where it acts.
fn distance(healthy: &Derivatives, faulty: &Derivatives, id: NodeId, bindings: &Bindings) -> f64 {
    let value = |derivatives: &Derivatives| {
        let cotangent = derivatives.cotangent(id).expect("it has one");
        evaluate(&derivatives.graph, bindings, &[cotangent]).expect("it runs")[cotangent].clone()
    };
    let (a, b) = (value(healthy), value(faulty));
    a.data().iter().zip(b.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
