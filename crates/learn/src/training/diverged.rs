//! Why training ended without a model: above all a value that is not finite, and what to do about it.

use std::fmt;

use chainrule_exec::{BRANCH_NOT_TAKEN, ExecError, NanOrigin, ValueRange};
use chainrule_graph::{GraphError, Origin};
use thiserror::Error;

use crate::data::units::StandardizedValue;
use crate::error::{LearnError, RowPlace};

/// Why training ended without a model.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TrainError {
    /// A value was not finite.
    #[error("{0}")]
    Diverged(Box<Diverged>),
    /// Settings, data or the function do not fit.
    #[error(transparent)]
    Learn(#[from] LearnError),
}

impl From<GraphError> for TrainError {
    fn from(error: GraphError) -> TrainError {
        TrainError::Learn(error.into())
    }
}

impl From<ExecError> for TrainError {
    fn from(error: ExecError) -> TrainError {
        TrainError::Learn(error.into())
    }
}

/// What of a step was not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepPart {
    /// The objective.
    Objective,
    /// The objective is; a derivative of it is not.
    Gradient,
    /// The gradients are; what the optimizer keeps, such as the mean of their squares, is not.
    State,
    /// All that is; a parameter's next value is not.
    Parameter,
    /// All is finite, but the objective has grown beyond all measure.
    Growth,
}

/// What a value that is not finite comes from, as far as training again has shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// The steps: from the parameters that were kept last, this smaller rate did better.
    Rate(f64),
    /// The row, or the node that can't take it: no smaller rate did better.
    Row,
}

/// A value that is not finite, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Diverged {
    /// What was not finite.
    pub part: StepPart,
    /// The node where it began, with its inputs and their ranges; none if the step alone does not show it.
    pub nan_origin: Option<NanOrigin>,
    /// The file the data came from.
    pub file: String,
    /// The rows of that step.
    pub places: Vec<RowPlace>,
    /// The epoch, from 1; 0 if it was so at the initial parameters.
    pub epoch: usize,
    /// The rate.
    pub rate: f64,
    /// What it comes from; at the initial parameters no rate had a part in it.
    pub cause: Cause,
    /// What the objective was before the first step, and what it has grown to, if that is what went wrong.
    pub grown: Option<(f64, f64)>,
    /// Whether it is finite in f64, and only f32 is too narrow.
    pub only_in_f32: bool,
    /// If it was at a single row, what that node was made from, as the file has it, where it was standardised.
    pub standardized: Vec<StandardizedValue>,
    /// The inputs by whose numbers in the file that node is finite, though by the standardized ones it is not.
    pub unfit: Vec<String>,
    /// The real inputs that are not standardized and whose numbers are large, with the greatest; the largest first.
    pub large: Vec<(String, f64)>,
}

impl fmt::Display for Diverged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diverged { file, epoch, rate, .. } = self;
        let rows = format!("{file}{}", listed(&self.places));
        let mut what = match (&self.nan_origin, self.grown) {
            (Some(origin), _) => described(origin),
            (None, Some((from, to))) => format!("`objective` has grown from {} to {}", shown(from), shown(to)),
            (None, None) => "the objective is not finite".into(),
        };
        for value in &self.standardized {
            what += &format!("; {value}");
        }
        if self.only_in_f32 {
            let (when, smaller) = match epoch {
                0 => ("at the initial parameters".into(), String::new()),
                _ => (format!("in epoch {epoch}"), format!(", or a smaller rate than {}", shown(*rate))),
            };
            return write!(
                f,
                "training left the range of f32 {when} ({rows}): {what}; in f64 all is finite there: use f64{smaller}"
            );
        }
        if *epoch == 0 {
            let (not_finite, remedy) = self.at_start();
            write!(f, "{not_finite} is not finite at the initial parameters ({rows}): {what}; ")?;
            return match self.unfit[..] {
                [] => f.write_str(remedy),
                _ => f.write_str(&self.unfit_remedy()),
            };
        }
        write!(f, "training diverged in epoch {epoch} ({rows}): {what}; ")?;
        match self.cause {
            Cause::Rate(smaller) => {
                write!(f, "the rate {} is too large for this problem: try {}", shown(*rate), shown(smaller))?;
                if self.large.is_empty() {
                    return Ok(());
                }
                let size = |(name, size): &(String, f64)| format!("`{name}`, which is as large as {}", shown(*size));
                let large: Vec<String> = self.large.iter().map(size).collect();
                write!(f, ", and standardize {}", large.join(", and "))
            }
            Cause::Row if !self.unfit.is_empty() => f.write_str(&self.unfit_remedy()),
            Cause::Row if self.is_in_branch_not_taken() => f.write_str(BRANCH_NOT_TAKEN),
            Cause::Row => f.write_str("no smaller rate helps: look at that row, and keep the node from such a value"),
        }
    }
}

