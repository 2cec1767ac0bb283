//! Expressions become nodes: the steps are carried out one after the other on a stack of values.

use super::arguments::CallArguments;
use super::builtins::{builtin, reduction};
use super::composed::composed;
use super::evaluated::{Evaluated, Spanned};
use super::index::index;
use super::layers::layer as layer_of;
use crate::builder::{Builder, Var};
use crate::node::{Kind, NodeId, Span, Value};
use crate::ops::signature::Notation;
use crate::ops::{Elementwise, Op, ShapeOp, Source};
use crate::tensor::Tensor;
use crate::text::diagnostic::Diagnostic;
use crate::text::elementwise::elementwise;
use crate::text::fold::fold;
use crate::text::functions::Builds;
use crate::text::near::near;
use crate::text::registry::Registry;
use crate::text::syntax::{BindingId, BindingKind, Callee, Operator, StackStep, StackStepKind, Syntax};

/// What is known while a text is built.
pub(super) struct Evaluator<'a, 'g> {
    pub builder: &'g Builder,
    pub syntax: &'a Syntax,
    pub registry: &'a Registry,
    /// What each binding stands for, once it is known.
    pub bound: Vec<Option<Evaluated<'g>>>,
    /// Where the literals and the stretched operands of an operator were written; the builder knows only the operator.
    pub operand_spans: Vec<(NodeId, Span)>,
}

