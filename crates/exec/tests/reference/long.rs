//! Long chains: nothing recurses over a graph, nothing grows with the square of its length.

use chainrule_exec::{Bindings, reference::evaluate};
use chainrule_graph::{Builder, Tensor, Var, grad, simplify, verify};

use crate::support::vector;

#[test]
fn a_million_nodes_in_a_row() {
    let builder = Builder::new();
    let x = builder.input("x", []);
    let end = (0..1_000_000).fold(x, |y, _| -y).id().unwrap();
    let x = x.id().unwrap();
    let graph = builder.finish_graph().unwrap();
    let values = evaluate(&graph, &Bindings::new().with(x, Tensor::scalar(1.5)), &[end]).unwrap();
    assert_eq!(values[end].item(), 1.5);
}

/// Builds, differentiates, simplifies and runs f(x) for x = [1, 2], and returns the gradient of its sum.
fn gradient_of(function: impl for<'g> FnOnce(Var<'g>) -> Var<'g>) -> Tensor {
    let builder = Builder::new();
    let x = builder.input("x", [2]);
    let y = function(x).sum().id().unwrap();
    let x = x.id().unwrap();
    let (graph, gradients) = grad(&builder.finish_graph().unwrap(), y, &[x]).unwrap();
    verify(&graph).unwrap();
    let (simple, map) = simplify(&graph, &[x, gradients[0]]).unwrap();
    let (x, found) = (map.get(x).unwrap(), map.get(gradients[0]).unwrap());
    evaluate(&simple, &Bindings::new().with(x, vector([1.0, 2.0])), &[found]).unwrap()[found].clone()
}

#[test]
fn scopes_of_one_name_in_a_row() {
    assert_eq!(gradient_of(|x| (0..50_000).fold(x, |y, _| y.relu())), vector([1.0, 1.0]));
}

#[test]
fn views_in_a_row() {
    let found = gradient_of(|x| (0..50_000).fold(x, |y, _| y.broadcast_axes([1, 2], vec![1]).reshape([2])) + 1.0);
    assert_eq!(found, vector([1.0, 1.0]));
}

#[test]
fn a_node_read_many_times() {
    assert_eq!(gradient_of(|x| (0..50_000).fold(x, |y, _| y + x)), vector([50_001.0, 50_001.0]));
}
