//! A caller's own elements for a program, and what runs on them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chainrule_graph::{IntegerRange, Kind, Shape, Tensor};
use chainrule_kernels::{Float, Threads, dispatch};

use super::aligned::Aligned;
use super::clock::Clock;
use super::machine::{self, End, Task};
use super::scratch::{Registers, Scratch};
use crate::error::ExecError;
use crate::memory::check_memory;
use crate::precision::Precision;
use crate::program::Program;
use crate::program::interface::{Argument, Literal, MOST_TABLES};

/// The elements that a program works on, at its precision: parameters, state, and room for what a step computes.
#[derive(Clone, Debug)]
pub struct Workspace {
    arena: AnyArena,
    /// That of the program it was made for.
    identity: Arc<()>,
}

#[derive(Clone, Debug)]
enum AnyArena {
    F32(Arena<f32>),
    F64(Arena<f64>),
}

#[derive(Clone, Debug)]
struct Arena<T: Float> {
    elements: Aligned<T>,
    scratch: Scratch<T>,
    starts: Vec<usize>,
}

/// Rows of data at a program's precision.
#[derive(Clone, Debug)]
pub struct StreamTable {
    data: TableData,
    /// The shape of a row.
    shape: Shape,
}

#[derive(Clone, Debug)]
enum TableData {
    F32(Aligned<f32>),
    F64(Aligned<f64>),
}

