//! Which columns each input and outcome takes, by mappings and by names.

use chainrule_graph::text::Dim;

use crate::data::declaration::{FieldDeclaration, Mapping};
use crate::data::field::Role;
use crate::data::pattern;
use crate::data::selection::Selection;
use crate::data::table::Table;
use crate::error::{LearnError, Remedy, quote, suggest};

/// What columns are chosen from, and by what.
pub(crate) struct Choice<'a> {
    pub declarations: &'a [FieldDeclaration],
    pub table: &'a Table,
    pub selection: &'a Selection,
}

impl Choice<'_> {
    /// For each declaration the indices of its columns in the table.
    pub fn choose(&self) -> Result<Vec<Vec<usize>>, LearnError> {
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
        let dropped = self.dropped()?;
        let is_left = |column: &usize| !taken.contains(column) && !dropped.contains(column);
        let rest: Vec<usize> = (0..self.table.names().len()).filter(is_left).collect();
        let with_rest = |(declaration, columns): (&FieldDeclaration, Option<Vec<usize>>)| match columns {
            Some(columns) => Ok(columns),
            None if only_input && !rest.is_empty() => Ok(rest.clone()),
            None => Err(self.without_columns(declaration)),
        };
        let chosen = self.declarations.iter().zip(chosen).map(with_rest).collect::<Result<Vec<_>, _>>()?;
        self.check_outcomes(&chosen)?;
        Ok(chosen)
    }

    /// An error if an input is given a column of an outcome: it would be told what it is to predict.
    fn check_outcomes(&self, chosen: &[Vec<usize>]) -> Result<(), LearnError> {
        let of = |role: Role| self.declarations.iter().zip(chosen).filter(move |(field, _)| field.role == role);
        for (input, columns) in of(Role::Input) {
            for (outcome, others) in of(Role::Outcome) {
                if let Some(&column) = columns.iter().find(|column| others.contains(column)) {
                    let column = &self.table.names()[column];
                    let problem = format!("is given the column {}, which {} takes", quote(column), outcome.described());
                    return Err(self.columns_error(input, problem, Remedy::MapColumns(input.name.clone())));
                }
            }
        }
        Ok(())
    }

    /// The columns that the rest is without.
    fn dropped(&self) -> Result<Vec<usize>, LearnError> {
        let mut dropped = Vec::new();
        for name in &self.selection.dropped {
            dropped.extend(pattern::find(self.table, name).map_err(|missing| {
                let problem = format!("has no column {} to drop; {}", quote(&missing), self.near(&missing));
                LearnError::file(self.table.file(), problem)
            })?);
        }
        Ok(dropped)
    }

    fn check(&self) -> Result<(), LearnError> {
        for (index, Mapping { name, columns }) in self.selection.mappings.iter().enumerate() {
            let fault = |problem: String| LearnError::Mapping { name: name.clone(), problem };
            let names = self.declarations.iter().map(|declaration| declaration.name.as_str());
            if !names.clone().any(|other| other == name) {
                return Err(fault(format!("the model has no such input or outcome; {}", suggest(name, names))));
            }
            if self.selection.mappings[..index].iter().any(|other| other.name == *name) {
                return Err(fault("it is mapped twice; once, with all its columns, would be right".into()));
            }
            if columns.is_empty() {
                return Err(fault("it lists no column; at least one would be right".into()));
            }
        }
        Ok(())
    }

    fn mapping(&self, name: &str) -> Option<&Mapping> {
        self.selection.mappings.iter().find(|mapping| mapping.name == name)
    }

    fn mapped(&self, mapping: &Mapping) -> Result<Vec<usize>, LearnError> {
        let fault = |problem: String| LearnError::Mapping { name: mapping.name.clone(), problem };
        let mut found: Vec<usize> = Vec::new();
        for column in &mapping.columns {
            let columns = pattern::find(self.table, column).map_err(|missing| {
                fault(format!("{} has no column {}; {}", self.table.file(), quote(&missing), self.near(&missing)))
            })?;
            if let Some(&twice) = columns.iter().find(|column| found.contains(column)) {
                return Err(fault(format!("the column {} is listed twice", quote(&self.table.names()[twice]))));
            }
            found.extend(columns);
        }
        Ok(found)
    }

    /// The column NAME, else NAME0, NAME1, … or NAME1, NAME2, … up to one that is another's by its own name.
    fn named(&self, declaration: &FieldDeclaration) -> Result<Option<Vec<usize>>, LearnError> {
        let own = &declaration.name;
        if let Some(column) = self.table.find(own) {
            return Ok(Some(vec![column]));
        }
        let anothers =
            |column: &str| self.declarations.iter().any(|other| other.name == column) && self.mapping(column).is_none();
        let find =
            |number: usize| self.table.find(&format!("{own}{number}")).filter(|_| !anothers(&format!("{own}{number}")));
        let first = if find(0).is_some() { 0 } else { 1 };
        let columns: Vec<usize> = (first..).map_while(find).collect();
        if columns.is_empty() {
            return Ok(None);
        }
        // A gap matters where the number of columns is to say the size.
        let names = self.table.names().iter().filter(|name| !anothers(name));
        let numbers = names.filter_map(|name| name.strip_prefix(own)?.parse::<usize>().ok());
        let is_free = declaration.dims.iter().any(|dim| matches!(dim, Dim::Size(_)));
        let next = first + columns.len();
        match numbers.filter(|&number| number > next).min() {
            Some(beyond) if is_free => {
                let is = if anothers(&format!("{own}{next}")) { "another's" } else { "not" };
                let problem =
                    format!("has a gap in its columns: `{own}{beyond}` is there, `{own}{next}` is {is}; rename them");
                Err(self.columns_error(declaration, problem, Remedy::MapColumns(own.clone())))
            }
            _ => Ok(Some(columns)),
        }
    }

    fn near(&self, column: &str) -> String {
        suggest(column, self.table.names().iter().map(String::as_str))
    }

    fn without_columns(&self, declaration: &FieldDeclaration) -> LearnError {
        let (name, names) = (&declaration.name, self.table.names());
        let finds = format!("finds no column `{name}` or `{name}0`");
        let are_numbers = names.iter().all(|name| name.parse::<f64>().is_ok());
        match names {
            [single] if single.contains(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.')) => {
                let problem = format!("{finds}; the table has a single column, {}", quote(single));
                self.columns_error(declaration, problem, Remedy::NameSeparator)
            }
            _ if are_numbers => {
                let problem = format!("{finds}; the first line holds numbers, where the columns' names would be right");
                self.columns_error(declaration, problem, Remedy::MapColumns(name.clone()))
            }
            _ => {
                let problem = format!("{finds}; {}", self.near(name));
                self.columns_error(declaration, problem, Remedy::MapColumns(name.clone()))
            }
        }
    }

    fn columns_error(&self, declaration: &FieldDeclaration, problem: String, remedy: Remedy) -> LearnError {
        let (file, name) = (self.table.file().into(), declaration.described());
        LearnError::Columns { file, name, problem, remedy: Some(remedy) }
    }
}
