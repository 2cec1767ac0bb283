//! Faults planted in the derivatives of graphs of ten nodes or more, one family of ops after the other: the right rule,
//! or accumulation, is named each time, and none in the healthy graph.

mod planting;
mod square;

use std::sync::Arc;

use chainrule_check::{Blame, CheckOptions, Draws, Failure, check};
use chainrule_graph::{Builder, Derivatives, Function, Kind, NodeId, Tensor, Value, Var, differentiate, text};
use planting::{Edge, Fault, again, edges};
use square::Square;

const OPTIONS: CheckOptions =
    CheckOptions { seed: 0, draws: 2, elements: chainrule_check::Elements::Together, second: false };

/// A graph of ten nodes or more for each family, in which some node is read twice.
fn families() -> Vec<(&'static str, Function)> {
    let build = |make: fn(&Builder) -> Var<'_>| {
        let builder = Builder::new();
        let objective = make(&builder);
        builder.objective(objective);
        let function = builder.finish().expect("the graph is well formed");
        assert!(function.graph.nodes().len() >= 10, "{}", function.graph.nodes().len());
        function
    };
    vec![
        ("elementwise", build(elementwise)),
        ("contract", build(contract)),
        ("reduce", build(reduce)),
        ("shape", build(shape)),
        ("index", build(index)),
        ("custom", build(custom)),
    ]
}

fn elementwise(b: &Builder) -> Var<'_> {
    let (x, w) = (b.input("x", [3, 3]), b.input("w", [3, 3]));
    let wave = (x * w).sin();
    let ratio = wave / (w * w + 1.0);
    let gate = ratio.less(0.1).select(ratio.exp(), x.tanh());
    (gate - w.sigmoid()).max(x).softplus().sum()
}

fn contract(b: &Builder) -> Var<'_> {
    let (x, w, v) = (b.input("x", [3]), b.input("W", [3, 3]), b.input("V", [3, 3]));
    let once = w.matvec(x);
    let twice = w.matvec(once);
    let product = v.matmul(w).contract(once.outer(twice), "ij,ij->ij");
    product.matvec(x).dot(twice)
}

fn reduce(b: &Builder) -> Var<'_> {
    let (x, w) = (b.input("x", [3, 3]), b.input("w", [3]));
    let soft = x.softmax(1);
    let total = (soft * x).sum_axes(&[1]);
    let most = x.max_axis(1) + x.min_axis(0).sum();
    let level = (total * w).logsumexp(0);
    level * most.mean() + (most * w).sum()
}

fn shape(b: &Builder) -> Var<'_> {
    let (x, w) = (b.input("x", [3, 3]), b.input("w", [3]));
    let turned = x.transpose() * x;
    let flat = turned.reshape([9]);
    let part = flat.slice(&[2], &[5]).concat(&[w], 0);
    let padded = part.pad(&[2], &[1]).reverse(&[0]);
    let copies = w.broadcast_to([3, 3]) * turned;
    (padded * flat).sum() + copies.sin().sum() + copies.index(1).index(2)
}

fn index(b: &Builder) -> Var<'_> {
    let table = b.input("table", [3, 3]);
    let rows = b.input_of("rows", [5], Kind::Int, None);
    let picked = table.gather(rows, 0);
    let indices = b.constant_of(Tensor::vector([2.0, 0.0, 2.0, 1.0, 0.0]), Kind::Int);
    let scattered = (picked * picked).scatter_add(indices, 3) * table;
    let column = scattered.gather(b.constant_of(Tensor::scalar(1.0), Kind::Int), 1);
    (scattered.sin().sum_axes(&[1]) * column).sum()
}

fn custom(b: &Builder) -> Var<'_> {
    let (x, w) = (b.input("x", [3, 3]), b.input("w", [3, 3]));
    let square = Arc::new(Square { slope: 2.0 });
    let inner = b.custom(square.clone(), &[x * w + x]);
    let outer = b.custom(square, &[inner.sin() * w]);
    ((outer + inner) * w).sum()
}

fn derivatives(function: &Function) -> Derivatives {
    let graph = &function.graph;
    let real: Vec<NodeId> = function.inputs.iter().copied().filter(|&id| graph.kind(id) == Kind::Real).collect();
    differentiate(graph, function.objective.expect("it has one"), &real).expect("it has derivatives")
}

