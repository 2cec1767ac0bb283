//! Loops against the same steps written one after the other: value, gradient, second derivative and batch, by the reference
//! and compiled; and what is refused.

use chainrule_exec::compile::{Options, Precision};
use chainrule_exec::{Bindings, evaluate_compiled, reference};
use chainrule_graph::{
    Builder, Function, Graph, Initializer, Kind, Node, NodeId, Op, Steps, Tensor, Value, Var, batch, fission, grad,
    hvp, simplify,
};

/// A step: the next carries, then the extras, from the carries, the elements and what is the same at every step.
type Step = for<'g> fn(&'g Builder, &[Var<'g>], &[Var<'g>], &[Var<'g>]) -> Vec<Var<'g>>;

/// Loops with two carries and two sequences of two elements.
const STEPS: &[(&str, Step)] = &[
    ("recurrent", |_, h, x, k| {
        vec![(k[0].matvec(h[0]) + x[0] * h[1]).tanh(), h[1].sigmoid() + x[1], (h[0] * x[1]).sum()]
    }),
    ("without its carries", |_, _, x, k| vec![x[0].sin(), k[0].matvec(x[1]), x[0] * x[1]]),
    ("without its elements", |_, h, _, k| vec![k[0].matvec(h[1]).tanh(), h[0] * 0.5, h[0].dot(h[1])]),
    ("without both", |b, _, _, _| vec![b.constant(Tensor::vector([1.0, 2.0])), b.ones([2]), b.constant(3.0)]),
    ("with carries that stay", |_, h, x, k| vec![h[1], h[1], k[0].matvec(h[0]).dot(x[0])]),
    ("without extras", |_, h, x, _| vec![h[0] * x[0], h[1] + h[0].exp() * x[1]]),
    ("with a loop in it", |b, h, x, k| {
        let steps = Steps { length: Some(3), ..Steps::default() };
        let inner = b.scan_by(steps, &[h[0]], &[], |g, _| vec![(k[0].matvec(g[0]) + x[0]).tanh(), g[0].dot(h[1])]);
        vec![inner[0].last(), x[1] * inner[1].sum(), inner[1]]
    }),
    ("with a softmax, a sum and a choice", |_, h, x, k| {
        let p = (k[0].matvec(h[0]) + x[0]).softmax(0);
        vec![p, h[1].max(x[1]) * p, p.logsumexp(0)]
    }),
];

/// The parameters that all steps share, which a second loop may share, too.
fn shared<'g>(b: &'g Builder) -> Vec<Var<'g>> {
    vec![b.parameter("W", [2, 2], Initializer::Constant(0.0))]
}

fn given<'g>(b: &'g Builder, length: usize) -> [Var<'g>; 4] {
    [b.input("h", [2]), b.input("c", [2]), b.input("xs", [length, 2]), b.input("zs", [length, 2])]
}

/// What a loop gives: all that each step gives, stacked.
fn looped(step: Step, length: usize, reverse: bool, twice: bool) -> Function {
    let b = Builder::new();
    let [h, c, xs, zs] = given(&b, length);
    let k = shared(&b);
    let steps = Steps { length: None, reverse };
    let mut all = b.scan_by(steps, &[h, c], &[xs, zs], |h, x| step(&b, h, x, &k));
    if twice {
        all = b.scan_by(steps, &[c, h], &[all[0], zs], |h, x| step(&b, h, x, &k));
    }
    objective(&b, &all);
    b.finish().expect("it is a loop")
}

/// The same, step after step.
fn unrolled(step: Step, length: usize, reverse: bool, twice: bool) -> Function {
    let b = Builder::new();
    let [h, c, xs, zs] = given(&b, length);
    let k = shared(&b);

    let rows: Vec<Var<'_>> = (0..length).map(|at| xs.index(at)).collect();
    let mut all = one_by_one(step, &b, [h, c], &rows, zs, &k, reverse);
    if twice {
        let rows: Vec<Var<'_>> = all.iter().map(|made| made[0]).collect();
        all = one_by_one(step, &b, [c, h], &rows, zs, &k, reverse);
    }
    let outputs = all.first().map_or(0, Vec::len);
    let stacked = |output: usize| {
        let parts: Vec<Var<'_>> = all.iter().map(|made| made[output]).collect();
        parts[0].stack(&parts[1..], 0)
    };
    objective(&b, &(0..outputs).map(stacked).collect::<Vec<_>>());
    b.finish().expect("it is the same")
}