/// What a run of steps is given.
#[derive(Clone, Copy)]
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
    /// Room for this program's elements: constants set, all else 0. An error where memory has no such room.
    pub fn workspace(&self) -> Result<Workspace, ExecError> {
        let elements = self.arena_length().saturating_mul(self.precision.bytes()) / size_of::<f64>();
        check_memory(elements, || "what a step computes, with the parameters,".into())?;
        let arena = match self.precision {
            Precision::F32 => AnyArena::F32(self.arena()),
            Precision::F64 => AnyArena::F64(self.arena()),
        };
        Ok(Workspace { arena, identity: self.identity.clone() })
    }

    fn arena<T: Float>(&self) -> Arena<T> {
        let registers = Registers::new(self.registers);
        let mut arena = Arena {
            elements: Aligned::zeros(self.arena_length),
            scratch: Scratch {
                registers: vec![registers; self.pool.as_ref().map_or(1, |_| self.threads)],
                partial_sums: vec![T::ZERO; self.partial_sums],
            },
            starts: vec![0; self.streams.len()],
        };
        for (offset, literal) in &self.literals {
            match literal {
                Literal::Constant(value) => arena.write(*offset, value.data()),
                Literal::Iota(length) => {
                    let to = &mut arena.elements.padded_mut()[*offset..][..*length];
                    to.iter_mut().enumerate().for_each(|(i, to)| *to = T::from_f64(i as f64));
                }
            }
        }
        arena
    }

    /// Whether a workspace is one of this program's.
    fn check(&self, workspace: &Workspace) -> Result<(), ExecError> {
        if Arc::ptr_eq(&workspace.identity, &self.identity) {
            return Ok(());
        }
        Err(ExecError::new("the workspace was made for another program"))
    }

    /// Sets an input, a parameter or a state by name. Errors say which name, shape or element does not fit.
    pub fn set(&self, workspace: &mut Workspace, name: &str, value: &Tensor) -> Result<(), ExecError> {
        let argument = self.argument(name)?;
        if *value.shape() != argument.shape {
            return Err(ExecError::new(format!("`{name}` has shape {}, not {}", argument.shape, value.shape())));
        }
        value.data().iter().try_for_each(|&element| fits(argument, element))?;
        self.check(workspace)?;
        match &mut workspace.arena {
            AnyArena::F32(arena) => arena.write(argument.offset, value.data()),
            AnyArena::F64(arena) => arena.write(argument.offset, value.data()),
        }
        Ok(())
    }

    /// The value of an input, a parameter or a state by name.
    pub fn get(&self, workspace: &Workspace, name: &str) -> Result<Tensor, ExecError> {
        let argument = self.argument(name)?;
        self.check(workspace)?;
        Ok(workspace.read(argument.offset, &argument.shape.strides(), &argument.shape))
    }

    /// A table for one of the streams: rows one after the other. Errors say which row and element does not fit.
    pub fn table(&self, stream: usize, rows: &[f64]) -> Result<StreamTable, ExecError> {
        let Some(stream) = self.streams.get(stream) else {
            return Err(ExecError::new(format!("the program takes {} tables", self.streams.len())));
        };
        let width = stream.row.max(1);
        if !rows.len().is_multiple_of(width) {
            return Err(ExecError::new(format!(
                "`{}` takes rows of {width} elements, which {} elements are not",
                stream.argument.name,
                rows.len()
            )));
        }
        for (index, &element) in rows.iter().enumerate() {
            fits(&stream.argument, element)
                .map_err(|error| ExecError::new(format!("row {}: {error}", index / width)))?;
        }
        let data = match self.precision {
            Precision::F32 => TableData::F32(Aligned::from_fn(rows.len(), |i| rows[i] as f32)),
            Precision::F64 => TableData::F64(Aligned::from_fn(rows.len(), |i| rows[i])),
        };
        Ok(StreamTable { data, shape: stream.row_shape().into() })
    }

    /// Runs steps until the order is used up; each takes [`rows_a_step`](Program::rows_a_step) rows and writes its outputs
    /// to `record`, which has room for [`reported`](Program::reported) elements a step. Returns how many steps ran and how
    /// the run ended. Allocates nothing of its own: only the library of matrix products, to pack; the pool of threads; and a
    /// user's own node, for its result.
    pub fn run(&self, workspace: &mut Workspace, run: Run<'_>, record: &mut [f64]) -> Result<(usize, End), ExecError> {
        let steps = run.order.len() / self.rows_a_step();
        self.run_steps(workspace, run, steps, record)
    }

    /// Runs a number of steps, for a program without streams.
    pub fn run_steps(
        &self,
        workspace: &mut Workspace,
        run: Run<'_>,
        steps: usize,
        record: &mut [f64],
    ) -> Result<(usize, End), ExecError> {
        self.run_with(workspace, run, steps, record, None)
    }

    pub(super) fn run_with(
        &self,
        workspace: &mut Workspace,
        run: Run<'_>,
        steps: usize,
        record: &mut [f64],
        clock: Option<&mut Clock>,
    ) -> Result<(usize, End), ExecError> {
        if run.tables.len() != self.streams.len() {
            return Err(ExecError::new(format!(
                "the program takes {} tables, not {}",
                self.streams.len(),
                run.tables.len()
            )));
        }
        for (stream, table) in self.streams.iter().zip(run.tables) {
            if table.shape[..] != *stream.row_shape() {
                let (name, right, found) = (&stream.argument.name, Shape::from(stream.row_shape()), &table.shape);
                return Err(ExecError::new(format!("`{name}` takes rows of shape {right}, not {found}")));
            }
        }
        self.check(workspace)?;
        if record.len() < steps * self.reported() {
            return Err(ExecError::new("there is no room to record the outputs of all steps"));
        }
        if !self.streams.is_empty() && run.order.len() < steps * self.rows_a_step() {
            return Err(ExecError::new("the order names fewer rows than the steps take"));
        }
        let go = |threads| match &mut workspace.arena {
            AnyArena::F32(arena) => self.run_at(arena, f32_rows, Job { run, steps, threads }, record, clock),
            AnyArena::F64(arena) => self.run_at(arena, f64_rows, Job { run, steps, threads }, record, clock),
        };
        match &self.pool {
            Some(pool) => pool.run(go),
            None => go(Threads::One),
        }
    }

    fn run_at<T: Float>(
        &self,
        arena: &mut Arena<T>,
        rows: impl Fn(&StreamTable) -> Option<&Aligned<T>>,
        Job { run, steps, threads }: Job<'_>,
        record: &mut [f64],
        clock: Option<&mut Clock>,
    ) -> Result<(usize, End), ExecError> {
        let mut tables: [&[T]; MOST_TABLES] = [&[]; MOST_TABLES];
        let last = run.order.iter().copied().max();
        for (index, table) in run.tables.iter().enumerate() {
            let rows = rows(table).ok_or_else(|| {
                let name = &self.streams[index].argument.name;
                ExecError::new(format!("the table of `{name}` is of another precision than the program's"))
            })?;
            tables[index] = rows.padded();
            let count = rows.len().checked_div(self.streams[index].row).unwrap_or(usize::MAX);
            if let Some(row) = last.filter(|&row| row as usize >= count) {
                return Err(ExecError::new(format!(
                    "there is no row {row} in the table of `{}`, which has {count}",
                    self.streams[index].argument.name
                )));
            }
        }
        let task = Task {
            program: self,
            tables: &tables[..run.tables.len()],
            order: run.order,
            steps,
            stop: run.stop,
            threads,
        };
        let elements = arena.elements.padded_mut();
        let (scratch, starts) = (&mut arena.scratch, &mut arena.starts[..]);
        dispatch!(self.level, simd => machine::run(simd, &task, elements, scratch, starts, record, clock))
    }
}

