//! Calls, indices and arrays: what is written in brackets.

use super::Parser;
use super::lexer::{Token, TokenKind};
use super::pending::{Pending, PendingCall, PendingItem, Reader};
use crate::node::{Kind, Span};
use crate::text::diagnostic::Diagnostic;
use crate::text::functions::Takes;
use crate::text::syntax::{
    Call, Callee, Definition, IndexItem, Keyword, Operator, StackStep, StackStepKind, loops_alone,
};

impl<'a> Parser<'a> {
    pub(super) fn open_call(&mut self, token: &Token<'a>, reader: &mut Reader) -> Result<bool, Diagnostic> {
        let name = token.name().unwrap_or_default();
        let Some(callee) = self.callee(&name) else { return Err(self.unknown_function(token)) };
        if let Callee::Definition(id) = callee
            && let Definition { span, printed: Some(_), .. } = &self.syntax.definitions[id]
        {
            return Err(loops_alone(&name, token.span, *span));
        }
        self.next();
        self.next();
        let (arguments, first_step) = (Vec::new(), self.syntax.steps.len());
        let call = PendingCall { callee, name: token.span, arguments, keywords: Vec::new(), first_step };
        self.nest(Pending::Call(call), token.span, reader)?;
        self.skip_newlines();
        if self.peek().is(")") { Ok(true) } else { self.begin_argument(reader) }
    }

    /// Begins the next argument of the innermost call, which may have a keyword; returns whether it is still to be read.
    fn begin_argument(&mut self, reader: &mut Reader) -> Result<bool, Diagnostic> {
        let keyword = (self.peek().name().is_some() && self.peek_at(1).is("=")).then(|| self.next());
        if keyword.is_some() {
            self.next();
        }
        let keyword = keyword.and_then(|token| Some(Keyword { name: token.name()?.into_owned(), span: token.span }));
        let span = self.peek().span;
        let Some(Pending::Call(call)) = reader.pending.last_mut() else { return Ok(true) };
        call.first_step = self.syntax.steps.len();
        let parameter = call.parameter(&self.syntax.definitions, keyword.as_ref(), span)?;
        call.arguments.push(parameter);
        let is_kind = keyword.as_ref().is_some_and(|keyword| keyword.name == "kind");
        call.keywords.push(keyword);
        let kind = match self.peek().kind {
            TokenKind::Name("real") => Kind::Real,
            TokenKind::Name("int") => Kind::Int,
            TokenKind::Name("bool") => Kind::Bool,
            _ => return Ok(true),
        };
        if !is_kind {
            return Ok(true);
        }
        self.next();
        self.leaf(StackStepKind::Kind(kind), span, reader);
        Ok(false)
    }

    /// Ends an argument, an element or an item, and begins the next.
    pub(super) fn comma(&mut self, reader: &mut Reader) -> Result<bool, Diagnostic> {
        let token = self.next();
        self.end_part(reader);
        self.skip_newlines();
        let first_step = self.syntax.steps.len();
        let takes_several = reader.takes_several();
        match reader.pending.last_mut() {
            Some(Pending::Group { parts, .. }) if takes_several => {
                *parts += 1;
                Ok(true)
            }
            Some(Pending::Call(_)) if self.peek().is(")") => {
                self.close(reader)?;
                Ok(false)
            }
            Some(Pending::Call(_)) => self.begin_argument(reader),
            Some(Pending::Array { .. }) => Ok(true),
            Some(Pending::Index { item, .. }) => {
                *item = PendingItem { first_step, ..PendingItem::default() };
                Ok(true)
            }
            _ => Err(Diagnostic::new("these brackets hold one value, so `,` is not allowed", token.span)
                .help("an array of numbers is written [1, 2, 3]")),
        }
    }

    /// Whether the innermost brackets, of several values, are empty so far.
    pub(super) fn last_is_open(&self, reader: &Reader) -> bool {
        matches!(reader.pending.last(), Some(Pending::Group { open, parts: 0 }) if *open == self.last_end())
    }

    /// `()`, where several values may stand
    pub(super) fn no_values(&mut self, reader: &mut Reader) {
        let end = self.next().span;
        let Some(Pending::Group { open, .. }) = reader.pending.pop() else { return };
        reader.depth -= 1;
        reader.brackets -= 1;
        self.leaf(StackStepKind::Several(0), Span { end: end.end, ..open }, reader);
    }

