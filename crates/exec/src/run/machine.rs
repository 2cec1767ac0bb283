//! The machine: runs the instructions of a program, step after step.

use std::sync::atomic::{AtomicBool, Ordering};

use chainrule_graph::ops::Reduce;
use chainrule_graph::{Graph, Tensor};
use chainrule_kernels::index::{self, OutOfRange};
use chainrule_kernels::reduce::{self, Axis, Fold};
use chainrule_kernels::simd::*;
use chainrule_kernels::transpose::transpose;
use chainrule_kernels::{Float, Gemm, Lanes, Layout, Simd, Threads, matrix, softmax, vector};
use rayon::prelude::*;

use super::arena::{ArenaView, Reads};
use super::clock::Clock;
use super::scratch::Scratch;
use super::{chunks, scalars};
use crate::error::ExecError;
use crate::program::Program;
use crate::program::address::{ALIGNMENT, Address};
use crate::program::instruction::{
    Block, CustomCode, Factor, GatherDimensions, Instruction, LabelledInstruction, Matrix, MatrixMatrix,
};
use crate::program::interface::Output;
use crate::reference;

/// So many numbers of a batch's rows are brought in by several threads.
const ROWS_WORTH_THREADS: usize = 1 << 16;

/// What a run of steps is given.
pub(super) struct Task<'a, T> {
    pub program: &'a Program,
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

/// Runs steps; each appends the entries of all outputs to `record`. Returns how many steps began, and how they ended. A
/// clock, if there is one, is told where time goes.
#[inline(always)]
pub(super) fn run<S: Simd, T: Float>(
    simd: S,
    task: &Task<'_, T>,
    elements: &mut [T],
    scratch: &mut Scratch<T>,
    starts: &mut [usize],
    record: &mut [f64],
    mut clock: Option<&mut Clock>,
) -> Result<(usize, End), ExecError> {
    let program = task.program;
    let mut arena = ArenaView { elements, tables: task.tables, starts };
    let mut recorded = 0;
    for line in &program.prologue {
        rare(simd, &line.instruction, &mut arena, scratch, task.threads)
            .map_err(|error| named(error, &program.graph, line))?;
    }
    for step in 0..task.steps {
        if task.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Ok((step, End::Stopped));
        }
        if let Some(clock) = &mut clock {
            clock.start();
        }
        take_rows(task, &mut arena, step);
        if let Some(clock) = &mut clock {
            clock.spent_on(0);
        }
        for (place, line) in program.step.iter().enumerate() {
            instruction(simd, &line.instruction, &mut arena, scratch, task.threads)
                .map_err(|error| named(error, &program.graph, line))?;
            if let Some(clock) = &mut clock {
                clock.spent_on(1 + place);
            }
        }
        let mut finite = true;
        for (place, output) in program.outputs.iter().enumerate() {
            let length = output.length;
            let to = &mut record[recorded..recorded + length];
            read_output(&arena, output, to);
            if program.finite == Some(place) {
                finite = to.iter().all(|value| value.is_finite());
            }
            recorded += length;
        }
        for (place, line) in program.write_back.iter().enumerate() {
            rare(simd, &line.instruction, &mut arena, scratch, task.threads)?;
            if let Some(clock) = &mut clock {
                clock.spent_on(1 + program.step.len() + place);
            }
        }
        if !finite {
            return Ok((step + 1, End::NotFinite));
        }
    }
    Ok((task.steps, End::Finished))
}

/// An error with the node that it befell.
#[cold]
fn named(error: ExecError, graph: &Graph, line: &LabelledInstruction) -> ExecError {
    match line.nodes.last() {
        Some(&id) => error.at(graph, id),
        None => error,
    }
}

/// An instruction where speed does not matter: called, and so compiled once.
fn rare<S: Simd, T: Float>(
    simd: S,
    line: &Instruction,
    arena: &mut ArenaView<'_, T>,
    scratch: &mut Scratch<T>,
    threads: Threads,
) -> Result<(), ExecError> {
    simd.vectorize(
        #[inline(always)]
        || instruction(simd, line, arena, scratch, threads),
    )
}

/// Points at the rows of a step, or brings them together where a step takes several.
#[inline(always)]
fn take_rows<T: Float>(task: &Task<'_, T>, arena: &mut ArenaView<'_, T>, step: usize) {
    for (number, stream) in task.program.streams.iter().enumerate() {
        match stream.batch {
            None if stream.row == 1 => {
                arena.elements[stream.argument.offset] = task.tables[number][task.order[step] as usize];
            }
            None => arena.starts[number] = task.order[step] as usize * stream.row,
            Some(batch) => {
                let table = task.tables[number];
                let rows = &task.order[step * batch..(step + 1) * batch];
                let to = &mut arena.elements[stream.argument.offset..][..batch * stream.row];
                match stream.row {
                    0 => {}
                    1 => to.iter_mut().zip(rows).for_each(|(to, &row)| *to = table[row as usize]),
                    n if task.threads == Threads::Pool && to.len() >= ROWS_WORTH_THREADS => {
                        let rows = rows.par_iter().with_min_len(ROWS_WORTH_THREADS / (4 * n) + 1);
                        to.par_chunks_exact_mut(n).zip(rows).for_each(|(to, &row)| copy_row(table, row, to));
                    }
                    n => to.chunks_exact_mut(n).zip(rows).for_each(|(to, &row)| copy_row(table, row, to)),
                }
            }
        }
    }
}

