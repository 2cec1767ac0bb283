//! Where rows are in their file.

use crate::error::RowPlace;

/// Where each row of data is in its file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowPlaces {
    numbers: Vec<usize>,
    are_lines: bool,
}

impl RowPlaces {
    /// Of a table: the line on which each row begins.
    pub fn lines(lines: Vec<usize>) -> RowPlaces {
        RowPlaces { numbers: lines, are_lines: true }
    }

    /// Of so many rows of arrays.
    #[cfg(feature = "training")]
    pub fn rows(count: usize) -> RowPlaces {
        RowPlaces { numbers: (1..=count).collect(), are_lines: false }
    }

    pub fn count(&self) -> usize {
        self.numbers.len()
    }

    pub fn at(&self, row: usize) -> RowPlace {
        let number = self.numbers[row];
        if self.are_lines { RowPlace::line(number) } else { RowPlace::row(number) }
    }

    /// Those of these rows, in that order.
    pub fn picked(&self, rows: &[usize]) -> RowPlaces {
        RowPlaces { numbers: rows.iter().map(|&row| self.numbers[row]).collect(), are_lines: self.are_lines }
    }
}
