//! The bounds of reductions.

use chainrule_graph::Tensor;
use chainrule_graph::ops::{Reduce, Reduction};

use super::{Enclosed, Rounding, apart, sum, times};
use crate::error::ExecError;
use crate::reference::elementwise::truth;
use crate::reference::exactly;
use crate::reference::reduce::Fibers;
use crate::reference::strided::{StridedLayout, for_each};

pub(super) fn bound(
    op: &Reduce,
    y: &Tensor,
    inputs: &[&Enclosed],
    rounding: &Rounding,
) -> Result<(Tensor, Tensor), ExecError> {
    let [x] = exactly(inputs)?;
    let axis = op.axis();
    Ok(match op.op {
        Reduction::Sum => {
            let shape = x.value.shape();
            let mut sums = sum::none(y.shape());
            for_each(shape, [&StridedLayout::of(shape), &StridedLayout::without(shape, &op.axes)], |[i, o]| {
                let (element, bound) = x.element(i);
                sums[o].add(element, bound, x.is_undecided(i));
            });
            sum::bounds(y, &sums, false, rounding)
        }
        Reduction::Max | Reduction::Min => along_axis(x, axis, y, of_extreme),
        Reduction::ArgMax | Reduction::ArgMin => {
            // The index is sure if its element is apart from all others.
            let (bound, mut undecided) = along_axis(x, axis, y, |_, _| 0.0);
            let fibers = Fibers::of(x.value.shape(), axis);
            for (index, undecided) in undecided.data_mut().iter_mut().enumerate() {
                let elements: Vec<(f64, f64)> = fibers.offsets(index).map(|offset| x.element(offset)).collect();
                let best = y.data()[index] as usize;
                let sure = (0..elements.len()).all(|k| k == best || apart(elements[best], elements[k]));
                if !sure {
                    *undecided = 1.0;
                }
            }
            (bound, undecided)
        }
        Reduction::ArgSort => argsort(x, axis, y),
        Reduction::LogSumExp => along_axis(x, axis, y, |elements, y| of_logsumexp(elements, y, rounding)),
        Reduction::Softmax => softmax(x, axis, y, rounding),
        Reduction::Cumsum => {
            let mut sums = sum::none(y.shape());
            let fibers = Fibers::of(x.value.shape(), axis);
            for index in 0..fibers.count {
                let mut running = sum::RunningSum::default();
                for offset in fibers.offsets(index) {
                    let (element, bound) = x.element(offset);
                    running.add(element, bound, x.is_undecided(offset));
                    sums[offset] = running;
                }
            }
            sum::bounds(y, &sums, false, rounding)
        }
    })
}

/// A place in the order is sure if no element before it may be one after it.
fn argsort(x: &Enclosed, axis: usize, y: &Tensor) -> (Tensor, Tensor) {
    let mut undecided = Tensor::zeros(y.shape());
    let fibers = Fibers::of(y.shape(), axis);
    for index in 0..fibers.count {
        let places: Vec<usize> = fibers.offsets(index).collect();
        let any_undecided = places.iter().any(|&offset| x.is_undecided(offset));
        let element = |place: usize| x.element(places[y.data()[places[place]] as usize]);
        for first in 0..places.len() {
            let unsure = |&last: &usize| last > first && !apart(element(first), element(last));
            let reach =
                if any_undecided { places.len() - 1 } else { (first..places.len()).rfind(unsure).unwrap_or(first) };
            if reach > first || any_undecided {
                (first..=reach).for_each(|place| undecided.data_mut()[places[place]] = 1.0);
            }
        }
    }
    (Tensor::zeros(y.shape()), undecided)
}

/// The bound of each reduced fiber by `bound`, from the fiber's elements with their bounds, and the result. A result is
/// undecided if an element is.
fn along_axis(x: &Enclosed, axis: usize, y: &Tensor, bound: impl Fn(&[(f64, f64)], f64) -> f64) -> (Tensor, Tensor) {
    let fibers = Fibers::of(x.value.shape(), axis);
    let bound = |index: usize| {
        let elements: Vec<(f64, f64)> = fibers.offsets(index).map(|offset| x.element(offset)).collect();
        bound(&elements, y.data()[index])
    };
    let undecided = |index: usize| truth(fibers.offsets(index).any(|offset| x.is_undecided(offset)));
    (Tensor::from_fn(y.shape(), bound), Tensor::from_fn(y.shape(), undecided))
}

