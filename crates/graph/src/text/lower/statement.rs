//! What each statement does once its expressions are carried out.

use super::evaluated::{Evaluated, Spanned};
use super::frame::Frame;
use super::start::start;
use super::{Lowering, full_name, single};
use crate::builder::Var;
use crate::node::{Kind, Span};
use crate::ops::{Op, Source};
use crate::shape::Shape;
use crate::text::diagnostic::Diagnostic;
use crate::text::syntax::{BindingId, BindingKind, Declare, Role, SizeForm, Statement, StatementKind};
use crate::text::whole::{not_whole, whole};

impl<'a, 'g> Lowering<'a, 'g> {
    /// What a statement does with the values of its expressions.
    pub(super) fn statement(&mut self, statement: &Statement, values: Vec<Spanned<'g>>) -> Result<(), Diagnostic> {
        let builder = self.evaluator.builder;
        match &statement.kind {
            StatementKind::Open { path } => self.open(path, statement.span),
            StatementKind::Close => {
                self.frames.last_mut().and_then(|frame| frame.scopes.pop());
                Ok(())
            }
            StatementKind::NoRole(named) => {
                self.roles.none.push(*named);
                Ok(())
            }
            StatementKind::Let(binding) => self.setting(*binding, values),
            StatementKind::Default(binding) => {
                if let Some(value) = values.into_iter().next() {
                    self.evaluator.bound[*binding] = Some(value.value);
                }
                Ok(())
            }
            StatementKind::Return => Ok(()), // the end of a call

            StatementKind::Declare(declare) => self.declare(declare, values),
            StatementKind::Role { role, node, start: form } => {
                let (name, var) = self.node(*node, statement.span)?;
                if !var.node().is_some_and(|node| node.op.is_input()) {
                    return Err(Diagnostic::new(
                        format!("`{name}` is computed, so it cannot have this role"),
                        statement.span,
                    ));
                }
                let start = form.map(|form| start(form, name, &var.shape(), &values)).transpose()?;
                var.id().inspect(|&id| self.roles.add(builder, *role, id.node, start));
                Ok(())
            }
            StatementKind::Update { target, span } => {
                let value = single(values)?;
                let (_, target) = self.node(*target, *span)?;
                let value = builder.at(value.span, |builder| value.var(builder, Kind::Real))?;
                builder.at(statement.span, |builder| builder.update(target, value));
                Ok(())
            }
            StatementKind::Assign(bindings) => {
                let value = single(values)?;
                let results = match (&value.value, bindings.len()) {
                    (_, 1) => vec![builder.at(value.span, |builder| value.clone().var(builder, Kind::Real))?],
                    (Evaluated::Results(results), count) if results.len() == count => results.clone(),
                    (Evaluated::Results(results), count) => {
                        return Err(value.wrong(format!("this gives {} results, and {count} are named", results.len())));
                    }
                    (_, count) => return Err(value.wrong(format!("this gives one result, and {count} are named"))),
                };
                bindings.iter().zip(results).for_each(|(&binding, var)| self.name(binding, var));
                Ok(())
            }
        }
    }

    /// A `let` whose number was not known before.
    fn setting(&mut self, binding: BindingId, values: Vec<Spanned<'g>>) -> Result<(), Diagnostic> {
        let Some(value) = values.into_iter().next() else { return Ok(()) };
        match value.value {
            Evaluated::Number(number) => self.evaluator.bound[binding] = Some(Evaluated::Number(number)),
            _ => {
                return Err(value
                    .wrong(format!("a `let` must be a finite number, not {}", value.value.what()))
                    .help("leave out `let` to name a computed value"));
            }
        }
        Ok(())
    }

    /// Gives a result the name that was written. A name for a node that was there before, or that is declared in a call, is
    /// another word for it.
    fn name(&mut self, binding: BindingId, var: Var<'g>) {
        let builder = self.evaluator.builder;
        let bound = &self.evaluator.syntax.bindings[binding];
        self.evaluator.bound[binding] = Some(Evaluated::Var(var));
        let Some(id) = var.id().filter(|_| !bound.is_label) else { return };
        let Some(frame) = self.frames.last() else { return };
        let is_new = builder.is_current(var) && id.node.index() >= frame.nodes;
        if is_new && !var.node().is_some_and(|node| node.op.is_input()) {
            builder.set_name(id, &full_name(frame.path.as_deref(), &bound.name));
        }
        if frame.path.is_none() {
            self.roles.called(&bound.name, id);
        }
    }

