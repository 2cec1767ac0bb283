//! What the user says about the columns of a table, and what fit says it took.

use chainrule::Function;
use chainrule::learn::{Assignment, DataFile, Dataset, Field, Mapping, Missing, Role, Selection, WordEncoding, Words};
use clap::{Args, ValueEnum};

use crate::format::{self, on_one_line, shortened};
use crate::output::message;

/// Which columns a model takes, and what becomes of words and holes in them.
#[derive(Args, Clone)]
pub struct ColumnOptions {
    /// The columns of an input or outcome: --map x=age,weight (may be repeated). V1..V28 are numbered ones, pixel* all that
    /// begin so, and "a, b" is one whose name holds a comma
    #[arg(long, value_name = "NAME=COLUMN,…", value_parser = mapping, allow_hyphen_values = true)]
    pub map: Vec<Mapping>,

    /// Columns that an only input does not take with the rest: names, identifiers
    #[arg(long, value_name = "COLUMN,…", value_parser = names, allow_hyphen_values = true)]
    drop: Vec<Names>,

    /// Columns whose numbers are words: classes that do not count from 0, such as 1, 2, 3 or -1, 1
    #[arg(long, value_name = "COLUMN,…", value_parser = names, allow_hyphen_values = true)]
    classes: Vec<Names>,

    /// What becomes of missing cells: drop leaves out their rows, mean fills in numbers of real inputs by the mean of the
    /// training rows, class makes a word of its own of a hole among words (may be repeated)
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    missing: Vec<MissingName>,
}

/// Names of columns, set off by commas.
#[derive(Clone, Debug, PartialEq)]
struct Names(Vec<String>);

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MissingName {
    Drop,
    Mean,
    Class,
}

impl ColumnOptions {
    /// All of it.
    pub fn selection(&self) -> Selection {
        let all = |names: &[Names]| names.iter().flat_map(|names| &names.0).cloned().collect();
        Selection {
            mappings: self.map.clone(),
            dropped: all(&self.drop),
            classes: all(&self.classes),
            missing: Missing {
                drop: self.drops_rows(),
                mean: self.missing.contains(&MissingName::Mean),
                class: self.missing.contains(&MissingName::Class),
            },
        }
    }

    /// Whether rows with a missing cell are left out.
    pub fn drops_rows(&self) -> bool {
        self.missing.contains(&MissingName::Drop)
    }
}

/// The columns of an input or outcome.
fn mapping(text: &str) -> Result<Mapping, String> {
    let (name, columns) = text.split_once('=').unwrap_or((text, ""));
    match names(columns) {
        Ok(Names(columns)) if !name.trim().is_empty() => Ok(Mapping { name: name.trim().into(), columns }),
        _ => Err("a name and its columns would be right, as in x=age,weight".into()),
    }
}

/// Names set off by commas; one that holds a comma stands in quotes.
fn names(text: &str) -> Result<Names, String> {
    let mut names = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => names.push(String::new()),
            _ => names.last_mut().expect("there is one at least").push(character),
        }
    }
    let names: Vec<String> = names.iter().map(|name| name.trim().to_string()).collect();
    if quoted || names.iter().any(String::is_empty) {
        return Err("names of columns would be right, as in age,weight".into());
    }
    Ok(Names(names))
}

