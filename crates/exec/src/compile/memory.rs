//! Memory: an address for each buffer that is stored.
//!
//! Inputs, constants and scalars have memory of their own. The others share: a buffer takes memory when it is computed and
//! gives it back after it is read last. A loop writes its result over an operand that it reads last and index by index:
//! the operand's buffer is donated.

use std::collections::{HashMap, HashSet};

use chainrule_graph::Op;
use chainrule_graph::ops::Phased;

use super::buffer::BufferId;
use super::plan::{KernelKind, Plan};
use super::schedule::WriteBack;
use crate::program::address::{ALIGNMENT, Address, Space};

/// Where each buffer lies, and how large the arena is.
pub(crate) struct ArenaLayout {
    /// None for a buffer that is never stored.
    addresses: Vec<Option<Address>>,
    /// The arena's length in elements.
    pub length: usize,
    /// The elements that are shared by buffers which are not alive at once.
    pub shared: usize,
}

impl ArenaLayout {
    /// Where a buffer lies, if it is stored.
    pub fn address(&self, buffer: BufferId) -> Option<Address> {
        self.addresses[buffer.index()]
    }
}

/// Addresses for all buffers of a plan. Those in `kept` are read after the last kernel; `rows` are the inputs that are read
/// where a table's row lies, with the table's number.
pub(crate) fn plan_memory(
    plan: &Plan,
    write_backs: &[WriteBack],
    kept: &[BufferId],
    rows: &HashMap<BufferId, u16>,
) -> ArenaLayout {
    let lives = Lives::of(plan, write_backs, kept);
    let (mut addresses, own) = own_addresses(plan, &lives, rows);
    let shared_start = own.next_multiple_of(ALIGNMENT);
    let mut free = FreeList { holes: Vec::new(), end: shared_start };
    let shared_offset =
        |address: Option<Address>| address.and_then(Address::arena_offset).filter(|&offset| offset >= shared_start);
    for (kernel, ending) in plan.kernels.iter().zip(&lives.ending) {
        let overwritable = if ending.is_empty() { HashSet::new() } else { read_index_by_index(plan, &kernel.kind) };
        let is_donated =
            |buffer: &BufferId| overwritable.contains(buffer) && shared_offset(addresses[buffer.index()]).is_some();
        let (mut donated, ending): (Vec<BufferId>, Vec<BufferId>) = ending.iter().rev().partition(|b| is_donated(b));
        for buffer in kernel.kind.writes() {
            if addresses[buffer.index()].is_some() || !lives.stored[buffer.index()] {
                continue;
            }
            let size = plan.size(buffer);
            addresses[buffer.index()] = match donated.pop_if(|old| plan.size(*old) == size) {
                Some(old) => addresses[old.index()],
                None => Some(Address::in_arena(free.take(size))),
            };
        }
        for buffer in ending.into_iter().chain(donated) {
            if let Some(offset) = shared_offset(addresses[buffer.index()]) {
                free.give(offset, plan.size(buffer));
            }
        }
    }
    ArenaLayout { addresses, length: free.end, shared: free.end - shared_start }
}

/// The addresses of buffers that share memory with none, and how much that takes: scalars first, side by side, then the
/// larger inputs and constants. A parameter's new value lies where its old one does.
fn own_addresses(plan: &Plan, lives: &Lives, rows: &HashMap<BufferId, u16>) -> (Vec<Option<Address>>, usize) {
    let mut addresses: Vec<Option<Address>> = vec![None; plan.buffers.count()];
    let mut own = 0;
    let is_source = |buffer: BufferId| {
        plan.buffers
            .node(buffer)
            .is_some_and(|id| matches!(plan.graph.node(id).op, Op::Source(_) | Op::Phased(Phased::BatchSize { .. })))
    };
    let mut is_in_place = vec![false; plan.buffers.count()];
    plan.in_place.iter().for_each(|(value, _)| is_in_place[value.index()] = true);
    for buffer in plan.buffers.ids() {
        let index = buffer.index();
        if let Some(&table) = rows.get(&buffer) {
            addresses[index] = Some(Address { space: Space::Row(table), offset: 0 });
        } else if plan.size(buffer) == 1 && !is_in_place[index] && (is_source(buffer) || lives.stored[index]) {
            addresses[index] = Some(Address::in_arena(own));
            own += 1;
        }
    }
    for buffer in plan.buffers.ids().filter(|&buffer| is_source(buffer)) {
        let address = &mut addresses[buffer.index()];
        if address.is_none() {
            own = own.next_multiple_of(ALIGNMENT);
            *address = Some(Address::in_arena(own));
            own += plan.size(buffer).max(1); // an empty one too begins where nothing else does
        }
    }
    for &(value, old) in &plan.in_place {
        addresses[value.index()] = addresses[old.index()];
    }
    (addresses, own)
}

