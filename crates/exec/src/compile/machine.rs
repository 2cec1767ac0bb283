//! The machine: runs the instructions of a program, step after step.

use std::sync::atomic::{AtomicBool, Ordering};

use chainrule_graph::Tensor;
use chainrule_graph::ops::Reduce;
use chainrule_kernels::reduce::{self, Axis, Fold};
use chainrule_kernels::simd::*;
use chainrule_kernels::{Float, Gemm, Lanes, Layout, Simd, Threads, matrix, softmax, vector};

use super::loops::{self, Memory, Registers};
use super::memory::ALIGNMENT;
use super::plan::Places;
use super::profile::Clock;
use super::program::{
    At, Base, Block, CustomCode, Factor, FactorsAt, Instruction, Line, Matrix, MatrixMatrix, Output, Stream,
};
use super::scalars;
use crate::ExecError;
use crate::reference;

/// The numbers that instructions work on: the arena, and the rows of this step.
pub(super) struct Numbers<'a, T> {
    pub arena: &'a mut [T],
    pub tables: &'a [&'a [T]],
    /// Where in its table each row of this step begins.
    pub starts: &'a mut [usize],
}

impl<T: Float> Memory<T> for Numbers<'_, T> {
    #[inline(always)]
    fn computed(&self, length: usize) -> usize {
        length.next_multiple_of(ALIGNMENT)
    }

    #[inline(always)]
    fn scalar(&self, at: At) -> T {
        match at.base {
            Base::Arena => self.arena[at.offset],
            Base::Row(table) => self.tables[table as usize][self.starts[table as usize] + at.offset],
        }
    }

    #[inline(always)]
    fn entries(&self, at: At, start: usize, length: usize) -> &[T] {
        match at.base {
            Base::Arena => &self.arena[at.offset + start..][..length],
            Base::Row(table) => {
                let table = table as usize;
                &self.tables[table][self.starts[table] + at.offset + start..][..length]
            }
        }
    }

    #[inline(always)]
    fn place(&mut self, out: usize, start: usize, length: usize) -> &mut [T] {
        &mut self.arena[out + start..][..length]
    }

    fn copy(&mut self, at: At, start: usize, length: usize, out: usize) {
        match at.base {
            Base::Arena => self.arena.copy_within(at.offset + start..at.offset + start + length, out + start),
            Base::Row(table) => {
                let table = table as usize;
                let from = self.starts[table] + at.offset + start;
                self.arena[out + start..][..length].copy_from_slice(&self.tables[table][from..from + length]);
            }
        }
    }
}

impl<T: Float> Numbers<'_, T> {
    /// The part of the arena that an instruction writes, and all else.
    #[inline(always)]
    pub fn split(&mut self, out: usize, length: usize) -> (&mut [T], Rest<'_, T>) {
        let (before, rest) = self.arena.split_at_mut(out);
        let (out_part, after) = rest.split_at_mut(length);
        let rest = Rest { before, after, after_start: out + length, tables: self.tables, starts: self.starts };
        (out_part, rest)
    }

    #[inline(always)]
    fn factor(&self, factor: Factor) -> T {
        match factor {
            Factor::Zero => T::ZERO,
            Factor::One => T::ONE,
            Factor::At(at) => self.scalar(at),
        }
    }

    #[inline(always)]
    fn factors(&self, factors: FactorsAt) -> (T, T) {
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

impl<'a, T: Float> Rest<'a, T> {
    #[inline(always)]
    pub fn scalar(&self, at: At) -> T {
        self.from(at, 0)[0]
    }

    #[inline(always)]
    pub fn entries(&self, at: At, start: usize, length: usize) -> &'a [T] {
        self.from(at, start).split_at(length).0
    }

    /// The entries from a place on.
    #[inline(always)]
    fn from(&self, at: At, start: usize) -> &'a [T] {
        let offset = at.offset + start;
        match at.base {
            Base::Arena if offset >= self.after_start => &self.after[offset - self.after_start..],
            Base::Arena => &self.before[offset..],
            Base::Row(table) => &self.tables[table as usize][self.starts[table as usize] + offset..],
        }
    }
}

/// What a run of steps is given.
pub(super) struct Task<'a, T> {
    /// What runs before the first step.
    pub once: &'a [Line],
    pub lines: &'a [Line],
    pub late: &'a [Line],
    pub streams: &'a [Stream],
    pub outputs: &'a [Output],
    /// The output that must stay finite, if any.
    pub finite: Option<usize>,
    pub tables: &'a [&'a [T]],
    pub order: &'a [u32],
    pub steps: usize,
    pub stop: Option<&'a AtomicBool>,
    pub threads: Threads,
}

/// How a run of steps ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All steps were made.
    Finished,
    /// The stop flag was set between two steps.
    Stopped,
    /// The value that must stay finite was not, at the last of these steps.
    NotFinite,
}

