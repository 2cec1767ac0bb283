//! Statements become a function: each expression is built and named in its scope, and the roles are set.

mod arguments;
mod builtins;
mod calls;
mod composed;
mod evaluate;
mod evaluated;
mod frame;
mod index;
mod layers;
mod scan;
pub(super) mod sizes;
mod start;
mod statement;
mod windows;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use self::evaluate::Evaluator;
use self::evaluated::{Evaluated, Spanned};
use self::frame::{Frame, traced};
use self::sizes::SizeBindings;
use self::start::Start;
use super::diagnostic::Diagnostic;
use super::names::is_generated;
use super::registry::Registry;
use super::syntax::{BindingId, DefinitionId, NamedRole, Role, StackStepKind, Statement, StatementKind, Syntax};
use crate::builder::Builder;
use crate::function::{Function, Parameter};
use crate::node::{Kind, NodeId, Origin, ScopeId, Span, Value};
use crate::ops::body::Body;
use crate::shape::Shape;

/// The function that a model is with these sizes.
pub(super) fn model(syntax: &Syntax, registry: &Registry, sizes: &SizeBindings<'_>) -> Result<Function, Diagnostic> {
    let builder = Builder::new();
    let mut lowering = Lowering::of(&builder, syntax, registry, sizes);
    lowering.run(&syntax.statements)?;
    let (roles, spans) = (lowering.roles, lowering.evaluator.operand_spans);
    let mut function = builder.finish()?;
    finish_nodes(&mut function, spans);
    roles.give(&mut function);
    // Once more through the builder, which looks at the roles.
    Ok(Builder::extend(function).finish()?)
}

