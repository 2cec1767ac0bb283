//! The numbers that names stand for: free sizes, which are bound from outside, and `let`s, which that overrides.

use std::collections::BTreeMap;

use crate::node::Span;
use crate::text::diagnostic::Diagnostic;
use crate::text::fold::fold;
use crate::text::help::Help;
use crate::text::near::near;
use crate::text::syntax::{BindingKind, SizeForm, StackStepKind, Statement, StatementKind, Syntax};
use crate::text::whole::{not_whole, whole};

/// The number of each name of a text that stands for one, as far as it is known.
pub(in crate::text) struct SizeBindings<'a> {
    syntax: &'a Syntax,
    numbers: Vec<Option<f64>>,
}

impl<'a> SizeBindings<'a> {
    /// The numbers that `bindings` and the `let`s give. A name in `bindings` that the text does not have is a mistake.
    pub fn new(syntax: &'a Syntax, bindings: &BTreeMap<String, f64>) -> Result<SizeBindings<'a>, Diagnostic> {
        let mut numbers = vec![None; syntax.bindings.len()];
        let known = syntax.bindings.iter().enumerate().filter(|(_, binding)| binding.kind.is_setting());
        for (id, binding) in known.clone() {
            let Some(&number) = bindings.get(&binding.name) else { continue };
            let size = binding.kind == BindingKind::FreeSize;
            if !number.is_finite() {
                let problem = format!("`{}` must be a finite number, not {number}", binding.name);
                return Err(Diagnostic::of_binding(&binding.name, problem));
            }
            if size && whole(number).is_none() {
                let mistake = not_whole(&format!("`{}`", binding.name), number, binding.span);
                return Err(Diagnostic { span: None, binding: Some(binding.name.as_str().into()), ..mistake });
            }
            numbers[id] = Some(number);
        }
        if let Some(odd) = bindings.keys().find(|name| !known.clone().any(|(_, binding)| binding.name == **name)) {
            let names: Vec<&str> = known.map(|(_, binding)| binding.name.as_str()).collect();
            let help = match (near(odd, names.iter().copied()), names.is_empty()) {
                (Some(near), _) => format!("did you mean `{near}`?"),
                (None, true) => "this text has no sizes or settings".into(),
                (None, false) => format!("its sizes and settings are {}", names.join(", ")),
            };
            return Err(Diagnostic::of_binding(odd, format!("there is no size or setting `{odd}`")).help(help));
        }
        let mut sizes = SizeBindings { syntax, numbers };
        for statement in &syntax.statements {
            if let StatementKind::Let(binding) = statement.kind
                && sizes.numbers[binding].is_none()
            {
                sizes.numbers[binding] = sizes.setting(statement)?;
            }
        }
        Ok(sizes)
    }

    /// The same, if every free size is bound.
    pub fn complete(self) -> Result<SizeBindings<'a>, Diagnostic> {
        let open = self
            .syntax
            .bindings
            .iter()
            .zip(&self.numbers)
            .find(|(b, n)| b.kind == BindingKind::FreeSize && n.is_none());
        match open {
            Some((binding, _)) => {
                let name = &binding.name;
                Err(Diagnostic::new(format!("the size `{name}` is not bound"), binding.span)
                    .help(Help::BindSize(name.as_str().into())))
            }
            None => Ok(self),
        }
    }

    /// The number of each binding that stands for one.
    pub fn numbers(&self) -> &[Option<f64>] {
        &self.numbers
    }

    /// The number that a size stands for.
    pub fn size(&self, size: SizeForm, span: Span) -> Result<usize, Diagnostic> {
        let name = match size {
            SizeForm::Number(number) => return Ok(number),
            SizeForm::Name(name) => name,
            SizeForm::Computed => return Err(Diagnostic::new("this size is computed", span)),
        };
        let binding = &self.syntax.bindings[name];
        let Some(number) = self.numbers[name] else {
            return Err(Diagnostic::new(format!("the size `{}` is not bound", binding.name), span));
        };
        whole(number).ok_or_else(|| not_whole(&format!("the size `{}`", binding.name), number, span))
    }

    /// The number of a `let`; none if it needs a size that is not bound.
    fn setting(&self, statement: &Statement) -> Result<Option<f64>, Diagnostic> {
        let mut stack: Vec<f64> = Vec::new();
        for step in &self.syntax.steps[statement.steps.clone()] {
            let number = match &step.kind {
                StackStepKind::Number(number) => Some(*number),
                StackStepKind::Name(name) => match self.numbers[*name] {
                    Some(number) => Some(number),
                    None => return Ok(None),
                },
                StackStepKind::Negate => stack.pop().map(|number| -number),
                StackStepKind::Binary(operator) => match (stack.pop(), stack.pop()) {
                    (Some(b), Some(a)) => fold(*operator, a, b),
                    _ => None,
                },
                // What a call gives is known when the text is carried out.
                StackStepKind::Call(_)
                | StackStepKind::Index(_)
                | StackStepKind::Array(_)
                | StackStepKind::Several(_)
                | StackStepKind::Text(_)
                | StackStepKind::Kind(_)
                | StackStepKind::Truth(_)
                | StackStepKind::Function(_) => return Ok(None),
            };
            let number = number.ok_or_else(|| {
                Diagnostic::new("this is not a finite number", step.span).help("a `let` must be a finite number")
            })?;
            stack.push(number);
        }
        Ok(stack.pop())
    }
}
