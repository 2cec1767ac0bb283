//! The rows of a dataset as programs take them.

use std::cell::OnceCell;

use chainrule_exec::compile::Precision;
use chainrule_exec::program::Program;
use chainrule_exec::run::StreamTable;
use chainrule_graph::{Function, NodeId, Value};

use crate::data::dataset::{Dataset, WHOLE_IN_F32};
use crate::draws::is_row;
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
    /// Those of the rows' numbers, for programs that draw by them.
    of_rows: AtPrecisions,
    /// The number of the first row.
    first: usize,
}

/// The tables at each precision.
#[derive(Default)]
struct AtPrecisions {
    in_f32: OnceCell<Vec<StreamTable>>,
    in_f64: OnceCell<Vec<StreamTable>>,
}

impl AtPrecisions {
    /// Those at a precision, made when they are asked for first.
    fn tables(
        &self,
        precision: Precision,
        make: impl FnOnce() -> Result<Vec<StreamTable>, LearnError>,
    ) -> Result<&[StreamTable], LearnError> {
        let cell = match precision {
            Precision::F32 => &self.in_f32,
            Precision::F64 => &self.in_f64,
        };
        if cell.get().is_none() {
            let made = make()?;
            return Ok(cell.get_or_init(|| made));
        }
        Ok(cell.get().map_or(&[], Vec::as_slice))
    }
}

/// The inputs and outcomes of a function, in the order in which programs take their tables; what is the row comes last.
pub(crate) fn data_nodes(function: &Function) -> Vec<NodeId> {
    let all = || function.inputs.iter().chain(&function.outcomes).copied();
    all().filter(|&id| !is_row(function, id)).chain(all().filter(|&id| is_row(function, id))).collect()
}

impl<'a> Tables<'a> {
    /// For programs that take the inputs and outcomes.
    pub fn new(function: &'a Function, data: &'a Dataset) -> Tables<'a> {
        Tables {
            function,
            data,
            nodes: data_nodes(function).into_iter().filter(|&id| !is_row(function, id)).collect(),
            of_batches: AtPrecisions::default(),
            of_examples: AtPrecisions::default(),
            of_rows: AtPrecisions::default(),
            first: 0,
        }
    }

    /// For programs that take those inputs and outcomes alone which these values need.
    pub fn needed_for(function: &'a Function, data: &'a Dataset, values: &[Value]) -> Tables<'a> {
        let needed = function.graph.needed_for(values.iter().copied());
        let mut tables = Tables::new(function, data);
        tables.nodes.retain(|id| needed[id.index()]);
        tables
    }

    /// The same inputs and outcomes of other rows, whose numbers begin with `first`.
    pub fn over<'b>(&self, data: &'b Dataset, first: usize) -> Tables<'b>
    where
        'a: 'b,
    {
        Tables { nodes: self.nodes.clone(), first, ..Tables::new(self.function, data) }
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
        self.nodes.contains(&id) || is_row(self.function, id)
    }

    /// The tables of a program for batches of a size, or for single examples, without a batch axis.
    ///
    /// # Errors
    /// The data are not of the shapes and kinds that the function takes, or are too large for the program's precision.
    pub fn of(&self, program: &Program, batch: Option<usize>) -> Result<Vec<&StreamTable>, LearnError> {
        let at = if batch.is_some() { &self.of_batches } else { &self.of_examples };
        let tables = at.tables(program.precision(), || self.made_for(program))?;
        let rows = match program.table_count() > self.nodes.len() {
            true => self.of_rows.tables(program.precision(), || Ok(vec![self.numbers_for(program)?]))?,
            false => &[],
        };
        Ok(tables.iter().chain(rows).collect())
    }

    /// The rows' numbers.
    fn numbers_for(&self, program: &Program) -> Result<StreamTable, LearnError> {
        let rows = self.first..self.first + self.data.rows();
        if program.precision() == Precision::F32 && rows.end as f64 > WHOLE_IN_F32 {
            let problem = format!("holds the numbers of rows only to {WHOLE_IN_F32}, by which is drawn; use f64");
            return Err(LearnError::Setting { name: "f32", problem });
        }
        let numbers: Vec<f64> = rows.map(|row| row as f64).collect();
        Ok(program.shared_table(self.nodes.len(), numbers)?)
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
