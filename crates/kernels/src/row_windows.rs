//! Products of windows with a matrix of few columns, where the rows of the windows are neighbours: pixels of a picture, or the
//! same place of many examples. A vector holds elements of as many rows, so that no lane is idle however few columns there are.
//!
//! A tile of the result, some vectors of rows by up to six columns, is held in registers while all terms are added to it: a term
//! is read once for all columns of the tile, a number of the matrix once for all its rows. Each element is one sum, over the
//! terms in their order.
//!
//! Windows may reach beyond the ends of what they slide over. Terms that lie there are left out: no border of zeros is stored, and
//! nothing is multiplied by it.

use crate::float::{Float, Lanes, lanes, load, load_partial, store_partial};
use crate::windows::{Axes, count, offset};
use core::ops::Range;
use fearless_simd::prelude::*;

/// Along so many axes windows may reach beyond the ends.
pub const MOST_CLIPS: usize = 3;

/// An axis along which windows reach beyond the ends: term u of row i is at place `(i + dilation · u − border) / stride`, and is
/// left out where that is no whole number from 0 below `length`. Terms u that are at a whole number for the same rows stand
/// together: first those that `stride` divides, then those that leave 1, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clip {
    /// How many terms lie along this axis. Axes of terms that are clipped are the outermost.
    pub terms: usize,
    /// Which of the axes of rows it is. By itself that does not move in x.
    pub row: usize,
    /// From a place to the next, among the rows.
    pub stride: usize,
    /// From a term to the next, among the rows. 1 if the stride is not.
    pub dilation: usize,
    /// How far the first window begins before the first place.
    pub border: usize,
    /// How many places there are.
    pub length: usize,
    /// From a place to the next in x.
    pub x: usize,
}

impl Clip {
    /// Of a row, by its index among all runs, the terms that are within, and where the first of these that it has, within or not,
    /// lies.
    #[inline(always)]
    fn within(&self, rows: Axes<'_>, run: usize) -> (Range<usize>, isize) {
        let i = run / count(&rows[self.row + 1..]) % rows[self.row].0;
        let from = i as isize - self.border as isize;
        let (first, count, place) = if self.stride == 1 {
            (0, self.terms, from)
        } else {
            let left = (-from).rem_euclid(self.stride as isize);
            let (before, each) = (left as usize, self.terms / self.stride);
            let first = before * each + before.min(self.terms % self.stride);
            let count = self.terms.saturating_sub(before).div_ceil(self.stride);
            (first, count, (from + left) / self.stride as isize)
        };
        let terms = |places: isize| {
            let places = places.max(0) as usize;
            count.min(if self.dilation == 1 { places } else { places.div_ceil(self.dilation) })
        };
        (first + terms(-place)..first + terms(self.length as isize - place), place * self.x as isize)
    }
}

/// `y[j, r] = Σ over t of x[row r + term t] · w[t, j]`.
#[derive(Clone, Copy, Debug)]
pub struct RowProduct<'a> {
    /// The axes of the rows but the innermost, in x.
    pub rows: Axes<'a>,
    /// How many rows lie next to one another.
    pub run: usize,
    /// Where each term lies.
    pub terms: &'a [usize],
    /// The outermost axes of the terms that reach beyond the ends.
    pub clips: &'a [Clip],
    /// How many columns w has, whose rows follow one another.
    pub columns: usize,
}

/// A tile has no more columns than these.
const MOST_COLUMNS: usize = 6;

impl RowProduct<'_> {
    /// How many rows the product has.
    #[must_use]
    pub fn rows(&self) -> usize {
        count(self.rows) * self.run
    }

    /// These columns of the product; y holds them alone, one after the other.
    ///
    /// # Panics
    /// If x, w or y is too short.
    #[inline(always)]
    pub fn multiply<S: Simd, T: Float>(&self, simd: S, x: &[T], w: &[T], columns: Range<usize>, y: &mut [T]) {
        let groups = columns.len().div_ceil(MOST_COLUMNS);
        for outer in 0..count(self.rows) {
            let blocks = Blocks::of(self, outer);
            let from = offset(self.rows, outer).wrapping_add_signed(blocks.begin);
            for group in 0..groups {
                let first = columns.len() * group / groups;
                let width = columns.len() * (group + 1) / groups - first;
                let tile = Tile { product: self, blocks: &blocks, from, column: columns.start + first };
                let y = &mut y[first * self.rows() + outer * self.run..];
                let is_wide = lanes::<S, T>() * size_of::<T>() == 64;
                match (width, is_wide) {
                    (6, true) => tile.run::<S, T, 4, 6>(simd, x, w, y),
                    (5, true) => tile.run::<S, T, 4, 5>(simd, x, w, y),
                    (4, true) => tile.run::<S, T, 4, 4>(simd, x, w, y),
                    (3, true) => tile.run::<S, T, 4, 3>(simd, x, w, y),
                    (2, true) => tile.run::<S, T, 4, 2>(simd, x, w, y),
                    (_, true) => tile.run::<S, T, 8, 1>(simd, x, w, y),
                    (6, false) => tile.run::<S, T, 2, 6>(simd, x, w, y),
                    (5, false) => tile.run::<S, T, 2, 5>(simd, x, w, y),
                    (4, false) => tile.run::<S, T, 2, 4>(simd, x, w, y),
                    (3, false) => tile.run::<S, T, 2, 3>(simd, x, w, y),
                    (2, false) => tile.run::<S, T, 4, 2>(simd, x, w, y),
                    (_, false) => tile.run::<S, T, 8, 1>(simd, x, w, y),
                }
            }
        }
    }
}

