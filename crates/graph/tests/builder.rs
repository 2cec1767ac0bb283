//! What the builder refuses, and how it says so.

use chainrule_graph::{Builder, GraphError, Initializer, Kind, Origin, Tensor, Var};

/// What is said of a graph that is built with one mistake.
fn refusal(build: impl for<'g> FnOnce(&'g Builder)) -> GraphError {
    let builder = Builder::new();
    build(&builder);
    builder.finish().expect_err("there is a mistake")
}

fn x(builder: &Builder) -> Var<'_> {
    builder.input("x", [3, 3])
}

fn indices(builder: &Builder) -> Var<'_> {
    builder.input_of("i", [2], Kind::Int, Some(3))
}

/// The line of the caller, in an origin.
#[track_caller]
fn here() -> u32 {
    std::panic::Location::caller().line()
}

#[test]
fn an_axis_out_of_range_is_a_mistake_in_every_method_that_takes_one() {
    type Build = for<'g> fn(&'g Builder) -> Var<'g>;
    let methods: &[(&str, Build)] = &[
        ("gather", |b| x(b).gather(indices(b), 7)),
        ("gather_batched", |b| x(b).gather_batched(indices(b), 2)),
        ("scatter_add_batched", |b| b.input("u", [2]).scatter_add_batched(indices(b), 3, 2)),
        ("expand", |b| x(b).expand(7, 2)),
        ("broadcast_axes", |b| x(b).broadcast_axes([3, 3], vec![0, 7])),
        ("broadcast_axes in another order", |b| x(b).broadcast_axes([3, 3], vec![1, 0])),
        ("broadcast_axes of too few", |b| x(b).broadcast_axes([3, 3], vec![0])),
        ("sum_axes", |b| x(b).sum_axes(&[2])),
        ("mean_axes", |b| x(b).mean_axes(&[2])),
        ("max_axis", |b| x(b).max_axis(2)),
        ("min_axis", |b| x(b).min_axis(2)),
        ("argmax", |b| x(b).argmax(2)),
        ("argmin", |b| x(b).argmin(2)),
        ("logsumexp", |b| x(b).logsumexp(2)),
        ("softmax", |b| x(b).softmax(2)),
        ("transpose_axes", |b| x(b).transpose_axes(&[0, 2])),
        ("reverse", |b| x(b).reverse(&[2])),
        ("concat", |b| x(b).concat(&[x(b)], 2)),
        ("stack", |b| x(b).stack(&[b.input("other", [3, 3])], 3)),
        ("slice", |b| x(b).slice(&[0, 0, 0], &[1, 1, 1])),
        ("pad", |b| x(b).pad(&[0], &[0])),
        ("index", |b| x(b).index(3)),
    ];
    for (name, method) in methods {
        let builder = Builder::new();
        let result = method(&builder);
        assert!(result.id().is_none(), "{name} gives {result:?}");
        assert!(builder.finish().is_err(), "{name}");
    }
}

#[test]
fn an_update_says_whether_shapes_or_kinds_differ() {
    let error = refusal(|b| b.update(b.state("s", [], Initializer::Constant(0.0)), b.iota(1).index(0)));
    assert_eq!(error.message, "`s` [] cannot become reshape []: the kinds differ, real and int");
    let error = refusal(|b| b.update(b.state("s", [], Initializer::Constant(0.0)), b.input("x", [2])));
    assert_eq!(error.message, "`s` [] cannot become `x` [2]: the shapes differ");
}

#[test]
fn a_node_of_another_builder_is_blamed_on_the_line_of_the_call() {
    let other = Builder::new();
    let foreign = other.input("foreign", []);
    type Use = for<'g> fn(&'g Builder, Var<'g>) -> u32;
    let uses: &[(&str, Use)] = &[
        ("+", |b, foreign| (b.input("x", []) + foreign, here()).1),
        ("prediction", |b, foreign| (b.prediction(foreign), here()).1),
        ("objective", |b, foreign| (b.objective(foreign), here()).1),
        ("update", |b, foreign| (b.update(b.state("s", [], Initializer::Constant(0.0)), foreign), here()).1),
        ("affine", |b, foreign| (b.affine(foreign, foreign, foreign), here()).1),
        ("l2_norm_penalty", |b, foreign| (b.l2_norm_penalty(foreign, b.input("w", [2])), here()).1),
        ("max with a number", |b, foreign| (b.input("x", [2]).max(foreign), here()).1),
    ];
    for (name, with) in uses {
        let builder = Builder::new();
        let line = with(&builder, foreign);
        let error = builder.finish().expect_err(name);
        assert_eq!(error.message, "a node of another builder", "{name}");
        let Origin::Code(location) = &error.origin else { panic!("{name}: {:?}", error.origin) };
        assert_eq!((location.file(), location.line()), (file!(), line), "{name}");
    }
}