/// Runs steps; each appends the entries of all outputs to `record`. Returns how many steps began, and how they ended. A clock, if
/// there is one, is told where time goes.
#[inline(always)]
pub(super) fn run<S: Simd, T: Float>(
    simd: S,
    task: &Task<'_, T>,
    arena: &mut [T],
    registers: &mut [Registers<T>],
    starts: &mut [usize],
    record: &mut [f64],
    mut clock: Option<&mut Clock>,
) -> Result<(usize, End), ExecError> {
    let mut numbers = Numbers { arena, tables: task.tables, starts };
    let mut recorded = 0;
    for line in task.once {
        rare(simd, &line.instruction, &mut numbers, registers, task.threads)?;
    }
    for step in 0..task.steps {
        if task.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Ok((step, End::Stopped));
        }
        if let Some(clock) = &mut clock {
            clock.start();
        }
        take_rows(task, &mut numbers, step);
        if let Some(clock) = &mut clock {
            clock.spent_on(0);
        }
        for (place, line) in task.lines.iter().enumerate() {
            instruction(simd, &line.instruction, &mut numbers, registers, task.threads)?;
            if let Some(clock) = &mut clock {
                clock.spent_on(1 + place);
            }
        }
        let mut finite = true;
        for (place, output) in task.outputs.iter().enumerate() {
            let length = output.length;
            let to = &mut record[recorded..recorded + length];
            read_output(&numbers, output, to);
            if task.finite == Some(place) {
                finite = to.iter().all(|value| value.is_finite());
            }
            recorded += length;
        }
        for (place, line) in task.late.iter().enumerate() {
            rare(simd, &line.instruction, &mut numbers, registers, task.threads)?;
            if let Some(clock) = &mut clock {
                clock.spent_on(1 + task.lines.len() + place);
            }
        }
        if !finite {
            return Ok((step + 1, End::NotFinite));
        }
    }
    Ok((task.steps, End::Finished))
}

/// An instruction where speed does not matter: called, and so compiled once.
fn rare<S: Simd, T: Float>(
    simd: S,
    line: &Instruction,
    numbers: &mut Numbers<'_, T>,
    registers: &mut [Registers<T>],
    threads: Threads,
) -> Result<(), ExecError> {
    simd.vectorize(
        #[inline(always)]
        || instruction(simd, line, numbers, registers, threads),
    )
}

/// Points at the rows of a step, or brings them together where a step takes several.
#[inline(always)]
fn take_rows<T: Float>(task: &Task<'_, T>, numbers: &mut Numbers<'_, T>, step: usize) {
    for (number, stream) in task.streams.iter().enumerate() {
        match stream.batch {
            None if stream.row == 1 => {
                numbers.arena[stream.port.offset] = task.tables[number][task.order[step] as usize];
            }
            None => numbers.starts[number] = task.order[step] as usize * stream.row,
            Some(batch) => {
                let table = task.tables[number];
                let rows = &task.order[step * batch..(step + 1) * batch];
                let to = &mut numbers.arena[stream.port.offset..][..batch * stream.row];
                match stream.row {
                    0 => {}
                    1 => to.iter_mut().zip(rows).for_each(|(to, &row)| *to = table[row as usize]),
                    n => to.chunks_exact_mut(n).zip(rows).for_each(|(to, &row)| {
                        to.copy_from_slice(&table[row as usize * n..][..n]);
                    }),
                }
            }
        }
    }
}

#[inline(always)]
fn read_output<T: Float>(numbers: &Numbers<'_, T>, output: &Output, to: &mut [f64]) {
    if let [to] = to {
        *to = numbers.scalar(output.at).to_f64();
        return;
    }
    for (place, to) in to.iter_mut().enumerate() {
        let (mut rest, mut offset) = (place, 0);
        for (&n, stride) in output.shape.iter().zip(&output.strides).rev() {
            offset += rest % n * stride;
            rest /= n;
        }
        *to = numbers.entries(output.at, offset, 1)[0].to_f64();
    }
}

