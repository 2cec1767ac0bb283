//! From the cells of columns to the elements of fields: words become numbers, and holes what is said of them.

use chainrule_graph::Kind;

use crate::data::cell::NUMBER;
use crate::data::cells::{self, Cells, Column, Found, Holds};
use crate::data::field::{Field, Role};
use crate::data::reading::Reading;
use crate::data::selection::{Missing, Selection};
use crate::data::table::Table;
use crate::data::words::Words;
use crate::error::{LearnError, Remedy, RowPlace, list, suggest};

/// A column of a real input becomes one for each word, of at most so many.
const MOST_INDICATORS: usize = 50;

/// Rows whose cells have become elements.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resolved {
    /// The line of each row.
    pub lines: Vec<usize>,
    /// For each field its elements, row by row.
    pub values: Vec<Vec<f64>>,
    /// For each field how its cells became elements.
    pub readings: Vec<Reading>,
    /// How many rows were left out.
    pub left_out: usize,
    /// What is said of decimal signs that may stand between thousands.
    pub ambiguity: Option<String>,
}

/// An input or outcome and the columns it takes.
pub(crate) struct Taken<'a> {
    pub name: &'a str,
    pub role: Role,
    pub kind: Kind,
    /// Their indices.
    pub columns: &'a [usize],
}

impl Taken<'_> {
    fn is_real_input(&self) -> bool {
        self.role == Role::Input && self.kind != Kind::Int
    }

    /// What is said of a cell that holds something else.
    fn right(&self) -> String {
        match (self.kind, self.role) {
            (Kind::Int, _) => "a whole number would be right".into(),
            (_, Role::Input) => format!("{NUMBER} would be right"),
            (_, Role::Outcome) => format!("{NUMBER} would be right, or an outcome declared `int`, for classes"),
        }
    }
}

/// Reads the columns of a table for the first time: words are found, and holes dealt with as the user says.
pub(crate) fn first(table: &Table, taken: &[Taken<'_>], selection: &Selection) -> Result<Resolved, LearnError> {
    let classes = classes(table, taken, &selection.classes)?;
    let rights: Vec<String> = taken.iter().map(Taken::right).collect();
    let column = |taken: &Taken<'_>, index: usize| {
        let most = if taken.kind == Kind::Int { usize::MAX } else { MOST_INDICATORS };
        match (taken.role, taken.kind) {
            _ if classes.contains(&index) => Holds::Words { most },
            (Role::Outcome, Kind::Real) => Holds::Numbers,
            _ => Holds::Either { most },
        }
    };
    let groups = taken.iter().zip(&rights).map(|(taken, right)| {
        let columns = taken.columns.iter();
        columns
            .map(|&index| {
                let (name, holds) = (table.names()[index].as_str(), column(taken, index));
                Column { index, name, holds, right, may_miss: true }
            })
            .collect()
    });
    let groups: Vec<Vec<Column<'_>>> = groups.collect();
    let Cells { lines, mut values, columns: mut found, ambiguity } = cells::read(table, &groups)?;

    let mut readings = vec![Reading::default(); taken.len()];
    let mut holes = Holes { table, missing: selection.missing, uncovered: Vec::new() };
    for (((taken, values), found), reading) in taken.iter().zip(&mut values).zip(&mut found).zip(&mut readings) {
        reading.fills = selection.missing.mean && taken.is_real_input() && taken.kind == Kind::Real;
        for (place, (&index, found)) in taken.columns.iter().zip(found).enumerate() {
            if found.holes.len() == lines.len() {
                return Err(holes.nothing_there(taken, index, lines.first().copied().unwrap_or(0)));
            }
            let words = found.words.take();
            let is_class = words.is_some() && selection.missing.class && taken.role == Role::Input;
            if let Some(words) = &words {
                let known = Words::of(words.clone(), taken.kind != Kind::Int, is_class && !found.holes.is_empty());
                let column = values.iter_mut().skip(place).step_by(taken.columns.len());
                renumber(column, words, &known);
                reading.words.insert(table.names()[index].clone(), known);
            }
            let is_filled = words.is_none() && reading.fills;
            if !is_class && !is_filled {
                holes.uncovered.push((index, words.is_some(), taken.role, std::mem::take(&mut found.holes)));
            }
        }
    }
    let left_out = holes.rows(&lines)?;
    Ok(Resolved { ambiguity, ..Rows { taken, lines, values }.finish(table, readings, &left_out) })
}

