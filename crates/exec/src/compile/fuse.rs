//! Fusion: elementwise loops over the same indices become one.
//!
//! From the last kernel to the first, a loop joins the earliest of its users if that is a loop that reads it index by
//! index, and so has as many indices. So a value is computed where it is first needed, and is stored only if another kernel
//! reads it too. A sum takes the loops that lead to it into its own. Chains of scalars are loops of one index, and join
//! alike.

use super::plan::{Kernel, KernelKind, Loop, Plan};
use super::view::View;

/// The plan with its loops joined.
pub(crate) fn fuse(mut plan: Plan) -> Plan {
    let users = users(&plan);
    let mut group_of = vec![0; plan.kernels.len()];
    let mut groups: Vec<Group> = Vec::new();
    for (index, kernel) in plan.kernels.iter().enumerate().rev() {
        let joined = match &kernel.kind {
            KernelKind::Loop(Loop { body, sums, .. }) if sums.is_empty() => {
                let uses = body.iter().flat_map(|op| users[op.out.index()].iter());
                let earliest = uses.clone().map(|user| group_of[user.kernel]).max();
                earliest.filter(|&group| {
                    let joins = |user: &User| group_of[user.kernel] != group || user.reads_index_by_index;
                    groups[group].is_loop && uses.clone().all(joins)
                })
            }
            _ => None,
        };
        group_of[index] = joined.unwrap_or_else(|| {
            groups.push(Group::of(kernel));
            groups.len() - 1
        });
        groups[group_of[index]].kernels.push(index);
    }
    // Groups run from the last made to the first, each where its last kernel stood.
    let mut kernels: Vec<Option<Kernel>> = plan.kernels.into_iter().map(Some).collect();
    plan.kernels = (groups.iter().rev())
        .map(|group| join(group.kernels.iter().rev().filter_map(|&index| kernels[index].take())))
        .collect();
    plan
}

struct Group {
    is_loop: bool,
    /// Its kernels, last first.
    kernels: Vec<usize>,
}

impl Group {
    fn of(kernel: &Kernel) -> Group {
        Group { is_loop: matches!(kernel.kind, KernelKind::Loop(_)), kernels: Vec::new() }
    }
}

#[derive(Clone, Copy)]
struct User {
    kernel: usize,
    /// Whether index i of a loop reads element i.
    reads_index_by_index: bool,
}

/// For each buffer, the kernels that read it.
fn users(plan: &Plan) -> Vec<Vec<User>> {
    let mut users = vec![Vec::new(); plan.buffers.count()];
    for (kernel, kind) in plan.kernels.iter().map(|kernel| &kernel.kind).enumerate() {
        let is_whole = |view: &View| view.is_whole(plan.buffers.size(view.buffer));
        for view in kind.reads() {
            users[view.buffer.index()].push(User { kernel, reads_index_by_index: is_whole(view) });
        }
    }
    users
}

/// Several kernels, first to last, as one. Only loops come in more than one.
pub(super) fn join(kernels: impl Iterator<Item = Kernel>) -> Kernel {
    kernels
        .reduce(|mut joined, next| {
            joined.nodes.extend(next.nodes);
            match (&mut joined.kind, next.kind) {
                (KernelKind::Loop(fused), KernelKind::Loop(rest)) => {
                    fused.body.extend(rest.body);
                    fused.sums.extend(rest.sums);
                }
                (kind, rest) => *kind = rest,
            }
            joined
        })
        .expect("a group has at least one kernel")
}
