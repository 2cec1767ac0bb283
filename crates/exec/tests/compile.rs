//! The compiled engine beside the reference interpreter.

use chainrule_exec::compile::{Options, Precision, compile};
use chainrule_exec::evaluate_compiled;
use chainrule_exec::run::Run;
use chainrule_exec::{Bindings, reference};
use chainrule_graph::ops::Elementwise;
use chainrule_graph::ops::signature::Operands;
use chainrule_graph::{Builder, Function, Graph, Initializer, Kind, Tensor, Value, grad, verify};
use chainrule_kernels::Level;

fn assert_equal_to_reference(graph: &Graph, bindings: &[(Value, Tensor)], wanted: &[Value]) {
    verify(graph).unwrap();
    let bindings: Bindings = bindings.iter().cloned().collect();
    let expected = reference::evaluate(graph, &bindings, wanted).unwrap();
    for level in Level::available() {
        for (precision, tolerance) in [(Precision::F64, 1e-12), (Precision::F32, 2e-5)] {
            let options = Options { precision, level: Some(level), ..Options::default() };
            let found = evaluate_compiled(graph, &bindings, wanted, &options).unwrap();
            for &id in wanted {
                for (index, (a, b)) in found[id].data().iter().zip(expected[id].data()).enumerate() {
                    let close = (a - b).abs() <= tolerance * (1.0 + b.abs()) || (a.is_nan() && b.is_nan()) || a == b;
                    assert!(close, "{} at {index}: {a} for {b}, {level}, {precision:?}", graph.describe(id));
                }
            }
        }
    }
}

/// Of one that the kernels compute by vectors none is left to the scalar library: a debug build says so.
#[test]
fn every_elementwise_op_is_that_of_the_reference() {
    for &op in Elementwise::ALL {
        let builder = Builder::new();
        let (a, b) = (builder.input("a", [7]), builder.input("b", [7]));
        let inputs = match op.signature().operands {
            Operands::Reals(count) | Operands::Numbers(count) => [a, b][..count].to_vec(),
            Operands::Discrete => vec![a.less(b)],
            Operands::Comparable => vec![a, b],
            Operands::Selection => vec![a.less(b), a, b],
        };
        let result = builder.push(op, &inputs).to_real().id().unwrap();
        let bindings = [(a.id().unwrap(), ramp(&[7], 1.0)), (b.id().unwrap(), ramp(&[7], 2.0))];
        assert_equal_to_reference(&builder.finish_graph().unwrap(), &bindings, &[result]);
    }
}

fn ramp(shape: &[usize], step: f64) -> Tensor {
    Tensor::from_fn(shape, |i| ((i as f64 * 0.7 + 0.3) * step).sin())
}

/// All gradients of a function of named inputs equal the reference's.
fn check(build: impl Fn(&Builder) -> (Vec<Value>, Value), bindings: Vec<Tensor>) {
    let builder = Builder::new();
    let (inputs, objective) = build(&builder);
    let graph = builder.finish_graph().unwrap();
    let real: Vec<Value> = inputs.iter().copied().filter(|&id| graph.kind(id) == Kind::Real).collect();
    let (graph, gradients) = grad(&graph, objective, &real).unwrap();
    let bindings: Vec<(Value, Tensor)> = inputs.into_iter().zip(bindings).collect();
    let wanted: Vec<Value> = [objective].into_iter().chain(gradients).collect();
    assert_equal_to_reference(&graph, &bindings, &wanted);
}

#[test]
fn a_perceptron_and_its_gradients_are_those_of_the_reference() {
    check(
        |b| {
            let x = b.input("x", [5]);
            let w1 = b.input("w1", [7, 5]);
            let b1 = b.input("b1", [7]);
            let w2 = b.input("w2", [7]);
            let y = b.input("y", []);
            let h = b.affine(w1, x, b1).tanh();
            let objective = b.squared_l2_distance(w2.dot(h), y) + b.l2_norm_penalty(0.1, w1);
            ([x, w1, b1, w2, y].iter().map(|v| v.id().unwrap()).collect(), objective.id().unwrap())
        },
        vec![ramp(&[5], 1.0), ramp(&[7, 5], 2.0), ramp(&[7], 3.0), ramp(&[7], 4.0), Tensor::scalar(0.5)],
    );
}

