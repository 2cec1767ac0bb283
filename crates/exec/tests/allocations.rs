//! A run allocates nothing. What the library of matrix products takes for packing, and threads for their work, is apart:
//! one example a step has no such product.

mod step;

use allocation_counter::measure;
use chainrule_exec::compile::{Options, Precision, compile};
use chainrule_exec::run::{End, Run};
use chainrule_graph::layers::{Dropout, Gru};
use chainrule_graph::{Builder, Function, Initializer, Kind, Steps, Tensor};
use step::{descent, perceptron};

/// A step on every other kind of instruction: lookups, softmax, extremes, rearrangements, sums along axes, random numbers.
fn lookups() -> Function {
    let builder = Builder::new();
    let x = builder.input("x", [12]);
    let class = builder.outcome_of("class", [], Kind::Int, Some(4));
    let table = builder.parameter("table", [4, 12], Initializer::Constant(0.1));
    let moved = (table * x).transpose().reverse(&[0]).pad(&[0, 1], &[0, 0]).slice(&[0, 1], &[12, 5]);
    let scores = moved.sum_axes(&[0]) + table.max_axis(1) + table.transpose().logsumexp(0);
    let picked = table.gather(class, 0).concat(&[x], 0).sum();
    let kept = Dropout::new(0.5).apply(scores);
    builder.objective(builder.nll(kept.softmax(0), class) + 0.01 * picked.sin());
    builder.finish().expect("the shapes fit")
}

/// A step on a sequence: a loop, and its derivative. So few steps that the products are ours.
fn recurrent() -> Function {
    let builder = Builder::new();
    let last = Gru::new(5).apply(builder.input("x", [2, 3])).last();
    let (steps, rate) = (Steps { length: Some(4), reverse: true }, builder.constant(0.5));
    let counted = builder.scan_by(steps, &[last], &[], |h, _| vec![(h[0] * rate).sin()])[0];
    builder.objective((last * counted.index(0)).sum());
    builder.finish().expect("the shapes fit")
}

/// How often a step allocates, once the first have been made. Allocations by other threads are not seen.
fn allocations(function: &Function, precision: Precision, batch: Option<usize>) -> u64 {
    let streams: Vec<_> = function.inputs.iter().chain(&function.outcomes).copied().collect();
    let objective = function.objective.expect("it has an objective");
    let options = Options {
        precision,
        batch,
        streams: streams.clone(),
        outputs: vec![objective],
        finite: Some(objective),
        ..Options::default()
    };
    let program = compile(&function.graph, &options).expect("it compiles");
    let mut workspace = program.workspace().expect("it has room");
    for parameter in &function.parameters {
        let shape = function.graph.shape(parameter.node);
        let value = Tensor::from_fn(shape, |index| (index as f64).sin() / 10.0);
        program.set(&mut workspace, function.name(parameter.node), &value).expect("it fits");
    }
    let tables: Vec<_> = (streams.iter().enumerate())
        .map(|(stream, &id)| {
            let node = function.graph.node(id);
            let element = |index: usize| {
                if node.outputs[0].kind == Kind::Real { (index as f64).cos() } else { (index % 4) as f64 }
            };
            program
                .table(
                    stream,
                    &(0..50 * node.outputs[0].shape.size() / batch.unwrap_or(1)).map(element).collect::<Vec<_>>(),
                )
                .expect("the rows fit")
        })
        .collect();
    let tables: Vec<_> = tables.iter().collect();
    let order: Vec<u32> = (0..50).collect();
    let mut record = vec![0.0; 50 / batch.unwrap_or(1) * program.reported()];
    let run = Run { tables: &tables, order: &order, stop: None };
    let mut ended = None;
    program.run(&mut workspace, run, &mut record).expect("it runs");
    let counted = measure(|| {
        ended = program.run(&mut workspace, run, &mut record).ok();
    });
    assert_eq!(ended, Some((50 / batch.unwrap_or(1), End::Finished)));
    assert!(record.iter().all(|value| value.is_finite()));
    counted.count_total.div_ceil(50 / batch.unwrap_or(1) as u64)
}

#[test]
fn a_run_allocates_nothing() {
    for precision in [Precision::F64, Precision::F32] {
        assert_eq!(allocations(&descent(perceptron(&[400, 1], None)), precision, None), 0);
        assert_eq!(allocations(&descent(perceptron(&[400, 10, 1], None)), precision, None), 0);
        assert_eq!(allocations(&descent(lookups()), precision, None), 0);
        assert_eq!(allocations(&descent(recurrent()), precision, None), 0);
        // So few rows that the products are ours
        assert_eq!(allocations(&descent(perceptron(&[400, 10, 1], Some(2))), precision, Some(2)), 0);
        assert_eq!(allocations(&descent(perceptron(&[400, 1], Some(25))), precision, Some(25)), 0);
    }
}

/// A caller's loop: values in, a step, values out.
#[test]
fn values_that_go_in_and_out_by_handles_allocate_nothing() {
    let builder = Builder::new();
    let x = builder.input("x", [4, 6]);
    let y = x.exp().transpose();
    let id = y.id().expect("the shapes fit");
    let graph = builder.finish_graph().expect("the shapes fit");
    let program = compile(&graph, &Options { outputs: vec![id], ..Options::default() }).expect("it compiles");
    let mut workspace = program.workspace().expect("it has room");
    let (x, y) = (program.argument("x").expect("it is one"), program.output(id).expect("it is one"));
    let (values, mut found) = ([0f32; 24], [0f32; 24]);
    let counted = measure(|| {
        program.write_argument(&mut workspace, x, &values).expect("it takes them");
        program.advance(&mut workspace, Run::default(), 1).expect("it runs");
        program.read_output(&workspace, y, &mut found).expect("there is room");
    });
    assert_eq!((counted.count_total, found), (0, [1.0; 24]));
}

#[test]
fn on_batches_only_the_library_of_products_allocates() {
    for precision in [Precision::F64, Precision::F32] {
        for sizes in [&[400, 10, 1][..], &[20, 64, 64, 1], &[784, 256, 10]] {
            // Forward, by parameter, and by input but for the first: each is packed once.
            let products = 3 * (sizes.len() as u64 - 1) - 1;
            let found = allocations(&descent(perceptron(sizes, Some(10))), precision, Some(10));
            assert!(found <= products, "{found} allocations a step, for {products} products: {sizes:?}");
        }
    }
}
