//! Products of windows with a matrix. Windows are a matrix whose element (row, term) lies at an offset of the row plus one of the
//! term, so that windows which overlap share elements; they are multiplied where they lie, nothing is copied.
//!
//! A tile of the result, some rows by one or two vectors of columns, is held in registers while a run of terms is added to it.
//! Each element is one sum, over the terms in their order: its bits do not depend on which rows are computed together.

use crate::float::{Float, Lanes, lanes, load, load_partial, store_partial};
use core::ops::Range;
use fearless_simd::prelude::*;

/// Axes: (elements, how far apart), the outermost first.
pub type Axes<'a> = &'a [(usize, usize)];

/// `y[r, j] = Σ over t of x[row r + term t] · w[t, j]`.
#[derive(Clone, Copy, Debug)]
pub struct WindowProduct<'a> {
    /// The axes of the rows, in x.
    pub rows: Axes<'a>,
    /// The axes of the terms, in x.
    pub terms: Axes<'a>,
    /// How many columns w and y have, whose rows follow one another.
    pub columns: usize,
}

/// So many terms are added to one tile after another while they are in the nearest cache.
const BAND: usize = 128;
/// With no more terms than these a tile gets all of them at once.
const FEW: usize = 2048;
/// Rows that are computed with one panel of w while that is in a near cache.
const BLOCK: usize = 128;

/// Axes without the innermost, and that.
fn split(axes: Axes<'_>) -> (Axes<'_>, (usize, usize)) {
    axes.split_last().map_or((axes, (1, 0)), |(inner, outer)| (outer, *inner))
}

/// How many elements axes have.
pub(crate) fn count(axes: Axes<'_>) -> usize {
    axes.iter().map(|axis| axis.0).product()
}

/// Where the element of an index lies.
#[inline(always)]
pub(crate) fn offset(axes: Axes<'_>, mut index: usize) -> usize {
    if let &[(_, stride)] = axes {
        return index * stride;
    }
    let mut at = 0;
    for &(n, stride) in axes.iter().rev() {
        at += index % n * stride;
        index /= n;
    }
    at
}

impl WindowProduct<'_> {
    /// How many rows the product has.
    #[must_use]
    pub fn rows(&self) -> usize {
        count(self.rows)
    }

    /// These rows of the product; y holds them alone.
    ///
    /// # Panics
    /// If x, w or y is too short.
    #[inline(always)]
    pub fn multiply<S: Simd, T: Float>(&self, simd: S, x: &[T], w: &[T], rows: Range<usize>, y: &mut [T]) {
        y.fill(T::ZERO);
        let (outer_terms, inner_terms) = split(self.terms);
        let all = count(outer_terms);
        let is_short = all * inner_terms.0 <= FEW;
        let band = if is_short { all } else { (BAND / inner_terms.0).max(1) };
        let block = if is_short { BLOCK } else { rows.len().max(1) };
        for first in (0..all).step_by(band) {
            let terms = first..all.min(first + band);
            for start in rows.clone().step_by(block) {
                let block = start..rows.end.min(start + block);
                let y = &mut y[(start - rows.start) * self.columns..][..block.len() * self.columns];
                self.panels(simd, x, w, block, &terms, y);
            }
        }
    }

    /// Adds these runs of terms to these rows, one panel of columns after another.
    #[inline(always)]
    fn panels<S: Simd, T: Float>(
        &self,
        simd: S,
        x: &[T],
        w: &[T],
        rows: Range<usize>,
        terms: &Range<usize>,
        y: &mut [T],
    ) {
        let len = lanes::<S, T>();
        let (outer, (n, step)) = split(self.rows);
        let mut column = 0;
        while column < self.columns {
            let is_wide = self.columns - column > len;
            let panel = Panel { product: self, column, terms: terms.clone() };
            let mut row = rows.start;
            while row < rows.end {
                let (run, from) = (row / n, row % n);
                let count = (n - from).min(rows.end - row);
                let x = &x[offset(outer, run) + from * step..];
                let y = &mut y[(row - rows.start) * self.columns..];
                if is_wide {
                    panel.run::<S, T, 4, 2>(simd, x, w, count, y);
                } else {
                    panel.run::<S, T, 8, 1>(simd, x, w, count, y);
                }
                row += count;
            }
            column += if is_wide { 2 * len } else { len };
        }
    }
}

