//! Inputs and outcomes as data have them.

use std::fmt;

use chainrule_exec::ElementType;
use chainrule_graph::{Function, IntegerRange, Kind, NodeId, Shape};

use crate::data::cell::NUMBER;
use crate::data::reading::Reading;
use crate::data::words::{WordEncoding, Words};
use crate::error::{LearnError, find, quote};

/// The part of a value in a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What a prediction is made from.
    Input,
    /// What the prediction is compared with.
    Outcome,
}

impl Role {
    /// `input` or `outcome`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Role::Input => "input",
            Role::Outcome => "outcome",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An input or outcome, and the columns it is read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its part in the function.
    pub role: Role,
    /// What its elements are: real, or whole numbers.
    pub kind: Kind,
    /// For whole numbers: they are at least 0 and less than this.
    pub bound: Option<usize>,
    /// The shape for one row.
    pub shape: Shape,
    /// The columns that its elements are read from, by rows: one for each, but for those of words, see [`Reading`].
    pub columns: Vec<String>,
    /// How the cells of the columns become elements.
    pub reading: Reading,
}

impl Field {
    /// The field of an input or outcome of a function, for values that are made, not read: its columns are NAME, or NAME0,
    /// NAME1, … if it is no scalar.
    ///
    /// # Errors
    /// There is no input or outcome of that name.
    pub fn of(function: &Function, name: &str) -> Result<Field, LearnError> {
        let inputs = function.inputs.iter().map(|&id| (Role::Input, id));
        let all: Vec<(Role, NodeId)> = inputs.chain(function.outcomes.iter().map(|&id| (Role::Outcome, id))).collect();
        let (role, id) = all[find("input or outcome", name, all.iter().map(|&(_, id)| function.name(id)))?];
        let (shape, kind) = (function.graph.shape(id).clone(), function.graph.kind(id));
        let columns = match shape.rank() {
            0 => vec![name.to_string()],
            _ => (0..shape.size()).map(|i| format!("{name}{i}")).collect(),
        };
        Ok(Field { name: name.into(), role, kind, bound: None, shape, columns, reading: Reading::default() }
            .bounded(function))
    }

    /// The same with the bound that follows from the function, see [`Function::bound`].
    pub fn bounded(mut self, function: &Function) -> Field {
        if self.kind == Kind::Int {
            let input = function.graph.find(&self.name);
            // Of what may be another number, too, the function knows.
            let input = input.filter(|input| function.graph.ignored(input.node).is_none());
            self.bound = input.and_then(|id| function.bound(id));
        }
        self
    }

    /// An error unless its values for one row are of the shape and the kind that a function takes there.
    pub(crate) fn check(&self, function: &Function, id: NodeId) -> Result<(), LearnError> {
        let (what, name) = (self.role.name(), self.name.clone());
        let (shape, kind) = (function.graph.shape(id), function.graph.kind(id));
        if self.shape != *shape {
            return Err(LearnError::shape(what, &name, &self.shape, shape));
        }
        if self.kind != kind {
            return Err(LearnError::Kind { what, name, found: self.kind, expected: kind });
        }
        Ok(())
    }

    /// An error unless it has a column for each element of a row. `file` is what messages call the rows.
    pub(crate) fn check_columns(&self, file: &str) -> Result<(), LearnError> {
        let (size, found) = (self.shape.checked_size(), self.width());
        if size == Some(found) {
            return Ok(());
        }
        Err(LearnError::Columns {
            file: file.into(),
            name: format!("{} `{}`", self.role, self.name),
            problem: format!("has shape {} and {found} columns; one for each element would be right", self.shape),
            remedy: None,
        })
    }

    /// How many elements the cells of its columns become.
    pub(crate) fn width(&self) -> usize {
        self.columns.iter().map(|column| self.reading.width(column)).sum()
    }

    /// What each of its elements is called: by its column, and by the word that it stands for.
    pub fn element_names(&self) -> Vec<String> {
        let names = |column: &String| match self.reading.words.get(column) {
            Some(words) => words.element_names(column),
            None => vec![column.clone()],
        };
        self.columns.iter().flat_map(names).collect()
    }

    /// The indices of the elements that are of words.
    pub(crate) fn word_elements(&self) -> Vec<usize> {
        let is_word = |column: &String| {
            let is_word = self.reading.words.contains_key(column);
            std::iter::repeat_n(is_word, self.reading.width(column))
        };
        let elements = self.columns.iter().flat_map(is_word).enumerate();
        elements.filter(|(_, is_word)| *is_word).map(|(index, _)| index).collect()
    }

    /// The words of an outcome or input of classes, in the order of the classes; none if they are numbers.
    pub fn classes(&self) -> Option<&Words> {
        if let Some(classes) = &self.reading.classes {
            return Some(classes);
        }
        let words = self.reading.words.get(self.columns.first()?)?;
        (self.columns.len() == 1 && words.encoding == WordEncoding::Class).then_some(words)
    }

    /// What is said of a cell of its columns that holds something else than in training.
    pub(crate) fn wanted(&self) -> String {
        match self.kind {
            Kind::Real => format!("{NUMBER} would be right"),
            Kind::Int | Kind::Bool => format!("{} would be right", self.elements()),
        }
    }

    /// What is said of an element that may not be there.
    pub(crate) fn refusal(&self, expected: ElementType, found: f64) -> String {
        let name = &self.name;
        let but = match (expected, self.role) {
            (ElementType { kind: Kind::Int, range: IntegerRange { least: Some(0), below: Some(below), .. } }, role)
                if found.fract() == 0.0 =>
            {
                match role {
                    Role::Outcome => format!(", but `{name}` has {below} classes"),
                    Role::Input => format!(", but `{name}` is less than {below}"),
                }
            }
            _ => String::new(),
        };
        let word = self.classes().and_then(|words| words.words.get(found as usize));
        let found = word.map_or_else(|| found.to_string(), |word| format!("{}, the class {found}", quote(word)));
        format!("found {found}{but}; {expected} would be right")
    }

    /// What its elements may be.
    pub(crate) fn elements(&self) -> ElementType {
        ElementType { kind: self.kind, range: IntegerRange::within(self.bound) }
    }
}
