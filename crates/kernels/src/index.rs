//! Rows of a matrix gathered and added by their indices.

use crate::float::{Float, Lanes};
use crate::vector::update;
use core::fmt;
use fearless_simd::prelude::*;

/// An index that names no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    /// Its position among the indices.
    pub position: usize,
    /// The number of rows.
    pub rows: usize,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the index at position {} names none of the {} rows", self.position, self.rows)
    }
}

impl core::error::Error for OutOfRange {}

/// The row that an index, held as a float, names, if it is one of `rows`.
#[inline(always)]
fn row<T: Float>(index: T, rows: usize) -> Option<usize> {
    let index = index.to_f64();
    (index >= 0.0 && index < rows as f64 && index.fract() == 0.0).then_some(index as usize)
}

/// Checks that every index names one of `rows` rows.
///
/// # Errors
/// The first that does not.
fn check<T: Float>(indices: &[T], rows: usize) -> Result<(), OutOfRange> {
    match indices.iter().position(|&index| row(index, rows).is_none()) {
        Some(position) => Err(OutOfRange { position, rows }),
        None => Ok(()),
    }
}

/// `y[i, :] = x[indices[i], :]` for rows of `width` elements.
///
/// # Errors
/// If an index names none of the `rows` rows of x; y is unchanged then.
pub fn gather_rows<T: Float>(x: &[T], rows: usize, width: usize, indices: &[T], y: &mut [T]) -> Result<(), OutOfRange> {
    debug_assert!(x.len() == rows * width && y.len() == indices.len() * width);
    check(indices, rows)?;
    if width == 1 {
        y.iter_mut().zip(indices).for_each(|(y, &index)| *y = x[row(index, rows).unwrap_or(0)]); // checked above
        return Ok(());
    }
    for (y, &index) in y.chunks_exact_mut(width.max(1)).zip(indices) {
        let row = row(index, rows).unwrap_or(0); // checked above
        y.copy_from_slice(&x[row * width..(row + 1) * width]);
    }
    Ok(())
}

/// `y[i, indices[i]] = x[i]`, and all else 0, for rows of `width` elements.
///
/// # Errors
/// If an index names none of the elements of a row.
pub fn scatter_one_each<T: Float>(y: &mut [T], width: usize, indices: &[T], x: &[T]) -> Result<(), OutOfRange> {
    debug_assert!(y.len() == indices.len() * width && x.len() == indices.len());
    check(indices, width)?;
    y.fill(T::ZERO);
    for ((y, &index), &x) in y.chunks_exact_mut(width.max(1)).zip(indices).zip(x) {
        y[row(index, width).unwrap_or(0)] += x; // checked above
    }
    Ok(())
}

/// `y[indices[i], :] += x[i, :]` for rows of `width` elements, in the order of i.
///
/// # Errors
/// If an index names none of the `rows` rows of y; y is unchanged then.
#[inline(always)]
pub fn scatter_add_rows<S: Simd, T: Float>(
    simd: S,
    y: &mut [T],
    rows: usize,
    width: usize,
    indices: &[T],
    x: &[T],
) -> Result<(), OutOfRange> {
    debug_assert!(y.len() == rows * width && x.len() == indices.len() * width);
    check(indices, rows)?;
    for (x, &index) in x.chunks_exact(width.max(1)).zip(indices) {
        let row = row(index, rows).unwrap_or(0); // checked above
        let y = &mut y[row * width..(row + 1) * width];
        if let ([y], [x]) = (&mut *y, x) {
            *y += *x;
        } else {
            update(
                simd,
                y,
                x,
                #[inline(always)]
                |y: Lanes<S, T>, x| y + x,
            );
        }
    }
    Ok(())
}
