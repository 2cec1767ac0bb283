//! Recomputing: of several multiples of one value that other loops read, none is stored but the value itself.
//!
//! The step of a large network is bound by memory: an array that is written and read back costs as much as several ops on
//! its elements in registers. The derivative of GELU wants x/2 and x/√2; there x is read and multiplied anew, to the same
//! bits. A value counts that is another times a number, or plus one, or its negative, where that other is stored anyway, or
//! saves two or more from being stored.

use std::collections::HashMap;

use chainrule_graph::ops::Elementwise;

use super::buffer::BufferId;
use super::plan::{Kernel, KernelKind, Loop, LoopNode, LoopOp, Plan};
use super::view::View;

/// The plan with such values computed where they are read.
pub(crate) fn recompute(mut plan: Plan) -> Plan {
    let mut readers = Readers::of(&plan);
    for producer in 0..plan.kernels.len() {
        for node in worth_recomputing(&plan, &readers, producer) {
            for reader in std::mem::take(&mut readers.outside[node.out.index()]) {
                let anew = plan.buffers.add(plan.buffers.size(node.out));
                read_anew(&mut plan.kernels[reader], &node, anew);
                for view in &node.operands {
                    readers.add(view.buffer, reader);
                }
            }
        }
    }
    plan
}

/// For each buffer, who needs it.
struct Readers {
    /// The kernels that read it and do not compute it.
    outside: Vec<Vec<usize>>,
    /// Whether it is an output, or what an input becomes, and so is stored whoever reads it.
    is_kept: Vec<bool>,
}

impl Readers {
    fn of(plan: &Plan) -> Readers {
        let count = plan.buffers.count();
        let mut readers = Readers { outside: vec![Vec::new(); count], is_kept: vec![false; count] };
        let updated = plan.graph.updates().iter().map(|update| plan.view(update.value));
        for view in plan.outputs.iter().chain(updated) {
            readers.is_kept[view.buffer.index()] = true;
        }
        for (index, kernel) in plan.kernels.iter().enumerate() {
            let writes = kernel.kind.writes();
            for view in kernel.kind.reads().into_iter().filter(|view| !writes.contains(&view.buffer)) {
                readers.add(view.buffer, index);
            }
        }
        readers
    }

    /// The other kernels that read a buffer; of what is computed anew there are none.
    fn outside(&self, buffer: BufferId) -> &[usize] {
        self.outside.get(buffer.index()).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, buffer: BufferId, kernel: usize) {
        if let Some(outside) = self.outside.get_mut(buffer.index()).filter(|outside| !outside.contains(&kernel)) {
            outside.push(kernel);
        }
    }
}

/// Lets a loop compute what it reads of another loop's op.
fn read_anew(reader: &mut Kernel, node: &LoopNode, anew: BufferId) {
    let KernelKind::Loop(code) = &mut reader.kind else { return };
    let operands = code.body.iter_mut().flat_map(|node| &mut node.operands);
    let closing = code.reduction.iter_mut().map(|sum| &mut sum.operand);
    operands.chain(closing).filter(|view| view.buffer == node.out).for_each(|view| view.buffer = anew);
    code.body.insert(0, LoopNode { out: anew, ..node.clone() });
}

/// The ops of a loop that their readers had better compute themselves.
fn worth_recomputing(plan: &Plan, readers: &Readers, producer: usize) -> Vec<LoopNode> {
    let KernelKind::Loop(code) = &plan.kernels[producer].kind else { return Vec::new() };
    let mut of_base: HashMap<BufferId, usize> = HashMap::new();
    let movable: Vec<(BufferId, &LoopNode)> = (code.body.iter())
        .filter(|node| can_move(plan, readers, node.out))
        .filter_map(|node| Some((base(plan, code, node)?, node)))
        .collect();
    movable.iter().for_each(|(base, _)| *of_base.entry(*base).or_default() += 1);
    let is_computed_here = |base| code.body.iter().any(|node| node.out == base);
    let is_kept = |base: BufferId| readers.is_kept.get(base.index()) == Some(&true);
    let is_stored = |base: BufferId| !is_computed_here(base) || is_kept(base) || !readers.outside(base).is_empty();
    let is_worth = |base: &BufferId| of_base[base] > 1 || is_stored(*base);
    movable.into_iter().filter(|(base, _)| is_worth(base)).map(|(_, node)| node.clone()).collect()
}

/// What an op scales, shifts or negates, element by element; the other operand is one number.
fn base(plan: &Plan, code: &Loop, node: &LoopNode) -> Option<BufferId> {
    use Elementwise::{Add, Mul, Neg, Sub};
    let (LoopOp::Elementwise(Add | Sub | Mul | Neg), true) = (node.op, code.size > 1) else { return None };
    let is_one = |view: &View| view.strides.iter().all(|&stride| stride == 0);
    let mut others = node.operands.iter().filter(|view| !is_one(view));
    let view = others.next().filter(|view| view.is_whole(plan.buffers.size(view.buffer)))?;
    others.next().is_none().then_some(view.buffer)
}

/// Whether only loops read a value outside its own, each index by index, and some do.
fn can_move(plan: &Plan, readers: &Readers, buffer: BufferId) -> bool {
    let size = plan.buffers.size(buffer);
    let reads_whole = |&index: &usize| {
        let kind = &plan.kernels[index].kind;
        let mut views = kind.reads().into_iter().filter(|view| view.buffer == buffer);
        matches!(kind, KernelKind::Loop(_)) && views.all(|view| view.is_whole(size))
    };
    let outside = readers.outside(buffer);
    !outside.is_empty() && !readers.is_kept[buffer.index()] && outside.iter().all(reads_whole)
}