    fn declare(&mut self, declare: &Declare, mut values: Vec<Spanned<'g>>) -> Result<(), Diagnostic> {
        let builder = self.evaluator.builder;
        let bound = &self.evaluator.syntax.bindings[declare.binding];
        let computed = declare.sizes.iter().filter(|(size, _)| *size == SizeForm::Computed).count();
        let numbers = values.split_off(computed.min(values.len()));
        let mut computed = values.into_iter();
        let sizes = declare.sizes.iter().map(|&(size, span)| self.size(size, span, &mut computed));
        let shape: Shape = sizes.collect::<Result<Vec<_>, _>>()?.into();
        let below = declare.bound.map(|(size, span)| self.size(size, span, &mut computed)).transpose()?;
        if let (Some(0), Some((_, span))) = (below, declare.bound) {
            return Err(Diagnostic::new("a bound must be at least 1: no whole number from 0 up is less than 0", span));
        }
        let start = declare.start.map(|form| start(form, &bound.name, &shape, &numbers)).transpose()?;
        let source = Op::Source(Source::Input { shape, kind: declare.kind, bound: below });
        if builder.is_in_body() && declare.role != Role::Parameter {
            let message = format!("`{}` is declared in the body of a loop", bound.name);
            return Err(
                Diagnostic::new(message, bound.span).help("declare it before the loop; a `param` may stand here")
            );
        }
        let path = self.frames.last().and_then(|frame| frame.path.clone());
        // The parameters of a loop's body are the function's.
        let roles = &mut self.roles;
        let var = builder.in_function(|builder| {
            let var = builder.at(bound.span, |builder| builder.push(source, &[]));
            if let Some(id) = var.id() {
                if !bound.is_label {
                    builder.at(bound.span, |builder| builder.set_name(id, &full_name(path.as_deref(), &bound.name)));
                }
                roles.add(builder, declare.role, id.node, start);
            }
            var
        });
        let Some(id) = var.id() else { return Ok(()) };
        self.evaluator.bound[declare.binding] = Some(Evaluated::Var(var));
        if !bound.is_label && path.is_none() {
            self.roles.called(&bound.name, id);
        }
        Ok(())
    }

    /// The number that a size is; that of one that is computed comes next in `computed`.
    fn size(
        &self,
        size: SizeForm,
        span: Span,
        computed: &mut impl Iterator<Item = Spanned<'g>>,
    ) -> Result<usize, Diagnostic> {
        match size {
            SizeForm::Number(number) => Ok(number),
            SizeForm::Computed => {
                let value = computed.next().ok_or_else(|| Diagnostic::new("a size is missing", span))?; // the parser counts them
                value.whole("a size")
            }
            SizeForm::Name(name) => {
                let bound = &self.evaluator.syntax.bindings[name].name;
                match &self.evaluator.bound[name] {
                    Some(value) => match value.as_number() {
                        Some(number) => {
                            whole(number).ok_or_else(|| not_whole(&format!("the size `{bound}`"), number, span))
                        }
                        None => Err(Diagnostic::new(format!("`{bound}` is {}, not a size", value.what()), span)
                            .help(format!("a size of it is size({bound}, 0)"))),
                    },
                    None => Err(Diagnostic::new(format!("the size `{bound}` has no number yet"), span)
                        .help("move the line that gives it above this one")),
                }
            }
        }
    }

    /// The node that a name stands for.
    fn node(&self, binding: BindingId, span: Span) -> Result<(&'a str, Var<'g>), Diagnostic> {
        let bound = &self.evaluator.syntax.bindings[binding];
        let name = bound.name.as_str();
        match &self.evaluator.bound[binding] {
            Some(Evaluated::Var(var)) => Ok((name, *var)),
            None if bound.kind == BindingKind::Inside => Ok((name, self.evaluator.inside(name, span)?)),
            _ => Err(Diagnostic::new(format!("`{name}` is a number, not a node"), span)),
        }
    }

    fn open(&mut self, path: &str, span: Span) -> Result<(), Diagnostic> {
        let parent = self.frames.last().and_then(Frame::scope);
        if *self.parents.entry(path.to_string()).or_insert(parent) != parent {
            return Err(Diagnostic::new(format!("the scope `{path}` is already inside another scope"), span)
                .help("open it inside the same scope"));
        }
        let scope = self.evaluator.builder.open_scope(path, parent);
        self.frames.last_mut().into_iter().for_each(|frame| frame.scopes.push(scope));
        Ok(())
    }
}
