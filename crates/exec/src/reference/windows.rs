//! Windows: one loop nest over the windows and what is in them, from or to the elements that they lie on.

use chainrule_graph::ops::{WindowDimensions, Windows};
use chainrule_graph::{Shape, Tensor};

use super::exactly;
use super::strided::{StridedLayout, for_each};
use crate::error::ExecError;

pub(crate) fn evaluate(op: &Windows, inputs: &[&Tensor], shape: &Shape) -> Result<Tensor, ExecError> {
    let [x] = exactly(inputs)?;
    let mut y = Tensor::zeros(shape);
    let out = y.data_mut();
    match op {
        Windows::Slide(dimensions) => for_each_element(dimensions, x.shape(), shape, |at, w| out[w] = x.data()[at]),
        Windows::Fold { dimensions, .. } => {
            for_each_element(dimensions, shape, x.shape(), |at, w| out[at] += x.data()[w]);
        }
    }
    Ok(y)
}

/// For each element of windows of a shape, in row-major order, where it lies in what they slide over, and where among the
/// windows.
pub(crate) fn for_each_element(
    dimensions: &WindowDimensions,
    under: &Shape,
    windows: &Shape,
    mut body: impl FnMut(usize, usize),
) {
    let mut lies = StridedLayout::of(under);
    for (&axis, &dilation) in dimensions.axes.iter().zip(&dimensions.dilations) {
        lies.strides.push(lies.strides[axis] * dilation as isize);
    }
    for (&axis, &stride) in dimensions.axes.iter().zip(&dimensions.strides) {
        lies.strides[axis] *= stride as isize;
    }
    for_each(windows, [&lies, &StridedLayout::of(windows)], |[at, w]| body(at, w));
}
