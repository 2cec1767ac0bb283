//! Fused loops: block after block, each op over a block in the first cache.

use std::ops::Range;

use chainrule_kernels::simd::*;
use chainrule_kernels::{Float, Lanes, Simd, Threads, reduce, vector};

use super::entries::{Read, compute};
use super::numbers::Numbers;
use super::pieces::Piece;
use super::program::{At, Fill, LoopCode, LoopStep, Operand, Store, Sum};

/// How many entries a register has room for; in f64 half of it is used.
pub(super) const BLOCK: usize = 1024;

/// How many entries an op takes at once: the more, the less time goes into choosing ops, as long as the registers of a loop
/// stay in the first cache. So many take 4 KiB.
const fn block_length<T>() -> usize {
    BLOCK * size_of::<f32>() / size_of::<T>()
}

/// The registers of a thread.
#[derive(Clone, Debug)]
pub(super) struct Registers<T> {
    pub all: Vec<Box<Block<T>>>,
    /// Where the next op writes.
    spare: Box<Block<T>>,
}

/// The entries of a register. Vectors in it lie within cache lines.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Block<T>([T; BLOCK]);

impl<T: Float> Registers<T> {
    pub fn new(count: usize) -> Registers<T> {
        let block = Box::new(Block([T::ZERO; BLOCK]));
        Registers { all: vec![block.clone(); count], spare: block }
    }

    pub fn bytes(&self) -> usize {
        (self.all.len() + 1) * size_of::<Block<T>>()
    }
}

/// What loops work with beside the numbers.
#[derive(Clone, Debug)]
pub(super) struct Scratch<T> {
    /// For each thread.
    pub registers: Vec<Registers<T>>,
    /// The sums of the parts of a loop.
    pub partial: Vec<T>,
}

impl<T: Float> Scratch<T> {
    pub fn bytes(&self) -> usize {
        self.registers.iter().map(Registers::bytes).sum::<usize>() + self.partial.len() * size_of::<T>()
    }
}

/// Runs a loop from its first index to its last.
#[inline(always)]
pub(super) fn run<S: Simd, T: Float>(
    simd: S,
    code: &LoopCode,
    numbers: &mut Numbers<'_, T>,
    scratch: &mut Scratch<T>,
    threads: Threads,
) {
    if let Some(parts) = code.parts {
        let one = if threads == Threads::Pool { scratch.registers.len() } else { 1 };
        if code.sum.is_some() || one > 1 {
            return parts.run(simd, code, numbers, &mut scratch.registers[..one], &mut scratch.partial);
        }
    }
    let registers = &mut scratch.registers[0];
    if let Some(sum) = &code.sum {
        numbers.arena[sum.out..sum.out + sum.axis.kept()].fill(T::ZERO);
    }
    simd.vectorize(
        #[inline(always)]
        || {
            let mut start = 0;
            while start < code.size {
                let length = block_length::<T>().min(code.size - start);
                block(simd, code, numbers, registers, start, length);
                if let Some(sum) = &code.sum {
                    let (to, rest) = numbers.split(sum.out, sum.axis.kept());
                    add_up(simd, sum, to, 0, &rest, registers, start..start + length);
                }
                store(simd, code, numbers, registers, start, length);
                start += length;
            }
        },
    );
}

/// Runs a thread's piece of a loop: these indices, whose sums go to `to`, that of the first of them to its first entry.
pub(super) fn run_piece<S: Simd, T: Float>(
    simd: S,
    code: &LoopCode,
    piece: &mut Piece<'_, T>,
    registers: &mut Registers<T>,
    indices: Range<usize>,
    to: &mut [T],
) {
    to.fill(T::ZERO);
    let first = code.sum.map_or(0, |sum| sum.axis.entry(indices.start));
    simd.vectorize(
        #[inline(always)]
        || {
            let mut start = indices.start;
            while start < indices.end {
                let length = block_length::<T>().min(indices.end - start);
                block(simd, code, piece, registers, start, length);
                if let Some(sum) = &code.sum {
                    add_up(simd, sum, to, first, piece, registers, start..start + length);
                }
                store(simd, code, piece, registers, start, length);
                start += length;
            }
        },
    );
}

/// What a block reads and writes: all numbers, or a thread's piece of them.
pub(super) trait Writes<T>: Reads<T> {
    /// How many entries are computed for a block of `length`: whole vectors, where there is room for that.
    fn computed(&self, length: usize) -> usize;
    /// The entries from index `start` on of the value that lies at `out`.
    fn place(&mut self, out: usize, start: usize, length: usize) -> &mut [T];
    fn copy(&mut self, at: At, start: usize, length: usize, out: usize);
}

/// Where operands lie.
pub(super) trait Reads<T> {
    fn scalar(&self, at: At) -> T;
    fn entries(&self, at: At, start: usize, length: usize) -> &[T];
}

