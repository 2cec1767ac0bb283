//! The text form: a graph as people write and read it.
//!
//! [`parse`] reads a model, [`Model::build`] makes it a function once its sizes are known, [`print`] writes any function
//! so that it parses back to the same one, and [`dot`] draws it. [`parse_expression`] reads a single expression. What is
//! wrong with a text is a [`Diagnostic`], which shows the line.

mod diagnostic;
mod dot;
mod evaluate;
mod expression;
mod functions;
mod index;
mod lexer;
mod lower;
mod model;
mod names;
mod near;
mod number;
mod parser;
mod print;
mod registry;
mod sizes;
mod syntax;
mod value;

use crate::function::Function;

pub use diagnostic::Diagnostic;
pub use model::{Declaration, Dim, Expression, Model, Name, Size};
pub use near::near;
pub use registry::Registry;

/// The text in these bytes; a byte-order mark is dropped. Bytes that are no UTF-8 are a mistake, told with the line.
pub fn decode(bytes: &[u8]) -> Result<&str, Diagnostic> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
        Diagnostic::general(format!("this is no text: line {line} holds bytes that are not UTF-8"))
            .help("a model is a text file in UTF-8")
    })
}

/// Reads a model that calls no custom nodes. Its syntax is right, and every name and function in it is known.
pub fn parse(source: &str) -> Result<Model, Diagnostic> {
    parse_with(source, &Registry::new())
}

/// Reads a model that may call the custom nodes of a registry.
pub fn parse_with(source: &str, registry: &Registry) -> Result<Model, Diagnostic> {
    Model::read(source, registry)
}

/// Reads a single expression, whose names are free.
pub fn parse_expression(source: &str) -> Result<Expression, Diagnostic> {
    Expression::read(source)
}

/// The function as text, which parses and builds to the same function, origins aside.
pub fn print(function: &Function) -> String {
    print::print(function)
}

/// The function as a graph in the DOT language, with scopes as clusters.
pub fn dot(function: &Function) -> String {
    dot::dot(function)
}
