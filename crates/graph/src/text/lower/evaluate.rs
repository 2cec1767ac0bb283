//! Expressions become nodes: the steps are carried out one after the other on a stack of values.

use std::ops::Range;

use super::arguments::CallArguments;
use super::builtins::builtin;
use super::index::index;
use super::value::{Placed, Value};
use crate::builder::{Builder, Var};
use crate::node::{Kind, NodeId, Span};
use crate::ops::{Elementwise, Op, ShapeOp, Source};
use crate::tensor::Tensor;
use crate::text::diagnostic::Diagnostic;
use crate::text::elementwise::elementwise;
use crate::text::fold::fold;
use crate::text::functions::Builds;
use crate::text::registry::Registry;
use crate::text::syntax::{Call, Callee, Operator, StepKind, Syntax};

/// What is known while a text is built.
pub(super) struct Evaluator<'a, 'g> {
    pub builder: &'g Builder,
    pub syntax: &'a Syntax,
    pub registry: &'a Registry,
    /// What each binding stands for, once it is known.
    pub bound: Vec<Option<Value<'g>>>,
    /// Where the literals and the stretched operands of an operator were written; the builder knows only the operator.
    pub operand_spans: Vec<(NodeId, Span)>,
}

impl<'g> Evaluator<'_, 'g> {
    /// Carries out some steps and returns what they leave on the stack.
    pub fn run(&mut self, steps: Range<usize>) -> Result<Vec<Placed<'g>>, Diagnostic> {
        let mut stack: Vec<Placed<'g>> = Vec::new();
        for step in &self.syntax.steps[steps] {
            let span = step.span;
            let value = match &step.what {
                StepKind::Number(number) => Value::Number(*number),
                StepKind::Text(text) => Value::Text(text.clone()),
                StepKind::Kind(kind) => Value::Kind(*kind),
                StepKind::Name(binding) => self.bound[*binding].clone().ok_or_else(|| {
                    Diagnostic::new(format!("`{}` has no value yet", self.syntax.bindings[*binding].name), span)
                })?,
                StepKind::Array(count) => array(take(&mut stack, *count), span)?,
                StepKind::Negate => {
                    let operand = take(&mut stack, 1);
                    match operand[..] {
                        [Placed { value: Value::Number(number), .. }] => Value::Number(-number),
                        _ => self.entry(operand, span, |builder, x| of_operands(builder, Elementwise::Neg, x))?,
                    }
                }
                StepKind::Binary(operator) => {
                    let operands = take(&mut stack, 2);
                    match folded(*operator, &operands) {
                        Some(number) => Value::Number(number),
                        None => self.entry(operands, span, |builder, operands| binary(builder, *operator, operands))?,
                    }
                }
                StepKind::Call(call) => {
                    let arguments = take(&mut stack, call.arguments.len());
                    let registry = self.registry;
                    self.entry(arguments, span, |builder, arguments| {
                        self::call(builder, registry, call, arguments, span)
                    })?
                }
                StepKind::Index(items) => {
                    let counts = items.iter().map(|item| item.values());
                    let values = take(&mut stack, 1 + counts.sum::<usize>());
                    self.entry(values, span, |builder, values| index(builder, items, values, span))?
                }
            };
            stack.push(value.at(span));
        }
        Ok(stack)
    }

    /// Builds nodes that are said to stand at `span`, and notes which of them stand for an operand alone.
    fn entry(
        &mut self,
        operands: Vec<Placed<'g>>,
        span: Span,
        build: impl FnOnce(&'g Builder, Vec<Placed<'g>>) -> Result<Var<'g>, Diagnostic>,
    ) -> Result<Value<'g>, Diagnostic> {
        let builder = self.builder;
        let before = builder.len();
        let places: Vec<(Option<NodeId>, Span)> =
            operands.iter().map(|operand| (operand.node().and_then(Var::id), operand.span)).collect();
        let var = builder.at(span, |builder| build(builder, operands))?;
        if let Some(error) = builder.error() {
            return Err(error.into());
        }
        if builder.len() > before + 1 {
            self.note_operands(before, &places);
        }
        Ok(Value::Var(var))
    }

    fn note_operands(&mut self, before: usize, places: &[(Option<NodeId>, Span)]) {
        let mut literals = places.iter().filter(|(id, _)| id.is_none()).map(|(_, span)| *span);
        let mut noted: Vec<(NodeId, Span)> = Vec::new();
        let result = self.builder.len() - 1;
        for id in (before..result).map(NodeId::from_index) {
            let Some(node) = self.builder.var(id).node() else { continue };
            let span = match node.op {
                Op::Source(Source::Constant(_)) => literals.next(),
                Op::Elementwise(Elementwise::ToReal)
                | Op::Shape(ShapeOp::Reshape { .. } | ShapeOp::Broadcast { .. }) => {
                    let input = node.inputs[0];
                    let placed = places.iter().filter_map(|(id, span)| id.map(|id| (id, *span)));
                    noted.iter().copied().chain(placed).find(|(id, _)| *id == input).map(|(_, span)| span)
                }
                _ => None,
            };
            noted.extend(span.map(|span| (id, span)));
        }
        self.operand_spans.extend(noted);
    }
}

