//! The cells of the columns that are taken, in one pass over a table: numbers as they are, words as indices.

use std::collections::HashMap;

use crate::data::cell::{self, Cell};
use crate::data::decimal_marks::DecimalMarks;
use crate::data::table::Table;
use crate::data::words::{self, KnownWords, Words, looks_like_number};
use crate::error::{LearnError, Remedy, RowPlace, quote};

/// A column that is taken.
#[derive(Clone, Debug)]
pub(crate) struct Column<'a> {
    /// Its index in the table.
    pub index: usize,
    /// Its name.
    pub name: &'a str,
    /// What may stand in it.
    pub holds: Holds<'a>,
    /// What is said where something else does: `a number would be right`.
    pub right: &'a str,
    /// Whether a cell may be missing, if the user says what becomes of it.
    pub may_miss: bool,
}

/// What may stand in a column.
#[derive(Clone, Debug)]
pub(crate) enum Holds<'a> {
    /// Numbers.
    Numbers,
    /// Numbers, or words alone, of which there are at most so many.
    Either { most: usize },
    /// Words, numbers among them, at most so many.
    Words { most: usize },
    /// These words, as in training.
    Known(&'a Words),
}

/// What was read of a table.
pub(crate) struct Cells {
    /// The line of each row.
    pub lines: Vec<usize>,
    /// For each group of columns its cells, row by row; not a number where one is missing.
    pub values: Vec<Vec<f64>>,
    /// Of each column of each group what else was found.
    pub columns: Vec<Vec<Found>>,
    /// What is said of decimal signs that may stand between thousands.
    pub ambiguity: Option<String>,
}

/// What was found in a column.
#[derive(Default)]
pub(crate) struct Found {
    /// Its words in the order of their first row, if it holds words that were not known.
    pub words: Option<Vec<String>>,
    /// The rows in which a cell is missing.
    pub holes: Vec<usize>,
}

