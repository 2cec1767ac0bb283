//! Checks derivatives against differences, and says which rule is wrong.
//!
//! [`check`](fn@check) takes [`Derivatives`](chainrule_graph::Derivatives) as they are and never makes them. It tests
//! each edge, each accumulation and the whole, so that what it blames is a rule or an accumulation, at a node, with both
//! numbers. [`check_function`], [`check_op`] and [`check_node`] make the derivatives first. [`nan_origin`] finds the node
//! where a value that is not finite arose. [`cases`] has rows for every op, for whatever runs or transforms graphs.
//!
//! ```
//! use chainrule_check::{Options, check_function};
//! use chainrule_graph::Builder;
//!
//! let builder = Builder::new();
//! let (x, w) = (builder.input("x", [3]), builder.input("w", [3]));
//! builder.objective(w.dot(x).tanh());
//! let report = check_function(&builder.finish()?, &Options::default())?;
//! assert!(report.passed(), "{report}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod cases;
mod check;
mod compare;
mod draw;
mod edge;
mod error;
mod findings;
mod function;
mod point;
mod report;
mod second;
mod slope;
mod whole;

pub use chainrule_exec::{NanOrigin, NonFinite, ValueRange, nan_origin, nan_origin_in_derivatives};
pub use check::{Options, check};
pub use compare::{CUSTOM_TOLERANCE, Comparison, TOLERANCE, Tally};
pub use draw::{Draw, Draws, Plan};
pub use edge::Entries;
pub use error::CheckError;
pub use function::{OpInput, check_function, check_node, check_op, check_output};
pub use report::{Blame, DirectionReport, EdgeReport, Failure, NodeReport, Report, Second, Verdict};
pub use second::{SecondDerivatives, check_second, second_derivatives};
