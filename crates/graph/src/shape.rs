//! The shape of a value: the number of elements along each axis.

use std::fmt;
use std::ops::Deref;

/// The number of elements along each axis; a scalar has none. Printed as `[2, 3]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// The largest number of elements a value may have; more is taken for a mistake.
    pub const MAX_SIZE: usize = 1 << 40;

    /// The shape of a scalar, `[]`.
    pub fn scalar() -> Shape {
        Shape(Vec::new())
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The number of elements: the product over the axes, 1 for a scalar; of more than a `usize` counts, the greatest one.
    pub fn size(&self) -> usize {
        if self.0.contains(&0) { 0 } else { self.0.iter().fold(1, |size: usize, &n| size.saturating_mul(n)) }
    }

    /// The number of elements, unless it, or that without the empty axes, exceeds [`Shape::MAX_SIZE`]: then a stride could
    /// not be computed either.
    pub fn checked_size(&self) -> Option<usize> {
        let nonempty = self.0.iter().filter(|&&n| n > 0);
        let product = nonempty.into_iter().try_fold(1usize, |product, &n| product.checked_mul(n))?;
        (product <= Shape::MAX_SIZE).then(|| self.size())
    }

    /// The distance in a row-major array between neighbours along each axis.
    pub fn strides(&self) -> Vec<usize> {
        let mut strides = vec![1; self.rank()];
        for axis in (1..self.rank()).rev() {
            strides[axis - 1] = strides[axis] * self.0[axis];
        }
        strides
    }

    /// This shape without the given axes.
    pub fn without(&self, axes: &[usize]) -> Shape {
        self.0.iter().enumerate().filter(|(axis, _)| !axes.contains(axis)).map(|(_, &n)| n).collect()
    }

    /// This shape with one more axis of `size` elements in front.
    pub fn with_leading(&self, size: usize) -> Shape {
        std::iter::once(size).chain(self.0.iter().copied()).collect()
    }

    /// The common shape of two operands under NumPy's rule: aligned at the last axis, an axis of one element stretches.
    pub fn broadcast(&self, other: &Shape) -> Option<Shape> {
        let rank = self.rank().max(other.rank());
        (0..rank)
            .map(|axis| match (self.nth_last(rank - axis), other.nth_last(rank - axis)) {
                (Some(a), Some(b)) if a == b || b == 1 => Some(a),
                (Some(1), Some(b)) => Some(b),
                (Some(_), Some(_)) => None,
                (Some(a), None) => Some(a),
                (None, b) => b,
            })
            .collect()
    }

    fn nth_last(&self, distance: usize) -> Option<usize> {
        self.rank().checked_sub(distance).map(|axis| self.0[axis])
    }
}

impl Deref for Shape {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl FromIterator<usize> for Shape {
    fn from_iter<I: IntoIterator<Item = usize>>(sizes: I) -> Shape {
        Shape(sizes.into_iter().collect())
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(sizes: [usize; N]) -> Shape {
        Shape(sizes.to_vec())
    }
}

impl From<Vec<usize>> for Shape {
    fn from(sizes: Vec<usize>) -> Shape {
        Shape(sizes)
    }
}

impl From<&[usize]> for Shape {
    fn from(sizes: &[usize]) -> Shape {
        Shape(sizes.to_vec())
    }
}

impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Shape {
        shape.clone()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (axis, n) in self.0.iter().enumerate() {
            if axis > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{n}")?;
        }
        f.write_str("]")
    }
}
