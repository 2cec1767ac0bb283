//! What is pending while an expression is read: brackets, calls and operators that wait for more of it.

use super::Parser;
use crate::node::Span;
use crate::text::diagnostic::Diagnostic;
use crate::text::functions::{Builds, complete, parameter_of};
use crate::text::syntax::{Callee, DEEPEST, Definition, IndexItem, Keyword, Operator, StackStep, StackStepKind};

/// What waits for more of the expression to be read.
pub(super) enum Pending {
    /// `-` before its operand
    Negate(Span),
    /// `+` before its operand, which changes nothing
    Plus(Span),
    /// An operator and its left operand
    Operator(Operator),
    /// `(`, and how many values were read before a comma in it.
    Group {
        open: Span,
        parts: usize,
    },
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
    /// Whether the whole expression may be a function.
    pub may_be_function: bool,
}

impl Reader {
    /// Whether a function may stand here, as an argument.
    pub fn takes_functions(&self) -> bool {
        match self.pending.last() {
            Some(Pending::Call(call)) => call.callee.takes_functions(),
            Some(_) => false,
            None => self.may_be_function,
        }
    }

    /// Whether the innermost bracket holds an argument that may be several values: `scan(f, (h0, c0), xs)`.
    pub fn takes_several(&self) -> bool {
        match &self.pending[..] {
            [.., Pending::Call(call), Pending::Group { .. }] => {
                matches!(&call.callee, Callee::Function(function) if matches!(function.builds, Builds::Scan))
            }
            _ => false,
        }
    }

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
    /// The keyword of each, where only carrying the call out says what it is for.
    pub keywords: Vec<Option<Keyword>>,
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
            Pending::Group { .. } | Pending::Call(_) | Pending::Index { .. } | Pending::Array { .. } => true,
            Pending::Negate(_) | Pending::Plus(_) | Pending::Operator(_) => false,
        }
    }
}

impl PendingCall {
    /// The parameter that the next argument, which stands at `span`, is for.
    pub fn parameter(
        &self,
        definitions: &[Definition],
        keyword: Option<&Keyword>,
        span: Span,
    ) -> Result<usize, Diagnostic> {
        let named = keyword.map(|keyword| (keyword.name.as_str(), keyword.span));
        match (&self.callee, keyword) {
            (callee, _) if callee.is_open() => Ok(self.arguments.len()),
            (Callee::Function(function), _) => parameter_of(*function, &self.arguments, named, span),
            (Callee::Definition(id), _) => parameter_of(&definitions[*id], &self.arguments, named, span),
            (Callee::Custom(_), Some(keyword)) => Err(Diagnostic::new("a custom node takes no keywords", keyword.span)),
            (Callee::Custom(_) | Callee::Argument(..), _) => Ok(self.arguments.len()),
        }
    }

    /// The mistake of leaving out an argument that must be there; the call stands at `span`.
    pub fn complete(&self, definitions: &[Definition], span: Span) -> Result<(), Diagnostic> {
        match &self.callee {
            Callee::Function(function) => complete(*function, &self.known_arguments(), span),
            Callee::Definition(id) => complete(&definitions[*id], &self.arguments, span),
            Callee::Custom(_) | Callee::Argument(..) => Ok(()),
        }
    }

    /// The parameters that have an argument; those of a function that passes on the rest have it in their order.
    fn known_arguments(&self) -> Vec<usize> {
        let Callee::Function(function) = &self.callee else { return self.arguments.clone() };
        let last = function.parameters.len().saturating_sub(1);
        self.arguments
            .iter()
            .map(|&argument| if function.passes_on() { argument.min(last) } else { argument })
            .collect()
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
