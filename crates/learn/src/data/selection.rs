//! What a user says about the columns of a table: which are taken, and what becomes of their cells.

use crate::data::declaration::Mapping;

/// What a user says about the columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The columns of inputs and outcomes.
    pub mappings: Vec<Mapping>,
    /// Columns that an only input does not take along with the rest.
    pub dropped: Vec<String>,
    /// Columns whose numbers are words: classes that do not count from 0.
    pub classes: Vec<String>,
    /// What becomes of missing cells.
    pub missing: Missing,
}

impl From<Vec<Mapping>> for Selection {
    fn from(mappings: Vec<Mapping>) -> Selection {
        Selection { mappings, ..Selection::default() }
    }
}

/// What becomes of missing cells: without any of these they are an error, and so are those that none of them covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Rows with a hole are left out, unless one of the others covers it.
    pub drop: bool,
    /// Numbers of real inputs are filled in by the mean of the training rows, see [`Fill`](crate::Fill).
    pub mean: bool,
    /// A hole among the words of an input is a word of its own.
    pub class: bool,
}
