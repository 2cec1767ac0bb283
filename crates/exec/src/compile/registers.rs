//! The code of a fused loop: ops in order, on as few registers as they need.
//!
//! A register holds a block of entries that fits the first cache. Operands that lie in index order are read where they
//! lie; single numbers are spread; others are brought into a register first.

use std::collections::HashMap;

use chainrule_graph::ops::Elementwise;
use chainrule_kernels::reduce::Axis;

use super::addresses::Addresses;
use super::plan::{Loop, LoopNode};
use super::view::{BufferId, View};
use crate::program::address::{Address, Space};
use crate::program::chunks::Chunks;
use crate::program::instruction::{Instruction, ScalarOp, ScalarOperand, ScalarStep};
use crate::program::loop_code::{Fill, LoopCode, LoopOperand, LoopStep, StepOp, Store, Sum};

/// The instructions of a loop: for one index a chain of scalars, else a fused loop.
pub(super) fn loop_code(addresses: &Addresses<'_>, work: &Loop) -> Instruction {
    if work.size == 1 { scalar_code(addresses, work) } else { vector_code(addresses, work) }
}

/// A sum of one entry is that entry, so no sum closes such a loop.
fn scalar_code(addresses: &Addresses<'_>, work: &Loop) -> Instruction {
    debug_assert!(work.reduction.is_none());
    let mut steps: Vec<ScalarStep> = Vec::new();
    let mut last: Option<BufferId> = None;
    let operand = |last: Option<BufferId>, view: &View| match last {
        Some(last) if last == view.buffer => ScalarOperand::Last,
        _ => ScalarOperand::Stored(addresses.of(view)),
    };
    for node in &work.body {
        let mut step = ScalarStep {
            op: node.op.computes().into(),
            operands: [ScalarOperand::Last; 3],
            out: addresses.out(node.out),
        };
        for (place, view) in node.operands.iter().enumerate() {
            step.operands[place] = operand(last, view);
        }
        let product = steps.last().filter(|_| last.is_some_and(|last| addresses.is_read_once(last)));
        if let Some(joined) = product.and_then(|product| multiply_add(product, &step)) {
            steps.pop();
            step = joined;
        }
        steps.push(step);
        last = Some(node.out);
    }
    Instruction::Scalars(steps)
}

/// A product, and the sum or difference right behind it that alone reads it, as one step.
fn multiply_add(product: &ScalarStep, step: &ScalarStep) -> Option<ScalarStep> {
    use ScalarOperand::Last;
    let [a, b, _] = product.operands;
    let joined = |op, c| Some(ScalarStep { op, operands: [a, b, c], out: step.out });
    match (product.op, step.op, step.operands) {
        (ScalarOp::Mul, ScalarOp::Add, [Last, c, _] | [c, Last, _]) => joined(ScalarOp::MulAdd, c),
        (ScalarOp::Mul, ScalarOp::Sub, [c, Last, _]) => joined(ScalarOp::NegMulAdd, c),
        _ => None,
    }
}

/// An op on operands that are the results of earlier ops, by their number, or read from memory.
struct Draft {
    op: StepOp,
    operands: [Source; 3],
}

#[derive(Clone, Copy, PartialEq)]
enum Source {
    Result(usize),
    Filled(usize),
    Memory(LoopOperand),
}

fn vector_code(addresses: &Addresses<'_>, work: &Loop) -> Instruction {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut fills: Vec<(Address, Vec<(usize, usize)>)> = Vec::new();
    let mut known: HashMap<BufferId, Source> = HashMap::new();
    let mut stores: Vec<(Source, usize)> = Vec::new();
    let mut source = |known: &HashMap<BufferId, Source>, view: &View| -> Source {
        if let Some(&source) = known.get(&view.buffer) {
            return source;
        }
        let at = addresses.of(view);
        let mut runs = view.runs();
        if runs.iter().all(|&(_, stride)| stride == 0) {
            return Source::Memory(LoopOperand::Scalar(at));
        }
        if let [(_, 1)] = runs[..] {
            return Source::Memory(LoopOperand::Elements(at));
        }
        runs.shrink_to_fit();
        let fill = (at, runs);
        Source::Filled(fills.iter().position(|known| *known == fill).unwrap_or_else(|| {
            fills.push(fill);
            fills.len() - 1
        }))
    };
    for LoopNode { op, operands, out } in &work.body {
        let mut sources = [Source::Memory(LoopOperand::Absent); 3];
        for (place, view) in operands.iter().enumerate() {
            sources[place] = source(&known, view);
        }
        let result = match op.computes() {
            None => sources[0],
            Some(op) => {
                drafts.push(Draft { op: StepOp::Elementwise(op), operands: sources });
                Source::Result(drafts.len() - 1)
            }
        };
        known.insert(*out, result);
        stores.extend(addresses.arena_offset(*out).map(|place| (result, place)));
    }
    keep_from_overwriting(&mut drafts, &mut stores);
    let sum = work.reduction.as_ref().map(|reduction| {
        let operand = source(&known, &reduction.operand);
        (operand, reduction.axis, addresses.out(reduction.out))
    });
    contract_multiply_adds(&mut drafts, &stores, sum.map(|sum| sum.0));
    allocate(work.size, drafts, fills, stores, sum)
}

