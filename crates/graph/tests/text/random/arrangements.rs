//! Builds that pick, join and slide: what of them the operands of a draw allow.

use chainrule_graph::ops::WindowDimensions;
use chainrule_graph::{Kind, Tensor, Var};

use super::{Draw, OnlyIf, is_small};

pub fn slice<'g>(d: &Draw<'g>) -> Option<Var<'g>> {
    let shape = d.a.shape();
    let start: Vec<usize> = shape.iter().map(|&n| (d.attribute % 3).min(n)).collect();
    let stop: Vec<usize> = shape.iter().zip(&start).map(|(&n, &start)| n.min(start + 1 + d.number % 2)).collect();
    Some(d.a.slice(&start, &stop))
}

pub fn concat<'g>(d: &Draw<'g>) -> Option<Var<'g>> {
    let without = |x: Var<'g>| x.shape().without(&[d.axis()]);
    Some(
        d.a.only_if(d.a.rank() > 0 && d.b.rank() == d.a.rank() && without(d.a) == without(d.b))?
            .concat(&[d.b], d.axis()),
    )
}

/// Windows over some axes, folded to the next odd length or left as they are.
pub fn windows_or_fold<'g>(d: &Draw<'g>) -> Option<Var<'g>> {
    let (shape, size, stride, dilation) = (d.a.shape(), 1 + d.number % 2, 1 + d.attribute % 2, 1 + d.number % 3);
    let axes: Vec<usize> = d.some_axes().into_iter().filter(|&axis| shape[axis] > dilation * (size - 1)).collect();
    let each = |n| vec![n; axes.len()];
    let lengths: Vec<usize> = axes.iter().map(|&axis| shape[axis]).collect();
    let (sizes, strides, dilations) = (each(size), each(stride), each(dilation));
    let small = shape.rank() + axes.len() <= 4;
    let dimensions = WindowDimensions { axes, sizes, strides, dilations };
    let windows = d.a.only_if(small && d.a.kind() == Kind::Real)?.windows(dimensions.clone());
    Some(if d.literal > 0.0 { windows.fold(dimensions, &lengths) } else { windows })
}

pub fn gather_or_scatter<'g>(d: &Draw<'g>) -> Option<Var<'g>> {
    let indices = match d.attribute % 3 {
        0 => d.builder.constant_of(Tensor::vector([0.0, (d.attribute % 2) as f64]), Kind::Int),
        1 => d.builder.constant_of(Tensor::scalar(0.0), Kind::Int),
        _ => d.c.only_if(d.c.kind() == Kind::Int && is_small(d.c))?,
    };
    Some(if d.attribute.is_multiple_of(2) {
        d.a.only_if(d.a.rank() > 0 && d.a.shape()[d.axis()] > 1)?.gather(indices, d.axis())
    } else {
        d.a.only_if(indices.shape() == d.a.shape() && d.a.kind() == Kind::Real)?.scatter_add(indices, 2)
    })
}
