//! Products of windows against the textbook's sums, by axes, columns, levels and parts.

mod common;

use chainrule_kernels::windows::WindowProduct;
use chainrule_kernels::{Float, Level, dispatch};
use common::{assert_close, to_f64, values};
use proptest::prelude::*;

type Axes = Vec<(usize, usize)>;

/// Where each element of some axes lies, the last innermost.
fn offsets(axes: &[(usize, usize)]) -> Vec<usize> {
    axes.iter().fold(vec![0], |offsets, &(n, stride)| {
        offsets.iter().flat_map(|offset| (0..n).map(move |i| offset + i * stride)).collect()
    })
}

/// Each element by its definition, in f64, and all of the product at each level, at once and in parts.
fn compare<T: Float>(rows: &Axes, terms: &Axes, columns: usize) {
    let (row_offsets, term_offsets) = (offsets(rows), offsets(terms));
    let reach = row_offsets.iter().max().unwrap() + term_offsets.iter().max().unwrap() + 1;
    let (x, w) = (values::<T>(1, reach), values::<T>(2, term_offsets.len() * columns));
    let element = |row: usize, column: usize| -> f64 {
        let term = |(i, t): (usize, &usize)| x[row + t].to_f64() * w[i * columns + column].to_f64();
        term_offsets.iter().enumerate().map(term).sum()
    };
    let right: Vec<f64> = row_offsets
        .iter()
        .flat_map(|&row| (0..columns).map(move |j| (row, j)))
        .map(|(row, j)| element(row, j))
        .collect();
    let product = WindowProduct { rows, terms, columns };
    let count = product.rows();
    for level in Level::available() {
        let of = |range: std::ops::Range<usize>| {
            let mut y = vec![T::NAN; range.len() * columns];
            dispatch!(level, simd => product.multiply(simd, &x, &w, range.clone(), &mut y));
            y
        };
        let whole = of(0..count);
        let what = format!("{rows:?} {terms:?} {columns} {level}");
        assert_close(&whole, &right, term_offsets.len(), 1.0 + term_offsets.len() as f64, &what);
        let parts = [of(0..count / 3), of(count / 3..count)].concat();
        assert_eq!(to_f64(&whole), to_f64(&parts), "{what}: parts round otherwise");
    }
}

#[test]
fn the_rows_and_the_terms_of_a_convolution_are_the_rows_of_the_product() {
    // 2 pictures of 6 × 11, 3 channels last, windows of 3 × 2
    let (pixels, patch): (Axes, Axes) = (vec![(2, 198), (4, 33), (10, 3)], vec![(3, 33), (6, 1)]);
    for columns in [1, 3, 6, 16, 17, 40] {
        compare::<f32>(&pixels, &patch, columns);
        compare::<f64>(&pixels, &patch, columns);
        compare::<f32>(&patch, &pixels, columns);
        compare::<f64>(&patch, &pixels, columns);
    }
}

#[test]
fn many_terms_are_added_band_by_band() {
    compare::<f32>(&vec![(3, 130), (5, 1)], &vec![(64, 700), (50, 4)], 9);
    compare::<f32>(&vec![(3, 130), (5, 1)], &vec![(5, 1400), (700, 2)], 9);
}

#[test]
fn without_axes_there_is_one_row_and_one_term() {
    compare::<f64>(&vec![], &vec![], 5);
}

proptest! {
    #[test]
    fn products_by_any_strides(
        rows in prop::collection::vec((1usize..7, 0usize..9), 0..4),
        terms in prop::collection::vec((1usize..7, 0usize..9), 0..4),
        columns in 1usize..40,
    ) {
        compare::<f32>(&rows, &terms, columns);
        compare::<f64>(&rows, &terms, columns);
    }
}
