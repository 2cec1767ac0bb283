//! What an expression stands for while a graph is built from it: a node, or a number that has no node yet.

use std::sync::Arc;

use crate::builder::{Builder, Operand, Var};
use crate::node::{Kind, Span};
use crate::ops::source::Constant;
use crate::ops::{Op, Source};
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::text::diagnostic::Diagnostic;
use crate::text::number::not_finite;
use crate::text::whole::{not_whole, whole};

/// The remedy where a number is needed that no value changes.
pub(super) const A_NUMBER: &str = "write a number; in a model, a `let` gives one a name";

/// What an expression stands for.
#[derive(Clone, Debug)]
pub(super) enum Value<'g> {
    Var(Var<'g>),
    /// A number, which takes the kind that its context needs.
    Number(f64),
    /// An array of numbers, likewise.
    Array(Tensor),
    /// Text in quotes: the name of a custom node, or a number that is not finite.
    Text(String),
    Kind(Kind),
}

/// A value and the place of its expression.
#[derive(Clone, Debug)]
pub(super) struct Placed<'g> {
    pub value: Value<'g>,
    pub span: Span,
}

impl<'g> Value<'g> {
    pub fn at(self, span: Span) -> Placed<'g> {
        Placed { value: self, span }
    }

    /// The fixed number that this is, finite or not.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Text(text) => not_finite(text),
            _ => None,
        }
    }

    fn what(&self) -> String {
        match self {
            Value::Var(var) => format!("{var:?}"),
            Value::Number(number) => format!("{number}"),
            Value::Array(array) => format!("an array of shape {}", array.shape()),
            Value::Text(_) => "text in quotes".into(),
            Value::Kind(kind) => format!("the word `{kind}`"),
        }
    }
}

impl<'g> Placed<'g> {
    /// A mistake about this value.
    pub fn wrong(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(message, self.span)
    }

    /// The node, where there is one already.
    pub fn node(&self) -> Option<Var<'g>> {
        match self.value {
            Value::Var(var) => Some(var),
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
            Value::Var(var) => return Ok(var),
            Value::Number(number) => Tensor::scalar(number),
            Value::Array(tensor) => tensor,
            Value::Text(_) | Value::Kind(_) => match self.value.as_number() {
                Some(number) => Tensor::scalar(number),
                None => {
                    let mistake = self.wrong(format!("{} stands where a value should", self.value.what()));
                    return Err(match self.value {
                        Value::Text(_) => mistake.help("a number that is not finite is \"inf\", \"-inf\" or \"nan\""),
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
            return Err(Diagnostic::new(format!("{odd} is no {what}"), self.span));
        }
        Ok(builder.push(Op::Source(Source::Constant(Constant { value: Arc::new(tensor), kind })), &[]))
    }

    pub fn number(&self, what: &str) -> Result<f64, Diagnostic> {
        self.value
            .as_number()
            .ok_or_else(|| self.wrong(format!("{what} is a fixed number, not {}", self.value.what())).help(A_NUMBER))
    }

    /// A whole number from 0 up.
    pub fn whole(&self, what: &str) -> Result<usize, Diagnostic> {
        let number = self.number(what)?;
        whole(number).ok_or_else(|| not_whole(what, number, self.span))
    }

    /// A list of whole numbers from 0 up; a single one counts as a list.
    pub fn wholes(&self, what: &str) -> Result<Vec<usize>, Diagnostic> {
        match &self.value {
            Value::Array(array) if array.shape().rank() == 1 => {
                let entry = |&x: &f64| whole(x).ok_or_else(|| not_whole(&format!("an entry of {what}"), x, self.span));
                array.data().iter().map(entry).collect()
            }
            Value::Number(_) => Ok(vec![self.whole(what)?]),
            _ => Err(self.wrong(format!("{what} is a list of numbers like [2, 3], not {}", self.value.what()))),
        }
    }

    /// A list of sizes that is small enough to be a shape.
    pub fn shape(&self) -> Result<Shape, Diagnostic> {
        let shape: Shape = match self.value {
            Value::Number(_) => return Err(self.wrong("a shape is a list like [2, 3]; [] is a scalar's")),
            _ => self.wholes("a shape")?.into(),
        };
        match shape.checked_size() {
            Some(_) => Ok(shape),
            None => Err(self.wrong(format!("a value of shape {shape} would be too large"))),
        }
    }

    pub fn text(&self, what: &str) -> Result<&str, Diagnostic> {
        match &self.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.wrong(format!("{what} is text in quotes, not {}", self.value.what()))),
        }
    }
}
