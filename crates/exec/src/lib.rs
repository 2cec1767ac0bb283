//! Execution of graphs: the reference interpreter, slow and obvious, the oracle for all else; and the compiled engine.
//!
//! [`author`] finds the node where a value that is not finite arose.
#![forbid(unsafe_code)]

pub mod compile;
mod error;
mod memory;
mod number;
mod provenance;
pub mod reference;
mod values;

pub use error::ExecError;
pub use memory::{check_memory, check_memory_of};
pub use number::number;
pub use provenance::{Author, Range, Trouble, author, author_in_derivatives, infinite_by_constants};
pub use values::{Feed, Values};
