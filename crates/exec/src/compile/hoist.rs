//! Hoisting: a scalar that is the same at every step is computed once a run, in the prologue.
//!
//! A scalar that depends on constants and on inputs that a step neither takes rows for nor replaces (a learning rate, a
//! decay) is worked out before the first step. Larger values stay in the step: most are spread scalars, which a fused loop
//! computes in registers for less than it costs to read them back.

use chainrule_graph::ops::Source;
use chainrule_graph::{NodeId, Op};

use super::fuse::join;
use super::plan::{Kernel, KernelKind, Plan};

/// The plan with such kernels moved to its prologue, chains of them joined. The inputs `anew` have another value
/// at each step.
pub(crate) fn hoist(mut plan: Plan, anew: &[NodeId]) -> Plan {
    let mut fixed = vec![false; plan.buffers.count()];
    for (id, node) in plan.graph.ids().zip(plan.graph.nodes()) {
        fixed[plan.buffers.of(id).index()] = match node.op {
            Op::Source(Source::Input { .. }) => !anew.contains(&id),
            Op::Source(Source::Constant(_) | Source::Iota { .. }) => node.op.is_pure(),
            Op::Source(Source::RandomKey | Source::RandomExample { .. }) => node.op.is_pure(),
            // What their kernels write is, if these are moved.
            Op::Elementwise(_) | Op::Contract(_) | Op::Reduce(_) => false,
            Op::Shape(_) | Op::Windows(_) | Op::Index(_) | Op::Phased(_) | Op::Random(_) => false,
            Op::Scan(_) | Op::Custom(_) => false,
        };
    }
    for update in plan.graph.updates() {
        fixed[plan.buffers.of(update.target).index()] = false;
    }
    for kernel in std::mem::take(&mut plan.kernels) {
        let writes = kernel.kind.writes();
        let is_fixed = kernel.nodes.iter().all(|&id| plan.graph.node(id).op.is_pure())
            && writes.iter().all(|&buffer| plan.buffers.size(buffer) == 1)
            && kernel.kind.reads().iter().all(|view| fixed[view.buffer.index()])
            && !accumulates(&kernel.kind)
            && !matches!(kernel.kind, KernelKind::Scan { .. });
        if is_fixed {
            writes.iter().for_each(|buffer| fixed[buffer.index()] = true);
            add(&mut plan.prologue, kernel);
        } else {
            plan.kernels.push(kernel);
        }
    }
    plan
}

/// Whether the kernel adds to a parameter, and so must run at every step.
fn accumulates(kind: &KernelKind) -> bool {
    matches!(kind, KernelKind::Product(product) if product.accumulate.is_some())
}

/// One scalar after another is one chain.
fn add(kernels: &mut Vec<Kernel>, kernel: Kernel) {
    match kernels.pop_if(|last| last.is_chain_of_scalars() && kernel.is_chain_of_scalars()) {
        Some(last) => kernels.push(join([last, kernel].into_iter())),
        None => kernels.push(kernel),
    }
}
