//! A loop: the program of its body, step after step, in an arena of its own.

use chainrule_kernels::{Float, Simd, Threads};

use super::super::arena::{ArenaView, Reads};
use super::super::outputs::read_strided;
use super::super::scratch::{Arena, Scratch};
use super::called;
use crate::error::ExecError;
use crate::program::instruction::{LabelledInstruction, Operand, ScanCode};
use crate::program::interface::MOST_TABLES;

/// Runs a loop. Elements of sequences and tables are read where they lie; nothing is allocated.
pub(super) fn run<S: Simd, T: Float>(
    simd: S,
    code: &ScanCode,
    arena: &mut ArenaView<'_, T>,
    scratch: &mut Scratch<T>,
    threads: Threads,
) -> Result<(), ExecError> {
    if code.length == 0 {
        return Ok(());
    }
    let own = &mut scratch.loops[code.slot];
    let arguments = &code.program.arguments[..];
    let (carries, others) = arguments.split_at(code.carries.len());
    let (copied, constants) = others.split_at(code.sequences.len() - code.in_place);
    let fixed = code.carries.iter().zip(carries).chain(code.constants.iter().zip(constants));
    for (from, to) in fixed {
        copy_in(arena, *from, 0, own, to.offset);
    }
    run_all(simd, code, &code.program.prologue, &mut step_view(code, arena, own, 0), threads)?;
    for step in 0..code.length {
        let at = if code.reverse { code.length - 1 - step } else { step };
        for (from, to) in code.sequences[code.in_place..].iter().zip(copied) {
            copy_in(arena, *from, at, own, to.offset);
        }
        let in_step = |error: ExecError| error.in_step(at);
        run_all(simd, code, &code.program.step, &mut step_view(code, arena, own, at), threads).map_err(in_step)?;
        for (output, &out) in code.program.outputs.iter().zip(&code.outs) {
            let to = &mut arena.elements[out + at * output.length..][..output.length];
            let from = &own.elements.padded()[output.offset..];
            match output.runs[..] {
                [] | [(_, 1)] => to.copy_from_slice(&from[..output.length]),
                _ => read_strided(from, &output.runs, to),
            }
        }
        let write_back = &code.program.write_back;
        if !write_back.is_empty() {
            run_all(simd, code, write_back, &mut step_view(code, arena, own, at), threads).map_err(in_step)?;
        }
    }
    Ok(())
}

/// What the instructions of a body work on.
struct StepView<'a, T: Float> {
    elements: &'a mut [T],
    tables: [&'a [T]; MOST_TABLES],
    starts: &'a mut [usize],
    scratch: &'a mut Scratch<T>,
}

/// The body's arena, and the elements of the sequences at a step.
fn step_view<'a, T: Float>(
    code: &ScanCode,
    arena: &'a ArenaView<'_, T>,
    own: &'a mut Arena<T>,
    at: usize,
) -> StepView<'a, T> {
    let Arena { elements, scratch, starts } = own;
    let elements = elements.padded_mut();
    let mut tables: [&[T]; MOST_TABLES] = [&[]; MOST_TABLES];
    for (index, (sequence, stream)) in code.sequences[..code.in_place].iter().zip(&code.program.streams).enumerate() {
        tables[index] = arena.from(sequence.address);
        starts[index] = at * sequence.length;
        if stream.is_gathered() {
            elements[stream.argument.offset] = tables[index][at];
        }
    }
    StepView { elements, tables, starts, scratch }
}

/// Runs instructions of a body.
fn run_all<S: Simd, T: Float>(
    simd: S,
    code: &ScanCode,
    instructions: &[LabelledInstruction],
    view: &mut StepView<'_, T>,
    threads: Threads,
) -> Result<(), ExecError> {
    let mut arena = ArenaView { elements: view.elements, tables: &view.tables, starts: view.starts };
    for labelled in instructions {
        called(simd, &code.program.graph, labelled, &mut arena, view.scratch, threads)?;
    }
    Ok(())
}

/// Copies element `at` of a value into the body's arena.
fn copy_in<T: Float>(arena: &ArenaView<'_, T>, from: Operand, at: usize, own: &mut Arena<T>, offset: usize) {
    let from_elements = arena.slice(from.address, at * from.length, from.length);
    own.elements.padded_mut()[offset..][..from.length].copy_from_slice(from_elements);
}