/// Reads the columns of a table as they were read in training. `drops` says whether rows with holes are left out.
pub(crate) fn again(
    table: &Table,
    fields: &[Field],
    columns: &[Vec<usize>],
    drops: bool,
) -> Result<Resolved, LearnError> {
    let rights: Vec<String> = fields.iter().map(Field::wanted).collect();
    let groups = fields.iter().zip(columns).zip(&rights).map(|((field, columns), right)| {
        let holds = |name: &String| field.reading.words.get(name).map_or(Holds::Numbers, Holds::Known);
        let columns = field.columns.iter().zip(columns);
        let may_miss = field.reading.fills;
        columns.map(|(name, &index)| Column { index, name, holds: holds(name), right, may_miss }).collect()
    });
    let groups: Vec<Vec<Column<'_>>> = groups.collect();
    let Cells { lines, values, columns: found, .. } = cells::read(table, &groups)?;

    let mut uncovered: Vec<(usize, &Column<'_>, Remedy)> = Vec::new();
    for ((field, group), found) in fields.iter().zip(&groups).zip(&found) {
        for (column, Found { holes, .. }) in group.iter().zip(found) {
            let is_filled = field.reading.fills && matches!(column.holds, Holds::Numbers);
            if !is_filled {
                let is_of_words = matches!(column.holds, Holds::Known(_));
                let is_input = field.role == Role::Input;
                let remedy = Remedy::FilledHoles {
                    numbers: is_input && !is_of_words && field.kind == Kind::Real,
                    words: is_input && is_of_words,
                };
                uncovered.extend(holes.iter().map(|&row| (row, column, remedy.clone())));
            }
        }
    }
    if let (false, Some((row, column, remedy))) = (drops, uncovered.iter().min_by_key(|(row, ..)| *row)) {
        let right = match &column.holds {
            Holds::Known(words) => format!("{} would be right", list(words.words.iter().map(String::as_str))),
            Holds::Numbers | Holds::Either { .. } | Holds::Words { .. } => column.right.to_string(),
        };
        let problem = format!("the cell is empty, or says that it holds no value; {right}");
        let (file, column, place) = (table.file().to_string(), column.name.to_string(), RowPlace::line(lines[*row]));
        return Err(LearnError::Cell { file, place, column, problem, remedy: Some(remedy.clone()) });
    }
    let mut left_out: Vec<usize> = uncovered.into_iter().map(|(row, ..)| row).collect();
    left_out.sort_unstable();
    left_out.dedup();
    let taken: Vec<Taken<'_>> = fields.iter().zip(columns).map(|(field, columns)| taken(field, columns)).collect();
    let readings = fields.iter().map(|field| field.reading.clone()).collect();
    Ok(Rows { taken: &taken, lines, values }.finish(table, readings, &left_out))
}

fn taken<'a>(field: &'a Field, columns: &'a [usize]) -> Taken<'a> {
    Taken { name: &field.name, role: field.role, kind: field.kind, columns }
}

/// The columns whose numbers are words. Each must be there, and taken by an input or an outcome of whole numbers.
fn classes(table: &Table, taken: &[Taken<'_>], names: &[String]) -> Result<Vec<usize>, LearnError> {
    let find = |name: &String| {
        let index = table.find(name).ok_or_else(|| {
            let near = suggest(name, table.names().iter().map(String::as_str));
            LearnError::file(table.file(), format!("has no column `{name}` of classes; {near}"))
        })?;
        let taker = taken.iter().find(|taken| taken.columns.contains(&index));
        match taker {
            None => Err(LearnError::file(table.file(), format!("the column `{name}` of classes is not taken"))),
            Some(Taken { role: Role::Outcome, kind: Kind::Real, name: outcome, .. }) => Err(LearnError::file(
                table.file(),
                format!("the column `{name}` of classes is of the real outcome `{outcome}`; declare that `int`"),
            )),
            Some(_) => Ok(index),
        }
    };
    names.iter().map(find).collect()
}

/// From the indices of words as they were found to those by which they are known; a hole is the last.
fn renumber<'a>(column: impl Iterator<Item = &'a mut f64>, found: &[String], known: &Words) {
    let new: Vec<f64> = found.iter().map(|word| known.index(word).unwrap_or(0) as f64).collect();
    let last = if known.has_hole() { (known.words.len() - 1) as f64 } else { f64::NAN };
    column.for_each(|value| *value = if value.is_nan() { last } else { new[*value as usize] });
}

/// Holes that nothing fills.
struct Holes<'a> {
    table: &'a Table,
    missing: Missing,
    /// The column, whether it holds words, whose it is, and the rows.
    uncovered: Vec<(usize, bool, Role, Vec<usize>)>,
}

