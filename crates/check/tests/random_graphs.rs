//! A random graph's gradient passes the checker, and does not with a fault at a random edge.

mod support;

use chainrule_check::{Blame, Draws, Options, check, check_function};
use chainrule_graph::{Builder, Function, Kind, NodeId, Tensor, Var, grad};
use proptest::prelude::*;
use support::{Edge, Fault, again};

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
        let report = check_function(&function(&steps), &Options { seed, ..Options::default() }).expect("it can be checked");
        prop_assert!(report.passed(), "{report}");
    }

    #[test]
    fn a_fault_at_a_random_edge_of_a_random_graph_is_named(steps in steps(), place in 0usize..1000, seed in 0u64..1000) {
        let function = function(&steps);
        let graph = &function.graph;
        let objective = function.objective.expect("it has one");
        let healthy = grad(graph, objective, &function.inputs).expect("it has derivatives");
        let edges: Vec<Edge> = (healthy.contributions.iter().enumerate())
            .flat_map(|(node, slots)| (0..slots.len()).map(move |slot| (NodeId::from_index(node), slot)))
            .filter(|&(node, slot)| healthy.contributions[node.index()][slot].is_some())
            .collect();
        let edge = edges[place % edges.len()];
        let faulty = again(graph, &healthy, Fault::Factor(edge, 1.5));
        let options = Options { seed, second: false, ..Options::default() };
        let tally = |report: &chainrule_check::Report| {
            let node = report.nodes.iter().find(|node| node.node == edge.0).expect("it has a cotangent");
            node.edges.iter().find(|found| found.slot == edge.1).expect("it was tested").tally
        };
        let report = check(&faulty, &Draws::new(), &options).expect("it can be checked");
        // A branch that no draw takes has nothing to be wrong in.
        if tally(&report).smooth > 0 {
            prop_assert_eq!(report.failures.len(), 1, "{} at {:?}", report, edge);
            let named = matches!(report.failures[0].blame, Blame::Rule { node, slot, .. } if (node, slot) == edge);
            prop_assert!(named, "{} at {:?}", report, edge);
        }
    }
}