fn copy_row<T: Float>(table: &[T], row: u32, to: &mut [T]) {
    to.copy_from_slice(&table[row as usize * to.len()..][..to.len()]);
}

#[inline(always)]
fn read_output<T: Float>(arena: &ArenaView<'_, T>, output: &Output, to: &mut [f64]) {
    if let [to] = to {
        *to = arena.scalar(output.address).to_f64();
        return;
    }
    for (place, to) in to.iter_mut().enumerate() {
        let (mut rest, mut offset) = (place, 0);
        for (&n, stride) in output.shape.iter().zip(&output.strides).rev() {
            offset += rest % n * stride;
            rest /= n;
        }
        *to = arena.entries(output.address, offset, 1)[0].to_f64();
    }
}

#[inline(always)]
fn instruction<S: Simd, T: Float>(
    simd: S,
    instruction: &Instruction,
    arena: &mut ArenaView<'_, T>,
    scratch: &mut Scratch<T>,
    threads: Threads,
) -> Result<(), ExecError> {
    match instruction {
        Instruction::Scalars(steps) => scalars::run(simd, steps, arena),
        Instruction::Loop(code) => chunks::run(simd, code, arena, scratch, threads),
        &Instruction::Dot { x, y, length, out } => {
            arena.elements[out] = if x.is_padded() && y.is_padded() {
                let whole = length.next_multiple_of(ALIGNMENT);
                vector::dot_padded(simd, length, arena.entries(x, 0, whole), arena.entries(y, 0, whole))
            } else {
                vector::dot(simd, arena.entries(x, 0, length), arena.entries(y, 0, length))
            };
        }
        &Instruction::TwoDots { x, y, z, length, outs } => {
            let whole = length.next_multiple_of(ALIGNMENT);
            let [x, y, z] = [arena.entries(x, 0, whole), arena.entries(y, 0, whole), arena.entries(z, 0, whole)];
            let (first, second) = vector::two_dots_padded(simd, length, x, y, z);
            (arena.elements[outs[0]], arena.elements[outs[1]]) = (first, second);
        }
        &Instruction::Axpy { factor, x, length, y, factors } => {
            let (keep, scale) = arena.factors(factors);
            let scale = scale * arena.scalar(factor);
            // What lies behind a vector's own entries is nobody's, and may be changed.
            let length = if length > 1 && x.is_padded() { length.next_multiple_of(ALIGNMENT) } else { length };
            let (y, rest) = arena.split(y, length);
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
                Factor::Stored(_) => vector::axpby(simd, scale, x, keep, y),
            }
        }
        &Instruction::MatrixVector { matrix, rows, columns, transposed, x, out, factors } => {
            let (keep, scale) = arena.factors(factors);
            let (y, rest) = arena.split(out, rows);
            let keep = kept(factors.keep, keep, y);
            let (a, x) = (rest.entries(matrix, 0, rows * columns), rest.entries(x, 0, columns));
            if transposed {
                matrix::gemv_transposed(simd, scale, a, x, keep, y);
            } else {
                matrix::gemv(simd, scale, a, x, keep, y);
            }
        }
        &Instruction::Outer { x, y, rows, columns, out, factors } => {
            let (keep, scale) = arena.factors(factors);
            let (a, rest) = arena.split(out, rows * columns);
            let (x, y) = (rest.entries(x, 0, rows), rest.entries(y, 0, columns));
            match factors.keep {
                Factor::One => matrix::rank_one(simd, scale, x, y, a),
                _ => matrix::rank_one_decayed(simd, scale, x, y, keep, a),
            }
        }
        Instruction::MatrixMatrix(product) => matrix_matrix(product, arena, threads),
        Instruction::AxisOp { op, input, axis, out } => along(simd, op, *input, *axis, *out, arena),
        Instruction::Gather { table, indices, dimensions, out } => gather(*table, *indices, *dimensions, *out, arena)?,
        Instruction::ScatterAdd { indices, entries, dimensions, out } => {
            scatter_add(simd, *indices, *entries, *dimensions, *out, arena)?;
        }
        &Instruction::Transpose { input, rows, columns, out } => {
            let (to, rest) = arena.split(out, rows * columns);
            transpose(rest.entries(input, 0, rows * columns), rows, columns, to);
        }
        &Instruction::Clear { out, length } => arena.elements[out..out + length].fill(T::ZERO),
        Instruction::Block(block) => copy_block(block, arena),
        Instruction::Custom(code) => custom(code, arena)?,
    }
    Ok(())
}

