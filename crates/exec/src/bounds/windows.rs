//! The bounds of windows: they go where the elements go; those of a fold are those of sums.

use chainrule_graph::Tensor;
use chainrule_graph::ops::Windows;

use super::{Enclosed, Rounding, sum};
use crate::error::ExecError;
use crate::reference::exactly;
use crate::reference::windows::{evaluate, for_each_element};

pub(super) fn bound(
    op: &Windows,
    y: &Tensor,
    inputs: &[&Enclosed],
    rounding: &Rounding,
) -> Result<(Tensor, Tensor), ExecError> {
    let [x] = exactly(inputs)?;
    match op {
        Windows::Slide(_) => Ok((evaluate(op, &[&x.bound], y.shape())?, evaluate(op, &[&x.undecided], y.shape())?)),
        Windows::Fold { dimensions, .. } => {
            let mut sums = sum::none(y.shape());
            for_each_element(dimensions, y.shape(), x.value.shape(), |at, w| {
                let (element, bound) = x.element(w);
                sums[at].add(element, bound, x.is_undecided(w));
            });
            Ok(sum::bounds(y, &sums, false, rounding))
        }
    }
}
