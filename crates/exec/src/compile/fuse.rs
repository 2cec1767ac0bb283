//! Fusion: elementwise loops over the same indices become one.
//!
//! From the last kernel to the first, a loop joins the earliest of its readers if that is a loop that reads it index by
//! index, and so has as many indices. So a value is computed where it is first needed, and is stored only if another kernel
//! reads it too. A sum takes the loops that lead to it into its own. Chains of scalars are loops of one index, and join
//! alike.

use super::plan::{Kernel, KernelKind, Loop, Plan};
use super::view::View;

/// The plan with its loops joined.
pub(crate) fn fuse(mut plan: Plan) -> Plan {
    let readers = readers(&plan);
    let mut group_of = vec![0; plan.kernels.len()];
    let mut groups: Vec<Group> = Vec::new();
    for (place, kernel) in plan.kernels.iter().enumerate().rev() {
        let joined = match &kernel.kind {
            KernelKind::Loop(Loop { body, reduction: None, .. }) => {
                let reads = body.iter().flat_map(|node| readers[node.out.index()].iter());
                let earliest = reads.clone().map(|read| group_of[read.kernel]).max();
                earliest.filter(|&group| {
                    groups[group].is_loop
                        && reads.clone().all(|read| group_of[read.kernel] != group || read.entry_by_entry)
                })
            }
            _ => None,
        };
        group_of[place] = joined.unwrap_or_else(|| {
            groups.push(Group::of(kernel));
            groups.len() - 1
        });
        groups[group_of[place]].kernels.push(place);
    }
    // Groups run from the last made to the first, each at the place of its last kernel.
    let mut kernels: Vec<Option<Kernel>> = plan.kernels.into_iter().map(Some).collect();
    plan.kernels = (groups.iter().rev())
        .map(|group| join(group.kernels.iter().rev().filter_map(|&place| kernels[place].take())))
        .collect();
    plan
}

struct Group {
    is_loop: bool,
    /// Places of its kernels, last first.
    kernels: Vec<usize>,
}

impl Group {
    fn of(kernel: &Kernel) -> Group {
        Group { is_loop: matches!(kernel.kind, KernelKind::Loop(_)), kernels: Vec::new() }
    }
}

#[derive(Clone, Copy)]
struct Read {
    kernel: usize,
    /// Whether index i of a loop reads entry i.
    entry_by_entry: bool,
}

/// For each value, the kernels that read it.
fn readers(plan: &Plan) -> Vec<Vec<Read>> {
    let mut readers = vec![Vec::new(); plan.sizes.len()];
    for (kernel, work) in plan.kernels.iter().map(|kernel| &kernel.kind).enumerate() {
        let whole = |view: &View| view.is_whole(plan.sizes[view.buffer.index()]);
        for view in work.reads() {
            readers[view.buffer.index()].push(Read { kernel, entry_by_entry: whole(view) });
        }
    }
    readers
}

/// Several kernels, first to last, as one. Only loops come in more than one.
pub(super) fn join(kernels: impl Iterator<Item = Kernel>) -> Kernel {
    kernels
        .reduce(|mut joined, next| {
            joined.nodes.extend(next.nodes);
            match (&mut joined.kind, next.kind) {
                (KernelKind::Loop(work), KernelKind::Loop(rest)) => {
                    work.body.extend(rest.body);
                    work.reduction = work.reduction.take().or(rest.reduction);
                }
                (work, rest) => *work = rest,
            }
            joined
        })
        .expect("a group has at least one kernel")
}
