//! Which columns each input and outcome of a model takes, and what its free sizes are by their number.
//!
//! An input or outcome NAME takes, in this order: what a mapping says; the column NAME; the columns NAME0, NAME1, …; and,
//! if it is the only input, all columns that no outcome took.

use std::str::FromStr;

use chainrule_graph::text::{Declaration, Dim, Model};
use chainrule_graph::{Kind, Shape};

use crate::data::dataset::{Field, Role};
use crate::data::table::Table;
use crate::error::{LearnError, list, quote, suggest};

/// An input or outcome as a model declares it, before its sizes are known.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDeclaration {
    /// Its name.
    pub name: String,
    /// Its part in the function.
    pub role: Role,
    /// What its entries are.
    pub kind: Kind,
    /// The size of each axis.
    pub dims: Vec<Dim>,
}

impl FieldDeclaration {
    /// What a model that was read declares.
    pub fn all_of(model: &Model) -> Vec<FieldDeclaration> {
        let of = |role: Role| {
            move |declaration: &Declaration| FieldDeclaration {
                name: declaration.name.clone(),
                role,
                kind: declaration.kind,
                dims: declaration.dims.clone(),
            }
        };
        let inputs = model.inputs().iter().map(of(Role::Input));
        inputs.chain(model.outcomes().iter().map(of(Role::Outcome))).collect()
    }
}

/// The columns that a user says an input or outcome takes; parsed from `NAME=a,b,c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The input or outcome.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<String>,
}

/// What the columns of a table say about a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Each input and outcome with its shape and columns, in the order of the declarations. Without bounds, which the function
    /// knows once it is built with these sizes: see [`Field::bounded`].
    pub fields: Vec<Field>,
    /// The sizes that the columns bind, in the order in which they were found; those known before are not among them.
    pub sizes: Vec<(String, usize)>,
}

impl FromStr for Mapping {
    type Err = LearnError;

    fn from_str(text: &str) -> Result<Mapping, LearnError> {
        let (name, columns) = text.split_once('=').unwrap_or((text, ""));
        let columns: Vec<String> = columns.split(',').map(|column| column.trim().to_string()).collect();
        if name.trim().is_empty() || columns.iter().any(String::is_empty) {
            let problem = "NAME=column,column,… would be right".into();
            return Err(LearnError::Mapping { name: quote(text), problem });
        }
        Ok(Mapping { name: name.trim().into(), columns })
    }
}

/// Gives each declaration its columns of the table and binds the free sizes. `known` are the sizes that the model or the user
/// has set.
///
/// Errors: a mapping of a name that is no declaration, twice of one name, or to a column that is not there or twice there; a declaration
/// without columns, or with one that has no name, or with more or fewer than its size; a size bound to two numbers, or to
/// none since a shape has two free sizes.
pub fn assign(
    declarations: &[FieldDeclaration],
    table: &Table,
    mappings: &[Mapping],
    known: &[(String, usize)],
) -> Result<Assignment, LearnError> {
    let taken = Choice { declarations, table, mappings }.choose()?;
    for (declaration, columns) in declarations.iter().zip(&taken) {
        if let Some(column) = columns.iter().find(|&&column| table.names()[column].is_empty()) {
            let (place, who, name) = (column + 1, describe(declaration), &declaration.name);
            return Err(table.in_header(format!(
                "column {place} has no name, and {who} would take it; name it, or say what it takes by --map {name}=…"
            )));
        }
    }
    let mut sizes = Sizes { table, known, bound: Vec::new() };
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
    Ok(Assignment { fields, sizes: sizes.bound.into_iter().map(|bound| (bound.name, bound.value)).collect() })
}

