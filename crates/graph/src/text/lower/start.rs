//! How a parameter starts and is moved, from the numbers that were written.

use std::sync::Arc;

use super::evaluated::{Evaluated, Spanned};
use crate::function::Learning;
use crate::initializer::Initializer;
use crate::shape::Shape;
use crate::text::diagnostic::Diagnostic;
use crate::text::syntax::{InitializerForm, LearningForm, StartForm};

/// How a parameter starts, and how training moves it.
pub(super) struct Start {
    pub initializer: Initializer,
    pub learning: Learning,
}

impl Default for Start {
    fn default() -> Start {
        Start { initializer: Initializer::Constant(0.0), learning: Learning::default() }
    }
}

/// The start of the parameter or state `name` of this shape.
pub(super) fn start(form: StartForm, name: &str, shape: &Shape, values: &[Spanned<'_>]) -> Result<Start, Diagnostic> {
    let values = Values(values);
    Ok(Start {
        initializer: initializer(form.initializer, name, shape, &values)?.canonical(),
        learning: learning(form.learning, &values)?,
    })
}

/// The numbers of a statement.
struct Values<'a, 'g>(&'a [Spanned<'g>]);

impl<'g> Values<'_, 'g> {
    fn at(&self, index: usize) -> Result<&Spanned<'g>, Diagnostic> {
        // the parser reads them
        self.0.get(index).ok_or_else(|| Diagnostic::general("an initial value is missing"))
    }

    fn number(&self, index: usize) -> Result<f64, Diagnostic> {
        self.at(index)?.number("an initial value")
    }

    fn not_negative(&self, index: usize, what: &str) -> Result<f64, Diagnostic> {
        let number = self.at(index)?.number(what)?;
        if number < 0.0 {
            return Err(self.at(index)?.wrong(format!("{what} cannot be negative, and this is {number}")));
        }
        Ok(number)
    }

    /// How many elements something has.
    fn count(&self, index: usize) -> Result<usize, Diagnostic> {
        match self.at(index)?.whole("a number of elements")? {
            0 => Err(self.at(index)?.wrong("a number of elements is at least 1")),
            count => Ok(count),
        }
    }
}

fn initializer(
    form: InitializerForm,
    name: &str,
    shape: &Shape,
    values: &Values<'_, '_>,
) -> Result<Initializer, Diagnostic> {
    Ok(match form {
        InitializerForm::Given => match &values.at(0)?.value {
            Evaluated::Array(array) if array.shape() == shape => Initializer::Values(Arc::new(array.clone())),
            Evaluated::Array(array) => {
                let found = array.shape();
                return Err(values
                    .at(0)?
                    .wrong(format!("`{name}` has shape {shape}, and these numbers have shape {found}"))
                    .help(format!("nest them as the axes, {shape}; a single number fills it")));
            }
            _ => Initializer::Constant(values.number(0)?),
        },
        InitializerForm::Normal => {
            Initializer::Normal { mean: values.number(0)?, std: values.not_negative(1, "a standard deviation")? }
        }
        InitializerForm::Uniform => {
            let (low, high) = (values.number(0)?, values.number(1)?);
            if low > high {
                return Err(values.at(1)?.wrong(format!("the range from {low} to {high} is empty")));
            }
            Initializer::Uniform { low, high }
        }
        InitializerForm::Glorot => Initializer::Glorot,
        InitializerForm::GlorotOf => Initializer::GlorotOf { inputs: values.count(0)?, outputs: values.count(1)? },
        InitializerForm::He => Initializer::He,
        InitializerForm::HeOf => Initializer::HeOf { inputs: values.count(0)? },
        InitializerForm::Orthogonal => Initializer::Orthogonal { gain: values.number(0)? },
    })
}

fn learning(form: LearningForm, values: &Values<'_, '_>) -> Result<Learning, Diagnostic> {
    let finite = |index: usize, what: &str| match values.not_negative(index, what)? {
        number if number.is_finite() => Ok(number),
        number => Err(values.at(index)?.wrong(format!("{what} is finite, and this is {number}"))),
    };
    Ok(Learning {
        frozen: form.frozen,
        rate: form.rate.map_or(Ok(1.0), |index| finite(index, "a rate"))?,
        weight_decay: form.weight_decay.map(|index| finite(index, "a weight decay")).transpose()?,
    })
}
