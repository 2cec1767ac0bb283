//! Fused loops: block after block, each op over a block in the first cache.

use chainrule_graph::ops::Elementwise;
use chainrule_graph::ops::elementwise::Exponent;
use chainrule_kernels::simd::*;
use chainrule_kernels::{Float, Lanes, Simd, Threads, elementwise, math, reduce, vector};

use super::machine::Numbers;
use super::pieces::{MOST_STORES, Piece};
use super::program::{At, Fill, LoopCode, LoopStep, Operand, StepOp, Store, Sum};
use super::scalars::library;

/// How many entries a register holds.
pub(super) const BLOCK: usize = 256;

/// The registers of a workspace, each of [`BLOCK`] entries.
pub(super) type Registers<T> = Vec<Box<[T]>>;

/// What an op reads over a block.
#[derive(Clone, Copy)]
enum Read<'a, T> {
    Entries(&'a [T]),
    Number(T),
}

/// Indices times ops from which on a loop is cut in pieces for threads.
const WORTH_THREADS: usize = 1 << 17;

/// Whether a loop is cut in pieces. What an index gets does not depend on the cut, so the bits are the same.
pub(super) fn is_worth_threads(code: &LoopCode) -> bool {
    code.sum.is_none() && code.stores.len() <= MOST_STORES && code.size * code.steps.len() >= WORTH_THREADS
}

/// Runs a loop from its first index to its last.
pub(super) fn run<S: Simd, T: Float>(
    simd: S,
    code: &LoopCode,
    numbers: &mut Numbers<'_, T>,
    registers: &mut [Registers<T>],
    threads: Threads,
) {
    if registers.len() > 1 && threads == Threads::Pool && is_worth_threads(code) {
        return Piece::whole(code, numbers).run(simd, code, registers);
    }
    if let Some(sum) = &code.sum {
        let length = sum.extent.outer * sum.extent.inner;
        numbers.arena[sum.out..sum.out + length].fill(T::ZERO);
    }
    simd.vectorize(
        #[inline(always)]
        || {
            let mut start = 0;
            while start < code.size {
                let length = BLOCK.min(code.size - start);
                block(simd, code, numbers, &mut registers[0], start, length);
                if let Some(sum) = &code.sum {
                    add_up(simd, sum, numbers, &registers[0], start, length);
                }
                store(code, numbers, &registers[0], start, length);
                start += length;
            }
        },
    );
}

/// Runs a thread's piece of a loop.
pub(super) fn run_piece<S: Simd, T: Float>(
    simd: S,
    code: &LoopCode,
    piece: &mut Piece<'_, T>,
    registers: &mut Registers<T>,
    indices: std::ops::Range<usize>,
) {
    simd.vectorize(
        #[inline(always)]
        || {
            let mut start = indices.start;
            while start < indices.end {
                let length = BLOCK.min(indices.end - start);
                block(simd, code, piece, registers, start, length);
                store(code, piece, registers, start, length);
                start += length;
            }
        },
    );
}

/// What a block reads and writes: all numbers, or a thread's piece of them.
pub(super) trait Memory<T> {
    /// How many entries are computed for a block of `length`: whole vectors, where there is room for that.
    fn computed(&self, length: usize) -> usize;
    fn scalar(&self, at: At) -> T;
    fn entries(&self, at: At, start: usize, length: usize) -> &[T];
    /// The entries from index `start` on of the value that lies at `out`.
    fn place(&mut self, out: usize, start: usize, length: usize) -> &mut [T];
    fn copy(&mut self, at: At, start: usize, length: usize, out: usize);
}

/// The ops of a block.
#[inline(always)]
fn block<S: Simd, T: Float>(
    simd: S,
    code: &LoopCode,
    memory: &mut impl Memory<T>,
    registers: &mut Registers<T>,
    start: usize,
    length: usize,
) {
    let whole = memory.computed(length);
    for fill in &code.fills {
        fill_register(fill, memory, &mut registers[fill.register][..length], start);
    }
    for LoopStep { op, operands, register } in &code.steps {
        // Taken out while the others are read: an op never reads the register that it writes.
        let mut out = std::mem::take(&mut registers[*register]);
        let [a, b, c] = *operands;
        // One by one: the closure of an array's map would not be inlined.
        let a = read(a, memory, registers, start, whole);
        let b = read(b, memory, registers, start, whole);
        let c = read(c, memory, registers, start, whole);
        step(simd, *op, a, b, c, &mut out[..whole]);
        registers[*register] = out;
    }
}

