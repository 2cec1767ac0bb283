//! Where random numbers come from: each purpose has streams of its own under the seed, so none repeats another's.

use chainrule_kernels::philox::Philox;
use rand_distr::{Distribution, Uniform};

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
}

/// The generator of a purpose under a seed.
pub fn generator(seed: u64, purpose: Purpose) -> Philox {
    let (family, member) = match purpose {
        Purpose::Initial(parameter) => (1, parameter),
        Purpose::Split => (2, 0),
        Purpose::Problem => (3, 0),
        Purpose::Order(epoch) => (4, epoch),
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

/// A whole number, each of 0, 1, …, n − 1 alike; n is at least 1.
pub(crate) fn below(n: usize, generator: &mut Philox) -> usize {
    Uniform::new(0, n as u64).map_or(0, |uniform| uniform.sample(generator) as usize)
}
