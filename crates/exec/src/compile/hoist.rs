//! Hoisting: what is the same number at every step is computed once a run.
//!
//! A number that depends on constants and on inputs that a step neither takes rows for nor replaces (a learning rate, a
//! decay) is worked out before the first step. Larger values stay in the step: most are spread numbers, which a fused loop
//! computes in registers for less than it costs to read them back.

use chainrule_graph::{NodeId, Op};

use super::fuse::join;
use super::plan::{Kernel, KernelKind, Plan};

/// The plan with such kernels moved to `once`, chains of them joined. Rows are taken for the inputs `streams`.
pub(crate) fn hoist(mut plan: Plan, streams: &[NodeId]) -> Plan {
    let mut fixed = vec![false; plan.sizes.len()];
    for (id, node) in plan.graph.ids().zip(plan.graph.nodes()) {
        fixed[id.index()] = matches!(node.op, Op::Source(_)) && !streams.contains(&id);
    }
    for update in plan.graph.updates() {
        fixed[update.target.index()] = false;
    }
    for kernel in std::mem::take(&mut plan.kernels) {
        let writes = kernel.kind.writes();
        let is_fixed = writes.iter().all(|value| plan.sizes[value.index()] == 1)
            && kernel.kind.reads().iter().all(|view| fixed[view.buffer.index()])
            && !accumulates(&kernel.kind);
        if is_fixed {
            writes.iter().for_each(|value| fixed[value.index()] = true);
            add(&mut plan.prologue, kernel);
        } else {
            plan.kernels.push(kernel);
        }
    }
    plan
}

/// Whether the work adds to a parameter, and so must be done at every step.
fn accumulates(work: &KernelKind) -> bool {
    matches!(work, KernelKind::Product(product) if product.accumulate.is_some())
}

/// One number after another is one chain.
fn add(kernels: &mut Vec<Kernel>, kernel: Kernel) {
    let is_number = |kernel: &Kernel| matches!(&kernel.kind, KernelKind::Loop(work) if work.size == 1);
    match kernels.pop_if(|last| is_number(last) && is_number(&kernel)) {
        Some(last) => kernels.push(join([last, kernel].into_iter())),
        None => kernels.push(kernel),
    }
}
