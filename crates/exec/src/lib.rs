//! Execution of graphs: the reference interpreter, slow and obvious, the oracle for all else; and the compiled engine.
#![forbid(unsafe_code)]

mod error;
mod values;
pub mod reference;

pub use error::ExecError;
pub use values::{Feed, Values};