#[inline(always)]
fn instruction<S: Simd, T: Float>(
    simd: S,
    instruction: &Instruction,
    numbers: &mut Numbers<'_, T>,
    registers: &mut [Registers<T>],
    threads: Threads,
) -> Result<(), ExecError> {
    match instruction {
        Instruction::Scalars(steps) => scalars::run(simd, steps, numbers),
        Instruction::Loop(code) => loops::run(simd, code, numbers, registers, threads),
        &Instruction::Dot { x, y, length, out } => {
            numbers.arena[out] = if is_padded(x) && is_padded(y) {
                let whole = length.next_multiple_of(ALIGNMENT);
                vector::dot_padded(simd, length, numbers.entries(x, 0, whole), numbers.entries(y, 0, whole))
            } else {
                vector::dot(simd, numbers.entries(x, 0, length), numbers.entries(y, 0, length))
            };
        }
        &Instruction::Axpy { factor, x, length, y, factors } => {
            let (keep, scale) = numbers.factors(factors);
            let scale = scale * numbers.scalar(factor);
            // What lies behind a vector's own entries is nobody's, and may be changed.
            let length = if length > 1 && is_padded(x) { length.next_multiple_of(ALIGNMENT) } else { length };
            let (y, rest) = numbers.split(y, length);
            let x = rest.entries(x, 0, length);
            match factors.keep {
                Factor::One => vector::axpy(simd, scale, x, y),
                Factor::Zero => vector::map(
                    simd,
                    x,
                    y,
                    #[inline(always)]
                    |x| x * Lanes::<S, T>::splat(simd, scale),
                ),
                Factor::At(_) => vector::axpby(simd, scale, x, keep, y),
            }
        }
        &Instruction::MatrixVector { matrix, rows, columns, transposed, x, out, factors } => {
            let (keep, scale) = numbers.factors(factors);
            let (y, rest) = numbers.split(out, rows);
            let (a, x) = (rest.entries(matrix, 0, rows * columns), rest.entries(x, 0, columns));
            if transposed {
                matrix::gemv_transposed(simd, scale, a, x, keep, y);
            } else {
                matrix::gemv(simd, scale, a, x, keep, y);
            }
        }
        &Instruction::Outer { x, y, rows, columns, out, factors } => {
            let (keep, scale) = numbers.factors(factors);
            let (a, rest) = numbers.split(out, rows * columns);
            let (x, y) = (rest.entries(x, 0, rows), rest.entries(y, 0, columns));
            match factors.keep {
                Factor::One => matrix::rank_one(simd, scale, x, y, a),
                _ => matrix::rank_one_decayed(simd, scale, x, y, keep, a),
            }
        }
        Instruction::MatrixMatrix(product) => matrix_matrix(product, numbers, threads),
        Instruction::Along { op, input, extent, out } => {
            let axis = Axis { outer: extent.outer, n: extent.n, inner: extent.inner };
            along(simd, op, *input, axis, *out, numbers);
        }
        Instruction::Gather { table, indices, places, out } => gather(*table, *indices, *places, *out, numbers)?,
        Instruction::ScatterAdd { indices, entries, places, out } => {
            scatter_add(*indices, *entries, *places, *out, numbers)?;
        }
        &Instruction::Clear { out, length } => numbers.arena[out..out + length].fill(T::ZERO),
        Instruction::Block(block) => copy_block(block, numbers),
        Instruction::Custom(code) => custom(code, numbers)?,
    }
    Ok(())
}

/// Whether whole vectors can be read from here on, up to behind the last entry: a value of several entries that begins
/// where a place begins has that room, and so has a row of a table.
#[inline(always)]
fn is_padded(at: At) -> bool {
    at.base != Base::Arena || at.offset.is_multiple_of(ALIGNMENT)
}

fn matrix_matrix<T: Float>(product: &MatrixMatrix, numbers: &mut Numbers<'_, T>, threads: Threads) {
    let (beta, alpha) = numbers.factors(product.factors);
    let (c, rest) = numbers.split(product.out, product.out_length);
    let (a, b) = (rest.from(product.lhs.at, 0), rest.from(product.rhs.at, 0));
    let layout = |rows, cols, row_stride, col_stride| Layout { rows, cols, row_stride, col_stride };
    let of = |matrix: &Matrix, rows, cols| layout(rows, cols, matrix.row_stride, matrix.column_stride);
    let (lhs, rhs) = (of(&product.lhs, product.m, product.k), of(&product.rhs, product.k, product.n));
    let out = layout(product.m, product.n, product.out_strides.0, product.out_strides.1);
    let gemm = Gemm::new(lhs, rhs, out).expect("the pass that selects gives shapes that fit");
    let count: usize = product.batches.iter().map(|&(n, _)| n).product();
    for batch in 0..count {
        let (mut rest, mut offsets) = (batch, [0; 3]);
        for &(n, strides) in product.batches.iter().rev() {
            for (offset, stride) in offsets.iter_mut().zip(strides) {
                *offset += rest % n * stride;
            }
            rest /= n;
        }
        let [a_offset, b_offset, c_offset] = offsets;
        gemm.run(alpha, &a[a_offset..], &b[b_offset..], beta, &mut c[c_offset..], threads);
    }
}