/// An error if a further table, such as one to validate on, has more of the columns NAME0, NAME1, … than a field took from
/// the first: their number must be the size in each table. What a mapping names takes just what that says.
pub fn check_counts(fields: &[Field], table: &Table, mappings: &[Mapping]) -> Result<(), LearnError> {
    for Field { name, role, columns, .. } in fields {
        let count = columns.len();
        let numbered = columns.iter().enumerate().all(|(place, column)| *column == format!("{name}{place}"));
        let next = format!("{name}{count}");
        let others = fields.iter().any(|field| field.columns.contains(&next));
        let mapped = mappings.iter().any(|mapping| mapping.name == *name);
        if numbered && !others && !mapped && table.find(&next).is_some() {
            let plural = if count == 1 { "" } else { "s" };
            return Err(LearnError::Columns {
                file: table.file().into(),
                name: format!("{role} `{name}`"),
                problem: format!("took {count} column{plural} for training, but here `{next}` is there, too"),
            });
        }
    }
    Ok(())
}

fn describe(declaration: &FieldDeclaration) -> String {
    format!("{} `{}`", declaration.role, declaration.name)
}

/// The first half: columns by name.
struct Choice<'a> {
    declarations: &'a [FieldDeclaration],
    table: &'a Table,
    mappings: &'a [Mapping],
}

impl Choice<'_> {
    fn choose(&self) -> Result<Vec<Vec<usize>>, LearnError> {
        self.check()?;
        let mut chosen = Vec::new();
        for declaration in self.declarations {
            chosen.push(match self.mapping(&declaration.name) {
                Some(mapping) => Some(self.mapped(mapping)?),
                None => self.named(declaration)?,
            });
        }
        let outcomes =
            || self.declarations.iter().zip(&chosen).filter(|(declaration, _)| declaration.role == Role::Outcome);
        let taken: Vec<usize> = outcomes().filter_map(|(_, columns)| columns.as_ref()).flatten().copied().collect();
        if let Some((outcome, _)) = outcomes().find(|(_, columns)| columns.is_none()) {
            return Err(self.without_columns(outcome));
        }
        let only_input = self.declarations.iter().filter(|declaration| declaration.role == Role::Input).count() == 1;
        let rest: Vec<usize> = (0..self.table.names().len()).filter(|column| !taken.contains(column)).collect();
        let with_rest = |(declaration, columns): (&FieldDeclaration, Option<Vec<usize>>)| match columns {
            Some(columns) => Ok(columns),
            None if only_input && !rest.is_empty() => Ok(rest.clone()),
            None => Err(self.without_columns(declaration)),
        };
        self.declarations.iter().zip(chosen).map(with_rest).collect()
    }

    fn check(&self) -> Result<(), LearnError> {
        for (place, Mapping { name, columns }) in self.mappings.iter().enumerate() {
            let fault = |problem: String| LearnError::Mapping { name: name.clone(), problem };
            let names = self.declarations.iter().map(|declaration| declaration.name.as_str());
            if !names.clone().any(|other| other == name) {
                return Err(fault(format!("the model has no such input or outcome; {}", suggest(name, names))));
            }
            if self.mappings[..place].iter().any(|other| other.name == *name) {
                return Err(fault("it is mapped twice; once, with all its columns, would be right".into()));
            }
            let repeated = columns.iter().enumerate().find(|(place, column)| columns[..*place].contains(column));
            if let Some((_, column)) = repeated {
                return Err(fault(format!("the column {} is listed twice", quote(column))));
            }
        }
        Ok(())
    }

    fn mapping(&self, name: &str) -> Option<&Mapping> {
        self.mappings.iter().find(|mapping| mapping.name == name)
    }

    fn mapped(&self, mapping: &Mapping) -> Result<Vec<usize>, LearnError> {
        let find = |column: &String| {
            self.table.find(column).ok_or_else(|| LearnError::Mapping {
                name: mapping.name.clone(),
                problem: format!("{} has no column {}; {}", self.table.file(), quote(column), self.near(column)),
            })
        };
        mapping.columns.iter().map(find).collect()
    }

    /// The column NAME, else NAME0, NAME1, … up to one that is another's by its own name.
    fn named(&self, declaration: &FieldDeclaration) -> Result<Option<Vec<usize>>, LearnError> {
        if let Some(column) = self.table.find(&declaration.name) {
            return Ok(Some(vec![column]));
        }
        let anothers =
            |column: &str| self.declarations.iter().any(|other| other.name == column) && self.mapping(column).is_none();
        let numbered = (0..).map(|number: usize| format!("{}{number}", declaration.name));
        let columns = numbered.map_while(|column| self.table.find(&column).filter(|_| !anothers(&column)));
        let columns: Vec<usize> = columns.collect();
        let count = columns.len();
        // A gap matters where the number of columns is to say the size.
        let names = self.table.names().iter().filter(|name| !anothers(name));
        let numbers = names.filter_map(|name| name.strip_prefix(&declaration.name)?.parse::<usize>().ok());
        let is_free = declaration.dims.iter().any(|dim| matches!(dim, Dim::Size(_)));
        match numbers.filter(|&number| number > count).min() {
            Some(beyond) if count > 0 && is_free => Err(self.columns_error(
                declaration,
                format!(
                    "has a gap in its columns: `{0}{beyond}` is there, `{0}{count}` is {1}; rename them or say --map {0}=…",
                    declaration.name,
                    if anothers(&format!("{}{count}", declaration.name)) { "another's" } else { "not" }
                ),
            )),
            _ => Ok((count > 0).then_some(columns)),
        }
    }

    fn near(&self, column: &str) -> String {
        suggest(column, self.table.names().iter().map(String::as_str))
    }

    fn without_columns(&self, declaration: &FieldDeclaration) -> LearnError {
        let name = &declaration.name;
        let hint = match self.table.names() {
            [single] if single.contains([';', '\t']) => "its cells seem not to be separated by commas".into(),
            _ => self.near(name),
        };
        let map = if hint.ends_with('?') { " Or say" } else { "; or say" };
        self.columns_error(declaration, format!("finds no column `{name}` or `{name}0`; {hint}{map} --map {name}=…"))
    }

    fn columns_error(&self, declaration: &FieldDeclaration, problem: String) -> LearnError {
        LearnError::Columns { file: self.table.file().into(), name: describe(declaration), problem }
    }
}

