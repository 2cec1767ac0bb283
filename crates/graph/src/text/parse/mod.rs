//! Reads a text: characters become tokens, tokens become statements; every name is resolved as it is read.

mod bracket;
mod callee;
mod definition;
mod expression;
mod lexer;
mod pending;
mod printed;
mod start;
mod statement;

use std::collections::HashMap;
use std::ops::Range;

use self::definition::Body;
use self::lexer::{Token, TokenKind, tokens};
use super::diagnostic::Diagnostic;
use super::functions::{Callable, Parameters, here};
use super::near::near;
use super::number::not_finite;
use super::registry::Registry;
use super::syntax::{Binding, BindingId, BindingKind, DefinitionId, Syntax};
use crate::node::Span;

/// The words that begin a statement; each may also be a name, if `=` follows.
const KEYWORDS: &[&str] =
    &["input", "outcome", "param", "state", "value", "let", "update", "scope", "role", "def", "return"];

/// Reads a model.
pub(super) fn model(source: &str, registry: &Registry) -> Result<Syntax, Diagnostic> {
    let mut parser = Parser::new(source, registry, false)?;
    parser.collect_lets()?;
    parser.statements()?;
    Ok(parser.syntax)
}

/// Reads one expression; every name in it that is not defined is a new one.
pub(super) fn expression(source: &str) -> Result<Syntax, Diagnostic> {
    let registry = Registry::new();
    let mut parser = Parser::new(source, &registry, true)?;
    if parser.peek().kind == TokenKind::End {
        return Err(Diagnostic::new("there is no expression", parser.peek().span).help("write one, such as x^2"));
    }
    parser.expression(true)?;
    let token = parser.peek();
    if token.kind != TokenKind::End {
        let mistake = Diagnostic::new(
            format!("unexpected {} after the end of the expression", token.describe(source)),
            token.span,
        );
        return Err(match token.kind {
            TokenKind::Symbol("=") => mistake.help("equality is written `==`"),
            TokenKind::Name(_) | TokenKind::Quoted(_) | TokenKind::Number(_) | TokenKind::Symbol("(") => {
                mistake.help("write an operator between two values, as in x * y")
            }
            _ => mistake,
        });
    }
    Ok(parser.syntax)
}

/// How far a text was read.
struct Parser<'a> {
    source: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
    registry: &'a Registry,
    syntax: Syntax,
    names: HashMap<String, BindingId>,
    labels: HashMap<String, BindingId>,
    definitions: HashMap<String, DefinitionId>,
    /// The body of a `def` that is being read.
    body: Option<Body>,
    /// The tokens of each body.
    bodies: Vec<Range<usize>>,
    /// Whether unknown names are free, as in a single expression.
    free_names: bool,
    /// The `let`s read so far; those that come later are known by name only.
    lets_read: Vec<bool>,
}

