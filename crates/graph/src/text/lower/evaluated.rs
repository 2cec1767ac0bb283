//! What an expression evaluates to while a graph is built from it: a node, or a number that has no node yet.

use std::sync::Arc;

use crate::builder::{Builder, Operand, Var};
use crate::node::{Kind, Span};
use crate::ops::source::Constant;
use crate::ops::{Op, Source};
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::text::diagnostic::Diagnostic;
use crate::text::number::not_finite;
use crate::text::syntax::Callee;
use crate::text::whole::{not_whole, whole};

/// The remedy where a fixed number is needed.
pub(super) const A_NUMBER: &str = "write a number; in a model, `let` gives a number a name";

/// What an expression evaluates to.
#[derive(Clone, Debug)]
pub(super) enum Evaluated<'g> {
    Var(Var<'g>),
    /// The results of a node that has several.
    Results(Vec<Var<'g>>),
    /// A number, which takes the kind that its context needs.
    Number(f64),
    /// An array of numbers, likewise.
    Array(Tensor),
    /// Text in quotes: the name of a custom node, or a number that is not finite.
    Text(String),
    Kind(Kind),
    Truth(bool),
    /// A function, as an argument of one that calls it.
    Function(Callee),
}

/// What an expression evaluates to, and the span of the expression.
#[derive(Clone, Debug)]
pub(super) struct Spanned<'g> {
    pub value: Evaluated<'g>,
    pub span: Span,
}

impl<'g> Evaluated<'g> {
    pub fn at(self, span: Span) -> Spanned<'g> {
        Spanned { value: self, span }
    }

    /// The fixed number that this is, finite or not.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Evaluated::Number(number) => Some(*number),
            Evaluated::Text(text) => not_finite(text),
            Evaluated::Truth(truth) => Some(f64::from(u8::from(*truth))),
            _ => None,
        }
    }

    pub fn what(&self) -> String {
        match self {
            Evaluated::Var(var) => format!("{var:?}"),
            Evaluated::Results(results) => format!("{} results at once", results.len()),
            Evaluated::Number(number) => format!("{number}"),
            Evaluated::Array(array) => format!("an array of shape {}", array.shape()),
            Evaluated::Text(_) => "text in quotes".into(),
            Evaluated::Kind(kind) => format!("the word `{kind}`"),
            Evaluated::Truth(truth) => format!("`{truth}`"),
            Evaluated::Function(_) => "a function".into(),
        }
    }
}

impl<'g> Spanned<'g> {
    /// A mistake about this value.
    pub fn wrong(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(message, self.span)
    }

    /// The node, where there is one already.
    pub fn node(&self) -> Option<Var<'g>> {
        match self.value {
            Evaluated::Var(var) => Some(var),
            _ => None,
        }
    }

    /// The value as an operand whose kind the other operands decide. An array becomes a real constant.
    pub fn operand(self, builder: &'g Builder) -> Result<Operand<'g>, Diagnostic> {
        match self.value.as_number() {
            Some(number) => Ok(Operand::Literal(number)),
            None => self.var(builder, Kind::Real).map(Operand::Var),
        }
    }

    /// The value as a node. A number becomes a constant of this kind.
    pub fn var(self, builder: &'g Builder, kind: Kind) -> Result<Var<'g>, Diagnostic> {
        let tensor = match self.value {
            Evaluated::Var(var) => return Ok(var),
            Evaluated::Number(number) => Tensor::scalar(number),
            Evaluated::Array(tensor) => tensor,
            Evaluated::Results(_) => {
                return Err(self
                    .wrong(format!("{} stand where one value should", self.value.what()))
                    .help("name them in a statement of their own: `a, b = f(x)`"));
            }
            Evaluated::Truth(truth) => {
                let value = Arc::new(Tensor::scalar(f64::from(u8::from(truth))));
                return Ok(builder.push(Op::Source(Source::Constant(Constant { value, kind: Kind::Bool })), &[]));
            }
            Evaluated::Text(_) | Evaluated::Kind(_) | Evaluated::Function(_) => match self.value.as_number() {
                Some(number) => Tensor::scalar(number),
                None => {
                    let mistake = self.wrong(format!("expected a value, found {}", self.value.what()));
                    return Err(match self.value {
                        Evaluated::Text(_) => {
                            mistake.help("a number that is not finite is \"inf\", \"-inf\" or \"nan\"")
                        }
                        _ => mistake,
                    });
                }
            },
        };
        let fits = |x: &f64| match kind {
            Kind::Real => true,
            Kind::Int => x.fract() == 0.0,
            Kind::Bool => *x == 0.0 || *x == 1.0,
        };
        if let Some(odd) = tensor.data().iter().find(|x| !fits(x)) {
            let what = if kind == Kind::Int { "whole number" } else { "truth value (0 or 1)" };
            return Err(Diagnostic::new(format!("{odd} is not a {what}"), self.span));
        }
        Ok(builder.push(Op::Source(Source::Constant(Constant { value: Arc::new(tensor), kind })), &[]))
    }

    pub fn number(&self, what: &str) -> Result<f64, Diagnostic> {
        self.value.as_number().ok_or_else(|| {
            self.wrong(format!("{what} must be a fixed number, not {}", self.value.what())).help(A_NUMBER)
        })
    }

    /// A whole number from 0 up.
    pub fn whole(&self, what: &str) -> Result<usize, Diagnostic> {
        let number = self.number(what)?;
        whole(number).ok_or_else(|| not_whole(what, number, self.span))
    }

    /// A list of whole numbers from 0 up; a single one counts as a list.
    pub fn wholes(&self, what: &str) -> Result<Vec<usize>, Diagnostic> {
        match &self.value {
            Evaluated::Array(array) if array.shape().rank() == 1 => {
                let element =
                    |&x: &f64| whole(x).ok_or_else(|| not_whole(&format!("an element of {what}"), x, self.span));
                array.data().iter().map(element).collect()
            }
            Evaluated::Number(_) => Ok(vec![self.whole(what)?]),
            _ => Err(self.wrong(format!("{what} must be a list of numbers like [2, 3], not {}", self.value.what()))),
        }
    }

    /// A list of sizes that is small enough to be a shape.
    pub fn shape(&self) -> Result<Shape, Diagnostic> {
        let shape: Shape = match self.value {
            Evaluated::Number(_) => return Err(self.wrong("a shape must be a list like [2, 3]; a scalar has shape []")),
            _ => self.wholes("a shape")?.into(),
        };
        match shape.checked_size() {
            Some(_) => Ok(shape),
            None => Err(self.wrong(format!("a value of shape {shape} would be too large"))),
        }
    }

    pub fn text(&self, what: &str) -> Result<&str, Diagnostic> {
        match &self.value {
            Evaluated::Text(text) => Ok(text),
            _ => Err(self.wrong(format!("{what} must be text in quotes, not {}", self.value.what()))),
        }
    }
}
