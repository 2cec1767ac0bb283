//! Reductions, softmax, gathering and reordering at every level against plain loops.

mod common;

use chainrule_kernels::index::{OutOfRange, gather_rows, scatter_add_rows};
use chainrule_kernels::reduce::{self, Axis, Fold};
use chainrule_kernels::softmax::{logsumexp, logsumexp_along, softmax, softmax_along};
use chainrule_kernels::{Float, Level, dispatch};
use common::{assert_close, to_f64, values};

fn axes() -> Vec<Axis> {
    let mut axes = vec![];
    for outer in [0, 1, 3] {
        for n in [0, 1, 2, 5, 10, 17, 40, 150] {
            for inner in [0, 1, 2, 3, 8, 19, 33] {
                axes.push(Axis { outer, n, inner });
            }
        }
    }
    axes
}

/// The elements along an axis, for each index outside and inside it.
fn lines(x: &[f64], Axis { outer, n, inner }: Axis) -> Vec<Vec<f64>> {
    (0..outer * inner).map(|p| (0..n).map(|i| x[(p / inner * n + i) * inner + p % inner]).collect()).collect()
}

fn plain_max(x: &[f64]) -> f64 {
    x.iter().fold(f64::NEG_INFINITY, |a, &b| if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) })
}

fn plain_logsumexp(x: &[f64]) -> f64 {
    let top = plain_max(x);
    let shift = if top.is_infinite() { 0.0 } else { top };
    x.iter().map(|x| (x - shift).exp()).sum::<f64>().ln() + shift
}

fn reductions<T: Float>(level: Level, axis: Axis) {
    let x = values::<T>(5, axis.outer * axis.n * axis.inner);
    let lines = lines(&to_f64(&x), axis);
    let mut y = vec![T::NAN; lines.len()];
    let what = format!("{level} {axis:?}");
    let right = |f: &dyn Fn(&[f64]) -> f64| lines.iter().map(|line| f(line)).collect::<Vec<f64>>();

    dispatch!(level, simd => reduce::reduce(simd, Fold::Sum, &x, axis, &mut y));
    assert_close(&y, &right(&|x| x.iter().sum()), axis.n, 1.0 + axis.n as f64, &format!("sum {what}"));
    dispatch!(level, simd => reduce::reduce(simd, Fold::Max, &x, axis, &mut y));
    assert_close(&y, &right(&plain_max), 0, 0.0, &format!("max {what}"));
    dispatch!(level, simd => reduce::reduce(simd, Fold::Min, &x, axis, &mut y));
    let plain_min = |x: &[f64]| -plain_max(&x.iter().map(|x| -x).collect::<Vec<_>>());
    assert_close(&y, &right(&plain_min), 0, 0.0, &format!("min {what}"));
    dispatch!(level, simd => logsumexp_along(simd, &x, axis, &mut y));
    assert_close(&y, &right(&plain_logsumexp), axis.n, 2.0, &format!("logsumexp {what}"));

    let mut indices = vec![T::NAN; lines.len()];
    let first = |x: &[f64], best: f64| x.iter().position(|&x| x == best).unwrap_or(0) as f64;
    dispatch!(level, simd => reduce::argmax_along(simd, &x, axis, &mut indices));
    assert_eq!(to_f64(&indices), lines.iter().map(|x| first(x, plain_max(x))).collect::<Vec<_>>(), "argmax {what}");
    dispatch!(level, simd => reduce::argmin_along(simd, &x, axis, &mut indices));
    assert_eq!(to_f64(&indices), lines.iter().map(|x| first(x, plain_min(x))).collect::<Vec<_>>(), "argmin {what}");

    let mut y = vec![T::NAN; x.len()];
    dispatch!(level, simd => softmax_along(simd, &x, axis, &mut y));
    let found = self::lines(&to_f64(&y), axis);
    for (found, line) in found.iter().zip(&lines) {
        let total = plain_logsumexp(line);
        let right: Vec<f64> = line.iter().map(|x| (x - total).exp()).collect();
        let found: Vec<T> = found.iter().map(|&x| T::from_f64(x)).collect();
        assert_close(&found, &right, axis.n, 1.0, &format!("softmax {what}"));
    }

    let mut y = vec![T::NAN; x.len()];
    reduce::cumsum_along(&x, axis, &mut y);
    for (found, line) in self::lines(&to_f64(&y), axis).iter().zip(&lines) {
        let right: Vec<f64> = (0..line.len()).map(|last| line[..=last].iter().sum()).collect();
        let found: Vec<T> = found.iter().map(|&x| T::from_f64(x)).collect();
        assert_close(&found, &right, axis.n, 1.0 + axis.n as f64, &format!("cumsum {what}"));
    }
}

