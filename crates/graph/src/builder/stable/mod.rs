//! Formulas as people write them, which overflow or lose their digits, built as what they mean: log(1 + eˣ) as softplus.
//!
//! An op is looked at when it is built, with the nodes below it ([`recognise`]); what is found is built instead, and its
//! origin says so. The derivative's own formulas are left as they are. A text can ask for the ops themselves, as the printer
//! does where it prints what would be recognised.

mod exponentials;
mod pattern;

use std::sync::Arc;

use super::{Builder, Operand, Var};
use crate::graph::Graph;
use crate::node::{Origin, Rewritten, Value};
use crate::ops::{Elementwise, Reduction};
use crate::shape::Shape;
use exponentials::Log;
use pattern::{Part, Patterns};

/// What a formula is built as.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// A logarithm.
    Log(Log),
    /// ln(1 + eᵘ) of u, or of what has the logarithm u.
    Softplus(Log),
    /// ln(1 + eᵘ)
    SoftplusOf(Value),
    /// 1/(1 + e⁻ᵘ)
    Sigmoid(Value),
    /// a/(1 + eᵘ) = a σ(−u); none for 1
    SigmoidOfNegative(Option<Part>, Value),
    /// eᵘ/(eᵘ + eʷ) = σ(u − w)
    SigmoidOfDifference(Value, Value),
    /// eˣ/Σeˣ along one axis, or over all.
    Softmax(Value, Vec<usize>),
    /// tanh u
    Tanh(Value),
    /// tanh(u/2)
    TanhOfHalf(Value),
    /// tanh(−u/2)
    TanhOfNegativeHalf(Value),
    /// (eᵘ − eʷ)/(eᵘ + eʷ) = tanh((u − w)/2)
    TanhOfHalfDifference(Value, Value),
}

impl Form {
    /// The shape that it has, unless that is the operand's by itself.
    fn shape(&self, graph: &Graph) -> Option<Shape> {
        match self {
            Form::Log(_) | Form::Softplus(_) => None,
            Form::SigmoidOfNegative(Some(Part::Value(factor)), u) => graph.shape(*factor).broadcast(graph.shape(*u)),
            Form::SoftplusOf(u)
            | Form::Sigmoid(u)
            | Form::SigmoidOfNegative(_, u)
            | Form::SigmoidOfDifference(u, _)
            | Form::Softmax(u, _)
            | Form::Tanh(u)
            | Form::TanhOfHalf(u)
            | Form::TanhOfNegativeHalf(u)
            | Form::TanhOfHalfDifference(u, _) => Some(graph.shape(*u).clone()),
        }
    }
}

/// A formula, and what it is built as, for whoever reads about it.
pub(crate) struct Recognised {
    form: Form,
    written: &'static str,
    built: &'static str,
}

impl Recognised {
    fn new(form: Form, written: &'static str, built: &'static str) -> Option<Recognised> {
        Some(Recognised { form, written, built })
    }
}

/// Whether an op on values of a graph, some of them perhaps stretched for it, would be built as a stable form.
pub(crate) fn is_recognised(graph: &Graph, op: Elementwise, inputs: &[Value]) -> bool {
    let parts: Vec<Part> = inputs.iter().copied().map(Part::Value).collect();
    Patterns { graph, stretched: true }.recognise(op, &parts).is_some()
}

impl Builder {
    /// The stable form of what an op on these operands would be, built.
    #[track_caller]
    pub(super) fn stable<'g>(&'g self, op: Elementwise, operands: &[Operand<'g>]) -> Option<Var<'g>> {
        let found = {
            let state = self.state.borrow();
            if state.verbatim {
                return None;
            }
            let part = |operand: &Operand<'g>| match operand {
                Operand::Literal(number) => Some(Part::Number(*number)),
                Operand::Var(var) if std::ptr::eq(var.builder, self) => var.id.map(Part::Value),
                Operand::Var(_) => None,
            };
            let parts = operands.iter().map(part).collect::<Option<Vec<Part>>>()?;
            let graph = &state.frame.function.graph;
            let found = Patterns { graph, stretched: false }.recognise(op, &parts)?;
            // A number may stand for an array, which the formula stretches to.
            let shape = parts.iter().filter_map(|part| part.value()).map(|value| graph.shape(value).clone());
            let shape = shape.reduce(|a, b| a.broadcast(&b).unwrap_or(b));
            found.form.shape(graph).is_none_or(|own| Some(own) == shape).then_some(found)?
        };
        let Recognised { form, written, built } = found;
        let at = self.origin(std::panic::Location::caller());
        let origin = Origin::Rewritten(Arc::new(Rewritten { written, built, at }));
        Some(self.with_origin(origin, |builder| builder.build_form(&form)))
    }