/// The buffers that a loop reads, and only index by index, so that a result may lie there too. What it passes on unchanged
/// may be among them: where another result is stored there, `registers` keeps it from being overwritten. What the loop
/// itself computes has no address yet.
fn read_index_by_index(plan: &Plan, kind: &KernelKind) -> HashSet<BufferId> {
    if !matches!(kind, KernelKind::Loop(_)) {
        return HashSet::new();
    }
    let reads = kind.reads();
    let mut buffers: HashSet<BufferId> = reads.iter().map(|view| view.buffer).collect();
    for view in reads {
        if !view.is_whole(plan.size(view.buffer)) {
            buffers.remove(&view.buffer);
        }
    }
    buffers
}

/// When buffers are written first and read last.
struct Lives {
    /// Whether a buffer is read by another kernel than its own, or after the last.
    stored: Vec<bool>,
    /// For each kernel, the buffers that are read last, or only written, there.
    ending: Vec<Vec<BufferId>>,
}

impl Lives {
    fn of(plan: &Plan, write_backs: &[WriteBack], kept: &[BufferId]) -> Lives {
        let count = plan.buffers.count();
        let mut first_write = vec![None; count];
        let mut last = vec![None; count];
        let mut stored = vec![false; count];
        for buffer in plan.prologue.iter().flat_map(|kernel| kernel.kind.writes()) {
            stored[buffer.index()] = true; // a scalar, which has memory of its own
        }
        for (index, kernel) in plan.kernels.iter().enumerate() {
            for buffer in kernel.kind.writes() {
                first_write[buffer.index()].get_or_insert(index);
                last[buffer.index()] = Some(index);
                // Of a loop over several indices, inner results live in registers.
                stored[buffer.index()] |= match &kernel.kind {
                    KernelKind::Loop(fused) if fused.size != 1 => fused.sums.iter().any(|sum| sum.out == buffer),
                    _ => true,
                };
            }
            for view in kernel.kind.reads() {
                let buffer = view.buffer.index();
                stored[buffer] |= first_write[buffer] != Some(index);
                last[buffer] = Some(index);
            }
        }
        let to_the_end = write_backs.iter().map(|write_back| write_back.value.buffer).chain(kept.iter().copied());
        for buffer in to_the_end.chain(plan.in_place.iter().map(|&(value, _)| value)) {
            stored[buffer.index()] = true;
            last[buffer.index()] = None;
        }
        let mut ending = vec![Vec::new(); plan.kernels.len()];
        for (buffer, last) in plan.buffers.ids().zip(last) {
            if let Some(last) = last {
                ending[last].push(buffer);
            }
        }
        Lives { stored, ending }
    }
}

/// Holes between the memory in use: (offset, length), by offset.
struct FreeList {
    holes: Vec<(usize, usize)>,
    end: usize,
}

impl FreeList {
    /// The smallest hole that is large enough, or more room at the end.
    fn take(&mut self, size: usize) -> usize {
        let size = size.next_multiple_of(ALIGNMENT).max(ALIGNMENT);
        let fitting = self.holes.iter().enumerate().filter(|(_, hole)| hole.1 >= size);
        if let Some((hole, _)) = fitting.min_by_key(|(_, hole)| hole.1) {
            let (offset, length) = self.holes[hole];
            if length == size {
                self.holes.remove(hole);
            } else {
                self.holes[hole] = (offset + size, length - size);
            }
            return offset;
        }
        // A hole that reaches the end can grow.
        if let Some(&(offset, length)) = self.holes.last()
            && offset + length == self.end
        {
            self.holes.pop();
            self.end = offset + size;
            return offset;
        }
        let offset = self.end;
        self.end += size;
        offset
    }

    fn give(&mut self, offset: usize, size: usize) {
        let size = size.next_multiple_of(ALIGNMENT).max(ALIGNMENT);
        let new = self.holes.partition_point(|hole| hole.0 < offset);
        self.holes.insert(new, (offset, size));
        let joins = |holes: &[(usize, usize)], i: usize| holes[i].0 + holes[i].1 == holes[i + 1].0;
        if new + 1 < self.holes.len() && joins(&self.holes, new) {
            self.holes[new].1 += self.holes.remove(new + 1).1;
        }
        if new > 0 && joins(&self.holes, new - 1) {
            self.holes[new - 1].1 += self.holes.remove(new).1;
        }
    }
}
