//! Products of windows whose rows, or terms, are neighbours, against the textbook's sums, by axes, columns, levels and parts.

mod common;

use chainrule_kernels::row_windows::{Clip, RowProduct};
use chainrule_kernels::term_windows::{TermProduct, Terms};
use chainrule_kernels::{Float, Level, dispatch};
use common::{assert_close, to_f64, values};
use proptest::prelude::*;

/// Where each element of some axes lies, the last innermost.
fn offsets(axes: &[(usize, usize)]) -> Vec<usize> {
    axes.iter().fold(vec![0], |offsets, &(n, stride)| {
        offsets.iter().flat_map(|offset| (0..n).map(move |i| offset + i * stride)).collect()
    })
}

/// All of a product at each level, at once and in parts, against what is right.
fn check<T: Float>(
    what: &str,
    rows: usize,
    terms: usize,
    right: &[f64],
    of: impl Fn(Level, core::ops::Range<usize>) -> Vec<T>,
) {
    for level in Level::available() {
        let what = format!("{what} {level}");
        let whole = of(level, 0..rows);
        assert_close(&whole, right, terms, 1.0 + terms as f64, &what);
        let parts = [of(level, 0..rows / 3), of(level, rows / 3..rows)].concat();
        assert_eq!(to_f64(&whole), to_f64(&parts), "{what}: parts round otherwise");
    }
}

/// An axis of rows whose windows reach beyond the ends: rows, terms, from a place to the next, from a term to the next, border, places.
type Clipped = (usize, usize, usize, usize, usize, usize);

/// The terms of an axis in their order: those together that are at a whole place for the same rows.
fn in_classes(&(_, terms, stride, ..): &Clipped) -> Vec<usize> {
    (0..stride).flat_map(|left| (left..terms).step_by(stride)).collect()
}

/// Windows over axes of a picture, of so many examples innermost.
fn clipped<T: Float>(axes: &[Clipped], run: usize, channels: usize, columns: usize) {
    let inner = |axis: usize| run * axes[axis + 1..].iter().map(|axis| axis.5).product::<usize>();
    let strides: Vec<usize> = (0..axes.len()).map(inner).collect();
    let picture = run * axes.iter().map(|axis| axis.5).product::<usize>();
    let x = values::<T>(1, picture * channels);
    let classes: Vec<Vec<usize>> = axes.iter().map(in_classes).collect();
    let mut terms = vec![0];
    for ((axis, classes), stride) in axes.iter().zip(&classes).zip(&strides) {
        let places = classes.iter().map(|u| if axis.2 == 1 { u * axis.3 } else { u / axis.2 });
        terms = terms.iter().flat_map(|term| places.clone().map(move |place| term + place * stride)).collect();
    }
    terms = terms.iter().flat_map(|term| (0..channels).map(move |channel| term + channel * picture)).collect();
    let w = values::<T>(2, terms.len() * columns);
    let rows: Vec<(usize, usize)> = axes.iter().map(|axis| (axis.0, 0)).collect();
    let clip = |(row, (axis, &x)): (usize, (&Clipped, &usize))| {
        let &(_, terms, stride, dilation, border, length) = axis;
        Clip { terms, row, stride, dilation, border, length, x }
    };
    let clips: Vec<Clip> = axes.iter().zip(&strides).enumerate().map(clip).collect();
    let product = RowProduct { rows: &rows, run, terms: &terms, clips: &clips, columns };

    let mut right = vec![0.0; product.rows() * columns];
    let indices = |sizes: &[usize], mut i: usize| -> Vec<usize> {
        let mut indices = vec![0; sizes.len()];
        for (index, n) in indices.iter_mut().zip(sizes).rev() {
            (*index, i) = (i % n, i / n);
        }
        indices
    };
    let counts: Vec<usize> = axes.iter().map(|axis| axis.0).collect();
    let sizes: Vec<usize> = axes.iter().map(|axis| axis.1).chain([channels]).collect();
    for (r, row) in (0..product.rows()).map(|r| (r, indices(&counts, r / run))) {
        for (t, term) in (0..terms.len()).map(|t| (t, indices(&sizes, t))) {
            let mut at = Some(r % run + term[axes.len()] * picture);
            for (a, &(_, _, stride, dilation, border, places)) in axes.iter().enumerate() {
                let from = (row[a] + dilation * classes[a][term[a]]).checked_sub(border);
                let place =
                    from.filter(|from| from % stride == 0).map(|from| from / stride).filter(|place| *place < places);
                at = at.zip(place).map(|(at, place)| at + place * strides[a]);
            }
            let Some(at) = at else { continue };
            for j in 0..columns {
                right[j * product.rows() + r] += x[at].to_f64() * w[t * columns + j].to_f64();
            }
        }
    }
    let what = format!("{axes:?} of {run}, {channels} channels, {columns} columns");
    check(&what, columns, terms.len(), &right, |level, range| {
        let mut y = vec![T::NAN; range.len() * product.rows()];
        dispatch!(level, simd => product.multiply(simd, &x, &w, range.clone(), &mut y));
        y
    });
}