fn failures(derivatives: &Derivatives) -> Vec<Failure> {
    check(derivatives, &Draws::new(), &OPTIONS).expect("it can be checked").failures
}

/// Asserts that the one rule of the edge is named.
fn names_rule(what: &str, faulty: &Derivatives, edge: Edge) -> Failure {
    let found = failures(faulty);
    let about = format!("{what} in {edge:?}: {found:#?}");
    assert_eq!(found.len(), 1, "{about}");
    assert!(matches!(found[0].blame, Blame::Rule { node, operand, .. } if (node, operand) == edge), "{about}");
    found.into_iter().next().expect("there is one")
}

#[test]
fn nothing_is_named_in_a_healthy_graph() {
    for (family, function) in families() {
        let healthy = derivatives(&function);
        assert!(failures(&healthy).is_empty(), "{family}: {:#?}", failures(&healthy));
        let remade = again(&function.graph, &healthy, Fault::None);
        assert!(failures(&remade).is_empty(), "{family}, made again: {:#?}", failures(&remade));
        assert_eq!(edges(&healthy), edges(&remade), "{family}");
    }
}

#[test]
fn a_missing_factor_is_named() {
    for (family, function) in families() {
        let healthy = derivatives(&function);
        for edge in edges(&healthy) {
            let faulty = again(&function.graph, &healthy, Fault::Factor(edge, 0.5));
            let comparison = names_rule(&format!("{family}: a factor"), &faulty, edge).comparison.expect("both");
            assert!(
                (2.0 * comparison.formula - comparison.expected).abs() <= 1e-6 * comparison.expected.abs(),
                "{comparison:?}"
            );
        }
    }
}

#[test]
fn a_wrong_sign_is_named() {
    for (family, function) in families() {
        let healthy = derivatives(&function);
        for edge in edges(&healthy) {
            let faulty = again(&function.graph, &healthy, Fault::Factor(edge, -1.0));
            names_rule(&format!("{family}: a sign"), &faulty, edge);
        }
    }
}

#[test]
fn a_dropped_edge_is_named() {
    for (family, function) in families() {
        let healthy = derivatives(&function);
        // Of nodes with another edge: what is reached by no edge at all has no cotangent to compare.
        let graph = &function.graph;
        let input = |(node, operand): Edge| graph.node(node).inputs[operand];
        let all = edges(&healthy);
        let shared = all.iter().filter(|&&edge| all.iter().filter(|&&other| input(other) == input(edge)).count() > 1);
        let mut count = 0;
        for &edge in shared {
            let faulty = again(graph, &healthy, Fault::Dropped(edge));
            let failure = names_rule(&format!("{family}: dropped"), &faulty, edge);
            assert_eq!(failure.comparison.expect("both").formula, 0.0);
            count += 1;
        }
        assert!(count >= 2, "{family} shares nothing");
    }
}

#[test]
fn a_contribution_that_overwrites_is_named() {
    for (family, function) in families() {
        let healthy = derivatives(&function);
        let graph = &function.graph;
        let all = edges(&healthy);
        let arrivals =
            |id: Value| all.iter().filter(|(node, operand)| graph.node(*node).inputs[*operand] == id).count();
        let mut count = 0;
        for shared in graph.values().filter(|&id| arrivals(id) > 1) {
            let found = failures(&again(graph, &healthy, Fault::Overwritten(shared)));
            let about = format!("{family}: overwritten at {shared:?}: {found:#?}");
            assert_eq!(found.len(), 1, "{about}");
            assert!(matches!(found[0].blame, Blame::Accumulation { node, .. } if node == shared.node), "{about}");
            count += 1;
        }
        assert!(count >= 1, "{family} shares nothing");
    }
}

#[test]
fn a_transposed_matrix_is_named() {
    for (family, function) in families() {
        let healthy = derivatives(&function);
        let graph = &function.graph;
        let square = |(node, operand): &Edge| graph.shape(graph.node(*node).inputs[*operand])[..] == [3, 3];
        // A sum has the same contribution everywhere, which transposing does not change.
        let plain = |(node, _): &Edge| graph.node(*node).op.name() != "sum";
        let mut count = 0;
        for edge in edges(&healthy).into_iter().filter(|edge| square(edge) && plain(edge)) {
            names_rule(&format!("{family}: transposed"), &again(graph, &healthy, Fault::Transposed(edge)), edge);
            count += 1;
        }
        assert!(count >= 2, "{family} has no square matrices");
    }
}

