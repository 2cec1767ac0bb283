//! What evaluates a graph binds values by node, and takes no node of another graph.

use chainrule_exec::bounds::{Rounding, evaluate_with_bounds};
use chainrule_exec::compile::Options;
use chainrule_exec::{
    Bindings, Values, check_memory_of, evaluate_compiled, infinite_by_constants, nan_origin, nan_origin_in_derivatives,
    reference,
};
use chainrule_graph::ops::Source;
use chainrule_graph::{Builder, Graph, Kind, NodeId, Op, Tensor, Value, differentiate};

/// Σ 2x, and x, which has no name.
fn nameless() -> (Graph, Value, Value) {
    let builder = Builder::new();
    let x = builder.push(Op::Source(Source::Input { shape: [2].into(), kind: Kind::Real, bound: None }), &[]);
    let sum = (x * 2.0).sum();
    let (x, sum) = (x.id().unwrap(), sum.id().unwrap());
    (builder.finish_graph().unwrap(), x, sum)
}

#[test]
fn an_input_without_a_name_is_bound_by_its_node() {
    let (graph, x, sum) = nameless();
    let bindings = Bindings::new().with(x, Tensor::vector([3.0, 4.0]));
    let values = evaluate_compiled(&graph, &bindings, &[sum], &Options::default()).unwrap();
    assert_eq!(values[sum].item(), 14.0);
}

#[test]
fn an_input_without_a_name_needs_a_value_too() {
    let (graph, x, sum) = nameless();
    let error = evaluate_compiled(&graph, &Bindings::new(), &[sum], &Options::default()).unwrap_err();
    let missing = format!("{} has no value; it takes one of shape [2]", graph.describe(x));
    assert_eq!(error.to_string(), missing);
    assert_eq!(reference::evaluate(&graph, &Bindings::new(), &[sum]).unwrap_err().to_string(), missing);
}

#[test]
fn a_node_of_another_graph_is_an_error() {
    let (graph, x, sum) = nameless();
    let foreign = NodeId::from_index(99);
    let bindings = Bindings::new().with(x, Tensor::vector([3.0, 4.0]));
    let with_foreign = bindings.clone().with(foreign, Tensor::scalar(1.0));
    let options = Options::default();
    let errors = [
        reference::evaluate(&graph, &bindings, &[foreign]).unwrap_err(),
        reference::evaluate(&graph, &with_foreign, &[sum]).unwrap_err(),
        evaluate_with_bounds(&graph, &bindings, &[foreign], &Rounding::F64).unwrap_err(),
        evaluate_with_bounds(&graph, &with_foreign, &[sum], &Rounding::F64).unwrap_err(),
        evaluate_compiled(&graph, &bindings, &[foreign], &options).unwrap_err(),
        evaluate_compiled(&graph, &with_foreign, &[sum], &options).unwrap_err(),
        check_memory_of(&graph, [foreign.into()].into_iter()).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.to_string(), "node 99 is of another graph; this one has 5 nodes");
    }
}

#[test]
fn of_another_graphs_values_no_origin_is_found() {
    let (small, ..) = nameless();
    let builder = Builder::new();
    let mut y = builder.constant(-1.0);
    for _ in 0..9 {
        y = y.sqrt();
    }
    let last = y.id().unwrap();
    let large = builder.finish_graph().unwrap();
    let values = reference::evaluate(&large, &Bindings::new(), &[last]).unwrap();
    assert!(nan_origin(&large, &values, last).is_some());
    assert_eq!(nan_origin(&small, &values, last), None);
    assert_eq!(nan_origin(&large, &values, NodeId::from_index(99)), None);
    assert_eq!(infinite_by_constants(&small, &values), [false; 5]);
    let nothing: Values = reference::evaluate::<Value>(&large, &Bindings::new(), &[]).unwrap();
    assert_eq!(infinite_by_constants(&large, &nothing), [false; 10]);
    let mut derivatives = differentiate::<Value>(&large, last, &[]).unwrap();
    derivatives.output = NodeId::from_index(99).into();
    assert_eq!(nan_origin_in_derivatives(&derivatives, &values), None);
}
