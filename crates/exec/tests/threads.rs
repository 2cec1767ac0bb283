//! The number of threads changes no bit of a result.

mod step;

use chainrule_exec::compile::{Options, Precision, Run, compile};
use chainrule_graph::{Function, Tensor};
use step::{descent, perceptron};

/// The objectives and the parameters after some batches. The products and the loops are large enough for threads.
fn trained(function: &Function, precision: Precision, threads: usize) -> Vec<u64> {
    let (rows, steps) = (64, 3);
    let streams: Vec<_> = function.inputs.iter().chain(&function.outcomes).copied().collect();
    let outputs = function.objective.into_iter().collect();
    let options =
        Options { precision, threads, streams: streams.clone(), batch: Some(rows), outputs, ..Options::default() };
    let program = compile(&function.graph, &options).expect("it compiles");
    let mut workspace = program.workspace();
    for parameter in &function.parameters {
        let value = Tensor::from_fn(&function.graph.node(parameter.node).shape, |place| (place as f64).sin() / 10.0);
        program.set(&mut workspace, function.name(parameter.node), &value).expect("it fits");
    }
    let table = |(stream, &id): (usize, &_)| {
        let entries: Vec<f64> = (0..steps * function.graph.node(id).shape.size()).map(|i| (i as f64).cos()).collect();
        program.table(stream, &entries).expect("the rows fit")
    };
    let tables: Vec<_> = streams.iter().enumerate().map(table).collect();
    let tables: Vec<_> = tables.iter().collect();
    let order: Vec<u32> = (0..(steps * rows) as u32).rev().collect();
    let mut record = vec![0.0; steps];
    program.run(&mut workspace, Run { tables: &tables, order: &order, stop: None }, &mut record).expect("it runs");
    let names = function.parameters.iter().map(|parameter| function.name(parameter.node));
    let values = names.flat_map(|name| program.get(&workspace, name).expect("it is there").into_data());
    record.iter().copied().chain(values).map(f64::to_bits).collect()
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let function = descent(perceptron(&[64, 1100, 8], Some(64)));
    for precision in [Precision::F64, Precision::F32] {
        let one = trained(&function, precision, 1);
        assert!(one.iter().all(|&bits| f64::from_bits(bits).is_finite()));
        for threads in [2, 3, 8] {
            assert!(trained(&function, precision, threads) == one, "{threads} threads, {precision:?}");
        }
    }
}