fn f32_rows(table: &StreamTable) -> Option<&Aligned<f32>> {
    match &table.data {
        TableData::F32(rows) => Some(rows),
        TableData::F64(_) => None,
    }
}

fn f64_rows(table: &StreamTable) -> Option<&Aligned<f64>> {
    match &table.data {
        TableData::F64(rows) => Some(rows),
        TableData::F32(_) => None,
    }
}

/// Whether an element is of the kind, and below the bound, that an input takes.
fn fits(argument: &Argument, element: f64) -> Result<(), ExecError> {
    let right = match argument.kind {
        Kind::Real => true,
        Kind::Int => IntegerRange::within(argument.bound).contain(element),
        Kind::Bool => element == 0.0 || element == 1.0,
    };
    if right {
        return Ok(());
    }
    let wanted = match (argument.kind, argument.bound) {
        (Kind::Real, _) => "a real number".to_string(),
        (Kind::Int, bound) => IntegerRange::within(bound).to_string(),
        (Kind::Bool, _) => "0 or 1".to_string(),
    };
    Err(ExecError::new(format!("`{}` takes {wanted}, not {element}", argument.name)))
}

impl Workspace {
    fn read(&self, offset: usize, strides: &[usize], shape: &Shape) -> Tensor {
        match &self.arena {
            AnyArena::F32(arena) => arena.read(offset, strides, shape),
            AnyArena::F64(arena) => arena.read(offset, strides, shape),
        }
    }

    pub(super) fn bytes_of_scratch(&self) -> usize {
        match &self.arena {
            AnyArena::F32(arena) => arena.scratch.bytes(),
            AnyArena::F64(arena) => arena.scratch.bytes(),
        }
    }

    /// How many bytes it holds.
    pub fn bytes(&self) -> usize {
        match &self.arena {
            AnyArena::F32(arena) => arena.bytes(),
            AnyArena::F64(arena) => arena.bytes(),
        }
    }
}

impl<T: Float> Arena<T> {
    fn bytes(&self) -> usize {
        self.elements.bytes() + self.scratch.bytes()
    }

    fn write(&mut self, offset: usize, elements: &[f64]) {
        let to = &mut self.elements.padded_mut()[offset..][..elements.len()];
        to.iter_mut().zip(elements).for_each(|(to, &element)| *to = T::from_f64(element));
    }

    fn read(&self, offset: usize, strides: &[usize], shape: &Shape) -> Tensor {
        Tensor::from_fn(shape, |index| {
            let (mut rest, mut from) = (index, offset);
            for (&n, stride) in shape.iter().zip(strides).rev() {
                from += rest % n * stride;
                rest /= n;
            }
            self.elements.padded()[from].to_f64()
        })
    }
}