#[test]
fn along_any_axis() {
    for level in Level::available() {
        for axis in axes() {
            reductions::<f32>(level, axis);
            reductions::<f64>(level, axis);
        }
    }
}

#[test]
fn not_a_number_is_passed_on_and_ties_go_first() {
    for level in Level::available() {
        for n in 1..80 {
            for index in 0..n {
                let mut x = values::<f64>(6, n);
                x[index] = f64::NAN;
                let (max, min, sum) =
                    dispatch!(level, simd => (reduce::max(simd, &x), reduce::min(simd, &x), reduce::sum(simd, &x)));
                assert!(max.is_nan() && min.is_nan() && sum.is_nan(), "{level} {n} {index}");
                assert!(dispatch!(level, simd => logsumexp(simd, &x)).is_nan());
                x[n - 1] = f64::NAN;
                assert_eq!(dispatch!(level, simd => reduce::argmax(simd, &x)), Some(index), "{level} {n}");
                assert_eq!(dispatch!(level, simd => reduce::argmin(simd, &x)), Some(index), "{level} {n}");
                let mut columns = [0.0; 1];
                let axis = Axis { outer: 1, n, inner: 1 };
                dispatch!(level, simd => reduce::argmax_along(simd, &x, axis, &mut columns));
                assert_eq!(columns, [index as f64]);
                let twice: Vec<f64> = x.iter().flat_map(|&x| [x, 1.0]).collect();
                let mut columns = [9.0; 2];
                let axis = Axis { outer: 1, n, inner: 2 };
                dispatch!(level, simd => reduce::argmin_along(simd, &twice, axis, &mut columns));
                assert_eq!(columns, [index as f64, 0.0]);
                let mut tie = vec![0.0f32; n];
                tie[index..].fill(1.0);
                assert_eq!(dispatch!(level, simd => reduce::argmax(simd, &tie)), Some(index), "{level} {n}");
            }
        }
    }
}

#[test]
fn empty_and_infinite_rows() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    for level in Level::available() {
        let of = |x: &[f64]| dispatch!(level, simd => logsumexp(simd, x));
        assert_eq!(of(&[]), -inf);
        assert_eq!(of(&[-inf, -inf]), -inf);
        assert_eq!(of(&[-inf, 3.0]), 3.0);
        assert_eq!(of(&[inf, 3.0]), inf);
        assert_eq!(of(&[1000.0; 20]), 1000.0 + 20f64.ln());
        assert!(of(&[inf, nan]).is_nan());
        let mut columns = [0.0; 4];
        let x = [-inf, 1.0, inf, nan, -inf, -inf, 3.0, 1.0];
        dispatch!(level, simd => logsumexp_along(simd, &x, Axis { outer: 1, n: 2, inner: 4 }, &mut columns));
        assert_eq!(columns[..3], [-inf, 1.0, inf]);
        assert!(columns[3].is_nan());
        assert_eq!(dispatch!(level, simd => reduce::argmax::<_, f64>(simd, &[])), None);

        let mut y = [0.0f32; 3];
        dispatch!(level, simd => softmax(simd, &[1000.0, 1000.0, -1000.0], &mut y));
        assert_eq!(y, [0.5, 0.5, 0.0]);
        dispatch!(level, simd => softmax(simd, &[0.0, f32::NAN, 1.0], &mut y));
        assert!(y.iter().all(|y| y.is_nan()));
    }
}

