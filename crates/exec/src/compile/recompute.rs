//! Recomputing: what costs less to compute anew than to store is not stored.
//!
//! The step of a large network is bound by memory: an array that is written and read back costs as much as several ops on
//! its elements in registers. What follows from one array by a few sums and products with smaller operands is computed anew
//! by the loops that read it, to the same bits, if that array is stored anyway: a normalised value and the one before it is
//! centred follow from what came in. Of several multiples of one value, which the derivative of GELU wants, none is stored but
//! the value itself.

use std::collections::HashMap;

use chainrule_graph::ops::Elementwise;

use super::buffer::BufferId;
use super::plan::{Kernel, KernelKind, Loop, LoopNode, LoopOp, Plan};
use super::view::View;

/// More ops than these cost as much as the memory that they save.
const MOST_OPS: usize = 4;
/// Of fewer elements than these a loop lies in the first cache, and storing costs no more than an op.
const LEAST: usize = 1 << 12;
/// An operand is small that has so many times fewer elements than the loop: it stays in a near cache.
const SMALL: usize = 8;

/// The plan with such values computed where they are read.
pub(crate) fn recompute(mut plan: Plan) -> Plan {
    let mut readers = Readers::of(&plan);
    for producer in 0..plan.kernels.len() {
        let KernelKind::Loop(code) = &plan.kernels[producer].kind else { continue };
        let multiples = multiples(&plan, &readers, code);
        let results: Vec<BufferId> = code.body.iter().map(|node| node.out).collect();
        for result in results {
            let KernelKind::Loop(code) = &plan.kernels[producer].kind else { continue };
            let Some(chain) = worth_recomputing(&plan, &readers, code, &multiples, result) else { continue };
            for reader in std::mem::take(&mut readers.outside[result.index()]) {
                read_anew(&mut plan, &chain, reader);
                for view in plan.kernels[reader].kind.reads() {
                    readers.add(view.buffer, reader, &plan.kernels[reader]);
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
        for view in plan.read_at_end() {
            readers.is_kept[view.buffer.index()] = true;
        }
        for (index, kernel) in plan.kernels.iter().enumerate() {
            for view in kernel.kind.reads() {
                readers.add(view.buffer, index, kernel);
            }
        }
        readers
    }

    /// The other kernels that read a buffer; of what is computed anew there are none.
    fn outside(&self, buffer: BufferId) -> &[usize] {
        self.outside.get(buffer.index()).map_or(&[], Vec::as_slice)
    }

    /// Whether a result of a loop is stored.
    fn is_stored(&self, buffer: BufferId) -> bool {
        self.is_kept.get(buffer.index()) == Some(&true) || !self.outside(buffer).is_empty()
    }

    fn add(&mut self, buffer: BufferId, index: usize, kernel: &Kernel) {
        if let Some(outside) = self.outside.get_mut(buffer.index()).filter(|outside| !outside.contains(&index))
            && !kernel.kind.writes().contains(&buffer)
        {
            outside.push(index);
        }
    }
}

/// Lets a loop compute what it reads of another loop's: the last result of a chain of ops.
fn read_anew(plan: &mut Plan, chain: &[LoopNode], reader: usize) {
    let (KernelKind::Loop(code), Some(last)) = (&mut plan.kernels[reader].kind, chain.last()) else { return };
    let reads = |node: &LoopNode| node.operands.iter().any(|view| view.buffer == last.out);
    let mut anew: Vec<(BufferId, BufferId)> = Vec::new();
    let mut place = 0;
    for node in chain {
        let renamed = |view: &View| {
            let new = anew.iter().find(|(old, _)| *old == view.buffer).map_or(view.buffer, |(_, new)| *new);
            View { buffer: new, ..view.clone() }
        };
        let operands: Vec<View> = node.operands.iter().map(renamed).collect();
        // Of two chains that begin alike the beginning is there already.
        let before = code.body.iter().position(reads).unwrap_or(code.body.len());
        let known = code.body[..before].iter().position(|other| other.op == node.op && other.operands == operands);
        let out = match known {
            Some(known) => {
                place = place.max(known + 1);
                code.body[known].out
            }
            None => {
                let out = plan.buffers.add(plan.buffers.size(node.out));
                code.body.insert(place, LoopNode { op: node.op, operands, out });
                place += 1;
                out
            }
        };
        anew.push((node.out, out));
    }
    let Some(&(old, new)) = anew.last() else { return };
    let operands = code.body.iter_mut().flat_map(|node| &mut node.operands);
    let closing = code.sums.iter_mut().map(|sum| &mut sum.operand);
    operands.chain(closing).filter(|view| view.buffer == old).for_each(|view| view.buffer = new);
}

/// Of each value, how many results of a loop that could be computed elsewhere are multiples of it.
fn multiples(plan: &Plan, readers: &Readers, code: &Loop) -> HashMap<BufferId, usize> {
    let mut of_base = HashMap::new();
    for node in code.body.iter().filter(|node| can_move(plan, readers, node.out)) {
        if let Some(base) = base(plan, code, node).filter(|base| base.others_are_numbers) {
            *of_base.entry(base.buffer).or_default() += 1;
        }
    }
    of_base
}

/// The ops that compute a result of a loop from what is stored anyway, if its readers had better compute it themselves.
fn worth_recomputing(
    plan: &Plan,
    readers: &Readers,
    code: &Loop,
    multiples: &HashMap<BufferId, usize>,
    result: BufferId,
) -> Option<Vec<LoopNode>> {
    if !can_move(plan, readers, result) {
        return None;
    }
    let mut chain: Vec<LoopNode> = Vec::new();
    let mut next = result;
    while let Some(node) = code.body.iter().find(|node| node.out == next) {
        let Base { buffer, others_are_numbers } = base(plan, code, node)?;
        chain.insert(0, node.clone());
        let is_first = chain.len() == 1;
        let is_stored = code.body.iter().all(|node| node.out != buffer) || readers.is_stored(buffer);
        let saves_several = is_first && others_are_numbers && multiples.get(&buffer).is_some_and(|&count| count > 1);
        if is_stored && is_first && others_are_numbers || saves_several {
            return Some(chain);
        }
        if code.size < LEAST || chain.len() > MOST_OPS {
            return None;
        }
        if is_stored {
            return Some(chain);
        }
        next = buffer;
    }
    None
}

/// What an op scales, shifts or negates, element by element.
struct Base {
    buffer: BufferId,
    /// Whether by one number; else by an operand that is small.
    others_are_numbers: bool,
}

fn base(plan: &Plan, code: &Loop, node: &LoopNode) -> Option<Base> {
    use Elementwise::{Add, Mul, Neg, StrongMul, Sub};
    let (LoopOp::Elementwise(Add | Sub | Mul | StrongMul | Neg), true) = (node.op, code.size > 1) else { return None };
    let is_small = |view: &&View| plan.buffers.size(view.buffer).saturating_mul(SMALL) <= code.size || is_number(view);
    let (others, large): (Vec<&View>, Vec<&View>) = node.operands.iter().partition(is_small);
    let view = match large[..] {
        [view] if view.is_whole(plan.buffers.size(view.buffer)) => view,
        _ => return None,
    };
    Some(Base { buffer: view.buffer, others_are_numbers: others.into_iter().all(is_number) })
}

/// Whether a view is one element, repeated.
fn is_number(view: &View) -> bool {
    view.strides.iter().all(|&stride| stride == 0)
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