/// The second half: sizes by count.
struct Sizes<'a> {
    table: &'a Table,
    known: &'a [(String, usize)],
    bound: Vec<BoundSize>,
}

struct BoundSize {
    name: String,
    value: usize,
    /// The declaration whose columns said so.
    by: String,
}

impl Sizes<'_> {
    fn value(&self, dim: &Dim) -> Option<usize> {
        match dim {
            Dim::Number(number) => Some(*number),
            Dim::Size(name) => {
                let known = self.known.iter().find(|(other, _)| other == name).map(|(_, value)| *value);
                known.or_else(|| self.bound.iter().find(|bound| bound.name == *name).map(|bound| bound.value))
            }
        }
    }

    /// The names in a shape that have no number yet, each once.
    fn free<'d>(&self, dims: &'d [Dim]) -> Vec<&'d str> {
        let mut free: Vec<&str> = Vec::new();
        for dim in dims {
            if let (Dim::Size(name), None) = (dim, self.value(dim))
                && !free.contains(&name.as_str())
            {
                free.push(name);
            }
        }
        free
    }

    /// Goes round until no shape with one free size is left: a size found in one shape may leave one free in another.
    fn bind(&mut self, declarations: &[FieldDeclaration], taken: &[Vec<usize>]) -> Result<(), LearnError> {
        let mut pending: Vec<(&FieldDeclaration, &[usize])> =
            declarations.iter().zip(taken.iter().map(Vec::as_slice)).collect();
        loop {
            let before = pending.len();
            let mut rest = Vec::new();
            for (declaration, columns) in pending {
                match self.free(&declaration.dims)[..] {
                    [] => self.check(declaration, columns)?,
                    [name] => {
                        let value = self.solve(&declaration.dims, name, columns.len());
                        let value = value.ok_or_else(|| self.mismatch(declaration, columns))?;
                        self.bound.push(BoundSize { name: name.into(), value, by: describe(declaration) });
                    }
                    _ => rest.push((declaration, columns)),
                }
            }
            let Some((declaration, columns)) = rest.first() else { return Ok(()) };
            if rest.len() == before {
                let names: Vec<String> = self.free(&declaration.dims).iter().map(|name| format!("`{name}`")).collect();
                let problem = format!(
                    "the {} columns of {} {} cannot say each of them; say one by --set",
                    columns.len(),
                    describe(declaration),
                    self.shape(declaration)
                );
                return Err(LearnError::Size { name: names.join(" and "), problem });
            }
            pending = rest;
        }
    }

    /// The number that `name` must be for the shape to have `count` entries, all other sizes being known.
    fn solve(&self, dims: &[Dim], name: &str, count: usize) -> Option<usize> {
        let is_free = |dim: &&Dim| matches!(dim, Dim::Size(other) if other == name);
        let others = dims.iter().filter(|dim| !is_free(dim));
        let product = others.map(|dim| self.value(dim)).try_fold(1usize, |product, n| product.checked_mul(n?))?;
        let power = dims.iter().filter(is_free).count() as u32;
        let quotient = count.checked_div(product).filter(|quotient| quotient * product == count)?;
        let root = (quotient as f64).powf(1.0 / f64::from(power)).round() as usize;
        (root.checked_pow(power) == Some(quotient)).then_some(root)
    }

    fn check(&self, declaration: &FieldDeclaration, columns: &[usize]) -> Result<(), LearnError> {
        let sizes = declaration.dims.iter().map(|dim| self.value(dim));
        if sizes.clone().try_fold(1usize, |product, n| product.checked_mul(n?)) == Some(columns.len()) {
            return Ok(());
        }
        // Was one of its sizes bound by another's columns, and would be another number by these?
        for bound in &self.bound {
            let is_here = declaration.dims.contains(&Dim::Size(bound.name.clone()));
            if let (true, Some(value)) = (is_here, self.solve(&declaration.dims, &bound.name, columns.len())) {
                let problem = format!(
                    "it is {} by the columns of {}, but {value} by those of {}",
                    bound.value,
                    bound.by,
                    describe(declaration)
                );
                return Err(LearnError::Size { name: format!("`{}`", bound.name), problem });
            }
        }
        Err(self.mismatch(declaration, columns))
    }

    fn mismatch(&self, declaration: &FieldDeclaration, columns: &[usize]) -> LearnError {
        let names = columns.iter().map(|&column| self.table.names()[column].as_str());
        let size =
            declaration.dims.iter().map(|dim| self.value(dim)).try_fold(1usize, |product, n| product.checked_mul(n?));
        let takes = match size {
            Some(1) => "takes 1 column".into(),
            Some(size) => format!("takes {size} columns"),
            None => "cannot be filled".into(),
        };
        let found = match columns.len() {
            1 => "1 was".into(),
            count => format!("{count} were"),
        };
        let (shape, names, name) = (self.shape(declaration), list(names), &declaration.name);
        let problem =
            format!("{shape} {takes}, but {found} found: {names}; say which by --map {name}=…, or change its sizes");
        LearnError::Columns { file: self.table.file().into(), name: describe(declaration), problem }
    }

    /// The shape as declared, with the numbers that are known: `[2, d = 3]`.
    fn shape(&self, declaration: &FieldDeclaration) -> String {
        let show = |dim: &Dim| match (dim, self.value(dim)) {
            (Dim::Number(number), _) => number.to_string(),
            (Dim::Size(name), Some(value)) => format!("{name} = {value}"),
            (Dim::Size(name), None) => name.clone(),
        };
        format!("[{}]", declaration.dims.iter().map(show).collect::<Vec<_>>().join(", "))
    }
}
