//! Functions of a text's own: `def block(x, channels = 16) { … }`.

use super::Parser;
use super::lexer::TokenKind;
use crate::node::Span;
use crate::text::diagnostic::Diagnostic;
use crate::text::near::near;
use crate::text::syntax::{Argument, BindingId, BindingKind, Definition, Statement, StatementKind};

/// The body of a `def` that is being read.
pub(super) struct Body {
    /// The name of the `def`, and where it stands.
    pub name: String,
    pub span: Span,
    /// The names from this one on are the body's own.
    pub first: BindingId,
    /// What the names of the body mean outside of it, and whether each is a label.
    pub hidden: Vec<(bool, String, Option<BindingId>)>,
}

impl Parser<'_> {
    /// `def NAME(argument, argument = default, …) { statements }`
    pub(super) fn definition(&mut self) -> Result<(), Diagnostic> {
        self.next();
        let token = self.next();
        let Some(name) = token.name() else {
            return Err(Diagnostic::new("the name of the `def` is missing", token.span).help("write `def f(x) { … }`"));
        };
        let (name, span) = (name.into_owned(), token.span);
        if let Some(&first) = self.definitions.get(&name) {
            let first = self.syntax.definitions[first].span;
            return Err(Diagnostic::new(format!("`{name}` is defined twice"), span)
                .also(first, "first defined here")
                .help(format!("the first is on line {}; choose another name", first.line)));
        }
        if self.begins_printed() {
            let printed = self.printed(&name, span)?;
            self.add_definition(Definition {
                name,
                span,
                arguments: Vec::new(),
                locals: 0..0,
                statements: Vec::new(),
                printed: Some(Box::new(printed)),
            });
            return Ok(());
        }
        let first = self.syntax.bindings.len();
        self.body = Some(Body { name: name.clone(), span, first, hidden: Vec::new() });
        let (arguments, mut statements) = self.arguments(&name)?;
        self.body_statements(&name, span, &mut statements)?;
        for (is_label, name, outer) in self.body.take().into_iter().flat_map(|body| body.hidden).rev() {
            let table = if is_label { &mut self.labels } else { &mut self.names };
            match outer {
                Some(outer) => table.insert(name, outer),
                None => table.remove(&name),
            };
        }
        let locals = first..self.syntax.bindings.len();
        self.add_definition(Definition { name, span, arguments, locals, statements, printed: None });
        Ok(())
    }

    fn add_definition(&mut self, definition: Definition) {
        self.definitions.insert(definition.name.clone(), self.syntax.definitions.len());
        self.syntax.definitions.push(definition);
    }

    /// `(argument, argument = default, …)`: the arguments, and the statements that give them their defaults.
    fn arguments(&mut self, name: &str) -> Result<(Vec<Argument>, Vec<Statement>), Diagnostic> {
        let usage = || format!("write `def {name}(x, n = 16) {{ … }}`");
        if !self.take("(") {
            return Err(self.expected("`(`").help(usage()));
        }
        let (mut arguments, mut defaults): (Vec<Argument>, Vec<Statement>) = (Vec::new(), Vec::new());
        loop {
            self.skip_newlines();
            if self.take(")") {
                return Ok((arguments, defaults));
            }
            let token = self.next();
            let Some(argument) = token.name() else {
                let mistake = format!("{} is no name of an argument", token.describe(self.source));
                return Err(Diagnostic::new(mistake, token.span).help(usage()));
            };
            let binding = self.define(&argument, false, BindingKind::Argument, token.span)?;
            let (has_default, first_step) = (self.take("="), self.syntax.steps.len());
            if has_default {
                self.expression_or_function(true, true)?;
                let steps = first_step..self.syntax.steps.len();
                let kind = StatementKind::Default(binding);
                defaults.push(Statement { kind, steps, span: self.since(token.span) });
            } else if !defaults.is_empty() {
                return Err(Diagnostic::new(
                    format!("`{argument}` has no default, and follows one that has"),
                    token.span,
                )
                .help("arguments with defaults come last"));
            }
            arguments.push(Argument { name: argument.into_owned(), binding, has_default });
            self.skip_newlines();
            if !self.take(",") && !self.peek().is(")") {
                return Err(self.expected("`,` or `)`").help(usage()));
            }
        }
    }

    /// `{ statements, one a line, the last of which is return expression, … }`
    fn body_statements(&mut self, name: &str, span: Span, statements: &mut Vec<Statement>) -> Result<(), Diagnostic> {
        self.skip_newlines();
        if !self.take("{") {
            return Err(self
                .expected("`{`")
                .help(format!("the body of a `def` stands in brackets: `def {name}(x) {{ … }}`")));
        }
        let mut returned: Option<Span> = None;
        loop {
            self.skip_newlines();
            let (start, first_step) = (self.peek().span, self.syntax.steps.len());
            if self.take("}") {
                return if returned.is_some() { Ok(()) } else { Err(no_return(name, span, start)) };
            }
            if let Some(returned) = returned {
                return Err(after_return(start, returned));
            }
            let kind = self.body_statement()?;
            let steps = first_step..self.syntax.steps.len();
            let span = self.since(start);
            returned = matches!(kind, StatementKind::Return).then_some(span);
            statements.push(Statement { kind, steps, span });
            self.end_of_statement()?;
        }
    }

    fn body_statement(&mut self) -> Result<StatementKind, Diagnostic> {
        let is_assignment = self.peek_at(1).is("=") || self.peek_at(1).is(",");
        let token = self.peek().clone();
        match token.kind {
            _ if is_assignment => self.statement(),
            TokenKind::Name("return") => self.results(),
            TokenKind::Name(word @ ("input" | "outcome" | "value" | "scope" | "role" | "def")) => {
                let help = match word {
                    "def" => "write it above this one",
                    "input" | "outcome" => "what comes from the data is declared outside; the body may use it",
                    _ => "it holds `let`, `param`, `state`, `update`, named expressions, and last `return`",
                };
                Err(Diagnostic::new(format!("a `def` holds no `{word}`"), token.span).help(help))
            }
            TokenKind::Name(name)
                if near(name, ["return"]).is_some()
                    && (self.peek_at(1).name().is_some() || matches!(self.peek_at(1).kind, TokenKind::Number(_))) =>
            {
                Err(Diagnostic::new(format!("`{name}` does not start a statement"), token.span)
                    .help("did you mean `return`?"))
            }
            _ => self.statement(),
        }
    }

    /// `return expression, …`
    pub(super) fn results(&mut self) -> Result<StatementKind, Diagnostic> {
        self.next();
        loop {
            self.expression_or_function(false, false)?;
            if !self.take(",") {
                return Ok(StatementKind::Return);
            }
        }
    }
}

/// A body without a `return`, which ends at `end`.
pub(super) fn no_return(name: &str, span: Span, end: Span) -> Diagnostic {
    Diagnostic::new(format!("`{name}` has no `return`"), span)
        .also(end, "its body ends here")
        .help("end it with `return expression`")
}

/// A statement behind the `return` of a body.
pub(super) fn after_return(span: Span, returned: Span) -> Diagnostic {
    Diagnostic::new("nothing comes after the `return`", span).also(returned, "it is here")
}
