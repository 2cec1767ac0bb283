//! The functions that a text may call: how they are looked up, and how they are called.

mod arguments;
mod table;

use std::fmt;

use super::elementwise::entrywise;
use crate::builder::Var;
use crate::ops::Elementwise;
use crate::text::diagnostic::Diagnostic;
use crate::text::near::near;
use crate::text::registry::Registry;

pub(in crate::text) use arguments::{Arguments, indices};
use table::FUNCTIONS;

/// A function that a text may call.
#[derive(Debug)]
pub(in crate::text) struct Callable {
    pub name: &'static str,
    pub parameters: &'static [Parameter],
    build: Build,
}

/// A parameter of a function.
#[derive(Debug)]
pub(in crate::text) struct Parameter {
    pub name: &'static str,
    pub takes: Takes,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::text) enum Takes {
    /// One argument.
    One,
    /// One argument that is a class or an index.
    Index,
    /// One argument or none.
    Perhaps,
    /// One argument or none, by keyword alone.
    Keyword,
    /// All the arguments that have no keyword, one at least.
    Many,
}

enum Build {
    Entrywise(Elementwise),
    By(for<'a, 'g> fn(Arguments<'a, 'g>) -> Result<Var<'g>, Diagnostic>),
}

impl fmt::Debug for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Build::Entrywise(_)) { "Entrywise" } else { "By" })
    }
}

impl Callable {
    /// The function of that name.
    pub fn find(name: &str) -> Option<&'static Callable> {
        FUNCTIONS.iter().find(|function| function.name == name)
    }

    /// How it is called, as a message shows it.
    pub fn signature(&self) -> String {
        let parameter = |p: &Parameter| match p.takes {
            Takes::One | Takes::Index => p.name.to_string(),
            Takes::Perhaps | Takes::Keyword => format!("{}=…", p.name),
            Takes::Many => format!("{}, …", p.name),
        };
        format!("{}({})", self.name, self.parameters.iter().map(parameter).collect::<Vec<_>>().join(", "))
    }

    /// The parameter of that name; `axis` and `axes` are one.
    pub fn parameter(&self, name: &str) -> Option<usize> {
        let stem = |name: &str| if name == "axes" { "axis".to_string() } else { name.to_string() };
        self.parameters
            .iter()
            .position(|parameter| stem(parameter.name) == stem(name) && parameter.takes != Takes::Many)
    }

    /// The parameter for the next argument without a keyword, after some that are given.
    pub fn next_parameter(&self, given: &[usize]) -> Option<usize> {
        let free = |&place: &usize| match self.parameters[place].takes {
            Takes::Keyword => false,
            Takes::Many => true,
            Takes::One | Takes::Index | Takes::Perhaps => !given.contains(&place),
        };
        (0..self.parameters.len()).find(free)
    }

    /// The first parameter that must be given and is not.
    pub fn missing(&self, given: &[usize]) -> Option<&Parameter> {
        let needed = |p: &Parameter| matches!(p.takes, Takes::One | Takes::Index | Takes::Many);
        self.parameters.iter().enumerate().find(|(place, p)| needed(p) && !given.contains(place)).map(|(_, p)| p)
    }

    /// Builds the call.
    pub fn call<'g>(&self, arguments: Arguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
        match self.build {
            Build::Entrywise(op) => {
                let builder = arguments.builder;
                entrywise(builder, op, arguments.values.into_iter().map(|(_, value)| value).collect())
            }
            Build::By(build) => build(arguments),
        }
    }
}

/// The names of the functions.
pub(in crate::text) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

/// How each function is called.
pub(in crate::text) fn signatures() -> impl Iterator<Item = String> {
    FUNCTIONS.iter().map(Callable::signature)
}

/// What was probably meant by the unknown name of a function.
pub(in crate::text) fn meant(name: &str, registry: &Registry) -> Option<String> {
    let other = match name {
        "ln" => Some("the natural logarithm is `log(x)`"),
        "matmul" | "matvec" | "mm" => Some("a matrix product is written `A @ b`"),
        "square" => Some("a square is written `x^2`"),
        "average" => Some("the average is `mean(x)`"),
        "maximum" => Some("the greater of two is `max(a, b)`"),
        "minimum" => Some("the lesser of two is `min(a, b)`"),
        "inner" => Some("the inner product is `dot(a, b)`"),
        "norm" => Some("a squared norm is `sum(x^2)`"),
        "prod" | "product" => Some("the product of numbers above 0 is `exp(sum(log(x)))`"),
        _ => None,
    };
    let known = FUNCTIONS.iter().map(|function| function.name).chain(registry.names());
    other.map(str::to_string).or_else(|| near(name, known).map(|near| format!("did you mean `{near}`?")))
}