impl<'g> Evaluator<'_, 'g> {
    /// Carries out a step that is no call: what it makes of values from the stack.
    pub fn step(&mut self, step: &StackStep, stack: &mut Vec<Spanned<'g>>) -> Result<Evaluated<'g>, Diagnostic> {
        let span = step.span;
        Ok(match &step.kind {
            StackStepKind::Number(number) => Evaluated::Number(*number),
            StackStepKind::Text(text) => Evaluated::Text(text.clone()),
            StackStepKind::Kind(kind) => Evaluated::Kind(*kind),
            StackStepKind::Truth(truth) => Evaluated::Truth(*truth),
            StackStepKind::Name(binding) => self.named(*binding, span)?,
            StackStepKind::Function(callee) => Evaluated::Function(callee.clone()),
            StackStepKind::Array(count) => array(take(stack, *count), span)?,
            StackStepKind::Several(count) => {
                let values = take(stack, *count).into_iter();
                let builder = self.builder;
                let var = |value: Spanned<'g>| builder.at(value.span, |builder| value.var(builder, Kind::Real));
                Evaluated::Results(values.map(var).collect::<Result<_, _>>()?)
            }
            StackStepKind::Negate => {
                let operand = take(stack, 1);
                match operand[..] {
                    [Spanned { value: Evaluated::Number(number), .. }] => Evaluated::Number(-number),
                    _ => self.build(operand, span, |builder, x| of_operands(builder, Elementwise::Neg, x))?,
                }
            }
            StackStepKind::Binary(operator) => {
                let operands = take(stack, 2);
                match folded(*operator, &operands) {
                    Some(number) => Evaluated::Number(number),
                    None => self.build(operands, span, |builder, operands| binary(builder, *operator, operands))?,
                }
            }
            StackStepKind::Call(_) => return Err(Diagnostic::new("a call stands where a step should", span)), // carried out elsewhere
            StackStepKind::Index(items) => {
                let counts = items.iter().map(|item| item.values());
                let values = take(stack, 1 + counts.sum::<usize>());
                self.build(values, span, |builder, values| index(builder, items, values, span))?
            }
        })
    }

    /// What a name stands for.
    fn named(&self, binding: BindingId, span: Span) -> Result<Evaluated<'g>, Diagnostic> {
        let bound = &self.syntax.bindings[binding];
        match &self.bound[binding] {
            Some(value) => Ok(value.clone()),
            None if bound.kind == BindingKind::Inside => self.inside(&bound.name, span).map(Evaluated::Var),
            None => Err(Diagnostic::new(format!("`{}` has no value yet", bound.name), span)),
        }
    }

    /// The node to which a call gave a name, said from the scope that is open or from the outermost.
    pub fn inside(&self, name: &str, span: Span) -> Result<Var<'g>, Diagnostic> {
        let from_here = self.builder.scope_path().and_then(|path| self.builder.find(&format!("{path}/{name}")));
        from_here.or_else(|| self.builder.find(name)).ok_or_else(|| {
            let names = self.builder.names();
            let near = near(name, names.iter().map(|name| &**name)).map(|near| format!("did you mean `{near}`?"));
            Diagnostic::new(format!("there is no `{name}`"), span)
                .help(near.unwrap_or("a call names what it makes after its statement, as in `h/dense/W`".into()))
        })
    }

    /// What a function that is no `def` builds of its arguments, each with its parameter.
    pub fn call(
        &mut self,
        callee: &Callee,
        arguments: Vec<(usize, Spanned<'g>)>,
        span: Span,
    ) -> Result<Evaluated<'g>, Diagnostic> {
        let registry = self.registry;
        let (parameters, arguments): (Vec<usize>, Vec<Spanned<'g>>) = arguments.into_iter().unzip();
        let made = self.build(arguments, span, |builder, arguments| {
            let values = parameters.into_iter().zip(arguments).collect();
            call(builder, registry, callee, values, span)
        })?;
        // A layer gives one value, also of a loop with several carries.
        let is_layer = matches!(callee, Callee::Function(function) if matches!(function.builds, Builds::Layer(_)));
        match made {
            Evaluated::Results(results) if is_layer => Ok(Evaluated::Var(results[0])),
            made => Ok(made),
        }
    }

    /// Builds nodes whose origin is `span`, and notes which of them stand for an operand alone.
    fn build(
        &mut self,
        operands: Vec<Spanned<'g>>,
        span: Span,
        build: impl FnOnce(&'g Builder, Vec<Spanned<'g>>) -> Result<Var<'g>, Diagnostic>,
    ) -> Result<Evaluated<'g>, Diagnostic> {
        let builder = self.builder;
        let before = builder.len();
        let written: Vec<(Option<Value>, Span)> =
            operands.iter().map(|operand| (operand.node().and_then(Var::id), operand.span)).collect();
        let var = builder.at(span, |builder| build(builder, operands))?;
        if let Some(error) = builder.error() {
            return Err(error.into());
        }
        if builder.len() > before + 1 && !builder.is_in_body() {
            self.note_operands(before, &written);
        }
        let outputs = var.node().map_or(1, |node| node.outputs.len());
        match var.id() {
            Some(id) if outputs > 1 && builder.is_current(var) && id.node.index() >= before => {
                Ok(Evaluated::Results((0..outputs).map(|output| builder.var(id.node.output(output))).collect()))
            }
            _ => Ok(Evaluated::Var(var)),
        }
    }

    fn note_operands(&mut self, before: usize, written: &[(Option<Value>, Span)]) {
        let mut literals = written.iter().filter(|(id, _)| id.is_none()).map(|(_, span)| *span);
        let mut noted: Vec<(Value, Span)> = Vec::new();
        let result = self.builder.len() - 1;
        for id in (before..result).map(NodeId::from_index) {
            let Some(node) = self.builder.var(id).node() else { continue };
            let span = match node.op {
                Op::Source(Source::Constant(_)) => literals.next(),
                Op::Elementwise(Elementwise::ToReal)
                | Op::Shape(ShapeOp::Reshape { .. } | ShapeOp::Broadcast { .. }) => {
                    let input = node.inputs[0];
                    let operands = written.iter().filter_map(|(id, span)| id.map(|id| (id, *span)));
                    noted.iter().copied().chain(operands).find(|(id, _)| *id == input).map(|(_, span)| span)
                }
                _ => None,
            };
            noted.extend(span.map(|span| (id.into(), span)));
        }
        self.operand_spans.extend(noted.into_iter().map(|(value, span)| (value.node, span)));
    }
}

pub(super) fn take<'g>(stack: &mut Vec<Spanned<'g>>, count: usize) -> Vec<Spanned<'g>> {
    // The parser counts what each step takes.
    stack.split_off(stack.len().saturating_sub(count))
}

