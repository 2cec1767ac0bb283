//! Weights of another program: each tensor, with what its elements span.

use chainrule::learn::Weights;

use crate::commands::show::trained::summary;
use crate::format;
use crate::json::{self, Object};

/// A line for each tensor.
pub fn as_text(weights: &Weights) -> String {
    let rows = weights.tensors().map(|(name, value)| vec![name.to_string(), value.shape().to_string(), summary(value)]);
    let table = format::table(&["tensor", "shape", "values"], 2, rows, format::Narrow { shorten: 0, leave_out: &[] });
    format!("{}: tensors without a model; fit M.graph --init takes them\n\n{table}", weights.file())
}

/// The same as JSON, the tensors whole.
pub fn as_json(weights: &Weights) -> String {
    let tensors = weights.tensors().map(|(name, value)| (name, json::tensor(value)));
    let tensors = tensors.fold(Object::default(), |object, (name, value)| object.with(name, value));
    Object::default().with("tensors", tensors).to_string()
}
