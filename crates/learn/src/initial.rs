//! The values that an initializer stands for.

use chainrule_exec::check_memory_of;
use chainrule_graph::{Function, Initializer, Shape, Tensor};
use chainrule_kernels::philox::{Philox, unit53};
use rand_core::Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::admission::{self, reals};
use crate::error::LearnError;
use crate::parameters::{Parameters, WHAT};
use crate::random::{self, Purpose};

impl Parameters {
    /// The values a function says its parameters and state start at. Each draws from a stream of its own under the
    /// seed.
    ///
    /// # Errors
    /// They name the parameter whose initializer gives a value that is not finite, or the largest of those that do not
    /// fit into memory.
    pub fn initialize(function: &Function, seed: u64) -> Result<Parameters, LearnError> {
        let all = function.parameters.iter().chain(&function.state).enumerate();
        check_memory_of(&function.graph, all.clone().map(|(_, parameter)| parameter.node.into()))?;
        let drawn = all.map(|(index, parameter)| {
            let (name, shape) = (function.name(parameter.node), function.graph.shape(parameter.node));
            let mut generator = random::generator(seed, Purpose::Initial(index as u32));
            let value = draw(&parameter.initializer, shape, &mut generator);
            admission::check(WHAT, name, &value, &reals(shape))?;
            Ok((name.to_string(), value))
        });
        drawn.collect::<Result<_, LearnError>>().map(Parameters)
    }
}

/// Values as the initializer says; `in` is the size of the last axis, `out` that of the one before.
fn draw(initializer: &Initializer, shape: &Shape, generator: &mut Philox) -> Tensor {
    let fan_in = || shape.last().copied().unwrap_or(1);
    let fan_out = || shape.iter().rev().nth(1).copied().unwrap_or(1);
    match *initializer {
        Initializer::Constant(value) => Tensor::filled(shape, value),
        Initializer::Values(ref values) => Tensor::clone(values),
        Initializer::Normal { mean, std } => normal(shape, mean, std, generator),
        Initializer::Uniform { low, high } => uniform(shape, low, high, generator),
        Initializer::Glorot => glorot(shape, fan_in(), fan_out(), generator),
        Initializer::GlorotOf { inputs, outputs } => glorot(shape, inputs, outputs, generator),
        Initializer::He => he(shape, fan_in(), generator),
        Initializer::HeOf { inputs } => he(shape, inputs, generator),
        Initializer::Orthogonal { gain } => orthogonal(shape, fan_out(), fan_in(), gain, generator),
    }
}

/// Glorot and Bengio 2010, equation 16
fn glorot(shape: &Shape, inputs: usize, outputs: usize, generator: &mut Philox) -> Tensor {
    let limit = (6.0 / (inputs as f64 + outputs as f64)).sqrt();
    uniform(shape, -limit, limit, generator)
}

/// He et al. 2015, equation 10
fn he(shape: &Shape, inputs: usize, generator: &mut Philox) -> Tensor {
    normal(shape, 0.0, (2.0 / inputs as f64).sqrt(), generator)
}

fn normal(shape: &Shape, mean: f64, std: f64, generator: &mut Philox) -> Tensor {
    Tensor::from_fn(shape, |_| {
        let z: f64 = StandardNormal.sample(generator);
        mean + std * z
    })
}

fn uniform(shape: &Shape, low: f64, high: f64, generator: &mut Philox) -> Tensor {
    Tensor::from_fn(shape, |_| low + (high - low) * unit53(generator.next_u64()))
}

/// Normal numbers made orthogonal along the shorter of the axes: by Gram and Schmidt with its positive diagonal all rotations
/// are alike (Mezzadri 2007).
fn orthogonal(shape: &Shape, rows: usize, columns: usize, gain: f64, generator: &mut Philox) -> Tensor {
    let mut values = normal(shape, 0.0, 1.0, generator);
    if rows * columns == 0 {
        return values;
    }
    let (count, length) = (rows.min(columns), rows.max(columns));
    for matrix in values.data_mut().chunks_exact_mut(rows * columns) {
        let at = |vector: usize, element: usize| match rows <= columns {
            true => vector * columns + element,
            false => element * columns + vector,
        };
        let mut vectors: Vec<Vec<f64>> = Vec::new();
        for index in 0..count {
            let mut vector: Vec<f64> = (0..length).map(|element| matrix[at(index, element)]).collect();
            // What rounding leaves of the others after one pass, a second one takes away.
            for other in vectors.iter().chain(&vectors) {
                let product = dot(&vector, other);
                vector.iter_mut().zip(other).for_each(|(x, y)| *x -= product * y);
            }
            let norm = dot(&vector, &vector).sqrt();
            vector.iter_mut().for_each(|x| *x /= norm);
            vectors.push(vector);
        }
        for (index, vector) in vectors.iter().enumerate() {
            vector.iter().enumerate().for_each(|(element, x)| matrix[at(index, element)] = gain * x);
        }
    }
    values
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
