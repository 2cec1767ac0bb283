//! The arguments of a call, taken as what the function needs.

use super::evaluated::{Evaluated, Spanned};
use crate::builder::{Builder, Operand, PerAxis, Var};
use crate::node::{Kind, Span};
use crate::ops::{Op, ShapeOp};
use crate::text::diagnostic::Diagnostic;
use crate::text::functions::{Callable, Parameters};
use crate::text::registry::Registry;
use crate::text::whole::{not_whole, whole};

/// What a function is called with.
pub(super) struct CallArguments<'a, 'g> {
    pub builder: &'g Builder,
    pub registry: &'a Registry,
    pub callable: &'static Callable,
    /// Each with the parameter it is for, in order.
    pub values: Vec<(usize, Spanned<'g>)>,
    pub span: Span,
}

impl<'g> CallArguments<'_, 'g> {
    /// The arguments for a parameter.
    pub fn all_of(&self, parameter: &str) -> impl Iterator<Item = &Spanned<'g>> {
        let index = self.callable.parameters.iter().position(|p| p.name == parameter);
        self.values.iter().filter(move |(of, _)| Some(*of) == index).map(|(_, value)| value)
    }

    pub fn get(&self, parameter: &str) -> Option<&Spanned<'g>> {
        self.all_of(parameter).next()
    }

    /// The argument that must be there; the parser saw to it.
    pub fn need(&self, parameter: &str) -> Result<&Spanned<'g>, Diagnostic> {
        self.get(parameter).ok_or_else(|| {
            Diagnostic::new(format!("`{parameter}` is missing: {}", self.callable.signature()), self.span)
        })
    }

    pub fn var(&self, parameter: &str) -> Result<Var<'g>, Diagnostic> {
        self.need(parameter)?.clone().var(self.builder, Kind::Real)
    }

    pub fn all(&self, parameter: &str) -> Result<Vec<Var<'g>>, Diagnostic> {
        self.all_of(parameter).map(|value| value.clone().var(self.builder, Kind::Real)).collect()
    }

    /// All arguments, as operands whose kind the other operands decide.
    pub fn operands(&self) -> Result<Vec<Operand<'g>>, Diagnostic> {
        self.values.iter().map(|(_, value)| value.clone().operand(self.builder)).collect()
    }

    /// Indices along an axis of `size`; those that are written as numbers lie within it.
    pub fn index(&self, parameter: &str, size: Option<usize>) -> Result<Var<'g>, Diagnostic> {
        indices(self.builder, self.need(parameter)?, size)
    }

    /// The axes of `x` that an argument names, if it is there.
    pub fn axes(&self, parameter: &str, x: Var<'g>) -> Result<Option<Vec<usize>>, Diagnostic> {
        let Some(argument) = self.get(parameter) else { return Ok(None) };
        let mut axes = Vec::new();
        for axis in argument.wholes(&format!("`{parameter}`"))? {
            if axis >= x.rank() {
                return Err(argument.wrong(format!("there is no axis {axis} in {x:?}")).help(axes_of(x.rank())));
            }
            if axes.contains(&axis) {
                return Err(argument.wrong(format!("axis {axis} is named twice")));
            }
            axes.push(axis);
        }
        Ok(Some(axes))
    }

    /// The one axis of `x` that an argument names; without it the one that `default` is for the rank.
    pub fn axis_or(&self, parameter: &str, x: Var<'g>, default: impl Fn(usize) -> usize) -> Result<usize, Diagnostic> {
        match self.axes(parameter, x)?.as_deref() {
            None if x.rank() > 0 => Ok(default(x.rank())),
            None => Err(Diagnostic::new(
                format!("{} takes a vector or more, not {x:?}", self.callable.name),
                self.need("x").map_or(self.span, |x| x.span),
            )),
            Some([axis]) => Ok(*axis),
            Some(axes) => Err(self.need(parameter)?.wrong(format!(
                "{} runs along one axis, not {}",
                self.callable.name,
                axes.len()
            ))),
        }
    }

    pub fn number_or(&self, parameter: &str, without: f64) -> Result<f64, Diagnostic> {
        self.get(parameter).map_or(Ok(without), |argument| argument.number(&format!("`{parameter}`")))
    }

    /// An argument as an operand whose kind the others decide.
    pub fn operand(&self, parameter: &str) -> Result<Operand<'g>, Diagnostic> {
        self.need(parameter)?.clone().operand(self.builder)
    }

    pub fn operand_or(&self, parameter: &str, without: f64) -> Result<Operand<'g>, Diagnostic> {
        self.get(parameter).map_or(Ok(without.into()), |argument| argument.clone().operand(self.builder))
    }

    pub fn whole_or(&self, parameter: &str, without: usize) -> Result<usize, Diagnostic> {
        self.get(parameter).map_or(Ok(without), |argument| argument.whole(&format!("`{parameter}`")))
    }

    /// A truth value, or the number 0 or 1.
    pub fn truth_or(&self, parameter: &str, without: bool) -> Result<bool, Diagnostic> {
        let Some(argument) = self.get(parameter) else { return Ok(without) };
        match argument.value.as_number() {
            Some(number) if number == 0.0 || number == 1.0 => Ok(number == 1.0),
            _ => Err(argument.wrong(format!("`{parameter}` must be true or false"))),
        }
    }

    /// A whole number for all axes, or a list of one for each.
    pub fn per_axis_or(&self, parameter: &str, without: usize) -> Result<PerAxis, Diagnostic> {
        let Some(argument) = self.get(parameter) else { return Ok(without.into()) };
        let what = format!("`{parameter}`");
        Ok(match argument.value {
            Evaluated::Array(_) => argument.wholes(&what)?.into(),
            _ => argument.whole(&what)?.into(),
        })
    }

    pub fn push(&self, op: ShapeOp, x: Var<'g>) -> Var<'g> {
        self.builder.push(Op::Shape(op), &[x])
    }
}

/// A value as indices along an axis of `size`; those that are written as numbers lie within it.
pub(super) fn indices<'g>(
    builder: &'g Builder,
    argument: &Spanned<'g>,
    size: Option<usize>,
) -> Result<Var<'g>, Diagnostic> {
    let numbers = match &argument.value {
        Evaluated::Number(number) => std::slice::from_ref(number),
        Evaluated::Array(array) => array.data(),
        Evaluated::Var(var) if var.kind() != Kind::Int => {
            let is_declared = var.node().is_some_and(|node| node.op.is_input());
            return Err(argument
                .wrong(format!("an index or a class is a whole number, not {var:?} of kind {}", var.kind()))
                .help(if is_declared {
                    "declare it with `int`, as in `outcome y [] int`"
                } else {
                    "compute it from whole numbers: `int` inputs, `argmax`, `iota`, or `constant(1, kind=int)`"
                }));
        }
        _ => &[],
    };
    for &number in numbers {
        let index = whole(number).ok_or_else(|| not_whole("an index", number, argument.span))?;
        if size.is_some_and(|size| index >= size) {
            return Err(argument
                .wrong(format!("index {index} lies outside an axis of {}", size.unwrap_or_default()))
                .help("indices count from 0"));
        }
    }
    argument.clone().var(builder, Kind::Int)
}

fn axes_of(rank: usize) -> String {
    match rank {
        0 => "a scalar has no axes".into(),
        1 => "a vector has axis 0 alone".into(),
        _ => format!("its axes are 0 to {}", rank - 1),
    }
}
