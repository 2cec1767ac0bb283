//! The number of threads changes no bit of a result.

mod step;

use chainrule_exec::compile::{Level, Options, Precision, compile};
use chainrule_exec::program::Program;
use chainrule_exec::run::{Run, StreamTable};
use chainrule_exec::{Bindings, reference};
use chainrule_graph::layers::{Conv, Dense, Lstm, SelfAttention};
use chainrule_graph::{Builder, Function, Initializer, NodeId, Pool, Tensor, Value, batch};
use step::{descent, perceptron};

const ROWS: usize = 64;
const STEPS: usize = 3;

/// A step on batches, and its data. The products, the loops and the rows are large enough for threads.
struct Trainer<'a> {
    function: &'a Function,
    program: Program,
    tables: Vec<StreamTable>,
}

impl<'a> Trainer<'a> {
    fn new(function: &'a Function, precision: Precision, level: Level, threads: usize) -> Trainer<'a> {
        let streams: Vec<_> = function.inputs.iter().chain(&function.outcomes).copied().collect();
        let outputs = function.objective.into_iter().collect();
        let options = Options {
            precision,
            level: Some(level),
            threads,
            streams: streams.clone(),
            batch: Some(ROWS),
            outputs,
            ..Options::default()
        };
        let program = compile(&function.graph, &options).expect("it compiles");
        let table = |(stream, &id): (usize, &_)| {
            let count = STEPS * function.graph.shape(id).size();
            let elements: Vec<f64> = (0..count).map(|i| (i as f64).cos()).collect();
            program.table(stream, &elements).expect("the rows fit")
        };
        let tables = streams.iter().enumerate().map(table).collect();
        Trainer { function, program, tables }
    }

    /// The objectives and the parameters after steps on these rows.
    fn after(&self, order: &[u32]) -> Vec<f64> {
        let Trainer { function, program, tables } = self;
        let mut workspace = program.workspace().expect("it has room");
        for parameter in &function.parameters {
            let value = start(function, parameter.node);
            program.set(&mut workspace, function.name(parameter.node), &value).expect("it fits");
        }
        let tables: Vec<_> = tables.iter().collect();
        let mut record = vec![0.0; order.len() / ROWS];
        program.run(&mut workspace, Run { tables: &tables, order, stop: None }, &mut record).expect("it runs");
        let names = function.parameters.iter().map(|parameter| function.name(parameter.node));
        let values = names.flat_map(|name| program.get(&workspace, name).expect("it is there").into_data());
        record.into_iter().chain(values).collect()
    }

    /// The bits of all that some steps give.
    fn trained(&self) -> Vec<u64> {
        let order: Vec<u32> = (0..(STEPS * ROWS) as u32).rev().collect();
        self.after(&order).into_iter().map(f64::to_bits).collect()
    }
}

/// The value that a parameter begins with.
fn start(function: &Function, parameter: NodeId) -> Tensor {
    Tensor::from_fn(function.graph.shape(parameter), |index| (index as f64).sin() / 10.0)
}

/// Steps whose loops are large: one sums over the rows of a batch, one over the elements of each row; a loop over steps,
/// convolutions, and attention, whose products are many and small.
fn functions() -> [Function; 5] {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [2048]), builder.outcome("y", []));
    let w = builder.parameter("w", [2048], Initializer::Constant(0.0));
    builder.objective(((x * w).tanh() * w.sin()).sum() * y);
    let wide = builder.finish().expect("the shapes fit");
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [6, 40]), builder.outcome("y", []));
    let last = Lstm::new(48).apply(x).last();
    builder.objective((last * last).sum() * y);
    let recurrent = builder.finish().expect("the shapes fit");
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [3, 12, 12]), builder.outcome("y", []));
    let seen = Conv::new(8, 3).apply(x).relu().max_pool(&Pool::new(2));
    builder.objective(Dense::new(2).apply(seen.flatten()).tanh().sum() * y);
    let convolutional = builder.finish().expect("the shapes fit");
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [32, 32]), builder.outcome("y", []));
    let looked = SelfAttention::new(2).causal(true).apply(x);
    builder.objective((looked * looked).sum() * y);
    let attentive = builder.finish().expect("the shapes fit");
    let batched = |function: &Function| descent(batch(function, ROWS).expect("it can be batched"));
    let [wide, recurrent, convolutional, attentive] = [&wide, &recurrent, &convolutional, &attentive].map(batched);
    [descent(perceptron(&[64, 1100, 8], Some(ROWS))), wide, recurrent, convolutional, attentive]
}

/// Below this size a loop is not cut; the random graphs are small, and see no cut loop.
#[test]
fn large_loops_agree_with_the_reference() {
    for function in functions() {
        let objective = function.objective.expect("it has one");
        let graph = &function.graph;
        let data = function.inputs.iter().chain(&function.outcomes);
        let rows = data.map(|&id| (id, Tensor::from_fn(graph.shape(id), |i| (i as f64).cos())));
        let starts = function.parameters.iter().map(|parameter| (parameter.node, start(&function, parameter.node)));
        let bindings: Bindings = rows.chain(starts).collect();
        let new: Vec<Value> = graph.updates().iter().map(|update| update.value).collect();
        let targets: Vec<Value> = [objective].into_iter().chain(new).collect();
        let values = reference::evaluate(graph, &bindings, &targets).expect("it runs");
        let right: Vec<f64> = targets.iter().flat_map(|&id| values[id].data().to_vec()).collect();
        let order: Vec<u32> = (0..ROWS as u32).collect();
        for (threads, level) in [1, 2, 3].into_iter().flat_map(|n| Level::available().into_iter().map(move |l| (n, l)))
        {
            let found = Trainer::new(&function, Precision::F64, level, threads).after(&order);
            assert_eq!(found.len(), right.len());
            for (index, (found, right)) in found.iter().zip(&right).enumerate() {
                let apart = (found - right).abs();
                assert!(
                    apart <= 1e-12 * right.abs().max(1.0),
                    "{index}: {found}, not {right}, {threads} threads, {level}"
                );
            }
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for (function, precision) in functions().iter().flat_map(|f| [(f, Precision::F64), (f, Precision::F32)]) {
        for level in Level::available() {
            let one = Trainer::new(function, precision, level, 1).trained();
            assert!(one.iter().all(|&bits| f64::from_bits(bits).is_finite()));
            for threads in [2, 3, 8] {
                let found = Trainer::new(function, precision, level, threads).trained();
                assert!(found == one, "{threads} threads, {precision:?}, {level}");
            }
        }
    }
}

/// A program is shared: several callers run it at once, each on a workspace of its own.
#[test]
fn callers_at_once_get_the_same_bits() {
    let [function, ..] = functions();
    let trainer = Trainer::new(&function, Precision::F64, Level::best(), 4);
    let one = trainer.trained();
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..4).map(|_| scope.spawn(|| (0..50).map(|_| trainer.trained()).collect())).collect();
        for caller in callers {
            let found: Vec<Vec<u64>> = caller.join().expect("it runs");
            assert!(found.iter().all(|bits| *bits == one));
        }
    });
}
