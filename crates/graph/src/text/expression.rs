//! Reads an expression: a Pratt parser whose pending work is a list, so that nesting costs no stack.

use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::functions::{Callable, Takes, meant};
use super::lexer::{Token, TokenKind};
use super::near::near;
use super::parser::Parser;
use super::syntax::{Call, Callee, Item, Operator, Precedence, Step, StepKind};
use crate::node::{Kind, Span};

/// How deep brackets, calls, unary signs and right-nested powers may nest.
const DEEPEST: usize = 10_000;

/// What waits for more of the expression to be read.
enum Pending {
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
        items: Vec<Item>,
        item: PendingItem,
    },
    /// `[`
    Array {
        open: Span,
        count: usize,
    },
}

struct PendingCall {
    callee: Callee,
    name: Span,
    /// The parameter of each argument so far, the one that is being read included.
    arguments: Vec<usize>,
    /// The first step of the argument that is being read.
    first_step: usize,
}

/// What was read of an item between the brackets of an index.
#[derive(Clone, Copy, Default)]
struct PendingItem {
    colon: bool,
    start: bool,
    /// The first step of what is being read.
    first_step: usize,
}

/// How far an expression was read.
struct Reader {
    pending: Vec<Pending>,
    /// The operands that were read: their places, with the brackets round them.
    operands: Vec<Span>,
    /// How many of `pending` nest, and how many are brackets.
    depth: usize,
    brackets: usize,
    /// Whether `inf` and `nan` are numbers, in the calls that are open and outside of them.
    words: Vec<bool>,
}

impl Reader {
    /// Whether the innermost bracket may go on with this symbol where an operand could stand, after so many steps.
    fn may_end(&self, symbol: &str, steps: usize) -> bool {
        match self.pending.last() {
            Some(Pending::Call(call)) => symbol == ")" && call.arguments.is_empty(),
            Some(Pending::Array { .. }) => symbol == "]",
            Some(Pending::Index { item, .. }) => symbol != ")" && item.colon && item.first_step == steps,
            _ => false,
        }
    }
}

