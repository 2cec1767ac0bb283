//! Fused loops: block after block, each op over a block in the first cache.

use std::ops::Range;

use chainrule_kernels::simd::*;
use chainrule_kernels::{Float, Lanes, Simd, reduce, vector};

use super::arena::{ArenaView, Reads, Writes};
use super::elementwise::{Read, compute};
use super::scratch::{RegisterBlock, Registers};
use crate::program::loop_code::{Fill, LoopCode, LoopOperand, LoopStep, Store, SumCode, period};

/// How many elements an op takes at once.
fn block_length<T>(code: &LoopCode) -> usize {
    let most = code.block * size_of::<f32>() / size_of::<T>();
    most - most % code.unit
}

/// Runs a loop from its first index to its last.
#[inline(always)]
pub(super) fn run_whole<S: Simd, T: Float>(
    simd: S,
    code: &LoopCode,
    arena: &mut ArenaView<'_, T>,
    registers: &mut Registers<T>,
) {
    for sum in &code.sums {
        arena.elements[sum.out..sum.out + sum.axis.kept()].fill(T::ZERO);
    }
    simd.vectorize(
        #[inline(always)]
        || {
            let (mut start, most) = (0, block_length::<T>(code));
            fill_registers(code, true, arena, registers, start, most.min(arena.computed(code.size)));
            while start < code.size {
                let length = most.min(code.size - start);
                block(simd, code, arena, registers, start, length);
                for sum in &code.sums {
                    let (to, rest) = arena.split(sum.out, sum.axis.kept());
                    add_up(simd, sum, to, 0, &rest, registers, start..start + length);
                }
                store(simd, code, arena, registers, start, length);
                start += length;
            }
        },
    );
}

/// Runs a loop over these indices alone, whose sums go to `to`, one behind the other, that of the first index to the first element
/// of each.
pub(super) fn run_range<S: Simd, T: Float>(
    simd: S,
    code: &LoopCode,
    memory: &mut impl Writes<T>,
    registers: &mut Registers<T>,
    indices: Range<usize>,
    to: &mut [T],
) {
    to.fill(T::ZERO);
    let first = code.sums.first().map_or(0, |sum| sum.axis.kept_offset(indices.start));
    let length_of_sum = to.len() / code.sums.len().max(1);
    simd.vectorize(
        #[inline(always)]
        || {
            let (mut start, most) = (indices.start, block_length::<T>(code));
            fill_registers(code, true, memory, registers, start, most.min(memory.computed(indices.len())));
            while start < indices.end {
                let length = most.min(indices.end - start);
                block(simd, code, memory, registers, start, length);
                for (sum, to) in code.sums.iter().zip(to.chunks_exact_mut(length_of_sum.max(1))) {
                    add_up(simd, sum, to, first, memory, registers, start..start + length);
                }
                store(simd, code, memory, registers, start, length);
                start += length;
            }
        },
    );
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
    fill_registers(code, false, memory, registers, start, length);
    for &LoopStep { op, operands: [a, b, c], register } in &code.steps {
        // One by one: the closure of an array's map would not be inlined.
        let a = read(a, memory, &registers.all, start, whole);
        let b = read(b, memory, &registers.all, start, whole);
        let c = read(c, memory, &registers.all, start, whole);
        // Written apart while the others are read; then the two are swapped.
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
            LoopOperand::Register(register) => {
                let whole = memory.computed(length);
                vector::map(
                    simd,
                    &registers.all[register].0[..whole],
                    memory.slice_mut(out, start, whole),
                    #[inline(always)]
                    |x| x,
                );
            }
            LoopOperand::Elements(address) => memory.copy(address, start, length, out),
            LoopOperand::Scalar(address) => {
                let value = memory.scalar(address);
                memory.slice_mut(out, start, length).fill(value);
            }
            LoopOperand::Absent => {}
        }
    }
}

#[inline(always)]
fn read<'a, T: Float>(
    operand: LoopOperand,
    memory: &'a impl Reads<T>,
    registers: &'a [Box<RegisterBlock<T>>],
    start: usize,
    length: usize,
) -> Read<'a, T> {
    match operand {
        LoopOperand::Register(register) => Read::elements(&registers[register].0[..length]),
        LoopOperand::Elements(address) => Read::elements(memory.slice(address, start, length)),
        LoopOperand::Scalar(address) => Read::scalar(memory.scalar(address)),
        LoopOperand::Absent => Read::scalar(T::ZERO),
    }
}