#[test]
fn products_of_all_shapes_are_those_of_the_reference() {
    for equation in [
        "ij,jk->ik",
        "ij,jk->ki",
        "ij,kj->ik",
        "ji,jk->ik",
        "bij,bjk->bik",
        "ibj,bjk->ibk",
        "ij,kl->ikjl",
        "ij,ij->",
        "ijk,jk->i",
        "ijk,kj->i",
        "ij,jk->kij",
    ] {
        let (operands, _) = equation.split_once("->").unwrap();
        let (lhs, rhs) = operands.split_once(',').unwrap();
        let shape = |labels: &str| labels.bytes().map(|l| 2 + (l % 4) as usize).collect::<Vec<_>>();
        let (a_shape, b_shape) = (shape(lhs), shape(rhs));
        let builder = Builder::new();
        let (a, b) = (builder.input("a", a_shape.clone()), builder.input("b", b_shape.clone()));
        let product = a.contract(b, equation);
        let objective = product.power(2.0).sum();
        let ids = [a, b, product, objective].map(|v| v.id().unwrap());
        let Ok(graph) = builder.finish_graph() else { continue };
        let (graph, gradients) = grad(&graph, ids[3], &ids[..2]).unwrap();
        let bindings = [(ids[0], ramp(&a_shape, 1.0)), (ids[1], ramp(&b_shape, 2.0))];
        let wanted: Vec<Value> = ids[2..].iter().copied().chain(gradients).collect();
        assert_equal_to_reference(&graph, &bindings, &wanted);
    }
}

#[test]
fn products_without_elements_are_computed() {
    for (shape, equation) in [
        ([3, 0, 3], "ibj,kbj->bik"),
        ([0, 2, 2], "bij,bjk->ibk"),
        ([2, 3, 0], "bij,bkj->ibk"),
        ([0, 20, 40], "ijk,ijk->jk"),
    ] {
        let builder = Builder::new();
        let (a, b) = (builder.input("a", shape), builder.input("b", shape));
        let product = a.contract(b, equation);
        let ids = [a, b, product].map(|v| v.id().unwrap());
        let graph = builder.finish_graph().unwrap();
        let bindings = [(ids[0], Tensor::zeros(shape)), (ids[1], Tensor::zeros(shape))];
        assert_equal_to_reference(&graph, &bindings, &ids[2..]);
    }
}

#[test]
fn rearranged_values_are_those_of_the_reference() {
    check(
        |b| {
            let x = b.input("x", [4, 6]);
            let y = b.input("y", [6]);
            let t = x.transpose().reshape([3, 8]).sin();
            let parts = x.slice(&[1, 2], &[3, 6]).reverse(&[1]).pad(&[1, 0], &[0, 3]).reshape([3, 7]);
            let joined = t.concat(&[parts], 1);
            let rows = (x * y).sum_axes(&[0]).exp() + x.max_axis(0) - x.min_axis(0);
            let soft = x.softmax(1).log().sum_axes(&[1]).power(2.0);
            let objective = joined.power(3.0).sum() + rows.sum() + soft.sum() + (x.logsumexp(0) * y).mean();
            ([x, y].iter().map(|v| v.id().unwrap()).collect(), objective.id().unwrap())
        },
        vec![ramp(&[4, 6], 1.0), ramp(&[6], 2.0)],
    );
}

#[test]
fn lookups_are_those_of_the_reference() {
    check(
        |b| {
            let table = b.input("table", [5, 3]);
            let index = b.input_of("index", [4], Kind::Int, Some(5));
            let class = b.input_of("class", [], Kind::Int, Some(3));
            let picked = table.gather(index, 0).tanh();
            let loss = b.nll(picked.sum_axes(&[0]).softmax(0), class);
            ([table, index, class].iter().map(|v| v.id().unwrap()).collect(), loss.id().unwrap())
        },
        vec![ramp(&[5, 3], 1.0), Tensor::vector([0.0, 4.0, 2.0, 4.0]), Tensor::scalar(1.0)],
    );
}

/// The parameters after some steps, by the reference.
fn stepped(function: &Function, values: &[(Value, Tensor)], steps: usize) -> Vec<Tensor> {
    let mut bindings: Bindings = values.iter().cloned().collect();
    let updates = function.graph.updates();
    for _ in 0..steps {
        let targets: Vec<Value> = updates.iter().map(|update| update.value).collect();
        let results = reference::evaluate(&function.graph, &bindings, &targets).unwrap();
        for update in updates {
            bindings.set(update.target, results[update.value].clone());
        }
    }
    updates.iter().map(|update| bindings.get(update.target).unwrap().clone()).collect()
}

