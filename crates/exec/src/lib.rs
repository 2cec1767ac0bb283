//! Execution of graphs: the [reference](mod@reference) interpreter, slow and obvious, the oracle for all else, with [bounds] on rounding
//! errors; and the compiled engine, in the order of its life: [compile], the immutable [program], and what [runs](run) it.
//!
//! [`evaluate_compiled`] asks the engine what [`reference::evaluate`] asks the reference. [`InputType`] says which values an
//! input takes. [`nan_origin`](fn@nan_origin) finds the node where a value that is not finite arose.
#![forbid(unsafe_code)]

mod admission;
pub mod bounds;
pub mod compile;
mod dropped_slope;
mod error;
mod evaluate;
mod input_type;
mod memory;
mod nan_origin;
mod number;
mod precision;
pub mod program;
pub mod reference;
pub mod run;
mod values;

pub use admission::{ElementType, Inadmissible};
pub use dropped_slope::{DroppedSlope, dropped_slope};
pub use error::ExecError;
pub use evaluate::evaluate_compiled;
pub use input_type::InputType;
pub use memory::{check_memory, check_memory_of};
pub use nan_origin::{
    BRANCH_NOT_TAKEN, InLoop, NanOrigin, NonFinite, ValueRange, infinite_by_constants, nan_origin,
    nan_origin_in_derivatives,
};
pub use number::number;
pub use values::{Bindings, Values};
