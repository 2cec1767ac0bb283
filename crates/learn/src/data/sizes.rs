//! What the free sizes of a model are, by the number of columns that its inputs and outcomes take.

use chainrule_graph::text::Dim;

use crate::data::declaration::FieldDeclaration;
use crate::error::{LearnError, Remedy, list};

/// Sizes that are known, or bound by the columns of a table.
pub(crate) struct Sizes<'a> {
    /// What messages call the data.
    file: &'a str,
    known: &'a [(String, usize)],
    bound: Vec<BoundSize>,
}

struct BoundSize {
    name: String,
    value: usize,
    /// The declaration whose columns said so.
    by: String,
}

impl<'a> Sizes<'a> {
    /// Those known before the columns of the table are looked at.
    pub fn new(file: &'a str, known: &'a [(String, usize)]) -> Sizes<'a> {
        Sizes { file, known, bound: Vec::new() }
    }

    /// The sizes that columns bound, in that order.
    pub fn bound(self) -> Vec<(String, usize)> {
        self.bound.into_iter().map(|bound| (bound.name, bound.value)).collect()
    }

    /// The size of an axis, if it is known by now.
    pub fn value(&self, dim: &Dim) -> Option<usize> {
        match dim {
            Dim::Number(number) => Some(*number),
            Dim::Size(name) => {
                let known = self.known.iter().find(|(other, _)| other == name).map(|(_, value)| *value);
                known.or_else(|| self.bound.iter().find(|bound| bound.name == *name).map(|bound| bound.value))
            }
            Dim::Computed => None,
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

    /// Binds the sizes, by what the elements of each are called. Goes round until no shape with one free size is left: a size found in one shape may leave one free in another.
    pub fn bind(&mut self, declarations: &[FieldDeclaration], elements: &[Vec<String>]) -> Result<(), LearnError> {
        let mut pending: Vec<(&FieldDeclaration, &[String])> =
            declarations.iter().zip(elements.iter().map(Vec::as_slice)).collect();
        loop {
            let before = pending.len();
            let mut rest = Vec::new();
            for (declaration, columns) in pending {
                match self.free(&declaration.dims)[..] {
                    [] => self.check(declaration, columns)?,
                    [name] => {
                        let value = self.solve(&declaration.dims, name, columns.len());
                        let value = value.ok_or_else(|| self.mismatch(declaration, columns))?;
                        self.bound.push(BoundSize { name: name.into(), value, by: declaration.described() });
                    }
                    _ => rest.push((declaration, columns)),
                }
            }
            let Some((declaration, columns)) = rest.first() else { return Ok(()) };
            if rest.len() == before {
                let free = self.free(&declaration.dims);
                let names: Vec<String> = free.iter().map(|name| format!("`{name}`")).collect();
                let (count, of, shape) = (columns.len(), declaration.described(), self.shape(declaration));
                let problem = format!("the {count} columns of {of} {shape} cannot say each of them");
                let remedy = Some(Remedy::BindSizes(free.iter().map(|name| name.to_string()).collect()));
                return Err(LearnError::Size { name: names.join(" and "), problem, remedy });
            }
            pending = rest;
        }
    }

    /// The number that `name` must be for the shape to have `count` elements, all other sizes being known.
    fn solve(&self, dims: &[Dim], name: &str, count: usize) -> Option<usize> {
        let is_free = |dim: &&Dim| matches!(dim, Dim::Size(other) if other == name);
        let others = dims.iter().filter(|dim| !is_free(dim));
        let product = others.map(|dim| self.value(dim)).try_fold(1usize, |product, n| product.checked_mul(n?))?;
        let power = dims.iter().filter(is_free).count() as u32;
        let quotient = count.checked_div(product).filter(|quotient| quotient * product == count)?;
        let root = (quotient as f64).powf(1.0 / f64::from(power)).round() as usize;
        (root.checked_pow(power) == Some(quotient)).then_some(root)
    }

    fn check(&self, declaration: &FieldDeclaration, columns: &[String]) -> Result<(), LearnError> {
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
                    declaration.described()
                );
                return Err(LearnError::Size { name: format!("`{}`", bound.name), problem, remedy: None });
            }
        }
        Err(self.mismatch(declaration, columns))
    }

    fn mismatch(&self, declaration: &FieldDeclaration, columns: &[String]) -> LearnError {
        let names = columns.iter().map(String::as_str);
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
        let (shape, names) = (self.shape(declaration), list(names));
        LearnError::Columns {
            file: self.file.into(),
            name: declaration.described(),
            problem: format!("{shape} {takes}, but {found} found: {names}; change its sizes"),
            remedy: Some(Remedy::MapColumns(declaration.name.clone())),
        }
    }

    /// The shape as declared, with the numbers that are known: `[2, d = 3]`.
    fn shape(&self, declaration: &FieldDeclaration) -> String {
        let show = |dim: &Dim| match (dim, self.value(dim)) {
            (Dim::Number(number), _) => number.to_string(),
            (Dim::Size(name), Some(value)) => format!("{name} = {value}"),
            (Dim::Size(name), None) => name.clone(),
            (Dim::Computed, _) => "…".into(),
        };
        format!("[{}]", declaration.dims.iter().map(show).collect::<Vec<_>>().join(", "))
    }
}
