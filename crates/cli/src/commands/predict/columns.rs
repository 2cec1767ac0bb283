//! Rows that are written, by columns: as CSV, or as arrays.

use std::fmt::Write;
use std::path::Path;

use chainrule::Tensor;
use chainrule::learn::{ArrayValues, KeptColumn, KeptValues, atomic, write_npz};

use crate::error::CommandError;
use crate::format;

/// Values of one name, row by row.
#[derive(Debug)]
pub struct Column {
    name: String,
    /// The shape of a row.
    shape: Vec<usize>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Numbers(Vec<f64>),
    Integers(Vec<i64>),
    Words(Vec<String>),
}

impl Column {
    /// Of values `[rows, …]`.
    pub fn numbers(name: &str, values: Tensor) -> Column {
        Column { name: name.into(), shape: values.shape()[1..].to_vec(), values: Values::Numbers(values.into_data()) }
    }

    /// Of one whole number a row.
    pub fn integers(name: &str, values: Vec<i64>) -> Column {
        Column { name: name.into(), shape: Vec::new(), values: Values::Integers(values) }
    }

    /// Of one word a row.
    pub fn words(name: &str, values: Vec<String>) -> Column {
        Column { name: name.into(), shape: Vec::new(), values: Values::Words(values) }
    }

    /// As it stands in the data.
    pub fn kept(KeptColumn { name, shape, values }: KeptColumn) -> Column {
        let values = match values {
            KeptValues::Numbers(numbers) => Values::Numbers(numbers),
            KeptValues::Words(words) => Values::Words(words),
        };
        Column { name, shape, values }
    }

    /// What its elements are called: `h`, or `h0`, `h1`, ….
    fn names(&self) -> Vec<String> {
        match self.shape[..] {
            [] => vec![self.name.clone()],
            _ => (0..self.size()).map(|index| format!("{}{index}", self.name)).collect(),
        }
    }

    fn size(&self) -> usize {
        self.shape.iter().product()
    }

    fn rows(&self) -> Option<usize> {
        let elements = match &self.values {
            Values::Numbers(values) => values.len(),
            Values::Integers(values) => values.len(),
            Values::Words(values) => values.len(),
        };
        elements.checked_div(self.size())
    }

    fn cell(&self, index: usize) -> String {
        match &self.values {
            Values::Numbers(values) => number(values[index]),
            Values::Integers(values) => values[index].to_string(),
            Values::Words(values) => csv_cell(&values[index]),
        }
    }
}

/// An error if two columns of the answer would have one name, or one has not as many rows as there are.
pub fn check(columns: &[Column], rows: usize) -> Result<(), CommandError> {
    let names: Vec<(String, &Column)> =
        columns.iter().flat_map(|column| column.names().into_iter().map(move |name| (name, column))).collect();
    let mut seen = std::collections::HashSet::new();
    if let Some((name, _)) = names.iter().find(|(name, _)| !seen.insert(name)) {
        let problem = format!("two columns would be called `{name}`; leave one of them out of --keep and --nodes");
        return Err(CommandError::mistake(problem));
    }
    match columns.iter().find_map(|column| column.rows().filter(|&own| own != rows).map(|own| (column, own))) {
        Some((column, own)) => {
            let name = &column.name;
            Err(CommandError::mistake(format!("--keep: `{name}` has {own} rows, and the predictions {rows}")))
        }
        None => Ok(()),
    }
}

/// A header, and a line for each row.
pub fn csv(columns: &[Column], rows: usize) -> String {
    let header: Vec<String> = columns.iter().flat_map(Column::names).map(|name| csv_cell(&name)).collect();
    let mut csv = header.join(",") + "\n";
    for row in 0..rows {
        let of_row = |column: &Column| {
            let size = column.size();
            (row * size..(row + 1) * size).map(|index| column.cell(index)).collect::<Vec<_>>()
        };
        let cells: Vec<String> = columns.iter().flat_map(of_row).collect();
        writeln!(csv, "{}", cells.join(",")).expect("a String takes every text");
    }
    csv
}

