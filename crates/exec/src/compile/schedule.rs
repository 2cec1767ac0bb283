//! The order of the kernels, and what may be updated in place.
//!
//! Kernels stand in an order in which each comes after those it reads from. A new value of a parameter goes straight into
//! the parameter's buffer if all that reads the old value has run by then, or in the same loop reads it index by index;
//! where a kernel can be moved behind those users, it is. Otherwise the new value is kept apart and written back at the
//! end; so is one that is an output, which stays as it is when the caller sets the parameter anew. Loops of one index that
//! stand apart are then brought together where nothing between them minds.

use std::collections::HashSet;

use super::buffer::BufferId;
use super::fuse::join;
use super::plan::{Kernel, KernelKind, Loop, LoopNode, Plan};
use super::view::View;

/// How far apart two scalar loops may stand to be joined, and how long one may grow: keeps the pass linear.
const REACH: usize = 64;

/// A new value that is copied into a parameter or state when all else of a step is done.
pub(crate) struct WriteBack {
    pub value: View,
    pub target: BufferId,
}

/// The scheduled plan and the values that are kept apart. Buffers in `kept` are read after the last kernel.
pub(crate) fn schedule(mut plan: Plan, kept: &[BufferId]) -> (Plan, Vec<WriteBack>) {
    let mut write_backs = Vec::new();
    let updates = plan.graph.updates().to_vec();
    let mut values: Vec<View> = updates.iter().map(|update| plan.view(update.value).clone()).collect();
    copy_old_values(&mut plan, &mut values);
    let mut read_at_end = vec![false; plan.buffers.count()];
    kept.iter().for_each(|buffer| read_at_end[buffer.index()] = true);
    let mut old_of: Vec<Option<BufferId>> = vec![None; plan.buffers.count()];
    let mut uses = Uses::of(&plan);
    for (update, value) in updates.iter().zip(values) {
        let target = plan.buffers.of(update.target);
        let owner = value.buffer.index();
        let is_output = read_at_end[owner] || read_at_end[target.index()];
        let is_free = value.is_whole(plan.size(value.buffer)) && old_of[owner].is_none() && !is_output;
        let writer = uses.writer[owner].filter(|_| is_free);
        match writer {
            Some(writer) if may_overwrite(&mut plan, &mut uses, &old_of, writer, (value.buffer, target)) => {
                old_of[owner] = Some(target);
            }
            _ => write_backs.push(WriteBack { value, target }),
        }
    }
    copy_accumulated_apart(&mut plan, &old_of);
    plan.in_place = plan.buffers.ids().filter_map(|buffer| Some((buffer, old_of[buffer.index()]?))).collect();
    gather_scalars(&mut plan, &old_of);
    (plan, write_backs)
}

/// Which kernel writes each buffer, and which reads it last.
struct Uses {
    writer: Vec<Option<usize>>,
    last_user: Vec<Option<usize>>,
}

impl Uses {
    fn of(plan: &Plan) -> Uses {
        let count = plan.buffers.count();
        let mut uses = Uses { writer: vec![None; count], last_user: vec![None; count] };
        for (index, kernel) in plan.kernels.iter().enumerate() {
            for view in kernel.kind.reads() {
                uses.last_user[view.buffer.index()] = Some(index);
            }
            for buffer in kernel.kind.writes() {
                uses.writer[buffer.index()] = Some(index);
            }
        }
        uses
    }
}

/// Whether the kernel `writer` may write a value over the target; it may have been moved for that.
fn may_overwrite(
    plan: &mut Plan,
    uses: &mut Uses,
    old_of: &[Option<BufferId>],
    writer: usize,
    (value, target): (BufferId, BufferId),
) -> bool {
    if !reads_index_by_index(plan, &plan.kernels[writer].kind, value, target) {
        return false;
    }
    let Some(last) = uses.last_user[target.index()].filter(|&last| last > writer) else {
        return true;
    };
    // Behind the last user, unless something up to there needs what the writer computes, or overwrites what it reads.
    if plan.kernels[writer + 1..=last].iter().any(|kernel| conflict(&plan.kernels[writer], kernel, old_of)) {
        return false;
    }
    plan.kernels[writer..=last].rotate_left(1);
    *uses = Uses::of(plan);
    true
}

/// Whether a kernel that overwrites `target` with `value` reads it at most index by index.
fn reads_index_by_index(plan: &Plan, kind: &KernelKind, value: BufferId, target: BufferId) -> bool {
    let size = plan.size(target);
    if let KernelKind::Loop(Loop { size: 1, body, .. }) = kind {
        // A chain of scalars writes each at once, so the old one must not be read after that.
        let Some(writer) = body.iter().position(|node| node.out == value) else { return false };
        let reads = |node: &LoopNode| node.operands.iter().any(|view| view.buffer == target);
        return !body[writer + 1..].iter().any(reads);
    }
    kind.reads()
        .into_iter()
        .filter(|view| view.buffer == target)
        .all(|view| matches!(kind, KernelKind::Loop(_)) && view.is_whole(size))
}

/// A new value that is another's old one is copied before all else, since that may be replaced too.
fn copy_old_values(plan: &mut Plan, values: &mut [View]) {
    let written: HashSet<BufferId> = plan.kernels.iter().flat_map(|kernel| kernel.kind.writes()).collect();
    let mut copies = Vec::new();
    for view in values.iter_mut().filter(|view| !written.contains(&view.buffer)) {
        let out = plan.buffers.add(view.shape.size());
        let copy = View::whole(out, &view.shape);
        copies.push(Kernel::copy(std::mem::replace(view, copy), out, Vec::new()));
    }
    plan.kernels.splice(0..0, copies);
}

/// An accumulation that is not in place begins with a copy of the old value.
fn copy_accumulated_apart(plan: &mut Plan, old_of: &[Option<BufferId>]) {
    let apart: Vec<(BufferId, BufferId)> =
        plan.in_place.iter().copied().filter(|(value, _)| old_of[value.index()].is_none()).collect();
    for (value, target) in apart {
        let Some(writer) = plan.kernels.iter().position(|kernel| kernel.kind.writes().contains(&value)) else {
            continue;
        };
        let operand = View::whole(target, &[plan.size(target)].into());
        let copy = Kernel::copy(operand, value, plan.kernels[writer].nodes.clone());
        plan.kernels.insert(writer, copy);
    }
}

/// Joins each loop of one index with the one before it, earlier or later in the order, if nothing between them minds.
fn gather_scalars(plan: &mut Plan, old_of: &[Option<BufferId>]) {
    let mut kernels: Vec<Kernel> = Vec::with_capacity(plan.kernels.len());
    let mut last: Option<usize> = None;
    for kernel in std::mem::take(&mut plan.kernels) {
        let is_scalar = kernel.is_chain_of_scalars();
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
        let writes = kernel.kind.writes().into_iter();
        writes.flat_map(|buffer| [Some(buffer), old_of[buffer.index()]]).flatten().collect()
    };
    let (first_writes, second_writes) = (written(first), written(second));
    let reads =
        |kernel: &Kernel, buffers: &[BufferId]| kernel.kind.reads().iter().any(|view| buffers.contains(&view.buffer));
    reads(second, &first_writes)
        || reads(first, &second_writes)
        || first_writes.iter().any(|buffer| second_writes.contains(buffer))
}
