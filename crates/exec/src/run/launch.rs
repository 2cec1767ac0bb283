//! A call of a program: what it is given is checked, then the machine runs.

use std::sync::atomic::AtomicBool;

use chainrule_graph::Shape;
use chainrule_kernels::{Float, Threads, dispatch};

use super::clock::Clock;
use super::machine::{self, End, Task};
use super::scratch::Arena;
use super::table::StreamTable;
use super::workspace::{AnyArena, Workspace};
use crate::error::ExecError;
use crate::program::Program;
use crate::program::interface::MOST_TABLES;

/// What a run of steps is given; nothing, by default.
#[derive(Clone, Copy, Default)]
pub struct Run<'a> {
    /// For each stream, its table.
    pub tables: &'a [&'a StreamTable],
    /// The rows, in the order in which the steps take them.
    pub order: &'a [u32],
    /// Ends the run between two steps once it is set.
    pub stop: Option<&'a AtomicBool>,
}

/// A run of so many steps, on these threads.
struct Job<'a> {
    run: Run<'a>,
    steps: usize,
    threads: Threads,
}

impl Program {
    /// Runs steps until the order is used up; each takes [`rows_a_step`](Program::rows_a_step) rows and writes its outputs
    /// to `record`, which has room for [`reported`](Program::reported) elements a step. Returns how many steps ran and how
    /// the run ended. Allocates nothing of its own: only the library of matrix products, to pack; the pool of threads; and a
    /// user's own node, for its result.
    ///
    /// # Errors
    /// The tables or the order do not fit the program; there is no room to record the outputs; the workspace is another
    /// program's; a node cannot be computed: an index is out of range, or a user's own node fails.
    pub fn run(&self, workspace: &mut Workspace, run: Run<'_>, record: &mut [f64]) -> Result<(usize, End), ExecError> {
        let steps = run.order.len() / self.rows_a_step();
        self.run_steps(workspace, run, steps, record)
    }

    /// Runs a number of steps; so does a program without streams.
    ///
    /// # Errors
    /// Those of [`run`](Program::run).
    pub fn run_steps(
        &self,
        workspace: &mut Workspace,
        run: Run<'_>,
        steps: usize,
        record: &mut [f64],
    ) -> Result<(usize, End), ExecError> {
        self.run_with(workspace, run, steps, Some(record), None)
    }

    /// Runs a number of steps and records nothing; [`read_output`](Program::read_output) says what the last reported.
    ///
    /// # Errors
    /// Those of [`run`](Program::run).
    pub fn advance(&self, workspace: &mut Workspace, run: Run<'_>, steps: usize) -> Result<(usize, End), ExecError> {
        self.run_with(workspace, run, steps, None, None)
    }

    pub(super) fn run_with(
        &self,
        workspace: &mut Workspace,
        run: Run<'_>,
        steps: usize,
        record: Option<&mut [f64]>,
        clock: Option<&mut Clock>,
    ) -> Result<(usize, End), ExecError> {
        self.check_workspace(workspace)?;
        self.check_run(run, steps)?;
        if record.as_ref().is_some_and(|record| record.len() < steps.saturating_mul(self.reported())) {
            return Err(ExecError::new("there is no room to record the outputs of all steps"));
        }
        let go = |threads| match &mut workspace.arena {
            AnyArena::F32(arena) => self.run_at(arena, StreamTable::in_f32, Job { run, steps, threads }, record, clock),
            AnyArena::F64(arena) => self.run_at(arena, StreamTable::in_f64, Job { run, steps, threads }, record, clock),
        };
        match &self.pool {
            Some(pool) => pool.run(go),
            None => go(Threads::One),
        }
    }

    fn check_run(&self, run: Run<'_>, steps: usize) -> Result<(), ExecError> {
        if run.tables.len() != self.streams.len() {
            let (right, found) = (self.streams.len(), run.tables.len());
            return Err(ExecError::new(format!("the program takes {right} tables, not {found}")));
        }
        for (stream, table) in self.streams.iter().zip(run.tables) {
            if table.shape[..] != *stream.row_shape() {
                let (name, right, found) = (&stream.argument.described, Shape::from(stream.row_shape()), &table.shape);
                return Err(ExecError::new(format!("{name} takes rows of shape {right}, not {found}")));
            }
            if table.is_shared() && !stream.is_gathered() {
                let name = &stream.argument.described;
                let problem = "is read where its rows lie, and this table shares them; make one by this program";
                return Err(ExecError::new(format!("{name} {problem}")));
            }
        }
        if !self.streams.is_empty() && run.order.len() < steps.saturating_mul(self.rows_a_step()) {
            return Err(ExecError::new("the order names fewer rows than the steps take"));
        }
        Ok(())
    }

    fn run_at<T: Float>(
        &self,
        arena: &mut Arena<T>,
        elements: impl Fn(&StreamTable) -> Option<(usize, &[T])>,
        Job { run, steps, threads }: Job<'_>,
        record: Option<&mut [f64]>,
        clock: Option<&mut Clock>,
    ) -> Result<(usize, End), ExecError> {
        let mut tables: [&[T]; MOST_TABLES] = [&[]; MOST_TABLES];
        let last = run.order.iter().copied().max();
        for ((to, table), stream) in tables.iter_mut().zip(run.tables).zip(&self.streams) {
            let name = &stream.argument.described;
            let Some((length, elements)) = elements(table) else {
                return Err(ExecError::new(format!("the table of {name} is of another precision than the program's")));
            };
            *to = elements;
            let count = length.checked_div(stream.row).unwrap_or(usize::MAX);
            if let Some(row) = last.filter(|&row| row as usize >= count) {
                return Err(ExecError::new(format!("there is no row {row} in the table of {name}, which has {count}")));
            }
        }
        let tables = &tables[..run.tables.len()];
        let task = Task { program: self, tables, order: run.order, steps, stop: run.stop, threads };
        let elements = arena.elements.padded_mut();
        let (scratch, starts) = (&mut arena.scratch, &mut arena.starts[..]);
        dispatch!(self.level, simd => machine::run(simd, &task, elements, scratch, starts, record, clock))
    }
}
