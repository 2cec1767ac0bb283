//! Which columns each input and outcome takes, by mappings and by names.

use chainrule_graph::text::Dim;

use crate::data::declaration::{FieldDeclaration, Mapping};
use crate::data::field::Role;
use crate::data::pattern;
use crate::data::selection::Selection;
use crate::data::table::Table;
use crate::error::{LearnError, Remedy, quote, suggest};

/// Which columns were chosen.
pub(crate) struct Chosen {
    /// For each declaration the indices of its columns in the table.
    pub columns: Vec<Vec<usize>>,
    /// The indices of those that were left out since they have no name, where an input took all the rest.
    pub unnamed: Vec<usize>,
}

/// What columns are chosen from, and by what.
pub(crate) struct Choice<'a> {
    pub declarations: &'a [FieldDeclaration],
    pub table: &'a Table,
    pub selection: &'a Selection,
}

impl Choice<'_> {
    /// Chooses them.
    pub fn choose(&self) -> Result<Chosen, LearnError> {
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
        let is_unnamed = |column: &usize| self.table.names()[*column].is_empty();
        let (mut unnamed, rest): (Vec<usize>, Vec<usize>) =
            (0..self.table.names().len()).filter(is_left).partition(is_unnamed);
        if chosen.iter().all(Option::is_some) {
            unnamed.clear();
        }
        let with_rest = |(declaration, columns): (&FieldDeclaration, Option<Vec<usize>>)| match columns {
            Some(columns) => Ok(columns),
            None if only_input && !rest.is_empty() => Ok(rest.clone()),
            None => Err(self.without_columns(declaration)),
        };
        self.check_unnamed(&unnamed)?;
        let columns = self.declarations.iter().zip(chosen).map(with_rest).collect::<Result<Vec<_>, _>>()?;
        self.check_outcomes(&columns)?;
        Ok(Chosen { columns, unnamed })
    }

    /// An error if a column that would be taken with the rest has no name: unless it is the first, which names the rows,
    /// or empty.
    fn check_unnamed(&self, unnamed: &[usize]) -> Result<(), LearnError> {
        let later: Vec<usize> = unnamed.iter().copied().filter(|&column| column > 0).collect();
        let Some(column) = self.table.first_with_content(&later)? else { return Ok(()) };
        let input = self.declarations.iter().find(|declaration| declaration.role == Role::Input);
        let (name, taker) = input.map_or_else(Default::default, |input| (input.name.clone(), input.described()));
        let problem = format!("column {} has no name, and {taker} would take it; name it", column + 1);
        Err(self.table.in_header(problem, Some(Remedy::MapColumns(name))))
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
            let fault = |problem: String| LearnError::Mapping { name: name.clone(), problem, remedy: None };
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
        let fault = |problem: String| LearnError::Mapping { name: mapping.name.clone(), problem, remedy: None };
        let mut found: Vec<usize> = Vec::new();
        for column in &mapping.columns {
            let columns = pattern::find(self.table, column).map_err(|missing| {
                let lacks = format!("{} has no column {}", self.table.file(), quote(&missing));
                let (found, remedy) = self.found_instead(&missing);
                LearnError::Mapping { name: mapping.name.clone(), problem: format!("{lacks}; {found}"), remedy }
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
        let name = &declaration.name;
        let (found, remedy) = self.found_instead(name);
        let problem = format!("finds no column `{name}` or `{name}0`; {found}");
        self.columns_error(declaration, problem, remedy.unwrap_or_else(|| Remedy::MapColumns(name.clone())))
    }

    /// What there is where a column of this name is not, and what would help, if that is known.
    fn found_instead(&self, name: &str) -> (String, Option<Remedy>) {
        let names = self.table.names();
        let is_number = |name: &&String| name.parse::<f64>().is_ok();
        match names {
            [single] if single.contains(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.')) => {
                (format!("the table has a single column, {}", quote(single)), Some(Remedy::NameSeparator))
            }
            _ if names.iter().all(|name| is_number(&name)) => {
                ("the first line holds numbers, where the columns' names would be right".into(), None)
            }
            _ => {
                let near = self.near(name);
                // A header may have numbers for names, such as years.
                let row = names.iter().find(is_number).filter(|_| !near.ends_with('?')).map(|number| {
                    format!(
                        ". If the first line, with {}, is a row of data, a line with the columns' names before it would be \
                         right",
                        quote(number)
                    )
                });
                (near + &row.unwrap_or_default(), None)
            }
        }
    }

    fn columns_error(&self, declaration: &FieldDeclaration, problem: String, remedy: Remedy) -> LearnError {
        let (file, name) = (self.table.file().into(), declaration.described());
        LearnError::Columns { file, name, problem, remedy: Some(remedy) }
    }
}