#[inline(always)]
fn store<T: Float>(
    code: &LoopCode,
    memory: &mut impl Memory<T>,
    registers: &Registers<T>,
    start: usize,
    length: usize,
) {
    for &Store { operand, out } in &code.stores {
        match operand {
            Operand::Register(register) => {
                memory.place(out, start, length).copy_from_slice(&registers[register][..length]);
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
    memory: &'a impl Memory<T>,
    registers: &'a Registers<T>,
    start: usize,
    length: usize,
) -> Read<'a, T> {
    match operand {
        Operand::Register(register) => Read::Entries(&registers[register][..length]),
        Operand::Along(at) => Read::Entries(memory.entries(at, start, length)),
        Operand::Scalar(at) => Read::Number(memory.scalar(at)),
        Operand::Absent => Read::Number(T::ZERO),
    }
}

/// Entries of a strided operand for the indices from `start`.
fn fill_register<T: Float>(fill: &Fill, memory: &impl Memory<T>, out: &mut [T], start: usize) {
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

/// Adds a block to the closing sum: index (outer, n, inner) to entry (outer, inner).
#[inline(always)]
fn add_up<S: Simd, T: Float>(
    simd: S,
    sum: &Sum,
    numbers: &mut Numbers<'_, T>,
    registers: &Registers<T>,
    start: usize,
    length: usize,
) {
    let (n, inner) = (sum.extent.n, sum.extent.inner);
    let mut done = 0;
    while done < length {
        let index = start + done;
        if inner == 1 {
            // A stretch of one row: it is summed first, and then added.
            let stretch = (n - index % n).min(length - done);
            let total = match read(sum.operand, numbers, registers, start + done, stretch) {
                // A register begins with the block.
                Read::Entries(_) if matches!(sum.operand, Operand::Register(_)) => {
                    let Operand::Register(register) = sum.operand else { return };
                    reduce::sum(simd, &registers[register][done..done + stretch])
                }
                Read::Entries(entries) => reduce::sum(simd, entries),
                Read::Number(number) => number * T::from_f64(stretch as f64),
            };
            let out = sum.out + index / n;
            numbers.arena[out] += total;
            done += stretch;
        } else {
            // A stretch along the inner indices: added entry by entry.
            let column = index % inner;
            let stretch = (inner - column).min(length - done);
            let out = sum.out + index / (n * inner) * inner + column;
            match sum.operand {
                Operand::Register(register) => {
                    let entries = &registers[register][done..done + stretch];
                    vector::axpy(simd, T::ONE, entries, &mut numbers.arena[out..out + stretch]);
                }
                Operand::Along(at) => numbers.add_within(simd, at, index, stretch, out),
                Operand::Scalar(at) => {
                    let value = numbers.scalar(at);
                    let add = Lanes::<S, T>::splat(simd, value);
                    vector::map_in_place(
                        simd,
                        &mut numbers.arena[out..out + stretch],
                        #[inline(always)]
                        |x| x + add,
                    );
                }
                Operand::Absent => {}
            }
            done += stretch;
        }
    }
}

#[inline(always)]
fn step<S: Simd, T: Float>(simd: S, op: StepOp, a: Read<'_, T>, b: Read<'_, T>, c: Read<'_, T>, out: &mut [T]) {
    use Elementwise::*;
    let zero = Lanes::<S, T>::splat(simd, T::ZERO);
    match op {
        StepOp::MulAdd => three(
            simd,
            a,
            b,
            c,
            out,
            #[inline(always)]
            |a, b, c| a.mul_add(b, c),
        ),
        StepOp::NegMulAdd => three(
            simd,
            a,
            b,
            c,
            out,
            #[inline(always)]
            |a, b, c| (-a).mul_add(b, c),
        ),
        StepOp::Copy => one(
            simd,
            a,
            out,
            #[inline(always)]
            |a| a,
        ),
        StepOp::Entry(op) => match op {
            Add => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| a + b,
            ),
            Sub => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| a - b,
            ),
            Mul => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| a * b,
            ),
            Div => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| a / b,
            ),
            Max => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| elementwise::maximum(simd, a, b),
            ),
            Min => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| elementwise::minimum(simd, a, b),
            ),
            Less => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| elementwise::indicator(simd, a.simd_lt(b)),
            ),
            LessEqual => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| elementwise::indicator(simd, a.simd_le(b)),
            ),
            Equal => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| elementwise::indicator(simd, a.simd_eq(b)),
            ),
            NotEqual => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| a.simd_eq(b).select(zero, Lanes::<S, T>::splat(simd, T::ONE)),
            ),
            Where => three(
                simd,
                a,
                b,
                c,
                out,
                #[inline(always)]
                |a, b, c| a.simd_eq(zero).select(c, b),
            ),
            Neg => one(
                simd,
                a,
                out,
                #[inline(always)]
                |a| -a,
            ),
            Power(Exponent(2.0)) => one(
                simd,
                a,
                out,
                #[inline(always)]
                |a| a * a,
            ),
            Abs => one(
                simd,
                a,
                out,
                #[inline(always)]
                |a| a.abs(),
            ),
            Sign => one(
                simd,
                a,
                out,
                #[inline(always)]
                |a| elementwise::sign(simd, a),
            ),
            ToReal | StopGradient => one(
                simd,
                a,
                out,
                #[inline(always)]
                |a| a,
            ),
            Exp | Expm1 | Log | Log1p | Sqrt | Rsqrt | Tanh | Sigmoid | Softplus | Erf => match a {
                Read::Entries(a) => function(simd, op, a, out),
                Read::Number(a) => function(simd, op, &[a; BLOCK][..out.len()], out),
            },
            Sin | Cos | Pow | Power(_) => by_library(op, a, b, out),
        },
    }
}