impl<'a> Parser<'a> {
    fn new(source: &'a str, registry: &'a Registry, free_names: bool) -> Result<Parser<'a>, Diagnostic> {
        Ok(Parser {
            source,
            tokens: tokens(source)?,
            at: 0,
            registry,
            syntax: Syntax::default(),
            names: HashMap::new(),
            labels: HashMap::new(),
            definitions: HashMap::new(),
            body: None,
            bodies: Vec::new(),
            free_names,
            lets_read: Vec::new(),
        })
    }

    fn peek(&self) -> &Token<'a> {
        self.peek_at(0)
    }

    /// The token so many tokens ahead; behind the end is the end.
    fn peek_at(&self, ahead: usize) -> &Token<'a> {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)]
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek().clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn skip_newlines(&mut self) {
        while self.peek().kind == TokenKind::Newline {
            self.next();
        }
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.peek().is(symbol);
        if found {
            self.next();
        }
        found
    }

    fn describe_next(&self) -> String {
        self.peek().describe(self.source)
    }

    /// The end of the last token that was taken.
    fn last_end(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    fn since(&self, start: Span) -> Span {
        Span { end: self.last_end().end.max(start.start), ..start }
    }

    fn expected(&self, what: &str) -> Diagnostic {
        Diagnostic::new(format!("{what} is missing before {}", self.describe_next()), self.peek().span)
    }

    /// Makes all `let`s known, since a size may be given its value below its first use.
    fn collect_lets(&mut self) -> Result<(), Diagnostic> {
        self.bodies = bodies(&self.tokens);
        let mut begins = true;
        for at in 0..self.tokens.len() {
            if self.body_of(at).is_some() {
                begins = true;
                continue;
            }
            let token = &self.tokens[at];
            let separates = token.kind == TokenKind::Newline || token.is("{") || token.is("}");
            if begins
                && token.kind == TokenKind::Name("let")
                && let Some(name) = self.tokens.get(at + 1).and_then(Token::name)
                && self.tokens.get(at + 2).is_some_and(|token| token.is("="))
            {
                let (name, span) = (name.into_owned(), self.tokens[at + 1].span);
                self.define(&name, false, BindingKind::Let, span)?;
            }
            begins = separates;
        }
        self.lets_read = vec![false; self.syntax.bindings.len()];
        Ok(())
    }

    /// A name or label of a node that is defined.
    fn reference(&mut self, what: &str) -> Result<(BindingId, Span), Diagnostic> {
        let token = self.peek().clone();
        if token.name().is_none() && !matches!(token.kind, TokenKind::Label(_)) {
            return Err(self.expected(what));
        }
        self.next();
        Ok((self.resolve(&token)?, token.span))
    }

    /// Whether a name is defined.
    fn knows(&self, token: &Token<'a>) -> bool {
        token.name().is_some_and(|name| self.names.contains_key(&*name))
    }

    /// What a name or label in an expression stands for.
    fn resolve(&mut self, token: &Token<'a>) -> Result<BindingId, Diagnostic> {
        if let TokenKind::Label(label) = token.kind {
            return self.labels.get(label).copied().ok_or_else(|| {
                Diagnostic::new(format!("there is no node ${label} before this"), token.span)
                    .help("define it as `$… = …` above")
            });
        }
        let name = token.name().unwrap_or_default();
        match self.names.get(&*name) {
            Some(&binding) => {
                let later = self.lets_read.get(binding) == Some(&false);
                let is_let = self.syntax.bindings[binding].kind == BindingKind::Let;
                if is_let && later && self.line_begins_with(&["let"]) {
                    return Err(Diagnostic::new(format!("`{name}` is used before it has a value"), token.span)
                        .also(self.syntax.bindings[binding].span, "it gets its value here")
                        .help("move that line above"));
                }
                Ok(binding)
            }
            None if self.free_names => self.define(&name, false, BindingKind::Node, token.span),
            // A call may have given this name to a node.
            None if name.contains('/') && self.defined_later(&name).is_none() => {
                Ok(self.bind(&name, false, BindingKind::Inside, token.span))
            }
            None => Err(self.unknown(&name, token.span)),
        }
    }

    /// Whether the line that is being read begins with one of these words.
    fn line_begins_with(&self, words: &[&str]) -> bool {
        let line = (0..self.at).rev().find(|&at| self.tokens[at].kind == TokenKind::Newline).map_or(0, |at| at + 1);
        matches!(self.tokens[line].kind, TokenKind::Name(word) if words.contains(&word))
    }

    fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let mistake = Diagnostic::new(format!("there is no `{name}`"), span);
        if let Some(later) = self.defined_later(name) {
            let here = later.line == span.line;
            let what = if here { "in its own definition" } else { "before it is defined" };
            return Diagnostic::new(format!("`{name}` is used {what}"), span)
                .also(later, "defined here")
                .help("a line can use only what is defined above it");
        }
        if let Some(function) = Callable::find(name) {
            return mistake.help(format!("`{name}` is a function: {}", function.signature()));
        }
        if not_finite(name).is_some() {
            return mistake.help(format!("write the number in quotes: \"{name}\""));
        }
        let known = self.syntax.bindings.iter().filter(|binding| !binding.is_label);
        match near(name, known.map(|binding| binding.name.as_str())) {
            Some(near) => mistake.help(format!("did you mean `{near}`?")),
            None if let Some(here) = here(name) => mistake.help(here),

            None if self.line_begins_with(&["let", "param", "state"]) => {
                mistake.help(format!("this takes a number, or the name of a number: `let {name} = …` above"))
            }
            None => mistake.help(format!("define it above: `{name} = …`, `let {name} = …` or `input {name} []`")),
        }
    }

    /// Where a name is defined on this line or below, if it is.
    fn defined_later(&self, name: &str) -> Option<Span> {
        let line = (0..self.at).rev().find(|&at| self.tokens[at].kind == TokenKind::Newline).map_or(0, |at| at + 1);
        let body = self.body_of(self.at);
        (line..self.tokens.len()).filter(|&at| self.body_of(at) == body).find_map(|at| {
            let begins = at == 0 || self.tokens[at - 1].kind == TokenKind::Newline || self.tokens[at - 1].is("{");
            let keyword = matches!(self.tokens[at].kind, TokenKind::Name(word) if KEYWORDS.contains(&word));
            let named = |token: &&Token<'a>| token.name().is_some_and(|found| found == name);
            let assigned = || self.targets(at).iter().step_by(2).find(named);
            let declared = || match self.tokens.get(at + 1..at + 3)? {
                [declared, bracket] if keyword && bracket.is("[") => Some(declared).filter(named),
                _ => None,
            };
            if begins { assigned().or_else(declared).map(|token| token.span) } else { None }
        })
    }

    /// The targets of an assignment that begins at a token, `a, b =`, with the commas between them; none if none does.
    fn targets(&self, at: usize) -> &[Token<'a>] {
        let is_target = |token: &Token<'a>| token.name().is_some() || matches!(token.kind, TokenKind::Label(_));
        let mut end = at;
        while self.tokens.get(end).is_some_and(is_target) {
            match self.tokens.get(end + 1) {
                Some(token) if token.is("=") => return &self.tokens[at..=end],
                Some(token) if token.is(",") => end += 2,
                _ => break,
            }
        }
        &[]
    }

    /// A name or label may be defined once.
    fn refuse_second(&self, target: &Token<'a>) -> Result<(), Diagnostic> {
        let first = match &target.kind {
            TokenKind::Label(label) => self.labels.get(*label),
            _ => target.name().and_then(|name| self.names.get(&*name)),
        };
        match first {
            Some(&first) if !self.is_outer(first) => Err(self.second(first, target.span)),
            _ => Ok(()),
        }
    }

    /// Whether a name is one that the body that is being read may hide.
    fn is_outer(&self, binding: BindingId) -> bool {
        self.body.as_ref().is_some_and(|body| binding < body.first)
    }

    /// A name that is defined already is defined again.
    fn second(&self, first: BindingId, span: Span) -> Diagnostic {
        let first = &self.syntax.bindings[first];
        let name = if first.is_label { format!("${}", first.name) } else { first.name.clone() };
        // A `let` is known before the lines above it are read.
        let (former, latter) = if first.span.start < span.start { (first.span, span) } else { (span, first.span) };
        let (what, former_use) = match first.kind {
            BindingKind::FreeSize => ("is already a size", "used as a size here"),
            BindingKind::Argument => ("is an argument already", "an argument here"),
            BindingKind::Let | BindingKind::LocalLet | BindingKind::Node | BindingKind::Inside => {
                ("is defined twice", "first defined here")
            }
        };
        Diagnostic::new(format!("`{name}` {what}"), latter)
            .also(former, former_use)
            .help(format!("the first is on line {}; choose another name", former.line))
    }

    fn define_target(&mut self, target: &Token<'a>) -> Result<BindingId, Diagnostic> {
        match &target.kind {
            TokenKind::Label(label) => self.define(label, true, BindingKind::Node, target.span),
            _ => self.define(&target.name().unwrap_or_default(), false, BindingKind::Node, target.span),
        }
    }

    fn define(&mut self, name: &str, is_label: bool, kind: BindingKind, span: Span) -> Result<BindingId, Diagnostic> {
        let id = self.bind(name, is_label, kind, span);
        let table = if is_label { &mut self.labels } else { &mut self.names };
        let hidden = table.insert(name.to_string(), id);
        match (&mut self.body, hidden) {
            (None, None) => {}
            (Some(body), hidden) if hidden.is_none_or(|hidden| hidden < body.first) => {
                body.hidden.push((is_label, name.to_string(), hidden));
            }
            (_, hidden) => return Err(self.second(hidden.unwrap_or(id), span)),
        }
        Ok(id)
    }

    /// A binding that the names do not lead to yet.
    fn bind(&mut self, name: &str, is_label: bool, kind: BindingKind, span: Span) -> BindingId {
        let (name, is_local) = (name.to_string(), self.body.is_some());
        self.syntax.bindings.push(Binding { name, is_label, kind, span, is_index: false, is_local });
        self.syntax.bindings.len() - 1
    }

    /// Which body a token is in.
    fn body_of(&self, at: usize) -> Option<usize> {
        let after = self.bodies.partition_point(|body| body.start <= at);
        after.checked_sub(1).filter(|&index| self.bodies[index].contains(&at))
    }
}

/// The tokens of the bodies of all `def`s, between their brackets.
fn bodies(tokens: &[Token<'_>]) -> Vec<Range<usize>> {
    let mut bodies = Vec::new();
    let mut at = 0;
    while at + 2 < tokens.len() {
        if tokens[at].kind != TokenKind::Name("def") || tokens[at + 1].name().is_none() || !tokens[at + 2].is("(") {
            at += 1;
            continue;
        }
        let Some(open) = (at..tokens.len()).find(|&at| tokens[at].is("{")) else { break };
        let mut depth = 0;
        let closes = |token: &Token<'_>| {
            depth += usize::from(token.is("{"));
            depth -= usize::from(token.is("}"));
            depth == 0
        };
        let Some(length) = tokens[open..].iter().position(closes) else { break };
        bodies.push(open + 1..open + length);
        at = open + length + 1;
    }
    bodies
}
