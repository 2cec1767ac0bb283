//! Where random numbers come from: each purpose has streams of its own under the seed, so none repeats another's.

use chainrule_kernels::philox::Philox;
use rand_distr::{Distribution, StandardUniform, Uniform};

/// What numbers are drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The initial values of a parameter, by its index in the function.
    Initial(u32),
    /// Which rows are held out.
    Split,
    /// A generated problem.
    Problem,
    /// The order of the rows in an epoch.
    Order(u32),
    /// The characters that a language model writes.
    Characters,
}

/// The generator of a purpose under a seed.
pub fn generator(seed: u64, purpose: Purpose) -> Philox {
    let (family, member) = match purpose {
        Purpose::Initial(parameter) => (1, parameter),
        Purpose::Split => (2, 0),
        Purpose::Problem => (3, 0),
        Purpose::Order(epoch) => (4, epoch),
        Purpose::Characters => (5, 0),
    };
    Philox::new(seed, family << 32 | u64::from(member))
}

/// The numbers 0, 1, …, n − 1 in a random order (Fisher and Yates).
pub fn permutation(n: usize, generator: &mut Philox) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        order.swap(last, below(last + 1, generator));
    }
    order
}

/// A place in `weights`, each with a chance in proportion to its weight, which is not negative. Of weights that are all 0,
/// the last.
pub fn weighted(weights: &[f64], generator: &mut Philox) -> usize {
    let share: f64 = StandardUniform.sample(generator);
    let mut left = share * weights.iter().sum::<f64>();
    let chosen = weights.iter().position(|weight| {
        left -= weight;
        left < 0.0
    });
    chosen.or_else(|| weights.iter().rposition(|&weight| weight > 0.0)).unwrap_or(weights.len().saturating_sub(1))
}

/// A whole number, each of 0, 1, …, n − 1 alike; n is at least 1.
pub(crate) fn below(n: usize, generator: &mut Philox) -> usize {
    Uniform::new(0, n as u64).map_or(0, |uniform| uniform.sample(generator) as usize)
}
