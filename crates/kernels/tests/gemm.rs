//! GEMM against the textbook's triple loop, by strides, scalars, sizes and threads.

mod common;

use chainrule_kernels::{Float, Gemm, GemmError, Layout, Threads};
use common::{assert_close, to_f64, values};
use proptest::prelude::*;

/// α·A·B + β·C by the definition, in f64.
fn definition<T: Float>(alpha: f64, a: (&[T], Layout), b: (&[T], Layout), beta: f64, c: (&[T], Layout)) -> Vec<f64> {
    let at = |(x, l): (&[T], Layout), i: usize, j: usize| x[i * l.row_stride + j * l.col_stride].to_f64();
    let mut out = vec![];
    for i in 0..c.1.rows {
        for j in 0..c.1.cols {
            let product: f64 = (0..a.1.cols).map(|p| at(a, i, p) * at(b, p, j)).sum();
            out.push(alpha * product + if beta == 0.0 { 0.0 } else { beta * at(c, i, j) });
        }
    }
    out
}

/// The elements of a strided matrix, row by row.
fn dense<T: Float>(x: &[T], l: Layout) -> Vec<T> {
    (0..l.rows * l.cols).map(|i| x[i / l.cols * l.row_stride + i % l.cols * l.col_stride]).collect()
}

/// A layout of a shape: transposed or not, dense or with gaps.
fn layout(rows: usize, cols: usize, across: bool, gap: usize) -> Layout {
    if across {
        Layout { row_stride: rows + gap, ..Layout::row_major(cols, rows) }.transposed()
    } else {
        Layout { row_stride: cols + gap, ..Layout::row_major(rows, cols) }
    }
}

fn compare<T: Float>(alpha: f64, beta: f64, a: Layout, b: Layout, c: Layout) {
    let gemm = Gemm::new(a, b, c).expect("the shapes fit");
    let extent = |l: Layout| l.extent().expect("small");
    let (x, y) = (values::<T>(1, extent(a)), values::<T>(2, extent(b)));
    let before = values::<T>(3, extent(c));
    let right = definition(alpha, (&x, a), (&y, b), beta, (&before, c));
    let mut out = before.clone();
    gemm.run(T::from_f64(alpha), &x, &y, T::from_f64(beta), &mut out, Threads::One);
    assert_close(&dense(&out, c), &right, a.cols, 1.0 + a.cols as f64, &format!("{a:?} {b:?} {c:?}"));
    // What lies between the elements of C is untouched.
    let mut inside = vec![false; out.len()];
    (0..c.rows * c.cols).for_each(|i| inside[i / c.cols * c.row_stride + i % c.cols * c.col_stride] = true);
    let (out, before) = (to_f64(&out), to_f64(&before));
    for i in (0..out.len()).filter(|&i| !inside[i]) {
        assert_eq!(out[i], before[i], "a gap was written");
    }
}

#[test]
fn alpha_scales_the_product_and_beta_what_was_there() {
    let one = Layout::row_major(1, 1);
    let gemm = Gemm::new(one, one, one).expect("the shapes fit");
    let mut c = [7.0];
    gemm.run(2.0, &[3.0], &[5.0], 11.0, &mut c, Threads::One);
    assert_eq!(c, [2.0 * 3.0 * 5.0 + 11.0 * 7.0]);
    // The same where the library takes another path.
    let square = Layout::row_major(40, 40);
    let mut c = [7.0f32; 1600];
    Gemm::new(square, square, square).expect("the shapes fit").run(
        2.0,
        &[3.0; 1600],
        &[5.0; 1600],
        11.0,
        &mut c,
        Threads::One,
    );
    assert_eq!(c, [2.0 * 3.0 * 5.0 * 40.0 + 11.0 * 7.0; 1600]);
}

#[test]
fn with_beta_zero_the_old_values_are_not_read() {
    for (m, n, k) in [(1, 1, 1), (1, 9, 7), (9, 1, 7), (8, 8, 2), (33, 65, 20), (130, 70, 40), (3, 4, 0)] {
        let (a, b, c) = (Layout::row_major(m, k), Layout::row_major(k, n), Layout::row_major(m, n));
        let mut out = vec![f64::NAN; m * n];
        let gemm = Gemm::new(a, b, c).expect("the shapes fit");
        gemm.run(1.0, &vec![1.0; m * k], &vec![1.0; k * n], 0.0, &mut out, Threads::One);
        assert_eq!(out, vec![k as f64; m * n], "{m} {n} {k}");
    }
}

#[test]
fn an_empty_sum_leaves_beta_times_c() {
    let gemm = Gemm::new(Layout::row_major(2, 0), Layout::row_major(0, 2), Layout::row_major(2, 2));
    let mut c = [1.0f32, 2.0, 3.0, 4.0];
    gemm.expect("the shapes fit").run(5.0, &[], &[], 2.0, &mut c, Threads::One);
    assert_eq!(c, [2.0, 4.0, 6.0, 8.0]);
}

