//! Which parameter of a function each argument of a call is for, be the function built in or a text's own.

use super::{Callable, Takes};
use crate::node::Span;
use crate::text::diagnostic::Diagnostic;
use crate::text::near::near;

/// A function with named parameters.
pub(in crate::text) trait Parameters {
    /// Its name.
    fn name(&self) -> &str;

    /// How many parameters it has.
    fn count(&self) -> usize;

    /// The name of a parameter, and what it takes.
    fn parameter(&self, index: usize) -> (&str, Takes);

    /// How it is called, as a message shows it.
    fn signature(&self) -> String {
        let parameter = |index: usize| match self.parameter(index) {
            (name, Takes::One | Takes::Index) => name.to_string(),
            (name, Takes::Perhaps | Takes::Keyword) => format!("{name}=…"),
            (name, Takes::Many | Takes::Rest) => format!("{name}, …"),
        };
        format!("{}({})", self.name(), (0..self.count()).map(parameter).collect::<Vec<_>>().join(", "))
    }

    /// The parameter for the next argument without a keyword, after those that have an argument.
    fn next_parameter(&self, taken: &[usize]) -> Option<usize> {
        let free = |&index: &usize| match self.parameter(index).1 {
            Takes::Keyword => false,
            Takes::Many | Takes::Rest => true,
            Takes::One | Takes::Index | Takes::Perhaps => !taken.contains(&index),
        };
        (0..self.count()).find(free)
    }

    /// The parameter of that name; `axis` and `axes` are one.
    fn named(&self, name: &str) -> Option<usize> {
        let stem = |name: &str| if name == "axes" { "axis".to_string() } else { name.to_string() };
        (0..self.count()).find(|&index| {
            let (known, takes) = self.parameter(index);
            stem(known) == stem(name) && !matches!(takes, Takes::Many | Takes::Rest)
        })
    }

    /// The name of the first parameter that needs an argument and has none.
    fn missing(&self, taken: &[usize]) -> Option<&str> {
        let needed = |takes: Takes| matches!(takes, Takes::One | Takes::Index | Takes::Many | Takes::Rest);
        let missing = |&index: &usize| needed(self.parameter(index).1) && !taken.contains(&index);
        (0..self.count()).find(missing).map(|index| self.parameter(index).0)
    }
}

impl Parameters for Callable {
    fn name(&self) -> &str {
        self.name
    }

    fn count(&self) -> usize {
        self.parameters.len()
    }

    fn parameter(&self, index: usize) -> (&str, Takes) {
        (self.parameters[index].name, self.parameters[index].takes)
    }
}

/// The parameter that the next argument, which stands at `span`, is for; with the name and the place of its keyword.
pub(in crate::text) fn parameter_of(
    function: &dyn Parameters,
    taken: &[usize],
    keyword: Option<(&str, Span)>,
    span: Span,
) -> Result<usize, Diagnostic> {
    let Some((name, at)) = keyword else {
        return function.next_parameter(taken).ok_or_else(|| {
            let count = (0..function.count()).filter(|&index| function.parameter(index).1 != Takes::Keyword).count();
            let plural = if count == 1 { "" } else { "s" };
            let message = format!("`{}` takes {count} argument{plural}, and this is one more", function.name());
            Diagnostic::new(message, span).help(function.signature())
        });
    };
    let parameter = function.named(name).ok_or_else(|| {
        let near = near(name, (0..function.count()).map(|index| function.parameter(index).0));
        let help = near.map_or_else(String::new, |near| format!("did you mean `{near}`? ")) + &function.signature();
        Diagnostic::new(format!("`{}` has no parameter `{name}`", function.name()), at).help(help)
    })?;
    if taken.contains(&parameter) {
        return Err(Diagnostic::new(format!("`{name}` is given twice"), at));
    }
    Ok(parameter)
}

/// The mistake of a call, at `span`, that leaves out an argument that must be there.
pub(in crate::text) fn complete(function: &dyn Parameters, taken: &[usize], span: Span) -> Result<(), Diagnostic> {
    match function.missing(taken) {
        None => Ok(()),
        Some(missing) => Err(Diagnostic::new(format!("`{missing}` of `{}` is missing", function.name()), span)
            .help(function.signature())),
    }
}
