//! Which columns each input and outcome takes, by mappings and by names.

use chainrule_graph::text::Dim;

use crate::data::declaration::{FieldDeclaration, Mapping};
use crate::data::field::Role;
use crate::data::table::Table;
use crate::error::{LearnError, Remedy, quote, suggest};

/// What columns are chosen from, and by what.
pub(crate) struct Choice<'a> {
    pub declarations: &'a [FieldDeclaration],
    pub table: &'a Table,
    pub mappings: &'a [Mapping],
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
        let rest: Vec<usize> = (0..self.table.names().len()).filter(|column| !taken.contains(column)).collect();
        let with_rest = |(declaration, columns): (&FieldDeclaration, Option<Vec<usize>>)| match columns {
            Some(columns) => Ok(columns),
            None if only_input && !rest.is_empty() => Ok(rest.clone()),
            None => Err(self.without_columns(declaration)),
        };
        self.declarations.iter().zip(chosen).map(with_rest).collect()
    }

    fn check(&self) -> Result<(), LearnError> {
        for (index, Mapping { name, columns }) in self.mappings.iter().enumerate() {
            let fault = |problem: String| LearnError::Mapping { name: name.clone(), problem };
            let names = self.declarations.iter().map(|declaration| declaration.name.as_str());
            if !names.clone().any(|other| other == name) {
                return Err(fault(format!("the model has no such input or outcome; {}", suggest(name, names))));
            }
            if self.mappings[..index].iter().any(|other| other.name == *name) {
                return Err(fault("it is mapped twice; once, with all its columns, would be right".into()));
            }
            let repeated = columns.iter().enumerate().find(|(index, column)| columns[..*index].contains(column));
            if let Some((_, column)) = repeated {
                return Err(fault(format!("the column {} is listed twice", quote(column))));
            }
            if columns.is_empty() {
                return Err(fault("it lists no column; at least one would be right".into()));
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
                    "has a gap in its columns: `{0}{beyond}` is there, `{0}{count}` is {1}; rename them",
                    declaration.name,
                    if anothers(&format!("{}{count}", declaration.name)) { "another's" } else { "not" }
                ),
                Remedy::MapColumns(declaration.name.clone()),
            )),
            _ => Ok((count > 0).then_some(columns)),
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
