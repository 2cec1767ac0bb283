//! How a graph is compiled.

use chainrule_graph::ops::Source;
use chainrule_graph::{Graph, NodeId, Op, Value};
use chainrule_kernels::Level;

use crate::error::{ExecError, check_values};
use crate::precision::Precision;
use crate::program::interface::MOST_TABLES;

/// How many threads a program may use.
const MOST_THREADS: usize = 1024;

/// How a graph is compiled.
#[derive(Clone, Debug)]
pub struct Options {
    /// The numbers it works in.
    pub precision: Precision,
    /// The SIMD level; none is the machine's best.
    pub level: Option<Level>,
    /// How many threads it may use, 1 to 1024. More than the machine has cores don't help.
    pub threads: usize,
    /// The inputs that take rows of tables, in the order of the tables.
    pub streams: Vec<NodeId>,
    /// How many rows a step takes. None: each stream input is one row; else it has a leading axis of this size.
    pub batch: Option<usize>,
    /// The values that each step reports.
    pub outputs: Vec<Value>,
    /// The output that must stay finite: a run ends at the step where it does not.
    pub finite: Option<Value>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            precision: Precision::F64,
            level: None,
            threads: 1,
            streams: Vec::new(),
            batch: None,
            outputs: Vec::new(),
            finite: None,
        }
    }
}

impl Options {
    /// How many numbers a vector holds.
    pub(crate) fn lanes(&self) -> usize {
        let level = self.level.unwrap_or_else(Level::best);
        match self.precision {
            Precision::F32 => level.lanes::<f32>(),
            Precision::F64 => level.lanes::<f64>(),
        }
    }

    /// An error that names the option that does not fit a graph.
    pub(crate) fn check(&self, graph: &Graph) -> Result<(), ExecError> {
        check_values(graph, self.outputs.iter().chain(&self.finite).copied())?;
        check_values(graph, self.streams.iter().copied())?;
        if !(1..=MOST_THREADS).contains(&self.threads) {
            let found = self.threads;
            return Err(ExecError::new(format!("a program uses 1 to {MOST_THREADS} threads, not {found}")));
        }
        if self.batch == Some(0) {
            return Err(ExecError::new("a batch has at least one row"));
        }
        if self.streams.len() > MOST_TABLES {
            let found = self.streams.len();
            return Err(ExecError::new(format!("a program takes rows of at most {MOST_TABLES} tables, not {found}")));
        }
        if let Some(id) = self.finite.filter(|id| !self.outputs.contains(id)) {
            return Err(ExecError::new(format!("{} must stay finite, but is no output", graph.describe(id))));
        }
        (0..self.streams.len()).try_for_each(|stream| self.check_stream(graph, stream))
    }

    fn check_stream(&self, graph: &Graph, stream: usize) -> Result<(), ExecError> {
        let id = self.streams[stream];
        let (node, name) = (graph.node(id), graph.describe(id));
        if self.streams[..stream].contains(&id) {
            return Err(ExecError::new(format!("{name} takes rows of two tables")));
        }
        if graph.updates().iter().any(|update| update.target == id) {
            return Err(ExecError::new(format!("{name} takes rows of a table, and is updated")));
        }
        if !matches!(node.op, Op::Source(Source::Input { .. })) {
            return Err(ExecError::new(format!("{name} is computed; only an input takes rows")));
        }
        if let Some(batch) = self.batch
            && graph.shape(id).first() != Some(&batch)
        {
            let shape = graph.shape(id);
            return Err(ExecError::new(format!(
                "{name} has shape {shape}; a batch of {batch} rows needs a leading axis of {batch}"
            )));
        }
        Ok(())
    }
}