/// The terms of a row that are within: blocks of terms that follow one another, one for each index of the clipped axes but the
/// last.
struct Blocks {
    /// From where along each of these axes, how many, and how many terms there are in all.
    axes: [(Range<usize>, usize); MOST_CLIPS],
    clips: usize,
    count: usize,
    /// How many terms there are for each index of these axes, none left out.
    each: usize,
    /// The terms of a block, from the first that it would have if none were left out.
    block: Range<usize>,
    /// How much further in x the row is by the clipped axes, perhaps before it.
    begin: isize,
}

impl Blocks {
    #[inline(always)]
    fn of(product: &RowProduct<'_>, run: usize) -> Blocks {
        let mut blocks =
            Blocks { axes: Default::default(), clips: 0, count: 1, each: 0, block: 0..product.terms.len(), begin: 0 };
        let Some((last, others)) = product.clips.split_last() else { return blocks };
        let mut each = product.terms.len();
        for (axis, clip) in blocks.axes.iter_mut().zip(others) {
            let (within, begin) = clip.within(product.rows, run);
            *axis = (within, clip.terms);
            blocks.begin += begin;
            blocks.count *= axis.0.len();
            blocks.clips += 1;
            each /= clip.terms;
        }
        let (within, begin) = last.within(product.rows, run);
        blocks.begin += begin;
        blocks.each = each;
        each /= last.terms;
        blocks.block = within.start * each..within.end * each;
        blocks
    }

    /// The terms of a block.
    #[inline(always)]
    fn range(&self, mut index: usize) -> Range<usize> {
        let (mut first, mut each) = (0, self.each);
        for (within, n) in self.axes[1.min(self.clips)..self.clips].iter().rev() {
            first += (within.start + index % within.len()) * each;
            index /= within.len();
            each *= n;
        }
        first += (self.axes[0].0.start + index) * each;
        first + self.block.start..first + self.block.end
    }
}

/// Some columns of the rows of a run.
struct Tile<'a> {
    product: &'a RowProduct<'a>,
    blocks: &'a Blocks,
    /// Where the run begins, by a term at 0.
    from: usize,
    column: usize,
}

impl Tile<'_> {
    /// All rows of the run, V vectors of them together; the last vector overlaps with the one before it.
    #[inline(always)]
    fn run<S: Simd, T: Float, const V: usize, const C: usize>(&self, simd: S, x: &[T], w: &[T], y: &mut [T]) {
        let (run, len) = (self.product.run, lanes::<S, T>());
        let mut row = 0;
        while row + V * len <= run {
            self.add::<S, T, V, C>(simd, x, w, row, len, y);
            row += V * len;
        }
        while V > 2 && row + 2 * len <= run {
            self.add::<S, T, 2, C>(simd, x, w, row, len, y);
            row += 2 * len;
        }
        while row < run {
            let (at, width) = if run >= len { (row.min(run - len), len) } else { (0, run) };
            self.add::<S, T, 1, C>(simd, x, w, at, width, y);
            row = at + width;
        }
    }

    /// All terms of V vectors of rows, the last of them of this width.
    #[inline(always)]
    fn add<S: Simd, T: Float, const V: usize, const C: usize>(
        &self,
        simd: S,
        x: &[T],
        w: &[T],
        row: usize,
        width: usize,
        y: &mut [T],
    ) {
        let (len, terms) = (lanes::<S, T>(), self.product.terms);
        let mut sums = [[Lanes::<S, T>::splat(simd, T::ZERO); V]; C];
        for block in 0..self.blocks.count {
            let range = self.blocks.range(block);
            for (t, term) in range.clone().zip(&terms[range]) {
                let x = &x[self.from.wrapping_add(row + term)..];
                let w = &w[t * self.product.columns + self.column..][..C];
                let mut vectors = [Lanes::<S, T>::splat(simd, T::ZERO); V];
                if x.len() >= V * len {
                    for v in 0..V {
                        vectors[v] = load(simd, &x[v * len..][..len]);
                    }
                } else {
                    // There is but one vector, and less of it.
                    vectors[0] = load_partial(simd, &x[..width], T::ZERO);
                }
                for c in 0..C {
                    let w = Lanes::<S, T>::splat(simd, w[c]);
                    for v in 0..V {
                        sums[c][v] = w.mul_add(vectors[v], sums[c][v]);
                    }
                }
            }
        }
        let rows = self.product.rows();
        for (c, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                store_partial::<S, T>(*sum, &mut y[c * rows + row + v * len..][..width]);
            }
        }
    }
}
