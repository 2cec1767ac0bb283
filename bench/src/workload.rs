//! The workloads: a model, how it is trained, its limit, and the ratio it is held to.

use std::time::Instant;

use chainrule_exec::compile::{Precision, Run, Table, compile};
use chainrule_graph::{Builder, Function, Initializer, Kind, Var};
use chainrule_learn::{Adam, Optimizer, Parameters, StepOptions, step};

use crate::hand::{self, ROWS, noise};
use crate::products;

/// Threads for minibatches.
pub const THREADS: usize = 2;

/// One row of the table.
pub struct Workload {
    pub name: &'static str,
    pub at_most: f64,
    pub ours: Box<dyn FnMut()>,
    pub our_steps: usize,
    pub limit: Box<dyn FnMut()>,
    pub limit_steps: usize,
    pub compile_seconds: f64,
    pub bytes: usize,
}

/// The workloads whose name holds `only`, each made when it is asked for.
pub fn all(only: &str) -> impl Iterator<Item = Workload> {
    type Maker = fn(&'static str) -> Workload;
    let makers: [(&'static str, Maker); 8] = [
        ("linear 400, f64, SGD", |name| single(name, 1.35, linear(400, None), hand::linear(400, None))),
        ("ridge 400, f64, SGD", |name| single(name, 1.5, linear(400, DECAY), hand::linear(400, DECAY))),
        ("MLP 1-10-1, f64, SGD", |name| single(name, 1.0, perceptron(1), hand::perceptron(1))),
        ("MLP 400-10-1, f64, SGD", |name| single(name, 1.1, perceptron(400), hand::perceptron(400))),
        ("MLP 20-64-64-1, batch 32, f32, Adam", |name| batched(name, 1.8, &[20, 64, 64, 1], 32, adam())),
        ("784-256-10, batch 128, f32, SGD", |name| batched(name, 1.15, &[784, 256, 10], 128, Optimizer::Sgd)),
        ("784-256-10, batch 128, f32, Adam", |name| batched(name, 1.35, &[784, 256, 10], 128, adam())),
        ("784-2048-2048-10, batch 256, f32, SGD", |name| {
            batched(name, 1.06, &[784, 2048, 2048, 10], 256, Optimizer::Sgd)
        }),
    ];
    let only = only.to_string();
    makers.into_iter().filter(move |(name, _)| name.contains(&only)).map(|(name, make)| make(name))
}

const DECAY: Option<f64> = Some(1e-3);

fn adam() -> Optimizer {
    Optimizer::Adam(Adam::default())
}

fn single(name: &'static str, at_most: f64, function: Function, limit: impl FnMut() + 'static) -> Workload {
    let limit = Box::new(limit);
    let (ours, compile_seconds, bytes) = trainer(&function, Optimizer::Sgd, 1, 1, Precision::F64);
    Workload { name, at_most, ours, our_steps: ROWS, limit, limit_steps: ROWS, compile_seconds, bytes }
}

fn batched(name: &'static str, at_most: f64, sizes: &[usize], batch: usize, optimizer: Optimizer) -> Workload {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build().expect("two threads can be started");
    let (ours, compile_seconds, bytes) = trainer(&dense(sizes), optimizer, batch, THREADS, Precision::F32);
    let mut products = pool.install(|| products::dense(sizes, batch));
    let limit = Box::new(move || pool.install(&mut products));
    Workload { name, at_most, ours, our_steps: 4, limit, limit_steps: 1, compile_seconds, bytes }
}

/// An epoch of our engine, of 100 rows or 4 batches, as a call; the seconds to compile it, and its bytes.
fn trainer(
    function: &Function,
    optimizer: Optimizer,
    batch: usize,
    threads: usize,
    precision: Precision,
) -> (Box<dyn FnMut()>, f64, usize) {
    let size = (batch > 1).then_some(batch);
    let rows = if batch > 1 { 4 * batch } else { ROWS };
    let start = Instant::now();
    let options = StepOptions { optimizer, rate: 1e-4, ..StepOptions::default() };
    let step = step(function, &options, size).expect("the model is well formed");
    let program = compile(&step.function.graph, &step.options(precision, threads)).expect("the step compiles");
    let compile_seconds = start.elapsed().as_secs_f64();
    if std::env::var_os("SHOW").is_some() {
        println!("{program}");
    }
    let function = step.function;
    let mut workspace = program.workspace();
    for (name, value) in Parameters::initialize(&function, 1).expect("initializers are sound").iter() {
        program.set(&mut workspace, name, value).expect("parameters fit");
    }
    let nodes: Vec<_> = function.inputs.iter().chain(&function.outcomes).copied().collect();
    let tables: Vec<Table> = nodes
        .iter()
        .enumerate()
        .map(|(place, &id)| {
            let node = function.graph.node(id);
            let width = node.shape.size() / batch;
            let values = match node.kind {
                Kind::Int => (0..rows).map(|row| (row * 7 % 10) as f64).collect(),
                _ => noise(rows * width, 5 + place as u64),
            };
            program.table(place, &values).expect("the rows fit")
        })
        .collect();
    let order: Vec<u32> = (0..rows as u32).map(|row| row * 37 % rows as u32).collect();
    let mut record = vec![0.0; rows / batch];
    let bytes = workspace.bytes();
    let ours = move || {
        let tables: [&Table; 2] = [&tables[0], &tables[1]];
        let run = Run { tables: &tables, order: &order, stop: None };
        program.run(&mut workspace, run, &mut record).expect("the run is sound");
    };
    (Box::new(ours), compile_seconds, bytes)
}

fn linear(d: usize, decay: Option<f64>) -> Function {
    let b = Builder::new();
    let (x, y) = (b.input("x", [d]), b.outcome("y", []));
    let w = b.parameter("w", [d], Initializer::Constant(0.0));
    let bias = b.parameter("b", [], Initializer::Constant(0.0));
    let prediction = b.vector_scalar_affine(x, w, bias);
    b.prediction(prediction);
    let distance = b.squared_l2_distance(prediction, y);
    b.objective(match decay {
        Some(decay) => distance + b.l2_norm_penalty(decay, w),
        None => distance,
    });
    b.finish().expect("the model is well formed")
}

fn perceptron(d: usize) -> Function {
    let b = Builder::new();
    let (x, y) = (b.input("x", [d]), b.outcome("y", []));
    let normal = Initializer::Normal { mean: 0.0, std: 0.1 };
    let (w1, b1) = (b.parameter("w1", [10, d], normal), b.parameter("b1", [10], normal));
    let (w2, b2) = (b.parameter("w2", [10], normal), b.parameter("b2", [], normal));
    let prediction = b.vector_scalar_affine(b.affine(w1, x, b1).tanh(), w2, b2);
    b.prediction(prediction);
    b.objective(b.squared_l2_distance(prediction, y));
    b.finish().expect("the model is well formed")
}

/// Dense layers with tanh between them; the squared distance for one result, softmax and NLL for several.
fn dense(sizes: &[usize]) -> Function {
    let b = Builder::new();
    let classes = sizes[sizes.len() - 1];
    let mut h: Var<'_> = b.input("x", [sizes[0]]);
    for (layer, pair) in sizes.windows(2).enumerate() {
        let w = b.parameter(&format!("w{layer}"), [pair[1], pair[0]], Initializer::Glorot);
        let bias = b.parameter(&format!("b{layer}"), [pair[1]], Initializer::Constant(0.0));
        h = b.affine(w, h, bias);
        if layer + 2 < sizes.len() {
            h = h.tanh();
        }
    }
    let objective = if classes == 1 {
        let y = b.outcome("y", []);
        b.squared_l2_distance(h.reshape([]), y)
    } else {
        let y = b.outcome_of("y", [], Kind::Int, Some(classes));
        b.nll(h.softmax(0), y)
    };
    b.objective(objective);
    b.finish().expect("the model is well formed")
}
