//! What can be wrong with data, parameters and files, said with the location and the remedy.

use std::fmt;

use chainrule_exec::{ExecError, Inadmissible};
use chainrule_graph::text::near;
use chainrule_graph::{GraphError, Kind, Origin, Shape};
use thiserror::Error;

/// What a caller could give, so that a mistake would be none. An error's own message says it in words of this library;
/// a caller whose users give such things by an option or an argument says it by that, see [`LearnError::worded`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// A [`Mapping`](crate::Mapping) of the input or outcome of this name to its columns.
    MapColumns(String),
    /// The number of one of the free sizes of these names.
    BindSizes(Vec<String>),
    /// What separates the cells of a table.
    NameSeparator,
    /// That a column is not to be taken, of this name.
    DropColumn(String),
    /// That the numbers of a column, of this name, are names of classes.
    NameClasses(String),
    /// The rows of a batch: so many at least, also in the last of an epoch.
    LargerBatch(usize),
    /// What becomes of missing cells.
    Missing {
        /// Whether some of them are numbers of a real input, which their mean can fill.
        numbers: bool,
        /// Whether some of them are among the words of an input.
        words: bool,
    },
    /// That rows with a missing cell are left out of a table that a trained model is used on, or are filled in as training said.
    FilledHoles {
        /// Whether the mean of training could fill them.
        numbers: bool,
        /// Whether they could have been a word of their own.
        words: bool,
    },
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remedy::MapColumns(name) => write!(f, "or map `{name}` to its columns"),
            Remedy::DropColumn(name) => write!(f, "leave out `{name}`"),
            Remedy::NameClasses(name) => write!(f, "or train with the numbers of `{name}` taken as names of classes"),
            Remedy::Missing { numbers, words } => {
                let mean = if *numbers { ", fill numbers by their mean" } else { "" };
                let class = if *words { ", make a word of its own of a hole among words" } else { "" };
                write!(f, "drop the rows{mean}{class}")
            }
            Remedy::FilledHoles { numbers, words } => {
                let mean = if *numbers { ", or train with missing numbers filled in by their mean" } else { "" };
                let class = if *words { ", or train with a hole among words as a word of its own" } else { "" };
                write!(f, "leave such rows out of the table{mean}{class}")
            }
            Remedy::LargerBatch(least) => write!(f, "take batches of which the last, too, has at least {least} rows"),
            Remedy::NameSeparator => f.write_str("name what separates the cells"),
            Remedy::BindSizes(names) => write!(f, "bind one of {}", list(names.iter().map(String::as_str))),
        }
    }
}

impl Remedy {
    /// What follows a problem in a message.
    fn after(problem: &str, remedy: &Option<Remedy>) -> String {
        remedy.as_ref().map_or_else(String::new, |remedy| following(problem, &remedy.to_string()))
    }
}

/// A remedy as it goes on after a problem: in the same sentence, or, after a question, in one of its own.
fn following(problem: &str, remedy: &str) -> String {
    let mut rest = remedy.chars();
    match rest.next() {
        Some(first) if problem.ends_with('?') => format!(" {}{}", first.to_uppercase(), rest.as_str()),
        _ => format!("; {remedy}"),
    }
}

/// Where a row is in its file, as messages say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowPlace {
    /// In a table: the line on which it begins, from 1.
    Line(u32),
    /// In arrays: its number, from 1.
    Row(u32),
}

impl RowPlace {
    /// A line, from 1.
    pub(crate) fn line(line: usize) -> RowPlace {
        RowPlace::Line(u32::try_from(line).unwrap_or(u32::MAX))
    }