#[test]
fn updates_in_place_are_those_of_the_reference() {
    let builder = Builder::new();
    let w = builder.state("w", [3, 4], Initializer::Constant(0.0));
    let v = builder.state("v", [4], Initializer::Constant(0.0));
    let (s, t) =
        (builder.state("s", [], Initializer::Constant(0.0)), builder.state("t", [], Initializer::Constant(0.0)));
    let (p, q) =
        (builder.state("p", [4], Initializer::Constant(0.0)), builder.state("q", [4], Initializer::Constant(0.0)));
    let g = w.matvec(v).tanh();
    builder.update(w, w * 0.9 - 0.1 * g.outer(v));
    builder.update(v, v - 0.2 * g.matmul(w) - 0.1 * v);
    builder.update(s, t);
    builder.update(t, s + 1.0);
    builder.update(p, q);
    builder.update(q, p);
    assert_steps_like_the_reference(&builder.finish().unwrap(), |index, id, graph| {
        ramp(graph.shape(id), 1.0 + index as f64)
    });
}

/// 0 times what is not finite is NaN, also where a product is added to it.
#[test]
fn what_is_multiplied_by_a_computed_0_is_read() {
    let builder = Builder::new();
    let zeros = |name: &str, shape: &[usize]| builder.state(name, shape, Initializer::Constant(0.0));
    let (keep, x, y) = (zeros("keep", &[]), zeros("x", &[4]), zeros("y", &[5]));
    let (a, b) = (zeros("a", &[3, 5]), zeros("b", &[5, 4]));
    let [axpy, gemv, outer, gemm] =
        [zeros("axpy", &[4]), zeros("gemv", &[3]), zeros("outer", &[5, 4]), zeros("gemm", &[3, 4])];
    builder.update(axpy, keep * axpy - 0.5 * x);
    builder.update(gemv, keep * gemv - a.matvec(y));
    builder.update(outer, keep * outer - y.outer(x));
    builder.update(gemm, keep * gemm - a.matmul(b));
    assert_steps_like_the_reference(&builder.finish().unwrap(), |_, id, graph| {
        let node = graph.node(id);
        match node.outputs[0].name.as_deref().unwrap() {
            "keep" => Tensor::scalar(0.0),
            "x" | "y" | "a" | "b" => ramp(&node.outputs[0].shape, 1.0),
            _ => Tensor::from_fn(&node.outputs[0].shape, |i| [f64::NAN, f64::INFINITY, 1.0, 2.0][i % 4]),
        }
    });
}

/// Three steps of a function's updates, at every level, from these values of its state.
fn assert_steps_like_the_reference(function: &Function, value: impl Fn(usize, Value, &Graph) -> Tensor) {
    let (graph, state) = (&function.graph, function.state.iter().map(|state| state.node));
    let values: Vec<(Value, Tensor)> =
        state.enumerate().map(|(index, id)| (id.into(), value(index, id.into(), graph))).collect();
    let expected = stepped(function, &values, 3);
    for level in Level::available() {
        let program = compile(graph, &Options { level: Some(level), ..Options::default() }).unwrap();
        let mut workspace = program.workspace().expect("it has room");
        for (id, value) in &values {
            program.set(&mut workspace, function.name(*id), value).unwrap();
        }
        program.run_steps(&mut workspace, Run { tables: &[], order: &[], stop: None }, 3, &mut []).unwrap();
        for (update, expected) in graph.updates().iter().zip(&expected) {
            let name = function.name(update.target);
            let found = program.get(&workspace, name).unwrap();
            for (a, b) in found.data().iter().zip(expected.data()) {
                let same = (a - b).abs() < 1e-13 || (a.is_nan() && b.is_nan());
                assert!(same, "{name}: {found:?} for {expected:?}, {level}\n{program}");
            }
        }
    }
}

/// One loop writes n anew, and then passes the old n on to m.
#[test]
fn what_is_passed_on_is_read_before_it_is_overwritten() {
    let builder = Builder::new();
    let [m, n, r] = [("m", &[40][..]), ("n", &[40]), ("r", &[])]
        .map(|(name, shape)| builder.state(name, shape, Initializer::Constant(0.0)));
    let new = m * n;
    let passed = n.stop_gradient();
    builder.update(n, new);
    builder.update(m, passed);
    builder.update(r, (passed + new).sum());
    let function = builder.finish().unwrap();
    assert_steps_like_the_reference(&function, |index, id, graph| {
        Tensor::from_fn(graph.shape(id), |i| 1.0 + (index + i) as f64 / 64.0)
    });
}

