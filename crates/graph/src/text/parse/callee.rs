//! What a name stands for where it is called: an argument, a `def`, a custom node, a built-in function.

use std::sync::Arc;

use super::Parser;
use super::lexer::{Token, TokenKind};
use crate::text::diagnostic::Diagnostic;
use crate::text::functions::{self, Callable, meant};
use crate::text::syntax::{BindingKind, Callee};

impl<'a> Parser<'a> {
    /// What a name calls. A `def` hides a custom node, which hides a built-in function; an argument hides them all where it is a
    /// function.
    pub(super) fn callee(&self, name: &str) -> Option<Callee> {
        let built_in = Callable::find(name);
        let fixed = match (self.definitions.get(name), self.registry.called(name, built_in.is_some())) {
            (Some(&definition), _) => Some(Callee::Definition(definition)),
            (None, Some(node)) => Some(Callee::Custom(Arc::clone(node))),
            (None, None) => built_in.map(Callee::Function),
        };
        // The name of the `def` that is being read is its own already.
        let fixed = fixed.filter(|_| self.body.as_ref().is_none_or(|body| body.name != name));
        match self.names.get(name) {
            Some(&binding) if self.syntax.bindings[binding].kind == BindingKind::Argument => {
                Some(Callee::Argument(binding, fixed.map(Box::new)))
            }
            _ => fixed,
        }
    }

    /// The mistake of calling a name that calls nothing.
    pub(super) fn unknown_function(&self, token: &Token<'a>) -> Diagnostic {
        let name = token.name().unwrap_or_default();
        if let Some(body) = self.body.as_ref().filter(|body| body.name == name) {
            return Diagnostic::new(format!("`{name}` calls itself"), token.span)
                .also(body.span, "defined here")
                .help("a `def` calls only what is defined above it; `repeat(f, n, x)` calls one n times");
        }
        let mistake = Diagnostic::new(format!("there is no function `{name}`"), token.span);
        if let Some(later) = self.definition_below(&name) {
            return Diagnostic::new(format!("`{name}` is called before it is defined"), token.span)
                .also(later.span, "defined here")
                .help("a line can use only what is defined above it");
        }
        let defined = self.definitions.keys().map(String::as_str);
        match meant(&name, defined.chain(self.registry.names())) {
            Some(meant) => mistake.help(meant),
            None if self.knows(token) => {
                mistake.help(format!("`{name}` is a value; a product is written `{name} * (…)`"))
            }
            None => {
                let names: Vec<&str> = functions::all().map(|function| function.name).collect();
                mistake.help(format!("the functions are {}", names.join(", ")))
            }
        }
    }

    /// The name of a `def` that comes later.
    fn definition_below(&self, name: &str) -> Option<&Token<'a>> {
        let pairs = self.tokens[self.at..].windows(3);
        pairs.filter(|three| three[0].kind == TokenKind::Name("def") && three[2].is("(")).find_map(|three| {
            let is_it = three[1].name().is_some_and(|found| found == name);
            is_it.then_some(&three[1])
        })
    }
}