/// The ops of a block.
#[inline(always)]
fn block<S: Simd, T: Float>(
    simd: S,
    code: &LoopCode,
    memory: &mut impl Writes<T>,
    registers: &mut Registers<T>,
    start: usize,
    length: usize,
) {
    let whole = memory.computed(length);
    for fill in &code.fills {
        fill_register(fill, memory, &mut registers.all[fill.register].0[..length], start);
    }
    for &LoopStep { op, operands: [a, b, c], register } in &code.steps {
        // One by one: the closure of an array's map would not be inlined.
        let a = read(a, memory, &registers.all, start, whole);
        let b = read(b, memory, &registers.all, start, whole);
        let c = read(c, memory, &registers.all, start, whole);
        // Written apart while the others are read; then the two change places.
        compute(simd, op, a, b, c, &mut registers.spare.0[..whole]);
        std::mem::swap(&mut registers.all[register], &mut registers.spare);
    }
}

#[inline(always)]
fn store<S: Simd, T: Float>(
    simd: S,
    code: &LoopCode,
    memory: &mut impl Writes<T>,
    registers: &Registers<T>,
    start: usize,
    length: usize,
) {
    for &Store { operand, out } in &code.stores {
        match operand {
            Operand::Register(register) => {
                let whole = memory.computed(length);
                vector::map(
                    simd,
                    &registers.all[register].0[..whole],
                    memory.place(out, start, whole),
                    #[inline(always)]
                    |x| x,
                );
            }
            Operand::Along(at) => memory.copy(at, start, length, out),
            Operand::Scalar(at) => {
                let value = memory.scalar(at);
                memory.place(out, start, length).fill(value);
            }
            Operand::Absent => {}
        }
    }
}

#[inline(always)]
fn read<'a, T: Float>(
    operand: Operand,
    memory: &'a impl Reads<T>,
    registers: &'a [Box<Block<T>>],
    start: usize,
    length: usize,
) -> Read<'a, T> {
    match operand {
        Operand::Register(register) => Read::entries(&registers[register].0[..length]),
        Operand::Along(at) => Read::entries(memory.entries(at, start, length)),
        Operand::Scalar(at) => Read::number(memory.scalar(at)),
        Operand::Absent => Read::number(T::ZERO),
    }
}

/// Entries of a strided operand for the indices from `start`.
fn fill_register<T: Float>(fill: &Fill, memory: &impl Reads<T>, out: &mut [T], start: usize) {
    let (inner, stride) = fill.runs.last().copied().unwrap_or((1, 0));
    let mut filled = 0;
    while filled < out.len() {
        let index = start + filled;
        let (mut rest, mut offset) = (index / inner, index % inner * stride);
        for &(n, stride) in fill.runs.iter().rev().skip(1) {
            offset += rest % n * stride;
            rest /= n;
        }
        let length = (inner - index % inner).min(out.len() - filled);
        let to = &mut out[filled..filled + length];
        match stride {
            0 => to.fill(memory.entries(fill.at, offset, 1)[0]),
            1 => to.copy_from_slice(memory.entries(fill.at, offset, length)),
            _ => {
                let from = memory.entries(fill.at, offset, (length - 1) * stride + 1);
                to.iter_mut().zip(from.iter().step_by(stride)).for_each(|(to, from)| *to = *from);
            }
        }
        filled += length;
    }
}

/// Adds a block to the closing sum: index (outer, n, inner) to entry (outer, inner), of which `to` begins at the `first`.
#[inline(always)]
fn add_up<S: Simd, T: Float>(
    simd: S,
    sum: &Sum,
    to: &mut [T],
    first: usize,
    memory: &impl Reads<T>,
    registers: &Registers<T>,
    block: Range<usize>,
) {
    let (n, inner) = (sum.axis.n, sum.axis.inner);
    let mut done = 0;
    while done < block.len() {
        let index = block.start + done;
        // A stretch of one row, which is summed first and then added; or along the inner indices, entry by entry.
        let (stretch, outs) = if inner == 1 {
            ((n - index % n).min(block.len() - done), 1)
        } else {
            let stretch = (inner - index % inner).min(block.len() - done);
            (stretch, stretch)
        };
        let to = &mut to[sum.axis.entry(index) - first..][..outs];
        let from = match sum.operand {
            // A register begins with the block.
            Operand::Register(register) => Read::entries(&registers.all[register].0[done..][..stretch]),
            Operand::Along(at) => Read::entries(memory.entries(at, index, stretch)),
            Operand::Scalar(at) => Read::number(memory.scalar(at)),
            Operand::Absent => return,
        };
        match from.entries {
            Some(entries) if inner == 1 => to[0] += reduce::sum(simd, entries),
            None if inner == 1 => to[0] += from.number * T::from_f64(stretch as f64),
            Some(entries) => vector::axpy(simd, T::ONE, entries, to),
            None => {
                let add = Lanes::<S, T>::splat(simd, from.number);
                vector::map_in_place(
                    simd,
                    to,
                    #[inline(always)]
                    |x| x + add,
                );
            }
        }
        done += stretch;
    }
}
