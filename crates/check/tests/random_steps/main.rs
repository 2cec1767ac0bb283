//! Random training steps through the engine: objective, gradients and new states, over several steps, within the error
//! bound that the reference carries along, at every SIMD level and precision.

mod arms;
#[path = "../drawn/mod.rs"]
mod drawn;
mod generate;

use chainrule_exec::bounds::{Rounding, evaluate_with_bounds};
use chainrule_exec::compile::{Options, Precision, compile};
use chainrule_exec::program::Program;
use chainrule_exec::run::{Run, StreamTable, Workspace};
use chainrule_exec::{Bindings, ExecError};
use chainrule_graph::ops::Source;
use chainrule_graph::{Kind, NodeId, Op, Tensor, Value};
use chainrule_kernels::Level;
use generate::{Case, random_cases};
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
use std::cell::Cell;

/// By how many times its bound the engine may be off. The reference has rounding errors of its own, which makes 2; the
/// engine multiplies the scalars of an update in another order, which adds roundings that its graph does not have.
const MOST: f64 = 4.0;

/// How many graphs are drawn.
const GRAPHS: u32 = 3000;

/// How many steps each makes.
const STEPS: usize = 3;

/// How many elements were compared, and how many of them had no bound or hung on a close comparison.
#[derive(Clone, Copy, Default)]
struct Count {
    compared: usize,
    left_out: usize,
}

/// Numbers that look random, from −1 to 1; whole numbers below 2.
fn numbers(shape: &[usize], kind: Kind, seed: u64) -> Tensor {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    Tensor::from_fn(shape, |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let unit = (state >> 11) as f64 / (1u64 << 53) as f64;
        if kind == Kind::Real { 2.0 * unit - 1.0 } else { (2.0 * unit).floor() }
    })
}

fn inputs(case: &Case) -> Vec<NodeId> {
    let graph = &case.function.graph;
    graph.ids().filter(|&id| matches!(graph.node(id).op, Op::Source(Source::Input { .. }))).collect()
}

/// The inputs of which each step takes a row, and for each its table and its rows.
#[derive(Default)]
struct Data {
    streams: Vec<NodeId>,
    tables: Vec<StreamTable>,
    rows: Vec<Vec<Tensor>>,
    batched: bool,
}

/// The inputs with as long a first axis as the first of those that have one, and how long it is.
fn batched(case: &Case) -> (Vec<NodeId>, Option<usize>) {
    let first = |id: &NodeId| case.function.graph.shape(*id).first().copied().filter(|&size| size > 0);
    let size = case.function.inputs.iter().find_map(first);
    let streams = case.function.inputs.iter().copied().filter(|id| size.is_some() && first(id) == size);
    (streams.collect(), size)
}

/// The rows in the opposite order.
fn last_first(rows: &Tensor) -> Tensor {
    let width = rows.data().len() / rows.shape()[0];
    let count = rows.shape()[0];
    Tensor::from_fn(rows.shape(), |i| rows.data()[(count - 1 - i / width) * width + i % width])
}

impl Data {
    fn new(case: &Case, program: &Program, options: &Options) -> Result<Data, ExecError> {
        let (streams, batched) = (options.streams.clone(), options.batch.is_some());
        let mut data = Data { streams, batched, ..Data::default() };
        for (index, &id) in data.streams.iter().enumerate() {
            let node = case.function.graph.node(id);
            let row =
                |row: u64| numbers(&node.outputs[0].shape, node.outputs[0].kind, case.seed + 100 * row + index as u64);
            let rows: Vec<Tensor> = (0..STEPS as u64).map(row).collect();
            let elements: Vec<f64> = rows.iter().flat_map(|row| row.data()).copied().collect();
            data.tables.push(program.table(index, &elements)?);
            data.rows.push(rows);
        }
        Ok(data)
    }
}

