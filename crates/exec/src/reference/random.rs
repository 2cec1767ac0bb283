//! Random numbers: for each position the key of its draws, then element after element.

use chainrule_graph::ops::Random;
use chainrule_graph::ops::random::{DIGITS, seed_and_step};
use chainrule_graph::{Shape, Tensor};
use chainrule_kernels::philox::NodeDraws;

use crate::error::ExecError;

pub(crate) fn evaluate(op: &Random, inputs: &[&Tensor], shape: &Shape) -> Result<Tensor, ExecError> {
    let [key, example, steps @ ..] = inputs else { return Err(ExecError::new("takes a key and an example")) };
    let size = op.shape.size();
    Ok(Tensor::from_fn(shape, |index| {
        let (position, element) = (index / size, index % size);
        let place = if key.shape().rank() > 1 { position * DIGITS } else { 0 };
        let digits = key.data()[place..place + DIGITS].iter().copied();
        let draws = draws_at(op.stream, digits, steps.iter().map(|step| step.data()[position]));
        f64::from(draws.uniform(example.data()[position] as u64, element as u64))
    }))
}

/// What the node of a stream draws by a key, in steps of the loops around it.
#[inline]
pub(crate) fn draws_at(stream: u64, key: impl Iterator<Item = f64>, steps: impl Iterator<Item = f64>) -> NodeDraws {
    let mut digits = [0; DIGITS];
    digits.iter_mut().zip(key).for_each(|(digit, number)| *digit = number as u64);
    let (seed, step) = seed_and_step(digits);
    steps.fold(NodeDraws::new(seed, stream, step), |draws, step| draws.within(step as u64))
}
