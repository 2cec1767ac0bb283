//! How a parameter starts and is moved.

use std::fmt::Write;

use super::spelling::array;
use crate::function::{Learning, Parameter};
use crate::initializer::Initializer;
use crate::text::number::written;

/// `~ normal(0, 0.1), rate 0.1`
pub(super) fn start(parameter: &Parameter) -> String {
    let mut text = match &parameter.initializer {
        Initializer::Constant(value) => format!("= {}", written(*value)),
        Initializer::Values(values) => format!("= {}", array(values.data(), values.shape())),
        Initializer::Normal { mean, std } => format!("~ normal({}, {})", written(*mean), written(*std)),
        Initializer::Uniform { low, high } => format!("~ uniform({}, {})", written(*low), written(*high)),
        Initializer::Glorot => "~ glorot".into(),
        Initializer::GlorotOf { inputs, outputs } => format!("~ glorot({inputs}, {outputs})"),
        Initializer::He => "~ he".into(),
        Initializer::HeOf { inputs } => format!("~ he({inputs})"),
        Initializer::Orthogonal { gain } => format!("~ orthogonal({})", written(*gain)),
    };
    let Learning { frozen, rate, weight_decay } = parameter.learning;
    if frozen {
        text.push_str(", frozen");
    }
    if rate != 1.0 {
        write!(text, ", rate {}", written(rate)).expect("a String takes every text");
    }
    if let Some(decay) = weight_decay {
        write!(text, ", weight_decay {}", written(decay)).expect("a String takes every text");
    }
    text
}
