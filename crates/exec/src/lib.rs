//! Execution of graphs: the reference interpreter, slow and obvious, the oracle for all else; and the compiled engine.
#![forbid(unsafe_code)]

pub mod compile;
mod error;
pub mod reference;
mod values;

pub use error::ExecError;
pub use values::{Feed, Values};
