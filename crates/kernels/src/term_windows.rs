//! Products of windows with a matrix, where what is summed over lies next to one another in both: the gradient of a convolution's
//! weights, summed over pixels or examples. A vector holds as many terms, so that no lane is idle however few columns there are.
//!
//! A tile of the result, some rows by up to six columns, is held in registers, a vector of partial sums for each element, which
//! is added up at the end of a block of terms. A block's part of both operands stays in a near cache while all tiles read it.
//! Each element is a sum of its blocks' sums, which do not depend on which rows are computed together.

use crate::float::{Float, Lanes, lanes, load, load_partial};
use core::ops::Range;
use fearless_simd::prelude::*;

/// An axis of terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How many there are.
    pub n: usize,
    /// From one to the next in the windows.
    pub x: usize,
    /// From one to the next in the matrix.
    pub w: usize,
}

/// `y[r, j] = Σ over t of x[row r + term t] · w[column j + term t]`.
#[derive(Clone, Copy, Debug)]
pub struct TermProduct<'a> {
    /// The axes of the terms but the innermost, the outermost first.
    pub terms: &'a [Terms],
    /// How many terms lie next to one another, in both.
    pub run: usize,
    /// Where each row lies in x.
    pub rows: &'a [usize],
    /// Where each column lies in w.
    pub columns: &'a [usize],
}

/// So many elements of the matrix are read by all tiles while they are in a near cache.
const NEAR: usize = 3 << 14;
/// Blocks of fewer terms are not worth their additions at the end.
const LEAST: usize = 1 << 10;
/// A tile has no more columns than these.
const MOST_COLUMNS: usize = 6;

impl TermProduct<'_> {
    /// These rows of the product; y holds them alone.
    ///
    /// # Panics
    /// If x, w or y is too short.
    #[inline(always)]
    pub fn multiply<S: Simd, T: Float>(&self, simd: S, x: &[T], w: &[T], rows: Range<usize>, y: &mut [T]) {
        y.fill(T::ZERO);
        let all: usize = self.terms.iter().map(|axis| axis.n).product();
        let block = (NEAR / self.columns.len().max(1)).max(LEAST).div_ceil(self.run.max(1)).max(1);
        let groups = self.columns.len().div_ceil(MOST_COLUMNS);
        for first in (0..all).step_by(block) {
            let block = Block { product: self, runs: first..all.min(first + block) };
            for group in 0..groups {
                let start = self.columns.len() * group / groups;
                let columns = start..self.columns.len() * (group + 1) / groups;
                let is_wide = lanes::<S, T>() * size_of::<T>() == 64;
                match (columns.len(), is_wide) {
                    (6, true) => block.rows::<S, T, 4, 6>(simd, x, w, rows.clone(), start, y),
                    (5, true) => block.rows::<S, T, 4, 5>(simd, x, w, rows.clone(), start, y),
                    (4, true) => block.rows::<S, T, 4, 4>(simd, x, w, rows.clone(), start, y),
                    (6, false) => block.rows::<S, T, 2, 6>(simd, x, w, rows.clone(), start, y),
                    (5, false) => block.rows::<S, T, 2, 5>(simd, x, w, rows.clone(), start, y),
                    (4, false) => block.rows::<S, T, 2, 4>(simd, x, w, rows.clone(), start, y),
                    (3, _) => block.rows::<S, T, 4, 3>(simd, x, w, rows.clone(), start, y),
                    (2, _) => block.rows::<S, T, 4, 2>(simd, x, w, rows.clone(), start, y),
                    (_, _) => block.rows::<S, T, 4, 1>(simd, x, w, rows.clone(), start, y),
                }
            }
        }
    }
}

/// Some of the runs of terms.
struct Block<'a> {
    product: &'a TermProduct<'a>,
    runs: Range<usize>,
}

