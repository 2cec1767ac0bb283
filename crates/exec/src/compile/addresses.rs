//! Where the values of a plan lie, and how often each is read: what the pass that emits instructions asks.

use super::plan::Plan;
use super::schedule::WriteBack;
use super::view::{BufferId, View};
use crate::program::address::Address;
use crate::program::layout::ArenaLayout;

pub(super) struct Addresses<'a> {
    layout: &'a ArenaLayout,
    reads: Vec<u32>,
}

impl Addresses<'_> {
    /// Those of a plan. Values in `kept` are read after the last kernel.
    pub fn new<'a>(
        plan: &Plan,
        layout: &'a ArenaLayout,
        write_backs: &[WriteBack],
        kept: &[BufferId],
    ) -> Addresses<'a> {
        let mut reads = vec![0; plan.sizes.len()];
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
        let address = self.layout.addresses[view.buffer.index()].expect("what another kernel reads is stored");
        Address { offset: address.offset + view.offset, ..address }
    }

    /// Where in the arena a buffer lies, if it is stored there.
    pub fn arena_offset(&self, buffer: BufferId) -> Option<usize> {
        self.layout.addresses[buffer.index()].and_then(Address::arena_offset)
    }

    /// Where a result goes.
    pub fn out(&self, buffer: BufferId) -> usize {
        self.arena_offset(buffer).expect("the result of a kernel is stored in the arena")
    }

    pub fn is_read_once(&self, buffer: BufferId) -> bool {
        self.reads[buffer.index()] == 1
    }
}
