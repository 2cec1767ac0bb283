//! Fusion: elementwise loops over the same indices become one.
//!
//! From the last unit to the first, a loop joins the earliest of its readers if that is a loop that reads it index by
//! index, and so has as many indices. So a value is computed where it is first needed, and is stored only if another unit
//! reads it too. A sum takes the loops that lead to it into its own. Chains of scalars are loops of one index, and join
//! alike.

use super::plan::{Loop, Plan, Unit, Work};
use super::view::View;

/// The plan with its loops joined.
pub(crate) fn fuse(mut plan: Plan) -> Plan {
    let readers = readers(&plan);
    let mut group_of = vec![0; plan.units.len()];
    let mut groups: Vec<Group> = Vec::new();
    for (place, unit) in plan.units.iter().enumerate().rev() {
        let joined = match &unit.work {
            Work::Loop(Loop { body, reduction: None, .. }) => {
                let reads = body.iter().flat_map(|node| readers[node.out.index()].iter());
                let earliest = reads.clone().map(|read| group_of[read.unit]).max();
                earliest.filter(|&group| {
                    groups[group].is_loop
                        && reads.clone().all(|read| group_of[read.unit] != group || read.entry_by_entry)
                })
            }
            _ => None,
        };
        group_of[place] = joined.unwrap_or_else(|| {
            groups.push(Group::of(unit));
            groups.len() - 1
        });
        groups[group_of[place]].units.push(place);
    }
    // Groups run from the last made to the first, each at the place of its last unit.
    let mut units: Vec<Option<Unit>> = plan.units.into_iter().map(Some).collect();
    plan.units = (groups.iter().rev())
        .map(|group| join(group.units.iter().rev().filter_map(|&place| units[place].take())))
        .collect();
    plan
}

struct Group {
    is_loop: bool,
    /// Places of its units, last first.
    units: Vec<usize>,
}

impl Group {
    fn of(unit: &Unit) -> Group {
        Group { is_loop: matches!(unit.work, Work::Loop(_)), units: Vec::new() }
    }
}

#[derive(Clone, Copy)]
struct Read {
    unit: usize,
    /// Whether index i of a loop reads entry i.
    entry_by_entry: bool,
}

/// For each value, the units that read it.
fn readers(plan: &Plan) -> Vec<Vec<Read>> {
    let mut readers = vec![Vec::new(); plan.sizes.len()];
    for (unit, work) in plan.units.iter().map(|unit| &unit.work).enumerate() {
        let whole = |view: &View| view.is_whole(plan.sizes[view.value.index()]);
        for view in work.reads() {
            readers[view.value.index()].push(Read { unit, entry_by_entry: whole(view) });
        }
    }
    readers
}

/// Several units, first to last, as one. Only loops come in more than one.
pub(super) fn join(units: impl Iterator<Item = Unit>) -> Unit {
    units
        .reduce(|mut joined, next| {
            joined.nodes.extend(next.nodes);
            match (&mut joined.work, next.work) {
                (Work::Loop(work), Work::Loop(rest)) => {
                    work.body.extend(rest.body);
                    work.reduction = work.reduction.take().or(rest.reduction);
                }
                (work, rest) => *work = rest,
            }
            joined
        })
        .expect("a group has at least one unit")
}
