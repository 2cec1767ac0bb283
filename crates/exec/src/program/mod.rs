//! The compiled program: immutable, and shared between threads.

pub(crate) mod address;
pub(crate) mod chunks;
pub(crate) mod copy_code;
mod expression;
pub(crate) mod handle;
pub(crate) mod instruction;
pub(crate) mod interface;
pub(crate) mod listing;
pub(crate) mod loop_code;
pub(crate) mod pool;
pub(crate) mod window_code;

use std::ops::Range;

use chainrule_graph::{Graph, NodeId, Value};
use chainrule_kernels::Level;

use crate::error::ExecError;
use crate::precision::Precision;
use address::Address;
use handle::ProgramId;
pub use handle::{ArgumentHandle, OutputHandle};
use instruction::LabelledInstruction;
use interface::{Argument, Literal, Output, Stream};
use pool::Pool;

/// A compiled graph, made by [`compile`](fn@crate::compile::compile). It is immutable and may be shared between threads; each
/// caller has a [`Workspace`](crate::run::Workspace) of its own. Shows as a listing of its instructions and memory.
///
/// ```
/// use chainrule_exec::compile::{Options, compile};
/// use chainrule_exec::run::Run;
/// use chainrule_graph::{Builder, grad};
///
/// // x ↦ Σ x², with its gradient, called again and again
/// let builder = Builder::new();
/// let x = builder.input("x", [3]);
/// let value = (x * x).sum();
/// let ids = (x.id(), value.id());
/// let graph = builder.finish_graph()?;
/// let (Some(x), Some(value)) = ids else { unreachable!("the graph was finished without an error") };
/// let (graph, gradients) = grad(&graph, value, &[x])?;
///
/// let outputs = vec![value, gradients[0]];
/// let program = compile(&graph, &Options { outputs, ..Options::default() })?;
/// let mut workspace = program.workspace()?;
/// let (argument, gradient) = (program.argument("x")?, program.output(gradients[0])?);
/// let mut found = [0f32; 3];
/// for (x, expected) in [([1f32, 2.0, 3.0], [2.0, 4.0, 6.0]), ([0.0, 0.0, 0.5], [0.0, 0.0, 1.0])] {
///     program.write_argument(&mut workspace, argument, &x)?;
///     program.advance(&mut workspace, Run::default(), 1)?;
///     program.read_output(&workspace, gradient, &mut found)?;
///     assert_eq!(found, expected);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Program {
    pub(crate) precision: Precision,
    pub(crate) level: Level,
    pub(crate) threads: usize,
    pub(crate) pool: Option<Pool>,
    /// The graph that runs.
    pub(crate) graph: Graph,
    /// What runs once a run, before the first step.
    pub(crate) prologue: Vec<LabelledInstruction>,
    /// What a step runs.
    pub(crate) step: Vec<LabelledInstruction>,
    /// What ends a step, when all else is done.
    pub(crate) write_back: Vec<LabelledInstruction>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) streams: Vec<Stream>,
    pub(crate) batch: Option<usize>,
    pub(crate) outputs: Vec<Output>,
    /// The output that must stay finite.
    pub(crate) finite: Option<usize>,
    /// The outputs, as values of the graph that runs.
    pub(crate) reported_values: Vec<Value>,
    /// What lies where in the arena from the start.
    pub(crate) literals: Vec<(usize, Literal)>,
    /// Where the buffer of each value of the graph lies, if it is stored.
    pub(crate) value_addresses: Vec<Option<Address>>,
    /// How many elements the arena holds.
    pub(crate) arena_length: usize,
    /// How many of them are shared by buffers which are not alive at once.
    pub(crate) shared_length: usize,
    /// How many registers the loops need.
    pub(crate) registers: usize,
    /// How many elements hold the sums of the chunks of a loop.
    pub(crate) partial_sums: usize,
    /// How many nodes the graph has that was compiled.
    pub(crate) compiled_nodes: usize,
    /// The workspaces and handles that are made for this program carry it, and no others do.
    pub(crate) id: ProgramId,
}

