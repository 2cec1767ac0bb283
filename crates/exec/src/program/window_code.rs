//! Products of windows: how their operands lie.

use chainrule_kernels::row_windows::{Clip, RowProduct};
use chainrule_kernels::term_windows::{TermProduct, Terms};
use chainrule_kernels::windows::WindowProduct;

use super::address::Address;

/// A product of windows with a matrix whose rows follow one another, as those of the result do; columns are neighbours.
#[derive(Clone, Debug)]
pub(crate) struct WindowCode {
    pub windows: Address,
    /// Their axes that are rows, outermost first: (elements, stride).
    pub rows: Vec<(usize, usize)>,
    /// Those that are summed over.
    pub terms: Vec<(usize, usize)>,
    pub matrix: Address,
    pub columns: usize,
    pub out: usize,
}

impl WindowCode {
    /// How the windows are multiplied.
    pub fn product(&self) -> WindowProduct<'_> {
        WindowProduct { rows: &self.rows, terms: &self.terms, columns: self.columns }
    }

    /// The number of multiplications.
    pub fn work(&self) -> usize {
        self.terms.iter().map(|axis| axis.0).product::<usize>() * self.product().rows() * self.columns
    }
}

/// A product of windows whose rows are neighbours.
#[derive(Clone, Debug)]
pub(crate) struct RowCode {
    pub windows: Address,
    /// [batches, terms, columns], contiguous.
    pub matrix: Address,
    pub layout: RowLayout,
    /// [batches, columns, rows], contiguous.
    pub out: usize,
}

/// How windows lie whose rows are neighbours.
#[derive(Clone, Debug)]
pub(crate) struct RowLayout {
    /// Repetitions: how many, and from one to the next in the windows.
    pub batches: Vec<(usize, usize)>,
    /// The axes of rows but the innermost, (rows, how far apart), and how many of them are neighbours.
    pub rows: Vec<(usize, usize)>,
    pub run: usize,
    /// Where each term lies.
    pub terms: Vec<usize>,
    /// The outermost axes of terms, where they reach beyond the ends.
    pub clips: Vec<Clip>,
    pub columns: usize,
}

impl RowLayout {
    /// How the windows are multiplied.
    pub fn product(&self) -> RowProduct<'_> {
        let RowLayout { rows, run, terms, clips, columns, .. } = self;
        RowProduct { rows, run: *run, terms, clips, columns: *columns }
    }

    /// How often it is repeated.
    pub fn repetitions(&self) -> usize {
        self.batches.iter().map(|batch| batch.0).product()
    }

    /// Where the windows of a repetition begin.
    pub fn begin(&self, mut repetition: usize) -> usize {
        let mut begin = 0;
        for (n, stride) in self.batches.iter().rev() {
            begin += repetition % n * stride;
            repetition /= n;
        }
        begin
    }

    /// The number of multiplications, none left out.
    pub fn work(&self) -> usize {
        self.length() * self.terms.len()
    }

    /// How many elements the result has.
    pub fn length(&self) -> usize {
        self.repetitions() * self.columns * self.product().rows()
    }
}

/// A product of windows and a matrix whose terms are neighbours.
#[derive(Clone, Debug)]
pub(crate) struct TermCode {
    pub windows: Address,
    pub matrix: Address,
    pub layout: TermLayout,
    /// [batches, rows, columns], contiguous.
    pub out: usize,
}

/// How windows and a matrix lie whose terms are neighbours.
#[derive(Clone, Debug)]
pub(crate) struct TermLayout {
    /// Repetitions: how many, and from one to the next in the windows and in the matrix.
    pub batches: Vec<(usize, [usize; 2])>,
    /// The axes of terms but the innermost, and how many of them are neighbours.
    pub terms: Vec<Terms>,
    pub run: usize,
    /// Where each row lies in the windows, and each column in the matrix.
    pub rows: Vec<usize>,
    pub columns: Vec<usize>,
}

impl TermLayout {
    /// How the windows are multiplied.
    pub fn product(&self) -> TermProduct<'_> {
        TermProduct { terms: &self.terms, run: self.run, rows: &self.rows, columns: &self.columns }
    }

    /// How often it is repeated.
    pub fn repetitions(&self) -> usize {
        self.batches.iter().map(|batch| batch.0).product()
    }

    /// Where a repetition begins in the windows and in the matrix.
    pub fn begin(&self, mut repetition: usize) -> [usize; 2] {
        let mut begin = [0; 2];
        for (n, strides) in self.batches.iter().rev() {
            begin = [0, 1].map(|operand| begin[operand] + repetition % n * strides[operand]);
            repetition /= n;
        }
        begin
    }

    /// The number of multiplications.
    pub fn work(&self) -> usize {
        self.length() * self.terms()
    }

    /// How many terms are summed up.
    pub fn terms(&self) -> usize {
        self.terms.iter().map(|axis| axis.n).product::<usize>() * self.run
    }

    /// How many elements the result has.
    pub fn length(&self) -> usize {
        self.repetitions() * self.rows.len() * self.columns.len()
    }
}
