//! The compiled program: immutable, and shared between threads.

pub(crate) mod address;
pub(crate) mod chunks;
mod expression;
pub(crate) mod instruction;
pub(crate) mod interface;
pub(crate) mod listing;
pub(crate) mod loop_code;
pub(crate) mod pool;

use std::sync::Arc;

use chainrule_graph::{Graph, NodeId};
use chainrule_kernels::Level;

use crate::error::ExecError;
use crate::precision::Precision;
use address::Address;
use instruction::LabelledInstruction;
use interface::{Argument, Literal, Output, Stream};
use pool::Pool;

/// A compiled graph.
#[derive(Debug)]
pub struct Program {
    pub(crate) precision: Precision,
    pub(crate) level: Level,
    pub(crate) threads: usize,
    pub(crate) pool: Option<Pool>,
    /// The graph that runs, and for each of its nodes how a person calls it.
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
    /// The outputs, as nodes of the graph that runs.
    pub(crate) reported_nodes: Vec<NodeId>,
    /// What lies where in the arena from the start.
    pub(crate) literals: Vec<(usize, Literal)>,
    /// Where the buffer of each node of the graph lies, if it is stored.
    pub(crate) node_addresses: Vec<Option<Address>>,
    /// How many elements the arena holds.
    pub(crate) arena_length: usize,
    /// How many of them are shared by buffers which are not alive at once.
    pub(crate) shared_length: usize,
    /// How many registers the loops need.
    pub(crate) registers: usize,
    /// How many elements hold the sums of the chunks of a loop.
    pub(crate) partial_sums: usize,
    /// Shared with the workspaces that were made for this program, and with no other.
    pub(crate) identity: Arc<()>,
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

    pub(crate) fn argument(&self, name: &str) -> Result<&Argument, ExecError> {
        let argument = self.arguments.iter().find(|argument| argument.name == name);
        argument.ok_or_else(|| {
            if self.streams.iter().any(|stream| stream.argument.name == name) {
                return ExecError::new(format!("`{name}` takes rows of a table; give it one"));
            }
            ExecError::new(format!("the program has no input `{name}` that is set from outside"))
        })
    }
}
