//! Problems to learn that need no file: one that is generated, and one that is embedded.

pub mod digits;
mod regression;

pub use regression::Regression;
