//! Rows taken and added by their numbers.

use crate::float::{Float, Lanes};
use crate::vector::update;
use core::fmt;
use fearless_simd::prelude::*;

/// An index that is no row: where it stands, and how many rows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    /// The position of the offending index.
    pub position: usize,
    /// The number of rows.
    pub rows: usize,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "index {} is none of the {} rows", self.position, self.rows)
    }
}

impl core::error::Error for OutOfRange {}

/// Checks that every index names one of `rows` rows.
///
/// # Errors
/// The first that does not.
fn check<I: Copy + TryInto<usize>>(indices: &[I], rows: usize) -> Result<(), OutOfRange> {
    let inside = |&index: &I| index.try_into().is_ok_and(|row: usize| row < rows);
    match indices.iter().position(|index| !inside(index)) {
        Some(position) => Err(OutOfRange { position, rows }),
        None => Ok(()),
    }
}

/// `y[i, :] = x[indices[i], :]` for rows of `width` numbers.
///
/// # Errors
/// If an index is no row of x; y is untouched then.
pub fn gather_rows<T: Copy, I: Copy + TryInto<usize>>(
    x: &[T],
    width: usize,
    indices: &[I],
    y: &mut [T],
) -> Result<(), OutOfRange> {
    debug_assert_eq!(y.len(), indices.len() * width);
    if width == 0 {
        return Ok(());
    }
    check(indices, x.len() / width)?;
    for (y, &index) in y.chunks_exact_mut(width).zip(indices) {
        // Checked above: it converts.
        let row = index.try_into().unwrap_or(0);
        y.copy_from_slice(&x[row * width..(row + 1) * width]);
    }
    Ok(())
}

/// `y[indices[i], :] += x[i, :]` for rows of `width` numbers, in the order of i.
///
/// # Errors
/// If an index is no row of y; y is untouched then.
#[inline(always)]
pub fn scatter_add_rows<S: Simd, T: Float, I: Copy + TryInto<usize>>(
    simd: S,
    y: &mut [T],
    width: usize,
    indices: &[I],
    x: &[T],
) -> Result<(), OutOfRange> {
    debug_assert_eq!(x.len(), indices.len() * width);
    if width == 0 {
        return Ok(());
    }
    check(indices, y.len() / width)?;
    for (x, &index) in x.chunks_exact(width).zip(indices) {
        // Checked above: it converts.
        let row = index.try_into().unwrap_or(0);
        let y = &mut y[row * width..(row + 1) * width];
        if let ([y], [x]) = (&mut *y, x) {
            *y += *x;
        } else {
            update(simd, y, x, |y: Lanes<S, T>, x| y + x);
        }
    }
    Ok(())
}
