//! A value that is not finite is traced to the node where it arose.

use chainrule_check::{
    CheckError, CheckOptions, NanOrigin, NonFinite, check_function, nan_origin, nan_origin_in_derivatives,
};
use chainrule_exec::Bindings;
use chainrule_exec::reference::evaluate;
use chainrule_graph::{Builder, Graph, Tensor, Value, differentiate};

/// A graph with one vector `x`, the values of all its nodes at one x, and where what is not finite in its last node arose.
fn last_of(graph: &Graph, x: &[f64]) -> Option<NanOrigin> {
    let ids: Vec<Value> = graph.values().collect();
    let bindings: Bindings = graph.find("x").map(|id| (id, Tensor::vector(x))).into_iter().collect();
    let values = evaluate(graph, &bindings, &ids).expect("it runs");
    nan_origin(graph, &values, *ids.last().expect("it has nodes"))
}

fn graph(builder: Builder) -> Graph {
    builder.finish_graph().expect("it is well formed")
}

#[test]
fn a_finite_result_has_no_origin() {
    let b = Builder::new();
    b.input("x", [2]).exp().sum();
    assert_eq!(last_of(&graph(b), &[0.0, 1.0]), None);
}

#[test]
fn the_earliest_node_on_the_path_is_named_with_the_ranges_of_its_inputs() {
    let b = Builder::new();
    let x = b.input("x", [3]);
    let y = x.log().named("y");
    (y * 2.0 + x).sum().exp();
    let nan_origin = last_of(&graph(b), &[1.0, -2.0, 4.0]).expect("the log of −2 is NaN");
    assert_eq!((nan_origin.name.as_str(), nan_origin.op.as_str()), ("`y`", "log"));
    assert_eq!(nan_origin.non_finite, NonFinite::NaN);
    assert_eq!((nan_origin.output.nan, nan_origin.output.elements), (1, 3));
    assert_eq!(nan_origin.inputs[0].finite, Some((-2.0, 4.0)));
    assert_eq!(nan_origin.path.len(), 5);
    let text = nan_origin.to_string();
    let said = ["`y` is NaN: log, written at", "tests/nan_origin.rs", "from `x` [3]: from -2 to 4"];
    assert!(said.iter().all(|part| text.contains(part)), "{text}");
}

#[test]
fn nan_goes_before_infinity() {
    let b = Builder::new();
    let x = b.input("x", [2]);
    let large = (x * 1000.0).exp().named("large");
    let root = (-x).sqrt().named("root");
    (large + root).sum();
    assert_eq!(last_of(&graph(b), &[1.0, 0.0]).expect("it is not finite").name, "`root`");
}

#[test]
fn nan_made_of_infinities_is_traced_to_them() {
    let b = Builder::new();
    let large = (b.input("x", [2]) * 1000.0).exp().named("large");
    (large - large).sum();
    let nan_origin = last_of(&graph(b), &[1.0, 0.0]).expect("∞ − ∞ is NaN");
    assert_eq!((nan_origin.name.as_str(), nan_origin.non_finite), ("`large`", NonFinite::Infinite));
}

#[test]
fn constant_infinities_are_not_to_blame() {
    let b = Builder::new();
    let x = b.input("x", [2]);
    let masked = (x + b.constant(Tensor::vector([f64::NEG_INFINITY, 0.0]))).named("masked");
    let root = x.sqrt().named("root");
    (masked.softmax(0) * root).sum();
    assert_eq!(last_of(&graph(b), &[1.0, -1.0]).expect("the root of −1 is NaN").name, "`root`");
    // Where all is masked, softmax itself makes the NaN.
    let b = Builder::new();
    let x = b.input("x", [2]);
    (x + b.constant(Tensor::filled([2], f64::NEG_INFINITY))).softmax(0).named("shares").sum();
    assert_eq!(last_of(&graph(b), &[1.0, -1.0]).expect("0/0 is NaN").name, "`shares`");
}

#[test]
fn branches_that_are_not_selected_are_not_to_blame() {
    let b = Builder::new();
    let x = b.input("x", [2]);
    let (large, root) = ((x * -1000.0).exp().named("large"), x.sqrt().named("root"));
    x.less(0.0).select(large, root).named("guarded").sum();
    // At −1 `large` is taken, and infinite; the root is NaN, which would go first, but is not taken.
    assert_eq!(last_of(&graph(b), &[-1.0, 1.0]).expect("it is infinite").name, "`large`");
    // Where the branch is taken, it is to blame.
    let b = Builder::new();
    let x = b.input("x", [2]);
    x.less(0.0).select(x.sqrt().named("root"), x).named("guarded").sum();
    assert_eq!(last_of(&graph(b), &[-1.0, 1.0]).expect("it is NaN").name, "`root`");
}

#[test]
fn a_bound_value_is_its_own_origin() {
    let b = Builder::new();
    b.input("x", [2]).exp().sum();
    assert_eq!(last_of(&graph(b), &[f64::NAN, 1.0]).expect("it was bound so").name, "`x`");
}

#[test]
fn a_cotangent_has_an_origin_too() {
    let b = Builder::new();
    let x = b.input("x", [2]);
    let j = x.sqrt().named("root").sum().named("J");
    let (x, j) = (x.id().expect("a node"), j.id().expect("a node"));
    let derivatives = differentiate(&graph(b), j, &[x]).expect("it has derivatives");
    let ids: Vec<Value> = derivatives.graph.values().collect();
    let bindings = Bindings::new().with(x, Tensor::vector([0.0, 4.0]));
    let values = evaluate(&derivatives.graph, &bindings, &ids).expect("it runs");
    assert_eq!(nan_origin(&derivatives.graph, &values, j), None);
    let nan_origin = nan_origin_in_derivatives(&derivatives, &values).expect("1 / (2 √0) is infinite");
    assert_eq!((nan_origin.non_finite, nan_origin.op.as_str()), (NonFinite::Infinite, "div"));
    assert!(nan_origin.origin.to_string().contains("the derivative of `root`"), "{}", nan_origin.origin);
    // Away from 0 there is none.
    let bindings = Bindings::new().with(x, Tensor::vector([1.0, 4.0]));
    let values = evaluate(&derivatives.graph, &bindings, &ids).expect("it runs");
    assert_eq!(nan_origin_in_derivatives(&derivatives, &values), None);
}

#[test]
fn a_function_that_is_never_finite_is_an_error_that_names_the_node() {
    let b = Builder::new();
    let x = b.input("x", [3]);
    let y = (-(x * x) - 1.0).log().named("y");
    b.objective(y.sum());
    let error =
        check_function(&b.finish().expect("it is well formed"), &CheckOptions::default()).expect_err("never finite");
    assert!(matches!(error, CheckError::NotFinite { draws: 100, .. }), "{error}");
    assert!(error.to_string().contains("none of 100 draws") && error.to_string().contains("`y`"), "{error}");
}

#[test]
fn a_draw_that_is_not_finite_is_drawn_again() {
    // Half of the draws are positive.
    let b = Builder::new();
    b.objective(b.input("x", []).log());
    assert!(
        check_function(&b.finish().expect("it is well formed"), &CheckOptions::default()).expect("checked").passed()
    );
    // No draw makes twenty elements positive, but where guards the logarithm.
    let b = Builder::new();
    let x = b.input("x", [20]);
    b.objective(x.greater(0.0).select(x.log(), x * x).sum());
    let report = check_function(&b.finish().expect("it is well formed"), &CheckOptions::default()).expect("checked");
    assert!(report.passed(), "{report}");
}