#[test]
fn windows_that_reach_beyond_the_ends_leave_out_what_is_not_there() {
    for (run, columns) in [(1, 1), (3, 2), (8, 3), (17, 4), (40, 5), (64, 6), (70, 7), (33, 16)] {
        clipped::<f32>(&[(7, 3, 1, 1, 2, 5), (5, 2, 1, 1, 1, 4)], run, 3, columns);
        clipped::<f64>(&[(6, 3, 1, 1, 1, 5), (5, 2, 1, 1, 1, 4)], run, 3, columns);
        clipped::<f64>(&[(9, 3, 1, 2, 4, 7), (5, 3, 2, 1, 2, 3), (2, 1, 1, 1, 0, 2)], run, 1, columns);
        // Places that are apart from one another, by more than a window has entries, too
        clipped::<f32>(&[(11, 3, 2, 1, 2, 5), (9, 4, 3, 1, 1, 3)], run, 2, columns);
        clipped::<f32>(&[(9, 2, 4, 1, 1, 3)], run, 2, columns);
        // Some windows have nothing within.
        clipped::<f32>(&[(4, 2, 1, 3, 3, 1), (7, 2, 1, 5, 5, 2)], run, 2, columns);
    }
}

/// Each element by its definition, in f64: rows that are neighbours.
fn rows<T: Float>(rows: &[(usize, usize)], run: usize, terms: &[(usize, usize)], columns: usize) {
    let (row_offsets, terms) = (offsets(&[rows, &[(run, 1)]].concat()), offsets(terms));
    let reach = row_offsets.iter().max().unwrap() + terms.iter().max().unwrap() + 1;
    let (x, w) = (values::<T>(1, reach), values::<T>(2, terms.len() * columns));
    let element = |column: usize, row: usize| -> f64 {
        terms.iter().enumerate().map(|(i, t)| x[row + t].to_f64() * w[i * columns + column].to_f64()).sum()
    };
    let right: Vec<f64> = (0..columns)
        .flat_map(|j| row_offsets.iter().map(move |&row| (j, row)))
        .map(|(j, row)| element(j, row))
        .collect();
    let product = RowProduct { rows, run, terms: &terms, clips: &[], columns };
    check(&format!("{rows:?} {run} {columns}"), columns, terms.len(), &right, |level, range| {
        let mut y = vec![T::NAN; range.len() * product.rows()];
        dispatch!(level, simd => product.multiply(simd, &x, &w, range.clone(), &mut y));
        y
    });
}

