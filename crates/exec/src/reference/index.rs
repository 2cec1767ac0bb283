//! Elements picked, or added, by computed indices, each checked against the size of the axis.

use chainrule_graph::ops::Index;
use chainrule_graph::{Shape, Tensor};

use super::exactly;
use crate::error::ExecError;

pub(crate) fn evaluate(op: &Index, inputs: &[&Tensor], shape: &Shape) -> Result<Tensor, ExecError> {
    let [first, second] = exactly(inputs)?;
    let mut y = Tensor::zeros(shape);
    let out = y.data_mut();
    match op {
        Index::Gather { batch } => {
            let (x, indices) = (first, second);
            for_each_element(indices, x.shape(), *batch, |picked, at| out[picked] = x.data()[at])?;
        }
        Index::ScatterAdd { batch, .. } => {
            let (indices, u) = (first, second);
            for_each_element(indices, shape, *batch, |added, at| out[at] += u.data()[added])?;
        }
    }
    Ok(y)
}

/// For indices [B…, I…] into a table [B…, n, P…]: where each element of the picked [B…, I…, P…] lies, and where in the
/// table. Picked elements run in row-major order.
pub(crate) fn for_each_element(
    indices: &Tensor,
    table: &Shape,
    batch: usize,
    mut body: impl FnMut(usize, usize),
) -> Result<(), ExecError> {
    let size = table[batch];
    let row: usize = table[batch + 1..].iter().product();
    let per_example: usize = indices.shape()[batch..].iter().product();
    for (position, &index) in indices.data().iter().enumerate() {
        if !(index >= 0.0 && index < size as f64 && index.fract() == 0.0) {
            return Err(ExecError::new(format!(
                "index {index} (element {position} of the indices) is not a whole number from 0 below {size}, the size of \
                 axis {batch}"
            )));
        }
        let example = position / per_example;
        let start = (example * size + index as usize) * row;
        for k in 0..row {
            body(position * row + k, start + k);
        }
    }
    Ok(())
}