/// Runs one step, and compares all it computes with the reference at the values that the engine had before it.
fn step(
    case: &Case,
    program: &Program,
    workspace: &mut Workspace,
    (data, number): (&Data, usize),
    count: &mut Count,
) -> Result<(), String> {
    let graph = &case.function.graph;
    let text = |error: ExecError| error.to_string();
    let rounding = match program.precision() {
        Precision::F32 => Rounding::F32,
        Precision::F64 => Rounding::F64,
    };
    let held: Vec<NodeId> = inputs(case).into_iter().filter(|id| !data.streams.contains(id)).collect();
    let before = held.iter().map(|&id| Ok((id, program.get(workspace, case.function.name(id))?)));
    let before = before.collect::<Result<Vec<_>, ExecError>>().map_err(text)?;
    let row = STEPS - 1 - number;
    // A batch takes its rows last first.
    let size = program.rows_a_step();
    let turned = |rows: &Tensor| if data.batched { last_first(rows) } else { rows.clone() };
    let arguments = data.streams.iter().zip(&data.rows).map(|(&id, rows)| (id, turned(&rows[row])));
    let before: Bindings = before.into_iter().chain(arguments).collect();
    let mut record = vec![f64::NAN; program.reported()];
    let tables: Vec<&StreamTable> = data.tables.iter().collect();
    let order: Vec<u32> = (row * size..(row + 1) * size).rev().map(|row| row as u32).collect();
    let run = Run { tables: &tables, order: &order, stop: None };
    program.run_steps(workspace, run, 1, &mut record).map_err(text)?;
    let new = graph.updates().iter().map(|update| update.value);
    let targets: Vec<Value> = case.outputs.iter().copied().chain(new).collect();
    let bounded = evaluate_with_bounds(graph, &before, &targets, &rounding).map_err(text)?;
    let mut rest = &record[..];
    let mut found = Vec::new();
    for &id in &case.outputs {
        let shape = graph.shape(id);
        let (elements, others) = rest.split_at(shape.size());
        found.push((id, graph.describe(id), Tensor::new(shape, elements.to_vec()).expect("as many as the shape says")));
        rest = others;
    }
    for update in graph.updates() {
        let name = case.function.name(update.target);
        found.push((update.value, format!("the new `{name}`"), program.get(workspace, name).map_err(text)?));
    }
    for id in held {
        if graph.updates().iter().all(|update| update.target != id) {
            let kept = program.get(workspace, case.function.name(id)).map_err(text)?;
            if Some(&kept) != before.get(id) {
                return Err(format!("`{}` changed, and nothing updates it", case.function.name(id)));
            }
        }
    }
    for (id, name, found) in found {
        let deviation = bounded.deviation(id, &found).expect("the shapes are the same");
        count.compared += found.data().len();
        count.left_out += deviation.left_out;
        if deviation.ratio > MOST {
            return Err(format!(
                "{name}, element {}: {} times the bound, {:?}, {}\n{found:?}\nwhere this is right: {:?}\n{program}",
                deviation.element,
                deviation.ratio,
                program.precision(),
                program.level(),
                bounded.value(id),
            ));
        }
    }
    Ok(())
}

/// Runs the steps of a graph at a level and a precision.
fn run(case: &Case, options: &Options, count: &mut Count) -> Result<(), String> {
    let graph = &case.function.graph;
    let program = compile(graph, options).map_err(|error| error.to_string())?;
    let mut workspace = program.workspace().expect("it has room");
    let data = Data::new(case, &program, options).map_err(|error| error.to_string())?;
    for id in inputs(case).into_iter().filter(|id| !data.streams.contains(id)) {
        let node = graph.node(id);
        let value = match case.function.name(id) {
            "rate" => Tensor::scalar(0.1),
            _ => numbers(&node.outputs[0].shape, node.outputs[0].kind, case.seed + id.index() as u64),
        };
        program.set(&mut workspace, case.function.name(id), &value).map_err(|error| error.to_string())?;
    }
    (0..STEPS).try_for_each(|number| step(case, &program, &mut workspace, (&data, number), count))
}

#[test]
fn random_training_steps_are_within_the_bound_of_the_reference() {
    let config = ProptestConfig { cases: GRAPHS, failure_persistence: None, ..ProptestConfig::default() };
    let total = Cell::new(Count::default());
    let result = TestRunner::new(config).run(&random_cases(), |case| {
        let mut count = total.get();
        for level in Level::available() {
            for precision in [Precision::F64, Precision::F32] {
                let outputs = case.outputs.clone();
                // A third of the graphs take rows of tables, and a third batches of them.
                let (streams, batch) = match case.seed % 3 {
                    0 => (case.function.inputs.clone(), None),
                    1 => batched(&case),
                    _ => (Vec::new(), None),
                };
                let options = Options { precision, level: Some(level), outputs, streams, batch, ..Options::default() };
                run(&case, &options, &mut count).map_err(TestCaseError::fail)?;
            }
        }
        total.set(count);
        Ok(())
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(why, case)) => panic!("{why}\nin the graph{case:?}"),
        Err(error) => panic!("{error}"),
    }
    let Count { compared, left_out } = total.get();
    assert!(left_out * 100 <= compared, "{left_out} of {compared} elements were left out");
}
