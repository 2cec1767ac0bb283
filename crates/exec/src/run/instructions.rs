//! What each instruction of a program does.

mod copies;
mod folds;
mod loops;
mod parts;
mod pools;
mod products;
mod rows;
mod windows;

use chainrule_graph::ops::random::DIGITS;
use chainrule_graph::{Graph, Shape, Tensor};
use chainrule_kernels::index::{self, OutOfRange};
use chainrule_kernels::simd::*;
use chainrule_kernels::{Float, Lanes, Simd, Threads, matrix, vector};

use super::arena::{ArenaView, Reads};
use super::scratch::Scratch;
use super::{chunks, scalars};
use crate::error::ExecError;
use crate::program::address::{ALIGNMENT, Address};
use crate::program::instruction::{CustomCode, Factor, GatherDimensions, Instruction, LabelledInstruction, RandomCode};
use crate::reference::{self, random::draws_at};

/// Runs one instruction.
#[inline(always)]
pub(super) fn run_instruction<S: Simd, T: Float>(
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
                vector::dot_padded(simd, length, arena.slice(x, 0, whole), arena.slice(y, 0, whole))
            } else {
                vector::dot(simd, arena.slice(x, 0, length), arena.slice(y, 0, length))
            };
        }
        &Instruction::TwoDots { x, y, z, length, outs } => {
            let whole = length.next_multiple_of(ALIGNMENT);
            let [x, y, z] = [arena.slice(x, 0, whole), arena.slice(y, 0, whole), arena.slice(z, 0, whole)];
            let (first, second) = vector::two_dots_padded(simd, length, x, y, z);
            (arena.elements[outs[0]], arena.elements[outs[1]]) = (first, second);
        }
        &Instruction::Axpy { factor, x, length, y, factors } => {
            let (keep, scale) = arena.factors(factors);
            let scale = scale * arena.scalar(factor);
            // What lies behind a vector's own elements is nobody's, and may be changed.
            let length = if length > 1 && x.is_padded() { length.next_multiple_of(ALIGNMENT) } else { length };
            let (y, rest) = arena.split(y, length);
            let x = rest.slice(x, 0, length);
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
            let (a, x) = (rest.slice(matrix, 0, rows * columns), rest.slice(x, 0, columns));
            if transposed {
                matrix::gemv_transposed(simd, scale, a, x, keep, y);
            } else {
                matrix::gemv(simd, scale, a, x, keep, y);
            }
        }
        &Instruction::Outer { x, y, rows, columns, out, factors } => {
            let (keep, scale) = arena.factors(factors);
            let (a, rest) = arena.split(out, rows * columns);
            let (x, y) = (rest.slice(x, 0, rows), rest.slice(y, 0, columns));
            match factors.keep {
                Factor::One => matrix::rank_one(simd, scale, x, y, a),
                _ => matrix::rank_one_decayed(simd, scale, x, y, keep, a),
            }
        }
        Instruction::MatrixMatrix(product) => products::run(product, arena, threads),
        Instruction::WindowProduct(code) => windows::columns(simd, code, arena, threads),
        Instruction::RowProduct(code) => windows::rows(simd, code, arena, threads),
        Instruction::TermProduct(code) => windows::terms(simd, code, arena, threads),
        Instruction::AxisOp { op, input, axis, out, length } => {
            let out = *out..*out + length;
            rows::run(simd, *op, *input, *axis, out, arena, threads);
        }
        Instruction::Gather { table, indices, dimensions, out } => gather(*table, *indices, *dimensions, *out, arena)?,
        Instruction::ScatterAdd { indices, elements, dimensions, out } => {
            scatter_add(simd, *indices, *elements, *dimensions, *out, arena)?;
        }
        &Instruction::Clear { out, length } => arena.elements[out..out + length].fill(T::ZERO),
        Instruction::Copy(code) => copies::copy(code, arena, threads),
        Instruction::Pad(code) => copies::pad(code, arena, threads),
        Instruction::Scan(code) => loops::run(simd, code, arena, scratch, threads)?,
        Instruction::Fold(code) => folds::run(simd, code, arena, threads),
        Instruction::BestOfWindows(code) => pools::best(simd, code, arena, threads),
        Instruction::GradientOfBest(code) => pools::gradient(simd, code, arena, threads),
        Instruction::Random(code) => random(code, arena),
        Instruction::Custom(code) => custom(code, arena)?,
    }
    Ok(())
}