/// The body of a loop that was printed: its arguments are the first statements.
fn printed_body(syntax: &Syntax, registry: &Registry) -> Result<Body, Diagnostic> {
    let (builder, settings) = (Builder::new(), BTreeMap::new());
    let sizes = SizeBindings::new(syntax, &settings)?.complete()?;
    let mut lowering = Lowering::of(&builder, syntax, registry, &sizes);
    let returned = lowering.run(&syntax.statements)?;
    let outputs = returned.into_iter().map(|value| builder.at(value.span, |builder| value.var(builder, Kind::Real)));
    let outputs = outputs.map(|output| output.map(|var| var.id())).collect::<Result<Vec<_>, _>>()?;
    let spans = lowering.evaluator.operand_spans;
    let mut function = builder.finish()?;
    finish_nodes(&mut function, spans);
    let declares = |statement: &&Statement| matches!(statement.kind, StatementKind::Declare(_));
    let arguments = syntax.statements.iter().take_while(declares).count();
    let inputs: Vec<Value> = function.graph.ids().take(arguments).map(Value::from).collect();
    let outputs: Vec<Value> = outputs.into_iter().flatten().collect(); // all are, without a mistake
    Ok(Body::of(&function.graph, &inputs, &outputs)?)
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
    let Some(span) = syntax.steps.last().map(|step| step.span) else {
        return Err(Diagnostic::general("there is no expression"));
    };
    let whole = [Statement { kind: StatementKind::Return, steps: 0..syntax.steps.len(), span }];
    let evaluator = Evaluator { builder: &builder, syntax, registry: &registry, bound, operand_spans: Vec::new() };
    let mut lowering = Lowering::new(evaluator);
    let result = single(lowering.run(&whole)?)?;
    let spans = lowering.evaluator.operand_spans;
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

/// The roles of nodes, in the order in which they are written; the builder knows the parameters, of which layers make some.
#[derive(Default)]
struct Roles {
    inputs: Vec<NodeId>,
    outcomes: Vec<NodeId>,
    prediction: Option<Value>,
    objective: Option<Value>,
    /// Those that no node has, although a node has the name.
    none: Vec<NamedRole>,
}

impl Roles {
    fn add(&mut self, builder: &Builder, role: Role, node: NodeId, start: Option<Start>) {
        let parameter = |start: Option<Start>| {
            let Start { initializer, learning } = start.unwrap_or_default(); // the parser reads one
            Parameter { node, initializer, learning }
        };
        match role {
            Role::Input => self.inputs.push(node),
            Role::Outcome => self.outcomes.push(node),
            Role::Parameter => builder.keep(parameter(start), false),
            Role::State => builder.keep(parameter(start), true),
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
    }
}

struct Lowering<'a, 'g> {
    evaluator: Evaluator<'a, 'g>,
    /// The values of the expressions that are being carried out.
    stack: Vec<Spanned<'g>>,
    /// What is being carried out, innermost last.
    frames: Vec<Frame<'a, 'g>>,
    /// How often each `def` is being carried out, and how many calls there were.
    active: Vec<usize>,
    calls: usize,
    /// The scope around each that the text opened.
    parents: HashMap<String, Option<ScopeId>>,
    roles: Roles,
}

impl<'a, 'g> Lowering<'a, 'g> {
    /// Of a text with these sizes.
    fn of(builder: &'g Builder, syntax: &'a Syntax, registry: &'a Registry, sizes: &SizeBindings<'_>) -> Self {
        let bound = sizes.numbers().iter().map(|number| number.map(Evaluated::Number)).collect();
        Lowering::new(Evaluator { builder, syntax, registry, bound, operand_spans: Vec::new() })
    }

    fn new(evaluator: Evaluator<'a, 'g>) -> Lowering<'a, 'g> {
        let active = vec![0; evaluator.syntax.definitions.len()];
        let (stack, frames, parents, roles) = (Vec::new(), Vec::new(), HashMap::new(), Roles::default());
        Lowering { evaluator, stack, frames, active, calls: 0, parents, roles }
    }

    /// Carries out statements; returns the values that the last returns.
    fn run(&mut self, statements: &'a [Statement]) -> Result<Vec<Spanned<'g>>, Diagnostic> {
        self.frames.push(Frame::new(statements));
        self.begin();
        while let Some(frame) = self.frames.last_mut() {
            let Some(statement) = frame.statements.get(frame.statement) else { break };
            let done = match frame.steps.next() {
                Some(step) => self.step(step),
                None => self.end(statement),
            };
            done.map_err(|mistake| {
                let name = |id: DefinitionId| self.evaluator.syntax.definitions[id].name.clone();
                traced(mistake, &self.frames, name)
            })?;
        }
        Ok(std::mem::take(&mut self.stack))
    }

    /// Carries out a step of an expression.
    fn step(&mut self, step: usize) -> Result<(), Diagnostic> {
        let step = &self.evaluator.syntax.steps[step];
        if let StackStepKind::Call(call) = &step.kind {
            return self.call(call, step.span);
        }
        let ((scope, place), builder) = (self.place(), self.evaluator.builder);
        let value = builder.place(scope, place, |_| self.evaluator.step(step, &mut self.stack))?;
        self.stack.push(value.at(step.span));
        Ok(())
    }

    /// The scope of the nodes that are made, and what goes before the names of the scopes that are opened.
    fn place(&self) -> (Option<ScopeId>, Option<Arc<str>>) {
        self.frames.last().map_or((None, None), |frame| (frame.scope(), frame.place.clone()))
    }

    /// Begins the statement that comes next.
    fn begin(&mut self) {
        let (nodes, values) = (self.evaluator.builder.len(), self.stack.len());
        let Evaluator { syntax, bound, .. } = &self.evaluator;
        let Some(frame) = self.frames.last_mut() else { return };
        let Some(statement) = frame.statements.get(frame.statement) else { return };
        let is_known = match statement.kind {
            // A default for what is given, a number that was bound or computed before.
            StatementKind::Default(binding) | StatementKind::Let(binding) => bound[binding].is_some(),
            _ => false,
        };
        frame.steps = if is_known { 0..0 } else { statement.steps.clone() };
        (frame.values, frame.nodes) = (values, nodes);
        let named = match &statement.kind {
            StatementKind::Assign(bindings) => bindings.first(),
            StatementKind::Update { target, .. } => Some(target),
            _ => None,
        };
        let name = named.map(|&binding| &syntax.bindings[binding]).filter(|binding| !binding.is_label);
        frame.place = match name {
            Some(binding) => Some(full_name(frame.path.as_deref(), &binding.name).into()),
            None => frame.path.clone(),
        };
    }

    /// Ends a statement whose expressions are carried out, and begins the next.
    fn end(&mut self, statement: &'a Statement) -> Result<(), Diagnostic> {
        let values = self.frames.last().map_or(0, |frame| frame.values);
        let values = self.stack.split_off(values);
        if let StatementKind::Return = statement.kind {
            if self.frames.len() == 1 {
                self.stack = values;
                self.frames.clear();
                return Ok(());
            }
            return self.leave(values);
        }
        let ((scope, _), builder) = (self.place(), self.evaluator.builder);
        builder.within(scope, |_| self.statement(statement, values))?;
        if let Some(error) = builder.error() {
            return Err(error.into());
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.statement += 1;
        }
        self.begin();
        Ok(())
    }
}

/// The name of a node: in a call of a `def` the path of its scope comes first.
fn full_name(path: Option<&str>, name: &str) -> String {
    path.map_or_else(|| name.to_string(), |path| format!("{path}/{name}"))
}
