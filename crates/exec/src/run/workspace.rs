//! A caller's own elements for a program: parameters, state, and room for what a step computes.

use chainrule_graph::Tensor;
use chainrule_kernels::Float;

use super::aligned::Aligned;
use super::outputs::{read_strided, write};
use super::scratch::{Arena, Registers, Scratch};
use crate::error::ExecError;
use crate::memory::check_memory;
use crate::precision::Precision;
use crate::program::handle::ProgramId;
use crate::program::instruction::ScanCode;
use crate::program::interface::Literal;
use crate::program::{ArgumentHandle, OutputHandle, Program};

/// The elements that a program works on, at its precision. Made by [`Program::workspace`]; a copy is another of the same
/// program.
///
/// ```
/// use chainrule_exec::compile::{Options, compile};
/// use chainrule_exec::run::Run;
/// use chainrule_graph::{Builder, Initializer};
///
/// // w moves half the way to x at each step
/// let builder = Builder::new();
/// let x = builder.input("x", [2]);
/// let w = builder.parameter("w", [2], Initializer::Constant(0.0));
/// builder.update(w, (w + x) * 0.5);
/// let function = builder.finish()?;
/// let program = compile(&function.graph, &Options::default())?;
///
/// let mut workspace = program.workspace()?; // all 0
/// let (x, w) = (program.argument("x")?, program.argument("w")?); // looked up once
/// program.write_argument(&mut workspace, x, &[8.0, 4.0])?;
/// program.advance(&mut workspace, Run::default(), 2)?;
/// let mut found = [0.0; 2];
/// program.read_argument(&workspace, w, &mut found)?;
/// assert_eq!(found, [6.0, 3.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Workspace {
    pub(super) arena: AnyArena,
    /// That of the program it was made for.
    program: ProgramId,
}

#[derive(Clone, Debug)]
pub(super) enum AnyArena {
    F32(Arena<f32>),
    F64(Arena<f64>),
}

/// Does the same with an arena of either precision.
macro_rules! with_arena {
    ($any:expr, $arena:ident => $body:expr) => {
        match $any {
            AnyArena::F32($arena) => $body,
            AnyArena::F64($arena) => $body,
        }
    };
}

impl Program {
    /// Room for this program's elements: constants set, all else 0.
    ///
    /// # Errors
    /// The machine has not so much memory.
    pub fn workspace(&self) -> Result<Workspace, ExecError> {
        let elements = self.elements().saturating_mul(self.precision.bytes()) / size_of::<f64>();
        check_memory(elements, || "what a step computes, with the parameters,".into())?;
        let threads = self.pool.as_ref().map_or(1, |_| self.threads);
        let arena = match self.precision {
            Precision::F32 => AnyArena::F32(self.arena(threads)),
            Precision::F64 => AnyArena::F64(self.arena(threads)),
        };
        Ok(Workspace { arena, program: self.id })
    }

    /// What the program works on, and the bodies of its loops, on so many threads.
    fn arena<T: Float>(&self, threads: usize) -> Arena<T> {
        let registers = Registers::new(self.registers);
        let scratch = Scratch {
            registers: vec![registers; threads],
            partial_sums: vec![T::ZERO; self.partial_sums],
            loops: self.loops().flat_map(|code| code.arenas(threads)).collect(),
        };
        let mut elements = Aligned::zeros(self.arena_length);
        for (offset, literal) in &self.literals {
            let to = &mut elements.padded_mut()[*offset..];
            match literal {
                Literal::Constant(value) => write(value.data(), to),
                Literal::Iota(length) => {
                    to[..*length].iter_mut().enumerate().for_each(|(i, to)| *to = T::from_f64(i as f64));
                }
            }
        }
        Arena { elements, scratch, starts: vec![0; self.streams.len()] }
    }

    /// Its loops over steps.
    fn loops(&self) -> impl Iterator<Item = &ScanCode> {
        self.prologue.iter().chain(&self.step).filter_map(|labelled| labelled.instruction.as_loop())
    }

    /// How many elements it holds, with those of the bodies of loops.
    fn elements(&self) -> usize {
        self.arena_length() + self.loops().map(|code| code.shares * code.program.elements()).sum::<usize>()
    }

