//! Hoisting: what is the same number at every step is computed once a run.
//!
//! A number that depends on constants and on inputs that a step neither takes rows for nor replaces (a learning rate, a
//! decay) is worked out before the first step. Larger values stay in the step: most are spread numbers, which a fused loop
//! computes in registers for less than it costs to read them back.

use chainrule_graph::{NodeId, Op};

use super::fuse::join;
use super::plan::{Plan, Unit, Work};

/// The plan with such units moved to `once`, chains of them joined. Rows are taken for the inputs `streams`.
pub(crate) fn hoist(mut plan: Plan, streams: &[NodeId]) -> Plan {
    let mut fixed = vec![false; plan.sizes.len()];
    for (id, node) in plan.graph.ids().zip(plan.graph.nodes()) {
        fixed[id.index()] = matches!(node.op, Op::Source(_)) && !streams.contains(&id);
    }
    for update in plan.graph.updates() {
        fixed[update.target.index()] = false;
    }
    for unit in std::mem::take(&mut plan.units) {
        let writes = unit.work.writes();
        let is_fixed = writes.iter().all(|value| plan.sizes[value.index()] == 1)
            && unit.work.reads().iter().all(|view| fixed[view.value.index()])
            && !accumulates(&unit.work);
        if is_fixed {
            writes.iter().for_each(|value| fixed[value.index()] = true);
            add(&mut plan.once, unit);
        } else {
            plan.units.push(unit);
        }
    }
    plan
}

/// Whether the work adds to a parameter, and so must be done at every step.
fn accumulates(work: &Work) -> bool {
    matches!(work, Work::Product(product) if product.accumulate.is_some())
}

/// One number after another is one chain.
fn add(units: &mut Vec<Unit>, unit: Unit) {
    let is_number = |unit: &Unit| matches!(&unit.work, Work::Loop(work) if work.size == 1);
    match units.pop_if(|last| is_number(last) && is_number(&unit)) {
        Some(last) => units.push(join([last, unit].into_iter())),
        None => units.push(unit),
    }
}
