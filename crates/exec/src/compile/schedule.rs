//! The order of the work, and what may be updated in place.
//!
//! Units stand in an order in which each comes after those it reads from. A new value of a parameter goes straight into
//! the parameter's buffer if all that reads the old value has run by then, or in the same loop reads it index by index;
//! where a kernel can be moved behind those readers, it is. Otherwise the new value is kept apart and copied at the end.
//! Loops of one index that stand apart are then brought together where nothing between them minds.

use std::collections::HashSet;

use super::fuse::join;
use super::plan::{Kernel, KernelKind, Loop, LoopNode, LoopOp, Plan};
use super::view::{BufferId, View};

/// How far apart two scalar loops may stand to be joined, and how long one may grow: keeps the pass linear.
const REACH: usize = 64;

/// A new value that is copied into a parameter or state once all else is done.
pub(crate) struct WriteBack {
    pub value: View,
    pub target: BufferId,
}

/// The scheduled plan and the values that are kept apart. Values in `kept` are read after the last kernel.
pub(crate) fn schedule(mut plan: Plan, kept: &[BufferId]) -> (Plan, Vec<WriteBack>) {
    let mut write_backs = Vec::new();
    let mut old_of: Vec<Option<BufferId>> = vec![None; plan.sizes.len()];
    let mut read_at_end = vec![false; plan.sizes.len()];
    kept.iter().for_each(|value| read_at_end[value.index()] = true);
    let updates = plan.graph.updates().to_vec();
    let mut values: Vec<View> = updates.iter().map(|update| plan.views[update.value.index()].clone()).collect();
    copy_old_values(&mut plan, &mut values);
    old_of.resize(plan.sizes.len(), None);
    let mut uses = Uses::of(&plan);
    for (update, value) in updates.iter().zip(values) {
        let target = BufferId(update.target.index() as u32);
        let owner = value.buffer.index();
        let free = value.is_whole(plan.sizes[owner]) && old_of[owner].is_none() && !read_at_end[target.index()];
        let writer = uses.writer[owner].filter(|_| free);
        match writer {
            Some(writer) if may_overwrite(&mut plan, &mut uses, &old_of, writer, (value.buffer, target)) => {
                old_of[owner] = Some(target);
            }
            _ => write_backs.push(WriteBack { value, target }),
        }
    }
    start_late_accumulations(&mut plan, &old_of);
    plan.in_place =
        (old_of.iter().enumerate()).filter_map(|(value, old)| Some((BufferId(value as u32), (*old)?))).collect();
    gather_scalars(&mut plan, &old_of);
    (plan, write_backs)
}

/// Where each value is written, and where it is read last.
struct Uses {
    writer: Vec<Option<usize>>,
    last_reader: Vec<Option<usize>>,
}

impl Uses {
    fn of(plan: &Plan) -> Uses {
        let mut uses = Uses { writer: vec![None; plan.sizes.len()], last_reader: vec![None; plan.sizes.len()] };
        for (place, kernel) in plan.kernels.iter().enumerate() {
            for view in kernel.kind.reads() {
                uses.last_reader[view.buffer.index()] = Some(place);
            }
            for value in kernel.kind.writes() {
                uses.writer[value.index()] = Some(place);
            }
        }
        uses
    }
}

/// Whether the kernel at `writer` may write over the target; it may have been moved for that.
fn may_overwrite(
    plan: &mut Plan,
    uses: &mut Uses,
    old_of: &[Option<BufferId>],
    writer: usize,
    (value, target): (BufferId, BufferId),
) -> bool {
    if !reads_entry_by_entry(plan, &plan.kernels[writer].kind, value, target) {
        return false;
    }
    let Some(last) = uses.last_reader[target.index()].filter(|&last| last > writer) else {
        return true;
    };
    // Behind the last reader, unless something up to there needs what the writer computes, or overwrites what it reads.
    if plan.kernels[writer + 1..=last].iter().any(|kernel| conflict(&plan.kernels[writer], kernel, old_of)) {
        return false;
    }
    plan.kernels[writer..=last].rotate_left(1);
    *uses = Uses::of(plan);
    true
}

