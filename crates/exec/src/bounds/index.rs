//! The bounds of picked and added elements. An undecided index makes what it picks undecided, and all that it may have
//! been added to.

use chainrule_graph::Tensor;
use chainrule_graph::ops::Index;

use super::{Enclosed, Rounding, sum};
use crate::error::ExecError;
use crate::reference::elementwise::truth;
use crate::reference::exactly;
use crate::reference::index::for_each_element;

pub(super) fn bound(
    op: &Index,
    y: &Tensor,
    inputs: &[&Enclosed],
    rounding: &Rounding,
) -> Result<(Tensor, Tensor), ExecError> {
    let [first, second] = exactly(inputs)?;
    match op {
        Index::Gather { batch } => {
            let (x, indices) = (first, second);
            let (mut bound, mut undecided) = (Tensor::zeros(y.shape()), Tensor::zeros(y.shape()));
            let row = y.data().len() / indices.value.data().len().max(1);
            for_each_element(&indices.value, x.value.shape(), *batch, |picked, at| {
                bound.data_mut()[picked] = x.bound.data()[at];
                let either = x.is_undecided(at) || indices.is_undecided(picked / row);
                undecided.data_mut()[picked] = truth(either);
            })?;
            Ok((bound, undecided))
        }
        Index::ScatterAdd { batch, .. } => {
            let (indices, u) = (first, second);
            let mut sums = sum::none(y.shape());
            for_each_element(&indices.value, y.shape(), *batch, |added, at| {
                let (x, bound) = u.element(added);
                sums[at].add(x, bound, u.is_undecided(added));
            })?;
            let (bound, mut undecided) = sum::bounds(y, &sums, false, rounding);
            let examples: usize = y.shape()[..*batch].iter().product();
            let (per_example, indices_of_one) =
                (y.data().len() / examples.max(1), indices.value.data().len() / examples.max(1));
            for position in (0..indices.value.data().len()).filter(|&position| indices.is_undecided(position)) {
                let start = position / indices_of_one * per_example;
                undecided.data_mut()[start..start + per_example].fill(1.0);
            }
            Ok((bound, undecided))
        }
    }
}
