//! `simplify` changes no value. That it changes none of any op is tested over the case table, in crate check.

use chainrule_exec::{Bindings, reference::evaluate};
use chainrule_graph::{Builder, Function, Initializer, Tensor, Value, Var, simplify, verify};

use crate::support::{assert_close, vector};

/// Builds a function of a vector, and compares it with its simplified form on finite and non-finite elements.
#[track_caller]
fn simplifies_to(nodes: usize, function: impl for<'g> FnOnce(Var<'g>) -> Var<'g>) {
    let builder = Builder::new();
    let x = builder.input("x", [5]);
    let y = function(x).id().unwrap();
    let x = x.id().unwrap();
    let graph = builder.finish_graph().unwrap();
    let (simple, map) = simplify(&graph, &[x, y]).unwrap();
    verify(&simple).unwrap();
    assert_eq!(simple.nodes().len(), nodes, "{:?}", simple.nodes());
    let value = vector([1.5, -2.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN]);
    let before = evaluate(&graph, &Bindings::new().with(x, value.clone()), &[y]).unwrap()[y].clone();
    let (x, y) = (map.get(x).unwrap(), map.get(y).unwrap());
    let after = evaluate(&simple, &Bindings::new().with(x, value), &[y]).unwrap()[y].clone();
    assert_close(&after, &before, 0.0);
}

#[test]
fn what_changes_nothing_goes() {
    simplifies_to(1, |x| x + 0.0);
    simplifies_to(1, |x| 0.0 + x);
    simplifies_to(1, |x| x - 0.0);
    simplifies_to(1, |x| x * 1.0 / 1.0);
    simplifies_to(1, |x| -(-x));
    simplifies_to(1, |x| x.power(1.0));
    simplifies_to(1, |x| x.reverse(&[0]).reverse(&[0]));
    simplifies_to(1, |x| x.reshape([5, 1]).transpose().transpose().reshape([1, 5]).reshape([5]).sum_axes(&[]));
}

#[test]
fn equal_nodes_are_one() {
    simplifies_to(3, |x| x.exp() + x.exp());
    simplifies_to(5, |x| (x.sin() * x).exp() - (x.sin() * x).exp());
}

#[test]
fn neighbours_that_are_padded_and_added_are_joined() {
    // Three slices and what joins them, and with the zeros that are left around them
    fn part(x: Var<'_>, from: usize, to: usize) -> Var<'_> {
        x.slice(&[from], &[to]).pad(&[from], &[5 - to])
    }
    simplifies_to(5, |x| part(x, 0, 2) + part(x, 2, 3) + part(x, 3, 5));
    simplifies_to(5, |x| part(x, 3, 5) + part(x, 2, 3) + part(x, 0, 2));
    simplifies_to(5, |x| part(x, 1, 2) + part(x, 2, 4));
    // Those that leave a gap, or overlap, stay apart
    simplifies_to(6, |x| part(x, 0, 2) + part(x, 3, 5));
    simplifies_to(6, |x| part(x, 0, 3) + part(x, 2, 5));
}

#[test]
fn nothing_times_zero_stays() {
    // x may be infinite: the constant, its copies and the product.
    simplifies_to(4, |x| x * 0.0);
    simplifies_to(2, |x| x - x);
    simplifies_to(2, |x| x / x);
}

#[test]
fn constants_of_one_element_are_computed() {
    let builder = Builder::new();
    let y = (builder.constant(2.0) * 3.0 + 4.0) / 5.0 - 1.0;
    let y = y.id().unwrap();
    let graph = builder.finish_graph().unwrap();
    let (simple, map) = simplify(&graph, &[y]).unwrap();
    let y = map.get(y).unwrap();
    assert_eq!(simple.nodes().len(), 1);
    assert_eq!(evaluate(&simple, &Bindings::new(), &[y]).unwrap()[y], Tensor::scalar(1.0));
}

#[test]
fn a_function_keeps_its_parts() {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [2]), builder.outcome("y", []));
    let w = builder.parameter("w", [2], Initializer::Constant(0.0));
    let unused = builder.parameter("unused", [], Initializer::Constant(0.0));
    let _ = unused.exp();
    builder.prediction(w.dot(x) * 1.0 + 0.0);
    builder.objective((w.dot(x) - y).power(2.0) + 0.0);
    let function = builder.finish().unwrap();
    let (simple, _) = function.simplified(&[] as &[Value]).unwrap();
    verify(&simple.graph).unwrap();
    assert!(simple.graph.nodes().len() < function.graph.nodes().len());
    assert_eq!(simple.parameters.len(), 2);
    let run = |function: &Function| {
        let id = |name| function.graph.find(name).unwrap();
        let mut bindings = Bindings::new();
        bindings.set(id("x"), vector([1.0, 2.0])).set(id("y"), Tensor::scalar(3.0)).set(id("w"), vector([0.5, -0.25]));
        let targets = [function.prediction.unwrap(), function.objective.unwrap()];
        let values = evaluate(&function.graph, &bindings, &targets).unwrap();
        targets.map(|target| values[target].item())
    };
    assert_eq!(run(&function), [0.0, 9.0]);
    assert_eq!(run(&simple), [0.0, 9.0]);
}
