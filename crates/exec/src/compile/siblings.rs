//! Siblings: loops over the same indices that read the same elements become one.
//!
//! A loop over more elements than a near cache holds is as slow as its memory: what two loops read is read once by both
//! together. So the gradients of a normalisation's gain and shift, and what its input's gradient needs, are sums that are taken in one
//! pass over the cotangents. A loop joins the last of those before it that shares a large operand, or a result, with it, if all
//! that it reads is there by then. The sums of a loop run along one axis.

use super::buffer::BufferId;
use super::fuse::join;
use super::plan::{Kernel, KernelKind, Loop, Plan};
use crate::program::chunks::{Chunks, MOST_STORES};

/// A longer loop would need more registers than the first cache holds.
const MOST_OPS: usize = 24;
/// Of fewer elements than these all lie in the first cache anyway, and a loop more costs next to nothing.
const LEAST: usize = 1 << 12;

/// The plan with its siblings joined.
pub(crate) fn join_siblings(mut plan: Plan) -> Plan {
    let mut siblings = Siblings::of(&plan);
    let mut kernels: Vec<Option<Kernel>> = Vec::with_capacity(plan.kernels.len());
    for kernel in std::mem::take(&mut plan.kernels) {
        let index = kernels.len();
        let sibling = siblings.sibling(&plan, &kernels, &kernel, index);
        let place = sibling.unwrap_or(index);
        siblings.enter(&plan, &kernel, place);
        if let Some(before) = sibling.and_then(|sibling| kernels[sibling].take()) {
            kernels[place] = Some(join([before, kernel].into_iter()));
            kernels.push(None);
        } else {
            kernels.push(Some(kernel));
        }
    }
    plan.kernels = kernels.into_iter().flatten().collect();
    plan
}

/// For each buffer, who writes it, and which loops have to do with it.
struct Siblings {
    writer: Vec<Option<usize>>,
    /// The loops that read it index by index, or compute it so.
    loops: Vec<Vec<usize>>,
    /// How many kernels read it, and how often it is read after the last.
    reads: Vec<usize>,
}

impl Siblings {
    fn of(plan: &Plan) -> Siblings {
        let count = plan.buffers.count();
        Siblings { writer: vec![None; count], loops: vec![Vec::new(); count], reads: plan.count_reads() }
    }

    /// A kernel that runs at this place.
    fn enter(&mut self, plan: &Plan, kernel: &Kernel, place: usize) {
        kernel.kind.writes().iter().for_each(|buffer| self.writer[buffer.index()] = Some(place));
        let Some(fused) = large_loop(kernel) else { return };
        let read = kernel.kind.reads().into_iter().filter(|view| view.is_whole(plan.size(view.buffer)));
        for buffer in read.map(|view| view.buffer).chain(fused.body.iter().map(|node| node.out)) {
            let loops = &mut self.loops[buffer.index()];
            if loops.last() != Some(&place) {
                loops.push(place);
            }
        }
    }

    /// The loop that this one may join.
    fn sibling(&self, plan: &Plan, kernels: &[Option<Kernel>], kernel: &Kernel, index: usize) -> Option<usize> {
        large_loop(kernel)?;
        let reads = kernel.kind.reads();
        let own = kernel.kind.writes();
        let outside = reads.iter().filter(|view| !own.contains(&view.buffer));
        let shared = outside.clone().filter(|view| view.is_whole(plan.size(view.buffer)));
        let place =
            shared.filter_map(|view| self.loops[view.buffer.index()].last()).max().filter(|&&place| place < index)?;
        let before = kernels[*place].as_ref()?;
        let is_there = |buffer: BufferId, is_whole: bool| match self.writer[buffer.index()] {
            Some(writer) if writer == *place => {
                is_whole && large_loop(before).is_some_and(|fused| fused.body.iter().any(|node| node.out == buffer))
            }
            Some(writer) => writer < *place,
            None => true,
        };
        let mut outside = outside.map(|view| (view.buffer, view.is_whole(plan.size(view.buffer))));
        (outside.all(|(buffer, is_whole)| is_there(buffer, is_whole)) && self.fit(before, kernel)).then_some(*place)
    }

    /// Whether two loops have the same indices, the same axis of sums, and together no more ops and results than one may have.
    fn fit(&self, first: &Kernel, second: &Kernel) -> bool {
        let (Some(a), Some(b)) = (large_loop(first), large_loop(second)) else { return false };
        let axes = [a, b].map(|fused| fused.sums.first().map(|sum| sum.axis));
        let axes_fit = match axes {
            [Some(a), Some(b)] => a == b,
            // A loop is cut for threads by its sums.
            [Some(axis), None] | [None, Some(axis)] => Chunks::are_cut(axis),
            [None, None] => true,
        };
        let both = || a.body.iter().chain(&b.body);
        let inside = |buffer: BufferId| {
            let operands =
                both().flat_map(|node| &node.operands).chain(a.sums.iter().chain(&b.sums).map(|sum| &sum.operand));
            operands.filter(|view| view.buffer == buffer).count()
        };
        let stores = both().filter(|node| self.reads[node.out.index()] > inside(node.out)).count();
        a.size == b.size && axes_fit && both().count() <= MOST_OPS && stores <= MOST_STORES
    }
}

/// A kernel that is a loop over many elements.
fn large_loop(kernel: &Kernel) -> Option<&Loop> {
    match &kernel.kind {
        KernelKind::Loop(fused) if fused.size >= LEAST => Some(fused),
        _ => None,
    }
}
