//! Reductions along axes, and softmax. A NaN among the elements passes through all of them.

use chainrule_graph::ops::{Reduce, Reduction};
use chainrule_graph::{Shape, Tensor};

use super::elementwise::{greater, lesser};
use super::exactly;
use super::strided::{StridedLayout, for_each};
use crate::error::ExecError;

pub(crate) fn evaluate(op: &Reduce, inputs: &[&Tensor], shape: &Shape) -> Result<Tensor, ExecError> {
    let [x] = exactly(inputs)?;
    let axis = op.axis();
    Ok(match op.op {
        Reduction::Sum => sum(x, &op.axes, shape),
        Reduction::Max => along_axis(x, axis, shape, greatest),
        Reduction::Min => along_axis(x, axis, shape, least),
        Reduction::ArgMax => along_axis(x, axis, shape, |elements| first(elements, |element, best| element > best)),
        Reduction::ArgMin => along_axis(x, axis, shape, |elements| first(elements, |element, best| element < best)),
        Reduction::ArgSort => argsort(x, axis),
        Reduction::LogSumExp => along_axis(x, axis, shape, logsumexp),
        Reduction::Softmax => softmax(x, axis),
        Reduction::Cumsum => cumsum(x, axis),
    })
}

fn sum(x: &Tensor, axes: &[usize], shape: &Shape) -> Tensor {
    let mut y = Tensor::zeros(shape);
    let out = y.data_mut();
    for_each(x.shape(), [&StridedLayout::of(x.shape()), &StridedLayout::without(x.shape(), axes)], |[i, o]| {
        out[o] += x.data()[i]
    });
    y
}

/// Reduces the elements along one axis, for each index of the other axes.
fn along_axis(x: &Tensor, axis: usize, shape: &Shape, reduce: impl Fn(&[f64]) -> f64) -> Tensor {
    let fibers = Fibers::of(x.shape(), axis);
    let mut elements = vec![0.0; fibers.length];
    Tensor::from_fn(shape, |index| {
        for (element, offset) in elements.iter_mut().zip(fibers.offsets(index)) {
            *element = x.data()[offset];
        }
        reduce(&elements)
    })
}

/// e^(xᵢ − max x) / Σⱼ e^(xⱼ − max x)
fn softmax(x: &Tensor, axis: usize) -> Tensor {
    let fibers = Fibers::of(x.shape(), axis);
    let mut y = x.clone();
    let out = y.data_mut();
    for index in 0..fibers.count {
        let top = fibers.offsets(index).map(|offset| out[offset]).fold(f64::NEG_INFINITY, greater);
        fibers.offsets(index).for_each(|offset| out[offset] = (out[offset] - top).exp());
        let total: f64 = fibers.offsets(index).map(|offset| out[offset]).sum();
        fibers.offsets(index).for_each(|offset| out[offset] /= total);
    }
    y
}

/// The indices of the elements in ascending order, equal ones as they stand, NaN last.
fn argsort(x: &Tensor, axis: usize) -> Tensor {
    let fibers = Fibers::of(x.shape(), axis);
    let mut y = x.clone();
    for index in 0..fibers.count {
        let elements: Vec<f64> = fibers.offsets(index).map(|offset| x.data()[offset]).collect();
        let mut order: Vec<usize> = (0..elements.len()).collect();
        order.sort_by(|&a, &b| ascending(elements[a], elements[b]));
        fibers.offsets(index).zip(order).for_each(|(offset, from)| y.data_mut()[offset] = from as f64);
    }
    y
}

fn ascending(a: f64, b: f64) -> std::cmp::Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Each element with those before it, added up from the first.
fn cumsum(x: &Tensor, axis: usize) -> Tensor {
    let fibers = Fibers::of(x.shape(), axis);
    let mut y = x.clone();
    let out = y.data_mut();
    for index in 0..fibers.count {
        let mut total = 0.0;
        for offset in fibers.offsets(index) {
            total += out[offset];
            out[offset] = total;
        }
    }
    y
}

fn greatest(elements: &[f64]) -> f64 {
    elements.iter().copied().fold(f64::NEG_INFINITY, greater)
}

fn least(elements: &[f64]) -> f64 {
    elements.iter().copied().fold(f64::INFINITY, lesser)
}

/// max x + ln Σ e^(xᵢ − max x): −∞ of nothing and of nothing but −∞, ∞ if there is one.
fn logsumexp(elements: &[f64]) -> f64 {
    let top = greatest(elements);
    if top.is_finite() { top + elements.iter().map(|element| (element - top).exp()).sum::<f64>().ln() } else { top }
}

/// The index of the first element that none is better than; that of the first NaN if there is one.
fn first(elements: &[f64], better: impl Fn(f64, f64) -> bool) -> f64 {
    let mut best = 0;
    for (index, &element) in elements.iter().enumerate() {
        if !elements[best].is_nan() && (element.is_nan() || better(element, elements[best])) {
            best = index;
        }
    }
    best as f64
}

/// The fibers of a row-major array along one axis: the elements that differ in that index alone.
pub(crate) struct Fibers {
    /// The number of elements of each.
    pub length: usize,
    /// The number of fibers.
    pub count: usize,
    /// The distance between neighbours.
    stride: usize,
}

impl Fibers {
    pub fn of(shape: &Shape, axis: usize) -> Fibers {
        Fibers { length: shape[axis], count: shape.without(&[axis]).size(), stride: shape[axis + 1..].iter().product() }
    }

    /// Where the elements of a fiber lie.
    pub fn offsets(&self, index: usize) -> impl Iterator<Item = usize> + use<> {
        let start = index / self.stride * self.stride * self.length + index % self.stride;
        let stride = self.stride;
        (0..self.length).map(move |k| start + k * stride)
    }
}
