//! Computation graphs: named nodes with a shape, built from plain expressions, differentiated, batched, printed.
//!
//! A [`Graph`] is a list of [`Node`]s in topological order and is immutable once finished. A [`Builder`] makes one from
//! expressions on [`Var`]s, checking every shape as a node is added. [`Function`] says which nodes are inputs,
//! parameters, prediction and objective. Passes take a graph and return a new one: [`differentiate`](fn@differentiate) appends the derivative,
//! [`batch`](fn@batch) turns the function of one example into that of a batch, [`simplify`](fn@simplify) removes work
//! that need not be done. [`text`] parses and prints all of it.
//!
//! Where is what? A new op goes into one file of [`ops`]: its name, shape rule, derivative and batching rule stand
//! together there. How it is written stands in [`text`]. What else it needs, in other crates, CONTRIBUTING.md says.
//! Nothing in this crate executes a graph, draws a number or opens a file.
#![forbid(unsafe_code)]

mod batch;
mod builder;
mod differentiate;
mod draws;
mod dropped_slopes;
mod error;
mod fission;
mod function;
mod graph;
mod initializer;
mod integer_range;
mod node;
mod notes;
pub mod ops;
mod phase;
mod probability;
mod reach;
mod shape;
mod simplify;
mod tensor;
pub mod text;
mod verify;

pub use batch::{batch, batch_values};
pub use builder::layers;
pub use builder::{Attention, Builder, Convolution, CrossEntropy, Operand, Padding, PerAxis, Pool, Var};
pub use differentiate::{Derivatives, Directional, differentiate, grad, hvp, jvp, vjp};
pub use draws::random_key;
pub use dropped_slopes::{DroppedSlopeCount, DroppedSlopeCounts, count_dropped_slopes};
pub use error::GraphError;
pub use fission::fission;
pub use function::{Function, Learning, Parameter};
pub use graph::{Graph, Update};
pub use initializer::Initializer;
pub use integer_range::IntegerRange;
pub use node::{Kind, Node, NodeId, Origin, Output, Rewritten, Scope, ScopeId, Span, Value};
pub use notes::Note;
pub use ops::Op;
pub use ops::custom::CustomNode;
pub use ops::scan::Steps;
pub use phase::{Phase, phase};
pub use probability::{Probability, probability};
pub use reach::reached_by_derivative;
pub use shape::Shape;
pub use simplify::{ValueMap, simplify};
pub use tensor::{Tensor, TensorError};
pub use verify::verify;