impl<'a> Parser<'a> {
    /// Reads one expression, as far as it goes; its steps are appended. Within brackets lines do not matter. `words`
    /// says whether `inf` and `nan` are numbers.
    pub fn expression(&mut self, in_brackets: bool, words: bool) -> Result<(), Diagnostic> {
        let mut reader = Reader {
            pending: Vec::new(),
            operands: Vec::new(),
            depth: 0,
            brackets: usize::from(in_brackets),
            words: vec![words],
        };
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
        let statement = next.name().is_some() && self.peek_at(ahead + 1).is("=");
        if statement || next.kind == TokenKind::End {
            return Err(Diagnostic::new("the expression breaks off at the end of the line", self.peek().span)
                .help("a line goes on after an operator"));
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
                self.leaf(StepKind::Number(*number), span, reader);
            }
            TokenKind::Text(text) => {
                self.next();
                self.leaf(StepKind::Text(text.clone()), span, reader);
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
                self.nest(Pending::Group(span), span, reader)?;
                return Ok(true);
            }
            TokenKind::Symbol("[") => {
                self.next();
                self.nest(Pending::Array { open: span, count: 0 }, span, reader)?;
                return Ok(true);
            }
            TokenKind::Symbol(":") if matches!(reader.pending.last(), Some(Pending::Index { .. })) => {
                return self.colon(false, reader);
            }
            // An argument, an entry or the end of a range that is not there.
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
                let mistake =
                    Diagnostic::new(format!("{} stands where a value should", token.describe(self.source)), span);
                return Err(match token.kind {
                    TokenKind::Symbol("=") => mistake.help("equality is written `==`"),
                    _ => mistake,
                });
            }
        }
        Ok(false)
    }

    fn leaf(&mut self, what: StepKind, span: Span, reader: &mut Reader) {
        self.syntax.steps.push(Step { what, span });
        reader.operands.push(span);
    }

    fn named(&mut self, token: &Token<'a>, reader: &mut Reader) -> Result<(), Diagnostic> {
        let word = match token.kind {
            TokenKind::Name("inf") => Some(f64::INFINITY),
            TokenKind::Name("nan") => Some(f64::NAN),
            _ => None,
        };
        self.next();
        match word {
            Some(number) if reader.words.last() == Some(&true) => {
                self.leaf(StepKind::Number(number), token.span, reader);
            }
            _ => {
                let binding = self.resolve(token)?;
                self.leaf(StepKind::Name(binding), token.span, reader);
            }
        }
        Ok(())
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

    /// Puts something that nests on the list of what is pending.
    fn nest(&mut self, pending: Pending, span: Span, reader: &mut Reader) -> Result<(), Diagnostic> {
        if reader.depth == DEEPEST {
            return Err(Diagnostic::new("this is nested deeper than 10,000", span)
                .help("give the inner part a name on a line of its own"));
        }
        reader.depth += 1;
        reader.brackets += usize::from(pending.is_bracket());
        reader.pending.push(pending);
        Ok(())
    }

    fn open_call(&mut self, token: &Token<'a>, reader: &mut Reader) -> Result<bool, Diagnostic> {
        let name = token.name().unwrap_or_default();
        let words = matches!(&*name, "constant" | "power");
        if name == "nan" && reader.words.last() == Some(&true) {
            return self.nan_of_bits(token, reader);
        }
        let callee = match (Callable::find(&name), self.registry.get(&name)) {
            (Some(function), _) => Callee::Function(function),
            (None, Some(node)) => Callee::Custom(Arc::clone(node)),
            (None, None) => {
                let mistake = Diagnostic::new(format!("there is no function `{name}`"), token.span);
                return Err(match meant(&name, self.registry) {
                    Some(meant) => mistake.help(meant),
                    None if self.knows(token) => {
                        mistake.help(format!("`{name}` is a value; a product is written `{name} * (…)`"))
                    }
                    None => mistake.help("the functions are listed in the description of the text form"),
                });
            }
        };
        self.next();
        self.next();
        let call = PendingCall { callee, name: token.span, arguments: Vec::new(), first_step: self.syntax.steps.len() };
        self.nest(Pending::Call(call), token.span, reader)?;
        reader.words.push(words);
        self.skip_newlines();
        if self.peek().is(")") { Ok(true) } else { self.begin_argument(reader) }
    }

    /// `nan(9221120237041090561)`: not-a-number of these bits, which a constant may have.
    fn nan_of_bits(&mut self, token: &Token<'a>, reader: &mut Reader) -> Result<bool, Diagnostic> {
        let digits = self.peek_at(2).span;
        let bits = self.source[digits.start..digits.end].parse::<u64>().ok().map(f64::from_bits);
        let (Some(number), true) = (bits.filter(|x| x.is_nan()), self.peek_at(3).is(")")) else {
            return Err(Diagnostic::new("these are not the bits of a number that is none", token.span));
        };
        (0..4).for_each(|_| {
            self.next();
        });
        self.leaf(StepKind::Number(number), token.span, reader);
        Ok(false)
    }

    /// Begins the next argument of the innermost call, which may have a keyword; returns whether it is still to be read.
    fn begin_argument(&mut self, reader: &mut Reader) -> Result<bool, Diagnostic> {
        let keyword = (self.peek().name().is_some() && self.peek_at(1).is("=")).then(|| self.next());
        if keyword.is_some() {
            self.next();
        }
        let place = self.peek().span;
        let Some(Pending::Call(call)) = reader.pending.last_mut() else { return Ok(true) };
        call.first_step = self.syntax.steps.len();
        let parameter = call.parameter(keyword.as_ref(), place)?;
        call.arguments.push(parameter);
        let kind = match self.peek().kind {
            TokenKind::Name("real") => Kind::Real,
            TokenKind::Name("int") => Kind::Int,
            TokenKind::Name("bool") => Kind::Bool,
            _ => return Ok(true),
        };
        if keyword.is_none_or(|keyword| keyword.kind != TokenKind::Name("kind")) {
            return Ok(true);
        }
        self.next();
        self.leaf(StepKind::Kind(kind), place, reader);
        Ok(false)
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
                reader.words.push(false);
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
                    .help("put brackets round one of them, or use where(a < b, …, …)"));
            }
        }
        self.reduce(precedence, reader);
        reader.pending.push(Pending::Operator(operator));
        Ok(())
    }

    /// Carries out what is pending and holds at least as tightly as `precedence`.
    fn reduce(&mut self, precedence: Precedence, reader: &mut Reader) {
        loop {
            let (what, first, nests) = match reader.pending.last() {
                Some(Pending::Negate(span)) if precedence <= Precedence::Negation => {
                    (Some(StepKind::Negate), Some(*span), true)
                }
                Some(Pending::Plus(span)) if precedence <= Precedence::Negation => (None, Some(*span), true),
                Some(Pending::Operator(operator)) if precedence <= operator.precedence() => {
                    (Some(StepKind::Binary(*operator)), None, *operator == Operator::Power)
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
            if let Some(what) = what {
                self.syntax.steps.push(Step { what, span });
            }
        }
    }

    /// Ends an argument, an entry or an item, and begins the next.
    fn comma(&mut self, reader: &mut Reader) -> Result<bool, Diagnostic> {
        let token = self.next();
        self.end_part(reader);
        self.skip_newlines();
        let first_step = self.syntax.steps.len();
        match reader.pending.last_mut() {
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
            _ => Err(Diagnostic::new("`,` stands in brackets that hold one value", token.span)
                .help("an array of numbers is written [1, 2, 3]")),
        }
    }

    /// `:` between the ends of a range
    fn colon(&mut self, has_start: bool, reader: &mut Reader) -> Result<bool, Diagnostic> {
        let token = self.next();
        let first_step = self.syntax.steps.len();
        match reader.pending.last_mut() {
            Some(Pending::Index { item, .. }) if !item.colon => {
                *item = PendingItem { colon: true, start: has_start, first_step };
                Ok(true)
            }
            Some(Pending::Index { .. }) => Err(Diagnostic::new("a range has two ends, as in x[1:3]", token.span)),
            _ => Err(Diagnostic::new("`:` stands only in an index, as in x[1:3]", token.span)),
        }
    }

    /// What was read since the last comma is complete.
    fn end_part(&mut self, reader: &mut Reader) {
        let end = self.syntax.steps.len();
        match reader.pending.last_mut() {
            Some(Pending::Array { count, .. }) => *count += 1,
            Some(Pending::Index { items, item }) => {
                let PendingItem { colon, start, first_step } = *item;
                if colon {
                    items.push(Item::Range { start, stop: first_step < end });
                } else {
                    items.push(Item::At);
                    self.mark_indices(first_step);
                }
            }
            Some(Pending::Call(call)) => {
                if let (Callee::Function(function), Some(&parameter)) = (&call.callee, call.arguments.last())
                    && function.parameters[parameter].takes == Takes::Index
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
        let plain = |step: &Step| match &step.what {
            StepKind::Number(_) | StepKind::Name(_) | StepKind::Negate => true,
            StepKind::Binary(operator) => matches!(operator, Operator::Add | Operator::Sub | Operator::Mul),
            _ => false,
        };
        // The last step comes first: it says soonest that there is more to it.
        if self.syntax.steps[first_step..].iter().rev().all(plain) {
            for step in &self.syntax.steps[first_step..] {
                if let StepKind::Name(binding) = step.what {
                    self.syntax.bindings[binding].is_index = true;
                }
            }
        }
    }

    /// The innermost bracket closes.
    fn close(&mut self, reader: &mut Reader) -> Result<(), Diagnostic> {
        let end = self.next().span;
        let Some(pending) = reader.pending.pop() else { return Ok(()) };
        reader.depth -= 1;
        reader.brackets -= 1;
        let (what, first) = match pending {
            Pending::Group(open) => {
                let inner = reader.operands.pop();
                reader.operands.extend(inner.map(|_| Span { end: end.end, ..open }));
                return Ok(());
            }
            Pending::Array { open, count } => (StepKind::Array(count), (count, open)),
            Pending::Index { items, .. } => {
                reader.words.pop();
                let count = items.iter().map(|item| item.values()).sum::<usize>();
                let base = reader.operands.len().checked_sub(count + 1).map_or(end, |place| reader.operands[place]);
                (StepKind::Index(items.into()), (count + 1, base))
            }
            Pending::Call(call) => {
                reader.words.pop();
                if let Callee::Function(function) = &call.callee
                    && let Some(missing) = function.missing(&call.arguments)
                {
                    let message = format!("`{}` of `{}` is missing", missing.name, function.name);
                    return Err(Diagnostic::new(message, Span { end: end.end, ..call.name }).help(function.signature()));
                }
                let PendingCall { callee, name, arguments, .. } = call;
                let first = (arguments.len(), name);
                (StepKind::Call(Box::new(Call { callee, arguments })), first)
            }
            Pending::Negate(_) | Pending::Plus(_) | Pending::Operator(_) => return Ok(()), // reduced before
        };
        let (operands, first) = first;
        reader.operands.truncate(reader.operands.len().saturating_sub(operands));
        self.leaf(what, Span { end: end.end, ..first }, reader);
        Ok(())
    }

    /// The expression is at its end, or something is missing.
    fn finish(&mut self, reader: &mut Reader) -> Result<Next, Diagnostic> {
        self.reduce(Precedence::Comparison, reader);
        let closer = match reader.pending.last() {
            None => return Ok(Next::End),
            Some(Pending::Group(_)) => "an operator or `)`",
            Some(Pending::Call(_)) => "`,` or `)`",
            _ => "`,` or `]`",
        };
        let token = self.peek();
        let mistake = Diagnostic::new(format!("{closer} is missing before {}", self.describe_next()), token.span);
        Err(if token.is("=") { mistake.help("equality is written `==`") } else { mistake })
    }
}

/// What is wanted after an operand and what follows it.
enum Next {
    Operand,
    Operator,
    End,
}

impl PendingCall {
    /// The parameter that the next argument is for.
    fn parameter(&self, keyword: Option<&Token<'_>>, place: Span) -> Result<usize, Diagnostic> {
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
                let message = format!("`{}` takes {count} argument{plural}, and here is one more", function.name);
                Diagnostic::new(message, place).help(function.signature())
            });
        };
        let name = keyword.name().unwrap_or_default();
        let parameter = function.parameter(&name).ok_or_else(|| {
            let near = near(&name, function.parameters.iter().map(|p| p.name));
            let help = near.map_or_else(|| function.signature(), |near| format!("did you mean `{near}`?"));
            Diagnostic::new(format!("`{}` has no `{name}`", function.name), keyword.span).help(help)
        })?;
        if self.arguments.contains(&parameter) {
            return Err(Diagnostic::new(format!("`{name}` is given twice"), keyword.span));
        }
        Ok(parameter)
    }
}

impl Pending {
    fn is_bracket(&self) -> bool {
        match self {
            Pending::Group(_) | Pending::Call(_) | Pending::Index { .. } | Pending::Array { .. } => true,
            Pending::Negate(_) | Pending::Plus(_) | Pending::Operator(_) => false,
        }
    }
}
