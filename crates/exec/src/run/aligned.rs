//! ArenaView that begin at a cache line, with room behind them for a whole vector.

use chainrule_kernels::Float;

use crate::program::address::ALIGNMENT;

/// ArenaView, and [`ALIGNMENT`] more: blocks are read and written in whole vectors.
#[derive(Debug)]
pub(super) struct Aligned<T> {
    numbers: Vec<T>,
    start: usize,
    length: usize,
}

impl<T: Float> Aligned<T> {
    pub fn zeros(length: usize) -> Aligned<T> {
        let numbers = vec![T::ZERO; length + 2 * ALIGNMENT];
        let start = numbers.as_ptr().align_offset(ALIGNMENT * size_of::<T>()).min(ALIGNMENT);
        Aligned { numbers, start, length }
    }

    pub fn from_fn(length: usize, number: impl Fn(usize) -> T) -> Aligned<T> {
        let mut aligned = Aligned::zeros(length);
        aligned.padded_mut().iter_mut().take(length).enumerate().for_each(|(i, to)| *to = number(i));
        aligned
    }

    /// How many numbers there are, without those behind them.
    pub fn len(&self) -> usize {
        self.length
    }

    /// The numbers and those behind them.
    pub fn padded(&self) -> &[T] {
        &self.numbers[self.start..][..self.length + ALIGNMENT]
    }

    /// As [`padded`](Aligned::padded), to write.
    pub fn padded_mut(&mut self) -> &mut [T] {
        &mut self.numbers[self.start..][..self.length + ALIGNMENT]
    }

    pub fn bytes(&self) -> usize {
        self.numbers.len() * size_of::<T>()
    }
}

/// A copy lies elsewhere, and so begins elsewhere.
impl<T: Float> Clone for Aligned<T> {
    fn clone(&self) -> Aligned<T> {
        Aligned::from_fn(self.length, |i| self.padded()[i])
    }
}