/// An operand that is stored unchanged, from where another store writes, goes through a register. Plans rely on this: a
/// result may lie where any operand does that is read index by index.
fn keep_from_overwriting(drafts: &mut Vec<Draft>, stores: &mut [(Source, usize)]) {
    for place in 0..stores.len() {
        if let (source @ Source::Memory(LoopOperand::Elements(at)), _) = stores[place]
            && stores.iter().any(|&(_, out)| at == (Address { space: Space::Arena, offset: out }))
        {
            let absent = Source::Memory(LoopOperand::Absent);
            drafts.push(Draft { op: StepOp::Copy, operands: [source, absent, absent] });
            stores[place].0 = Source::Result(drafts.len() - 1);
        }
    }
}

/// `a · b + c` where the product is read once becomes one op, as hand-written code would have it.
fn contract_multiply_adds(drafts: &mut [Draft], stores: &[(Source, usize)], sum: Option<Source>) {
    let mut reads = vec![0; drafts.len()];
    let ends = stores.iter().map(|store| store.0).chain(sum);
    for source in drafts.iter().flat_map(|draft| draft.operands).chain(ends) {
        if let Source::Result(result) = source {
            reads[result] += 1;
        }
    }
    for place in 0..drafts.len() {
        let [first, second, _] = drafts[place].operands;
        let product = |source: Source, drafts: &[Draft]| match source {
            Source::Result(result)
                if reads[result] == 1 && drafts[result].op == StepOp::Elementwise(Elementwise::Mul) =>
            {
                Some(drafts[result].operands)
            }
            _ => None,
        };
        let (op, [a, b, _], c) = match drafts[place].op {
            StepOp::Elementwise(Elementwise::Add) => match (product(first, drafts), product(second, drafts)) {
                (Some(factors), _) => (StepOp::MulAdd, factors, second),
                (None, Some(factors)) => (StepOp::MulAdd, factors, first),
                (None, None) => continue,
            },
            StepOp::Elementwise(Elementwise::Sub) => match product(second, drafts) {
                Some(factors) => (StepOp::NegMulAdd, factors, first),
                None => continue,
            },
            _ => continue,
        };
        drafts[place] = Draft { op, operands: [a, b, c] };
    }
}

/// Registers for the results that are read; a register is free again after the last read.
fn allocate(
    size: usize,
    drafts: Vec<Draft>,
    fills: Vec<(Address, Vec<(usize, usize)>)>,
    stores: Vec<(Source, usize)>,
    sum: Option<(Source, Axis, usize)>,
) -> Instruction {
    let end = drafts.len();
    let mut last_read: Vec<Option<usize>> = vec![None; end];
    let mut last_fill_read = vec![0; fills.len()];
    // What is read at the end is needed, and what that reads, backwards.
    let mut read = |source: Source, place: usize, last_read: &mut Vec<Option<usize>>| match source {
        Source::Result(result) => {
            last_read[result].get_or_insert(place);
        }
        Source::Filled(fill) => last_fill_read[fill] = place.max(last_fill_read[fill]),
        Source::Memory(_) => {}
    };
    for source in stores.iter().map(|store| store.0).chain(sum.map(|sum| sum.0)) {
        read(source, end, &mut last_read);
    }
    for place in (0..end).rev() {
        if last_read[place].is_some() {
            for source in drafts[place].operands {
                read(source, place, &mut last_read);
            }
        }
    }
    let mut registers = Allocator { free: Vec::new(), count: 0 };
    let fill_registers: Vec<usize> = fills.iter().map(|_| registers.take()).collect();
    let mut result_registers = vec![0; end];
    let mut steps = Vec::new();
    let operand = |source: Source, result_registers: &[usize]| match source {
        Source::Result(result) => LoopOperand::Register(result_registers[result]),
        Source::Filled(fill) => LoopOperand::Register(fill_registers[fill]),
        Source::Memory(operand) => operand,
    };
    for (place, draft) in drafts.iter().enumerate() {
        if last_read[place].is_none() {
            continue;
        }
        let operands = draft.operands.map(|source| operand(source, &result_registers));
        let mut given = Vec::new();
        for source in draft.operands {
            match source {
                Source::Result(result) if last_read[result] == Some(place) => given.push(result_registers[result]),
                Source::Filled(fill) if last_fill_read[fill] == place => given.push(fill_registers[fill]),
                _ => {}
            }
        }
        given.sort_unstable();
        given.dedup();
        registers.free.extend(given);
        let register = registers.take();
        result_registers[place] = register;
        steps.push(LoopStep { op: draft.op, operands, register });
    }
    let stores: Vec<Store> =
        stores.into_iter().map(|(s, out)| Store { operand: operand(s, &result_registers), out }).collect();
    let sum = sum.map(|(s, axis, out)| Sum { operand: operand(s, &result_registers), axis, out });
    let fills =
        (fills.into_iter().zip(&fill_registers)).map(|((at, runs), &register)| Fill { at, runs, register }).collect();
    let cost = steps.iter().map(|step| step.op.cost()).sum();
    let chunks = Chunks::of(size, cost, stores.len(), sum.map(|sum| sum.axis));
    Instruction::Loop(Box::new(LoopCode { size, fills, steps, stores, sum, registers: registers.count, chunks }))
}

/// Gives out registers.
struct Allocator {
    free: Vec<usize>,
    count: usize,
}

impl Allocator {
    fn take(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        })
    }
}
