//! What a program works on: its arena, and what fused loops work with beside it, registers and the sums of chunks.

use chainrule_kernels::Float;

use super::aligned::Aligned;
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

/// What a program works on.
#[derive(Clone, Debug)]
pub(super) struct Arena<T: Float> {
    pub elements: Aligned<T>,
    pub scratch: Scratch<T>,
    /// Where in its table each row of a step begins.
    pub starts: Vec<usize>,
}

/// What fused loops work with.
#[derive(Clone, Debug)]
pub(super) struct Scratch<T: Float> {
    /// For each thread.
    pub registers: Vec<Registers<T>>,
    /// The sums of the chunks of a loop.
    pub partial_sums: Vec<T>,
    /// For each loop over steps, and each share of it, what its body works on.
    pub loops: Vec<Arena<T>>,
}

impl<T: Float> Scratch<T> {
    pub fn bytes(&self) -> usize {
        let bodies = self.loops.iter().map(|body| body.elements.bytes() + body.scratch.bytes()).sum::<usize>();
        let registers = self.registers.iter().map(Registers::bytes).sum::<usize>();
        registers + bodies + self.partial_sums.len() * size_of::<T>()
    }
}
