//! How the cells of a field's columns become its elements.

use std::collections::BTreeMap;

use crate::data::words::Words;

/// How the cells of a field's columns become its elements. By default each holds a number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The columns that hold words, and what those become.
    pub words: BTreeMap<String, Words>,
    /// What the classes are called that its whole numbers count from 0, where the data say so beside the numbers.
    pub classes: Option<Words>,
    /// Whether a number may be missing: its element is then not a number until [`Fill`](crate::Fill) gives it the mean.
    pub fills: bool,
}

impl Reading {
    /// How many elements a cell of a column becomes.
    pub(crate) fn width(&self, column: &str) -> usize {
        self.words.get(column).map_or(1, Words::width)
    }
}