/// The greatest bound of the elements that may be the extreme one.
fn of_extreme(elements: &[(f64, f64)], best: f64) -> f64 {
    if best.is_nan() {
        let sure = elements.iter().any(|&(x, bound)| x.is_nan() && bound == 0.0);
        return if sure { 0.0 } else { f64::INFINITY };
    }
    let own = elements.iter().filter(|&&(x, _)| x == best).map(|&(_, bound)| bound).fold(0.0, f64::max);
    let may_be = elements.iter().filter(|&&element| !apart(element, (best, own)) || element.0 == best);
    may_be.map(|&(_, bound)| bound).fold(0.0, f64::max)
}

/// How far the shares sₖ = e^xₖ / Σ e^xⱼ, and ln Σ e^xⱼ, may move.
struct Shares {
    /// sₖ
    shares: Vec<f64>,
    /// δₖ: the error of xₖ − max x, with that of its exponential.
    errors: Vec<f64>,
    /// ln Σ sₖ e^δₖ: the error of ln Σ e^xₖ, with that of adding.
    of_total: f64,
    /// ln Σ e^(xₖ − max x)
    log_total: f64,
}

impl Shares {
    fn of(elements: &[(f64, f64)], rounding: &Rounding) -> Shares {
        let unit = rounding.unit_roundoff;
        let top = elements.iter().map(|&(x, _)| x).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = elements.iter().map(|&(x, _)| (x - top).exp()).sum();
        let shares: Vec<f64> = elements.iter().map(|&(x, _)| (x - top).exp() / total).collect();
        let error = |&(x, bound): &(f64, f64)| match x {
            f64::NEG_INFINITY => bound,
            _ => bound + unit * (x - top).abs() + rounding.of_function(),
        };
        let errors: Vec<f64> = elements.iter().map(error).collect();
        let moved = elements.iter().zip(&shares).zip(&errors).map(|((&(x, _), &share), &error)| match share {
            // A share too small for a number may be one where the error is large.
            0.0 => (x - top + error).exp() / total,
            _ => share * error.exp_m1(),
        });
        let of_total = moved.sum::<f64>().ln_1p() + elements.len() as f64 * unit;
        Shares { shares, errors, of_total, log_total: total.ln() }
    }
}

fn of_logsumexp(elements: &[(f64, f64)], y: f64, rounding: &Rounding) -> f64 {
    if elements.iter().any(|&(_, bound)| bound == f64::INFINITY) {
        return f64::INFINITY;
    } else if !y.is_finite() {
        return 0.0;
    }
    let Shares { of_total, log_total, .. } = Shares::of(elements, rounding);
    // Then a logarithm and a sum.
    rounding.rounded(y, of_total + rounding.of_function() * log_total, rounding.unit_roundoff)
}

fn softmax(x: &Enclosed, axis: usize, y: &Tensor, rounding: &Rounding) -> (Tensor, Tensor) {
    let (mut bound, mut undecided) = (Tensor::zeros(y.shape()), Tensor::zeros(y.shape()));
    let fibers = Fibers::of(x.value.shape(), axis);
    for index in 0..fibers.count {
        let elements: Vec<(f64, f64)> = fibers.offsets(index).map(|offset| x.element(offset)).collect();
        let any_undecided = fibers.offsets(index).any(|offset| x.is_undecided(offset));
        let finite = elements.iter().all(|&(_, bound)| bound.is_finite());
        let Shares { shares, errors, of_total, .. } = Shares::of(&elements, rounding);
        for (k, offset) in fibers.offsets(index).enumerate() {
            let relative = (errors[k] + of_total + rounding.unit_roundoff).exp_m1();
            bound.data_mut()[offset] = match elements[k].0 {
                _ if !finite => f64::INFINITY,
                // Surely NaN; e^−∞, which is 0
                _ if y.data()[offset].is_nan() => 0.0,
                f64::NEG_INFINITY => 0.0,
                // An exponential and a quotient may underflow; a share is at most 1.
                _ => (times(shares[k], relative) + 2.0 * rounding.least).min(1.0),
            };
            undecided.data_mut()[offset] = truth(any_undecided);
        }
    }
    (bound, undecided)
}
