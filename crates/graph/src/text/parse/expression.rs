//! Reads an expression: a Pratt parser whose pending work is a list, so that nesting costs no stack.

use super::Parser;
use super::lexer::{Token, TokenKind};
use super::pending::{Pending, PendingItem, Reader};
use crate::node::Span;
use crate::text::diagnostic::Diagnostic;
use crate::text::functions::here;
use crate::text::syntax::{Callee, Operator, Precedence, StackStep, StackStepKind};

impl<'a> Parser<'a> {
    /// Reads one expression, as far as it goes; its steps are appended. Within brackets lines do not matter.
    pub(super) fn expression(&mut self, in_brackets: bool) -> Result<(), Diagnostic> {
        self.expression_or_function(in_brackets, false)
    }

    /// The same, which may be the name of a function if `may_be_function`.
    pub(super) fn expression_or_function(
        &mut self,
        in_brackets: bool,
        may_be_function: bool,
    ) -> Result<(), Diagnostic> {
        let brackets = usize::from(in_brackets);
        let mut reader = Reader { pending: Vec::new(), operands: Vec::new(), depth: 0, brackets, may_be_function };
        let mut wants_operand = true;
        loop {
            if reader.brackets > 0 {
                self.skip_newlines();
            } else if wants_operand && self.peek().kind == TokenKind::Newline {
                self.go_on()?;
            }
            if wants_operand {
                wants_operand = self.operand(&mut reader)?;
            } else {
                match self.after_operand(&mut reader)? {
                    Next::Operand => wants_operand = true,
                    Next::Operator => {}
                    Next::End => return Ok(()),
                }
            }
        }
    }

    /// An operator, or `=`, ends the line: the next line goes on, unless it is a statement of its own.
    fn go_on(&mut self) -> Result<(), Diagnostic> {
        let ahead = (0..).find(|&ahead| self.peek_at(ahead).kind != TokenKind::Newline).unwrap_or(0);
        let next = self.peek_at(ahead);
        if !self.targets(self.at + ahead).is_empty() || next.kind == TokenKind::End {
            return Err(Diagnostic::new("the expression is incomplete at the end of the line", self.peek().span)
                .help("an expression continues on the next line after an operator"));
        }
        self.skip_newlines();
        Ok(())
    }

    /// Reads where an operand should stand; returns whether one is wanted still.
    fn operand(&mut self, reader: &mut Reader) -> Result<bool, Diagnostic> {
        let token = self.peek().clone();
        let span = token.span;
        match &token.kind {
            TokenKind::Number(number) => {
                self.next();
                self.note_number(*number, reader);
                self.leaf(StackStepKind::Number(*number), span, reader);
            }
            TokenKind::Text(text) => {
                self.next();
                self.leaf(StackStepKind::Text(text.clone()), span, reader);
            }
            TokenKind::Name(_) | TokenKind::Quoted(_) if self.peek_at(1).is("(") => {
                return self.open_call(&token, reader);
            }
            TokenKind::Name(_) | TokenKind::Quoted(_) | TokenKind::Label(_) => self.named(&token, reader)?,
            TokenKind::Symbol("-") => {
                self.next();
                self.nest(Pending::Negate(span), span, reader)?;
                return Ok(true);
            }
            TokenKind::Symbol("+") => {
                self.next();
                self.nest(Pending::Plus(span), span, reader)?;
                return Ok(true);
            }
            TokenKind::Symbol("(") => {
                self.next();
                self.nest(Pending::Group { open: span, parts: 0 }, span, reader)?;
                return Ok(true);
            }
            TokenKind::Symbol(")") if reader.takes_several() && self.last_is_open(reader) => self.no_values(reader),
            TokenKind::Symbol("[") => {
                self.next();
                self.nest(Pending::Array { open: span, count: 0 }, span, reader)?;
                return Ok(true);
            }
            TokenKind::Symbol(":") if matches!(reader.pending.last(), Some(Pending::Index { .. })) => {
                return self.colon(false, reader);
            }
            // An argument, an element or the end of a range that is missing.
            TokenKind::Symbol(symbol @ (")" | "]" | ",")) if reader.may_end(symbol, self.syntax.steps.len()) => {
                if *symbol == "," {
                    return self.comma(reader);
                }
                if let Some(Pending::Index { .. }) = reader.pending.last() {
                    self.end_part(reader);
                }
                self.close(reader)?;
            }
            _ => {
                let mistake = Diagnostic::new(format!("expected a value, found {}", token.describe(self.source)), span);
                let after = self.last_end();
                return Err(match token.kind {
                    TokenKind::Symbol("=") => mistake.help("equality is written `==`"),
                    TokenKind::Symbol("/") if self.source.get(after.start..span.start) == Some("/") => {
                        mistake.help("a comment begins with `#`; the whole part of a quotient is `floor(a / b)`")
                    }
                    TokenKind::Symbol("*") if self.source.get(after.start..span.start) == Some("*") => {
                        mistake.help("a power is written `x^2`")
                    }
                    _ => mistake,
                });
            }
        }
        Ok(false)
    }

