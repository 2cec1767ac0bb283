//! Vector and matrix-vector kernels at every level against plain loops, at every length near a
//! vector's width.

mod common;

use chainrule_kernels::elementwise::{indicator, maximum, minimum, sign};
use chainrule_kernels::matrix::{gemv, gemv_transposed, rank_one, rank_one_decayed};
use chainrule_kernels::simd::*;
use chainrule_kernels::vector::{axpby, axpy, dot, dot_padded, map, map_in_place, scale, two_dots_padded, update, zip};
use chainrule_kernels::{Float, Level, dispatch};
use common::{assert_close, to_f64, values};

const LENGTHS: [usize; 21] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 63, 64, 65, 129, 400];

fn each_level<T: Float>(check: fn(Level, &[T], &[T])) {
    for level in Level::available() {
        for n in LENGTHS {
            check(level, &values(1, n), &values(2, n));
        }
    }
}

fn plain_dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn dots<T: Float>(level: Level, x: &[T], y: &[T]) {
    let found = dispatch!(level, simd => dot(simd, x, y));
    let right = plain_dot(&to_f64(x), &to_f64(y));
    assert_close(&[found], &[right], x.len(), 1.0 + x.len() as f64 / 4.0, &format!("dot {level} {}", x.len()));
}

#[test]
fn dot_is_the_sum_of_products() {
    each_level::<f32>(dots);
    each_level::<f64>(dots);
}

#[test]
fn dot_counts_each_product_once() {
    for level in Level::available() {
        for n in 0..200 {
            let x: Vec<f64> = (0..n).map(f64::from).collect();
            let right = (0..i64::from(n)).map(|i| i * i).sum::<i64>() as f64;
            assert_eq!(dispatch!(level, simd => dot(simd, &x, &x)), right, "{level} {n}");
            // What lies behind the n does not count, whatever it is.
            let padded: Vec<f64> = x.iter().copied().chain([f64::NAN; 16]).collect();
            let n = n as usize;
            assert_eq!(dispatch!(level, simd => dot_padded(simd, n, &padded, &padded)), right, "{level} {n}");
            let twice: Vec<f64> = padded.iter().map(|x| 2.0 * x).collect();
            let both = dispatch!(level, simd => two_dots_padded(simd, n, &padded, &padded, &twice));
            assert_eq!(both, (right, 2.0 * right), "{level} {n}");
        }
    }
}

#[test]
fn dot_does_not_touch_a_number_twice_where_it_is_infinite() {
    // Lanes counted before are set to zero before the product: no ∞ · 0.
    let mut x = [1.0; 9];
    x[5] = f64::INFINITY;
    for level in Level::available() {
        assert_eq!(dispatch!(level, simd => dot(simd, &x, &[1.0; 9])), f64::INFINITY, "{level}");
    }
}

fn updates<T: Float>(level: Level, x: &[T], y: &[T]) {
    let (a, k) = (T::from_f64(-0.3), T::from_f64(0.9));
    let (wide_a, wide_k) = (a.to_f64(), k.to_f64());
    let check = |found: &[T], f: &dyn Fn(f64, f64) -> f64, what: &str| {
        let right: Vec<f64> = x.iter().zip(y).map(|(x, y)| f(x.to_f64(), y.to_f64())).collect();
        assert_close(found, &right, 1, 2.0, &format!("{what} {level} {}", x.len()));
    };
    let mut z = y.to_vec();
    dispatch!(level, simd => axpy(simd, a, x, &mut z));
    check(&z, &|x, y| y + wide_a * x, "axpy");
    let mut z = y.to_vec();
    dispatch!(level, simd => axpby(simd, a, x, k, &mut z));
    check(&z, &|x, y| wide_k * y + wide_a * x, "axpby");
    let mut z = y.to_vec();
    dispatch!(level, simd => scale(simd, k, &mut z));
    check(&z, &|_, y| wide_k * y, "scale");
    let mut z = vec![T::NAN; x.len()];
    dispatch!(level, simd => map(simd, x, &mut z, |x| x * x + x));
    check(&z, &|x, _| x * x + x, "map");
    dispatch!(level, simd => zip(simd, x, y, &mut z, |x, y| x * y - x));
    check(&z, &|x, y| x * y - x, "zip");
    let mut z = y.to_vec();
    dispatch!(level, simd => map_in_place(simd, &mut z, |y| y * y - y));
    check(&z, &|_, y| y * y - y, "map_in_place");
    let mut z = y.to_vec();
    dispatch!(level, simd => update(simd, &mut z, x, |y, x| y * y - x));
    check(&z, &|x, y| y * y - x, "update");
}

#[test]
fn updates_and_maps() {
    each_level::<f32>(updates);
    each_level::<f64>(updates);
}