#[test]
fn a_matrix_transposed_in_the_rule_of_its_product_is_named() {
    let (_, function) = families().swap_remove(1);
    let healthy = derivatives(&function);
    let w = function.graph.find("W").expect("it is named");
    let x = function.graph.find("x").expect("it is named");
    let product = function.graph.ids().find(|&id| function.graph.node(id).inputs == [w, x]).expect("W @ x");
    // ∂J/∂x = W ∂J/∂y instead of Wᵀ ∂J/∂y: of the same shape
    let dy = healthy.cotangent(product).expect("it has one");
    let builder = Builder::extend_graph(healthy.graph.clone());
    let contribution = builder.var(w).matvec(builder.var(dy));
    let mut faulty = healthy.clone();
    let right = healthy.contributions[product.index()][1].expect("it has one");
    let sum = builder.var(healthy.cotangent(x).expect("it has one")) - builder.var(right) + contribution;
    faulty.contributions[product.index()][1] = contribution.id();
    faulty.cotangents[function.graph.value_index(x)] = sum.id();
    faulty.graph = builder.finish_graph().expect("the shapes fit");
    names_rule("W for its transpose", &faulty, (product, 1));
}

#[test]
fn a_fault_of_a_millionth_is_found_and_one_of_a_hundred_millionth_is_not() {
    let builder = Builder::new();
    let product = builder.input("x", [4]) * builder.input("w", [4]);
    let tanh = product.tanh().id().expect("a node").node;
    builder.objective(builder.var(tanh).sum());
    let function = builder.finish().expect("it is well formed");
    let healthy = derivatives(&function);
    for (error, passes) in [(1e-8, true), (1e-6, false)] {
        let faulty = again(&function.graph, &healthy, Fault::Factor((tanh, 0), 1.0 + error));
        assert_eq!(failures(&faulty).is_empty(), passes, "{error}: {:?}", failures(&faulty));
    }
}

/// In max(x, x) every draw is a tie, where each operand's rule may give any share; the whole must still be right.
#[test]
fn where_no_rule_can_tell_the_whole_does() {
    let builder = Builder::new();
    let x = builder.input("x", [3]);
    let tied = x.max(x).id().expect("a node").node;
    builder.objective((builder.var(tied) * x.sin()).sum());
    let function = builder.finish().expect("it is well formed");
    let healthy = derivatives(&function);
    assert!(failures(&healthy).is_empty(), "{:?}", failures(&healthy));
    let found = failures(&again(&function.graph, &healthy, Fault::Factor((tied, 0), 0.5)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(matches!(found[0].blame, Blame::Whole { node } if node == function.inputs[0]), "{found:?}");
}

/// LeNet at its whole size: its convolutions are tested at one of the draws.
#[test]
fn a_wrong_rule_is_named_where_rules_take_long() {
    let text = include_str!("../../../models/lenet.graph");
    let function = text::parse(text).and_then(|model| model.build(&Default::default())).expect("it is in the gallery");
    let graph = &function.graph;
    let parameters = function.parameters.iter().map(|parameter| parameter.node).collect::<Vec<_>>();
    let healthy =
        differentiate(graph, function.objective.expect("it has one"), &parameters).expect("it has derivatives");
    let report = check(&healthy, &Draws::new(), &OPTIONS).expect("it can be checked");
    assert!(report.passed() && report.at_one_draw > 2, "{} at one draw: {report}", report.at_one_draw);
    let of = |op: &str| {
        let all = edges(&healthy).into_iter().filter(|(node, _)| graph.node(*node).op.name() == op);
        all.max_by_key(|(node, operand)| graph.shape(graph.node(*node).inputs[*operand]).size())
    };
    for (op, factor) in [("contract", 1.00001), ("max", -1.0)] {
        let edge = of(op).unwrap_or_else(|| panic!("no {op} in LeNet"));
        names_rule(op, &again(graph, &healthy, Fault::Factor(edge, factor)), edge);
    }
}