/// One loop passes `a` on, and stores another result where `a` lies.
#[test]
fn what_is_passed_on_is_read_before_its_place_is_taken() {
    let builder = Builder::new();
    let (x, w) = (builder.input("x", [1100]), builder.input("w", [1, 1100]));
    let a = x.exp();
    let y = w.matvec(a);
    let (q, p) = (2.0 * a, a.stop_gradient());
    let wanted = [y, q, p, (p + q).sum()].map(|var| var.id().unwrap());
    let ids = [x, w].map(|var| var.id().unwrap());
    let graph = builder.finish_graph().unwrap();
    let bindings = [(ids[0], ramp(&[1100], 0.25)), (ids[1], ramp(&[1, 1100], 0.5))];
    assert_equal_to_reference(&graph, &bindings, &wanted);
}

/// A result takes the place of what its loop reads only if that is read in the same order: these are larger than a block,
/// so that what is read late would be overwritten by then.
#[test]
fn what_is_read_in_another_order_is_not_overwritten() {
    let builder = Builder::new();
    let x = builder.input("x", [40, 40]);
    let (id, result) = (x.id().unwrap(), (x.exp().transpose() + 1.0).id().unwrap());
    let graph = builder.finish_graph().unwrap();
    assert_equal_to_reference(&graph, &[(id, ramp(&[40, 40], 0.5))], &[result]);

    let builder = Builder::new();
    let w = builder.state("w", [40, 40], Initializer::Constant(0.0));
    builder.update(w, 0.5 * w.transpose() + 1.0);
    let function = builder.finish().unwrap();
    assert_steps_like_the_reference(&function, |_, id, graph| ramp(graph.shape(id), 1.0));
}

/// A product that is wanted itself, or is a parameter's new value, stays when a sum takes it.
#[test]
fn products_that_are_wanted_are_kept_beside_their_sums() {
    let builder = Builder::new();
    let [a, b] = ["a", "b"].map(|name| builder.input(name, []));
    let product = a * b;
    let sum = product + a;
    let ids = [a, b, product, sum].map(|var| var.id().unwrap());
    let graph = builder.finish_graph().unwrap();
    let bindings = [(ids[0], Tensor::scalar(3.0)), (ids[1], Tensor::scalar(5.0))];
    assert_equal_to_reference(&graph, &bindings, &ids[2..]);

    let builder = Builder::new();
    let [a, b, c] = ["a", "b", "c"].map(|name| builder.state(name, [], Initializer::Constant(0.0)));
    builder.update(a, a * b);
    builder.update(c, a * b + c);
    let function = builder.finish().unwrap();
    assert_steps_like_the_reference(&function, |index, _, _| Tensor::scalar(1.25 + index as f64));
}

/// `s` is replaced in place, by what reads the old `w`, so the new `w` stands apart: a copy of the old one, to which a
/// product by the old `s` is added. The copy and what replaces `s`, both scalars, stand on two sides of that product.
#[test]
fn a_new_value_that_is_kept_apart_begins_as_the_old_one() {
    let builder = Builder::new();
    let [u, v] = ["u", "v"].map(|name| builder.state(name, [5], Initializer::Constant(0.0)));
    let [w, s] = ["w", "s"].map(|name| builder.state(name, [], Initializer::Constant(0.0)));
    let new = w + s * u.dot(v);
    builder.update(s, s * w + 1.0);
    builder.update(w, new);
    let function = builder.finish().unwrap();
    assert_steps_like_the_reference(&function, |index, id, graph| {
        Tensor::from_fn(graph.shape(id), |i| (1 + index + i) as f64 / 16.0)
    });
}

/// Products that share an operand, on any side, are computed together.
#[test]
fn two_dots_of_one_vector_are_those_of_the_reference() {
    for (first, second) in [([0, 1], [0, 2]), ([0, 1], [2, 0]), ([1, 0], [0, 2]), ([1, 0], [2, 0]), ([0, 0], [1, 0])] {
        let builder = Builder::new();
        let inputs = ["a", "b", "c"].map(|name| builder.input(name, [40]));
        let dots = [first, second].map(|[x, y]| inputs[x].dot(inputs[y]).id().unwrap());
        let ids = inputs.map(|input| input.id().unwrap());
        let graph = builder.finish_graph().unwrap();
        let bindings: Vec<(Value, Tensor)> = (1..).zip(ids).map(|(i, id)| (id, ramp(&[40], f64::from(i)))).collect();
        assert_equal_to_reference(&graph, &bindings, &dots);
        let program = compile(&graph, &Options { outputs: dots.to_vec(), ..Options::default() }).unwrap().to_string();
        assert!(program.contains("dots"), "{program}");
    }
}
