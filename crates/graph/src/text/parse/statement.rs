//! Statements: declarations, definitions, updates, scopes and roles.

use super::lexer::TokenKind;
use super::{KEYWORDS, Parser};
use crate::node::{Kind, Span};
use crate::text::diagnostic::Diagnostic;
use crate::text::fold::fold;
use crate::text::functions::{Builds, here};
use crate::text::near::near;
use crate::text::syntax::{
    BindingKind, Callee, Declare, NamedRole, Operator, Role, SizeForm, StackStep, StackStepKind, Statement,
    StatementKind,
};
use crate::text::whole::{LARGEST, whole};

impl Parser<'_> {
    pub(super) fn statements(&mut self) -> Result<(), Diagnostic> {
        loop {
            self.skip_newlines();
            if self.peek().kind == TokenKind::End {
                return Ok(());
            }
            if self.begins_definition() {
                self.definition()?;
                self.end_of_statement()?;
                continue;
            }
            let (start, first_step) = (self.peek().span, self.syntax.steps.len());
            let kind = self.statement()?;
            let steps = first_step..self.syntax.steps.len();
            let inline = matches!(kind, StatementKind::Open { .. } | StatementKind::Close);
            self.syntax.statements.push(Statement { kind, steps, span: self.since(start) });
            if !inline {
                self.end_of_statement()?;
            }
        }
    }

    pub(super) fn begins_definition(&self) -> bool {
        let is_name = self.peek_at(1).is("=") || self.peek_at(1).is(",");
        self.peek().kind == TokenKind::Name("def") && !is_name
    }

    /// A statement ends with its line, or with the block that it stands in.
    pub(super) fn end_of_statement(&self) -> Result<(), Diagnostic> {
        let ends = matches!(self.peek().kind, TokenKind::Newline | TokenKind::End) || self.peek().is("}");
        if ends { Ok(()) } else { Err(self.no_end()) }
    }

    /// The line goes on where a statement should end.
    fn no_end(&self) -> Diagnostic {
        let token = self.peek();
        let mistake =
            Diagnostic::new(format!("unexpected {} after the end of the statement", self.describe_next()), token.span);
        if let Some(here) = token.name().as_deref().and_then(here) {
            return mistake.help(here);
        }
        match token.kind {
            TokenKind::Name(_) | TokenKind::Quoted(_) | TokenKind::Number(_) | TokenKind::Symbol("(") => {
                mistake.help("write an operator between two values, and each statement on a line of its own")
            }
            TokenKind::Symbol("=") => mistake.help("equality is written `==`"),
            _ => mistake,
        }
    }

    pub(super) fn statement(&mut self) -> Result<StatementKind, Diagnostic> {
        if self.peek().is("}") {
            self.next();
            return Ok(StatementKind::Close);
        }
        if let TokenKind::Label(_) = self.peek().kind {
            return self.assignment();
        }
        if self.peek().name().is_none() {
            let mistake =
                Diagnostic::new(format!("{} does not start a statement", self.describe_next()), self.peek().span);
            let operator = Operator::ALL.iter().any(|operator| self.peek().is(operator.symbol()));
            let comment = self.peek().is("/") && self.peek_at(1).is("/");
            return Err(if comment {
                mistake.help("a comment begins with `#`")
            } else if operator {
                mistake.help("an expression continues on the next line after an operator: end the line above with it")
            } else {
                mistake.help("a statement is `NAME = expression`, or starts with input, outcome, param or let")
            });
        }
        if self.peek_at(1).is("=") || self.peek_at(1).is(",") {
            return self.assignment();
        }
        match self.peek().kind {
            TokenKind::Name("input") => self.declaration(Role::Input),
            TokenKind::Name("outcome") => self.declaration(Role::Outcome),
            TokenKind::Name("param") => self.declaration(Role::Parameter),
            TokenKind::Name("state") => self.declaration(Role::State),
            TokenKind::Name("value") => self.declaration(Role::Value),
            TokenKind::Name("let") => self.setting(),
            TokenKind::Name("update") => self.update(),
            TokenKind::Name("scope") => self.scope(),
            TokenKind::Name("role") => self.role(),
            TokenKind::Name("return") => {
                Err(Diagnostic::new("`return` stands in the body of a `def`", self.peek().span)
                    .help("the prediction is named `prediction`, what is to be made small `objective`"))
            }
            _ => Err(self.no_statement()),
        }
    }

    /// A line that begins with a name that does not start a statement.
    fn no_statement(&self) -> Diagnostic {
        let (name, span) = (self.peek().name().unwrap_or_default().into_owned(), self.peek().span);
        if let Some(keyword) = near(&name, KEYWORDS.iter().copied())
            && self.peek_at(1).name().is_some()
        {
            return Diagnostic::new(format!("`{name}` does not start a statement"), span)
                .help(format!("did you mean `{keyword}`?"));
        }
        let next = self.peek_at(1);
        Diagnostic::new(format!("`=` is missing before {}", next.describe(self.source)), next.span)
            .help("a statement is `NAME = expression`, or starts with input, outcome, param or let")
    }

    fn assignment(&mut self) -> Result<StatementKind, Diagnostic> {
        let mut targets = vec![self.next()];
        while self.take(",") {
            let target = self.next();
            if !matches!(target.kind, TokenKind::Label(_)) && target.name().is_none() {
                return Err(Diagnostic::new("the name of a result is missing", target.span)
                    .help("several results are named `a, b = f(x)`"));
            }
            targets.push(target);
        }
        if !self.take("=") {
            return Err(self.expected("`=`").help("several results are named `a, b = f(x)`"));
        }
        targets.iter().try_for_each(|target| self.refuse_second(target))?;
        self.expression(false)?;
        let bindings = targets.iter().map(|target| self.define_target(target)).collect::<Result<_, _>>()?;
        Ok(StatementKind::Assign(bindings))
    }

    fn setting(&mut self) -> Result<StatementKind, Diagnostic> {
        self.next();
        let target = self.peek().clone();
        let Some(name) = target.name() else { return Err(self.expected("the name of the size or setting")) };
        self.next();
        if !self.take("=") {
            return Err(self.expected("`=`").help("a size or a setting is written `let m = 10`"));
        }
        if self.body.is_some() {
            self.refuse_second(&target)?;
            self.fixed_number()?;
            return Ok(StatementKind::Let(self.define(&name, false, BindingKind::LocalLet, target.span)?));
        }
        // Collected before; it is not if it does not begin a line.
        let Some(binding) = self.names.get(&*name).copied() else { return Err(self.no_statement()) };
        self.fixed_number()?;
        self.lets_read[binding] = true;
        Ok(StatementKind::Let(binding))
    }

    /// The number of a `let`.
    fn fixed_number(&mut self) -> Result<(), Diagnostic> {
        let first = self.syntax.steps.len();
        self.expression(false)?;
        let steps = &self.syntax.steps[first..];
        // What a call gives is known when it is carried out.
        if steps.iter().any(|step| matches!(&step.kind, StackStepKind::Call(call) if may_give_number(&call.callee))) {
            return Ok(());
        }
        let fixed = |step: &StackStep| match &step.kind {
            StackStepKind::Number(_) | StackStepKind::Negate => true,
            StackStepKind::Name(name) => match self.syntax.bindings[*name].kind {
                BindingKind::Let | BindingKind::FreeSize | BindingKind::Argument | BindingKind::LocalLet => true,
                BindingKind::Node | BindingKind::Inside => false,
            },
            StackStepKind::Binary(operator) => fold(*operator, 1.0, 1.0).is_some(),
            _ => false,
        };
        match steps.last() {
            Some(whole) if !steps.iter().all(fixed) => Err(Diagnostic::new("a `let` must be a number", whole.span)
                .help("leave out `let` to name a computed value")),
            _ => Ok(()),
        }
    }

    fn declaration(&mut self, role: Role) -> Result<StatementKind, Diagnostic> {
        let keyword = self.next();
        let word = keyword.describe(self.source).trim_matches('`').to_string();
        self.declared(role, &word)
    }

    /// What is declared after the word that does.
    pub(super) fn declared(&mut self, role: Role, word: &str) -> Result<StatementKind, Diagnostic> {
        let target = self.next();
        let is_label = matches!(target.kind, TokenKind::Label(_)) && role == Role::Value;
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
        let sizes = self.sizes(matches!(role, Role::Parameter | Role::State))?;
        let (kind, bound) = match role {
            Role::Input | Role::Outcome | Role::Value => self.kind()?,
            Role::Parameter | Role::State => (Kind::Real, None),
        };
        let start = match role {
            Role::Parameter | Role::State => Some(self.start(role, &name, sizes.len(), target.span)?),
            Role::Input | Role::Outcome | Role::Value => None,
        };
        let binding = self.define_target(&target)?;
        Ok(StatementKind::Declare(Declare { role, binding, sizes, kind, bound, start }))
    }

    /// `[m, d]`; those of a parameter may be computed.
    fn sizes(&mut self, may_compute: bool) -> Result<Vec<(SizeForm, Span)>, Diagnostic> {
        self.next();
        let mut sizes = Vec::new();
        loop {
            self.skip_newlines();
            if self.take("]") {
                return Ok(sizes);
            }
            let simple =
                self.peek_at(1).is(",") || self.peek_at(1).is("]") || self.peek_at(1).kind == TokenKind::Newline;
            if may_compute && !simple {
                let start = self.peek().span;
                self.expression(true)?;
                sizes.push((SizeForm::Computed, self.since(start)));
            } else {
                sizes.push(self.size()?);
            }
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
                    Err(Diagnostic::new(format!("the size {number} is too large"), span).help(LARGEST))
                }
                None => Err(Diagnostic::new(format!("a size must be a whole number, not {number}"), span)),
            };
        }
        let Some(name) = token.name() else {
            return Err(Diagnostic::new(format!("{} is not a size", token.describe(self.source)), span)
                .help("a size is a number or a name, such as [3, d]"));
        };
        let binding = match self.names.get(&*name) {
            Some(&binding) if self.syntax.bindings[binding].kind == BindingKind::Node => {
                return Err(Diagnostic::new(format!("`{name}` is a value, not a size"), span)
                    .also(self.syntax.bindings[binding].span, "defined here")
                    .help("a size is a number, a `let`, or a name of its own"));
            }
            Some(&binding) => binding,
            None if self.body.is_some() => {
                return Err(Diagnostic::new(format!("there is no size `{name}` here"), span)
                    .help("a `def` knows the sizes above it; take it as an argument, or from a value: size(x, 0)"));
            }
            None => self.define(&name, false, BindingKind::FreeSize, span)?,
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
                let mistake = Diagnostic::new(format!("`{name}` is not a kind of number"), self.peek().span);
                return Err(mistake.help("the kinds are `int`, `int < k`, `bool`, and real if none is written"));
            }
            TokenKind::Symbol("=" | "~") => {
                return Err(Diagnostic::new("only a parameter or a state has an initial value", self.peek().span)
                    .help("an input or outcome takes its values from data; write `param` for a value to be learned"));
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
            return Err(Diagnostic::new("a bound must be at least 1: no whole number from 0 up is less than 0", span));
        }
        Ok((kind, Some((bound, span))))
    }

    fn update(&mut self) -> Result<StatementKind, Diagnostic> {
        self.next();
        let (target, span) = self.reference("the parameter or state")?;
        if !self.take("=") {
            return Err(self.expected("`=`").help("an update is written `update m = expression`"));
        }
        self.expression(false)?;
        Ok(StatementKind::Update { target, span })
    }

    fn scope(&mut self) -> Result<StatementKind, Diagnostic> {
        self.next();
        let Some(path) = self.peek().name() else { return Err(self.expected("the name of the scope")) };
        let path = path.into_owned();
        self.next();
        if !self.take("{") {
            return Err(self.expected("`{`").help("a scope is written `scope hidden { … }`"));
        }
        Ok(StatementKind::Open { path })
    }

    fn role(&mut self) -> Result<StatementKind, Diagnostic> {
        self.next();
        let token = self.next();
        let named = match token.kind {
            TokenKind::Name("prediction") => Some(NamedRole::Prediction),
            TokenKind::Name("objective") => Some(NamedRole::Objective),
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
        let role = match token.kind {
            TokenKind::Name("input") => Role::Input,
            TokenKind::Name("outcome") => Role::Outcome,
            TokenKind::Name("param") => Role::Parameter,
            TokenKind::Name("state") => Role::State,
            _ => {
                return Err(Diagnostic::new(format!("{} is not a role", token.describe(self.source)), token.span)
                    .help("the roles are input, outcome, param and state"));
            }
        };
        let (node, span) = self.reference("the node")?;
        let start = match role {
            Role::Parameter | Role::State => {
                let name = self.syntax.bindings[node].name.clone();
                // Its axes are known once it is built.
                Some(self.start(role, &name, usize::MAX, span)?)
            }
            Role::Input | Role::Outcome | Role::Value => None,
        };
        Ok(StatementKind::Role { role, node, start })
    }
}

/// Whether a call may give a number.
fn may_give_number(callee: &Callee) -> bool {
    match callee {
        Callee::Function(function) => matches!(function.builds, Builds::Size | Builds::Repeat),
        Callee::Definition(_) | Callee::Argument(..) => true,
        Callee::Custom(_) => false,
    }
}
