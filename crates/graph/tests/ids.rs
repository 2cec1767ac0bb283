//! Ids of another graph: every function that takes one answers with an error, or with none.

use chainrule_graph::{
    Builder, Function, Graph, Initializer, IntegerRange, Kind, NodeId, Parameter, Value, batch, batch_values,
    differentiate, grad, hvp, jvp, simplify, vjp,
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
        let message = match name {
            "differentiate an output" => "node 0 has 1 output, and none of index 1",
            _ => "node 19 is of another graph; this one has 3 nodes",
        };
        assert_eq!(error.message, message, "{name}");
    }
    let builder = Builder::extend(function.clone());
    assert!(builder.var(far).id().is_none());
    assert!(builder.finish().expect_err("a mistake").message.contains("of another graph"));
}

#[test]
fn a_role_of_a_node_of_another_graph_is_told() {
    type Edit = fn(&mut Function, NodeId);
    let edits: [(&str, Edit); 6] = [
        ("inputs", |f, far| f.inputs.push(far)),
        ("outcomes", |f, far| f.outcomes.push(far)),
        ("parameters", |f, node| f.parameters.push(Parameter::new(node, Initializer::Constant(0.0)))),
        ("state", |f, node| f.state.push(Parameter::new(node, Initializer::Constant(0.0)))),
        ("prediction", |f, far| f.prediction = Some(far.into())),
        ("objective", |f, far| f.objective = Some(far.into())),
    ];
    for (role, edit) in edits {
        let mut function = small();
        edit(&mut function, foreign());
        for error in [
            batch(&function, 2).expect_err(role),
            function.simplified::<Value>(&[]).expect_err(role),
            Builder::extend(function.clone()).finish().expect_err(role),
        ] {
            assert_eq!(error.message, "node 19 is of another graph; this one has 3 nodes", "{role}");
        }
    }
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