/// Whether a kernel that overwrites `target` with `value` reads it at most index by index.
fn reads_entry_by_entry(plan: &Plan, work: &KernelKind, value: BufferId, target: BufferId) -> bool {
    let size = plan.sizes[target.index()];
    if let KernelKind::Loop(Loop { size: 1, body, .. }) = work {
        // A chain of scalars writes each at once, so the old one must not be read after that.
        let Some(writer) = body.iter().position(|node| node.out == value) else { return false };
        let reads = |node: &LoopNode| node.operands.iter().any(|view| view.buffer == target);
        return !body[writer + 1..].iter().any(reads);
    }
    work.reads()
        .into_iter()
        .filter(|view| view.buffer == target)
        .all(|view| matches!(work, KernelKind::Loop(_)) && view.is_whole(size))
}

/// A new value that is another's old one is copied before all else, since that may be replaced too.
fn copy_old_values(plan: &mut Plan, values: &mut [View]) {
    let written: HashSet<BufferId> = plan.kernels.iter().flat_map(|kernel| kernel.kind.writes()).collect();
    let mut copies = Vec::new();
    for view in values.iter_mut().filter(|view| !written.contains(&view.buffer)) {
        let out = BufferId(plan.sizes.len() as u32);
        let size = view.shape.size();
        let copy = View::whole(out, &view.shape);
        plan.sizes.push(size);
        let body = vec![LoopNode { op: LoopOp::Copy, operands: vec![std::mem::replace(view, copy)], out }];
        copies.push(Kernel { kind: KernelKind::Loop(Loop { size, body, reduction: None }), nodes: Vec::new() });
    }
    plan.kernels.splice(0..0, copies);
}

/// An accumulation that is not in place begins with a copy of the old value.
fn start_late_accumulations(plan: &mut Plan, old_of: &[Option<BufferId>]) {
    let apart: Vec<(BufferId, BufferId)> =
        plan.in_place.iter().copied().filter(|(value, _)| old_of[value.index()].is_none()).collect();
    for (value, target) in apart {
        let Some(place) = plan.kernels.iter().position(|kernel| kernel.kind.writes().contains(&value)) else {
            continue;
        };
        let size = plan.sizes[target.index()];
        let operand = View::whole(target, &[size].into());
        let body = vec![LoopNode { op: LoopOp::Copy, operands: vec![operand], out: value }];
        let nodes = plan.kernels[place].nodes.clone();
        plan.kernels.insert(place, Kernel { kind: KernelKind::Loop(Loop { size, body, reduction: None }), nodes });
    }
}

/// Joins each loop of one index with the one before it, earlier or later in the order, if nothing between them minds.
fn gather_scalars(plan: &mut Plan, old_of: &[Option<BufferId>]) {
    let mut kernels: Vec<Kernel> = Vec::with_capacity(plan.kernels.len());
    let mut last: Option<usize> = None;
    for kernel in std::mem::take(&mut plan.kernels) {
        let is_scalar = matches!(&kernel.kind, KernelKind::Loop(work) if work.size == 1);
        let near = last.filter(|&before| kernels.len() - before <= REACH && kernels[before].nodes.len() <= REACH);
        let Some(before) = near.filter(|_| is_scalar) else {
            if is_scalar {
                last = Some(kernels.len());
            }
            kernels.push(kernel);
            continue;
        };
        let between = &kernels[before + 1..];
        let earlier = between.iter().all(|other| !conflict(other, &kernel, old_of));
        let later = between.iter().all(|other| !conflict(&kernels[before], other, old_of));
        if earlier {
            let first = kernels.remove(before);
            kernels.insert(before, join([first, kernel].into_iter()));
        } else if later {
            let first = kernels.remove(before);
            last = Some(kernels.len());
            kernels.push(join([first, kernel].into_iter()));
        } else {
            last = Some(kernels.len());
            kernels.push(kernel);
        }
    }
    plan.kernels = kernels;
}

/// Whether `second` must stay behind `first`: it reads what the first writes, or writes what the first reads or writes.
fn conflict(first: &Kernel, second: &Kernel, old_of: &[Option<BufferId>]) -> bool {
    let written = |kernel: &Kernel| -> Vec<BufferId> {
        kernel.kind.writes().into_iter().flat_map(|value| [Some(value), old_of[value.index()]]).flatten().collect()
    };
    let (first_writes, second_writes) = (written(first), written(second));
    let reads =
        |kernel: &Kernel, values: &[BufferId]| kernel.kind.reads().iter().any(|view| values.contains(&view.buffer));
    reads(second, &first_writes)
        || reads(first, &second_writes)
        || first_writes.iter().any(|value| second_writes.contains(value))
}