    fn named(&mut self, token: &Token<'a>, reader: &mut Reader) -> Result<(), Diagnostic> {
        self.next();
        let kind = match &token.kind {
            TokenKind::Name("true") if !self.knows(token) => StackStepKind::Truth(true),
            TokenKind::Name("false") if !self.knows(token) => StackStepKind::Truth(false),
            _ => match self.function_argument(token, reader) {
                Some(callee) => StackStepKind::Function(callee),
                None => StackStepKind::Name(self.resolve(token)?),
            },
        };
        self.leaf(kind, token.span, reader);
        Ok(())
    }

    /// The function that a name is where it stands alone as an argument, and is no value.
    fn function_argument(&self, token: &Token<'a>, reader: &Reader) -> Option<Callee> {
        let stands_alone = self.peek().is(",") || self.peek().is(")");
        let is_function = stands_alone && reader.takes_functions() && !self.knows(token);
        if is_function { self.callee(&token.name()?) } else { None }
    }

    fn note_number(&mut self, number: f64, reader: &Reader) {
        let index = |pending: &Pending| match pending {
            Pending::Index { .. } => true,
            Pending::Call(call) => matches!(&call.callee, Callee::Function(f) if f.name == "slice"),
            _ => false,
        };
        self.syntax.written.push(number);
        if reader.pending.iter().rev().find(|pending| pending.is_bracket()).is_some_and(index) {
            self.syntax.greatest_index = self.syntax.greatest_index.max(number);
        }
    }

    /// Reads what follows an operand.
    fn after_operand(&mut self, reader: &mut Reader) -> Result<Next, Diagnostic> {
        let token = self.peek().clone();
        let span = token.span;
        let TokenKind::Symbol(symbol) = token.kind else { return self.finish(reader) };
        if let Some(operator) = Operator::ALL.into_iter().find(|operator| operator.symbol() == symbol) {
            self.next();
            self.operator(operator, span, reader)?;
            return Ok(Next::Operand);
        }
        match symbol {
            "[" => {
                self.next();
                let item = PendingItem { first_step: self.syntax.steps.len(), ..PendingItem::default() };
                self.nest(Pending::Index { items: Vec::new(), item }, span, reader)?;
                Ok(Next::Operand)
            }
            ")" | "]" | "," | ":" => {
                self.reduce(Precedence::Comparison, reader);
                if reader.pending.is_empty() {
                    return Ok(Next::End); // the bracket of an initializer
                }
                let wants_operand = match symbol {
                    ":" => self.colon(true, reader)?,
                    "," => self.comma(reader)?,
                    _ => {
                        self.end_part(reader);
                        self.close(reader)?;
                        false
                    }
                };
                Ok(if wants_operand { Next::Operand } else { Next::Operator })
            }
            _ => self.finish(reader),
        }
    }

    fn operator(&mut self, operator: Operator, span: Span, reader: &mut Reader) -> Result<(), Diagnostic> {
        let precedence = operator.precedence();
        if operator == Operator::Power {
            // To the right: what waits on the left waits on.
            return self.nest(Pending::Operator(operator), span, reader);
        }
        if precedence == Precedence::Comparison {
            self.reduce(Precedence::Sum, reader);
            if matches!(reader.pending.last(), Some(Pending::Operator(left)) if left.precedence() == precedence) {
                return Err(Diagnostic::new("comparisons do not chain", span)
                    .help("put one of them in brackets, or use where(a < b, …, …)"));
            }
        }
        self.reduce(precedence, reader);
        reader.pending.push(Pending::Operator(operator));
        Ok(())
    }

    /// Carries out what is pending and holds at least as tightly as `precedence`.
    fn reduce(&mut self, precedence: Precedence, reader: &mut Reader) {
        loop {
            let (kind, first, nests) = match reader.pending.last() {
                Some(Pending::Negate(span)) if precedence <= Precedence::Negation => {
                    (Some(StackStepKind::Negate), Some(*span), true)
                }
                Some(Pending::Plus(span)) if precedence <= Precedence::Negation => (None, Some(*span), true),
                Some(Pending::Operator(operator)) if precedence <= operator.precedence() => {
                    (Some(StackStepKind::Binary(*operator)), None, *operator == Operator::Power)
                }
                _ => return,
            };
            reader.pending.pop();
            reader.depth -= usize::from(nests);
            let last = reader.operands.pop();
            let first = first.or_else(|| reader.operands.pop());
            let (Some(first), Some(last)) = (first, last) else { return };
            let span = Span { end: last.end, ..first };
            reader.operands.push(span);
            if let Some(kind) = kind {
                self.syntax.steps.push(StackStep { kind, span });
            }
        }
    }

    /// The expression is at its end, or something is missing.
    fn finish(&mut self, reader: &mut Reader) -> Result<Next, Diagnostic> {
        self.reduce(Precedence::Comparison, reader);
        let closer = match reader.pending.last() {
            None => return Ok(Next::End),
            Some(Pending::Group { .. }) => "an operator or `)`",
            Some(Pending::Call(_)) => "`,` or `)`",
            _ => "`,` or `]`",
        };
        let token = self.peek();
        let mistake = Diagnostic::new(format!("{closer} is missing before {}", self.describe_next()), token.span);
        Err(match token.name().as_deref().and_then(here) {
            _ if token.is("=") => mistake.help("equality is written `==`"),
            Some(here) => mistake.help(here),
            None => mistake,
        })
    }
}

/// What is wanted after an operand and what follows it.
enum Next {
    Operand,
    Operator,
    End,
}