impl Block<'_> {
    /// These rows of C columns, R rows together.
    #[inline(always)]
    fn rows<S: Simd, T: Float, const R: usize, const C: usize>(
        &self,
        simd: S,
        x: &[T],
        w: &[T],
        rows: Range<usize>,
        column: usize,
        y: &mut [T],
    ) {
        let columns = self.product.columns.len();
        let mut row = rows.start;
        while row < rows.end {
            let y = &mut y[(row - rows.start) * columns + column..];
            row += if rows.end - row >= R {
                self.tile::<S, T, R, C>(simd, x, w, row, column, y)
            } else {
                self.tile::<S, T, 1, C>(simd, x, w, row, column, y)
            };
        }
    }

    /// Adds the terms to R rows of C columns; returns how many rows these are.
    #[inline(always)]
    fn tile<S: Simd, T: Float, const R: usize, const C: usize>(
        &self,
        simd: S,
        x: &[T],
        w: &[T],
        row: usize,
        column: usize,
        y: &mut [T],
    ) -> usize {
        let TermProduct { run, rows, columns, .. } = *self.product;
        let mut sums = [[Lanes::<S, T>::splat(simd, T::ZERO); C]; R];
        for index in self.runs.clone() {
            let (of_x, of_w) = self.start(index);
            let mut xs: [&[T]; R] = [&[]; R];
            let mut ws: [&[T]; C] = [&[]; C];
            for r in 0..R {
                xs[r] = &x[of_x + rows[row + r]..][..run];
            }
            for c in 0..C {
                ws[c] = &w[of_w + columns[column + c]..][..run];
            }
            sums = along(simd, run, xs, ws, sums);
        }
        for r in 0..R {
            add_up::<S, T, C>(sums[r], &mut y[r * columns.len()..][..C]);
        }
        R
    }

    /// Where a run begins in both.
    #[inline(always)]
    fn start(&self, mut index: usize) -> (usize, usize) {
        let (mut x, mut w) = (0, 0);
        for axis in self.product.terms.iter().rev() {
            let i = index % axis.n;
            (x, w) = (x + i * axis.x, w + i * axis.w);
            index /= axis.n;
        }
        (x, w)
    }
}

/// Adds the lanes of each vector to its element.
#[inline(always)]
fn add_up<S: Simd, T: Float, const C: usize>(sums: [Lanes<S, T>; C], y: &mut [T]) {
    for c in 0..C {
        y[c] += sums[c].reduce_sum();
    }
}

/// Adds the products of a run, element by element of R and C slices.
#[inline(always)]
fn along<S: Simd, T: Float, const R: usize, const C: usize>(
    simd: S,
    run: usize,
    xs: [&[T]; R],
    ws: [&[T]; C],
    mut sums: [[Lanes<S, T>; C]; R],
) -> [[Lanes<S, T>; C]; R] {
    let len = lanes::<S, T>();
    let mut i = 0;
    while i + len <= run {
        let mut vectors = [Lanes::<S, T>::splat(simd, T::ZERO); R];
        for r in 0..R {
            vectors[r] = load(simd, &xs[r][i..i + len]);
        }
        for c in 0..C {
            let w = load::<S, T>(simd, &ws[c][i..i + len]);
            for r in 0..R {
                sums[r][c] = vectors[r].mul_add(w, sums[r][c]);
            }
        }
        i += len;
    }
    if i < run {
        let (x, w) = (rest::<S, T, R>(simd, xs, i), rest::<S, T, C>(simd, ws, i));
        for c in 0..C {
            for r in 0..R {
                sums[r][c] = x[r].mul_add(w[c], sums[r][c]);
            }
        }
    }
    sums
}

/// What is left of several slices, less than a vector of each. A loop by itself: it is too long to be unrolled, and sums that it went
/// through would not stay in registers.
#[inline(always)]
fn rest<S: Simd, T: Float, const N: usize>(simd: S, slices: [&[T]; N], from: usize) -> [Lanes<S, T>; N] {
    let mut vectors = [Lanes::<S, T>::splat(simd, T::ZERO); N];
    for (vector, slice) in vectors.iter_mut().zip(slices) {
        *vector = load_partial(simd, &slice[from..], T::ZERO);
    }
    vectors
}
