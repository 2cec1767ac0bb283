//! What fused loops work with beside the arena: registers, and the sums of chunks.

use chainrule_kernels::Float;

use crate::program::chunks::BLOCK;

/// The registers of a thread.
#[derive(Clone, Debug)]
pub(super) struct Registers<T> {
    pub all: Vec<Box<RegisterBlock<T>>>,
    /// Where the next op writes.
    pub spare: Box<RegisterBlock<T>>,
}

/// The elements of a register. Vectors in it lie within cache lines.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct RegisterBlock<T>(pub [T; BLOCK]);

impl<T: Float> Registers<T> {
    pub fn new(count: usize) -> Registers<T> {
        let block = Box::new(RegisterBlock([T::ZERO; BLOCK]));
        Registers { all: vec![block.clone(); count], spare: block }
    }

    pub fn bytes(&self) -> usize {
        (self.all.len() + 1) * size_of::<RegisterBlock<T>>()
    }
}

/// What fused loops work with.
#[derive(Clone, Debug)]
pub(super) struct Scratch<T> {
    /// For each thread.
    pub registers: Vec<Registers<T>>,
    /// The sums of the chunks of a loop.
    pub partial_sums: Vec<T>,
}

impl<T: Float> Scratch<T> {
    pub fn bytes(&self) -> usize {
        self.registers.iter().map(Registers::bytes).sum::<usize>() + self.partial_sums.len() * size_of::<T>()
    }
}