    /// `:` between the ends of a range
    pub(super) fn colon(&mut self, has_start: bool, reader: &mut Reader) -> Result<bool, Diagnostic> {
        let token = self.next();
        let first_step = self.syntax.steps.len();
        match reader.pending.last_mut() {
            Some(Pending::Index { item, .. }) if !item.colon => {
                *item = PendingItem { colon: true, start: has_start, first_step };
                Ok(true)
            }
            Some(Pending::Index { .. }) => Err(Diagnostic::new("a range has two ends, as in x[1:3]", token.span)),
            _ => Err(Diagnostic::new("`:` is only allowed in an index, as in x[1:3]", token.span)),
        }
    }

    /// What was read since the last comma is complete.
    pub(super) fn end_part(&mut self, reader: &mut Reader) {
        let end = self.syntax.steps.len();
        match reader.pending.last_mut() {
            Some(Pending::Array { count, .. }) => *count += 1,
            Some(Pending::Index { items, item }) => {
                let PendingItem { colon, start, first_step } = *item;
                if colon {
                    items.push(IndexItem::Range { start, stop: first_step < end });
                } else {
                    items.push(IndexItem::Index);
                    self.mark_indices(first_step);
                }
            }
            Some(Pending::Call(call)) => {
                if let (Callee::Function(function), Some(&parameter)) = (&call.callee, call.arguments.last())
                    && function.parameters.get(parameter).is_some_and(|parameter| parameter.takes == Takes::Index)
                {
                    let first_step = call.first_step;
                    self.mark_indices(first_step);
                }
            }
            _ => {}
        }
    }

    /// The names from a step on are used as an index, if whole numbers are all that is made of them.
    fn mark_indices(&mut self, first_step: usize) {
        let plain = |step: &StackStep| match &step.kind {
            StackStepKind::Number(_) | StackStepKind::Name(_) | StackStepKind::Negate => true,
            StackStepKind::Binary(operator) => matches!(operator, Operator::Add | Operator::Sub | Operator::Mul),
            _ => false,
        };
        // The last step comes first: it says soonest that there is more to it.
        if self.syntax.steps[first_step..].iter().rev().all(plain) {
            for step in &self.syntax.steps[first_step..] {
                if let StackStepKind::Name(binding) = step.kind {
                    self.syntax.bindings[binding].is_index = true;
                }
            }
        }
    }

    /// The innermost bracket closes.
    pub(super) fn close(&mut self, reader: &mut Reader) -> Result<(), Diagnostic> {
        let end = self.next().span;
        let Some(pending) = reader.pending.pop() else { return Ok(()) };
        reader.depth -= 1;
        reader.brackets -= 1;
        let (kind, first) = match pending {
            Pending::Group { open, parts } if parts > 0 => (StackStepKind::Several(parts + 1), (parts + 1, open)),
            Pending::Group { open, .. } => {
                let inner = reader.operands.pop();
                reader.operands.extend(inner.map(|_| Span { end: end.end, ..open }));
                return Ok(());
            }
            Pending::Array { open, count } => (StackStepKind::Array(count), (count, open)),
            Pending::Index { items, .. } => {
                let count = items.iter().map(|item| item.values()).sum::<usize>();
                let base = reader.operands.len().checked_sub(count + 1).map_or(end, |index| reader.operands[index]);
                (StackStepKind::Index(items.into()), (count + 1, base))
            }
            Pending::Call(call) => {
                call.complete(&self.syntax.definitions, Span { end: end.end, ..call.name })?;
                let PendingCall { callee, name, arguments, keywords, .. } = call;
                let keywords = if callee.is_open() { keywords } else { Vec::new() };
                let first = (arguments.len(), name);
                (StackStepKind::Call(Box::new(Call { callee, name, arguments, keywords })), first)
            }
            Pending::Negate(_) | Pending::Plus(_) | Pending::Operator(_) => return Ok(()), // reduced before
        };
        let (operands, first) = first;
        reader.operands.truncate(reader.operands.len().saturating_sub(operands));
        self.leaf(kind, Span { end: end.end, ..first }, reader);
        Ok(())
    }
}
