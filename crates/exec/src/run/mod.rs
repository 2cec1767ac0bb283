//! Running a program: a caller's own workspace, and the machine that works on it.
//!
//! A [`Workspace`] holds what a [`Program`](crate::program::Program) computes with; the machine runs the instructions step
//! after step, a fused loop on as many threads as it is cut for.

mod aligned;
mod arena;
mod chunks;
mod clock;
mod elementwise;
mod fused;
mod instructions;
mod machine;
mod outputs;
mod profile;
mod scalars;
mod scratch;
mod workspace;

pub use machine::End;
pub use profile::{KernelTime, MemoryUse, Phase, Profile};
pub use workspace::{Run, StreamTable, Workspace};
