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
mod launch;
mod machine;
mod outputs;
mod profile;
mod scalars;
mod scratch;
mod table;
mod workspace;

pub use chainrule_kernels::Float;
pub use launch::Run;
pub use machine::End;
pub use profile::{KernelTime, MemoryUse, Phase, Profile};
pub use table::{SharedRows, StreamTable};
pub use workspace::Workspace;