fn take<'g>(stack: &mut Vec<Placed<'g>>, count: usize) -> Vec<Placed<'g>> {
    // The parser counts what each step takes.
    stack.split_off(stack.len().saturating_sub(count))
}

fn folded(operator: Operator, operands: &[Placed<'_>]) -> Option<f64> {
    match operands {
        [Placed { value: Value::Number(a), .. }, Placed { value: Value::Number(b), .. }] => fold(operator, *a, *b),
        _ => None,
    }
}

/// What an operator builds from its two operands.
fn binary<'g>(builder: &'g Builder, operator: Operator, mut operands: Vec<Placed<'g>>) -> Result<Var<'g>, Diagnostic> {
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
            [_, Placed { value: Value::Number(n), .. }] => {
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
fn of_operands<'g>(builder: &'g Builder, op: Elementwise, values: Vec<Placed<'g>>) -> Result<Var<'g>, Diagnostic> {
    let operands = values.into_iter().map(|value| value.operand(builder));
    Ok(elementwise(builder, op, operands.collect::<Result<Vec<_>, _>>()?))
}

fn call<'g>(
    builder: &'g Builder,
    registry: &Registry,
    call: &Call,
    arguments: Vec<Placed<'g>>,
    span: Span,
) -> Result<Var<'g>, Diagnostic> {
    match &call.callee {
        Callee::Custom(node) => {
            let inputs = arguments.into_iter().map(|argument| argument.var(builder, Kind::Real));
            Ok(builder.custom(node.clone(), &inputs.collect::<Result<Vec<_>, _>>()?))
        }
        Callee::Function(callable) => {
            let mut values: Vec<(usize, Placed<'g>)> = call.arguments.iter().copied().zip(arguments).collect();
            values.sort_by_key(|(parameter, _)| *parameter);
            let arguments = CallArguments { builder, registry, callable, values, span };
            match callable.builds {
                Builds::Elementwise(op) => Ok(elementwise(builder, op, arguments.operands()?)),
                Builds::Builtin(function) => builtin(function, arguments),
            }
        }
    }
}

/// Numbers, or arrays of one shape, side by side.
fn array<'g>(entries: Vec<Placed<'g>>, span: Span) -> Result<Value<'g>, Diagnostic> {
    let mut inner: Option<Vec<usize>> = None;
    let mut data = Vec::new();
    let count = entries.len();
    for entry in entries {
        let shape = match (&entry.value, entry.value.as_number()) {
            (_, Some(number)) => {
                data.push(number);
                Vec::new()
            }
            (Value::Array(array), None) => {
                data.extend_from_slice(array.data());
                array.shape().to_vec()
            }
            _ => {
                return Err(entry
                    .wrong("an array in brackets holds numbers alone")
                    .help("values are put side by side by stack(a, b, …)"));
            }
        };
        if *inner.get_or_insert_with(|| shape.clone()) != shape {
            return Err(entry.wrong("the entries of an array have one shape"));
        }
    }
    let shape: Vec<usize> = std::iter::once(count).chain(inner.unwrap_or_default()).collect();
    let array = Tensor::new(shape, data).ok_or_else(|| Diagnostic::new("this array is too large", span))?;
    Ok(Value::Array(array))
}
