//! Memory: a place in the arena for each value that is stored.
//!
//! Inputs, constants and scalars have places of their own. The others share: a value takes a place when it is computed
//! and gives it back after it is read last. A loop writes its result over an operand that it reads last and index by
//! index.

use std::collections::{HashMap, HashSet};

use chainrule_graph::Op;

use super::plan::{KernelKind, Plan};
use super::schedule::WriteBack;
use super::view::BufferId;
use crate::program::address::{ALIGNMENT, Address, Space};
use crate::program::layout::ArenaLayout;

/// Places for all values of a plan. Values in `kept` are read after the last kernel.
pub(crate) fn plan_memory(
    plan: &Plan,
    write_backs: &[WriteBack],
    kept: &[BufferId],
    rows: &HashMap<BufferId, u16>,
) -> ArenaLayout {
    let lives = Lives::of(plan, write_backs, kept);
    let mut at: Vec<Option<Address>> = vec![None; plan.sizes.len()];
    let arena = |offset| Some(Address { space: Space::Arena, offset });
    let mut own = 0;
    // Scalars first, side by side, then the larger values that have places of their own.
    let is_source = |value: usize| plan.graph.nodes().get(value).is_some_and(|node| matches!(node.op, Op::Source(_)));
    let old_of = old_of(plan);
    for value in 0..plan.sizes.len() {
        if is_source(value)
            && let Some(&table) = rows.get(&BufferId(value as u32))
        {
            at[value] = Some(Address { space: Space::Row(table), offset: 0 });
        } else if plan.sizes[value] == 1 && old_of[value].is_none() && (is_source(value) || lives.stored[value]) {
            at[value] = arena(own);
            own += 1;
        }
    }
    for (value, at) in at.iter_mut().enumerate() {
        if is_source(value) && at.is_none() {
            own = own.next_multiple_of(ALIGNMENT);
            *at = arena(own);
            own += plan.sizes[value].max(1); // an empty value too begins where nothing else does
        }
    }
    for (value, old) in old_of.iter().enumerate() {
        if let Some(old) = old {
            at[value] = at[old.index()];
        }
    }
    let base = own.next_multiple_of(ALIGNMENT);
    let mut free = FreeList { holes: Vec::new(), end: base };
    for (place, kernel) in plan.kernels.iter().enumerate() {
        let along = if lives.ending[place].is_empty() { HashSet::new() } else { read_along(&kernel.kind, &plan.sizes) };
        let is_heirloom = |old: &BufferId| along.contains(old) && is_shared(at[old.index()], base);
        let (mut heirlooms, ending): (Vec<BufferId>, Vec<BufferId>) =
            lives.ending[place].iter().rev().copied().partition(is_heirloom);
        for value in kernel.kind.writes() {
            if at[value.index()].is_some() || !lives.stored[value.index()] {
                continue;
            }
            let size = plan.sizes[value.index()];
            at[value.index()] = match heirlooms.pop_if(|old| plan.sizes[old.index()] == size) {
                Some(old) => at[old.index()],
                None => arena(free.take(size)),
            };
        }
        for value in ending.into_iter().chain(heirlooms) {
            if let Some(Address { space: Space::Arena, offset }) = at[value.index()]
                && offset >= base
            {
                free.give(offset, plan.sizes[value.index()]);
            }
        }
    }
    ArenaLayout { addresses: at, length: free.end, shared: free.end - base }
}

/// For each value that takes the place of a parameter's old value, that parameter.
fn old_of(plan: &Plan) -> Vec<Option<BufferId>> {
    let mut old_of = vec![None; plan.sizes.len()];
    for &(value, old) in &plan.in_place {
        old_of[value.index()] = Some(old);
    }
    old_of
}

fn is_shared(at: Option<Address>, base: usize) -> bool {
    at.is_some_and(|at| at.space == Space::Arena && at.offset >= base)
}

/// The values that a loop reads, and only index by index, so that a result may lie there too. What it passes on unchanged
/// may be among them: where another result is stored there, `registers` keeps it from being overwritten. What the loop
/// itself computes has no place yet.
fn read_along(work: &KernelKind, sizes: &[usize]) -> HashSet<BufferId> {
    if !matches!(work, KernelKind::Loop(_)) {
        return HashSet::new();
    }
    let reads = work.reads();
    let mut along: HashSet<BufferId> = reads.iter().map(|view| view.buffer).collect();
    for view in reads {
        if !view.is_whole(sizes[view.buffer.index()]) {
            along.remove(&view.buffer);
        }
    }
    along
}

/// When values are written first and read last.
struct Lives {
    /// Whether a value is read by another kernel than its own, or after the last.
    stored: Vec<bool>,
    /// For each kernel, the values that are read last, or only written, there.
    ending: Vec<Vec<BufferId>>,
}

impl Lives {
    fn of(plan: &Plan, write_backs: &[WriteBack], kept: &[BufferId]) -> Lives {
        let count = plan.sizes.len();
        let mut first_write = vec![None; count];
        let mut last = vec![None; count];
        let mut stored = vec![false; count];
        for value in plan.prologue.iter().flat_map(|kernel| kernel.kind.writes()) {
            stored[value.index()] = true; // a number, which has a place of its own
        }
        for (place, kernel) in plan.kernels.iter().enumerate() {
            for value in kernel.kind.writes() {
                first_write[value.index()].get_or_insert(place);
                last[value.index()] = Some(place);
                // Of a loop over several indices, inner results live in registers.
                stored[value.index()] |= match &kernel.kind {
                    KernelKind::Loop(work) if work.size != 1 => {
                        work.reduction.as_ref().is_some_and(|reduction| reduction.out == value)
                    }
                    _ => true,
                };
            }
            for view in kernel.kind.reads() {
                let value = view.buffer.index();
                stored[value] |= first_write[value] != Some(place);
                last[value] = Some(place);
            }
        }
        let to_the_end = write_backs.iter().map(|write_back| write_back.value.buffer).chain(kept.iter().copied());
        for value in to_the_end.chain(plan.in_place.iter().map(|&(value, _)| value)) {
            stored[value.index()] = true;
            last[value.index()] = None;
        }
        let mut ending = vec![Vec::new(); plan.kernels.len()];
        for (value, last) in last.into_iter().enumerate() {
            if let Some(last) = last {
                ending[last].push(BufferId(value as u32));
            }
        }
        Lives { stored, ending }
    }
}

/// Holes between places in use, by offset.
struct FreeList {
    holes: Vec<(usize, usize)>,
    end: usize,
}

impl FreeList {
    /// The smallest hole that is large enough, or more room at the end.
    fn take(&mut self, size: usize) -> usize {
        let size = size.next_multiple_of(ALIGNMENT).max(ALIGNMENT);
        let fitting = self.holes.iter().enumerate().filter(|(_, hole)| hole.1 >= size);
        if let Some((place, _)) = fitting.min_by_key(|(_, hole)| hole.1) {
            let (offset, length) = self.holes[place];
            if length == size {
                self.holes.remove(place);
            } else {
                self.holes[place] = (offset + size, length - size);
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
        let place = self.holes.partition_point(|hole| hole.0 < offset);
        self.holes.insert(place, (offset, size));
        let joins = |holes: &[(usize, usize)], i: usize| holes[i].0 + holes[i].1 == holes[i + 1].0;
        if place + 1 < self.holes.len() && joins(&self.holes, place) {
            self.holes[place].1 += self.holes.remove(place + 1).1;
        }
        if place > 0 && joins(&self.holes, place - 1) {
            self.holes[place - 1].1 += self.holes.remove(place).1;
        }
    }
}
