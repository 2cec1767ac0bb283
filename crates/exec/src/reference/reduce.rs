//! Reductions along axes, and softmax. A NaN among the entries passes through all of them.

use chainrule_graph::ops::Reduce;
use chainrule_graph::{Shape, Tensor};

use super::elementwise::{greater, lesser};
use super::exactly;
use super::strided::{Layout, for_each};
use crate::error::ExecError;

pub(crate) fn evaluate(op: &Reduce, inputs: &[&Tensor], shape: &Shape) -> Result<Tensor, ExecError> {
    let [x] = exactly(inputs)?;
    Ok(match op {
        Reduce::Sum { axes } => sum(x, axes, shape),
        Reduce::Max { axis } => along(x, *axis, shape, greatest),
        Reduce::Min { axis } => along(x, *axis, shape, least),
        Reduce::ArgMax { axis } => along(x, *axis, shape, |entries| first(entries, |entry, best| entry > best)),
        Reduce::ArgMin { axis } => along(x, *axis, shape, |entries| first(entries, |entry, best| entry < best)),
        Reduce::LogSumExp { axis } => along(x, *axis, shape, logsumexp),
        Reduce::Softmax { axis } => softmax(x, *axis),
    })
}

fn sum(x: &Tensor, axes: &[usize], shape: &Shape) -> Tensor {
    let mut y = Tensor::zeros(shape);
    let out = y.data_mut();
    for_each(x.shape(), [&Layout::of(x.shape()), &Layout::without(x.shape(), axes)], |[i, o]| out[o] += x.data()[i]);
    y
}

/// Reduces the entries along one axis, for each place of the other axes.
fn along(x: &Tensor, axis: usize, shape: &Shape, reduce: impl Fn(&[f64]) -> f64) -> Tensor {
    let line = Fibers::of(x.shape(), axis);
    let mut entries = vec![0.0; line.length];
    Tensor::from_fn(shape, |number| {
        for (entry, place) in entries.iter_mut().zip(line.places(number)) {
            *entry = x.data()[place];
        }
        reduce(&entries)
    })
}

/// e^(xᵢ − max x) / Σⱼ e^(xⱼ − max x)
fn softmax(x: &Tensor, axis: usize) -> Tensor {
    let line = Fibers::of(x.shape(), axis);
    let mut y = x.clone();
    let out = y.data_mut();
    for number in 0..line.count {
        let top = line.places(number).map(|place| out[place]).fold(f64::NEG_INFINITY, greater);
        line.places(number).for_each(|place| out[place] = (out[place] - top).exp());
        let total: f64 = line.places(number).map(|place| out[place]).sum();
        line.places(number).for_each(|place| out[place] /= total);
    }
    y
}

fn greatest(entries: &[f64]) -> f64 {
    entries.iter().copied().fold(f64::NEG_INFINITY, greater)
}

fn least(entries: &[f64]) -> f64 {
    entries.iter().copied().fold(f64::INFINITY, lesser)
}

/// max x + ln Σ e^(xᵢ − max x): −∞ of nothing and of nothing but −∞, ∞ if there is one.
fn logsumexp(entries: &[f64]) -> f64 {
    let top = greatest(entries);
    if top.is_finite() { top + entries.iter().map(|entry| (entry - top).exp()).sum::<f64>().ln() } else { top }
}

/// The index of the first entry that none is better than; that of the first NaN if there is one.
fn first(entries: &[f64], better: impl Fn(f64, f64) -> bool) -> f64 {
    let mut best = 0;
    for (index, &entry) in entries.iter().enumerate() {
        if !entries[best].is_nan() && (entry.is_nan() || better(entry, entries[best])) {
            best = index;
        }
    }
    best as f64
}

/// The lines of a row-major array along one axis.
pub(crate) struct Fibers {
    /// The number of entries of each.
    pub length: usize,
    /// The number of lines.
    pub count: usize,
    /// The distance between neighbours.
    stride: usize,
}

impl Fibers {
    pub fn of(shape: &Shape, axis: usize) -> Fibers {
        Fibers { length: shape[axis], count: shape.without(&[axis]).size(), stride: shape[axis + 1..].iter().product() }
    }

    /// Where the entries of a line lie.
    pub fn places(&self, number: usize) -> impl Iterator<Item = usize> + use<> {
        let start = number / self.stride * self.stride * self.length + number % self.stride;
        let stride = self.stride;
        (0..self.length).map(move |k| start + k * stride)
    }
}