/// Bits do not depend on where an element stands, whatever rounding the level has.
#[test]
fn an_update_rounds_alike_in_every_lane() {
    for level in Level::available() {
        for n in 1..70 {
            let (x, mut y) = (vec![0.1f32; n], vec![0.7f32; n]);
            dispatch!(level, simd => axpby(simd, 0.3, &x, 0.9, &mut y));
            assert!(y.iter().all(|v| v.to_bits() == y[0].to_bits()), "{level} {n}");
        }
    }
}

#[test]
fn not_a_number_wins_and_a_tie_goes_first() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let a = [nan, 1.0, nan, 2.0, 0.0, -0.0, inf, -inf];
    let b = [1.0, nan, nan, 3.0, -0.0, 0.0, 1.0, 1.0];
    let bits = |x: &[f64]| x.iter().map(|x| if x.is_nan() { 1 } else { x.to_bits() }).collect::<Vec<_>>();
    for level in Level::available() {
        let mut y = [0.0; 8];
        dispatch!(level, simd => zip(simd, &a, &b, &mut y, |a, b| maximum(simd, a, b)));
        assert_eq!(bits(&y), bits(&[nan, nan, nan, 3.0, 0.0, -0.0, inf, 1.0]), "{level}");
        dispatch!(level, simd => zip(simd, &a, &b, &mut y, |a, b| minimum(simd, a, b)));
        assert_eq!(bits(&y), bits(&[nan, nan, nan, 2.0, 0.0, -0.0, 1.0, -inf]), "{level}");
        dispatch!(level, simd => map(simd, &a, &mut y, |a| sign(simd, a)));
        assert_eq!(bits(&y), bits(&[nan, 1.0, nan, 1.0, 0.0, -0.0, 1.0, -1.0]), "{level}");
        dispatch!(level, simd => zip(simd, &a, &b, &mut y, |a, b| indicator(simd, a.simd_lt(b))));
        assert_eq!(y, [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0], "{level}");
    }
}

fn matrix_vector<T: Float>(level: Level, rows: usize, cols: usize) {
    let (a, x, y) = (values::<T>(1, rows * cols), values::<T>(2, cols), values::<T>(3, rows));
    let (wide, wide_x, wide_y) = (to_f64(&a), to_f64(&x), to_f64(&y));
    let what = format!("{level} {rows}×{cols}");
    for (alpha, beta) in [(1.0, 0.0), (-0.5, 1.0), (2.0, 0.5)] {
        let (scalar, factor) = (T::from_f64(alpha), T::from_f64(beta));
        let kept = |y: f64| if beta == 0.0 { 0.0 } else { beta * y };
        let start = |y: &[T]| if beta == 0.0 { vec![T::NAN; y.len()] } else { y.to_vec() };

        let mut z = start(&y);
        dispatch!(level, simd => gemv(simd, scalar, &a, &x, factor, &mut z));
        let right: Vec<f64> =
            (0..rows).map(|i| alpha * plain_dot(&wide[i * cols..(i + 1) * cols], &wide_x) + kept(wide_y[i])).collect();
        assert_close(&z, &right, cols, 2.0 + cols as f64, &format!("gemv {what}"));

        let mut z = start(&x);
        dispatch!(level, simd => gemv_transposed(simd, scalar, &a, &y, factor, &mut z));
        let right: Vec<f64> = (0..cols)
            .map(|j| alpha * (0..rows).map(|i| wide[i * cols + j] * wide_y[i]).sum::<f64>() + kept(wide_x[j]))
            .collect();
        assert_close(&z, &right, rows, 2.0 + rows as f64, &format!("gemv_transposed {what}"));

        let mut z = a.clone();
        dispatch!(level, simd => rank_one(simd, scalar, &y, &x, &mut z));
        let product = |i: usize| alpha * wide_y[i / cols] * wide_x[i % cols];
        let right: Vec<f64> = (0..rows * cols).map(|i| wide[i] + product(i)).collect();
        assert_close(&z, &right, 2, 3.0, &format!("rank_one {what}"));

        let mut z = a.clone();
        dispatch!(level, simd => rank_one_decayed(simd, scalar, &y, &x, factor, &mut z));
        let right: Vec<f64> = (0..rows * cols).map(|i| beta * wide[i] + product(i)).collect();
        assert_close(&z, &right, 2, 3.0, &format!("rank_one_decayed {what}"));
    }
}

#[test]
fn matrices_and_vectors() {
    for level in Level::available() {
        for rows in [0, 1, 3, 4, 5, 10, 64] {
            for cols in [0, 1, 2, 5, 8, 10, 16, 17, 31, 70, 150, 400] {
                matrix_vector::<f32>(level, rows, cols);
                matrix_vector::<f64>(level, rows, cols);
            }
        }
    }
}