/// For each step, what it gives.
fn one_by_one<'g>(
    step: Step,
    b: &'g Builder,
    start: [Var<'g>; 2],
    xs: &[Var<'g>],
    zs: Var<'g>,
    k: &[Var<'g>],
    reverse: bool,
) -> Vec<Vec<Var<'g>>> {
    let (mut carry, mut all) = (start.to_vec(), vec![Vec::new(); xs.len()]);
    let order: Vec<usize> = if reverse { (0..xs.len()).rev().collect() } else { (0..xs.len()).collect() };
    for at in order {
        let made = step(b, &carry, &[xs[at], zs.index(at)], k);
        carry = made[..2].to_vec();
        all[at] = made;
    }
    all
}

fn objective<'g>(b: &'g Builder, all: &[Var<'g>]) {
    let terms = all.iter().enumerate().map(|(index, &x)| {
        let weights = Tensor::from_fn(x.shape(), |i| 0.3 + ((i + index) % 5) as f64 / 4.0);
        (x * b.constant(weights)).sum()
    });
    b.objective(terms.reduce(|a, b| a + b).unwrap_or_else(|| b.constant(0.0)) + 0.0);
}

/// Values that look random, in [−1, 1).
fn values(function: &Function) -> Bindings {
    let graph = &function.graph;
    let inputs = function.inputs.iter().copied().chain(function.parameters.iter().map(|p| p.node));
    let value = |id: NodeId| {
        let salt = function.name(id).len() as f64;
        Tensor::from_fn(graph.shape(id), |i| ((i as f64 + 1.0) * 1.7 + salt * 2.3).sin())
    };
    inputs.map(|id| (id, value(id))).collect()
}

fn wrt(function: &Function) -> Vec<NodeId> {
    function.inputs.iter().copied().chain(function.parameters.iter().map(|p| p.node)).collect()
}

/// Every number that the reference gives, in order.
fn numbers(graph: &Graph, bindings: &Bindings, of: &[Value]) -> Vec<f64> {
    let values = reference::evaluate(graph, bindings, of).unwrap_or_else(|error| panic!("{error}"));
    of.iter().flat_map(|&value| values[value].data().to_vec()).collect()
}

/// The same, compiled.
fn computed(graph: &Graph, bindings: &Bindings, of: &[Value], precision: Precision) -> Vec<f64> {
    let options = Options { precision, ..Options::default() };
    let values = evaluate_compiled(graph, bindings, of, &options).unwrap_or_else(|error| panic!("{error}"));
    of.iter().flat_map(|&value| values[value].data().to_vec()).collect()
}

fn assert_close(what: &str, found: &[f64], right: &[f64], relative: f64) {
    assert_eq!(found.len(), right.len(), "{what}");
    for (index, (a, b)) in found.iter().zip(right).enumerate() {
        let near = (a - b).abs() <= relative * a.abs().max(b.abs()).max(1.0);
        assert!(near, "{what}, number {index}: {a} where {b} is right");
    }
}

/// The value and the gradient, and where to find them.
fn with_gradient(function: &Function) -> (Graph, Vec<Value>) {
    let objective = function.objective.expect("it has one");
    let (graph, gradients) = grad(&function.graph, objective, &wrt(function)).expect("it has a gradient");
    (graph, std::iter::once(objective).chain(gradients).collect())
}

fn for_all(check: impl Fn(&str, &Function, &Function)) {
    for &(name, step) in STEPS {
        for length in [0, 1, 7] {
            for (reverse, twice) in [(false, false), (true, false), (false, true)] {
                let what = format!("{name}, {length} steps, reverse {reverse}, twice {twice}");
                check(&what, &looped(step, length, reverse, twice), &unrolled(step, length, reverse, twice));
            }
        }
    }
}

#[test]
fn value_and_gradient_are_those_of_the_steps() {
    for_all(|what, scan, steps| {
        let ((graph, of), (right_graph, right_of)) = (with_gradient(scan), with_gradient(steps));
        let right = numbers(&right_graph, &values(steps), &right_of);
        assert_close(what, &numbers(&graph, &values(scan), &of), &right, 1e-12);
        assert_close(what, &computed(&graph, &values(scan), &of, Precision::F64), &right, 1e-12);
        assert_close(what, &computed(&graph, &values(scan), &of, Precision::F32), &right, 1e-4);
        let (simple, map) = simplify(&graph, &of).expect("it can be simplified");
        let moved: Vec<Value> = of.iter().filter_map(|&value| map.get(value)).collect();
        let inputs = wrt(scan);
        let bindings: Bindings = (inputs.iter().filter_map(|&id| Some((map.get(id)?, id))))
            .map(|(new, old)| (new, values(scan).get(old).expect("it is bound").clone()))
            .collect();
        assert_close(what, &numbers(&simple, &bindings, &moved), &right, 1e-12);
    });
}

#[test]
fn second_derivatives_are_those_of_the_steps() {
    let second = |function: &Function| {
        let objective = function.objective.expect("it has one");
        let directional = hvp(&function.graph, objective, &wrt(function)).expect("it has a second derivative");
        let mut bindings = values(function);
        for &tangent in &directional.tangents {
            let direction = |i: usize| ((i as f64 + 1.0) * 0.9).cos();
            bindings.set(tangent, Tensor::from_fn(directional.graph.shape(tangent), direction));
        }
        (directional.graph, bindings, directional.outputs)
    };
    for_all(|what, scan, steps| {
        let ((graph, bindings, of), (right_graph, right_bindings, right_of)) = (second(scan), second(steps));
        let right = numbers(&right_graph, &right_bindings, &right_of);
        assert_close(what, &numbers(&graph, &bindings, &of), &right, 1e-11);
        assert_close(what, &computed(&graph, &bindings, &of, Precision::F64), &right, 1e-11);
    });
}

#[test]
fn a_batch_is_that_of_the_steps() {
    for_all(|what, scan, steps| {
        let [(graph, of, bindings), (right_graph, right_of, right_bindings)] = [scan, steps].map(|function| {
            let batched = batch(function, 3).expect("it can be batched");
            let (graph, of) = with_gradient(&batched);
            let bindings = values(&batched);
            (graph, of, bindings)
        });
        let right = numbers(&right_graph, &right_bindings, &right_of);
        assert_close(what, &numbers(&graph, &bindings, &of), &right, 1e-12);
        assert_close(what, &computed(&graph, &bindings, &of, Precision::F64), &right, 1e-12);
    });
}

/// h ↦ h cos w + x sin w over ten thousand steps: by hand, with the derivatives by w and by the start.
#[test]
fn ten_thousand_steps() {
    const LENGTH: usize = 10_000;
    let b = Builder::new();
    let (h, xs, w) = (b.input("h", []), b.input("xs", [LENGTH]), b.input("w", []));
    let hs = b.scan(&[h], &[xs], |h, x| vec![h[0] * w.cos() + x[0] * w.sin()])[0];
    b.objective(hs.last());
    let function = b.finish().expect("it is a loop");
    let x = |i: usize| ((i as f64) * 0.37).sin();
    let w = 0.01f64;
    let bindings: Bindings = function
        .inputs
        .iter()
        .copied()
        .zip([Tensor::scalar(0.7), Tensor::from_fn([LENGTH], x), Tensor::scalar(w)])
        .collect();
    let (mut h, mut by_h, mut by_w) = (0.7, 1.0, 0.0);
    for i in 0..LENGTH {
        by_w = by_w * w.cos() - h * w.sin() + x(i) * w.cos();
        by_h *= w.cos();
        h = h * w.cos() + x(i) * w.sin();
    }
    let (graph, of) = with_gradient(&function);
    for found in [numbers(&graph, &bindings, &of), computed(&graph, &bindings, &of, Precision::F64)] {
        assert_close("value, by h, by w", &[found[0], found[1], found[LENGTH + 2]], &[h, by_h, by_w], 1e-10);
        assert_close("by the last x", &found[LENGTH + 1..LENGTH + 2], &[w.sin()], 1e-12);
    }
}

/// The products of a graph that are in loops, and those that are not.
fn products(graph: &Graph) -> [usize; 2] {
    let count = |graph: &Graph| graph.nodes().iter().filter(|node| matches!(node.op, Op::Contract(_))).count();
    let inside = graph.nodes().iter().map(|node| match &node.op {
        Op::Scan(scan) => count(scan.body.graph()),
        _ => 0,
    });
    [inside.sum(), count(graph)]
}

/// Of h ↦ tanh(W h + U x + b) and its gradient, the products with h and with λ stay in the loops. The others are one product
/// over all steps each: U x, and the gradients of W, of U and of the sequence.
#[test]
fn what_needs_no_carry_leaves_a_loop_and_what_feeds_none() {
    let b = Builder::new();
    let (h, xs) = (b.input("h", [3]), b.input("xs", [7, 2]));
    let [w, u] = [("W", 3), ("U", 2)].map(|(name, n)| b.parameter(name, [3, n], Initializer::Glorot));
    let bias = b.parameter("b", [3], Initializer::Constant(0.0));
    let hs = b.scan(&[h], &[xs], |h, x| vec![(w.matvec(h[0]) + u.matvec(x[0]) + bias).tanh()])[0];
    b.objective((hs * hs).sum());
    let function = b.finish().expect("it is a loop");
    let (graph, of) = with_gradient(&function);
    let (simple, map) = simplify(&graph, &of).expect("it can be simplified");
    assert_eq!(products(&simple), [6, 0]);
    let of: Vec<Value> = of.iter().filter_map(|&value| map.get(value)).collect();
    let (split, to_split) = fission(&simple).expect("it is well formed").expect("there are loops");
    let of: Vec<Value> = of.iter().filter_map(|&value| to_split.get(value)).collect();
    let (split, _) = simplify(&split, &of).expect("it can be simplified");
    assert_eq!(products(&split), [2, 4]);
    let is_large = |node: &Node| node.outputs.iter().any(|output| output.shape[..] == [7, 3, 3]);
    assert!(!split.nodes().iter().any(is_large), "no gradient of a step is kept");
}

#[test]
fn a_loop_whose_parts_left_it_gives_the_same() {
    for_all(|what, scan, _| {
        let (graph, of) = with_gradient(scan);
        let Some((split, map)) = fission(&graph).expect("it is well formed") else { return };
        let moved = |value: Value| map.get(value).expect("every value has its place");
        let bindings: Bindings = (wrt(scan).into_iter())
            .map(|id| (moved(id.into()), values(scan).get(id).expect("it is bound").clone()))
            .collect();
        let found = numbers(&split, &bindings, &of.iter().map(|&value| moved(value)).collect::<Vec<_>>());
        assert_close(what, &found, &numbers(&graph, &values(scan), &of), 1e-12);
    });
}

/// Of a loop and the one with more extras that its derivative reads, one is left, and the reverse loop.
#[test]
fn the_loop_of_the_derivative_is_merged_with_the_loop() {
    let scans = |graph: &Graph| graph.nodes().iter().filter(|node| matches!(node.op, Op::Scan(_))).count();
    let (graph, of) = with_gradient(&looped(STEPS[0].1, 7, false, false));
    assert_eq!(scans(&graph), 3);
    let (simple, _) = simplify(&graph, &of).expect("it can be simplified");
    assert_eq!(scans(&simple), 2);
}

/// More sequences than a program has tables.
#[test]
fn many_sequences_are_read_at_each_step() {
    let b = Builder::new();
    let sequences: Vec<Var<'_>> = (0..19).map(|index| b.input(&format!("s{index}"), [4])).collect();
    let states = b.scan(&[b.constant(0.5)], &sequences, |h, x| {
        let sum = x.iter().fold(h[0], |sum, &x| sum + x);
        vec![sum.tanh() + h[0] * (x[17] * x[18])]
    })[0];
    let states = states.id().expect("the shapes fit");
    let function = b.finish().expect("it is a loop");
    let bindings = values(&function);
    let right = numbers(&function.graph, &bindings, &[states]);
    for precision in [Precision::F64, Precision::F32] {
        let relative = if precision == Precision::F64 { 1e-12 } else { 1e-5 };
        assert_close("many sequences", &computed(&function.graph, &bindings, &[states], precision), &right, relative);
    }
}

/// The loop of the derivative goes with one whose first value nothing reads.
#[test]
fn loops_without_carries_are_merged() {
    let b = Builder::new();
    let xs = b.input("xs", [4]);
    b.objective(b.scan(&[], &[xs], |_, x| vec![x[0].tanh(), x[0].exp() * x[0].sin()])[1].sum());
    let function = b.finish().expect("it is a loop");
    let (graph, wanted) = with_gradient(&function);
    let bindings = values(&function);
    let right = numbers(&graph, &bindings, &wanted);
    assert_close("without carries", &computed(&graph, &bindings, &wanted, Precision::F64), &right, 1e-12);
}

#[test]
fn an_error_names_the_step() {
    let b = Builder::new();
    let (start, next) = (b.input_of("start", [], Kind::Int, None), b.input_of("next", [3], Kind::Int, None));
    let steps = Steps { length: Some(5), ..Steps::default() };
    let is = b.scan_by(steps, &[start], &[], |i, _| vec![next.gather(i[0], 0)])[0];
    let last = is.last().id().expect("the shapes fit");
    let function = b.finish().expect("it is a loop");
    let bindings: Bindings =
        function.inputs.iter().copied().zip([Tensor::scalar(0.0), Tensor::vector([1.0, 2.0, 9.0])]).collect();
    let errors = [
        reference::evaluate(&function.graph, &bindings, &[last]).map(|_| ()),
        evaluate_compiled(&function.graph, &bindings, &[last], &Options::default()).map(|_| ()),
    ];
    for error in errors {
        let message = error.expect_err("there is no index 9").to_string();
        assert!(message.contains("at step 3"), "{message}");
    }
}

/// What is said of a loop that does not fit.
fn mistake(build: impl Fn(&Builder)) -> String {
    let b = Builder::new();
    build(&b);
    b.finish().expect_err("it is a mistake").to_string()
}

#[test]
fn mistakes_are_named() {
    let message = mistake(|b| {
        let xs = b.input("xs", [4, 2]);
        b.scan(&[b.zeros([3])], &[xs], |h, x| vec![h[0].concat(&[x[0]], 0)]);
    });
    assert!(message.contains("its carry changes its shape: it begins as [3] and becomes [5]"), "{message}");
    let message = mistake(|b| {
        let (xs, zs) = (b.input("xs", [4]), b.input("zs", [5]));
        b.scan(&[], &[xs, zs], |_, x| vec![x[0] + x[1]]);
    });
    assert!(message.contains("scan takes sequences of one length: `xs` [4] has 4 steps, `zs` [5] has 5"), "{message}");
    let message = mistake(|b| {
        let xs = b.input("xs", [4]);
        b.scan(&[b.constant_of(Tensor::scalar(0.0), Kind::Int)], &[xs], |_, x| vec![x[0]]);
    });
    assert!(message.contains("its carry changes its kind: it begins as int and becomes real"), "{message}");
    let message = mistake(|b| {
        let xs = b.input("xs", [4]);
        b.scan(&[b.constant(0.0)], &[xs], |_, _| vec![]);
    });
    assert!(message.contains("the body of scan gives 0 values, and there are 1 carries"), "{message}");
    let message = mistake(|b| {
        let xs = b.input("xs", [4]);
        let mut left = None;
        b.scan(&[], &[xs], |_, x| {
            left = Some(x[0]);
            vec![x[0]]
        });
        let _ = left.expect("the body was built").exp();
    });
    assert!(message.contains("a value of the body of a loop is used outside of it"), "{message}");
    let message = mistake(|b| {
        let xs = b.input("xs", [4]);
        b.scan(&[], &[xs], |_, x| {
            b.state("s", [], Initializer::Constant(0.0));
            vec![x[0]]
        });
    });
    assert!(message.contains("`s` is declared in the body of a loop"), "{message}");
}
