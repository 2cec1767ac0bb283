//! Ops that move, repeat, drop or join elements: copies between two layouts.

use chainrule_graph::ops::ShapeOp;
use chainrule_graph::{Shape, Tensor};

use super::exactly;
use super::strided::{StridedLayout, for_each};
use crate::error::ExecError;

pub(crate) fn evaluate(op: &ShapeOp, inputs: &[&Tensor], shape: &Shape) -> Result<Tensor, ExecError> {
    if let ShapeOp::Concat { axis } = op {
        return Ok(concat(inputs, *axis, shape));
    }
    let [x] = exactly(inputs)?;
    let from = StridedLayout::of(x.shape());
    let to = StridedLayout::of(shape);
    Ok(match op {
        ShapeOp::Reshape { .. } => Tensor::from_fn(shape, |i| x.data()[i]),
        ShapeOp::Transpose { axes } => {
            copy(x, shape, shape, &StridedLayout::along(x.shape(), axes.iter().copied().map(Some)), &to)
        }
        ShapeOp::Broadcast { axes, .. } => {
            let source = (0..shape.rank()).map(|axis| axes.iter().position(|&a| a == axis));
            copy(x, shape, shape, &StridedLayout::along(x.shape(), source), &to)
        }
        ShapeOp::Slice { start, .. } => copy(x, shape, shape, &at(from, start), &to),
        ShapeOp::Pad { low, .. } => copy(x, shape, x.shape(), &from, &at(to, low)),
        ShapeOp::Reverse { axes } => {
            let mut backwards = from;
            for &axis in axes {
                backwards.start += backwards.strides[axis] * (shape[axis] as isize - 1);
                backwards.strides[axis] *= -1;
            }
            copy(x, shape, shape, &backwards, &to)
        }
        ShapeOp::Concat { .. } => unreachable!("returned above"),
    })
}

/// Zeros of a shape, with the elements of `x` copied in a loop nest over `sizes` from one layout to the other.
fn copy(x: &Tensor, shape: &Shape, sizes: &[usize], from: &StridedLayout, to: &StridedLayout) -> Tensor {
    let mut y = Tensor::zeros(shape);
    let out = y.data_mut();
    for_each(sizes, [from, to], |[i, o]| out[o] = x.data()[i]);
    y
}

/// The layout that starts at an index.
fn at(mut layout: StridedLayout, index: &[usize]) -> StridedLayout {
    layout.start += layout.strides.iter().zip(index).map(|(stride, &i)| stride * i as isize).sum::<isize>();
    layout
}

fn concat(inputs: &[&Tensor], axis: usize, shape: &Shape) -> Tensor {
    let mut y = Tensor::zeros(shape);
    let out = y.data_mut();
    let mut to = StridedLayout::of(shape);
    for x in inputs {
        for_each(x.shape(), [&StridedLayout::of(x.shape()), &to], |[i, o]| out[o] = x.data()[i]);
        to.start += to.strides[axis] * x.shape()[axis] as isize;
    }
    y
}
