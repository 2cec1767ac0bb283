//! Ids of another graph: every function that takes one answers with an error, or with none.

use chainrule_graph::{
    Builder, Function, Graph, IntegerRange, Kind, NodeId, Value, batch_values, differentiate, grad, hvp, jvp, simplify,
    vjp,
};

/// x · x of one real number, and a whole number that indexes nothing.
fn small() -> Function {
    let builder = Builder::new();
    let x = builder.input("x", []);
    builder.input_of("i", [], Kind::Int, None);
    builder.objective(x * x);
    builder.finish().expect("it is right")
}

/// An id of a larger graph.
fn foreign() -> NodeId {
    let builder = Builder::new();
    (0..20).for_each(|_| _ = builder.constant(1.0));
    builder.finish_graph().expect("it is right").ids().next_back().expect("there are 20")
}

#[test]
fn what_returns_a_result_says_that_a_node_is_of_another_graph() {
    let function = small();
    let (graph, j, x) = (&function.graph, function.objective.expect("it has one"), function.inputs[0]);
    let far = foreign();
    // A node that is there, but has no such output.
    let second: Value = x.output(1);
    for (name, error) in [
        ("differentiate", differentiate(graph, far, &[x]).err()),
        ("differentiate by", differentiate(graph, j, &[far]).err()),
        ("differentiate an output", differentiate(graph, second, &[x]).err()),
        ("grad", grad(graph, far, &[x]).err()),
        ("grad by", grad(graph, j, &[far]).err()),
        ("vjp", vjp(graph, far, &[x]).err()),
        ("vjp by", vjp(graph, j, &[far]).err()),
        ("jvp", jvp(graph, far, &[x]).err()),
        ("jvp by", jvp(graph, j, &[far]).err()),
        ("hvp", hvp(graph, far, &[x]).err()),
        ("hvp by", hvp(graph, j, &[far]).err()),
        ("batch_values", batch_values(&function, 2, &[far]).err()),
        ("simplify", simplify(graph, &[far]).err()),
        ("simplified", function.simplified(&[far]).err()),
    ] {
        let error = error.unwrap_or_else(|| panic!("{name} takes it"));
        assert!(error.message.contains("of another graph; this one has 3 nodes"), "{name}: {error}");
    }
    let builder = Builder::extend(function.clone());
    assert!(builder.var(far).id().is_none());
    assert!(builder.finish().expect_err("a mistake").message.contains("of another graph"));
}

#[test]
fn what_returns_an_option_returns_none() {
    let function = small();
    let (graph, j) = (&function.graph, function.objective.expect("it has one"));
    let far = foreign();
    assert!(graph.get(far).is_none() && !graph.contains(far) && !graph.contains(j.node.output(1)));
    assert_eq!(graph.describe(far), "node 19 of another graph");
    assert_eq!(graph.needed_for([far]), [false; 3]);
    assert_eq!(graph.dependent_on([far]), [false; 3]);
    assert_eq!(graph.count_users([Value::from(far)]), [2, 0, 0]);
    assert_eq!(function.name(far), "");
    assert_eq!((function.integer_range(far), function.bound(far)), (IntegerRange::within(None), None));
    let derivatives = differentiate(graph, j, &[function.inputs[0]]).expect("it has derivatives");
    assert_eq!(derivatives.cotangent(far), None);
    let (_, map) = simplify(graph, &[j]).expect("they are its own");
    assert_eq!(map.get(far), None);
    assert_eq!(Graph::default().find("x"), None);
}

#[test]
fn the_gradient_lines_up_with_what_it_is_by() {
    let function = small();
    let (graph, j) = (&function.graph, function.objective.expect("it has one"));
    let (whole, real) = (function.inputs[1], function.inputs[0]);
    let (extended, gradients) = grad(graph, j, &[whole, real, whole]).expect("both may be asked for");
    let [first, second, third] = gradients[..] else { panic!("{gradients:?}") };
    // That of the whole number is a 0; that of x is a sum of two contributions.
    assert_eq!(extended.node(first).op.name(), "constant");
    assert_eq!(extended.node(second).op.name(), "add");
    assert_eq!(extended.node(third).op.name(), "constant");
}
