//! Tokens become statements; every name is resolved as it is read.

use std::collections::HashMap;

use super::diagnostic::Diagnostic;
use super::functions::Callable;
use super::lexer::{Token, TokenKind, tokens};
use super::near::near;
use super::registry::Registry;
use super::syntax::{
    Binding, BindingId, Bound, Declare, InitializerForm, Named, Operator, Part, SizeForm, Statement, StatementKind,
    StepKind, Syntax,
};
use super::value::whole;
use crate::node::{Kind, Span};

/// The words that begin a statement; each may also be a name, if `=` follows.
const KEYWORDS: &[&str] = &["input", "outcome", "param", "state", "value", "let", "update", "scope", "role"];

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
    parser.expression(true, false)?;
    let token = parser.peek();
    if token.kind != TokenKind::End {
        let mistake = Diagnostic::new(format!("{} does not go on an expression", token.describe(source)), token.span);
        return Err(if token.is("=") { mistake.help("equality is written `==`") } else { mistake });
    }
    Ok(parser.syntax)
}

/// The state of reading a text.
pub(super) struct Parser<'a> {
    pub source: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
    pub registry: &'a Registry,
    pub syntax: Syntax,
    names: HashMap<String, BindingId>,
    labels: HashMap<String, BindingId>,
    /// Whether unknown names are free, as in a single expression.
    free_names: bool,
    /// The `let`s read so far; those that come later are known by name only.
    lets_read: Vec<bool>,
    open_scopes: Vec<Span>,
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
            free_names,
            lets_read: Vec::new(),
            open_scopes: Vec::new(),
        })
    }

    pub fn peek(&self) -> &Token<'a> {
        self.peek_at(0)
    }

    /// The token so many places ahead; behind the end is the end.
    pub fn peek_at(&self, ahead: usize) -> &Token<'a> {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)]
    }

    pub fn next(&mut self) -> Token<'a> {
        let token = self.peek().clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    pub fn skip_newlines(&mut self) {
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

    pub fn describe_next(&self) -> String {
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
        let mut begins = true;
        for at in 0..self.tokens.len() {
            let token = &self.tokens[at];
            let separates = token.kind == TokenKind::Newline || token.is("{") || token.is("}");
            if begins
                && token.kind == TokenKind::Name("let")
                && let Some(name) = self.tokens.get(at + 1).and_then(Token::name)
                && self.tokens.get(at + 2).is_some_and(|token| token.is("="))
            {
                let (name, span) = (name.into_owned(), self.tokens[at + 1].span);
                self.define(&name, false, Bound::Let, span)?;
            }
            begins = separates;
        }
        self.lets_read = vec![false; self.syntax.bindings.len()];
        Ok(())
    }

    fn statements(&mut self) -> Result<(), Diagnostic> {
        loop {
            self.skip_newlines();
            if self.peek().kind == TokenKind::End {
                return Ok(());
            }
            let (start, first_step) = (self.peek().span, self.syntax.steps.len());
            let what = self.statement()?;
            let steps = first_step..self.syntax.steps.len();
            let inline = matches!(what, StatementKind::Open { .. } | StatementKind::Close);
            self.syntax.statements.push(Statement { what, steps, span: self.since(start) });
            let ends = matches!(self.peek().kind, TokenKind::Newline | TokenKind::End) || self.peek().is("}");
            if !inline && !ends {
                return Err(self.no_end());
            }
        }
    }

    /// The line goes on where a statement should end.
    fn no_end(&self) -> Diagnostic {
        let token = self.peek();
        let mistake = Diagnostic::new(format!("{} does not go on this statement", self.describe_next()), token.span);
        match token.kind {
            TokenKind::Name(_) | TokenKind::Quoted(_) | TokenKind::Number(_) | TokenKind::Symbol("(") => {
                mistake.help("put an operator between two values, and each statement on a line of its own")
            }
            TokenKind::Symbol("=") => mistake.help("equality is written `==`"),
            _ => mistake,
        }
    }

    fn statement(&mut self) -> Result<StatementKind, Diagnostic> {
        if self.peek().is("}") {
            self.next();
            self.open_scopes.pop();
            return Ok(StatementKind::Close);
        }
        if let TokenKind::Label(_) = self.peek().kind {
            return self.assignment();
        }
        if self.peek().name().is_none() {
            let mistake = Diagnostic::new(format!("{} begins no statement", self.describe_next()), self.peek().span);
            let operator = Operator::ALL.iter().any(|operator| self.peek().is(operator.symbol()));
            return Err(if operator {
                mistake.help("a line goes on after an operator: end the line above with it")
            } else {
                mistake.help("a statement is `NAME = expression`, or begins with input, outcome, param or let")
            });
        }
        if self.peek_at(1).is("=") {
            return self.assignment();
        }
        match self.peek().kind {
            TokenKind::Name("input") => self.declaration(Part::Input),
            TokenKind::Name("outcome") => self.declaration(Part::Outcome),
            TokenKind::Name("param") => self.declaration(Part::Parameter),
            TokenKind::Name("state") => self.declaration(Part::State),
            TokenKind::Name("value") => self.declaration(Part::Value),
            TokenKind::Name("let") => self.setting(),
            TokenKind::Name("update") => self.update(),
            TokenKind::Name("scope") => self.scope(),
            TokenKind::Name("role") => self.role(),
            _ => Err(self.no_statement()),
        }
    }

    /// A line that begins with a name that begins no statement.
    fn no_statement(&self) -> Diagnostic {
        let (name, span) = (self.peek().name().unwrap_or_default().into_owned(), self.peek().span);
        if let Some(keyword) = near(&name, KEYWORDS.iter().copied())
            && self.peek_at(1).name().is_some()
        {
            return Diagnostic::new(format!("`{name}` begins no statement"), span)
                .help(format!("did you mean `{keyword}`?"));
        }
        let next = self.peek_at(1);
        Diagnostic::new(format!("`=` is missing before {}", next.describe(self.source)), next.span)
            .help("a statement is `NAME = expression`, or begins with input, outcome, param or let")
    }

    fn assignment(&mut self) -> Result<StatementKind, Diagnostic> {
        let target = self.next();
        self.refuse_second(&target)?;
        self.next(); // the `=`
        self.expression(false, false)?;
        let binding = self.define_target(&target)?;
        Ok(StatementKind::Assign(binding))
    }

    fn setting(&mut self) -> Result<StatementKind, Diagnostic> {
        self.next();
        let Some(name) = self.peek().name() else { return Err(self.expected("the name of the size or setting")) };
        let binding = self.names.get(&*name.into_owned()).copied();
        self.next();
        // Not among those collected if no `=` follows.
        let (true, Some(binding)) = (self.take("="), binding) else {
            return Err(self.expected("`=`").help("a size or a setting is written `let m = 10`"));
        };
        let first = self.syntax.steps.len();
        self.expression(false, false)?;
        for step in &self.syntax.steps[first..] {
            let fixed = match &step.what {
                StepKind::Number(_) | StepKind::Negate => true,
                StepKind::Name(name) => self.syntax.bindings[*name].what != Bound::Node,
                StepKind::Binary(operator) => super::evaluate::fold(*operator, 1.0, 1.0).is_some(),
                _ => false,
            };
            if !fixed {
                return Err(Diagnostic::new("a `let` is a number", step.span)
                    .help("leave out `let` to name a value that is computed"));
            }
        }
        self.lets_read[binding] = true;
        Ok(StatementKind::Let(binding))
    }

    fn declaration(&mut self, part: Part) -> Result<StatementKind, Diagnostic> {
        let keyword = self.next();
        let word = keyword.describe(self.source).trim_matches('`').to_string();
        let target = self.next();
        let is_label = matches!(target.kind, TokenKind::Label(_)) && part == Part::Value;
        let Some(name) = target.name().or_else(|| is_label.then_some("".into())) else {
            return Err(Diagnostic::new(
                format!("a name is missing before {}", target.describe(self.source)),
                target.span,
            )
            .help(format!("write `{word} x []`")));
        };
        self.refuse_second(&target)?;
        if !self.peek().is("[") {
            return Err(self
                .expected(&format!("`[sizes]` of `{name}`"))
                .help(format!("brackets are always written: `{word} {name} []` is a scalar")));
        }
        let sizes = self.sizes()?;
        let (kind, bound) = match part {
            Part::Input | Part::Outcome | Part::Value => self.kind()?,
            Part::Parameter | Part::State => (Kind::Real, None),
        };
        let initializer = match part {
            Part::Parameter | Part::State => Some(self.initializer(&name, &sizes, target.span)?),
            Part::Input | Part::Outcome | Part::Value => None,
        };
        let binding = self.define_target(&target)?;
        Ok(StatementKind::Declare(Declare { part, binding, sizes, kind, bound, initializer }))
    }

    /// `[m, d]`
    fn sizes(&mut self) -> Result<Vec<(SizeForm, Span)>, Diagnostic> {
        self.next();
        let mut sizes = Vec::new();
        loop {
            self.skip_newlines();
            if self.take("]") {
                return Ok(sizes);
            }
            sizes.push(self.size()?);
            self.skip_newlines();
            if !self.take(",") && !self.peek().is("]") {
                let mistake = self.expected("`,` or `]`");
                let operator = Operator::ALL.iter().any(|operator| self.peek().is(operator.symbol()));
                return Err(if operator {
                    mistake.help("a size is a number or a name; compute it with a `let`")
                } else {
                    mistake
                });
            }
        }
    }

    fn size(&mut self) -> Result<(SizeForm, Span), Diagnostic> {
        let token = self.next();
        let span = token.span;
        if let TokenKind::Number(number) = token.kind {
            self.syntax.written.push(number);
            return match whole(number) {
                Some(size) => Ok((SizeForm::Number(size), span)),
                None if number.fract() == 0.0 => {
                    Err(Diagnostic::new(format!("{number} is too large a size"), span)
                        .help("the largest is about 1e12"))
                }
                None => Err(Diagnostic::new(format!("a size is a whole number, not {number}"), span)),
            };
        }
        let Some(name) = token.name() else {
            return Err(Diagnostic::new(format!("{} is no size", token.describe(self.source)), span)
                .help("a size is a number or a name, such as [3, d]"));
        };
        let binding = match self.names.get(&*name) {
            Some(&binding) if self.syntax.bindings[binding].what == Bound::Node => {
                return Err(Diagnostic::new(format!("`{name}` is a value, not a size"), span)
                    .also(self.syntax.bindings[binding].span, "defined here")
                    .help("a size is a number, a `let`, or a name of its own"));
            }
            Some(&binding) => binding,
            None => self.define(&name, false, Bound::FreeSize, span)?,
        };
        Ok((SizeForm::Name(binding), span))
    }

    /// `int`, `int < k`, `bool` or nothing
    fn kind(&mut self) -> Result<(Kind, Option<(SizeForm, Span)>), Diagnostic> {
        let kind = match self.peek().kind {
            TokenKind::Name("int") => Kind::Int,
            TokenKind::Name("bool") => Kind::Bool,
            TokenKind::Name("real") => Kind::Real,
            TokenKind::Name(name) => {
                let mistake = Diagnostic::new(format!("`{name}` is no kind of number"), self.peek().span);
                return Err(mistake.help("the kinds are `int`, `int < k`, `bool`, and real if nothing is said"));
            }
            TokenKind::Symbol("=" | "~") => {
                return Err(Diagnostic::new("only a parameter or a state has an initial value", self.peek().span)
                    .help("an input or outcome takes its values from the data; write `param` if it is learned"));
            }
            _ => return Ok((Kind::Real, None)),
        };
        self.next();
        if !self.take("<") {
            return Ok((kind, None));
        }
        self.skip_newlines();
        let (bound, span) = self.size()?;
        if bound == SizeForm::Number(0) {
            return Err(Diagnostic::new("no whole number from 0 up is less than 0", span));
        }
        Ok((kind, Some((bound, span))))
    }

    fn initializer(
        &mut self,
        name: &str,
        sizes: &[(SizeForm, Span)],
        span: Span,
    ) -> Result<InitializerForm, Diagnostic> {
        const FORMS: &str = "start it with `= 0`, `~ normal(0, 0.1)`, `~ uniform(-1, 1)`, `~ glorot` or `~ he`";
        if self.take("=") {
            self.expression(false, true)?;
            return Ok(InitializerForm::Constant);
        }
        if !self.take("~") {
            return Err(self.expected("an initial value").help(FORMS));
        }
        self.skip_newlines();
        let token = self.next();
        let (form, numbers) = match token.kind {
            TokenKind::Name("normal") => (InitializerForm::Normal, ["mean", "std"].as_slice()),
            TokenKind::Name("uniform") => (InitializerForm::Uniform, ["low", "high"].as_slice()),
            TokenKind::Name("glorot") => (InitializerForm::Glorot, [].as_slice()),
            TokenKind::Name("he") => (InitializerForm::He, [].as_slice()),
            _ => {
                let known = ["normal", "uniform", "glorot", "he"];
                let near = token.name().and_then(|name| near(&name, known));
                return Err(Diagnostic::new(format!("{} is no initializer", token.describe(self.source)), token.span)
                    .help(near.map_or(FORMS.into(), |near| format!("did you mean `{near}`?"))));
            }
        };
        if numbers.is_empty() {
            if sizes.len() < 2 {
                return Err(Diagnostic::new(
                    format!("`{name}` has too few axes for {}", token.describe(self.source)),
                    token.span,
                )
                .also(span, "declared here")
                .help("it needs two axes or more; use normal(0, 0.1)"));
            }
            return Ok(form);
        }
        let usage = format!("write {}({})", token.describe(self.source).trim_matches('`'), numbers.join(", "));
        if !self.take("(") {
            return Err(self.expected("`(`").help(usage));
        }
        for place in 0..numbers.len() {
            self.skip_newlines();
            self.expression(true, true)?;
            self.skip_newlines();
            let last = place + 1 == numbers.len();
            if !self.take(if last { ")" } else { "," }) {
                return Err(self.expected(if last { "`)`" } else { "`,`" }).help(usage));
            }
        }
        Ok(form)
    }

    fn update(&mut self) -> Result<StatementKind, Diagnostic> {
        self.next();
        let (target, span) = self.reference("the parameter or state")?;
        if !self.take("=") {
            return Err(self.expected("`=`").help("an update is written `update m = expression`"));
        }
        self.expression(false, false)?;
        Ok(StatementKind::Update { target, span })
    }

    fn scope(&mut self) -> Result<StatementKind, Diagnostic> {
        self.next();
        let Some(path) = self.peek().name() else { return Err(self.expected("the name of the scope")) };
        let path = path.into_owned();
        let span = self.next().span;
        if !self.take("{") {
            return Err(self.expected("`{`").help("a scope is written `scope hidden { … }`"));
        }
        self.open_scopes.push(span);
        Ok(StatementKind::Open { path })
    }

    fn role(&mut self) -> Result<StatementKind, Diagnostic> {
        self.next();
        let token = self.next();
        let named = match token.kind {
            TokenKind::Name("prediction") => Some(Named::Prediction),
            TokenKind::Name("objective") => Some(Named::Objective),
            _ => None,
        };
        if let Some(named) = named {
            if self.peek().kind != TokenKind::Name("none") {
                return Err(self
                    .expected("`none`")
                    .help(format!("a node gets this role by `{} = node`", named.name())));
            }
            self.next();
            return Ok(StatementKind::NoRole(named));
        }
        let part = match token.kind {
            TokenKind::Name("input") => Part::Input,
            TokenKind::Name("outcome") => Part::Outcome,
            TokenKind::Name("param") => Part::Parameter,
            TokenKind::Name("state") => Part::State,
            _ => {
                return Err(Diagnostic::new(format!("{} is no role", token.describe(self.source)), token.span)
                    .help("the roles are input, outcome, param and state"));
            }
        };
        let (node, span) = self.reference("the node")?;
        let initializer = match part {
            Part::Parameter | Part::State => {
                let name = self.syntax.bindings[node].name.clone();
                // Its axes are known once it is built.
                let unknown = [(SizeForm::Number(1), span); 2];
                Some(self.initializer(&name, &unknown, span)?)
            }
            Part::Input | Part::Outcome | Part::Value => None,
        };
        Ok(StatementKind::Role { part, node, initializer })
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
    pub fn knows(&self, token: &Token<'a>) -> bool {
        token.name().is_some_and(|name| self.names.contains_key(&*name))
    }

    /// What a name or label in an expression stands for.
    pub fn resolve(&mut self, token: &Token<'a>) -> Result<BindingId, Diagnostic> {
        if let TokenKind::Label(label) = token.kind {
            return self.labels.get(label).copied().ok_or_else(|| {
                Diagnostic::new(format!("there is no node ${label} before this"), token.span)
                    .help("a node without a name is defined by `$12 = …`")
            });
        }
        let name = token.name().unwrap_or_default();
        match self.names.get(&*name) {
            Some(&binding) => {
                let later = self.lets_read.get(binding) == Some(&false);
                let is_let = self.syntax.bindings[binding].what == Bound::Let;
                if is_let && later && self.in_let() {
                    return Err(Diagnostic::new(format!("`{name}` is used before its value is said"), token.span)
                        .also(self.syntax.bindings[binding].span, "it is said here")
                        .help("move that line up"));
                }
                Ok(binding)
            }
            None if self.free_names => self.define(&name, false, Bound::Node, token.span),
            None => Err(self.unknown(&name, token.span)),
        }
    }

    /// Whether the line that is being read is a `let`.
    fn in_let(&self) -> bool {
        let line = (0..self.at).rev().find(|&at| self.tokens[at].kind == TokenKind::Newline).map_or(0, |at| at + 1);
        self.tokens[line].kind == TokenKind::Name("let")
    }

    fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let mistake = Diagnostic::new(format!("there is no `{name}`"), span);
        if let Some(later) = self.defined_later(name) {
            let here = later.line == span.line;
            let what = if here { "in its own definition" } else { "before it is defined" };
            return Diagnostic::new(format!("`{name}` is used {what}"), span)
                .also(later, "defined here")
                .help("a line can use what stands above it");
        }
        if let Some(function) = Callable::find(name) {
            return mistake.help(format!("`{name}` is a function: {}", function.signature()));
        }
        let known = self.syntax.bindings.iter().filter(|binding| !binding.is_label);
        match near(name, known.map(|binding| binding.name.as_str())) {
            Some(near) => mistake.help(format!("did you mean `{near}`?")),
            None => mistake.help(format!("define it above: `{name} = …`, `let {name} = …` or `input {name} []`")),
        }
    }

    /// Where a name is defined on this line or below, if it is.
    fn defined_later(&self, name: &str) -> Option<Span> {
        let line = (0..self.at).rev().find(|&at| self.tokens[at].kind == TokenKind::Newline).map_or(0, |at| at + 1);
        (line..self.tokens.len()).find_map(|at| {
            let begins = at == 0 || self.tokens[at - 1].kind == TokenKind::Newline || self.tokens[at - 1].is("{");
            let keyword = matches!(self.tokens[at].kind, TokenKind::Name(word) if KEYWORDS.contains(&word));
            let target = |at: usize, then: &str| {
                let named = self.tokens[at].name().is_some_and(|n| n == name);
                (named && self.tokens.get(at + 1).is_some_and(|token| token.is(then))).then(|| self.tokens[at].span)
            };
            let declared = || (keyword && at + 1 < self.tokens.len()).then(|| target(at + 1, "[")).flatten();
            if begins { target(at, "=").or_else(declared) } else { None }
        })
    }

    /// A name or label may be defined once.
    fn refuse_second(&self, target: &Token<'a>) -> Result<(), Diagnostic> {
        let first = match &target.kind {
            TokenKind::Label(label) => self.labels.get(*label),
            _ => target.name().and_then(|name| self.names.get(&*name)),
        };
        let Some(first) = first.map(|&first| &self.syntax.bindings[first]) else { return Ok(()) };
        let name = target.describe(self.source);
        let (message, place) = match first.what {
            Bound::FreeSize => (format!("{name} is a size already"), "used as a size here"),
            Bound::Let | Bound::Node => (format!("{name} is defined twice"), "first defined here"),
        };
        Err(Diagnostic::new(message, target.span)
            .also(first.span, place)
            .help(format!("the first is on line {}; choose another name", first.span.line)))
    }

    fn define_target(&mut self, target: &Token<'a>) -> Result<BindingId, Diagnostic> {
        match &target.kind {
            TokenKind::Label(label) => self.define(label, true, Bound::Node, target.span),
            _ => self.define(&target.name().unwrap_or_default(), false, Bound::Node, target.span),
        }
    }

    fn define(&mut self, name: &str, is_label: bool, what: Bound, span: Span) -> Result<BindingId, Diagnostic> {
        let table = if is_label { &mut self.labels } else { &mut self.names };
        let id = self.syntax.bindings.len();
        if let Some(first) = table.insert(name.to_string(), id) {
            let first = self.syntax.bindings[first].span;
            return Err(Diagnostic::new(format!("`{name}` is defined twice"), span)
                .also(first, "first defined here")
                .help(format!("the first is on line {}; choose another name", first.line)));
        }
        self.syntax.bindings.push(Binding { name: name.to_string(), is_label, what, span, is_index: false });
        Ok(id)
    }
}
