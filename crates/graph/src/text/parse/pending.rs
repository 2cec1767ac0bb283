//! What is pending while an expression is read: brackets, calls and operators that wait for more of it.

use super::Parser;
use super::lexer::Token;
use crate::node::Span;
use crate::text::diagnostic::Diagnostic;
use crate::text::functions::Takes;
use crate::text::near::near;
use crate::text::syntax::{Callee, DEEPEST, IndexItem, Operator, StackStep, StackStepKind};

/// What waits for more of the expression to be read.
pub(super) enum Pending {
    /// `-` before its operand
    Negate(Span),
    /// `+` before its operand, which changes nothing
    Plus(Span),
    /// An operator and its left operand
    Operator(Operator),
    /// `(`
    Group(Span),
    Call(PendingCall),
    /// `x[`
    Index {
        items: Vec<IndexItem>,
        item: PendingItem,
    },
    /// `[`
    Array {
        open: Span,
        count: usize,
    },
}

/// How far an expression was read.
pub(super) struct Reader {
    pub pending: Vec<Pending>,
    /// The spans of the operands that were read, with the brackets round them.
    pub operands: Vec<Span>,
    /// How many of `pending` nest, and how many are brackets.
    pub depth: usize,
    pub brackets: usize,
}

impl Reader {
    /// Whether the innermost bracket may go on with this symbol where an operand could stand, after so many steps.
    pub fn may_end(&self, symbol: &str, steps: usize) -> bool {
        match self.pending.last() {
            Some(Pending::Call(call)) => symbol == ")" && call.arguments.is_empty(),
            Some(Pending::Array { .. }) => symbol == "]",
            Some(Pending::Index { item, .. }) => symbol != ")" && item.colon && item.first_step == steps,
            _ => false,
        }
    }
}

/// A call whose arguments are being read.
pub(super) struct PendingCall {
    pub callee: Callee,
    pub name: Span,
    /// The parameter of each argument so far, the one that is being read included.
    pub arguments: Vec<usize>,
    /// The first step of the argument that is being read.
    pub first_step: usize,
}

/// What was read of an item between the brackets of an index.
#[derive(Clone, Copy, Default)]
pub(super) struct PendingItem {
    pub colon: bool,
    pub start: bool,
    /// The first step of what is being read.
    pub first_step: usize,
}

impl Pending {
    pub fn is_bracket(&self) -> bool {
        match self {
            Pending::Group(_) | Pending::Call(_) | Pending::Index { .. } | Pending::Array { .. } => true,
            Pending::Negate(_) | Pending::Plus(_) | Pending::Operator(_) => false,
        }
    }
}

impl PendingCall {
    /// The parameter that the next argument is for.
    pub fn parameter(&self, keyword: Option<&Token<'_>>, span: Span) -> Result<usize, Diagnostic> {
        let Callee::Function(function) = &self.callee else {
            return match keyword {
                Some(keyword) => Err(Diagnostic::new("a custom node takes no keywords", keyword.span)),
                None => Ok(self.arguments.len()),
            };
        };
        let Some(keyword) = keyword else {
            return function.next_parameter(&self.arguments).ok_or_else(|| {
                let count = function.parameters.iter().filter(|p| p.takes != Takes::Keyword).count();
                let plural = if count == 1 { "" } else { "s" };
                let message = format!("`{}` takes {count} argument{plural}, and this is one more", function.name);
                Diagnostic::new(message, span).help(function.signature())
            });
        };
        let name = keyword.name().unwrap_or_default();
        let parameter = function.parameter(&name).ok_or_else(|| {
            let near = near(&name, function.parameters.iter().map(|p| p.name));
            let help = near.map_or_else(|| function.signature(), |near| format!("did you mean `{near}`?"));
            Diagnostic::new(format!("`{}` has no parameter `{name}`", function.name), keyword.span).help(help)
        })?;
        if self.arguments.contains(&parameter) {
            return Err(Diagnostic::new(format!("`{name}` is given twice"), keyword.span));
        }
        Ok(parameter)
    }
}

impl Parser<'_> {
    pub(super) fn leaf(&mut self, kind: StackStepKind, span: Span, reader: &mut Reader) {
        self.syntax.steps.push(StackStep { kind, span });
        reader.operands.push(span);
    }

    /// Puts something that nests on the list of what is pending.
    pub(super) fn nest(&mut self, pending: Pending, span: Span, reader: &mut Reader) -> Result<(), Diagnostic> {
        if reader.depth == DEEPEST {
            return Err(Diagnostic::new("this is nested deeper than 10,000 levels", span)
                .help("give the inner part a name on a line of its own"));
        }
        reader.depth += 1;
        reader.brackets += usize::from(pending.is_bracket());
        reader.pending.push(pending);
        Ok(())
    }
}