/// Fills the registers of the strided operands that are steady, or of those that are not, for so many indices from `start`.
#[inline(always)]
fn fill_registers<T: Float>(
    code: &LoopCode,
    are_steady: bool,
    memory: &impl Reads<T>,
    registers: &mut Registers<T>,
    start: usize,
    length: usize,
) {
    if length == 0 {
        return;
    }
    for fill in code.fills.iter().filter(|fill| fill.is_steady == are_steady) {
        fill_register(fill, memory, &mut registers.all[fill.register].0[..length], start);
    }
}

/// Elements of a strided operand for the indices from `start`.
fn fill_register<T: Float>(fill: &Fill, memory: &impl Reads<T>, out: &mut [T], start: usize) {
    /// The indices of so many outer axes are counted on; those of more are computed anew for each run.
    const COUNTED: usize = 8;
    let (&(inner, stride), outer) = fill.runs.split_last().unwrap_or((&(1, 0), &[]));
    let mut counted = [0; COUNTED];
    let mut offset = place(outer, start / inner, &mut counted);
    let mut first = start % inner;
    let mut filled = 0;
    // What is repeated is filled once, and then copied, twice as much each time.
    let end = period(&fill.runs).min(out.len());
    while filled < end {
        let length = (inner - first).min(end - filled);
        let to = &mut out[filled..filled + length];
        let from = offset + first * stride;
        match stride {
            0 => to.fill(memory.slice(fill.address, from, 1)[0]),
            1 => to.copy_from_slice(memory.slice(fill.address, from, length)),
            _ => {
                let from = memory.slice(fill.address, from, (length - 1) * stride + 1);
                to.iter_mut().zip(from.iter().step_by(stride)).for_each(|(to, from)| *to = *from);
            }
        }
        filled += length;
        first = 0;
        if outer.len() > COUNTED {
            offset = place(outer, (start + filled) / inner, &mut counted);
            continue;
        }
        for (index, &(n, stride)) in counted[..outer.len()].iter_mut().zip(outer).rev() {
            (*index, offset) = (*index + 1, offset + stride);
            if *index < n {
                break;
            }
            (*index, offset) = (0, offset - n * stride);
        }
    }
    while filled < out.len() {
        let more = filled.min(out.len() - filled);
        out.copy_within(..more, filled);
        filled += more;
    }
}

/// Where the run of that number begins; and the index of each outer axis, as far as there is room.
fn place(outer: &[(usize, usize)], number: usize, counted: &mut [usize]) -> usize {
    let (mut rest, mut offset) = (number, 0);
    for (axis, &(n, stride)) in outer.iter().enumerate().rev() {
        if let Some(index) = counted.get_mut(axis) {
            *index = rest % n;
        }
        offset += rest % n * stride;
        rest /= n;
    }
    offset
}

/// Adds a block to the closing sum: index (outer, n, inner) to element (outer, inner), of which `to` begins at the `first`.
#[inline(always)]
fn add_up<S: Simd, T: Float>(
    simd: S,
    sum: &SumCode,
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
        let left = block.len() - done;
        // A stretch of one row, which is summed first and then added; or along the inner indices, element by element: whole
        // rows of them that go to the same elements, or a part of one.
        let (stretch, outs) = if inner == 1 {
            ((n - index % n).min(left), 1)
        } else if index.is_multiple_of(inner) && left >= inner {
            ((n - index / inner % n).min(left / inner) * inner, inner)
        } else {
            let stretch = (inner - index % inner).min(left);
            (stretch, stretch)
        };
        let to = &mut to[sum.axis.kept_offset(index) - first..][..outs];
        let from = match sum.operand {
            // A register begins with the block.
            LoopOperand::Register(register) => Read::elements(&registers.all[register].0[done..][..stretch]),
            LoopOperand::Elements(address) => Read::elements(memory.slice(address, index, stretch)),
            LoopOperand::Scalar(address) => Read::scalar(memory.scalar(address)),
            LoopOperand::Absent => return,
        };
        match from.elements {
            Some(elements) if inner == 1 => to[0] += reduce::sum(simd, elements),
            None if inner == 1 => to[0] += from.scalar * T::from_f64(stretch as f64),
            Some(elements) => reduce::add_rows(simd, elements, to),
            None => {
                let add = Lanes::<S, T>::splat(simd, from.scalar);
                for _ in 0..stretch / outs {
                    vector::map_in_place(
                        simd,
                        to,
                        #[inline(always)]
                        |x| x + add,
                    );
                }
            }
        }
        done += stretch;
    }
}