/// Reads groups of columns.
pub(crate) fn read(table: &Table, groups: &[Vec<Column<'_>>]) -> Result<Cells, LearnError> {
    let mut states: Vec<Vec<State>> = groups.iter().map(|group| group.iter().map(State::new).collect()).collect();
    let (dialect, expected) = (table.dialect(), table.estimated_rows());
    let mut values: Vec<Vec<f64>> = groups.iter().map(|group| reserved(group.len() * expected)).collect();
    let mut lines = reserved(expected);
    let mut marks = dialect.decimal_comma().then(DecimalMarks::default);
    let mut rows = table.rows()?;
    while rows.next()?.is_some() {
        let row = lines.len();
        lines.push(rows.line);
        for ((group, states), values) in groups.iter().zip(&mut states).zip(&mut values) {
            for (column, state) in group.iter().zip(states) {
                let cell = rows.record.get(column.index);
                // Most cells are numbers among numbers.
                if let (Content::Numbers, Some(bytes)) = (&state.words, cell)
                    && let Ok(number) = fast_float2::parse::<f64, _>(bytes)
                    && number.is_finite()
                {
                    values.push(number);
                    if let Some(marks) = &mut marks {
                        marks.see(bytes, rows.line, column.name);
                    }
                    continue;
                }
                let value = cell::read(cell, dialect);
                if let (Some(marks), Ok(Cell::Number(_)), Some(bytes)) = (&mut marks, &value, cell) {
                    marks.see(bytes, rows.line, column.name);
                }
                let value = match value {
                    Ok(cell) => state.take(cell, row, rows.line, column),
                    Err(problem) => Err((rows.line, format!("{problem}; {}", column.right), None)),
                };
                values.push(value.map_err(|(line, problem, remedy)| cell_error(table, column, line, problem, remedy))?);
            }
        }
    }
    let found = |state: State| match state.words {
        Content::Words { list, .. } if !list.is_empty() => Found { words: Some(list), holes: state.holes },
        _ => Found { words: None, holes: state.holes },
    };
    let columns = states.into_iter().map(|states| states.into_iter().map(found).collect()).collect();
    Ok(Cells { lines, values, columns, ambiguity: marks.and_then(DecimalMarks::ambiguity) })
}

/// Room for so many elements, if there is so much memory.
fn reserved<T>(elements: usize) -> Vec<T> {
    let mut room = Vec::new();
    // What there is no room for now may yet not come.
    drop(room.try_reserve(elements));
    room
}

fn cell_error(table: &Table, column: &Column<'_>, line: usize, problem: String, remedy: Option<Remedy>) -> LearnError {
    let (file, column) = (table.file().to_string(), column.name.to_string());
    LearnError::Cell { file, place: RowPlace::line(line), column, problem, remedy }
}

/// What a column has held so far.
struct State {
    words: Content,
    holes: Vec<usize>,
}

enum Content {
    /// Nothing but holes.
    Nothing,
    Numbers,
    Words {
        list: Vec<String>,
        index: HashMap<String, usize>,
        first_line: usize,
        with_numbers: bool,
    },
    Known(KnownWords),
}

/// The line, what is wrong there, and what would help.
type Problem = (usize, String, Option<Remedy>);

impl State {
    fn new(column: &Column<'_>) -> State {
        let words = match column.holds {
            Holds::Numbers => Content::Numbers,
            Holds::Either { .. } => Content::Nothing,
            Holds::Words { .. } => Content::words(0, true),
            Holds::Known(words) => Content::Known(KnownWords::new(words)),
        };
        State { words, holes: Vec::new() }
    }

    /// The value of a cell: its number, or the index of its word.
    fn take(&mut self, cell: Cell<'_>, row: usize, line: usize, column: &Column<'_>) -> Result<f64, Problem> {
        let known = match &self.words {
            Content::Known(known) => known.find(cell).map_err(|problem| (line, problem, None))?,
            _ => None,
        };
        if let Some(index) = known {
            return Ok(index);
        }
        if let Cell::Missing = cell {
            self.holes.push(row);
            return Ok(f64::NAN);
        }
        if let Content::Nothing = self.words {
            self.words = match cell {
                Cell::Number(_) => Content::Numbers,
                Cell::Word(_) | Cell::Missing => Content::words(line, false),
            };
        }
        let number_or_word = |cell: Cell<'_>| words::word(cell).unwrap_or_default();
        match (&mut self.words, cell) {
            (Content::Numbers, Cell::Number(number)) => Ok(number),
            (Content::Numbers | Content::Nothing | Content::Known(_), cell) => {
                // In the first row of a column of words there is no number beside which a cell could be empty.
                let among = row > 0 && column.may_miss;
                Err((line, column.among_numbers(&number_or_word(cell), String::new(), among), None))
            }
            (Content::Words { list, first_line, with_numbers: false, .. }, Cell::Number(number)) => {
                let but = format!(", but the number {number} in line {line}");
                Err((*first_line, column.among_numbers(&list[0], but, column.may_miss), None))
            }
            (Content::Words { list, index, .. }, cell) => {
                let word = number_or_word(cell);
                if let Some(&index) = index.get(&word) {
                    return Ok(index as f64);
                }
                column.check_count(list.len() + 1, line, &word)?;
                index.insert(word.clone(), list.len());
                list.push(word);
                Ok((list.len() - 1) as f64)
            }
        }
    }
}

impl Content {
    fn words(first_line: usize, with_numbers: bool) -> Content {
        Content::Words { list: Vec::new(), index: HashMap::new(), first_line, with_numbers }
    }
}

impl Column<'_> {
    /// What is wrong with a word in a column of numbers; `but` says where those are, `may_be_empty` whether an empty cell
    /// could stand there.
    fn among_numbers(&self, word: &str, but: String, may_be_empty: bool) -> String {
        let (found, right) = (quote(word), self.right);
        if looks_like_number(word) {
            return format!("found {found}{but}; {right}, without other signs: 1234.5");
        }
        let words = if let Holds::Either { .. } = self.holds { ", or words in all rows" } else { "" };
        let empty = if may_be_empty { ", or an empty cell where there is none" } else { "" };
        format!("found {found}{but}; {right}{empty}{words}")
    }

    /// An error if there are more words than may be.
    fn check_count(&self, count: usize, line: usize, word: &str) -> Result<(), Problem> {
        match self.holds {
            Holds::Either { most } | Holds::Words { most } if count > most => {
                let problem = format!(
                    "found {}, one word more than the {most} that a column of a real input may have, since it becomes one \
                     for each (is it a name or an identifier?)",
                    quote(word)
                );
                Err((line, problem, Some(Remedy::DropColumn(self.name.into()))))
            }
            _ => Ok(()),
        }
    }
}
