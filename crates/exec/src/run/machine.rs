//! The machine: runs the instructions of a program, step after step.

use std::sync::atomic::{AtomicBool, Ordering};

use chainrule_kernels::{Float, Simd, Threads};
use rayon::prelude::*;

use super::arena::ArenaView;
use super::clock::Clock;
use super::instructions::{called, named, run_instruction};
use super::outputs::{is_finite, read_strided};
use super::scratch::Scratch;
use crate::error::ExecError;
use crate::program::Program;

/// So many elements of a batch's rows are brought in by several threads.
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

/// Runs steps; each writes the elements of all outputs behind one another into `record`, if there is one. Returns how many
/// steps began, and how they ended. A clock, if there is one, is told where time goes.
#[inline(always)]
pub(super) fn run<S: Simd, T: Float>(
    simd: S,
    task: &Task<'_, T>,
    elements: &mut [T],
    scratch: &mut Scratch<T>,
    starts: &mut [usize],
    mut record: Option<&mut [f64]>,
    mut clock: Option<&mut Clock>,
) -> Result<(usize, End), ExecError> {
    let program = task.program;
    let mut arena = ArenaView { elements, tables: task.tables, starts };
    let reported = program.reported();
    for labelled in &program.prologue {
        called(simd, &program.graph, labelled, &mut arena, scratch, task.threads)?;
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
        for (index, labelled) in program.step.iter().enumerate() {
            run_instruction(simd, &labelled.instruction, &mut arena, scratch, task.threads)
                .map_err(|error| named(error, &program.graph, labelled))?;
            if let Some(clock) = &mut clock {
                clock.spent_on(1 + index);
            }
        }
        let recorded = record.as_deref_mut().map(|record| &mut record[step * reported..][..reported]);
        let is_finite = report(&arena, program, recorded);
        for (index, labelled) in program.write_back.iter().enumerate() {
            called(simd, &program.graph, labelled, &mut arena, scratch, task.threads)?;
            if let Some(clock) = &mut clock {
                clock.spent_on(1 + program.step.len() + index);
            }
        }
        if !is_finite {
            return Ok((step + 1, End::NotFinite));
        }
    }
    Ok((task.steps, End::Finished))
}

/// Reads the outputs of a step, if they are recorded; says whether the one is finite that must be.
#[inline(always)]
fn report<T: Float>(arena: &ArenaView<'_, T>, program: &Program, record: Option<&mut [f64]>) -> bool {
    let Some(mut rest) = record else {
        let finite = program.finite.map(|index| &program.outputs[index]);
        return finite.is_none_or(|output| is_finite(&arena.elements[output.offset..], &output.runs));
    };
    let mut all_finite = true;
    for (index, output) in program.outputs.iter().enumerate() {
        let (to, after) = rest.split_at_mut(output.length);
        read_strided(&arena.elements[output.offset..], &output.runs, to);
        if program.finite == Some(index) {
            all_finite = to.iter().all(|element| element.is_finite());
        }
        rest = after;
    }
    all_finite
}

/// Points at the rows of a step, or brings them together where a step takes several.
#[inline(always)]
fn take_rows<T: Float>(task: &Task<'_, T>, arena: &mut ArenaView<'_, T>, step: usize) {
    for (index, stream) in task.program.streams.iter().enumerate() {
        match stream.batch {
            None if stream.is_gathered() => {
                arena.elements[stream.argument.offset] = task.tables[index][task.order[step] as usize];
            }
            None => arena.starts[index] = task.order[step] as usize * stream.row,
            Some(batch) => {
                let table = task.tables[index];
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
