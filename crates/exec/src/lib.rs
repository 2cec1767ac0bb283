//! Execution of graphs: the reference interpreter, slow and obvious, the oracle for all else; and the compiled engine.
#![forbid(unsafe_code)]

pub mod compile;
mod error;
mod memory;
pub mod reference;
mod values;

pub use error::ExecError;
pub use memory::{check_memory, check_memory_of};
pub use values::{Feed, Values};