    /// Whether a workspace is one of this program's.
    pub(super) fn check_workspace(&self, workspace: &Workspace) -> Result<(), ExecError> {
        if workspace.program == self.id {
            return Ok(());
        }
        Err(ExecError::new("the workspace was made for another program"))
    }

    /// Sets an input, a parameter or a state by name.
    ///
    /// # Errors
    /// There is no such input; it does not take the value; the workspace is another program's.
    pub fn set(&self, workspace: &mut Workspace, name: &str, value: &Tensor) -> Result<(), ExecError> {
        let handle = self.argument(name)?;
        let argument = self.argument_at(handle)?;
        argument.takes.check(value).map_err(|problem| argument.refuses(problem))?;
        self.write_argument(workspace, handle, value.data())
    }

    /// The value of an input, a parameter or a state by name.
    ///
    /// # Errors
    /// There is no such input; the workspace is another program's.
    pub fn get(&self, workspace: &Workspace, name: &str) -> Result<Tensor, ExecError> {
        let handle = self.argument(name)?;
        let mut value = Tensor::zeros(&self.argument_at(handle)?.takes.shape);
        self.read_argument(workspace, handle, value.data_mut())?;
        Ok(value)
    }

    /// Sets an argument from its elements in row-major order, f32 or f64.
    ///
    /// # Errors
    /// The argument does not take the elements; the handle or the workspace is another program's.
    pub fn write_argument<T: Float>(
        &self,
        workspace: &mut Workspace,
        argument: ArgumentHandle,
        elements: &[T],
    ) -> Result<(), ExecError> {
        self.check_workspace(workspace)?;
        let argument = self.argument_at(argument)?;
        argument.takes.check_elements(elements).map_err(|problem| argument.refuses(problem))?;
        with_arena!(&mut workspace.arena, arena => write(elements, &mut arena.elements.padded_mut()[argument.offset..]));
        Ok(())
    }

    /// Reads the elements of an argument in row-major order, into f32 or f64.
    ///
    /// # Errors
    /// There are more or fewer elements than room for them; the handle or the workspace is another program's.
    pub fn read_argument<T: Float>(
        &self,
        workspace: &Workspace,
        argument: ArgumentHandle,
        to: &mut [T],
    ) -> Result<(), ExecError> {
        self.check_workspace(workspace)?;
        let argument = self.argument_at(argument)?;
        check_room(&argument.described, argument.size(), to.len())?;
        with_arena!(&workspace.arena, arena => write(&arena.elements.padded()[argument.offset..], to));
        Ok(())
    }

    /// Reads the elements of an output in row-major order, into f32 or f64: what the last step of a run reported. Before the
    /// first run they are 0, or a constant's.
    ///
    /// # Errors
    /// There are more or fewer elements than room for them; the handle or the workspace is another program's.
    pub fn read_output<T: Float>(
        &self,
        workspace: &Workspace,
        output: OutputHandle,
        to: &mut [T],
    ) -> Result<(), ExecError> {
        self.check_workspace(workspace)?;
        let output = self.output_at(output)?;
        check_room(&output.described, output.length, to.len())?;
        with_arena!(&workspace.arena, arena => read_strided(&arena.elements.padded()[output.offset..], &output.runs, to));
        Ok(())
    }
}

impl ScanCode {
    /// What the body works on, for each share; one of several runs on one thread.
    fn arenas<T: Float>(&self, threads: usize) -> impl Iterator<Item = Arena<T>> {
        let threads = if self.shares > 1 { 1 } else { threads };
        (0..self.shares).map(move |_| self.program.arena(threads))
    }
}

fn check_room(name: &str, size: usize, room: usize) -> Result<(), ExecError> {
    if size == room {
        return Ok(());
    }
    Err(ExecError::new(format!("{name} has {size} elements; there is room for {room}")))
}

impl Workspace {
    pub(super) fn bytes_of_scratch(&self) -> usize {
        with_arena!(&self.arena, arena => arena.scratch.bytes())
    }

    /// How many bytes it holds.
    pub fn bytes(&self) -> usize {
        with_arena!(&self.arena, arena => arena.elements.bytes() + arena.scratch.bytes())
    }
}