impl Program {
    /// The numbers it works in.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The SIMD level it runs at.
    pub fn level(&self) -> Level {
        self.level
    }

    /// How many threads it may use.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// How many rows a step takes from each table.
    pub fn rows_a_step(&self) -> usize {
        self.batch.unwrap_or(1)
    }

    /// How many tables it takes rows of.
    pub fn table_count(&self) -> usize {
        self.streams.len()
    }

    /// How many elements a step reports: those of all outputs.
    pub fn reported(&self) -> usize {
        self.outputs.iter().map(|output| output.length).sum()
    }

    /// How many elements a workspace's arena holds: all of a workspace but the registers.
    pub fn arena_length(&self) -> usize {
        self.arena_length
    }

    /// The graph that runs.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The input of that name that is set from outside: a parameter, a state, or what takes no rows of a table.
    ///
    /// # Errors
    /// There is no such input, or it takes rows of a table.
    pub fn argument(&self, name: &str) -> Result<ArgumentHandle, ExecError> {
        let is_it = |argument: &Argument| argument.name.as_deref() == Some(name);
        self.find_argument(is_it, || format!("`{name}`"))
    }

    /// The same by its node, in the graph that was compiled; so one that has no name is found too.
    ///
    /// # Errors
    /// The node is of another graph, or is no input, or takes rows of a table.
    pub fn argument_of(&self, node: impl Into<NodeId>) -> Result<ArgumentHandle, ExecError> {
        let node = node.into();
        self.check_node(node)?;
        self.find_argument(|argument| argument.node == node, || format!("at node {}", node.index()))
    }

    /// An output, by its value in the graph that was compiled.
    ///
    /// # Errors
    /// The value is of another graph, or none of the outputs that the program was compiled for.
    pub fn output(&self, value: impl Into<Value>) -> Result<OutputHandle, ExecError> {
        let value = value.into();
        self.check_node(value.node)?;
        match self.outputs.iter().position(|output| output.value == value) {
            Some(index) => Ok(OutputHandle { program: self.id, index }),
            None => Err(ExecError::new(format!(
                "node {} is no output; the options of the compilation name those",
                value.node.index()
            ))),
        }
    }

    /// Where in what a step reports an output stands.
    ///
    /// # Errors
    /// The handle is another program's.
    pub fn reported_range(&self, output: OutputHandle) -> Result<Range<usize>, ExecError> {
        let found = self.output_at(output)?;
        let start = self.outputs[..output.index].iter().map(|output| output.length).sum();
        Ok(start..start + found.length)
    }

    fn check_node(&self, node: NodeId) -> Result<(), ExecError> {
        if node.index() < self.compiled_nodes {
            return Ok(());
        }
        Err(ExecError::ForeignNode { node, count: self.compiled_nodes })
    }

    fn find_argument(
        &self,
        is_it: impl Fn(&Argument) -> bool,
        name: impl Fn() -> String,
    ) -> Result<ArgumentHandle, ExecError> {
        if let Some(index) = self.arguments.iter().position(&is_it) {
            return Ok(ArgumentHandle { program: self.id, index });
        }
        if let Some(stream) = self.streams.iter().find(|stream| is_it(&stream.argument)) {
            let name = &stream.argument.described;
            return Err(ExecError::new(format!("{name} takes rows of a table; give it one")));
        }
        Err(ExecError::new(format!("the program has no input {} that is set from outside", name())))
    }

    /// What a handle stands for.
    pub(crate) fn argument_at(&self, handle: ArgumentHandle) -> Result<&Argument, ExecError> {
        let argument = self.arguments.get(handle.index).filter(|_| handle.program == self.id);
        argument.ok_or_else(|| ExecError::new("the handle is of an argument of another program"))
    }

    /// What a handle stands for.
    pub(crate) fn output_at(&self, handle: OutputHandle) -> Result<&Output, ExecError> {
        let output = self.outputs.get(handle.index).filter(|_| handle.program == self.id);
        output.ok_or_else(|| ExecError::new("the handle is of an output of another program"))
    }
}
