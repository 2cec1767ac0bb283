//! Rows of the reductions, and of softmax.

use chainrule_graph::{Kind, Tensor};

use super::{Case, below, case, fixed, integers, real};

/// f of each row of a matrix with rows of `n` elements.
fn rows(x: &Tensor, n: usize, f: fn(&[f64]) -> f64) -> Vec<f64> {
    x.data().chunks(n).map(f).collect()
}

/// f of each column of a matrix with rows of `n` elements.
fn columns(x: &Tensor, n: usize, f: fn(&[f64]) -> f64) -> Vec<f64> {
    let column = |j: usize| x.data().iter().skip(j).step_by(n).copied().collect::<Vec<_>>();
    (0..n).map(|j| f(&column(j))).collect()
}

fn greatest(x: &[f64]) -> f64 {
    x.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn least(x: &[f64]) -> f64 {
    x.iter().copied().fold(f64::INFINITY, f64::min)
}

fn total(x: &[f64]) -> f64 {
    x.iter().sum()
}

fn log_of_exponentials(x: &[f64]) -> f64 {
    x.iter().map(|x| x.exp()).sum::<f64>().ln()
}

pub(super) fn cases() -> Vec<Case> {
    [sums(), running_sums(), orders(), extremes(), exponentials()].into_iter().flatten().collect()
}

fn sums() -> Vec<Case> {
    vec![
        case("sum", [real([2, 3])], [], |_, x| x[0].sum()).gives(|x| vec![total(x[0].data())]),
        case("sum over the first axis", [real([2, 3])], [3], |_, x| x[0].sum_axes(&[0]))
            .gives(|x| columns(&x[0], 3, total)),
        case("sum over the last axis", [real([2, 3])], [2], |_, x| x[0].sum_axes(&[1]))
            .gives(|x| rows(&x[0], 3, total)),
        case("sum over two axes of three", [real([2, 3, 2])], [3], |_, x| x[0].sum_axes(&[2, 0]))
            .gives(|x| (0..3).map(|j| (0..4).map(|k| x[0].data()[k / 2 * 6 + j * 2 + k % 2]).sum()).collect()),
        case("sum over no axis", [real([2, 3])], [2, 3], |_, x| x[0].sum_axes(&[])).gives(|x| x[0].data().to_vec()),
        case("sum of a scalar", [real([])], [], |_, x| x[0].sum()).gives(|x| x[0].data().to_vec()),
        case("sum over an axis of one", [real([3, 1])], [3], |_, x| x[0].sum_axes(&[1]))
            .gives(|x| x[0].data().to_vec()),
        case("sum of nothing", [real([0])], [], |_, x| x[0].sum()).gives(|_| vec![0.0]),
        case("sum over an empty axis", [real([2, 0])], [2], |_, x| x[0].sum_axes(&[1])).gives(|_| vec![0.0; 2]),
        case("sum to nothing", [real([2, 0])], [0], |_, x| x[0].sum_axes(&[0])).gives(|_| vec![]),
        case("sum of integers", [below(5, [4])], [], |_, x| x[0].sum())
            .of_kind(Kind::Int)
            .gives(|x| vec![total(x[0].data())]),
        case("sum of truth values", [real([5])], [], |_, x| x[0].less(0.0).sum())
            .gives(|x| vec![x[0].data().iter().filter(|x| **x < 0.0).count() as f64]),
        case("sum: mean", [real([2, 3])], [], |_, x| x[0].mean()).gives(|x| vec![total(x[0].data()) / 6.0]),
        case("sum: mean over an axis", [real([2, 3])], [3], |_, x| x[0].mean_axes(&[0]))
            .gives(|x| columns(&x[0], 3, |x| total(x) / 2.0)),
        case("sum: squared_l2_distance", [real([2, 3]), real([2, 3])], [], |b, x| b.squared_l2_distance(x[0], x[1]))
            .gives(|x| vec![x[0].data().iter().zip(x[1].data()).map(|(a, b)| (a - b).powi(2)).sum()]),
        case("sum: l2_norm_penalty", [real([4])], [], |b, x| b.l2_norm_penalty(0.3, x[0]))
            .gives(|x| vec![0.3 * x[0].data().iter().map(|x| x * x).sum::<f64>()]),
    ]
}

fn running_sums() -> Vec<Case> {
    /// The sum of the elements of row i, column j of [2, 3] that `is_before` finds at or before it.
    fn summed(x: &Tensor, is_before: fn((usize, usize), (usize, usize)) -> bool) -> Vec<f64> {
        let at = |index: usize| (index / 3, index % 3);
        let sum = |index| (0..6).filter(|&other| is_before(at(other), at(index))).map(|other| x.data()[other]).sum();
        (0..6).map(sum).collect()
    }
    vec![
        case("cumsum along the first axis", [real([2, 3])], [2, 3], |_, x| x[0].cumsum(0))
            .gives(|x| summed(&x[0], |(i, j), (row, column)| i <= row && j == column)),
        case("cumsum along the last axis", [real([2, 3])], [2, 3], |_, x| x[0].cumsum(1))
            .gives(|x| summed(&x[0], |(i, j), (row, column)| i == row && j <= column)),
        case("cumsum along the axis between", [real([2, 3, 2])], [2, 3, 2], |_, x| x[0].cumsum(1)).gives(|x| {
            let element = |outer: usize, j: usize, inner: usize| x[0].data()[outer * 6 + j * 2 + inner];
            let sum = |index: usize| (0..=index / 2 % 3).map(|j| element(index / 6, j, index % 2)).sum();
            (0..12).map(sum).collect()
        }),
        case("cumsum along an axis of one", [real([3, 1])], [3, 1], |_, x| x[0].cumsum(1))
            .gives(|x| x[0].data().to_vec()),
        case("cumsum of nothing", [real([2, 0])], [2, 0], |_, x| x[0].cumsum(1)).gives(|_| vec![]),
        case("cumsum to nothing", [real([2, 0])], [2, 0], |_, x| x[0].cumsum(0)).gives(|_| vec![]),
        case("cumsum of integers", [below(9, [4])], [4], |_, x| x[0].cumsum(0))
            .of_kind(Kind::Int)
            .gives(|x| (0..4).map(|i| total(&x[0].data()[..=i])).collect()),
        case("cumsum passes NaN on", [fixed([3], &[1.0, f64::NAN, 2.0])], [3], |_, x| x[0].cumsum(0))
            .gives(|_| vec![1.0, f64::NAN, f64::NAN])
            .differentiable(0),
    ]
}

/// The order of the elements.
fn orders() -> Vec<Case> {
    vec![
        case(
            "argsort along rows",
            [fixed([2, 4], &[3.0, -1.0, 3.0, f64::NAN, 2.0, 1.0, 0.0, -5.0])],
            [2, 4],
            |_, x| x[0].argsort(1),
        )
        .of_kind(Kind::Int)
        .gives(|_| vec![1.0, 0.0, 2.0, 3.0, 3.0, 2.0, 1.0, 0.0]),
        case("argsort along columns", [fixed([3, 2], &[3.0, -1.0, 3.0, 7.0, 2.0, 1.0])], [3, 2], |_, x| {
            x[0].argsort(0)
        })
        .of_kind(Kind::Int)
        .gives(|_| vec![2.0, 0.0, 0.0, 2.0, 1.0, 1.0]),
        case("argsort of integers", [integers([4], &[3.0, 0.0, 3.0, 1.0])], [4], |_, x| x[0].argsort(0))
            .of_kind(Kind::Int)
            .gives(|_| vec![1.0, 3.0, 0.0, 2.0]),
        case("argsort of nothing", [real([2, 0])], [2, 0], |_, x| x[0].argsort(1)).of_kind(Kind::Int).gives(|_| vec![]),
    ]
}

/// The greatest and the least, and where they are.
fn extremes() -> Vec<Case> {
    let tied = || fixed([2, 3], &[1.0, 1.0, 0.5, 2.0, 3.0, 3.0]);
    vec![
        case("max over the last axis", [real([2, 3])], [2], |_, x| x[0].max_axis(1))
            .gives(|x| rows(&x[0], 3, greatest)),
        case("max over the first axis", [real([2, 3])], [3], |_, x| x[0].max_axis(0))
            .gives(|x| columns(&x[0], 3, greatest)),
        case("max over the axis between", [real([2, 3, 2])], [2, 2], |_, x| x[0].max_axis(1)).gives(|x| {
            let element = |index: usize, j: usize| x[0].data()[index / 2 * 6 + j * 2 + index % 2];
            (0..4).map(|index| greatest(&[element(index, 0), element(index, 1), element(index, 2)])).collect()
        }),
        case("max that ties", [tied()], [2], |_, x| x[0].max_axis(1)).gives(|_| vec![1.0, 3.0]),
        case("max over an axis of one", [real([3, 1])], [3], |_, x| x[0].max_axis(1)).gives(|x| x[0].data().to_vec()),
        case("max to nothing", [real([0, 2])], [0], |_, x| x[0].max_axis(1)).gives(|_| vec![]),
        case("max of integers", [below(9, [2, 3])], [2], |_, x| x[0].max_axis(1))
            .of_kind(Kind::Int)
            .gives(|x| rows(&x[0], 3, greatest)),
        case("max passes NaN on", [fixed([3], &[1.0, f64::NAN, 2.0])], [], |_, x| x[0].max_axis(0))
            .gives(|_| vec![f64::NAN])
            .differentiable(0),
        case("min over the last axis", [real([2, 3])], [2], |_, x| x[0].min_axis(1)).gives(|x| rows(&x[0], 3, least)),
        case("min over the first axis", [real([2, 3])], [3], |_, x| x[0].min_axis(0))
            .gives(|x| columns(&x[0], 3, least)),
        case("min that ties", [fixed([3], &[2.0, 1.0, 1.0])], [], |_, x| x[0].min_axis(0)).gives(|_| vec![1.0]),
        case("min to nothing", [real([0, 2])], [0], |_, x| x[0].min_axis(1)).gives(|_| vec![]),
        case("min of integers", [integers([3], &[4.0, 2.0, 3.0])], [], |_, x| x[0].min_axis(0))
            .of_kind(Kind::Int)
            .gives(|_| vec![2.0]),
        case("min passes NaN on", [fixed([3], &[1.0, f64::NAN, 2.0])], [], |_, x| x[0].min_axis(0))
            .gives(|_| vec![f64::NAN])
            .differentiable(0),
        case("argmax over the last axis", [fixed([2, 3], &[1.0, 5.0, 2.0, 9.0, 3.0, 4.0])], [2], |_, x| x[0].argmax(1))
            .of_kind(Kind::Int)
            .gives(|_| vec![1.0, 0.0]),
        case("argmax over the first axis", [fixed([2, 3], &[1.0, 5.0, 2.0, 9.0, 3.0, 4.0])], [3], |_, x| {
            x[0].argmax(0)
        })
        .of_kind(Kind::Int)
        .gives(|_| vec![1.0, 0.0, 1.0]),
        case("argmax that ties", [tied()], [2], |_, x| x[0].argmax(1)).of_kind(Kind::Int).gives(|_| vec![0.0, 1.0]),
        case("argmax of a NaN", [fixed([3], &[1.0, f64::NAN, 2.0])], [], |_, x| x[0].argmax(0))
            .of_kind(Kind::Int)
            .gives(|_| vec![1.0]),
        case("argmax of integers", [integers([3], &[4.0, 7.0, 7.0])], [], |_, x| x[0].argmax(0))
            .of_kind(Kind::Int)
            .gives(|_| vec![1.0]),
        case("argmin over the last axis", [fixed([2, 3], &[1.0, 5.0, 2.0, 9.0, 3.0, 4.0])], [2], |_, x| x[0].argmin(1))
            .of_kind(Kind::Int)
            .gives(|_| vec![0.0, 1.0]),
        case("argmin that ties", [fixed([3], &[2.0, 1.0, 1.0])], [], |_, x| x[0].argmin(0))
            .of_kind(Kind::Int)
            .gives(|_| vec![1.0]),
        case("argmin to nothing", [real([0, 2])], [0], |_, x| x[0].argmin(1)).of_kind(Kind::Int).gives(|_| vec![]),
    ]
}

fn exponentials() -> Vec<Case> {
    vec![
        case("logsumexp over the last axis", [real([2, 3])], [2], |_, x| x[0].logsumexp(1))
            .gives(|x| rows(&x[0], 3, log_of_exponentials)),
        case("logsumexp over the first axis", [real([2, 3])], [3], |_, x| x[0].logsumexp(0))
            .gives(|x| columns(&x[0], 3, log_of_exponentials)),
        case("logsumexp of large values", [fixed([3], &[1000.0, 999.0, -1000.0])], [], |_, x| x[0].logsumexp(0))
            .gives(|_| vec![1000.0 + (-1f64).exp().ln_1p()]),
        case("logsumexp over an axis of one", [real([3, 1])], [3], |_, x| x[0].logsumexp(1))
            .gives(|x| x[0].data().to_vec()),
        case("logsumexp of nothing", [real([2, 0])], [2], |_, x| x[0].logsumexp(1))
            .gives(|_| vec![f64::NEG_INFINITY; 2])
            .differentiable(0),
        case("softmax over the last axis", [real([2, 3])], [2, 3], |_, x| x[0].softmax(1)).gives(|x| {
            let sums = rows(&x[0], 3, |x| x.iter().map(|x| x.exp()).sum());
            x[0].data().iter().enumerate().map(|(index, x)| x.exp() / sums[index / 3]).collect()
        }),
        case("softmax over the first axis", [real([2, 3])], [2, 3], |_, x| x[0].softmax(0)).gives(|x| {
            let sums = columns(&x[0], 3, |x| x.iter().map(|x| x.exp()).sum());
            x[0].data().iter().enumerate().map(|(index, x)| x.exp() / sums[index % 3]).collect()
        }),
        case("softmax of large values", [fixed([3], &[1000.0, 999.0, -1000.0])], [3], |_, x| x[0].softmax(0)).gives(
            |_| {
                let odds = (-1f64).exp();
                vec![1.0 / (1.0 + odds), odds / (1.0 + odds), 0.0]
            },
        ),
        case("softmax over an axis of one", [real([3, 1])], [3, 1], |_, x| x[0].softmax(1)).gives(|_| vec![1.0; 3]),
        case("softmax of nothing", [real([2, 0])], [2, 0], |_, x| x[0].softmax(1)).gives(|_| vec![]),
        case("softmax: its logarithm", [fixed([2], &[0.0, 2000.0])], [2], |_, x| x[0].softmax(0).log())
            .gives(|_| vec![-2000.0, 0.0]),
    ]
}