/// What is left to multiply `out` by. The kernels do not read what they keep 0 of, but 0 times what is not finite is not a
/// number: a 0 that is computed is multiplied by here.
#[inline(always)]
fn kept<T: Float>(keep: Factor, value: T, out: &mut [T]) -> T {
    if !matches!(keep, Factor::Stored(_)) || value != T::ZERO {
        return value;
    }
    out.iter_mut().for_each(|out| *out *= T::ZERO);
    T::ONE
}

fn matrix_matrix<T: Float>(product: &MatrixMatrix, arena: &mut ArenaView<'_, T>, threads: Threads) {
    let (beta, alpha) = arena.factors(product.factors);
    let (c, rest) = arena.split(product.out, product.out_length);
    let beta = kept(product.factors.keep, beta, c);
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
        // An operand without entries has no places: of an empty sum nothing is read.
        let (a, b) = (a.get(a_offset..).unwrap_or_default(), b.get(b_offset..).unwrap_or_default());
        gemm.run(alpha, a, b, beta, &mut c[c_offset..], threads);
    }
}

fn along<S: Simd, T: Float>(
    simd: S,
    op: &Reduce,
    input: Address,
    axis: Axis,
    out: usize,
    arena: &mut ArenaView<'_, T>,
) {
    simd.vectorize(
        #[inline(always)]
        || {
            let Axis { outer, n, inner } = axis;
            let length = outer * inner;
            let size = if matches!(op, Reduce::Softmax { .. }) { length * n } else { length };
            let (y, rest) = arena.split(out, size);
            let x = rest.entries(input, 0, length * n);
            match op {
                Reduce::Sum { .. } => reduce::reduce(simd, Fold::Sum, x, axis, y),
                Reduce::Max { .. } => reduce::reduce(simd, Fold::Max, x, axis, y),
                Reduce::Min { .. } => reduce::reduce(simd, Fold::Min, x, axis, y),
                Reduce::LogSumExp { .. } => softmax::logsumexp_along(simd, x, axis, y),
                Reduce::Softmax { .. } => softmax::softmax_along(simd, x, axis, y),
                Reduce::ArgMax { .. } => reduce::argmax_along(simd, x, axis, y),
                Reduce::ArgMin { .. } => reduce::argmin_along(simd, x, axis, y),
            }
        },
    );
}

fn gather<T: Float>(
    table: Address,
    indices: Address,
    dimensions: GatherDimensions,
    out: usize,
    arena: &mut ArenaView<'_, T>,
) -> Result<(), ExecError> {
    let GatherDimensions { batches, count, rows, size } = dimensions;
    for batch in 0..batches {
        let (out, rest) = arena.split(out + batch * count * size, count * size);
        let table = rest.entries(table, batch * rows * size, rows * size);
        let indices = rest.entries(indices, batch * count, count);
        index::gather_rows(table, rows, size, indices, out).map_err(|wrong| outside(indices, wrong))?;
    }
    Ok(())
}

fn scatter_add<S: Simd, T: Float>(
    simd: S,
    indices: Address,
    entries: Address,
    dimensions: GatherDimensions,
    out: usize,
    arena: &mut ArenaView<'_, T>,
) -> Result<(), ExecError> {
    let GatherDimensions { batches, count, rows, size } = dimensions;
    for batch in 0..batches {
        let (out, rest) = arena.split(out + batch * rows * size, rows * size);
        let indices = rest.entries(indices, batch * count, count);
        let entries = rest.entries(entries, batch * count * size, count * size);
        out.fill(T::ZERO);
        index::scatter_add_rows(simd, out, rows, size, indices, entries).map_err(|wrong| outside(indices, wrong))?;
    }
    Ok(())
}

fn outside<T: Float>(indices: &[T], OutOfRange { position, rows }: OutOfRange) -> ExecError {
    let index = indices[position].to_f64();
    ExecError::new(format!("the index {index} is not a whole number from 0 below {rows}"))
}

fn copy_block<T: Float>(block: &Block, arena: &mut ArenaView<'_, T>) {
    let count: usize = block.runs.iter().map(|run| run.0).product();
    for place in 0..count {
        let (mut rest, mut from, mut to) = (place, 0, block.out as isize);
        for &(n, source, destination) in block.runs.iter().rev() {
            let i = rest % n;
            rest /= n;
            from += i * source;
            to += i as isize * destination;
        }
        arena.elements[to as usize] = arena.entries(block.source, from, 1)[0];
    }
}

fn custom<T: Float>(code: &CustomCode, arena: &mut ArenaView<'_, T>) -> Result<(), ExecError> {
    let tensor = |(at, shape): &(Address, chainrule_graph::Shape)| {
        let entries = arena.entries(*at, 0, shape.size());
        Tensor::from_fn(shape, |i| entries[i].to_f64())
    };
    let inputs: Vec<Tensor> = code.inputs.iter().map(tensor).collect();
    let op = chainrule_graph::Op::Custom(code.op.clone());
    let value = reference::evaluate_op(&op, &inputs.iter().collect::<Vec<_>>(), &code.shape)?;
    let out = &mut arena.elements[code.out..code.out + value.data().len()];
    out.iter_mut().zip(value.data()).for_each(|(out, &value)| *out = T::from_f64(value));
    Ok(())
}
