//! Elements that begin at a cache line, with room behind them for a whole vector.

use chainrule_kernels::Float;

use crate::program::address::ALIGNMENT;

/// Elements, and [`ALIGNMENT`] more: blocks are read and written in whole vectors.
#[derive(Debug)]
pub(super) struct Aligned<T> {
    elements: Vec<T>,
    start: usize,
    length: usize,
}

impl<T: Float> Aligned<T> {
    pub fn zeros(length: usize) -> Aligned<T> {
        let elements = vec![T::ZERO; length + 2 * ALIGNMENT];
        let start = elements.as_ptr().align_offset(ALIGNMENT * size_of::<T>()).min(ALIGNMENT);
        Aligned { elements, start, length }
    }

    /// A copy of these, at this precision.
    pub fn converted<U: Float>(elements: &[U]) -> Aligned<T> {
        let mut aligned = Aligned::zeros(elements.len());
        aligned.padded_mut().iter_mut().zip(elements).for_each(|(to, from)| *to = T::from_f64(from.to_f64()));
        aligned
    }

    /// How many elements there are, without those behind them.
    pub fn len(&self) -> usize {
        self.length
    }

    /// The elements and those behind them.
    pub fn padded(&self) -> &[T] {
        &self.elements[self.start..][..self.length + ALIGNMENT]
    }

    /// As [`padded`](Aligned::padded), to write.
    pub fn padded_mut(&mut self) -> &mut [T] {
        &mut self.elements[self.start..][..self.length + ALIGNMENT]
    }

    pub fn bytes(&self) -> usize {
        self.elements.len() * size_of::<T>()
    }
}

/// A copy lies elsewhere, and so begins elsewhere.
impl<T: Float> Clone for Aligned<T> {
    fn clone(&self) -> Aligned<T> {
        Aligned::converted(&self.padded()[..self.length])
    }
}
