//! Handles: arguments and outputs of a program, looked up once.

use std::sync::atomic::{AtomicU64, Ordering};

/// Tells a program from all others of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProgramId(u64);

impl ProgramId {
    /// One that no other program has.
    pub fn new() -> ProgramId {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        ProgramId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// An input of a program that is set from outside. See [`Program::argument`](super::Program::argument).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArgumentHandle {
    pub(super) program: ProgramId,
    pub(super) index: usize,
}

/// An output of a program. See [`Program::output`](super::Program::output).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputHandle {
    pub(super) program: ProgramId,
    pub(super) index: usize,
}
