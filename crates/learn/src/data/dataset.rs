//! The rows of a table as the values of a model's inputs and outcomes.

use std::borrow::Cow;

use chainrule_exec::run::SharedRows;
use chainrule_exec::{ElementType, Inadmissible, InputType};
use chainrule_graph::{Function, Kind, NodeId, Shape, Tensor};

use crate::data::field::{Field, Role};
use crate::data::reading::Reading;
use crate::data::refusal::{refused, wrong_element};
use crate::data::row_places::RowPlaces;
#[cfg(feature = "training")]
use crate::data::rows::is_constant;
use crate::data::rows::{in_f64, length, picked, picked_in_f64};
use crate::data::standardize::Standardize;
#[cfg(feature = "training")]
use crate::data::too_large::too_large;
use crate::error::{LearnError, RowPlace, find};

/// The values of inputs and outcomes in each row: read from a [`Table`](crate::Table), or made.
///
/// ```
/// use chainrule_graph::{Builder, Initializer};
/// use chainrule_learn::{Dataset, Field, Parameters, Role, RowPlace, Table, scores};
///
/// let builder = Builder::new();
/// let (x, y) = (builder.input("x", [2]), builder.outcome("y", []));
/// let w = builder.parameter("w", [2], Initializer::Constant(1.0));
/// builder.prediction(w.dot(x));
/// builder.objective((w.dot(x) - y).power(2.0));
/// let function = builder.finish()?;
///
/// // Two rows that are there already, in f32 or f64: x of shape [2] each, y a scalar.
/// let (x, y) = (Field::of(&function, "x")?, Field::of(&function, "y")?);
/// let made = Dataset::new("the rows", 2, [(x, vec![1.0f32, 2.0, 3.0, 4.0]), (y, vec![3.0, 8.0])])?;
/// assert_eq!(made.batch_of(Role::Input, &[0, 1])[0].1.shape()[..], [2, 2]);
/// let parameters = Parameters::initialize(&function, 0)?;
/// assert_eq!(scores(&function, &parameters, &made)?.objective, 0.5); // the mean of (3 − 3)² and (7 − 8)²
///
/// // The same rows from a table.
/// let table = Table::from_bytes("rows.csv", b"x0,x1,y\n1,2,3\n3,4,8\n".to_vec())?;
/// let read = Dataset::read(&table, made.fields())?;
/// assert_eq!((read.values("x")?, read.place(1)), (made.values("x")?, RowPlace::Line(3)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    file: String,
    places: RowPlaces,
    fields: Vec<Field>,
    /// For each field its elements, rows × size, row by row. Programs of their precision share them.
    values: Vec<SharedRows>,
    /// What was standardised, and how.
    standardized: Vec<(String, Standardize)>,
}

impl Dataset {
    /// The elements of fields, if each is what its field takes.
    #[cfg(feature = "training")]
    pub(crate) fn checked(
        file: String,
        places: RowPlaces,
        fields: Vec<Field>,
        values: Vec<SharedRows>,
    ) -> Result<Dataset, LearnError> {
        let checks = fields.iter().zip(&values).filter_map(|(field, values)| {
            let Err(problem) = check(&field.elements(), values) else {
                return too_large(&file, field, values, &places);
            };
            let row = if let Inadmissible::Element { index, .. } = problem { index / field.width().max(1) } else { 0 };
            Some((row, refused(&file, field, problem, &places)))
        });
        if let Some((_, error)) = checks.min_by_key(|(row, _)| *row) {
            return Err(error);
        }
        Ok(Dataset { file, places, fields, values, standardized: Vec::new() })
    }