/// Writes a file: arrays if it is an `.npz`, else CSV.
pub fn write(out: &Path, columns: &[Column], rows: usize) -> Result<(), CommandError> {
    match out.extension().is_some_and(|extension| extension == "npz") {
        true => arrays(out, columns, rows),
        false => Ok(atomic::write(out, csv(columns, rows).as_bytes())?),
    }
}

/// Writes an array `[rows, …]` for each column.
fn arrays(out: &Path, columns: &[Column], rows: usize) -> Result<(), CommandError> {
    let numbers: Vec<Option<Vec<f64>>> = columns.iter().map(Column::as_numbers).collect();
    let array = |(column, numbers)| {
        let Column { name, shape, .. }: &Column = column;
        (name.as_str(), [&[rows], &shape[..]].concat(), column.array(numbers))
    };
    let arrays: Vec<(&str, Vec<usize>, ArrayValues<'_>)> = columns.iter().zip(&numbers).map(array).collect();
    Ok(write_npz(out, &arrays)?)
}

impl Column {
    /// Cells that are all numbers are an array of numbers.
    fn as_numbers(&self) -> Option<Vec<f64>> {
        match &self.values {
            Values::Words(words) if !words.is_empty() => words.iter().map(|word| word.parse().ok()).collect(),
            Values::Numbers(_) | Values::Integers(_) | Values::Words(_) => None,
        }
    }

    fn array<'a>(&'a self, numbers: &'a Option<Vec<f64>>) -> ArrayValues<'a> {
        match (&self.values, numbers) {
            (_, Some(numbers)) | (Values::Numbers(numbers), None) => ArrayValues::Reals(numbers),
            (Values::Integers(values), None) => ArrayValues::Integers(values),
            (Values::Words(words), None) => ArrayValues::Words(words),
        }
    }
}

/// A word as a cell of a CSV file.
fn csv_cell(word: &str) -> String {
    if word.contains(['"', ',', '\n', '\r']) { format::quoted_cell(word) } else { word.into() }
}

/// A number that reads back to the same bits.
fn number(x: f64) -> String {
    let is_short = x == 0.0 || (1e-5..1e16).contains(&x.abs());
    if is_short { format!("{x}") } else { format!("{x:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_by_the_shape() {
        let of = |shape: &[usize]| Column::numbers("h", Tensor::new(shape, vec![0.25, 1e-7]).unwrap());
        assert_eq!(csv(&[of(&[2])], 2), "h\n0.25\n1e-7\n");
        assert_eq!(csv(&[of(&[2]), Column::integers("class", vec![0, 1])], 2), "h,class\n0.25,0\n1e-7,1\n");
        assert_eq!(csv(&[of(&[1, 2])], 1), "h0,h1\n0.25,1e-7\n");
        assert_eq!(csv(&[of(&[1, 1, 2]), Column::words("a", vec!["x,y".into()])], 1), "h0,h1,a\n0.25,1e-7,\"x,y\"\n");
        assert_eq!(csv(&[of(&[2, 1])], 2), "h0\n0.25\n1e-7\n");
    }

    #[test]
    fn names_and_counts_of_rows_must_agree() {
        let of = |name: &str, shape: &[usize]| Column::numbers(name, Tensor::new(shape, vec![0.25, 1e-7]).unwrap());
        assert!(check(&[of("h", &[1, 2]), of("h2", &[1, 2])], 1).is_ok());
        let clash = check(&[of("h", &[1, 2]), of("h1", &[1, 1, 2]), of("h1", &[1, 2])], 1).unwrap_err();
        assert!(clash.to_string().contains("`h10`"), "{clash}");
        assert!(check(&[of("h", &[2])], 3).unwrap_err().to_string().contains("2 rows"));
    }
}
