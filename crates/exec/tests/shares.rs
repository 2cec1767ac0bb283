//! Loops over a batch are cut into shares of its examples where nothing in their body mixes these: which are, and that the cut
//! changes no value, nor the number of threads a bit.

use chainrule_exec::compile::{Level, Options, Precision, compile};
use chainrule_exec::{Bindings, evaluate_compiled, reference};
use chainrule_graph::layers::Lstm;
use chainrule_graph::{Builder, Function, Graph, Initializer, NodeId, Steps, Tensor, Value, Var, batch, grad};

const STEPS: usize = 12;
const WIDTH: usize = 28;

/// The next carry from the carry, an element, and the parameters W and U [WIDTH, WIDTH].
type Step = for<'g> fn(&'g Builder, Var<'g>, Var<'g>, [Var<'g>; 2]) -> Var<'g>;

/// The objective of a loop over an input, for a batch.
fn looped(step: Step, size: usize) -> Function {
    let b = Builder::new();
    let (h, xs) = (b.input("h", [WIDTH]), b.input("xs", [STEPS, WIDTH]));
    let parameters = ["W", "U"].map(|name| b.parameter(name, [WIDTH, WIDTH], Initializer::Constant(0.0)));
    let all = b.scan(&[h], &[xs], |h, x| vec![step(&b, h[0], x[0], parameters)])[0];
    b.objective((all * all).sum());
    batch(&b.finish().expect("it is a loop"), size).expect("it can be batched")
}

fn recurrent<'g>(_: &'g Builder, h: Var<'g>, x: Var<'g>, [w, u]: [Var<'g>; 2]) -> Var<'g> {
    (w.matvec(h) + u.matvec(x)).tanh()
}

/// Steps in which each example is by itself, and rearranged in all ways that leave it so.
const APART: &[(&str, Step)] = &[
    ("recurrent", recurrent),
    ("softmax", |_, h, x, [w, u]| (w.matvec(h) + u.matvec(x)).softmax(0) + x),
    ("rearranged", |_, h, x, [w, u]| {
        let g = (w.matvec(h) + u.matvec(x)).reshape([4, 7]).transpose();
        let parts = g.slice(&[0, 0], &[7, 2]).concat(&[g.slice(&[0, 2], &[7, 4]).reverse(&[0])], 1);
        parts.pad(&[1, 0], &[0, 0]).slice(&[0, 0], &[7, 4]).flatten().sin()
    }),
    ("with a number of each example", |_, h, x, [w, u]| (w.matvec(h) * h.dot(x).sin() + u.matvec(x)).tanh()),
    ("both ways round", |_, h, x, [w, u]| (w.matvec(h) + w.transpose().matvec(x) + u.matvec(h * x)).tanh()),
];

/// Steps that take from other examples, or that are not told apart.
const MIXED: &[(&str, Step)] = &[
    ("mean over the batch", |_, h, x, [w, u]| (w.matvec(h) + u.matvec(x) - h.batch_mean()).tanh()),
    ("with a loop in it", |b, h, x, [w, u]| {
        let steps = Steps { length: Some(12), ..Steps::default() };
        b.scan_by(steps, &[h], &[], |g, _| vec![(w.matvec(g[0]) + u.matvec(x)).tanh()])[0].last()
    }),
];

/// Values that look random, in [−1, 1), small for parameters.
fn values(function: &Function) -> Bindings {
    let value = |id: NodeId, size: f64| {
        let salt = id.index() as f64;
        Tensor::from_fn(function.graph.shape(id), |i| size * ((i as f64 + 1.0) * 1.7 + salt * 2.3).sin())
    };
    let parameters = function.parameters.iter().map(|parameter| (parameter.node, value(parameter.node, 0.3)));
    function.inputs.iter().map(|&id| (id, value(id, 1.0))).chain(parameters).collect()
}

/// The value and, where there is one, the gradient, and where to find them.
fn with_gradient(function: &Function) -> (Graph, Vec<Value>) {
    let objective = function.objective.expect("it has one");
    let wrt: Vec<NodeId> = function.inputs.iter().copied().chain(function.parameters.iter().map(|p| p.node)).collect();
    let (graph, gradients) = grad(&function.graph, objective, &wrt).expect("it has a gradient");
    (graph, std::iter::once(objective).chain(gradients).collect())
}

/// All numbers, compiled.
fn computed(graph: &Graph, bindings: &Bindings, of: &[Value], options: &Options) -> Vec<f64> {
    let values = evaluate_compiled(graph, bindings, of, options).unwrap_or_else(|error| panic!("{error}"));
    of.iter().flat_map(|&value| values[value].data().to_vec()).collect()
}

/// Into how many shares each loop of a compiled graph is cut, as its listing says.
fn shares(graph: &Graph, of: &[Value]) -> Vec<usize> {
    let program = compile(graph, &Options { outputs: of.to_vec(), ..Options::default() }).expect("it compiles");
    let text = program.to_string();
    let count = |line: &str| {
        let (_, rest) = line.split_once(" steps")?;
        let rest = rest.trim_start_matches(" backwards");
        Some(rest.strip_prefix(", ").and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap_or(1))
    };
    text.lines().filter(|line| line.contains("= scan(")).filter_map(count).collect()
}

/// Compares with the reference at every level, on one thread, two and three, whose bits must be the same.
fn check(what: &str, function: &Function, (graph, of): (&Graph, &[Value])) {
    let bindings = values(function);
    let right = reference::evaluate(graph, &bindings, of).unwrap_or_else(|error| panic!("{what}: {error}"));
    let right: Vec<f64> = of.iter().flat_map(|&value| right[value].data().to_vec()).collect();
    for (level, precision) in
        Level::available().into_iter().flat_map(|level| [(level, Precision::F32), (level, Precision::F64)])
    {
        let on = |threads| {
            let options = Options { level: Some(level), precision, threads, ..Options::default() };
            computed(graph, &bindings, of, &options)
        };
        let one = on(1);
        let most = right.iter().fold(1.0f64, |most, x| most.max(x.abs()));
        let tolerance = if precision == Precision::F64 { 1e-12 } else { 1e-4 };
        for (index, (found, right)) in one.iter().zip(&right).enumerate() {
            assert!((found - right).abs() <= tolerance * most, "{what}, {level}, {index}: {found}, not {right}");
        }
        for threads in [2, 3] {
            assert!(on(threads) == one, "{what}, {threads} threads, {level}, {precision:?}");
        }
    }
}

#[test]
fn a_body_that_leaves_examples_apart_is_cut() {
    for &(what, step) in APART {
        // Examples of a share that fill whole vectors, and such that do not
        for (size, count) in [(64, 4), (100, 4), (38, 2)] {
            let function = looped(step, size);
            let (graph, of) = with_gradient(&function);
            let found = shares(&graph, &of);
            assert!(!found.is_empty() && found.iter().all(|&found| found == count), "{what}, {size}: {found:?}");
            check(&format!("{what}, {size}"), &function, (&graph, &of));
        }
    }
}

#[test]
fn a_body_that_mixes_examples_is_not_cut() {
    for &(what, step) in MIXED {
        let function = looped(step, 64);
        let objective = [function.objective.expect("it has one")];
        let found = shares(&function.graph, &objective);
        assert!(!found.is_empty() && found[0] == 1, "{what}: {found:?}");
        check(what, &function, (&function.graph, &objective));
    }
}

/// The body of the outer loop is not told apart, and that of the inner one is.
#[test]
fn a_loop_in_a_loop_is_cut_by_itself() {
    let function = looped(MIXED[1].1, 128);
    let objective = [function.objective.expect("it has one")];
    assert_eq!(shares(&function.graph, &objective), [1, 8]);
    check("a loop in a loop", &function, (&function.graph, &objective));
}

/// Few examples, an odd number of them, and little work.
#[test]
fn what_gives_no_equal_shares_of_some_size_is_not_cut() {
    for size in [1, 2, 16, 30, 65] {
        let function = looped(recurrent, size);
        let (graph, of) = with_gradient(&function);
        assert!(shares(&graph, &of).iter().all(|&found| found == 1), "{size}");
        check(&format!("{size} examples"), &function, (&graph, &of));
    }
    let b = Builder::new();
    let h = b.input("h", [2]);
    b.objective(b.scan_by(Steps { length: Some(4), ..Steps::default() }, &[h], &[], |h, _| vec![h[0].sin()])[0].sum());
    let small = batch(&b.finish().expect("it is a loop"), 64).expect("it can be batched");
    assert_eq!(shares(&small.graph, &[small.objective.expect("it has one")]), [1]);
}

/// What is the same at every step may be of each example, and a sequence the same for all.
#[test]
fn what_loops_read_is_of_a_share_or_of_all() {
    let b = Builder::new();
    let (h, k, xs) = (b.input("h", [WIDTH]), b.input("k", [WIDTH]), b.input("xs", [STEPS, WIDTH]));
    let [w, u, zs] = [("W", WIDTH), ("U", WIDTH), ("zs", STEPS)]
        .map(|(name, rows)| b.parameter(name, [rows, WIDTH], Initializer::Constant(0.0)));
    let all = b.scan(&[h], &[xs, zs], |h, x| {
        let next = (w.matvec(h[0]) + u.matvec(x[0] * x[1]) + k).tanh();
        vec![next, next.dot(k)]
    });
    b.objective((all[0] * all[0]).sum() + (all[1] * all[1]).sum());
    let function = batch(&b.finish().expect("it is a loop"), 64).expect("it can be batched");
    let (graph, of) = with_gradient(&function);
    assert!(shares(&graph, &of).iter().all(|&found| found == 4));
    check("read", &function, (&graph, &of));
}

#[test]
fn an_lstm_is_cut_forward_and_backward() {
    let b = Builder::new();
    let last = Lstm::new(24).apply(b.input("x", [8, 10])).last();
    b.objective((last * last).sum());
    let function = batch(&b.finish().expect("it is a loop"), 64).expect("it can be batched");
    let (graph, of) = with_gradient(&function);
    assert_eq!(shares(&graph, &of), [4, 4]);
    // The weights are turned before the loop, not by each product
    let program = compile(&graph, &Options { outputs: of.clone(), ..Options::default() }).expect("it compiles");
    assert!(program.to_string().contains("transpose 96×24"), "{program}");
    check("lstm", &function, (&graph, &of));
}