    /// Rows that were made, not read: for each field rows × size elements, row by row, in f32 or f64. A vector is taken
    /// over and an [`Arc`](std::sync::Arc) is shared, by programs of its precision too, while a slice is copied once.
    /// Messages call the rows `name`, and number their lines as [`Dataset::to_csv`] would.
    ///
    /// # Errors
    /// A field has more or fewer elements than that, or another number of columns than its shape.
    pub fn new<V: Into<SharedRows>>(
        name: &str,
        rows: usize,
        fields: impl IntoIterator<Item = (Field, V)>,
    ) -> Result<Dataset, LearnError> {
        let (fields, values): (Vec<Field>, Vec<SharedRows>) =
            fields.into_iter().map(|(field, values)| (field, values.into())).unzip();
        for (field, values) in fields.iter().zip(&values) {
            field.check_columns(name)?;
            let (found, expected) = (length(values), field.shape.with_leading(rows));
            if expected.checked_size() != Some(found) {
                let problem = Inadmissible::Length { expected, found };
                return Err(LearnError::Value { what: field.role.name(), name: field.name.clone(), problem });
            }
        }
        let places = RowPlaces::made(rows);
        Ok(Dataset { file: name.into(), places, fields, values, standardized: Vec::new() })
    }

    /// What messages call the source of the rows.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.places.count()
    }

    /// Where a row is in its file; the row is less than [`Dataset::rows`], as in all that follows.
    pub fn place(&self, row: usize) -> RowPlace {
        self.places.at(row)
    }

    /// Whether the rows were read from a table.
    #[cfg(feature = "training")]
    pub(crate) fn is_of_table(&self) -> bool {
        self.places.are_of_table()
    }

    /// Whether an element of the field of an index is the same in all rows.
    #[cfg(feature = "training")]
    pub(crate) fn is_constant_at(&self, index: usize, element: usize) -> bool {
        is_constant(&self.values[index], self.fields[index].shape.size(), element)
    }

    /// The inputs and outcomes.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// All elements of an input or outcome, rows × size, row by row.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn values(&self, name: &str) -> Result<Cow<'_, [f64]>, LearnError> {
        Ok(self.values_at(self.find(name)?))
    }

    /// The rows that a function takes for one of its inputs or outcomes.
    ///
    /// # Errors
    /// There is no such field, or it has another shape or kind; for whole numbers, the line and the column of one that is
    /// none, or out of its bound.
    pub(crate) fn rows_for(&self, function: &Function, id: NodeId) -> Result<&SharedRows, LearnError> {
        let index = self.find(function.name(id))?;
        let field = &self.fields[index];
        field.check(function, id)?;
        let admitted = check(&InputType::within(function, id)?.elements, &self.values[index]);
        admitted.map_err(|problem| refused(&self.file, field, problem, &self.places))?;
        Ok(&self.values[index])
    }

    /// The same rows in 32 bits, as a run in f32 takes them, but for whole numbers that are more than those hold.
    pub fn in_f32(mut self) -> Dataset {
        self.values = std::mem::take(&mut self.values).into_iter().zip(&self.fields).map(narrowed).collect();
        self
    }

    /// Whether some elements are in 32 bits.
    pub(crate) fn is_narrow(&self) -> bool {
        self.values.iter().any(|values| matches!(values, SharedRows::F32(_)))
    }

    /// An error if a whole number of an input or outcome is more than f32 can hold, with the line and the column.
    pub(crate) fn check_f32(&self, name: &str) -> Result<(), LearnError> {
        let index = self.find(name)?;
        let field = &self.fields[index];
        let SharedRows::F64(values) = &self.values[index] else { return Ok(()) };
        if field.kind == Kind::Real {
            return Ok(());
        }
        let Some(element) = values.iter().position(|value| value.abs() > WHOLE_IN_F32) else { return Ok(()) };
        let problem = format!("found {}, but f32 holds whole numbers only to {WHOLE_IN_F32}; use f64", values[element]);
        Err(wrong_element(&self.file, field, element, &self.places, problem))
    }

    pub(crate) fn values_at(&self, index: usize) -> Cow<'_, [f64]> {
        in_f64(&self.values[index])
    }

    /// The values of all inputs, or all outcomes, in one row: each of its field's shape.
    pub fn example_of(&self, role: Role, row: usize) -> Vec<(&str, Tensor)> {
        self.each(role, |index, field| self.gather(index, &[row], field.shape.clone()))
    }

    /// The values of all inputs, or all outcomes, in these rows: each `[rows.len(), …]`.
    pub fn batch_of(&self, role: Role, rows: &[usize]) -> Vec<(&str, Tensor)> {
        self.each(role, |index, field| self.gather(index, rows, field.shape.with_leading(rows.len())))
    }

    /// These rows, in that order.
    pub fn select(&self, rows: &[usize]) -> Dataset {
        let values = self.values.iter().zip(&self.fields);
        Dataset {
            file: self.file.clone(),
            places: self.places.picked(rows),
            fields: self.fields.clone(),
            values: values.map(|(values, field)| picked(values, field.shape.size(), rows)).collect(),
            standardized: self.standardized.clone(),
        }
    }

    /// Whether any of its inputs or outcomes was standardised.
    #[cfg(feature = "training")]
    pub(crate) fn is_standardized(&self) -> bool {
        !self.standardized.is_empty()
    }

    /// How an input or outcome was standardised, if it was.
    pub(crate) fn standardize_of(&self, name: &str) -> Option<&Standardize> {
        self.standardized.iter().find(|(other, _)| other == name).map(|(_, standardize)| standardize)
    }

    /// The same rows, with an input or outcome that is known to be standardised so.
    pub(crate) fn marked_standardized(mut self, name: &str, standardize: &Standardize) -> Dataset {
        self.standardized.push((name.into(), standardize.clone()));
        self
    }

    /// The same rows with other values in one field: rows × the size of `shape`.
    pub(crate) fn replaced(mut self, index: usize, shape: Shape, values: Vec<f64>) -> Dataset {
        let field = &mut self.fields[index];
        if shape.size() != field.width() {
            field.columns = (0..shape.size()).map(|i| format!("{}{i}", field.name)).collect();
            field.reading = Reading::default();
        }
        field.shape = shape;
        self.values[index] = values.into();
        self
    }

    pub(crate) fn find(&self, name: &str) -> Result<usize, LearnError> {
        find("input or outcome", name, self.fields.iter().map(|field| field.name.as_str()))
    }

    fn each(&self, role: Role, value: impl Fn(usize, &Field) -> Tensor) -> Vec<(&str, Tensor)> {
        let fields = self.fields.iter().enumerate().filter(|(_, field)| field.role == role);
        fields.map(|(index, field)| (field.name.as_str(), value(index, field))).collect()
    }

    /// The elements of the field of an index in one row.
    pub(crate) fn row_of(&self, index: usize, row: usize) -> Vec<f64> {
        picked_in_f64(&self.values[index], self.fields[index].shape.size(), &[row])
    }

    fn gather(&self, index: usize, rows: &[usize], shape: Shape) -> Tensor {
        let elements = picked_in_f64(&self.values[index], self.fields[index].shape.size(), rows);
        Tensor::new(shape, elements).expect("a field has rows × size elements")
    }
}

/// The elements of a field in 32 bits, if those can hold them.
fn narrowed((values, field): (SharedRows, &Field)) -> SharedRows {
    match values {
        SharedRows::F64(elements)
            if field.kind == Kind::Real || elements.iter().all(|element| element.abs() <= WHOLE_IN_F32) =>
        {
            elements.iter().map(|&element| element as f32).collect::<Vec<f32>>().into()
        }
        other => other,
    }
}

/// Whether the elements are what is taken.
fn check(takes: &ElementType, values: &SharedRows) -> Result<(), Inadmissible> {
    match values {
        SharedRows::F32(elements) => takes.check(elements),
        SharedRows::F64(elements) => takes.check(elements),
    }
}

/// 2²⁴: up to here f32 tells all whole numbers apart.
pub(crate) const WHOLE_IN_F32: f64 = 16_777_216.0;
