//! The body of a loop as it is printed: `def step(h [2], x [3]) { … }`. It is a text of its own, that knows its arguments alone,
//! with nodes, names and scopes as they stand in the body.

use super::Parser;
use super::definition::{after_return, no_return};
use super::lexer::TokenKind;
use crate::node::Span;
use crate::text::diagnostic::Diagnostic;
use crate::text::syntax::{Role, Statement, StatementKind, Syntax};

impl Parser<'_> {
    /// Whether the arguments of the `def` whose name was read have shapes.
    pub(super) fn begins_printed(&self) -> bool {
        let is_name = self.peek_at(1).name().is_some() || matches!(self.peek_at(1).kind, TokenKind::Label(_));
        self.peek().is("(") && is_name && self.peek_at(2).is("[")
    }

    /// Its arguments and its body, from the bracket on.
    pub(super) fn printed(&mut self, name: &str, span: Span) -> Result<Syntax, Diagnostic> {
        let around = (
            std::mem::take(&mut self.syntax),
            std::mem::take(&mut self.names),
            std::mem::take(&mut self.labels),
            std::mem::take(&mut self.definitions),
            std::mem::take(&mut self.lets_read),
        );
        self.declared_arguments(name)
            .and_then(|()| self.printed_statements(name, span))
            .map_err(|mistake| mistake.also(span, "in this body, which knows its arguments alone: they have shapes"))?;
        let printed = std::mem::replace(&mut self.syntax, around.0);
        (self.names, self.labels, self.definitions, self.lets_read) = (around.1, around.2, around.3, around.4);
        Ok(printed)
    }

    /// `(h [2], i [] int < 5, …)`
    fn declared_arguments(&mut self, name: &str) -> Result<(), Diagnostic> {
        self.next();
        loop {
            self.skip_newlines();
            if self.take(")") {
                return Ok(());
            }
            let (start, first_step) = (self.peek().span, self.syntax.steps.len());
            let kind = self.declared(Role::Value, name)?;
            let steps = first_step..self.syntax.steps.len();
            self.syntax.statements.push(Statement { kind, steps, span: self.since(start) });
            self.skip_newlines();
            if !self.take(",") && !self.peek().is(")") {
                return Err(self.expected("`,` or `)`"));
            }
        }
    }

    /// `{ statements, one a line, the last of which is return value, … }`
    fn printed_statements(&mut self, name: &str, span: Span) -> Result<(), Diagnostic> {
        self.skip_newlines();
        if !self.take("{") {
            return Err(self.expected("`{`"));
        }
        let mut open = 0usize;
        loop {
            self.skip_newlines();
            let (start, first_step) = (self.peek().span, self.syntax.steps.len());
            if self.peek().kind == TokenKind::End {
                return Err(self.expected("`}`"));
            }
            if self.begins_definition() {
                self.definition()?;
                self.end_of_statement()?;
                continue;
            }
            let returns = open == 0 && self.peek().kind == TokenKind::Name("return") && !self.peek_at(1).is("=");
            let kind = if returns { self.results()? } else { self.statement()? };
            match kind {
                StatementKind::Open { .. } => open += 1,
                StatementKind::Close => match open.checked_sub(1) {
                    Some(left) => open = left,
                    None => return Err(no_return(name, span, start)),
                },
                _ => self.end_of_statement()?,
            }
            let steps = first_step..self.syntax.steps.len();
            let returned = self.since(start);
            self.syntax.statements.push(Statement { kind, steps, span: returned });
            if returns {
                self.skip_newlines();
                return if self.take("}") { Ok(()) } else { Err(after_return(self.peek().span, returned)) };
            }
        }
    }
}