fn folded(operator: Operator, operands: &[Spanned<'_>]) -> Option<f64> {
    match operands {
        [Spanned { value: Evaluated::Number(a), .. }, Spanned { value: Evaluated::Number(b), .. }] => {
            fold(operator, *a, *b)
        }
        _ => None,
    }
}

/// What an operator builds from its two operands.
fn binary<'g>(builder: &'g Builder, operator: Operator, mut operands: Vec<Spanned<'g>>) -> Result<Var<'g>, Diagnostic> {
    let op = match operator {
        Operator::Add => Elementwise::Add,
        Operator::Sub => Elementwise::Sub,
        Operator::Mul => Elementwise::Mul,
        Operator::Div => Elementwise::Div,
        Operator::Equal => Elementwise::Equal,
        Operator::NotEqual => Elementwise::NotEqual,
        Operator::Less => Elementwise::Less,
        Operator::LessEqual => Elementwise::LessEqual,
        Operator::Greater => {
            operands.reverse();
            Elementwise::Less
        }
        Operator::GreaterEqual => {
            operands.reverse();
            Elementwise::LessEqual
        }
        Operator::Power => match operands[..] {
            [_, Spanned { value: Evaluated::Number(n), .. }] => {
                let base = operands.swap_remove(0).var(builder, Kind::Real)?;
                return Ok(base.power(n));
            }
            _ => Elementwise::Pow,
        },
        Operator::MatMul => {
            let factors = operands.into_iter().map(|operand| operand.var(builder, Kind::Real));
            let factors = factors.collect::<Result<Vec<_>, _>>()?;
            return Ok(factors[0].matmul(factors[1]));
        }
    };
    of_operands(builder, op, operands)
}

/// An elementwise op on values.
fn of_operands<'g>(builder: &'g Builder, op: Elementwise, values: Vec<Spanned<'g>>) -> Result<Var<'g>, Diagnostic> {
    let operands = values.into_iter().map(|value| value.operand(builder));
    Ok(elementwise(builder, op, &operands.collect::<Result<Vec<_>, _>>()?))
}

fn call<'g>(
    builder: &'g Builder,
    registry: &Registry,
    callee: &Callee,
    mut values: Vec<(usize, Spanned<'g>)>,
    span: Span,
) -> Result<Var<'g>, Diagnostic> {
    match callee {
        Callee::Custom(node) => {
            let inputs = values.into_iter().map(|(_, argument)| argument.var(builder, Kind::Real));
            Ok(builder.custom(node.clone(), &inputs.collect::<Result<Vec<_>, _>>()?))
        }
        Callee::Function(callable) => {
            values.sort_by_key(|(parameter, _)| *parameter);
            let arguments = CallArguments { builder, registry, callable, values, span };
            match callable.builds {
                // What has an operator is the op itself as a call.
                Builds::Elementwise(op) if matches!(op.signature().notation, Notation::Infix(_)) => {
                    let operands = arguments.operands()?;
                    Ok(builder.verbatim(|builder| elementwise(builder, op, &operands)))
                }
                Builds::Elementwise(op) => Ok(elementwise(builder, op, &arguments.operands()?)),
                Builds::Reduction(op, of_two) => reduction(op, of_two, arguments),
                Builds::Method(method) => arguments.var("x").map(method),
                Builds::Composed(function) => composed(function, arguments),
                Builds::Builtin(function) => builtin(function, arguments),
                Builds::Layer(layer) => layer_of(layer, &arguments),
                Builds::Size | Builds::Repeat | Builds::Scan => Err(Diagnostic::new("this builds no node", span)), // carried out elsewhere
            }
        }
        Callee::Definition(_) | Callee::Argument(..) => Err(Diagnostic::new("this builds no node", span)), // likewise
    }
}

/// Numbers, or arrays of one shape, side by side.
fn array<'g>(elements: Vec<Spanned<'g>>, span: Span) -> Result<Evaluated<'g>, Diagnostic> {
    let mut inner: Option<Vec<usize>> = None;
    let mut data = Vec::new();
    let count = elements.len();
    for element in elements {
        let shape = match (&element.value, element.value.as_number()) {
            (_, Some(number)) => {
                data.push(number);
                Vec::new()
            }
            (Evaluated::Array(array), None) => {
                data.extend_from_slice(array.data());
                array.shape().to_vec()
            }
            _ => {
                return Err(element.wrong("an array in brackets holds only numbers").help(
                    "values are put together by stack(a, b, …) or concat(a, b, …), without brackets round them",
                ));
            }
        };
        if *inner.get_or_insert_with(|| shape.clone()) != shape {
            return Err(element.wrong("the elements of an array must have one shape"));
        }
    }
    let shape: Vec<usize> = std::iter::once(count).chain(inner.unwrap_or_default()).collect();
    let array = Tensor::new(shape, data).map_err(|_| Diagnostic::new("this array is too large", span))?;
    Ok(Evaluated::Array(array))
}