/// A method that is composed of others says the user's line, of its mistakes and of its nodes.
#[test]
fn what_a_method_is_composed_of_comes_from_the_line_of_the_call() {
    type Use = for<'g> fn(&'g Builder) -> u32;
    let wrong: &[(&str, Use)] = &[
        ("affine", |b| (b.affine(b.input("W", [2, 3]), b.input("x", [4]), b.input("b", [2])), here()).1),
        ("mean_axes", |b| (b.input("x", [3, 3]).mean_axes(&[2]), here()).1),
        ("nll", |b| (b.nll(b.input("p", [2, 3]).index(4), b.iota(1).index(0)), here()).1),
        ("+", |b| (b.input("x", [3]) + b.input("y", [2]), here()).1),
    ];
    for (name, with) in wrong {
        let builder = Builder::new();
        let line = with(&builder);
        let error = builder.finish().expect_err(name);
        let Origin::Code(location) = &error.origin else { panic!("{name}: {:?}", error.origin) };
        assert_eq!((location.file(), location.line()), (file!(), line), "{name}");
    }
    let right: &[(&str, Use)] = &[
        ("affine", |b| (b.affine(b.input("W", [2, 3]), b.input("x", [3]), b.input("b", [2])), here()).1),
        ("a column and a row", |b| (b.input("x", [3, 1]) * b.input("y", [2]), here()).1),
        ("relu", |b| (b.input("x", [3]).relu(), here()).1),
        ("log of a softmax", |b| (b.input("x", [3]).softmax(0).log(), here()).1),
    ];
    for (name, with) in right {
        let builder = Builder::new();
        let line = with(&builder);
        for node in builder.finish_graph().expect(name).nodes() {
            let Origin::Code(location) = node.origin.written() else { panic!("{name}: {:?}", node.origin) };
            assert_eq!((location.file(), location.line()), (file!(), line), "{name}: {}", node.op.name());
        }
    }
}

#[test]
fn a_role_that_is_said_twice_is_told_so() {
    let error = refusal(|b| {
        b.objective(b.input("x", []));
        b.objective(b.input("y", []));
    });
    assert_eq!(error.message, "the objective is said twice");
    let error = refusal(|b| {
        b.prediction(b.input("x", []));
        b.prediction(b.input("y", []));
    });
    assert_eq!(error.message, "the prediction is said twice");
}

#[test]
fn an_objective_is_one_real_number() {
    let error = refusal(|b| b.objective(b.input("x", [3])));
    assert_eq!(error.message, "the objective `x` [3] of kind real is no single real number");
    let error = refusal(|b| b.objective(b.input_of("i", [], Kind::Int, None)));
    assert_eq!(error.message, "the objective `i` [] of kind int is no single real number");
}

#[test]
fn initial_values_that_cannot_be_drawn_are_mistakes() {
    let of = |initializer| refusal(|b| _ = b.parameter("w", [2, 2], initializer)).message;
    assert_eq!(
        of(Initializer::Normal { mean: 0.0, std: -1.0 }),
        "`w` has a standard deviation of -1; it is at least 0"
    );
    assert_eq!(of(Initializer::Uniform { low: 1.0, high: 0.0 }), "`w` is drawn from 1 to 0, an empty range");
    assert_eq!(of(Initializer::Normal { mean: f64::NAN, std: 1.0 }), "`w` starts from NaN, which is not finite");
    let error = refusal(|b| _ = b.state("s", [2], Initializer::Glorot));
    assert_eq!(error.message, "`s` of shape [2] has too few axes for glorot, which needs two or more");
}

#[test]
fn a_mistake_can_be_taken_and_building_goes_on() {
    let builder = Builder::new();
    let x = builder.input("x", [3]);
    let _ = x.reshape([2]);
    let mistake = builder.take_error().expect("3 elements are not 2");
    assert!(mistake.message.contains("3 elements"), "{mistake}");
    assert_eq!(builder.take_error(), None);
    builder.objective(x.sum());
    assert_eq!(builder.finish().expect("nothing is wrong any more").graph.nodes().len(), 2);
}

#[test]
fn nodes_and_mistakes_come_from_where_a_binding_says() {
    let builder = Builder::new();
    let origin = Origin::File { path: "model.py".into(), line: 7 };
    let x = builder.with_origin(origin.clone(), |builder| builder.input("x", [3]));
    builder.with_origin(Origin::File { path: "model.py".into(), line: 8 }, |_| x.reshape([2]));
    let mistake = builder.take_error().expect("3 elements are not 2");
    assert_eq!(mistake.to_string(), "reshape(`x`) [3] has 3 elements, [2] would have 2 (at model.py:8)");
    let graph = builder.finish_graph().expect("nothing else is wrong");
    assert_eq!(graph.node(graph.find("x").expect("it is named")).origin, origin);
}

#[test]
fn a_constant_of_any_kind_may_be_given() {
    let builder = Builder::new();
    let truth = builder.constant_of(Tensor::vector([1.0, 0.0]), Kind::Bool);
    assert_eq!((truth.kind(), truth.shape()), (Kind::Bool, [2].into()));
    // Truth values are compared as such.
    assert_eq!(truth.less(truth).kind(), Kind::Bool);
    assert_eq!(builder.finish_graph().expect("it is right").nodes().len(), 2);
}

#[test]
fn a_number_may_be_written_without_its_point() {
    let with_points = Builder::new();
    let x = with_points.input("x", [2]);
    let _ = (2.0 * x + 1.0, 1.0 - x, x / 2.0 - 1.0, x.max(0.0), x.less(3.0));
    let without = Builder::new();
    let x = without.input("x", [2]);
    let _ = (2 * x + 1, 1 - x, x / 2 - 1, x.max(0), x.less(3));
    let graphs = [with_points, without].map(|builder| builder.finish_graph().expect("all shapes fit"));
    let ops = |graph: &chainrule_graph::Graph| graph.nodes().iter().map(|node| node.op.clone()).collect::<Vec<_>>();
    assert_eq!(ops(&graphs[0]), ops(&graphs[1]));
}