#[test]
fn the_sizes_of_real_steps() {
    for (m, n, k, a, b, beta) in [
        (32, 64, 20, false, true, 0.0),
        (32, 64, 64, false, true, 0.0),
        (32, 1, 64, false, true, 0.0),
        (32, 64, 1, false, false, 0.0),
        (64, 20, 32, true, false, 1.0),
        (64, 64, 32, true, false, 1.0),
        (1, 64, 32, true, false, 1.0),
        (128, 10, 256, false, true, 0.0),
        (10, 256, 128, true, false, 1.0),
        (128, 256, 784, false, true, 0.0),
        (256, 784, 128, true, false, 1.0),
        (128, 2, 32, false, true, 0.0),
        (3, 300, 32, false, true, 1.0),
        (50, 70, 256, false, true, 1.0),
    ] {
        let (a, b, c) = (layout(m, k, a, 0), layout(k, n, b, 0), Layout::row_major(m, n));
        compare::<f32>(-1e-4, beta, a, b, c);
        compare::<f64>(-1e-4, beta, a, b, c);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for (m, n, k, a, b) in [
        (128, 256, 784, false, true),
        (256, 784, 128, true, false),
        (250, 517, 130, false, false),
        (250, 130, 512, false, true),
        (520, 130, 300, false, true),
        // the gradient of weights: too narrow to be cut by rows
        (128, 512, 768, true, false),
    ] {
        let (a, b, c) = (layout(m, k, a, 0), layout(k, n, b, 0), Layout::row_major(m, n));
        let gemm = Gemm::new(a, b, c).expect("the shapes fit");
        assert!(gemm.threads() > 1, "{m} {n} {k}: too small to tell");
        let (x, y) = (values::<f32>(1, m * k), values::<f32>(2, k * n));
        let run = |threads| {
            let mut out = values::<f32>(3, m * n);
            gemm.run(0.3, &x, &y, 1.0, &mut out, threads);
            out.into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        let right = run(Threads::One);
        for threads in [1, 2, 3, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a small pool");
            assert_eq!(pool.install(|| run(Threads::Pool)), right, "{threads} threads");
        }
    }
}

#[test]
fn what_does_not_fit_is_said() {
    let l = Layout::row_major;
    let shapes = Gemm::new(l(2, 3), l(4, 5), l(2, 5)).expect_err("3 is not 4");
    assert_eq!(shapes.to_string(), "2×3 by 4×5 does not give 2×5: A must be m×k, B k×n, C m×n");
    assert!(matches!(Gemm::new(l(2, 3), l(3, 5), l(5, 2)), Err(GemmError::Shapes(..))));
    let row_twice = Layout { row_stride: 0, ..l(2, 5) };
    assert!(matches!(Gemm::new(l(2, 3), l(3, 5), row_twice), Err(GemmError::Overlap(_))));
    let interleaved = Layout { row_stride: 4, ..l(2, 5) };
    assert!(matches!(Gemm::new(l(2, 3), l(3, 5), interleaved), Err(GemmError::Overlap(_))));
    let huge = Layout { row_stride: usize::MAX / 2, ..l(4, 3) };
    assert!(matches!(Gemm::new(huge, l(3, 5), l(4, 5)), Err(GemmError::TooLarge(_))));
    // A factor may repeat its elements.
    let broadcast = Layout { row_stride: 0, ..l(2, 3) };
    assert!(Gemm::new(broadcast, l(3, 5), l(2, 5)).is_ok());
}

#[test]
#[should_panic(expected = "B: 14 elements are too few")]
fn a_short_slice_is_refused() {
    let l = Layout::row_major;
    let gemm = Gemm::new(l(2, 3), l(3, 5), l(2, 5)).expect("the shapes fit");
    gemm.run(1.0, &[0.0; 6], &[0.0; 14], 0.0, &mut [0.0; 10], Threads::One);
}

proptest! {
    #[test]
    fn any_shape_and_strides(
        m in 0..40usize, n in 0..40usize, k in 0..40usize,
        across: (bool, bool, bool), gaps in (0..3usize, 0..3usize, 0..3usize),
        alpha in -2..3i8, beta in -1..2i8,
    ) {
        let (a, b) = (layout(m, k, across.0, gaps.0), layout(k, n, across.1, gaps.1));
        let c = layout(m, n, across.2, gaps.2);
        compare::<f32>(f64::from(alpha), f64::from(beta), a, b, c);
        compare::<f64>(f64::from(alpha), f64::from(beta), a, b, c);
    }
}