/// An elementary function of each entry. Compiled once for a level and a precision, since each is long.
pub(super) fn function<S: Simd, T: Float>(simd: S, op: Elementwise, x: &[T], out: &mut [T]) {
    use Elementwise::*;
    simd.vectorize(
        #[inline(always)]
        || match op {
            Exp => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::exp(simd, x),
            ),
            Expm1 => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::expm1(simd, x),
            ),
            Log => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::log(simd, x),
            ),
            Log1p => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::log1p(simd, x),
            ),
            Sqrt => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::sqrt(simd, x),
            ),
            Rsqrt => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::rsqrt(simd, x),
            ),
            Tanh => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::tanh(simd, x),
            ),
            Sigmoid => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::sigmoid(simd, x),
            ),
            Softplus => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::softplus(simd, x),
            ),
            Erf => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::erf(simd, x),
            ),
            _ => out.copy_from_slice(x), // no other op comes here
        },
    );
}

fn by_library<T: Float>(op: Elementwise, a: Read<'_, T>, b: Read<'_, T>, out: &mut [T]) {
    let at = |read: Read<'_, T>, i: usize| match read {
        Read::Entries(entries) => entries[i],
        Read::Number(number) => number,
    };
    for (i, out) in out.iter_mut().enumerate() {
        *out = library(op, at(a, i), at(b, i));
    }
}

#[inline(always)]
fn one<S: Simd, T: Float>(simd: S, a: Read<'_, T>, out: &mut [T], f: impl Fn(Lanes<S, T>) -> Lanes<S, T>) {
    match a {
        Read::Entries(a) => vector::map(simd, a, out, f),
        Read::Number(a) => out.fill(f(Lanes::<S, T>::splat(simd, a))[0]),
    }
}

#[inline(always)]
fn two<S: Simd, T: Float>(
    simd: S,
    a: Read<'_, T>,
    b: Read<'_, T>,
    out: &mut [T],
    f: impl Fn(Lanes<S, T>, Lanes<S, T>) -> Lanes<S, T>,
) {
    let spread = |number| Lanes::<S, T>::splat(simd, number);
    match (a, b) {
        (Read::Entries(a), Read::Entries(b)) => vector::zip(simd, a, b, out, f),
        (Read::Entries(a), Read::Number(b)) => {
            let b = spread(b);
            vector::map(
                simd,
                a,
                out,
                #[inline(always)]
                |a| f(a, b),
            );
        }
        (Read::Number(a), Read::Entries(b)) => {
            let a = spread(a);
            vector::map(
                simd,
                b,
                out,
                #[inline(always)]
                |b| f(a, b),
            );
        }
        (Read::Number(a), Read::Number(b)) => out.fill(f(spread(a), spread(b))[0]),
    }
}

#[inline(always)]
fn three<S: Simd, T: Float>(
    simd: S,
    a: Read<'_, T>,
    b: Read<'_, T>,
    c: Read<'_, T>,
    out: &mut [T],
    f: impl Fn(Lanes<S, T>, Lanes<S, T>, Lanes<S, T>) -> Lanes<S, T>,
) {
    let spread = |number| Lanes::<S, T>::splat(simd, number);
    match (a, b, c) {
        (Read::Entries(a), Read::Entries(b), Read::Entries(c)) => vector::zip_three(simd, a, b, c, out, f),
        (Read::Number(a), b, c) => {
            let a = spread(a);
            two(
                simd,
                b,
                c,
                out,
                #[inline(always)]
                |b, c| f(a, b, c),
            );
        }
        (a, Read::Number(b), c) => {
            let b = spread(b);
            two(
                simd,
                a,
                c,
                out,
                #[inline(always)]
                |a, c| f(a, b, c),
            );
        }
        (a, b, Read::Number(c)) => {
            let c = spread(c);
            two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| f(a, b, c),
            );
        }
    }
}