fn along<S: Simd, T: Float>(simd: S, op: &Reduce, input: At, axis: Axis, out: usize, numbers: &mut Numbers<'_, T>) {
    simd.vectorize(
        #[inline(always)]
        || {
            let Axis { outer, n, inner } = axis;
            let length = outer * inner;
            let size = if matches!(op, Reduce::Softmax { .. }) { length * n } else { length };
            let (y, rest) = numbers.split(out, size);
            let x = rest.entries(input, 0, length * n);
            match op {
                Reduce::Sum { .. } => reduce::reduce(simd, Fold::Sum, x, axis, y),
                Reduce::Max { .. } => reduce::reduce(simd, Fold::Max, x, axis, y),
                Reduce::Min { .. } => reduce::reduce(simd, Fold::Min, x, axis, y),
                Reduce::LogSumExp { .. } => softmax::logsumexp_along(simd, x, axis, y),
                Reduce::Softmax { .. } => softmax::softmax_along(simd, x, axis, y),
                Reduce::ArgMax { .. } => places(x, axis, y, |x, best| x > best),
                Reduce::ArgMin { .. } => places(x, axis, y, |x, best| x < best),
            }
        },
    );
}

/// The place of the first entry that none is better than; the first not-a-number wins.
fn places<T: Float>(x: &[T], axis: Axis, y: &mut [T], better: impl Fn(T, T) -> bool) {
    for (place, y) in y.iter_mut().enumerate() {
        let start = place / axis.inner * axis.n * axis.inner + place % axis.inner;
        let mut best = 0;
        for i in 1..axis.n {
            let (x, so_far) = (x[start + i * axis.inner], x[start + best * axis.inner]);
            if !so_far.is_nan() && (x.is_nan() || better(x, so_far)) {
                best = i;
            }
        }
        *y = T::from_f64(best as f64);
    }
}

fn gather<T: Float>(
    table: At,
    indices: At,
    places: Places,
    out: usize,
    numbers: &mut Numbers<'_, T>,
) -> Result<(), ExecError> {
    let Places { batches, count, places, size } = places;
    let (out, rest) = numbers.split(out, batches * count * size);
    let table = rest.entries(table, 0, batches * places * size);
    let indices = rest.entries(indices, 0, batches * count);
    for (place, &index) in indices.iter().enumerate() {
        let row = place / count * places + checked(index, places)?;
        out[place * size..(place + 1) * size].copy_from_slice(&table[row * size..(row + 1) * size]);
    }
    Ok(())
}

fn scatter_add<T: Float>(
    indices: At,
    entries: At,
    places: Places,
    out: usize,
    numbers: &mut Numbers<'_, T>,
) -> Result<(), ExecError> {
    let Places { batches, count, places, size } = places;
    let (out, rest) = numbers.split(out, batches * places * size);
    let entries = rest.entries(entries, 0, batches * count * size);
    out.fill(T::ZERO);
    for (place, &index) in rest.entries(indices, 0, batches * count).iter().enumerate() {
        let row = place / count * places + checked(index, places)?;
        let to = &mut out[row * size..(row + 1) * size];
        to.iter_mut().zip(&entries[place * size..]).for_each(|(to, &entry)| *to += entry);
    }
    Ok(())
}

/// An index that is one of `places`.
fn checked<T: Float>(index: T, places: usize) -> Result<usize, ExecError> {
    let index = index.to_f64();
    if index >= 0.0 && index < places as f64 && index.fract() == 0.0 {
        Ok(index as usize)
    } else {
        Err(ExecError::new(format!("the index {index} is not one of 0 to {}", places.saturating_sub(1))))
    }
}

fn copy_block<T: Float>(block: &Block, numbers: &mut Numbers<'_, T>) {
    let count: usize = block.runs.iter().map(|run| run.0).product();
    for place in 0..count {
        let (mut rest, mut from, mut to) = (place, 0, block.out as isize);
        for &(n, source, destination) in block.runs.iter().rev() {
            let i = rest % n;
            rest /= n;
            from += i * source;
            to += i as isize * destination;
        }
        numbers.arena[to as usize] = numbers.entries(block.source, from, 1)[0];
    }
}

fn custom<T: Float>(code: &CustomCode, numbers: &mut Numbers<'_, T>) -> Result<(), ExecError> {
    let tensor = |(at, shape): &(At, chainrule_graph::Shape)| {
        let entries = numbers.entries(*at, 0, shape.size());
        Tensor::from_fn(shape, |i| entries[i].to_f64())
    };
    let inputs: Vec<Tensor> = code.inputs.iter().map(tensor).collect();
    let op = chainrule_graph::Op::Custom(code.op.clone());
    let value = reference::evaluate_op(&op, &inputs.iter().collect::<Vec<_>>(), &code.shape)?;
    let out = &mut numbers.arena[code.out..code.out + value.data().len()];
    out.iter_mut().zip(value.data()).for_each(|(out, &value)| *out = T::from_f64(value));
    Ok(())
}
