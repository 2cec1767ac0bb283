//! Inputs and outcomes taken from named arrays.

use chainrule_exec::run::SharedRows;
use chainrule_graph::text::Dim;
use chainrule_graph::{Kind, Shape};

use crate::data::arrays::Arrays;
use crate::data::arrays::npy::{Array, Elements};
use crate::data::columns::Assignment;
use crate::data::dataset::Dataset;
use crate::data::declaration::FieldDeclaration;
use crate::data::field::{Field, Role};
use crate::data::reading::Reading;
use crate::data::row_places::RowPlaces;
use crate::data::rows::in_f64;
use crate::data::selection::Selection;
use crate::data::words::{WordEncoding, Words};
use crate::error::{LearnError, Remedy, find, quote};

/// The array that holds the names of classes.
const CLASSES: &str = "classes";

/// Gives each input and outcome the array of its name, `[rows, sizes…]`, or the one that a mapping says, and binds the free
/// sizes by the shapes. `known` are the sizes that the model or the user has set. The words of an outcome are those in it,
/// or those that an array `classes` names.
///
/// # Errors
/// They name the array: it is not there, has another rank or size, other elements than its input or outcome takes, or
/// another number of rows than the others; an element that is not finite, with its place.
pub fn assign_arrays(
    declarations: &[FieldDeclaration],
    arrays: &Arrays,
    selection: &Selection,
    known: &[(String, usize)],
) -> Result<Assignment, LearnError> {
    let file = arrays.file();
    let mut sizes: Vec<(String, usize)> = Vec::new();
    let (mut fields, mut values): (Vec<Field>, Vec<SharedRows>) = (Vec::new(), Vec::new());
    let mut rows: Option<(usize, String)> = None;
    for mapping in &selection.mappings {
        find("input or outcome", &mapping.name, declarations.iter().map(|declaration| declaration.name.as_str()))?;
    }
    for declaration in declarations {
        let source = source(declaration, selection)?;
        let array = arrays.get(&source, &declaration.described()).map_err(|error| match error {
            LearnError::Columns { file, name, problem, .. } => {
                let remedy = Some(Remedy::MapColumns(declaration.name.clone()));
                LearnError::Columns { file, name, problem, remedy }
            }
            other => other,
        })?;
        let shape = bind(file, &source, declaration, &array.shape, known, &mut sizes)?;
        check_rows(file, &source, &array, &mut rows)?;
        let is_class = selection.classes.contains(&source);
        let columns = element_names(&source, &shape);
        let (elements, words) = numbers(file, &source, declaration, array, is_class)?;
        let mut reading = Reading::default();
        match (words, &columns[..]) {
            (None, _) => reading.classes = named_classes(arrays, declaration, &elements)?,
            (Some(words), [column]) => drop(reading.words.insert(column.clone(), words)),
            (words, _) => reading.classes = words,
        }
        let (name, role, kind) = (declaration.name.clone(), declaration.role, declaration.kind);
        fields.push(Field { name, role, kind, bound: None, shape, columns, reading });
        values.push(elements);
    }
    let rows = rows.map_or(0, |(rows, _)| rows);
    if rows == 0 {
        return Err(LearnError::file(file, "has no data rows"));
    }
    Ok(Assignment::of(file, RowPlaces::rows(rows), fields, sizes, values))
}

impl Dataset {
    /// Reads the arrays of `fields`, as they were taken in training.
    ///
    /// # Errors
    /// Those of [`assign_arrays`], and words that are not known.
    pub fn read_arrays(arrays: &Arrays, fields: &[Field]) -> Result<Dataset, LearnError> {
        let file = arrays.file();
        let mut values = Vec::new();
        let mut rows = None;
        for field in fields {
            let source = source_again(arrays, field);
            let described = format!("{} `{}`", field.role, field.name);
            let array = arrays.get(&source, &described)?;
            if array.shape.get(1..) != Some(&field.shape[..]) {
                let right = field.shape.with_leading(array.shape.first().copied().unwrap_or(0));
                let problem = format!("has shape {}; {right} would be right for {described}", shown(&array.shape));
                return Err(in_array(file, &source, &problem));
            }
            check_rows(file, &source, &array, &mut rows)?;
            values.push(known_numbers(arrays, &source, field, array)?);
        }
        let rows = rows.map_or(0, |(rows, _)| rows);
        Dataset::checked(file.into(), RowPlaces::rows(rows), fields.to_vec(), values)
    }
}

