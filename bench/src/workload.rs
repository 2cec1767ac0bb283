//! The workloads: a model, how it is trained, its limit, and what it is held to.

use chainrule_exec::compile::Precision;
use chainrule_graph::{Function, GraphError};
use chainrule_learn::models::{LinearRegression, MlpClassifier, MlpRegression, RidgeRegression};
use chainrule_learn::{Adam, Optimizer, Training};

use crate::hand::{self, ROWS};
use crate::products;
use crate::trainer::{BATCHES, Trainer, Way};

/// Threads for minibatches.
pub const THREADS: usize = 2;

/// One row of the table.
pub struct Workload {
    /// What the peers' script calls it.
    pub key: &'static str,
    pub name: &'static str,
    /// The greatest ratio to the limit.
    pub at_most: f64,
    /// How many times as fast as a peer it is to be.
    pub ahead_of: &'static [(&'static str, f64)],
    way: Way,
    model: Model,
}

#[derive(Clone, Copy)]
enum Model {
    Linear { d: usize, lambda: Option<f64> },
    Dense(&'static [usize]),
}

/// All workloads, in the order of the table.
pub fn all() -> Vec<Workload> {
    let single = Way { optimizer: Optimizer::Sgd, batch: None, threads: 1, precision: Precision::F64 };
    let sgd = |batch| Way { batch: Some(batch), threads: THREADS, precision: Precision::F32, ..single };
    let adam = |batch| Way { optimizer: Optimizer::Adam(Adam::default()), ..sgd(batch) };
    let row = |key, name, way, model, at_most, ahead_of| Workload { key, name, at_most, ahead_of, way, model };
    let classifier = Model::Dense(&[784, 256, 10]);
    vec![
        row(
            "linear",
            "linear 400, f64, SGD",
            single,
            Model::Linear { d: 400, lambda: None },
            1.35,
            &[("JAX", 7.0), ("scikit-learn", 4.0)],
        ),
        row("ridge", "ridge 400, f64, SGD", single, Model::Linear { d: 400, lambda: Some(1e-3) }, 1.5, &[("JAX", 8.0)]),
        row("mlp-1", "MLP 1-10-1, f64, SGD", single, Model::Dense(&[1, 10, 1]), 1.0, &[("JAX", 10.0)]),
        row("mlp-400", "MLP 400-10-1, f64, SGD", single, Model::Dense(&[400, 10, 1]), 1.1, &[("JAX", 4.5)]),
        row(
            "mlp-batch",
            "MLP 20-64-64-1, batch 32, f32, Adam",
            adam(32),
            Model::Dense(&[20, 64, 64, 1]),
            1.8,
            &[("JAX", 1.3), ("PyTorch", 20.0)],
        ),
        row(
            "classifier-sgd",
            "784-256-10, batch 128, f32, SGD",
            sgd(128),
            classifier,
            1.15,
            &[("JAX", 1.1), ("PyTorch", 1.8)],
        ),
        row(
            "classifier-adam",
            "784-256-10, batch 128, f32, Adam",
            adam(128),
            classifier,
            1.35,
            &[("JAX", 1.05), ("PyTorch", 1.8)],
        ),
        row(
            "wide",
            "784-2048-2048-10, batch 256, f32, SGD",
            sgd(256),
            Model::Dense(&[784, 2048, 2048, 10]),
            1.06,
            &[("JAX", 1.1), ("PyTorch", 1.1)],
        ),
    ]
}

impl Workload {
    /// Our engine on it.
    pub fn ours(&self) -> Trainer {
        let function = self.model.function().expect("the model is well formed");
        Trainer::new(&function, self.way)
    }

    /// Its limit, and the steps of a call: a hand-written loop, or the bare products.
    pub fn limit(&self) -> (Box<dyn FnMut()>, usize) {
        match (self.model, self.way.batch) {
            (Model::Linear { d, lambda }, _) => (Box::new(hand::linear(d, lambda)), ROWS),
            (Model::Dense(sizes), None) => (Box::new(hand::perceptron(sizes[0])), ROWS),
            (Model::Dense(sizes), Some(batch)) => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build();
                let pool = pool.expect("two threads can be started");
                let mut products = pool.install(|| products::dense(sizes, batch));
                // As many steps as ours are run at once: handing work to the threads costs either the same.
                (Box::new(move || pool.install(|| (0..BATCHES).for_each(|_| products()))), BATCHES)
            }
        }
    }
}

impl Model {
    fn function(self) -> Result<Function, GraphError> {
        let training = Training::default();
        match self {
            Model::Linear { d, lambda: None } => LinearRegression::new(training).function(d),
            Model::Linear { d, lambda: Some(lambda) } => RidgeRegression::new(lambda, training).function(d),
            Model::Dense([d, hidden @ .., 1]) => MlpRegression::new(hidden, SCALE, training).function(*d),
            Model::Dense([d, hidden @ .., classes]) => {
                MlpClassifier::new(hidden, *classes, SCALE, training).function(*d)
            }
            Model::Dense([] | [_]) => Err(GraphError::new("a perceptron has two sizes or more")),
        }
    }
}

/// The standard deviation of the initial parameters.
const SCALE: f64 = 0.1;
