//! Our engine, ready to train a function on made-up data.

use std::time::Instant;

use chainrule_exec::compile::{Precision, compile};
use chainrule_exec::program::Program;
use chainrule_exec::run::{Run, StreamTable, Workspace};
use chainrule_graph::{Function, Kind};
use chainrule_learn::{Optimizer, Parameters, Training, step};

use crate::hand::{ROWS, noise};

/// Batches of an epoch.
pub const BATCHES: usize = 4;

/// How a function is trained.
#[derive(Clone, Copy)]
pub struct Way {
    pub optimizer: Optimizer,
    /// The rows of a step; none is one example.
    pub batch: Option<usize>,
    pub threads: usize,
    pub precision: Precision,
}

/// A program with its numbers and its data.
pub struct Trainer {
    /// Seconds that it took to build and compile the step.
    pub compile_seconds: f64,
    /// Steps of an epoch.
    pub steps: usize,
    pub program: Program,
    pub workspace: Workspace,
    tables: Vec<StreamTable>,
    order: Vec<u32>,
    record: Vec<f64>,
}

impl Trainer {
    pub fn new(function: &Function, way: Way) -> Trainer {
        let start = Instant::now();
        let training = Training {
            optimizer: way.optimizer,
            rate: 1e-4,
            precision: way.precision,
            threads: way.threads,
            ..Training::default()
        };
        let step = step(function, &training.step_options(ROWS), way.batch).expect("the model is well formed");
        let program = compile(&step.function.graph, &training.program_options(&step)).expect("the step compiles");
        let compile_seconds = start.elapsed().as_secs_f64();
        let mut workspace = program.workspace().expect("it has room");
        for (name, value) in Parameters::initialize(&step.function, 1).expect("initializers are sound").iter() {
            program.set(&mut workspace, name, value).expect("parameters fit");
        }
        let rows = way.batch.map_or(ROWS, |batch| BATCHES * batch);
        let nodes = step.function.inputs.iter().chain(&step.function.outcomes);
        let table = |(index, &id)| {
            let width = step.function.graph.shape(id).size() / way.batch.unwrap_or(1);
            let values = match step.function.graph.kind(id) {
                Kind::Int => (0..rows * width).map(|place| (place * 7 % 10) as f64).collect(),
                Kind::Real | Kind::Bool => noise(rows * width, 5 + index as u64),
            };
            program.table(index, &values).expect("the rows fit")
        };
        let tables = nodes.enumerate().map(table).collect();
        let order = (0..rows as u32).map(|row| row * 37 % rows as u32).collect();
        let steps = rows / way.batch.unwrap_or(1);
        Trainer { compile_seconds, steps, program, workspace, tables, order, record: vec![0.0; steps] }
    }

    /// An epoch: 100 examples, or 4 batches.
    pub fn epoch(&mut self) {
        let [x, y] = &self.tables[..] else { return };
        let run = Run { tables: &[x, y], order: &self.order, stop: None };
        self.program.run(&mut self.workspace, run, &mut self.record).expect("the run is sound");
    }
}
