//! Statements become a function: each expression is built and named in its scope, and the roles are set.

mod arguments;
mod builtins;
mod composed;
mod evaluate;
mod evaluated;
mod index;
pub(super) mod sizes;
mod start;

use std::collections::HashMap;

use self::evaluate::Evaluator;
use self::evaluated::{Evaluated, Spanned};
use self::sizes::SizeBindings;
use self::start::{Start, start};
use super::diagnostic::Diagnostic;
use super::names::is_generated;
use super::registry::Registry;
use super::syntax::{BindingId, Declare, NamedRole, Role, Statement, StatementKind, Syntax};
use crate::builder::{Builder, Var};
use crate::function::{Function, Parameter};
use crate::node::{Kind, NodeId, Origin, ScopeId, Span, Value};
use crate::ops::{Op, Source};
use crate::shape::Shape;

/// The function that a model is with these sizes.
pub(super) fn model(syntax: &Syntax, registry: &Registry, sizes: &SizeBindings<'_>) -> Result<Function, Diagnostic> {
    let builder = Builder::new();
    let bound = sizes.numbers().iter().map(|number| number.map(Evaluated::Number)).collect();
    let evaluator = Evaluator { builder: &builder, syntax, registry, bound, operand_spans: Vec::new() };
    let roles = Roles::default();
    let mut lowering = Lowering { evaluator, sizes, scopes: Vec::new(), parents: HashMap::new(), roles };
    for statement in &syntax.statements {
        lowering.statement(statement)?;
        if let Some(error) = builder.error() {
            return Err(error.into());
        }
    }
    let (roles, spans) = (lowering.roles, lowering.evaluator.operand_spans);
    let mut function = builder.finish()?;
    finish_nodes(&mut function, spans);
    roles.give(&mut function);
    // Once more through the builder, which looks at the roles.
    Ok(Builder::extend(function).finish()?)
}

/// The function that an expression is of its names, each an input, and its result.
pub(super) fn expression(
    syntax: &Syntax,
    values: &[(BindingId, Shape, Kind)],
) -> Result<(Function, Value), Diagnostic> {
    let (builder, registry) = (Builder::new(), Registry::new());
    let mut bound: Vec<Option<Evaluated<'_>>> = vec![None; syntax.bindings.len()];
    for (binding, shape, kind) in values {
        let name = &syntax.bindings[*binding];
        let input = builder.at(name.span, |builder| builder.input_of(&name.name, shape, *kind, None));
        bound[*binding] = Some(Evaluated::Var(input));
    }
    let mut evaluator = Evaluator { builder: &builder, syntax, registry: &registry, bound, operand_spans: Vec::new() };
    let result = single(evaluator.run(0..syntax.steps.len())?)?;
    let spans = evaluator.operand_spans;
    let (span, result) = (result.span, builder.at(result.span, |builder| result.var(builder, Kind::Real))?);
    let id = result.id();
    let mut function = builder.finish()?;
    finish_nodes(&mut function, spans);
    id.map(|id| (function, id)).ok_or_else(|| Diagnostic::new("the expression was not built", span))
}