    #[track_caller]
    fn build_form(&self, form: &Form) -> Var<'_> {
        match form {
            Form::Log(log) => self.build_log(log),
            Form::Softplus(log) => self.build_log(log).softplus(),
            Form::SoftplusOf(u) => self.var(*u).softplus(),
            Form::Sigmoid(u) => self.var(*u).sigmoid(),
            Form::SigmoidOfNegative(None, u) => self.var(*u).negated().sigmoid(),
            Form::SigmoidOfNegative(Some(factor), u) => {
                let factor = match factor {
                    Part::Number(number) => Operand::Literal(*number),
                    Part::Value(value) => self.var(*value).into(),
                };
                self.elementwise(Elementwise::Mul, &[factor, self.var(*u).negated().sigmoid().into()])
            }
            Form::SigmoidOfDifference(u, w) => (self.var(*u) - self.var(*w)).sigmoid(),
            Form::Softmax(x, axes) => {
                let x = self.var(*x);
                match axes[..] {
                    [axis] => x.softmax(axis),
                    _ => x.reshape([x.shape().size()]).softmax(0).reshape(x.shape()),
                }
            }
            Form::Tanh(u) => self.var(*u).tanh(),
            Form::TanhOfHalf(u) => self.var(*u).half().tanh(),
            Form::TanhOfNegativeHalf(u) => self.var(*u).negated().half().tanh(),
            Form::TanhOfHalfDifference(u, w) => (0.5 * (self.var(*u) - self.var(*w))).tanh(),
        }
    }

    /// What has this logarithm, as a node.
    #[track_caller]
    fn build_log(&self, log: &Log) -> Var<'_> {
        match log {
            Log::Exponent(u) => self.var(*u),
            Log::Number(number) => self.constant(*number),
            Log::Sigmoid(u) => -self.var(*u).negated().softplus(),
            Log::Complement(u) => -self.var(*u).softplus(),
            Log::Softmax(x, axis) => self.var(*x).log_softmax(*axis),
            Log::Sum(terms, axes) => self.build_log(terms).reduce(Reduction::LogSumExp, Some(axes.clone())),
            Log::Terms(terms, shape) => {
                let terms: Vec<Var<'_>> =
                    terms.iter().map(|term| self.build_log(term).broadcast_to(shape.clone())).collect();
                terms[0].stack(&terms[1..], shape.rank()).logsumexp(shape.rank())
            }
            Log::OnePlus(exponent) => self.build_log(exponent).softplus(),
            Log::Moved(inner, op, others) => {
                let inputs: Vec<Var<'_>> =
                    std::iter::once(self.build_log(inner)).chain(others.iter().map(|&other| self.var(other))).collect();
                self.push(op.clone(), &inputs)
            }
        }
    }
}

impl<'g> Var<'g> {
    /// −x, or what x is the negative of.
    #[track_caller]
    fn negated(self) -> Var<'g> {
        match self.scaled() {
            Some((-1.0, x)) => x,
            Some((factor, x)) => -factor * x,
            None => -self,
        }
    }

    /// x/2, or what x is the double of.
    #[track_caller]
    fn half(self) -> Var<'g> {
        match self.scaled() {
            Some((2.0, x)) => x,
            Some((-2.0, x)) => -x,
            Some((factor, x)) => (0.5 * factor) * x,
            None => 0.5 * self,
        }
    }

    /// A number and the value that it is multiplied by, if this is such a product, or a negative.
    fn scaled(self) -> Option<(f64, Var<'g>)> {
        let state = self.builder.state.borrow();
        let (factor, value) = pattern::scaled(state.graph(self.frame)?, self.id?)?;
        Some((factor, Var { id: Some(value), ..self }))
    }
}
