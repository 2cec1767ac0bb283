//! Where the values of a plan lie, and how often each is read: what the pass that emits instructions asks.

use super::buffer::BufferId;
use super::memory::ArenaLayout;
use super::plan::Plan;
use super::schedule::WriteBack;
use super::view::View;
use crate::program::address::Address;

/// The addresses of a plan's views and results.
pub(super) struct Addresses<'a> {
    layout: &'a ArenaLayout,
    /// For each buffer, how often it is read, or kept.
    reads: Vec<u32>,
}

impl Addresses<'_> {
    /// Those of a plan. Buffers in `kept` are read after the last kernel.
    pub fn new<'a>(
        plan: &Plan,
        layout: &'a ArenaLayout,
        write_backs: &[WriteBack],
        kept: &[BufferId],
    ) -> Addresses<'a> {
        let mut reads = vec![0; plan.buffers.count()];
        let views = plan.prologue.iter().chain(&plan.kernels).flat_map(|kernel| kernel.kind.reads());
        let views = views.chain(write_backs.iter().map(|write_back| &write_back.value)).map(|view| view.buffer);
        let in_place = plan.in_place.iter().map(|&(buffer, _)| buffer);
        for buffer in views.chain(in_place).chain(kept.iter().copied()) {
            reads[buffer.index()] += 1;
        }
        Addresses { layout, reads }
    }

    /// Where a view's first element lies.
    pub fn of(&self, view: &View) -> Address {
        let address = self.layout.address(view.buffer).expect("what another kernel reads is stored");
        Address { offset: address.offset + view.offset, ..address }
    }

    /// Where in the arena a buffer lies, if it is stored there.
    pub fn arena_offset(&self, buffer: BufferId) -> Option<usize> {
        self.layout.address(buffer).and_then(Address::arena_offset)
    }

    /// Where a result goes.
    pub fn out(&self, buffer: BufferId) -> usize {
        self.arena_offset(buffer).expect("the result of a kernel is stored in the arena")
    }

    pub fn is_read_once(&self, buffer: BufferId) -> bool {
        self.reads[buffer.index()] == 1
    }
}
