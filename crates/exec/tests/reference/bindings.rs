//! What `evaluate` takes and what it refuses.

use chainrule_exec::{Bindings, ExecError, reference::evaluate};
use chainrule_graph::{Builder, Kind, Tensor};

use crate::support::vector;

fn refused(shape: &[usize], kind: Kind, bound: Option<usize>, value: Option<Tensor>) -> String {
    let builder = Builder::new();
    let x = builder.input_of("x", shape, kind, bound).id().unwrap();
    let graph = builder.finish_graph().unwrap();
    let bindings: Bindings = value.map(|value| (x, value)).into_iter().collect();
    evaluate(&graph, &bindings, &[x]).expect_err("a wrong value").to_string()
}

#[test]
fn a_missing_value_is_named() {
    let message = refused(&[2], Kind::Real, None, None);
    assert_eq!(message, "`x` has no value; it takes one of shape [2]");
}

#[test]
fn a_wrong_shape_is_told_with_both_shapes() {
    let message = refused(&[2, 3], Kind::Real, None, Some(Tensor::zeros([3, 2])));
    assert_eq!(message, "`x` takes a value of shape [2, 3], not [3, 2]");
}

#[test]
fn whole_numbers_and_truth_values_are_checked() {
    let wrong = |kind, bound, element: f64| refused(&[2], kind, bound, Some(vector([1.0, element])));
    assert_eq!(wrong(Kind::Int, Some(3), 3.0), "`x` takes a whole number from 0 to 2, not 3 (element 1)");
    assert_eq!(wrong(Kind::Int, Some(3), -1.0), "`x` takes a whole number from 0 to 2, not -1 (element 1)");
    assert_eq!(wrong(Kind::Int, None, 0.5), "`x` takes a whole number, not 0.5 (element 1)");
    assert_eq!(wrong(Kind::Int, None, f64::NAN), "`x` takes a whole number, not NaN (element 1)");
    assert_eq!(wrong(Kind::Int, None, f64::INFINITY), "`x` takes a whole number, not inf (element 1)");
    assert_eq!(wrong(Kind::Bool, None, 2.0), "`x` takes 0 or 1, not 2 (element 1)");
}

#[test]
fn an_index_out_of_range_is_told_with_the_node_and_the_size() {
    let builder = Builder::new();
    let x = builder.input("x", [3]);
    let index = builder.input_of("index", [2], Kind::Int, None);
    let picked = x.gather(index, 0).named("picked").id().unwrap();
    let (x, index) = (x.id().unwrap(), index.id().unwrap());
    let graph = builder.finish_graph().unwrap();
    let bindings = Bindings::new().with(x, vector([1.0, 2.0, 3.0])).with(index, vector([0.0, 3.0]));
    let error = evaluate(&graph, &bindings, &[picked]).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("`picked`, written at") && message.contains("bindings.rs"), "{message}");
    let ExecError::Node { node, problem, .. } = error else { panic!("{message}") };
    assert_eq!(node, picked.node);
    assert!(problem.starts_with("index 3 (element 1 of the indices)"), "{problem}");
    assert!(problem.contains("below 3, the size of axis 0"), "{problem}");
}

#[test]
fn only_what_a_target_needs_is_computed() {
    let builder = Builder::new();
    let x = builder.input("x", []);
    let unbound = builder.input("unbound", []);
    let (y, z) = (x.exp(), unbound.exp());
    let (x, y, z) = (x.id().unwrap(), y.id().unwrap(), z.id().unwrap());
    let graph = builder.finish_graph().unwrap();
    let values = evaluate(&graph, &Bindings::new().with(x, Tensor::scalar(0.0)), &[y]).unwrap();
    assert_eq!(values[y].item(), 1.0);
    assert_eq!(values.get(z), None);
}
