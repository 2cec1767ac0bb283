//! Exercises: the nodes and the graphs of a first course on computation graphs, to be written by hand.
//!
//! Bodies to write are in [`exercises`]; [`given`] has two nodes that are written already, to read first. `cargo exercises`
//! judges what was written and says which rule is wrong. [`solutions`] has it all written out.
#![forbid(unsafe_code)]

pub mod exercises;
pub mod given;
mod homework;
pub mod judge;
mod shapes;
pub mod solutions;

pub use homework::Homework;
