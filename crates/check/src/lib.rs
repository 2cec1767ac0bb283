//! Checks derivatives against differences, and says which rule is wrong.
//!
//! [`check`](fn@check) takes [`Derivatives`](chainrule_graph::Derivatives) as they are and never makes them. It tests
//! each edge, each accumulation and the whole, so that what it blames is a rule or an accumulation, at a node, with both
//! values. [`check_function`], [`check_op`] and [`check_node`] make the derivatives first. [`nan_origin`] finds the node
//! where a value that is not finite arose. [`cases`] has rows for every op, for whatever runs or transforms graphs.
//!
//! ```
//! use chainrule_check::{CheckOptions, check_function};
//! use chainrule_graph::Builder;
//!
//! let builder = Builder::new();
//! let (x, w) = (builder.input("x", [3]), builder.input("w", [3]));
//! builder.objective(w.dot(x).tanh());
//! let report = check_function(&builder.finish()?, &CheckOptions::default())?;
//! assert!(report.passed(), "{report}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod cases;
mod check;
mod compare;
mod cost;
mod differences;
mod draw;
mod edge;
mod error;
mod findings;
mod function;
mod loops;
mod names;
mod near;
mod options;
mod point;
mod report;
mod second;
mod slope;
mod tolerance;
mod whole;

pub use chainrule_exec::{InLoop, NanOrigin, NonFinite, ValueRange, nan_origin, nan_origin_in_derivatives};
pub use check::check;
pub use compare::{Comparison, Tally};
pub use draw::{Draw, DrawPlan, Draws};
pub use error::CheckError;
pub use function::{OpInput, check_function, check_function_at, check_node, check_op, check_output};
pub use options::{CheckOptions, Elements};
pub use report::{Blame, DirectionReport, EdgeReport, Failure, LoopReport, NodeReport, Report, Second, Verdict};
pub use second::{SecondDerivatives, check_second, second_derivatives};
pub use tolerance::{CUSTOM_TOLERANCE, TOLERANCE};
