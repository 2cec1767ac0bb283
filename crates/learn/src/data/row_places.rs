//! Where rows are in their file.

use crate::error::RowPlace;

/// Where each row of data is in its file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowPlaces {
    numbers: Vec<usize>,
    source: RowSource,
}

/// What rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RowSource {
    #[cfg(feature = "training")]
    Table,
    /// Made by a program; their lines are those of the table that they would be written as.
    Made,
    #[cfg(feature = "training")]
    Arrays,
}

impl RowPlaces {
    /// Of a table: the line on which each row begins.
    #[cfg(feature = "training")]
    pub fn lines(lines: Vec<usize>) -> RowPlaces {
        RowPlaces { numbers: lines, source: RowSource::Table }
    }

    /// Of so many rows that were made, not read: after a line of names.
    pub fn made(count: usize) -> RowPlaces {
        RowPlaces { numbers: (2..count + 2).collect(), source: RowSource::Made }
    }

    /// Of so many rows of arrays.
    #[cfg(feature = "training")]
    pub fn rows(count: usize) -> RowPlaces {
        RowPlaces { numbers: (1..=count).collect(), source: RowSource::Arrays }
    }

    pub fn count(&self) -> usize {
        self.numbers.len()
    }

    /// Whether they were read from a table.
    #[cfg(feature = "training")]
    pub fn are_of_table(&self) -> bool {
        self.source == RowSource::Table
    }

    pub fn at(&self, row: usize) -> RowPlace {
        let number = self.numbers[row];
        match self.source {
            RowSource::Made => RowPlace::line(number),
            #[cfg(feature = "training")]
            RowSource::Table => RowPlace::line(number),
            #[cfg(feature = "training")]
            RowSource::Arrays => RowPlace::row(number),
        }
    }

    /// Those of these rows, in that order.
    pub fn picked(&self, rows: &[usize]) -> RowPlaces {
        RowPlaces { numbers: rows.iter().map(|&row| self.numbers[row]).collect(), source: self.source }
    }
}