/// Runs an instruction of a program of this graph: called, and so compiled once.
pub(super) fn called<S: Simd, T: Float>(
    simd: S,
    graph: &Graph,
    labelled: &LabelledInstruction,
    arena: &mut ArenaView<'_, T>,
    scratch: &mut Scratch<T>,
    threads: Threads,
) -> Result<(), ExecError> {
    let result = simd.vectorize(
        #[inline(always)]
        || run_instruction(simd, &labelled.instruction, arena, scratch, threads),
    );
    result.map_err(|error| named(error, graph, labelled))
}

/// An error, with the node at which it arose.
#[cold]
pub(super) fn named(error: ExecError, graph: &Graph, labelled: &LabelledInstruction) -> ExecError {
    match labelled.nodes.last() {
        Some(&id) => error.at(graph, id),
        None => error,
    }
}

/// What is left to multiply `out` by. The kernels do not read what they keep 0 of, but 0 times what is not finite is NaN: a
/// 0 that is computed is multiplied by here.
#[inline(always)]
fn kept<T: Float>(keep: Factor, value: T, out: &mut [T]) -> T {
    if !matches!(keep, Factor::Stored(_)) || value != T::ZERO {
        return value;
    }
    out.iter_mut().for_each(|out| *out *= T::ZERO);
    T::ONE
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
        let table = rest.slice(table, batch * rows * size, rows * size);
        let indices = rest.slice(indices, batch * count, count);
        index::gather_rows(table, rows, size, indices, out).map_err(|wrong| outside(indices, wrong))?;
    }
    Ok(())
}

fn scatter_add<S: Simd, T: Float>(
    simd: S,
    indices: Address,
    elements: Address,
    dimensions: GatherDimensions,
    out: usize,
    arena: &mut ArenaView<'_, T>,
) -> Result<(), ExecError> {
    let GatherDimensions { batches, count, rows, size } = dimensions;
    if count == 1 && size == 1 {
        let (out, rest) = arena.split(out, batches * rows);
        let (indices, elements) = (rest.slice(indices, 0, batches), rest.slice(elements, 0, batches));
        return index::scatter_one_each(out, rows, indices, elements).map_err(|wrong| outside(indices, wrong));
    }
    for batch in 0..batches {
        let (out, rest) = arena.split(out + batch * rows * size, rows * size);
        let indices = rest.slice(indices, batch * count, count);
        let elements = rest.slice(elements, batch * count * size, count * size);
        out.fill(T::ZERO);
        index::scatter_add_rows(simd, out, rows, size, indices, elements).map_err(|wrong| outside(indices, wrong))?;
    }
    Ok(())
}

fn outside<T: Float>(indices: &[T], OutOfRange { position, rows }: OutOfRange) -> ExecError {
    let index = indices[position].to_f64();
    ExecError::new(format!("the index {index} is not a whole number from 0 below {rows}"))
}

fn random<T: Float>(code: &RandomCode, arena: &mut ArenaView<'_, T>) {
    let RandomCode { key, count, size, .. } = *code;
    let (out, rest) = arena.split(code.out, count * size);
    for position in 0..count {
        let place = if code.key_of_each { position * DIGITS } else { 0 };
        let digits = rest.slice(key, place, DIGITS).iter().map(|digit| digit.to_f64());
        let steps = code.steps.iter().map(|&step| rest.slice(step, position, 1)[0].to_f64());
        let draws = draws_at(code.stream, digits, steps);
        let example = rest.slice(code.example, position, 1)[0].to_f64();
        draws.fill_uniform(example as u64, 0, &mut out[position * size..][..size]);
    }
}

fn custom<T: Float>(code: &CustomCode, arena: &mut ArenaView<'_, T>) -> Result<(), ExecError> {
    let tensor = |(address, shape): &(Address, Shape)| {
        let elements = arena.slice(*address, 0, shape.size());
        Tensor::from_fn(shape, |i| elements[i].to_f64())
    };
    let inputs: Vec<Tensor> = code.inputs.iter().map(tensor).collect();
    let shapes: Vec<&Shape> = code.outs.iter().map(|(shape, _)| shape).collect();
    let outputs = reference::custom::evaluate(&code.op, &inputs.iter().collect::<Vec<_>>(), &shapes)?;
    for (output, &(_, start)) in outputs.iter().zip(&code.outs) {
        let out = &mut arena.elements[start..start + output.data().len()];
        out.iter_mut().zip(output.data()).for_each(|(out, &value)| *out = T::from_f64(value));
    }
    Ok(())
}