/// One or two vectors of columns, and runs of terms.
struct Panel<'a> {
    product: &'a WindowProduct<'a>,
    column: usize,
    terms: Range<usize>,
}

impl Panel<'_> {
    /// So many rows of a run, as many together as there are registers for.
    #[inline(always)]
    fn run<S: Simd, T: Float, const R: usize, const V: usize>(
        &self,
        simd: S,
        x: &[T],
        w: &[T],
        rows: usize,
        y: &mut [T],
    ) {
        let (step, columns) = (split(self.product.rows).1.1, self.product.columns);
        let mut row = 0;
        while row < rows {
            let (x, y) = (&x[row * step..], &mut y[row * columns..]);
            row += match rows - row {
                left if left >= R => self.tile::<S, T, R, V>(simd, x, w, y),
                left if left >= 4 => self.tile::<S, T, 4, V>(simd, x, w, y),
                left if left >= 2 => self.tile::<S, T, 2, V>(simd, x, w, y),
                _ => self.tile::<S, T, 1, V>(simd, x, w, y),
            };
        }
    }

    /// Adds the terms to R rows; returns how many these are.
    #[inline(always)]
    fn tile<S: Simd, T: Float, const R: usize, const V: usize>(&self, simd: S, x: &[T], w: &[T], y: &mut [T]) -> usize {
        let (outer, (n, term_step)) = split(self.product.terms);
        let (columns, row_step) = (self.product.columns, split(self.product.rows).1.1);
        let len = lanes::<S, T>();
        let mut sums = [[Lanes::<S, T>::splat(simd, T::ZERO); V]; R];
        let width = |v: usize| (columns - self.column - v * len).min(len);
        for (r, sums) in sums.iter_mut().enumerate() {
            for (v, sum) in sums.iter_mut().enumerate() {
                *sum = load_partial(simd, &y[r * columns + self.column + v * len..][..width(v)], T::ZERO);
            }
        }
        for term in self.terms.clone() {
            let w = &w[term * n * columns + self.column..];
            let x = &x[offset(outer, term)..];
            let w = Matrix { elements: w, columns };
            sums = if term_step == 1 {
                let mut rows: [&[T]; R] = [&[]; R];
                for r in 0..R {
                    rows[r] = &x[r * row_step..][..n];
                }
                w.add(
                    simd,
                    n,
                    sums,
                    #[inline(always)]
                    |i, r| rows[r][i],
                )
            } else if row_step == 1 {
                w.add(
                    simd,
                    n,
                    sums,
                    #[inline(always)]
                    |i, r| x[i * term_step..][..R][r],
                )
            } else {
                w.add(
                    simd,
                    n,
                    sums,
                    #[inline(always)]
                    |i, r| x[i * term_step + r * row_step],
                )
            };
        }
        for (r, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                store_partial::<S, T>(*sum, &mut y[r * columns + self.column + v * len..][..width(v)]);
            }
        }
        R
    }
}

/// The rows of w from the first of a run of terms on, and from the first column of a panel.
struct Matrix<'a, T> {
    elements: &'a [T],
    /// From a row to the next.
    columns: usize,
}

impl<T: Float> Matrix<'_, T> {
    /// Adds n terms to R rows of V vectors. What lies behind the last column is computed, too, and is nobody's.
    #[inline(always)]
    fn add<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        n: usize,
        mut sums: [[Lanes<S, T>; V]; R],
        x: impl Fn(usize, usize) -> T,
    ) -> [[Lanes<S, T>; V]; R] {
        let len = lanes::<S, T>();
        for i in 0..n {
            let row = &self.elements[i * self.columns..];
            let mut vectors = [Lanes::<S, T>::splat(simd, T::ZERO); V];
            if row.len() >= V * len {
                for v in 0..V {
                    vectors[v] = load(simd, &row[v * len..][..len]);
                }
            } else {
                for v in 0..V {
                    let rest = &row[(v * len).min(row.len())..];
                    vectors[v] = load_partial(simd, &rest[..rest.len().min(len)], T::ZERO);
                }
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let x = Lanes::<S, T>::splat(simd, x(i, r));
                for v in 0..V {
                    sums[v] = x.mul_add(vectors[v], sums[v]);
                }
            }
        }
        sums
    }
}