/// The array that a declaration takes.
fn source(declaration: &FieldDeclaration, selection: &Selection) -> Result<String, LearnError> {
    let mapping = selection.mappings.iter().find(|mapping| mapping.name == declaration.name);
    match mapping.map(|mapping| &mapping.columns[..]) {
        None => Ok(declaration.name.clone()),
        Some([array]) => Ok(array.clone()),
        Some(_) => Err(LearnError::Mapping {
            name: declaration.name.clone(),
            problem: "it lists several arrays; one would be right".into(),
            remedy: None,
        }),
    }
}

/// The array that a field took in training: its elements are called by it.
fn source_again(arrays: &Arrays, field: &Field) -> String {
    let first = field.columns.first().map_or("", String::as_str);
    let from = if field.shape.rank() == 0 { first } else { first.strip_suffix('0').unwrap_or(first) };
    if arrays.has(from) { from.into() } else { field.name.clone() }
}

fn element_names(source: &str, shape: &Shape) -> Vec<String> {
    match shape.rank() {
        0 => vec![source.into()],
        _ => (0..shape.size()).map(|index| format!("{source}{index}")).collect(),
    }
}

/// The shape of a row, if it is as declared; free sizes are bound by it.
fn bind(
    file: &str,
    source: &str,
    declaration: &FieldDeclaration,
    found: &[usize],
    known: &[(String, usize)],
    bound: &mut Vec<(String, usize)>,
) -> Result<Shape, LearnError> {
    let value = |name: &String, bound: &[(String, usize)]| {
        known.iter().chain(bound).find(|(other, _)| other == name).map(|(_, size)| *size)
    };
    let dims = &declaration.dims;
    let fits = found.len() == dims.len() + 1
        && dims.iter().zip(&found[1..]).all(|(dim, &size)| match dim {
            Dim::Number(number) => *number == size,
            Dim::Computed => true, // only that of a parameter is
            Dim::Size(name) => match value(name, bound) {
                Some(known) => known == size,
                None => {
                    bound.push((name.clone(), size));
                    true
                }
            },
        });
    if !fits {
        let right: String = dims
            .iter()
            .map(|dim| match dim {
                Dim::Number(number) => format!(", {number}"),
                Dim::Computed => ", …".into(),
                Dim::Size(name) => value(name, bound).map_or(format!(", {name}"), |size| format!(", {name} = {size}")),
            })
            .collect();
        let problem =
            format!("has shape {}; [rows{right}] would be right for {}", shown(found), declaration.described());
        return Err(in_array(file, source, &problem));
    }
    Ok(found[1..].iter().copied().collect())
}

fn check_rows(file: &str, source: &str, array: &Array, rows: &mut Option<(usize, String)>) -> Result<(), LearnError> {
    let found = array.shape.first().copied().unwrap_or(0);
    match rows {
        Some((rows, other)) if *rows != found => Err(in_array(
            file,
            source,
            &format!("has {found} rows, the array `{other}` {rows}; as many would be right"),
        )),
        Some(_) => Ok(()),
        None => {
            *rows = Some((found, source.into()));
            Ok(())
        }
    }
}

/// The elements as numbers, and the words that they stand for.
fn numbers(
    file: &str,
    source: &str,
    declaration: &FieldDeclaration,
    array: Array,
    is_class: bool,
) -> Result<(SharedRows, Option<Words>), LearnError> {
    let is_int = declaration.kind == Kind::Int;
    let texts = match array.elements {
        Elements::Numbers(numbers) if !is_class => {
            check_finite(file, source, &numbers, &array.shape)?;
            return Ok((numbers, None));
        }
        Elements::Numbers(numbers) => in_f64(&numbers).iter().map(f64::to_string).collect(),
        Elements::Words(words) => words,
    };
    if !is_int {
        let problem = format!("holds words, and {} is real; numbers would be right", declaration.described());
        return Err(in_array(file, source, &problem));
    }
    let mut found = texts.clone();
    found.sort();
    found.dedup();
    let words = Words::of(found, false, false);
    let index = |text: &String| words.index(text).unwrap_or(0) as f64;
    Ok((texts.iter().map(index).collect::<Vec<f64>>().into(), Some(words)))
}

