//! The text form: a graph as people write and read it.
//!
//! [`parse`] reads a model, [`Model::build`] makes it a function once its sizes are known, [`print`](fn@print) writes any
//! function so that it parses back to the same one, and [`dot`](fn@dot) draws it. [`parse_expression`] reads a single
//! expression. What is wrong with a text is a [`Diagnostic`], which shows the line.
//!
//! ```
//! use chainrule_graph::text;
//! use std::collections::BTreeMap;
//!
//! let source = "
//! input   x [d]
//! outcome y []
//! param   w [d] ~ normal(0, 0.1)
//! prediction = dot(w, x)
//! objective  = (prediction - y)^2
//! ";
//! let model = text::parse(source)?;
//! let function = model.build(&BTreeMap::from([("d".to_string(), 3.0)]))?;
//! assert_eq!(text::parse(&text::print(&function))?.build(&BTreeMap::new())?.graph.nodes().len(), 6);
//!
//! let mistake = text::parse(&source.replace("dot", "dott")).unwrap_err();
//! assert_eq!(mistake.to_string(), "line 5, column 14: there is no function `dott`; did you mean `dot`?");
//! # Ok::<(), text::Diagnostic>(())
//! ```
//!
//! # What the printer writes besides
//!
//! | | |
//! |---|---|
//! | `$12 = x + 1` | a node without a name; `$12` is a label, unique in the text |
//! | `` `d objective / d h` `` | a name that is not an identifier; `` \` ``, `\\`, `\n`, `\r`, `\t`, `\u{7f}` stand for characters in it |
//! | `value x [3] int < 5` | an input of the graph without a role in the function; the kinds are `real` (the default), `int`, `bool` |
//! | `state m [3] = 0` | a value that is kept from run to run |
//! | `update m = 0.9 * m + g` | its next value, or a parameter's |
//! | `scope hidden { … }` | nodes of a scope; within another it is a scope of that scope, and it may be opened again |
//! | `prediction = h` | a name for a node that has one is a second word for it, and gives it the role |
//! | `role input x`, `role param w = 0`, `role objective none` | roles that declarations do not give in this order, and a name that gives none |
//! | `constant([1, 0], [2, 1], kind=int)` | a constant of any shape and kind; a single number fills the shape; `inf` and `nan` are numbers here |
//! | `contract(a, b, "bij,bj->bi")`, `broadcast(x, [2, 3], axes=[0])`, `custom("name", x, y, dy, pass="backward")`, … | every op with its attributes |
//! | `def step(h [2], x [3]) { … }` | the body of a loop, before the `scan(step, …)` that it belongs to; arguments with shapes say that its nodes, names and scopes stand in it as they are |
//! | `plain_log(s)`, `plain_log1p(s)`, `div(a, b)` … | the op itself, where `log(s)` or `a / b` would be built as its stable form |
//!
//! A node without a name is written inside the expression that uses it, and what the builder inserts by itself
//! (broadcasts, conversions to real) is left out, wherever the parser will make the same nodes in the same order again.
//! A name of the form that passes give (`d y / d x`) is taken for a generated one.

mod diagnostic;
mod dot;
mod elementwise;
mod fold;
mod functions;
mod help;
mod lower;
mod model;
mod names;
mod near;
mod number;
mod parse;
mod print;
mod registry;
mod syntax;
mod whole;

use crate::function::Function;

pub use diagnostic::Diagnostic;
pub use help::Help;
pub use model::{Declaration, Dim, Expression, Model, Name, Size};
pub use near::near;
pub use registry::Registry;

/// The text in these bytes, without a byte-order mark.
///
/// # Errors
///
/// Bytes that are not UTF-8, with the number of their line.
pub fn decode(bytes: &[u8]) -> Result<&str, Diagnostic> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
        Diagnostic::general(format!("this is not text: line {line} has bytes that are not UTF-8")).help(
            match bytes.get(8) {
                // After the length of its header, which is JSON.
                Some(b'{') => "it looks like a trained model, of which `chainrule show` prints the text",
                _ => "a model must be a text file in UTF-8",
            },
        )
    })
}

