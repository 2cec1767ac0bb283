//! The general contraction: for each element of the result, the sum of products over the axes that it lacks.

use chainrule_graph::ops::Contract;
use chainrule_graph::{Shape, Tensor};

use super::exactly;
use super::strided::{StridedLayout, for_each};
use crate::error::ExecError;

pub(crate) fn evaluate(op: &Contract, inputs: &[&Tensor], shape: &Shape) -> Result<Tensor, ExecError> {
    let [lhs, rhs] = exactly(inputs)?;
    let mut y = Tensor::zeros(shape);
    let (a, b, out) = (lhs.data(), rhs.data(), y.data_mut());
    for_each_product(op, lhs.shape(), rhs.shape(), shape, |[i, j, o]| out[o] += a[i] * b[j]);
    Ok(y)
}

/// Runs over all products of the contraction: where the two factors and the sum lie.
pub(crate) fn for_each_product(op: &Contract, lhs: &Shape, rhs: &Shape, out: &Shape, body: impl FnMut([usize; 3])) {
    let mut labels = op.out.clone();
    let summed = op.lhs.iter().filter(|label| !op.out.contains(label));
    labels.extend(summed);
    let sizes = op.sizes(lhs, rhs);
    let sizes: Vec<usize> = labels.iter().map(|&label| sizes[label as usize]).collect();
    let layout =
        |shape, of: &[_]| StridedLayout::along(shape, labels.iter().map(|label| of.iter().position(|l| l == label)));
    for_each(&sizes, [&layout(lhs, &op.lhs), &layout(rhs, &op.rhs), &layout(out, &op.out)], body);
}
