//! A loop: the program of its body, step after step, in an arena of its own; for each share of the examples one.

use chainrule_kernels::{Float, Simd, Threads};
use rayon::prelude::*;

use super::super::arena::{ArenaView, row};
use super::super::outputs::read_strided;
use super::super::scratch::{Arena, Scratch};
use super::called;
use crate::error::ExecError;
use crate::program::address::{Address, Space};
use crate::program::instruction::{LabelledInstruction, Operand, ScanCode};
use crate::program::interface::MOST_TABLES;

/// Runs a loop. Elements of sequences and tables are read where they lie. Nothing is allocated, but for the lists of what each
/// of several shares writes.
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
    let own = &mut scratch.loops[code.slot..][..code.shares];
    if let [own] = own {
        return run_share(simd, code, 0, arena, own, threads);
    }
    let (rows, between) = rows_of_shares(code, arena.elements);
    let (tables, starts, between) = (arena.tables, &*arena.starts, &between[..]);
    let run = |(share, (own, rows)): (usize, (&mut Arena<T>, Rows<'_, T>))| {
        run_share(simd, code, share, &mut ShareView { rows, between, tables, starts }, own, Threads::One)
    };
    match threads {
        Threads::One => own.iter_mut().zip(rows).enumerate().try_for_each(run),
        Threads::Pool => own.par_iter_mut().zip(rows).enumerate().try_for_each(run),
    }
}

/// What a loop, or a share of it, reads and writes in the arena around it.
trait Around<T> {
    /// The elements from an address on.
    fn from(&self, address: Address) -> &[T];
    /// Where the elements go that an output has at a step.
    fn row(&mut self, code: &ScanCode, output: usize, step: usize) -> &mut [T];
}

impl<T: Float> Around<T> for ArenaView<'_, T> {
    fn from(&self, address: Address) -> &[T] {
        ArenaView::from(self, address)
    }

    fn row(&mut self, code: &ScanCode, output: usize, step: usize) -> &mut [T] {
        let length = code.program.outputs[output].length;
        &mut self.elements[code.outs[output] + step * length..][..length]
    }
}

/// What a share writes: for each output, its elements at each step.
type Rows<'a, T> = Vec<Vec<&'a mut [T]>>;

/// What lies between the outputs, by where it begins.
type Between<'a, T> = Vec<(usize, &'a [T])>;

/// What one of several shares writes, and what they all read.
struct ShareView<'a, T> {
    rows: Rows<'a, T>,
    /// What lies between the outputs, by where it begins.
    between: &'a [(usize, &'a [T])],
    tables: &'a [&'a [T]],
    starts: &'a [usize],
}

impl<T: Float> Around<T> for ShareView<'_, T> {
    fn from(&self, address: Address) -> &[T] {
        match address.space {
            Space::Arena => {
                let mut before = self.between.iter().rev();
                let (begin, elements) =
                    before.find(|(begin, _)| *begin <= address.offset).expect("the first begins at 0");
                &elements[address.offset - begin..]
            }
            Space::Row(table) => row(self.tables, self.starts, table, address.offset),
        }
    }

    fn row(&mut self, _: &ScanCode, output: usize, step: usize) -> &mut [T] {
        self.rows[output][step]
    }
}

/// What each share writes, and what lies between the outputs. Those of a step are the shares' one after the other.
fn rows_of_shares<'a, T>(code: &ScanCode, elements: &'a mut [T]) -> (Vec<Rows<'a, T>>, Between<'a, T>) {
    let rows = || (0..code.outs.len()).map(|_| Vec::with_capacity(code.length)).collect();
    let mut shares: Vec<Rows<'_, T>> = (0..code.shares).map(|_| rows()).collect();
    let mut outputs: Vec<usize> = (0..code.outs.len()).collect();
    outputs.sort_by_key(|&output| code.outs[output]);
    let mut between: Between<'_, T> = Vec::with_capacity(outputs.len() + 1);
    let (mut rest, mut begin) = (elements, 0);
    for output in outputs {
        let (out, length) = (code.outs[output], code.program.outputs[output].length);
        let whole = code.length * code.shares * length;
        let (gap, after) = rest.split_at_mut(out - begin);
        let (written, after) = after.split_at_mut(whole);
        between.push((begin, gap));
        for (place, row) in written.chunks_exact_mut(length).enumerate() {
            shares[place % code.shares][output].push(row);
        }
        (rest, begin) = (after, out + whole);
    }
    between.push((begin, rest));
    (shares, between)
}

/// Runs all steps of a share.
fn run_share<S: Simd, T: Float>(
    simd: S,
    code: &ScanCode,
    share: usize,
    around: &mut impl Around<T>,
    own: &mut Arena<T>,
    threads: Threads,
) -> Result<(), ExecError> {
    let arguments = &code.program.arguments[..];
    let (carries, others) = arguments.split_at(code.carries.len());
    let (copied, constants) = others.split_at(code.sequences.len() - code.in_place);
    let fixed = code.carries.iter().zip(carries).chain(code.constants.iter().zip(constants));
    for (from, to) in fixed {
        copy_in(around, *from, from.start(0, share), own, to.offset);
    }
    run_all(simd, code, &code.program.prologue, &mut step_view(code, around, own, [0, share]), threads)?;
    for step in 0..code.length {
        let at = if code.reverse { code.length - 1 - step } else { step };
        for (from, to) in code.sequences[code.in_place..].iter().zip(copied) {
            copy_in(around, *from, from.start(at, share), own, to.offset);
        }
        let in_step = |error: ExecError| error.in_step(at);
        let place = [at, share];
        run_all(simd, code, &code.program.step, &mut step_view(code, around, own, place), threads).map_err(in_step)?;
        for (index, output) in code.program.outputs.iter().enumerate() {
            let to = around.row(code, index, at);
            let from = &own.elements.padded()[output.offset..];
            match output.runs[..] {
                [] | [(_, 1)] => to.copy_from_slice(&from[..output.length]),
                _ => read_strided(from, &output.runs, to),
            }
        }
        let write_back = &code.program.write_back;
        if !write_back.is_empty() {
            run_all(simd, code, write_back, &mut step_view(code, around, own, place), threads).map_err(in_step)?;
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

/// The body's arena, and the elements of the sequences at a step of a share.
fn step_view<'a, T: Float>(
    code: &ScanCode,
    around: &'a impl Around<T>,
    own: &'a mut Arena<T>,
    [at, share]: [usize; 2],
) -> StepView<'a, T> {
    let Arena { elements, scratch, starts } = own;
    let elements = elements.padded_mut();
    let mut tables: [&[T]; MOST_TABLES] = [&[]; MOST_TABLES];
    for (index, (sequence, stream)) in code.sequences[..code.in_place].iter().zip(&code.program.streams).enumerate() {
        tables[index] = around.from(sequence.address);
        starts[index] = sequence.start(at, share);
        if stream.is_gathered() {
            elements[stream.argument.offset] = tables[index][starts[index]];
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

/// Copies elements of a value, from a place behind its first on, into the body's arena.
fn copy_in<T: Float>(around: &impl Around<T>, from: Operand, start: usize, own: &mut Arena<T>, offset: usize) {
    let from_elements = &around.from(from.address)[start..][..from.length];
    own.elements.padded_mut()[offset..][..from.length].copy_from_slice(from_elements);
}