/// Reads a model that calls no custom nodes. Its sizes may still be open; [`Model::build`] binds them.
///
/// ```
/// use chainrule_graph::text;
/// use std::collections::BTreeMap;
///
/// let model = text::parse("input x [n]\nparam w [n] = 0\nprediction = dot(w, x)\n")?;
/// assert_eq!(model.inputs()[0].name, "x");
/// let function = model.build(&BTreeMap::from([("n".to_string(), 2.0)]))?;
/// assert_eq!(function.parameters.len(), 1);
///
/// let source = "input x [n]\ny = exp(x +\n";
/// let mistake = text::parse(source).unwrap_err();
/// assert_eq!(
///     mistake.render(source, "model.graph", false),
///     "\
/// error: this `(` is not closed
///  --> model.graph:2:8
///   |
/// 2 | y = exp(x +
///   |        ^
///   |
///   = help: close it with `)`"
/// );
/// # Ok::<(), text::Diagnostic>(())
/// ```
///
/// # Errors
///
/// Wrong syntax, a name that is not defined or defined twice, an unknown function, arguments that a function does not take:
/// the first mistake, with its span.
pub fn parse(source: &str) -> Result<Model, Diagnostic> {
    parse_with(source, &Registry::new())
}

/// Reads a model that may call the custom nodes of a registry.
///
/// # Errors
///
/// Those of [`parse`].
pub fn parse_with(source: &str, registry: &Registry) -> Result<Model, Diagnostic> {
    Model::read(source, registry)
}

/// Reads a single expression, whose names are free; [`Expression::build`] binds them.
///
/// ```
/// use chainrule_graph::{Kind, text};
///
/// let expression = text::parse_expression("sum(w * x)")?;
/// let names: Vec<&str> = expression.names().iter().map(|name| name.name.as_str()).collect();
/// assert_eq!(names, ["w", "x"]);
/// let values = names.iter().map(|name| (name.to_string(), [3].into(), Kind::Real)).collect::<Vec<_>>();
/// let (function, _) = expression.build(&values)?;
/// assert_eq!(function.inputs.len(), 2);
/// # Ok::<(), text::Diagnostic>(())
/// ```
///
/// # Errors
///
/// Wrong syntax, an unknown function, arguments that a function does not take; text behind the end of the expression.
pub fn parse_expression(source: &str) -> Result<Expression, Diagnostic> {
    Expression::read(source)
}

/// The signature of each function that a text may call, as messages show it: `softmax(x, axis=…)`. A parameter with a
/// default value is shown with `=…`.
pub fn signatures() -> impl Iterator<Item = String> {
    functions::all().map(functions::Parameters::signature)
}

/// The function as text, which parses and builds to the same function, origins aside.
///
/// ```
/// use chainrule_graph::{Builder, Initializer, text};
/// use std::collections::BTreeMap;
///
/// let builder = Builder::new();
/// let x = builder.input("x", [3]);
/// let w = builder.parameter("w", [3], Initializer::Constant(0.0));
/// builder.prediction(w.dot(x).tanh());
/// let function = builder.finish()?;
///
/// let printed = text::print(&function);
/// assert_eq!(printed, "input x [3]\nparam w [3] = 0\n\nprediction = tanh(dot(w, x))\n");
/// let again = text::parse(&printed)?.build(&BTreeMap::new())?;
/// assert_eq!(text::print(&again), printed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn print(function: &Function) -> String {
    print::print(function)
}

/// The same with a comment at each line that holds a formula which was written otherwise, and built as its stable form.
pub fn print_marked(function: &Function) -> String {
    print::print_marked(function)
}

/// The function as a graph in the DOT language, with scopes as clusters.
pub fn dot(function: &Function) -> String {
    dot::dot(function)
}
