//! Tables: the rows that a program's streams take.

use std::sync::Arc;

use chainrule_graph::Shape;
use chainrule_kernels::Float;

use super::aligned::Aligned;
use crate::admission::Inadmissible;
use crate::error::ExecError;
use crate::precision::Precision;
use crate::program::Program;
use crate::program::interface::Stream;

/// Rows of data at a program's precision, for one of its streams. Made by [`Program::table`].
#[derive(Clone, Debug)]
pub struct StreamTable {
    data: TableData,
    /// The shape of a row.
    pub(super) shape: Shape,
}

#[derive(Clone, Debug)]
enum TableData {
    F32(Elements<f32>),
    F64(Elements<f64>),
}

#[derive(Clone, Debug)]
enum Elements<T: Float> {
    /// With room behind the last row: rows that are read where they lie are read in whole vectors.
    Own(Aligned<T>),
    Shared(Arc<Vec<T>>),
}

/// Rows that a table shares with its caller.
#[derive(Clone, Debug, PartialEq)]
pub enum SharedRows {
    /// In 32 bits.
    F32(Arc<Vec<f32>>),
    /// In 64 bits.
    F64(Arc<Vec<f64>>),
}

impl From<Arc<Vec<f32>>> for SharedRows {
    fn from(rows: Arc<Vec<f32>>) -> SharedRows {
        SharedRows::F32(rows)
    }
}

impl From<Arc<Vec<f64>>> for SharedRows {
    fn from(rows: Arc<Vec<f64>>) -> SharedRows {
        SharedRows::F64(rows)
    }
}

impl From<Vec<f32>> for SharedRows {
    fn from(rows: Vec<f32>) -> SharedRows {
        SharedRows::F32(Arc::new(rows))
    }
}

impl From<Vec<f64>> for SharedRows {
    fn from(rows: Vec<f64>) -> SharedRows {
        SharedRows::F64(Arc::new(rows))
    }
}

impl From<&[f32]> for SharedRows {
    fn from(rows: &[f32]) -> SharedRows {
        rows.to_vec().into()
    }
}

impl From<&[f64]> for SharedRows {
    fn from(rows: &[f64]) -> SharedRows {
        rows.to_vec().into()
    }
}

impl Program {
    /// A table for one of the streams: rows one after the other, f32 or f64, converted to the program's precision.
    ///
    /// # Errors
    /// There is no such stream; the elements are no whole number of rows; the stream does not take one of them.
    pub fn table<T: Float>(&self, stream: usize, rows: &[T]) -> Result<StreamTable, ExecError> {
        let stream = self.stream_for(stream, rows)?;
        let data = match self.precision {
            Precision::F32 => TableData::F32(Elements::Own(Aligned::converted(rows))),
            Precision::F64 => TableData::F64(Elements::Own(Aligned::converted(rows))),
        };
        Ok(StreamTable { data, shape: stream.row_shape().into() })
    }

    /// The same of rows that are shared with the caller. Nothing is copied where they are of the program's precision, and a
    /// step takes several rows, or rows of one element; else this is [`table`](Program::table).
    ///
    /// # Errors
    /// Those of [`table`](Program::table).
    pub fn shared_table(&self, stream: usize, rows: impl Into<SharedRows>) -> Result<StreamTable, ExecError> {
        let is_gathered = self.streams.get(stream).is_some_and(Stream::is_gathered);
        let (stream, data) = match (rows.into(), self.precision) {
            (SharedRows::F32(rows), Precision::F32) if is_gathered => {
                (self.stream_for(stream, &rows)?, TableData::F32(Elements::Shared(rows)))
            }
            (SharedRows::F64(rows), Precision::F64) if is_gathered => {
                (self.stream_for(stream, &rows)?, TableData::F64(Elements::Shared(rows)))
            }
            (SharedRows::F32(rows), _) => return self.table(stream, &rows),
            (SharedRows::F64(rows), _) => return self.table(stream, &rows),
        };
        Ok(StreamTable { data, shape: stream.row_shape().into() })
    }

    /// A stream that takes these rows.
    fn stream_for<T: Float>(&self, stream: usize, rows: &[T]) -> Result<&Stream, ExecError> {
        let Some(stream) = self.streams.get(stream) else {
            return Err(ExecError::new(format!("the program takes {} tables", self.streams.len())));
        };
        let (name, width) = (&stream.argument.described, stream.row.max(1));
        if !rows.len().is_multiple_of(width) {
            let found = rows.len();
            return Err(ExecError::new(format!(
                "{name} takes rows of {width} elements, which {found} elements are not"
            )));
        }
        stream.argument.takes.elements.check(rows).map_err(|problem| in_row(name, width, problem))?;
        Ok(stream)
    }
}

/// What is wrong with an element of a table, as what is wrong with its row.
fn in_row(name: &str, width: usize, problem: Inadmissible) -> ExecError {
    let name = name.to_string();
    match problem {
        Inadmissible::Element { expected, found, index, .. } => {
            let problem = Inadmissible::Element { expected, found, index: index % width, count: width };
            ExecError::Row { row: index / width, name, problem }
        }
        problem => ExecError::Input { name, problem },
    }
}

impl StreamTable {
    /// Whether its elements are the caller's too, with no room behind them.
    pub(super) fn is_shared(&self) -> bool {
        matches!(&self.data, TableData::F32(Elements::Shared(_)) | TableData::F64(Elements::Shared(_)))
    }

    /// How many elements it has, and all of them with those behind; none if it is of another precision.
    pub(super) fn in_f32(&self) -> Option<(usize, &[f32])> {
        match &self.data {
            TableData::F32(elements) => Some(elements.all()),
            TableData::F64(_) => None,
        }
    }

    /// The same for the other precision.
    pub(super) fn in_f64(&self) -> Option<(usize, &[f64])> {
        match &self.data {
            TableData::F64(elements) => Some(elements.all()),
            TableData::F32(_) => None,
        }
    }
}

impl<T: Float> Elements<T> {
    fn all(&self) -> (usize, &[T]) {
        match self {
            Elements::Own(elements) => (elements.len(), elements.padded()),
            Elements::Shared(elements) => (elements.len(), elements),
        }
    }
}