/// The one value that an expression leaves.
fn single(values: Vec<Spanned<'_>>) -> Result<Spanned<'_>, Diagnostic> {
    values.into_iter().next().ok_or_else(|| Diagnostic::general("there is no expression"))
}

/// What the builder can't know: where operands were written, and which names a pass generated.
fn finish_nodes(function: &mut Function, spans: Vec<(NodeId, Span)>) {
    for (id, span) in spans {
        function.graph.nodes[id.index()].origin = Origin::Text(span);
    }
    for output in function.graph.nodes.iter_mut().flat_map(|node| &mut node.outputs) {
        output.generated_name = output.name.as_deref().is_some_and(is_generated);
    }
}

/// The roles of nodes, in the order in which they are written.
#[derive(Default)]
struct Roles {
    inputs: Vec<NodeId>,
    outcomes: Vec<NodeId>,
    parameters: Vec<Parameter>,
    state: Vec<Parameter>,
    prediction: Option<Value>,
    objective: Option<Value>,
    /// Those that no node has, although a node has the name.
    none: Vec<NamedRole>,
}

impl Roles {
    fn add(&mut self, role: Role, node: NodeId, start: Option<Start>) {
        let parameter = |start: Option<Start>| {
            let Start { initializer, learning } = start.unwrap_or_default(); // the parser reads one
            Parameter { node, initializer, learning }
        };
        match role {
            Role::Input => self.inputs.push(node),
            Role::Outcome => self.outcomes.push(node),
            Role::Parameter => self.parameters.push(parameter(start)),
            Role::State => self.state.push(parameter(start)),
            Role::Value => {}
        }
    }

    /// A node that is called `prediction` or `objective` has that role.
    fn called(&mut self, name: &str, node: Value) {
        if name == NamedRole::Prediction.name() {
            self.prediction = Some(node);
        } else if name == NamedRole::Objective.name() {
            self.objective = Some(node);
        }
    }

    fn give(self, function: &mut Function) {
        let unless_none = |named: NamedRole, node: Option<Value>| node.filter(|_| !self.none.contains(&named));
        function.prediction = unless_none(NamedRole::Prediction, self.prediction);
        function.objective = unless_none(NamedRole::Objective, self.objective);
        function.inputs = self.inputs;
        function.outcomes = self.outcomes;
        function.parameters = self.parameters;
        function.state = self.state;
    }
}

struct Lowering<'a, 'g> {
    evaluator: Evaluator<'a, 'g>,
    sizes: &'a SizeBindings<'a>,
    /// The scopes that are open, outermost first.
    scopes: Vec<ScopeId>,
    /// The scope around each that the text opened.
    parents: HashMap<String, Option<ScopeId>>,
    roles: Roles,
}

impl<'a, 'g> Lowering<'a, 'g> {
    fn statement(&mut self, statement: &'a Statement) -> Result<(), Diagnostic> {
        let scope = self.scopes.last().copied();
        match &statement.kind {
            StatementKind::Open { path } => self.open(path, statement.span)?,
            StatementKind::Close => {
                self.scopes.pop();
            }
            StatementKind::Let(_) => {} // its value is among the sizes
            StatementKind::NoRole(named) => self.roles.none.push(*named),
            StatementKind::Declare(_)
            | StatementKind::Assign(_)
            | StatementKind::Update { .. }
            | StatementKind::Role { .. } => {
                let builder = self.evaluator.builder;
                builder.within(scope, |_| self.build(statement))?;
            }
        }
        Ok(())
    }

    fn build(&mut self, statement: &Statement) -> Result<(), Diagnostic> {
        let builder = self.evaluator.builder;
        let before = builder.len();
        let values = self.evaluator.run(statement.steps.clone())?;
        match &statement.kind {
            StatementKind::Declare(declare) => self.declare(declare, &values),
            StatementKind::Role { role, node, start: form } => {
                let (name, var) = self.node(*node, statement.span)?;
                if !var.node().is_some_and(|node| node.op.is_input()) {
                    return Err(Diagnostic::new(
                        format!("`{name}` is computed, so it cannot have this role"),
                        statement.span,
                    ));
                }
                let start = form.map(|form| start(form, name, &var.shape(), &values)).transpose()?;
                var.id().inspect(|&id| self.roles.add(*role, id.node, start));
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
                bindings.iter().zip(results).for_each(|(&binding, var)| self.name(binding, var, before));
                Ok(())
            }
            StatementKind::Let(_) | StatementKind::Open { .. } | StatementKind::Close | StatementKind::NoRole(_) => {
                Ok(())
            }
        }
    }

    /// Gives a result the name that was written. A name for a node that was there before is another word for it.
    fn name(&mut self, binding: BindingId, var: Var<'g>, before: usize) {
        let builder = self.evaluator.builder;
        let bound = &self.evaluator.syntax.bindings[binding];
        self.evaluator.bound[binding] = Some(Evaluated::Var(var));
        let Some(id) = var.id().filter(|_| !bound.is_label) else { return };
        if id.node.index() >= before {
            builder.set_name(id, &bound.name);
            builder.name_scope(id, &bound.name);
        }
        self.roles.called(&bound.name, id);
    }

    fn declare(&mut self, declare: &Declare, values: &[Spanned<'g>]) -> Result<(), Diagnostic> {
        let builder = self.evaluator.builder;
        let bound = &self.evaluator.syntax.bindings[declare.binding];
        let sizes = declare.sizes.iter().map(|&(size, span)| self.sizes.size(size, span));
        let shape: Shape = sizes.collect::<Result<Vec<_>, _>>()?.into();
        let below = declare.bound.map(|(size, span)| self.sizes.size(size, span)).transpose()?;
        if let (Some(0), Some((_, span))) = (below, declare.bound) {
            return Err(Diagnostic::new("a bound must be at least 1: no whole number from 0 up is less than 0", span));
        }
        let start = declare.start.map(|form| start(form, &bound.name, &shape, values)).transpose()?;
        let source = Op::Source(Source::Input { shape, kind: declare.kind, bound: below });
        let var = builder.at(bound.span, |builder| builder.push(source, &[]));
        let Some(id) = var.id() else { return Ok(()) };
        self.evaluator.bound[declare.binding] = Some(Evaluated::Var(var));
        if !bound.is_label {
            builder.set_name(id, &bound.name);
            self.roles.called(&bound.name, id);
        }
        self.roles.add(declare.role, id.node, start);
        Ok(())
    }

    /// The node that a name stands for.
    fn node(&self, binding: BindingId, span: Span) -> Result<(&'a str, Var<'g>), Diagnostic> {
        let name = self.evaluator.syntax.bindings[binding].name.as_str();
        match &self.evaluator.bound[binding] {
            Some(Evaluated::Var(var)) => Ok((name, *var)),
            _ => Err(Diagnostic::new(format!("`{name}` is a number, not a node"), span)),
        }
    }

    fn open(&mut self, path: &str, span: Span) -> Result<(), Diagnostic> {
        let parent = self.scopes.last().copied();
        if *self.parents.entry(path.to_string()).or_insert(parent) != parent {
            return Err(Diagnostic::new(format!("the scope `{path}` is already inside another scope"), span)
                .help("open it inside the same scope"));
        }
        self.scopes.push(self.evaluator.builder.open_scope(path, parent));
        Ok(())
    }
}
