//! Where instructions read and write: the arena, and the rows of a step.

use chainrule_kernels::Float;

use crate::program::address::{ALIGNMENT, Address, Space};
use crate::program::instruction::{Factor, FactorAddresses};

/// What operands are read from.
pub(super) trait Reads<T> {
    /// A single element.
    fn scalar(&self, address: Address) -> T;
    /// So many elements from index `start` on of the value that lies at an address.
    fn slice(&self, address: Address, start: usize, length: usize) -> &[T];
}

/// What a block reads and writes: the whole arena, or a thread's chunk of it.
pub(super) trait Writes<T>: Reads<T> {
    /// How many elements are computed for a block of `length`: whole vectors, where there is room for that.
    fn computed(&self, length: usize) -> usize;
    /// The elements from index `start` on of the value that lies at `out`.
    fn slice_mut(&mut self, out: usize, start: usize, length: usize) -> &mut [T];
    /// Copies so many elements from index `start` on from one value to another.
    fn copy(&mut self, address: Address, start: usize, length: usize, out: usize);
}

/// What instructions work on: the elements of the arena, and the rows of this step.
pub(super) struct ArenaView<'a, T> {
    pub elements: &'a mut [T],
    pub tables: &'a [&'a [T]],
    /// Where in its table each row of this step begins.
    pub starts: &'a mut [usize],
}

impl<T: Float> Reads<T> for ArenaView<'_, T> {
    #[inline(always)]
    fn scalar(&self, address: Address) -> T {
        match address.space {
            Space::Arena => self.elements[address.offset],
            Space::Row(table) => row(self.tables, self.starts, table, address.offset)[0],
        }
    }

    #[inline(always)]
    fn slice(&self, address: Address, start: usize, length: usize) -> &[T] {
        match address.space {
            Space::Arena => &self.elements[address.offset + start..][..length],
            Space::Row(table) => &row(self.tables, self.starts, table, address.offset + start)[..length],
        }
    }
}

impl<T: Float> Writes<T> for ArenaView<'_, T> {
    #[inline(always)]
    fn computed(&self, length: usize) -> usize {
        length.next_multiple_of(ALIGNMENT)
    }

    #[inline(always)]
    fn slice_mut(&mut self, out: usize, start: usize, length: usize) -> &mut [T] {
        &mut self.elements[out + start..][..length]
    }

    fn copy(&mut self, address: Address, start: usize, length: usize, out: usize) {
        match address.space {
            Space::Arena => {
                self.elements.copy_within(address.offset + start..address.offset + start + length, out + start)
            }
            Space::Row(table) => {
                let from = &row(self.tables, self.starts, table, address.offset + start)[..length];
                self.elements[out + start..][..length].copy_from_slice(from);
            }
        }
    }
}

impl<T: Float> ArenaView<'_, T> {
    /// The part of the arena that an instruction writes, and all else.
    #[inline(always)]
    pub fn split(&mut self, out: usize, length: usize) -> (&mut [T], Rest<'_, T>) {
        let (before, rest) = self.elements.split_at_mut(out);
        let (out_part, after) = rest.split_at_mut(length);
        let rest = Rest { before, after, after_start: out + length, tables: self.tables, starts: self.starts };
        (out_part, rest)
    }

    /// The elements from an address on.
    pub fn from(&self, address: Address) -> &[T] {
        match address.space {
            Space::Arena => &self.elements[address.offset..],
            Space::Row(table) => row(self.tables, self.starts, table, address.offset),
        }
    }

    #[inline(always)]
    fn factor(&self, factor: Factor) -> T {
        match factor {
            Factor::Zero => T::ZERO,
            Factor::One => T::ONE,
            Factor::Stored(address) => self.scalar(address),
        }
    }

    #[inline(always)]
    pub fn factors(&self, factors: FactorAddresses) -> (T, T) {
        (self.factor(factors.keep), self.factor(factors.scale))
    }
}

/// All but the part that an instruction writes.
pub(super) struct Rest<'a, T> {
    before: &'a [T],
    after: &'a [T],
    after_start: usize,
    tables: &'a [&'a [T]],
    starts: &'a [usize],
}

impl<T: Float> Reads<T> for Rest<'_, T> {
    #[inline(always)]
    fn scalar(&self, address: Address) -> T {
        self.from(address, 0)[0]
    }

    #[inline(always)]
    fn slice(&self, address: Address, start: usize, length: usize) -> &[T] {
        &self.from(address, start)[..length]
    }
}

impl<'a, T: Float> Rest<'a, T> {
    /// The elements from an index on of the value that lies at an address.
    #[inline(always)]
    pub fn from(&self, address: Address, start: usize) -> &'a [T] {
        let offset = address.offset + start;
        match address.space {
            Space::Arena if offset >= self.after_start => &self.after[offset - self.after_start..],
            Space::Arena => &self.before[offset..],
            Space::Row(table) => row(self.tables, self.starts, table, offset),
        }
    }
}

/// The elements of this step's row of a table from an offset on.
#[inline(always)]
pub(super) fn row<'a, T>(tables: &[&'a [T]], starts: &[usize], table: u16, offset: usize) -> &'a [T] {
    let table = table as usize;
    &tables[table][starts[table] + offset..]
}
