//! The bounds of contractions: |Σ aᵢbᵢ − computed| ≤ Σ (|aᵢ| δbᵢ + |bᵢ| δaᵢ + δaᵢ δbᵢ) + n u Σ |aᵢ||bᵢ|.

use chainrule_graph::Tensor;
use chainrule_graph::ops::Contract;

use super::{Enclosed, Rounding, sum};
use crate::error::ExecError;
use crate::reference::contract::for_each_product;
use crate::reference::exactly;

pub(super) fn bound(
    op: &Contract,
    y: &Tensor,
    inputs: &[&Enclosed],
    rounding: &Rounding,
) -> Result<(Tensor, Tensor), ExecError> {
    let [a, b] = exactly(inputs)?;
    let mut sums = sum::none(y.shape());
    for_each_product(op, a.value.shape(), b.value.shape(), y.shape(), |[i, j, o]| {
        sums[o].add_product(a.element(i), b.element(j), a.is_undecided(i) || b.is_undecided(j));
    });
    Ok(sum::bounds(y, &sums, true, rounding))
}
