//! The judge: whether a node or a graph is right, and if not, which rule is wrong.

pub mod graphs;
pub mod nodes;

use std::fmt;

use chainrule::check::{Blame, Comparison, Failure};

use crate::Homework;

/// What judges an exercise.
pub type Judge = fn(&Homework) -> Result<(), Wrong>;

/// The exercises by name, in the order in which to write them.
pub const EXERCISES: &[(&str, Judge)] = &[
    ("sum", nodes::sum),
    ("l2_penalty", nodes::l2_penalty),
    ("ridge", graphs::ridge),
    ("affine", nodes::affine),
    ("tanh", nodes::tanh),
    ("mlp", graphs::mlp),
    ("softmax", nodes::softmax),
    ("nll", nodes::nll),
    ("multiclass", graphs::multiclass),
];

/// What is wrong, and where to read on.
#[derive(Clone, PartialEq, Eq)]
pub struct Wrong(pub String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The same: a test that returns an error prints it so.
impl fmt::Debug for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Wrong {}

/// What the checker found wrong, by the rule: "the backward of affine is wrong: …".
fn described(failure: &Failure) -> String {
    let Some(comparison) = &failure.comparison else { return failure.to_string() };
    match &failure.blame {
        Blame::Rule { input, element, .. } => {
            let element = element.as_ref().filter(|indices| !indices.is_empty());
            let element = element.map(|indices| format!(", element {indices:?}")).unwrap_or_default();
            let Comparison { formula, expected, .. } = comparison;
            format!(
                "the backward of {} is wrong: what it adds to the cotangent of {input}{element}\n  \
                 by your formula            {formula}\n  by differences of forward  {expected}",
                failure.name
            )
        }
        Blame::Accumulation { .. } | Blame::Whole { .. } | Blame::Undecided { .. } | Blame::Symmetry => {
            failure.to_string()
        }
    }
}