impl Holes<'_> {
    fn nothing_there(&self, taken: &Taken<'_>, index: usize, line: usize) -> LearnError {
        let column = self.table.names()[index].clone();
        LearnError::Columns {
            file: self.table.file().into(),
            name: format!("{} `{}`", taken.role, taken.name),
            problem: format!("takes the column `{column}`, in which every cell is missing, from line {line} on"),
            remedy: Some(Remedy::DropColumn(column)),
        }
    }

    /// The rows with a hole, in order, if they may be left out.
    fn rows(&self, lines: &[usize]) -> Result<Vec<usize>, LearnError> {
        let mut rows: Vec<usize> = self.uncovered.iter().flat_map(|(.., rows)| rows).copied().collect();
        rows.sort_unstable();
        rows.dedup();
        match (rows.is_empty(), self.missing.drop) {
            (false, true) if rows.len() == lines.len() => Err(LearnError::Missing {
                file: self.table.file().into(),
                problem: format!("each row has a missing cell, and none would be left: {}", self.counted(lines)),
                remedy: self.remedy(),
            }),
            (_, true) | (true, false) => Ok(rows),
            (false, false) => Err(LearnError::Missing {
                file: self.table.file().into(),
                problem: format!("cells are missing: {}", self.counted(lines)),
                remedy: self.remedy(),
            }),
        }
    }

    /// What is left to say about them.
    fn remedy(&self) -> Option<Remedy> {
        let any = |is_words: bool| {
            let inputs = self.uncovered.iter().filter(|(_, _, role, _)| *role == Role::Input);
            inputs.into_iter().any(|(_, words, _, rows)| *words == is_words && !rows.is_empty())
        };
        Some(Remedy::Missing { numbers: any(false) && !self.missing.mean, words: any(true) && !self.missing.class })
    }

    /// `12 in column `age` (the first in line 7), 3 in column `port` (line 62)`
    fn counted(&self, lines: &[usize]) -> String {
        const SHOWN: usize = 8;
        let with_holes = self.uncovered.iter().filter(|(.., rows)| !rows.is_empty());
        let mut counts: Vec<String> = with_holes
            .map(|(column, _, _, rows)| {
                let (count, name) = (rows.len(), &self.table.names()[*column]);
                format!("{count} in column `{name}` (the first in line {})", lines[rows[0]])
            })
            .collect();
        if let Some(more @ 1..) = counts.len().checked_sub(SHOWN) {
            counts.truncate(SHOWN);
            counts.push(format!("and some in {more} more columns"));
        }
        counts.join(", ")
    }
}

/// Rows of cells, words as indices.
struct Rows<'a> {
    taken: &'a [Taken<'a>],
    lines: Vec<usize>,
    values: Vec<Vec<f64>>,
}

impl Rows<'_> {
    /// The elements of the rows that are not left out.
    fn finish(self, table: &Table, readings: Vec<Reading>, left_out: &[usize]) -> Resolved {
        let Rows { taken, mut lines, values } = self;
        let stays = |row: &usize| left_out.binary_search(row).is_err();
        let mut all = Vec::with_capacity(values.len());
        for ((taken, reading), cells) in taken.iter().zip(&readings).zip(values) {
            if left_out.is_empty() && reading.words.values().all(|words| words.width() == 1) {
                all.push(cells);
                continue;
            }
            let names = taken.columns.iter().map(|&index| &table.names()[index]);
            let words: Vec<Option<&Words>> = names.map(|name| reading.words.get(name)).collect();
            let rows = cells.chunks(taken.columns.len().max(1)).enumerate();
            let mut elements = Vec::with_capacity(cells.len());
            for (_, row) in rows.filter(|(row, _)| stays(row)) {
                for (&cell, words) in row.iter().zip(&words) {
                    match words {
                        Some(words) => words.write(cell, &mut elements),
                        None => elements.push(cell),
                    }
                }
            }
            all.push(elements);
        }
        let mut row = 0..;
        lines.retain(|_| row.next().is_some_and(|row| stays(&row)));
        Resolved { lines, values: all, readings, left_out: left_out.len(), ambiguity: None }
    }
}