impl Diverged {
    /// What is not finite at the initial parameters, and what to do.
    fn at_start(&self) -> (&'static str, &'static str) {
        match self.part {
            StepPart::Objective => {
                ("the objective", "look at that row, at how the parameters start, and at the ops that lead to the node")
            }
            StepPart::Gradient if self.is_in_branch_not_taken() => ("the gradient", BRANCH_NOT_TAKEN),
            StepPart::Gradient => (
                "the gradient",
                "no rate helps: start the parameters elsewhere, or keep the op from where it has no derivative",
            ),
            StepPart::State => (
                "what the optimizer keeps of the gradient",
                "the gradient is too large for it: scale the objective down, or clip the gradient",
            ),
            StepPart::Parameter => ("the first step", "a smaller rate would help"),
            StepPart::Growth => ("the objective", "look at that row"),
        }
    }

    /// Whether a value is not finite that the objective, which is finite, does not depend on at that row.
    fn is_in_branch_not_taken(&self) -> bool {
        let is_written = |origin: &Origin| match origin {
            Origin::Derivative(_) | Origin::Unknown => false,
            Origin::Merged(origins) => !origins.iter().any(|origin| matches!(origin, Origin::Derivative(_))),
            Origin::Code(_) | Origin::File { .. } | Origin::Text(_) | Origin::Rewritten(_) => true,
        };
        self.part == StepPart::Gradient && self.nan_origin.as_ref().is_some_and(|origin| is_written(&origin.origin))
    }

    fn unfit_remedy(&self) -> String {
        let names: Vec<String> = self.unfit.iter().map(|name| format!("`{name}`")).collect();
        format!("as the file has it, it is finite: do not standardize {}", names.join(", "))
    }
}

/// `` `h` is infinite (exp, written at line 3, column 5), from `x` [2]: from 1 to 900``
fn described(nan_origin: &NanOrigin) -> String {
    let NanOrigin { name, op, non_finite, origin, inputs, in_loop, .. } = nan_origin;
    let inputs: Vec<String> = inputs.iter().map(ValueRange::to_string).collect();
    let from = if inputs.is_empty() { String::new() } else { format!(", from {}", inputs.join(" and ")) };
    let written = if *origin == Origin::Unknown { String::new() } else { format!(", written at {origin}") };
    let in_loop = in_loop.as_ref().map_or_else(String::new, |inner| format!("; {inner}"));
    format!("{name} is {non_finite} ({op}{written}){from}{in_loop}")
}

/// A rate, however large or small, in a few characters.
fn shown(rate: f64) -> String {
    if rate == 0.0 || (1e-5..1e6).contains(&rate.abs()) { format!("{rate}") } else { format!("{rate:e}") }
}

/// `, line 7` or `, rows 3, 4, …`
fn listed(places: &[RowPlace]) -> String {
    const SHOWN: usize = 5;
    let Some(first) = places.first() else { return String::new() };
    let unit = match first {
        RowPlace::Line(_) => "line",
        RowPlace::Row(_) => "row",
    };
    let number = |place: &RowPlace| match place {
        RowPlace::Line(number) | RowPlace::Row(number) => number.to_string(),
    };
    let numbers: Vec<String> = places.iter().take(SHOWN).map(number).collect();
    let (plural, more) = (if places.len() == 1 { "" } else { "s" }, if places.len() > SHOWN { ", …" } else { "" });
    format!(", {unit}{plural} {}{more}", numbers.join(", "))
}
