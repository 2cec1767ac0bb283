//! The rows of a dataset as programs take them.

use std::cell::OnceCell;

use chainrule_exec::compile::Precision;
use chainrule_exec::program::Program;
use chainrule_exec::run::StreamTable;
use chainrule_graph::{Function, NodeId, Value};

use crate::data::dataset::Dataset;
use crate::error::LearnError;

/// The rows of a dataset for all programs that are made from one function: at each precision once, when they are asked
/// for. Programs for single examples, which read rows where they lie, have tables of their own; the others may share the
/// dataset's rows.
pub(crate) struct Tables<'a> {
    pub function: &'a Function,
    pub data: &'a Dataset,
    /// The inputs and outcomes that they are the rows of.
    nodes: Vec<NodeId>,
    of_batches: AtPrecisions,
    of_examples: AtPrecisions,
}

/// The tables at each precision.
#[derive(Default)]
struct AtPrecisions {
    in_f32: OnceCell<Vec<StreamTable>>,
    in_f64: OnceCell<Vec<StreamTable>>,
}

/// The inputs and outcomes of a function, in the order in which programs take their tables.
pub(crate) fn data_nodes(function: &Function) -> Vec<NodeId> {
    function.inputs.iter().chain(&function.outcomes).copied().collect()
}

impl<'a> Tables<'a> {
    /// For programs that take the inputs and outcomes.
    pub fn new(function: &'a Function, data: &'a Dataset) -> Tables<'a> {
        Tables {
            function,
            data,
            nodes: data_nodes(function),
            of_batches: AtPrecisions::default(),
            of_examples: AtPrecisions::default(),
        }
    }

    /// For programs that take those inputs and outcomes alone which these values need.
    pub fn needed_for(function: &'a Function, data: &'a Dataset, values: &[Value]) -> Tables<'a> {
        let needed = function.graph.needed_for(values.iter().copied());
        let nodes = data_nodes(function).into_iter().filter(|id| needed[id.index()]).collect();
        Tables { nodes, ..Tables::new(function, data) }
    }

    /// The same inputs and outcomes of other rows.
    pub fn over<'b>(&self, data: &'b Dataset) -> Tables<'b>
    where
        'a: 'b,
    {
        Tables { nodes: self.nodes.clone(), ..Tables::new(self.function, data) }
    }

    /// Whether tables for a program would take more memory than the data, and are not there yet.
    pub fn are_wider(&self, program: &Program) -> bool {
        let is_there = self.of_batches.in_f64.get().is_some();
        program.precision() == Precision::F64 && !is_there && self.data.is_narrow()
    }

    /// Whether the data are what the function takes.
    ///
    /// # Errors
    /// Those of [`Tables::of`].
    pub fn check(&self) -> Result<(), LearnError> {
        self.nodes.iter().try_for_each(|&id| self.data.rows_for(self.function, id).map(drop))
    }

    /// Whether they have the values of an input or outcome.
    pub fn hold(&self, id: NodeId) -> bool {
        self.nodes.contains(&id)
    }

    /// The tables of a program for batches of a size, or for single examples, without a batch axis.
    ///
    /// # Errors
    /// The data are not of the shapes and kinds that the function takes, or are too large for the program's precision.
    pub fn of(&self, program: &Program, batch: Option<usize>) -> Result<Vec<&StreamTable>, LearnError> {
        let at = if batch.is_some() { &self.of_batches } else { &self.of_examples };
        let cell = match program.precision() {
            Precision::F32 => &at.in_f32,
            Precision::F64 => &at.in_f64,
        };
        let tables = match cell.get() {
            Some(tables) => tables,
            None => {
                let made = self.made_for(program)?;
                cell.get_or_init(|| made)
            }
        };
        Ok(tables.iter().collect())
    }

    fn made_for(&self, program: &Program) -> Result<Vec<StreamTable>, LearnError> {
        if program.precision() == Precision::F32 {
            self.nodes.iter().try_for_each(|&id| self.data.check_f32(self.function.name(id)))?;
        }
        let table = |(index, &id): (usize, &NodeId)| {
            Ok(program.shared_table(index, self.data.rows_for(self.function, id)?.clone())?)
        };
        self.nodes.iter().enumerate().map(table).collect()
    }
}