/// Says which columns each input and outcome took, and how many rows were left out.
pub fn report(assignment: &Assignment, data: &DataFile) {
    let file = data.file();
    for field in &assignment.fields {
        let taken = match data {
            DataFile::Table(_) => taken(field),
            DataFile::Arrays(_) => {
                let classes = field.classes().map_or_else(String::new, |words| format!(" ({})", of_words(words)));
                format!("an array of {} for each row{classes}", field.shape)
            }
        };
        message(format!("{} `{}` takes {taken}", field.role, field.name));
    }
    let columns = assignment.fields.iter().flat_map(|field| &field.columns);
    let mut fractions = columns.filter(|name| name.parse::<f64>().is_ok_and(|number| number.fract() != 0.0));
    if let Some(name) = fractions.next() {
        message(format!(
            "warning: {file}: a column is named `{name}`; if the first line is a row of data, a line with the columns' names \
             before it would be right"
        ));
    }
    for field in assignment.fields.iter().filter(|field| field.role == Role::Input) {
        for (column, words) in field.reading.words.iter().filter(|(_, words)| words.look_like_numbers()) {
            let word = &words.words[0];
            message(format!(
                "warning: {file}: the column `{column}` is taken as words, though they look like numbers, as `{word}` does; \
                 write them as 1234.5"
            ));
        }
    }
    if let Some(ambiguity) = &assignment.ambiguity {
        message(format!("warning: {file}: {ambiguity}"));
    }
    if !assignment.unnamed.is_empty() {
        let numbers = assignment.unnamed.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        let (columns, have, them) = match assignment.unnamed.len() {
            1 => ("column", "has", "it"),
            _ => ("columns", "have", "them"),
        };
        message(format!(
            "note: {file}: {columns} {numbers} {have} no name, as row names have none, and {have} been left out; a name in \
             the header lets {them} be taken"
        ));
    }
    if assignment.left_out > 0 {
        let rows = if assignment.left_out == 1 { "1 row" } else { &format!("{} rows", assignment.left_out) };
        message(format!("{file}: left out {rows} with missing cells"));
    }
}

/// Warns of columns that tell what is to be predicted.
pub fn warn_of_copies(data: &Dataset) {
    for (column, outcome) in data.copies_of_outcomes() {
        message(format!(
            "warning: {}: the column `{column}` equals outcome `{outcome}` in every row; leave it out, by --drop or --map, \
             if it is not known when predicting",
            data.file()
        ));
    }
}

/// Warns of columns that are the same in every row.
pub fn warn_of_constants(function: &Function, data: &Dataset) {
    let constant = data.constant_columns(function);
    let file = data.file();
    match &constant[..] {
        [] => {}
        [column] => message(format!(
            "warning: {file}: the column `{column}` is the same in every row to train on, and tells nothing: its weight cannot \
             be told from a bias"
        )),
        several => message(format!(
            "warning: {file}: {} columns are the same in every row to train on, and tell nothing: {}; their weights cannot be \
             told from a bias",
            several.len(),
            few(several)
        )),
    }
}

/// `age, weight, …, height`
pub fn few(columns: &[String]) -> String {
    const SHOWN: usize = 12;
    match columns.len().checked_sub(SHOWN) {
        Some(1..) => format!("{}, …, {}", columns[..SHOWN - 1].join(", "), columns[columns.len() - 1]),
        _ => columns.join(", "),
    }
}

/// `age, weight and city (Paris, Rome)`
fn taken(field: &Field) -> String {
    let described = |column: &String| match field.reading.words.get(column) {
        None => on_one_line(column),
        Some(words) => format!("{} ({})", on_one_line(column), of_words(words)),
    };
    let columns: Vec<String> = field.columns.iter().map(described).collect();
    match field.columns.len() {
        0 | 1 => few(&columns),
        count => format!("{count} columns: {}", few(&columns)),
    }
}

fn of_words(words: &Words) -> String {
    let all: Vec<String> = words.words.iter().map(|word| shortened(&format::word(word), 20)).collect();
    let (count, listed) = (all.len(), shortened(&all.join(", "), 60));
    match words.encoding {
        WordEncoding::Class => format!("{count} classes: {listed}"),
        WordEncoding::Truth => format!("{listed}: 0, 1"),
        WordEncoding::Indicators if count == 1 => format!("1 where it is {listed}"),
        WordEncoding::Indicators => format!("a column for each of {count} words: {listed}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_a_name_and_columns() {
        let of = |name: &str, columns: &[&str]| Mapping {
            name: name.into(),
            columns: columns.iter().map(|column| column.to_string()).collect(),
        };
        assert_eq!(mapping("x=age,weight"), Ok(of("x", &["age", "weight"])));
        assert_eq!(mapping(" x = age , body weight "), Ok(of("x", &["age", "body weight"])));
        assert_eq!(mapping("x=\"a, b\",c=d"), Ok(of("x", &["a, b", "c=d"])));
        for wrong in ["x", "=age", "x=", "x=age,,weight", "x=age,", " =age", "x=\"a,b"] {
            assert!(mapping(wrong).is_err(), "{wrong}");
        }
    }
}
