//! Which columns each input and outcome of a model takes, and what its free sizes are by their number.
//!
//! An input or outcome NAME takes, in this order: what a mapping says; the column NAME; the columns NAME0, NAME1, …;
//! and, if it is the only input, all columns that no outcome took.

use chainrule_graph::Shape;

use crate::data::choice::Choice;
use crate::data::declaration::{FieldDeclaration, Mapping};
use crate::data::field::Field;
use crate::data::sizes::Sizes;
use crate::data::table::Table;
use crate::error::{LearnError, Remedy};

/// What the columns of a table say about a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Each input and outcome with its shape and columns, in the order of the declarations. Without bounds, which the
    /// function knows once it is built with these sizes: see [`Field::bounded`].
    pub fields: Vec<Field>,
    /// The sizes that the columns bind, in the order in which they were found; those known before are not among them.
    pub sizes: Vec<(String, usize)>,
}

/// Gives each input and outcome its columns of the table and binds the free sizes. `known` are the sizes that the model
/// or the user has set.
///
/// # Errors
/// A mapping of a name that is no input or outcome, twice of one name, of no column, or to a column that is not there
/// or twice there; an input or outcome without columns, or with one that has no name, or with more or fewer than its
/// size; a size bound to two numbers, or to none since a shape has two free sizes.
pub fn assign(
    declarations: &[FieldDeclaration],
    table: &Table,
    mappings: &[Mapping],
    known: &[(String, usize)],
) -> Result<Assignment, LearnError> {
    let taken = Choice { declarations, table, mappings }.choose()?;
    for (declaration, columns) in declarations.iter().zip(&taken) {
        if let Some(column) = columns.iter().find(|&&column| table.names()[column].is_empty()) {
            let (number, taker) = (column + 1, declaration.described());
            let problem = format!("column {number} has no name, and {taker} would take it; name it");
            return Err(table.in_header(problem, Some(Remedy::MapColumns(declaration.name.clone()))));
        }
    }
    let mut sizes = Sizes::new(table, known);
    sizes.bind(declarations, &taken)?;
    let fields = declarations.iter().zip(taken).map(|(declaration, columns)| Field {
        name: declaration.name.clone(),
        role: declaration.role,
        kind: declaration.kind,
        bound: None,
        shape: declaration.dims.iter().filter_map(|dim| sizes.value(dim)).collect::<Shape>(),
        columns: columns.into_iter().map(|column| table.names()[column].clone()).collect(),
    });
    let fields = fields.collect();
    Ok(Assignment { fields, sizes: sizes.bound() })
}

/// Whether a further table, such as one to validate on, has as many of the columns NAME0, NAME1, … as a field took from
/// the first: their number must be the size in each table. What a mapping names takes just what that says.
///
/// # Errors
/// It has more of them.
pub fn check_counts(fields: &[Field], table: &Table, mappings: &[Mapping]) -> Result<(), LearnError> {
    for Field { name, role, columns, .. } in fields {
        let count = columns.len();
        let numbered = columns.iter().enumerate().all(|(index, column)| *column == format!("{name}{index}"));
        let next = format!("{name}{count}");
        let others = fields.iter().any(|field| field.columns.contains(&next));
        let mapped = mappings.iter().any(|mapping| mapping.name == *name);
        if numbered && !others && !mapped && table.find(&next).is_some() {
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
