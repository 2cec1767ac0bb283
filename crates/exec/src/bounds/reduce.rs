//! The bounds of reductions.

use chainrule_graph::Tensor;
use chainrule_graph::ops::Reduce;

use super::{Enclosed, Rounding, apart, sum, times};
use crate::error::ExecError;
use crate::reference::elementwise::truth;
use crate::reference::exactly;
use crate::reference::reduce::Fibers;
use crate::reference::strided::{Layout, for_each};

pub(super) fn bound(
    op: &Reduce,
    y: &Tensor,
    inputs: &[&Enclosed],
    rounding: &Rounding,
) -> Result<(Tensor, Tensor), ExecError> {
    let [x] = exactly(inputs)?;
    Ok(match op {
        Reduce::Sum { axes } => {
            let shape = x.value.shape();
            let mut sums = sum::none(y.shape());
            for_each(shape, [&Layout::of(shape), &Layout::without(shape, axes)], |[i, o]| {
                let (entry, bound) = x.entry(i);
                sums[o].add(entry, bound, x.is_undecided(i));
            });
            sum::bounds(y, &sums, false, rounding)
        }
        Reduce::Max { axis } | Reduce::Min { axis } => along(x, *axis, y, of_extreme),
        Reduce::ArgMax { axis } | Reduce::ArgMin { axis } => {
            // The index is sure if its entry is apart from all others.
            let (bound, mut undecided) = along(x, *axis, y, |_, _| 0.0);
            let line = Fibers::of(x.value.shape(), *axis);
            for (number, undecided) in undecided.data_mut().iter_mut().enumerate() {
                let entries: Vec<(f64, f64)> = line.places(number).map(|place| x.entry(place)).collect();
                let best = y.data()[number] as usize;
                let sure = (0..entries.len()).all(|k| k == best || apart(entries[best], entries[k]));
                if !sure {
                    *undecided = 1.0;
                }
            }
            (bound, undecided)
        }
        Reduce::LogSumExp { axis } => along(x, *axis, y, |entries, y| of_logsumexp(entries, y, rounding)),
        Reduce::Softmax { axis } => softmax(x, *axis, y, rounding),
    })
}

/// The bound of each reduced line by `bound`, from the line's entries with their bounds, and the result. A result is
/// undecided if an entry is.
fn along(x: &Enclosed, axis: usize, y: &Tensor, bound: impl Fn(&[(f64, f64)], f64) -> f64) -> (Tensor, Tensor) {
    let line = Fibers::of(x.value.shape(), axis);
    let bound = |number: usize| {
        let entries: Vec<(f64, f64)> = line.places(number).map(|place| x.entry(place)).collect();
        bound(&entries, y.data()[number])
    };
    let undecided = |number: usize| truth(line.places(number).any(|place| x.is_undecided(place)));
    (Tensor::from_fn(y.shape(), bound), Tensor::from_fn(y.shape(), undecided))
}

/// The greatest bound of the entries that may be the extreme one.
fn of_extreme(entries: &[(f64, f64)], best: f64) -> f64 {
    if best.is_nan() {
        let sure = entries.iter().any(|&(x, bound)| x.is_nan() && bound == 0.0);
        return if sure { 0.0 } else { f64::INFINITY };
    }
    let own = entries.iter().filter(|&&(x, _)| x == best).map(|&(_, bound)| bound).fold(0.0, f64::max);
    let may_be = entries.iter().filter(|&&entry| !apart(entry, (best, own)) || entry.0 == best);
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
    fn of(entries: &[(f64, f64)], rounding: &Rounding) -> Shares {
        let unit = rounding.unit_roundoff;
        let top = entries.iter().map(|&(x, _)| x).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = entries.iter().map(|&(x, _)| (x - top).exp()).sum();
        let shares: Vec<f64> = entries.iter().map(|&(x, _)| (x - top).exp() / total).collect();
        let error = |&(x, bound): &(f64, f64)| match x {
            f64::NEG_INFINITY => bound,
            _ => bound + unit * (x - top).abs() + rounding.of_function(),
        };
        let errors: Vec<f64> = entries.iter().map(error).collect();
        let moved = entries.iter().zip(&shares).zip(&errors).map(|((&(x, _), &share), &error)| match share {
            // A share too small for a number may be one where the error is large.
            0.0 => (x - top + error).exp() / total,
            _ => share * error.exp_m1(),
        });
        let of_total = moved.sum::<f64>().ln_1p() + entries.len() as f64 * unit;
        Shares { shares, errors, of_total, log_total: total.ln() }
    }
}

fn of_logsumexp(entries: &[(f64, f64)], y: f64, rounding: &Rounding) -> f64 {
    if entries.iter().any(|&(_, bound)| bound == f64::INFINITY) {
        return f64::INFINITY;
    } else if !y.is_finite() {
        return 0.0;
    }
    let Shares { of_total, log_total, .. } = Shares::of(entries, rounding);
    // Then a logarithm and a sum.
    rounding.rounded(y, of_total + rounding.of_function() * log_total, rounding.unit_roundoff)
}

fn softmax(x: &Enclosed, axis: usize, y: &Tensor, rounding: &Rounding) -> (Tensor, Tensor) {
    let (mut bound, mut undecided) = (Tensor::zeros(y.shape()), Tensor::zeros(y.shape()));
    let line = Fibers::of(x.value.shape(), axis);
    for number in 0..line.count {
        let entries: Vec<(f64, f64)> = line.places(number).map(|place| x.entry(place)).collect();
        let any_undecided = line.places(number).any(|place| x.is_undecided(place));
        let finite = entries.iter().all(|&(_, bound)| bound.is_finite());
        let Shares { shares, errors, of_total, .. } = Shares::of(&entries, rounding);
        for (k, place) in line.places(number).enumerate() {
            let relative = (errors[k] + of_total + rounding.unit_roundoff).exp_m1();
            bound.data_mut()[place] = match entries[k].0 {
                _ if !finite => f64::INFINITY,
                // Surely NaN; e^−∞, which is 0
                _ if y.data()[place].is_nan() => 0.0,
                f64::NEG_INFINITY => 0.0,
                // An exponential and a quotient may underflow; a share is at most 1.
                _ => (times(shares[k], relative) + 2.0 * rounding.least).min(1.0),
            };
            undecided.data_mut()[place] = truth(any_undecided);
        }
    }
    (bound, undecided)
}