#[test]
fn short_rows_get_what_long_rows_get_at_the_ends_of_the_range() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let rows = [[1000.0, 1000.0, -1000.0], [inf, 3.0, 1.0], [-inf, -inf, -inf], [nan, 1.0, 2.0], [-inf, 3.0, 3.0]];
    let x: Vec<f64> = rows.iter().flatten().copied().collect();
    let axis = Axis { outer: 5, n: 3, inner: 1 };
    for level in Level::available() {
        let (mut sums, mut y) = ([0.0; 5], [0.0; 15]);
        dispatch!(level, simd => logsumexp_along(simd, &x, axis, &mut sums));
        dispatch!(level, simd => softmax_along(simd, &x, axis, &mut y));
        assert_eq!(sums[..3], [1000.0 + 2f64.ln(), inf, -inf], "{level}");
        assert!(sums[3].is_nan() && sums[4] == 3.0 + 2f64.ln(), "{level} {sums:?}");
        assert_eq!(y[..3], [0.5, 0.5, 0.0], "{level}");
        assert!(y[3..12].iter().all(|y| y.is_nan()), "{level} {y:?}");
        assert_eq!(y[12..], [0.0, 0.5, 0.5], "{level}");
    }
}

/// Rows of whole vectors, of parts of vectors, and too long for partial sums; few rows and many.
#[test]
fn rows_are_added_up() {
    fn added<T: Float>(level: Level, n: usize, rows: usize) {
        let (x, before) = (values::<T>(3, rows * n), values::<T>(4, n));
        let mut y = before.clone();
        dispatch!(level, simd => reduce::add_rows(simd, &x, &mut y));
        let (x, before) = (to_f64(&x), to_f64(&before));
        let right: Vec<f64> = (0..n).map(|j| before[j] + x.iter().skip(j).step_by(n).sum::<f64>()).collect();
        assert_close(&y, &right, rows, 2.0 + rows as f64, &format!("{level} {n} {rows}"));
    }
    for level in Level::available() {
        for n in [1, 2, 3, 6, 8, 10, 15, 16, 17, 24, 32, 48, 63, 64, 65, 130] {
            for rows in [0, 1, 2, 7, 64, 301] {
                added::<f32>(level, n, rows);
                added::<f64>(level, n, rows);
            }
        }
        let mut none: [f32; 0] = [];
        dispatch!(level, simd => reduce::add_rows(simd, &[], &mut none));
    }
}

#[test]
fn rows_are_gathered_and_added() {
    for level in Level::available() {
        for width in [0, 1, 2, 7, 8, 33] {
            let (table, added) = (values::<f32>(1, 5 * width), values::<f32>(2, 4 * width));
            let indices = [3.0, 0.0, 3.0, 4.0];
            let mut rows = vec![0.0; 4 * width];
            gather_rows(&table, 5, width, &indices, &mut rows).expect("in range");
            let right: Vec<f32> =
                indices.iter().flat_map(|&i| &table[i as usize * width..][..width]).copied().collect();
            assert_eq!(rows, right);

            let mut sums = table.clone();
            dispatch!(level, simd => scatter_add_rows(simd, &mut sums, 5, width, &indices, &added)).expect("in range");
            let mut right = table.clone();
            for (i, &row) in indices.iter().enumerate() {
                for j in 0..width {
                    right[row as usize * width + j] += added[i * width + j];
                }
            }
            assert_eq!(sums, right, "{level} {width}");
        }
    }
}

#[test]
fn an_index_outside_is_named_and_nothing_written() {
    let mut y = [7.0; 4];
    for wrong in [-1.0, 2.0, 0.5, f64::NAN] {
        let outside = Err(OutOfRange { position: 1, rows: 2 });
        assert_eq!(gather_rows(&[1.0, 2.0, 3.0, 4.0], 2, 2, &[1.0, wrong], &mut y), outside);
        let level = Level::best();
        let scattered = dispatch!(level, simd => scatter_add_rows(simd, &mut y, 2, 2, &[0.0, wrong], &[1.0; 4]));
        assert_eq!(scattered, outside);
    }
    assert_eq!(y, [7.0; 4]);
}