    /// A row of arrays, from 1.
    #[cfg(feature = "training")]
    pub(crate) fn row(row: usize) -> RowPlace {
        RowPlace::Row(u32::try_from(row).unwrap_or(u32::MAX))
    }
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowPlace::Line(line) => write!(f, "line {line}"),
            RowPlace::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// A mistake in what a user gave: what was found, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum LearnError {
    /// A file as a whole.
    #[error("{file}: {problem}")]
    File {
        /// The file, as the user named it.
        file: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// A row of a table.
    #[error("{file}, line {line}: {problem}{}", Remedy::after(problem, remedy))]
    Row {
        /// The file.
        file: String,
        /// The line of the file on which the row begins, from 1.
        line: usize,
        /// What is wrong, and what would be right.
        problem: String,
        /// What else would help.
        remedy: Option<Remedy>,
    },
    /// A cell of a table, or an element of an array.
    #[error("{file}, {place}, column `{column}`: {problem}{}", Remedy::after(problem, remedy))]
    Cell {
        /// The file.
        file: String,
        /// Its row.
        place: RowPlace,
        /// The column's name in the header.
        column: String,
        /// What was found, and what would be right.
        problem: String,
        /// What else would help.
        remedy: Option<Remedy>,
    },
    /// A cell of a row that is given by itself.
    #[error("column `{column}`: {problem}")]
    Column {
        /// The column's name.
        column: String,
        /// What was found, and what would be right.
        problem: String,
    },
    /// Cells of a table that are missing.
    #[error("{file}: {problem}{}", Remedy::after(problem, remedy))]
    Missing {
        /// The file.
        file: String,
        /// How many are missing in which columns.
        problem: String,
        /// What would help.
        remedy: Option<Remedy>,
    },
    /// A node that cannot be computed at a row, such as one whose index is out of range.
    #[error("{file}, {place}: {name}: {problem}; look at that row, and at what leads to this node")]
    Node {
        /// The file.
        file: String,
        /// The row.
        place: RowPlace,
        /// The node, as a message calls it: `` `h` ``, or its op and its index in the graph.
        name: String,
        /// Where it was written.
        origin: Origin,
        /// What was found, and what would be right.
        problem: String,
    },
    /// The columns that an input or outcome takes.
    #[error("{file}: {name} {problem}{}", Remedy::after(problem, remedy))]
    Columns {
        /// The file.
        file: String,
        /// The input or outcome: ``input `x` ``.
        name: String,
        /// What is wrong, and what would be right.
        problem: String,
        /// What else would help.
        remedy: Option<Remedy>,
    },
    /// What a [`Mapping`](crate::Mapping) says.
    #[error("the mapping of `{name}`: {problem}{}", Remedy::after(problem, remedy))]
    Mapping {
        /// The name that is mapped.
        name: String,
        /// What is wrong, and what would be right.
        problem: String,
        /// What else would help.
        remedy: Option<Remedy>,
    },
    /// A free size.
    #[error("size {name}: {problem}{}", Remedy::after(problem, remedy))]
    Size {
        /// The size, or the sizes: `` `d` ``.
        name: String,
        /// Why it cannot be told.
        problem: String,
        /// What would help.
        remedy: Option<Remedy>,
    },
    /// A name that is not there.
    #[error("there is no {what} `{name}`; {known}")]
    Unknown {
        /// What it would be the name of.
        what: &'static str,
        /// The name.
        name: String,
        /// A near one, or all that there are.
        known: String,
    },
    /// A value that is missing, of another shape, or with an element that is none of those that may be there.
    #[error("the {what} `{name}` {problem}")]
    Value {
        /// What it is the value of.
        what: &'static str,
        /// Its name.
        name: String,
        /// What was found, and what would be right.
        problem: Inadmissible,
    },
    /// Two values of one name.
    #[error("the {what} `{name}` has two values; one would be right")]
    Repeated {
        /// What they are values of.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Values of another kind than the function takes.
    #[error("the {what} `{name}` takes numbers of kind {expected}, not {found}")]
    Kind {
        /// What it is the value of.
        what: &'static str,
        /// Its name.
        name: String,
        /// The kind that was found.
        found: Kind,
        /// The kind that would be right.
        expected: Kind,
    },
    /// A value that is no finite number.
    #[error("the {what} `{name}` would be {value} at element {element}; a finite number would be right")]
    NotFinite {
        /// What it is the value of.
        what: &'static str,
        /// Its name.
        name: String,
        /// Its flat row-major position.
        element: usize,
        /// The value.
        value: f64,
    },
    /// A setting out of its range.
    #[error("{name} {problem}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What was found and what would be right.
        problem: String,
    },
    /// A batch of too few rows for what compares the rows of a batch.
    #[error("{problem}{}", Remedy::after(problem, remedy))]
    Batch {
        /// What would see too few, in which step.
        problem: String,
        /// What would help.
        remedy: Option<Remedy>,
    },
    /// What a function lacks for what was asked of it.
    #[error("the function has no {0}")]
    Lacks(&'static str),
    /// A mistake in a graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A mistake in running a graph.
    #[error(transparent)]
    Exec(#[from] ExecError),
}

impl LearnError {
    /// There is no value, where one of a shape is needed.
    pub(crate) fn missing(what: &'static str, name: &str, expected: &Shape) -> LearnError {
        let problem = Inadmissible::Missing { expected: expected.clone() };
        LearnError::Value { what, name: name.into(), problem }
    }

    /// A value of another shape.
    pub(crate) fn shape(what: &'static str, name: &str, found: &Shape, expected: &Shape) -> LearnError {
        let problem = Inadmissible::Shape { expected: expected.clone(), found: found.clone() };
        LearnError::Value { what, name: name.into(), problem }
    }

    /// What the caller could give, if that is known.
    pub fn remedy(&self) -> Option<&Remedy> {
        match self {
            LearnError::Row { remedy, .. }
            | LearnError::Cell { remedy, .. }
            | LearnError::Missing { remedy, .. }
            | LearnError::Columns { remedy, .. }
            | LearnError::Mapping { remedy, .. }
            | LearnError::Size { remedy, .. }
            | LearnError::Batch { remedy, .. } => remedy.as_ref(),
            _ => None,
        }
    }

    /// The message, with the remedy in the caller's words: what the user would give, and how.
    pub fn worded(&self, words: impl FnOnce(&Remedy) -> String) -> String {
        let mut plain = self.clone();
        let remedy = match &mut plain {
            LearnError::Row { remedy, .. }
            | LearnError::Cell { remedy, .. }
            | LearnError::Missing { remedy, .. }
            | LearnError::Columns { remedy, .. }
            | LearnError::Mapping { remedy, .. }
            | LearnError::Size { remedy, .. }
            | LearnError::Batch { remedy, .. } => remedy.take(),
            _ => None,
        };
        let plain = plain.to_string();
        remedy.map_or_else(|| plain.clone(), |remedy| format!("{plain}{}", following(&plain, &words(&remedy))))
    }

    pub(crate) fn file(file: impl Into<String>, problem: impl Into<String>) -> LearnError {
        LearnError::File { file: file.into(), problem: problem.into() }
    }
}

/// The index of a name among those of all that is `what`; an error that says which was perhaps meant.
pub(crate) fn find<'a>(
    what: &'static str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Result<usize, LearnError> {
    let index = known.clone().position(|other| other == name);
    index.ok_or_else(|| LearnError::Unknown { what, name: name.into(), known: suggest(name, known) })
}

/// `did you mean …?` where one of the names is near, else what names there are.
pub(crate) fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str, IntoIter: Clone>) -> String {
    let known = known.into_iter().filter(|name| !name.is_empty());
    match near(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.clone().next().is_none() => "there is none".into(),
        None if known.clone().nth(1).is_none() => format!("there is {}", list(known)),
        None => format!("there are {}", list(known)),
    }
}

/// `a, b, c`; only the first of many.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<String> = names.into_iter().map(quote).collect();
    match names.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{} and {more} more", names[..SHOWN].join(", ")),
        _ => names.join(", "),
    }
}

/// A text as a message shows it: in backquotes, of bearable length, without line breaks.
pub(crate) fn quote(text: &str) -> String {
    const SHOWN: usize = 40;
    let plain = |c: char| if matches!(c, '"' | '\'') { c.to_string() } else { c.escape_debug().to_string() };
    let mut shown: String = text.chars().take(SHOWN).map(plain).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}