/// The same for terms that are neighbours.
fn terms<T: Float>(terms: &[Terms], run: usize, rows: &[(usize, usize)], columns: &[(usize, usize)]) {
    let (rows, columns) = (offsets(rows), offsets(columns));
    let of = |stride: fn(&Terms) -> usize| -> Vec<usize> {
        offsets(&terms.iter().map(|axis| (axis.n, stride(axis))).chain([(run, 1)]).collect::<Vec<_>>())
    };
    let (in_x, in_w) = (of(|axis| axis.x), of(|axis| axis.w));
    let reach = |places: &[usize], terms: &[usize]| places.iter().max().unwrap() + terms.iter().max().unwrap() + 1;
    let (x, w) = (values::<T>(1, reach(&rows, &in_x)), values::<T>(2, reach(&columns, &in_w)));
    let element = |row: usize, column: usize| -> f64 {
        in_x.iter().zip(&in_w).map(|(t, u)| x[row + t].to_f64() * w[column + u].to_f64()).sum()
    };
    let right: Vec<f64> = rows
        .iter()
        .flat_map(|&row| columns.iter().map(move |&column| (row, column)))
        .map(|(i, j)| element(i, j))
        .collect();
    let product = TermProduct { terms, run, rows: &rows, columns: &columns };
    check(
        &format!("{terms:?} {run} {} {}", rows.len(), columns.len()),
        rows.len(),
        in_x.len(),
        &right,
        |level, range| {
            let mut y = vec![T::NAN; range.len() * columns.len()];
            dispatch!(level, simd => product.multiply(simd, &x, &w, range.clone(), &mut y));
            y
        },
    );
}

#[test]
fn the_pixels_of_a_convolution_are_rows_or_terms() {
    // 3 channels of 6 × 11 pixels of n examples, windows of 3 × 2
    for n in [1, 5, 16, 37] {
        let patch = [(3, 66 * n), (3, 11 * n), (2, n)];
        for columns in [1, 2, 3, 4, 5, 6, 13, 16] {
            rows::<f32>(&[(4, 11 * n)], 10 * n, &patch, columns);
            rows::<f64>(&[(4, 11 * n), (10, n)], n, &patch, columns);
            let (down, right) = (Terms { n: 4, x: 11 * n, w: 10 * n }, Terms { n: 10, x: n, w: n });
            terms::<f32>(&[down], 10 * n, &patch, &[(columns, 40 * n)]);
            terms::<f64>(&[down, right], n, &patch, &[(columns, 40 * n)]);
        }
    }
}

#[test]
fn many_terms_are_added_block_by_block() {
    let outer = Terms { n: 60, x: 70, w: 64 };
    terms::<f32>(&[outer], 64, &[(3, 1), (2, 5)], &[(20, 1)]);
    terms::<f64>(&[outer], 64, &[(9, 1)], &[(40, 64)]);
}

/// What is not finite goes to what reads it, and nowhere else.
#[test]
fn what_is_not_finite_stays_in_its_row_and_column() {
    for level in Level::available() {
        let (mut x, w) = (vec![1.0f32; 37 + 3], vec![1.0f32; 4 * 3]);
        (x[20], x[39]) = (f32::NAN, f32::INFINITY);
        let product = RowProduct { rows: &[], run: 37, terms: &[0, 1, 2, 3], clips: &[], columns: 3 };
        let mut y = vec![0.0; 3 * 37];
        dispatch!(level, simd => product.multiply(simd, &x, &w, 0..3, &mut y));
        for (i, y) in y.iter().enumerate().map(|(i, y)| (i % 37, y)) {
            assert_eq!(y.is_nan(), (17..=20).contains(&i), "{level}: {i}");
            assert_eq!(y.is_infinite(), i == 36, "{level}: {i}");
        }
        let product = TermProduct { terms: &[], run: 37, rows: &[0, 3], columns: &[0] };
        let mut y = vec![0.0; 2];
        x[20] = 1.0;
        dispatch!(level, simd => product.multiply(simd, &x, &[1.0; 37], 0..2, &mut y));
        assert_eq!(y, [37.0, f32::INFINITY], "{level}");
    }
}

proptest! {
    #[test]
    fn products_by_any_strides(
        outer in prop::collection::vec((1usize..5, 0usize..9), 0..3),
        run in 1usize..70,
        inner in prop::collection::vec((1usize..5, 0usize..9), 0..3),
        columns in 1usize..14,
    ) {
        rows::<f32>(&outer, run, &inner, columns);
        rows::<f64>(&outer, run, &inner, columns);
        let axes: Vec<Terms> = outer.iter().map(|&(n, x)| Terms { n, x, w: n + x }).collect();
        terms::<f32>(&axes, run, &inner, &[(columns, 3)]);
        terms::<f64>(&axes, run, &inner, &[(columns, 3)]);
    }
}
