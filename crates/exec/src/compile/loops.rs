//! Fused loops: block after block, each op over a block in the first cache.

use chainrule_graph::ops::Elementwise;
use chainrule_graph::ops::elementwise::Exponent;
use chainrule_kernels::simd::*;
use chainrule_kernels::{Float, Lanes, Simd, elementwise, math, reduce, vector};

use super::machine::Numbers;
use super::program::{Fill, LoopCode, LoopStep, Operand, StepOp, Store, Sum};
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

/// Runs a loop from its first index to its last.
pub(super) fn run<S: Simd, T: Float>(
    simd: S,
    code: &LoopCode,
    numbers: &mut Numbers<'_, T>,
    registers: &mut Registers<T>,
) {
    simd.vectorize(
        #[inline(always)]
        || {
            if let Some(sum) = &code.sum {
                let length = sum.extent.outer * sum.extent.inner;
                numbers.arena[sum.out..sum.out + length].fill(T::ZERO);
            }
            let mut start = 0;
            while start < code.size {
                let length = BLOCK.min(code.size - start);
                block(simd, code, numbers, registers, start, length);
                start += length;
            }
        },
    );
}

#[inline(always)]
fn block<S: Simd, T: Float>(
    simd: S,
    code: &LoopCode,
    numbers: &mut Numbers<'_, T>,
    registers: &mut Registers<T>,
    start: usize,
    length: usize,
) {
    for fill in &code.fills {
        fill_register(fill, numbers, &mut registers[fill.register][..length], start);
    }
    for LoopStep { op, operands, register } in &code.steps {
        // Taken out while the others are read: an op never reads the register that it writes.
        let mut out = std::mem::take(&mut registers[*register]);
        let [a, b, c] = operands.map(|operand| read(operand, numbers, registers, start, length));
        step(simd, *op, a, b, c, &mut out[..length]);
        registers[*register] = out;
    }
    if let Some(sum) = &code.sum {
        add_up(simd, sum, numbers, registers, start, length);
    }
    for Store { operand, out } in &code.stores {
        let to = out + start..out + start + length;
        match *operand {
            Operand::Register(register) => numbers.arena[to].copy_from_slice(&registers[register][..length]),
            Operand::Along(at) => numbers.copy_within(at, start, length, to.start),
            Operand::Scalar(at) => {
                let value = numbers.scalar(at);
                numbers.arena[to].fill(value);
            }
            Operand::Absent => {}
        }
    }
}

#[inline(always)]
fn read<'a, T: Float>(
    operand: Operand,
    numbers: &'a Numbers<'_, T>,
    registers: &'a Registers<T>,
    start: usize,
    length: usize,
) -> Read<'a, T> {
    match operand {
        Operand::Register(register) => Read::Entries(&registers[register][..length]),
        Operand::Along(at) => Read::Entries(numbers.entries(at, start, length)),
        Operand::Scalar(at) => Read::Number(numbers.scalar(at)),
        Operand::Absent => Read::Number(T::ZERO),
    }
}

/// Entries of a strided operand for the indices from `start`.
fn fill_register<T: Float>(fill: &Fill, numbers: &Numbers<'_, T>, out: &mut [T], start: usize) {
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
            0 => to.fill(numbers.entries(fill.at, offset, 1)[0]),
            1 => to.copy_from_slice(numbers.entries(fill.at, offset, length)),
            _ => {
                let from = numbers.entries(fill.at, offset, (length - 1) * stride + 1);
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
            numbers.arena[out] = numbers.arena[out] + total;
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
                    vector::map_in_place(simd, &mut numbers.arena[out..out + stretch], |x| x + add);
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
        StepOp::MulAdd => three(simd, a, b, c, out, |a, b, c| a.mul_add(b, c)),
        StepOp::NegMulAdd => three(simd, a, b, c, out, |a, b, c| (-a).mul_add(b, c)),
        StepOp::Copy => one(simd, a, out, |a| a),
        StepOp::Entry(op) => match op {
            Add => two(simd, a, b, out, |a, b| a + b),
            Sub => two(simd, a, b, out, |a, b| a - b),
            Mul => two(simd, a, b, out, |a, b| a * b),
            Div => two(simd, a, b, out, |a, b| a / b),
            Max => two(simd, a, b, out, |a, b| elementwise::maximum(simd, a, b)),
            Min => two(simd, a, b, out, |a, b| elementwise::minimum(simd, a, b)),
            Less => two(simd, a, b, out, |a, b| elementwise::indicator(simd, a.simd_lt(b))),
            LessEqual => two(simd, a, b, out, |a, b| elementwise::indicator(simd, a.simd_le(b))),
            Equal => two(simd, a, b, out, |a, b| elementwise::indicator(simd, a.simd_eq(b))),
            NotEqual => two(simd, a, b, out, |a, b| a.simd_eq(b).select(zero, Lanes::<S, T>::splat(simd, T::ONE))),
            Where => three(simd, a, b, c, out, |a, b, c| a.simd_eq(zero).select(c, b)),
            Neg => one(simd, a, out, |a| -a),
            Power(Exponent(2.0)) => one(simd, a, out, |a| a * a),
            Abs => one(simd, a, out, |a| a.abs()),
            Sign => one(simd, a, out, |a| elementwise::sign(simd, a)),
            ToReal | StopGradient => one(simd, a, out, |a| a),
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
            Exp => vector::map(simd, x, out, |x| math::exp(simd, x)),
            Expm1 => vector::map(simd, x, out, |x| math::expm1(simd, x)),
            Log => vector::map(simd, x, out, |x| math::log(simd, x)),
            Log1p => vector::map(simd, x, out, |x| math::log1p(simd, x)),
            Sqrt => vector::map(simd, x, out, |x| math::sqrt(simd, x)),
            Rsqrt => vector::map(simd, x, out, |x| math::rsqrt(simd, x)),
            Tanh => vector::map(simd, x, out, |x| math::tanh(simd, x)),
            Sigmoid => vector::map(simd, x, out, |x| math::sigmoid(simd, x)),
            Softplus => vector::map(simd, x, out, |x| math::softplus(simd, x)),
            Erf => vector::map(simd, x, out, |x| math::erf(simd, x)),
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
            vector::map(simd, a, out, |a| f(a, b));
        }
        (Read::Number(a), Read::Entries(b)) => {
            let a = spread(a);
            vector::map(simd, b, out, |b| f(a, b));
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
            two(simd, b, c, out, |b, c| f(a, b, c));
        }
        (a, Read::Number(b), c) => {
            let b = spread(b);
            two(simd, a, c, out, |a, c| f(a, b, c));
        }
        (a, b, Read::Number(c)) => {
            let c = spread(c);
            two(simd, a, b, out, |a, b| f(a, b, c));
        }
    }
}