/// The elements as numbers, by the words that were there in training.
fn known_numbers(arrays: &Arrays, source: &str, field: &Field, array: Array) -> Result<SharedRows, LearnError> {
    let file = arrays.file();
    let texts = match array.elements {
        Elements::Numbers(numbers) => {
            check_finite(file, source, &numbers, &array.shape)?;
            let Some(words) = field.classes() else { return Ok(numbers) };
            if field.reading.classes.is_some() {
                match words_beside(arrays)?.filter(|beside| *beside != words.words) {
                    None => return Ok(numbers),
                    // The same classes may be counted in another order here.
                    Some(beside) => in_words(&numbers, &beside).ok_or_else(|| {
                        in_array(
                            file,
                            source,
                            &format!("holds a class that is none of the {} in `{CLASSES}`", beside.len()),
                        )
                    })?,
                }
            } else if words.words.iter().any(|word| word.parse::<f64>().is_ok()) {
                in_f64(&numbers).iter().map(f64::to_string).collect()
            } else {
                return Ok(numbers);
            }
        }
        Elements::Words(words) => words,
    };
    let Some(words) = field.classes() else {
        return Err(in_array(
            file,
            source,
            &format!("holds words; numbers would be right for {} `{}`", field.role, field.name),
        ));
    };
    let index = |(at, text): (usize, &String)| {
        let problem = || {
            let place = shown(&place(at, &array.shape));
            in_array(file, source, &format!("holds {} at {place}, which was not there in training", quote(text)))
        };
        words.index(text).map(|index| index as f64).ok_or_else(problem)
    };
    let numbers = texts.iter().enumerate().map(index).collect::<Result<Vec<f64>, _>>()?;
    Ok(numbers.into())
}

/// The words that an array `classes` gives to an outcome of whole numbers, if it has enough of them.
fn named_classes(
    arrays: &Arrays,
    declaration: &FieldDeclaration,
    elements: &SharedRows,
) -> Result<Option<Words>, LearnError> {
    let is_outcome = declaration.role == Role::Outcome && declaration.kind == Kind::Int;
    if !is_outcome || declaration.name == CLASSES || !arrays.has(CLASSES) {
        return Ok(None);
    }
    let Some(words) = words_beside(arrays)? else { return Ok(None) };
    let fits = in_f64(elements).iter().all(|&element| element >= 0.0 && element < words.len() as f64);
    Ok(fits.then_some(Words { words, encoding: WordEncoding::Class }))
}

/// The words of the array `classes`, if there is one.
fn words_beside(arrays: &Arrays) -> Result<Option<Vec<String>>, LearnError> {
    if !arrays.has(CLASSES) {
        return Ok(None);
    }
    match arrays.get(CLASSES, "the classes")?.elements {
        Elements::Words(words) => Ok(Some(words)),
        Elements::Numbers(_) => Ok(None),
    }
}

/// The word of each class.
fn in_words(classes: &SharedRows, words: &[String]) -> Option<Vec<String>> {
    let word = |&class: &f64| words.get(class as usize).filter(|_| class >= 0.0 && class.fract() == 0.0).cloned();
    in_f64(classes).iter().map(word).collect()
}

fn check_finite(file: &str, source: &str, numbers: &SharedRows, shape: &[usize]) -> Result<(), LearnError> {
    let bad = match numbers {
        SharedRows::F32(numbers) => {
            numbers.iter().position(|number| !number.is_finite()).map(|at| (at, f64::from(numbers[at])))
        }
        SharedRows::F64(numbers) => numbers.iter().position(|number| !number.is_finite()).map(|at| (at, numbers[at])),
    };
    match bad {
        Some((at, number)) => Err(in_array(
            file,
            source,
            &format!(
                "holds {number} at {}; a finite number would be right, or the data without that row",
                shown(&place(at, shape))
            ),
        )),
        None => Ok(()),
    }
}

/// The index along each axis of an element.
fn place(mut element: usize, shape: &[usize]) -> Vec<usize> {
    let mut place: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&size| {
            let along = element % size.max(1);
            element /= size.max(1);
            along
        })
        .collect();
    place.reverse();
    place
}

fn shown(sizes: &[usize]) -> String {
    format!("[{}]", sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(", "))
}

fn in_array(file: &str, array: &str, problem: &str) -> LearnError {
    LearnError::file(file, format!("the array `{array}` {problem}"))
}
