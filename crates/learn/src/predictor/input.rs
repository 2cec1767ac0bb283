//! From the cells of a row to the elements of one input, as they were read and transformed in training.

use chainrule_exec::{ElementType, InputType};
use chainrule_graph::{Function, Kind, NodeId};

use crate::data::cell::{self, Cell};
use crate::data::dialect::Dialect;
use crate::data::field::Field;
use crate::data::transform::{Transform, Transforms};
use crate::data::words::KnownWords;
use crate::error::LearnError;

/// How texts are written: as in a table whose cells are separated by commas.
const DIALECT: Dialect = Dialect { separator: b',' };

/// An input, and how its elements follow from the cells of a row.
#[derive(Debug)]
pub(crate) struct Input {
    field: Field,
    /// Where in a row the cell of each of its columns is.
    places: Vec<usize>,
    /// For each of them its words, if it holds any.
    words: Vec<Option<KnownWords>>,
    /// What its elements may be, before they are transformed.
    takes: ElementType,
    /// What is said of a cell that holds something else.
    wanted: String,
    transforms: Vec<Transform>,
}

impl Input {
    /// The input of a function whose node is `id`. `columns` are those of a row; it adds its own where they are not there.
    pub fn new(
        function: &Function,
        id: NodeId,
        field: &Field,
        transforms: &Transforms,
        columns: &mut Vec<String>,
    ) -> Result<Input, LearnError> {
        let mut place = |column: &String| {
            columns.iter().position(|other| other == column).unwrap_or_else(|| {
                columns.push(column.clone());
                columns.len() - 1
            })
        };
        let transforms: Vec<Transform> = transforms.of(&field.name).cloned().collect();
        let takes = if transforms.is_empty() { InputType::within(function, id)?.elements } else { field.elements() };
        let known = |column: &String| field.reading.words.get(column).map(KnownWords::new);
        Ok(Input {
            places: field.columns.iter().map(&mut place).collect(),
            words: field.columns.iter().map(known).collect(),
            takes,
            wanted: field.wanted(),
            transforms,
            field: field.clone(),
        })
    }

    /// Reads its elements from a row, and transforms them.
    pub fn read<'c, C: Into<Cell<'c>> + Copy>(&self, row: &[C], elements: &mut Vec<f64>) -> Result<(), LearnError> {
        elements.clear();
        for (column, (&place, words)) in self.places.iter().zip(&self.words).enumerate() {
            match (row[place].into(), words) {
                // Most cells are numbers among numbers.
                (Cell::Number(number), None) if number.is_finite() => elements.push(number),
                (cell, words) => self.read_cell(column, cell, words.as_ref(), elements)?,
            }
        }
        self.check(elements)?;
        self.transforms.iter().for_each(|transform| transform.apply(elements));
        Ok(())
    }

    fn read_cell(
        &self,
        column: usize,
        cell: Cell<'_>,
        words: Option<&KnownWords>,
        elements: &mut Vec<f64>,
    ) -> Result<(), LearnError> {
        let fault = |problem: String| LearnError::Column { column: self.field.columns[column].clone(), problem };
        let wanted = &self.wanted;
        let cell = match cell {
            Cell::Number(number) if number.is_nan() => Cell::Missing,
            Cell::Number(number) if !number.is_finite() => {
                return Err(fault(format!("found {number}, which is not finite; {wanted}")));
            }
            Cell::Word(text) => {
                cell::read(Some(text.as_bytes()), DIALECT).map_err(|problem| fault(format!("{problem}; {wanted}")))?
            }
            Cell::Number(_) | Cell::Missing => cell,
        };
        match (words.map(|words| (words, words.find(cell))), cell) {
            (Some((words, Ok(Some(index)))), _) => words.write(index, elements),
            (Some((_, Err(problem))), _) => return Err(fault(problem)),
            (None, Cell::Number(number)) => elements.push(number),
            (None, Cell::Missing) if self.field.reading.fills => elements.push(f64::NAN),
            (None, Cell::Word(word)) => return Err(fault(format!("found `{word}`; {wanted}"))),
            (Some((_, Ok(None))), _) => return Err(fault("the cell is missing; a word would be right".into())),
            (None, Cell::Missing) => return Err(fault(format!("the cell is missing; {wanted}"))),
        }
        Ok(())
    }

    /// An error if an element is none that may be there.
    fn check(&self, elements: &[f64]) -> Result<(), LearnError> {
        if self.takes.kind == Kind::Real {
            return Ok(());
        }
        match elements.iter().position(|&element| !self.takes.contains(element)) {
            None => Ok(()),
            Some(index) => {
                let problem = self.field.refusal(self.takes, elements[index]);
                Err(LearnError::Column { column: self.field.element_names().swap_remove(index), problem })
            }
        }
    }
}
