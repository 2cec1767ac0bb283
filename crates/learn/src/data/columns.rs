//! Which columns each input and outcome of a model takes, what their cells become, and what the free sizes are by their
//! number.
//!
//! An input or outcome NAME takes, in this order: what a mapping says; the column NAME; the columns NAME0, NAME1, … or
//! NAME1, NAME2, …; and, if it is the only input, all columns that no outcome took and nobody dropped.

use chainrule_exec::run::SharedRows;
use chainrule_graph::{Function, Shape};

use crate::data::choice::{Choice, Chosen};
use crate::data::dataset::Dataset;
use crate::data::declaration::{FieldDeclaration, Mapping};
use crate::data::field::Field;
use crate::data::resolve::{self, Resolved, Taken};
use crate::data::row_places::RowPlaces;
use crate::data::selection::Selection;
use crate::data::sizes::Sizes;
use crate::data::table::Table;
use crate::error::LearnError;

/// What the columns of a table say about a model, and their cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Each input and outcome with its shape and columns, in the order of the declarations. Without bounds, which the
    /// function knows once it is built with these sizes: see [`Field::bounded`].
    pub fields: Vec<Field>,
    /// The sizes that the columns bind, in the order in which they were found; those known before are not among them.
    pub sizes: Vec<(String, usize)>,
    /// How many rows were left out since a cell is missing in them.
    pub left_out: usize,
    /// The columns, counted from 1, that an input which takes all the rest was not given since they have no name.
    pub unnamed: Vec<usize>,
    /// Where a sign between digits was read as a decimal one though it may stand between thousands, and what would be right.
    pub ambiguity: Option<String>,
    file: String,
    places: RowPlaces,
    values: Vec<SharedRows>,
}

impl Assignment {
    pub(crate) fn of(
        file: &str,
        places: RowPlaces,
        fields: Vec<Field>,
        sizes: Vec<(String, usize)>,
        values: Vec<SharedRows>,
    ) -> Assignment {
        Assignment {
            fields,
            sizes,
            left_out: 0,
            unnamed: Vec::new(),
            ambiguity: None,
            file: file.into(),
            places,
            values,
        }
    }

    /// The rows, for a function that was built with these sizes.
    ///
    /// # Errors
    /// They name the line and the column of a number that is none of the whole numbers of its input or outcome.
    pub fn dataset(self, function: &Function) -> Result<Dataset, LearnError> {
        let fields = self.fields.into_iter().map(|field| field.bounded(function)).collect();
        Dataset::checked(self.file, self.places, fields, self.values)
    }
}

/// Gives each input and outcome its columns of the table, reads them and binds the free sizes. `known` are the sizes that
/// the model or the user has set.
///
/// # Errors
/// A mapping of a name that is no input or outcome, twice of one name, of no column, or to a column that is not there
/// or twice there; an input or outcome without columns, or with more or fewer than its
/// size; an input that is given a column of an outcome; a size bound to two numbers, or to none since a shape has two free
/// sizes. Cells that are no numbers where those are wanted, and missing ones that the selection does not cover.
pub fn assign(
    declarations: &[FieldDeclaration],
    table: &Table,
    selection: &Selection,
    known: &[(String, usize)],
) -> Result<Assignment, LearnError> {
    let Chosen { columns: chosen, unnamed } = Choice { declarations, table, selection }.choose()?;
    let taken = declarations.iter().zip(&chosen).map(|(FieldDeclaration { name, role, kind, .. }, columns)| Taken {
        name,
        role: *role,
        kind: *kind,
        columns,
    });
    let Resolved { lines, values, readings, left_out, ambiguity } =
        resolve::first(table, &taken.collect::<Vec<_>>(), selection)?;
    let fields = declarations.iter().zip(chosen).zip(readings).map(|((declaration, columns), reading)| Field {
        name: declaration.name.clone(),
        role: declaration.role,
        kind: declaration.kind,
        bound: None,
        shape: Shape::scalar(),
        columns: columns.into_iter().map(|column| table.names()[column].clone()).collect(),
        reading,
    });
    let mut fields: Vec<Field> = fields.collect();

    let mut sizes = Sizes::new(table.file(), known);
    let elements: Vec<Vec<String>> = fields.iter().map(Field::element_names).collect();
    sizes.bind(declarations, &elements)?;
    for (field, declaration) in fields.iter_mut().zip(declarations) {
        field.shape = declaration.dims.iter().filter_map(|dim| sizes.value(dim)).collect();
    }
    let values = values.into_iter().map(SharedRows::from).collect();
    let unnamed = unnamed.into_iter().map(|column| column + 1).collect();
    Ok(Assignment {
        left_out,
        unnamed,
        ambiguity,
        ..Assignment::of(table.file(), RowPlaces::lines(lines), fields, sizes.bound(), values)
    })
}

/// Whether a further table, such as one to validate on, has as many of the columns NAME0, NAME1, … or NAME1, NAME2, … as a
/// field took from the first: their number must be the size in each table. What a mapping names takes just what that says.
///
/// # Errors
/// It has more of them.
pub fn check_counts(fields: &[Field], table: &Table, mappings: &[Mapping]) -> Result<(), LearnError> {
    for Field { name, role, columns, .. } in fields {
        let count = columns.len();
        let numbered_from = |first: usize| {
            columns.iter().enumerate().all(|(index, column)| *column == format!("{name}{}", first + index))
        };
        let Some(first) = [0, 1].into_iter().find(|&first| numbered_from(first)) else { continue };
        let next = format!("{name}{}", first + count);
        let others = fields.iter().any(|field| field.columns.contains(&next));
        let mapped = mappings.iter().any(|mapping| mapping.name == *name);
        if !others && !mapped && table.find(&next).is_some() {
            let plural = if count == 1 { "" } else { "s" };
            return Err(LearnError::Columns {
                file: table.file().into(),
                name: format!("{role} `{name}`"),
                problem: format!("took {count} column{plural} for training, but here `{next}` is there, too"),
                remedy: None,
            });
        }
    }
    Ok(())
}
