//! The code of a loop: of one index a chain of scalars; else a fused loop, its ops in order, on as few registers as they
//! need.
//!
//! A register holds a block of elements that fits the first cache. Operands that lie in index order are read where they
//! lie; scalars are spread; others are brought into a register first.

use std::collections::HashMap;

use chainrule_graph::ops::Elementwise;
use chainrule_kernels::reduce::Axis;

use super::addresses::Addresses;
use super::buffer::BufferId;
use super::plan::{Loop, LoopNode};
use super::view::View;
use crate::program::address::{ALIGNMENT, Address, Space};
use crate::program::chunks::{BLOCK, Chunks};
use crate::program::instruction::{Instruction, ScalarOp, ScalarOperand, ScalarStep};
use crate::program::loop_code::{Fill, LoopCode, LoopOperand, LoopStep, StepOp, Store, SumCode, period};

/// So many whole blocks fit the first cache, with some room left.
const IN_FIRST_CACHE: usize = 7;

/// The instruction of a loop.
pub(super) fn loop_code(addresses: &Addresses<'_>, fused: &Loop) -> Instruction {
    if fused.size == 1 {
        Instruction::Scalars(scalar_code(addresses, fused))
    } else {
        let draft = DraftLoop::of(addresses, fused);
        Instruction::Loop(Box::new(draft.allocate(fused.size)))
    }
}

/// A sum of one element is that element, so no sum closes such a loop.
fn scalar_code(addresses: &Addresses<'_>, chain: &Loop) -> Vec<ScalarStep> {
    debug_assert!(chain.sums.is_empty());
    let mut steps: Vec<ScalarStep> = Vec::new();
    let mut last: Option<BufferId> = None;
    for node in &chain.body {
        let op = node.op.computes().into();
        let mut step = ScalarStep { op, operands: [ScalarOperand::Last; 3], out: addresses.out(node.out) };
        for (operand, view) in step.operands.iter_mut().zip(&node.operands) {
            if last != Some(view.buffer) {
                *operand = ScalarOperand::Stored(addresses.of(view));
            }
        }
        let product = steps.last().filter(|_| last.is_some_and(|last| addresses.is_read_once(last)));
        if let Some(joined) = product.and_then(|product| multiply_add(product, &step)) {
            steps.pop();
            step = joined;
        }
        steps.push(step);
        last = Some(node.out);
    }
    steps
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

/// A fused loop whose results have no registers yet.
#[derive(Default)]
struct DraftLoop {
    steps: Vec<DraftStep>,
    /// Operands that are brought into a register: where they lie, with (elements, stride) of each axis.
    fills: Vec<(Address, Vec<(usize, usize)>)>,
    /// What is stored, and at which offset of the arena.
    stores: Vec<(DraftOperand, usize)>,
    /// The closing sums, and at which offset each goes.
    sums: Vec<(DraftOperand, Axis, usize)>,
}

struct DraftStep {
    op: StepOp,
    operands: [DraftOperand; 3],
}

/// Where an operand comes from.
#[derive(Clone, Copy, PartialEq)]
enum DraftOperand {
    /// The result of a step.
    Step(usize),
    /// What is brought into a register.
    Fill(usize),
    /// What is read where it lies, or nothing.
    Memory(LoopOperand),
}

const ABSENT: DraftOperand = DraftOperand::Memory(LoopOperand::Absent);

impl DraftLoop {
    fn of(addresses: &Addresses<'_>, fused: &Loop) -> DraftLoop {
        let mut draft = DraftLoop::default();
        let mut known: HashMap<BufferId, DraftOperand> = HashMap::new();
        for LoopNode { op, operands, out } in &fused.body {
            let mut origins = [ABSENT; 3];
            for (origin, view) in origins.iter_mut().zip(operands) {
                *origin = draft.origin(addresses, &known, view);
            }
            let result = match op.computes() {
                None => origins[0],
                Some(op) => draft.step(StepOp::Elementwise(op), origins),
            };
            known.insert(*out, result);
            draft.stores.extend(addresses.arena_offset(*out).map(|offset| (result, offset)));
        }
        draft.keep_from_overwriting();
        for sum in &fused.sums {
            let operand = draft.origin(addresses, &known, &sum.operand);
            draft.sums.push((operand, sum.axis, addresses.out(sum.out)));
        }
        draft.contract_multiply_adds();
        draft
    }

    fn origin(
        &mut self,
        addresses: &Addresses<'_>,
        known: &HashMap<BufferId, DraftOperand>,
        view: &View,
    ) -> DraftOperand {
        if let Some(&origin) = known.get(&view.buffer) {
            return origin;
        }
        let (address, runs) = (addresses.of(view), view.runs());
        if runs.iter().all(|&(_, stride)| stride == 0) {
            return DraftOperand::Memory(LoopOperand::Scalar(address));
        }
        if let [(_, 1)] = runs[..] {
            return DraftOperand::Memory(LoopOperand::Elements(address));
        }
        let fill = (address, runs);
        DraftOperand::Fill(self.fills.iter().position(|known| *known == fill).unwrap_or_else(|| {
            self.fills.push(fill);
            self.fills.len() - 1
        }))
    }

    fn step(&mut self, op: StepOp, operands: [DraftOperand; 3]) -> DraftOperand {
        self.steps.push(DraftStep { op, operands });
        DraftOperand::Step(self.steps.len() - 1)
    }

    /// An operand that is stored unchanged, from where another store writes, goes through a register. Plans rely on this: a
    /// result may lie where any operand does that is read index by index.
    fn keep_from_overwriting(&mut self) {
        for store in 0..self.stores.len() {
            if let (origin @ DraftOperand::Memory(LoopOperand::Elements(address)), _) = self.stores[store]
                && self.stores.iter().any(|&(_, out)| address == Address::in_arena(out))
            {
                self.stores[store].0 = self.step(StepOp::Copy, [origin, ABSENT, ABSENT]);
            }
        }
    }

    /// What is read when all steps are done.
    fn ends(&self) -> impl Iterator<Item = DraftOperand> {
        self.stores.iter().map(|store| store.0).chain(self.sums.iter().map(|sum| sum.0))
    }

    /// `a · b + c` where the product is read once becomes one op, as hand-written code would have it.
    fn contract_multiply_adds(&mut self) {
        let mut reads = vec![0; self.steps.len()];
        for origin in self.steps.iter().flat_map(|step| step.operands).chain(self.ends()) {
            if let DraftOperand::Step(step) = origin {
                reads[step] += 1;
            }
        }
        for step in 0..self.steps.len() {
            let [first, second, _] = self.steps[step].operands;
            let product = |origin: DraftOperand| match origin {
                DraftOperand::Step(product)
                    if reads[product] == 1 && self.steps[product].op == StepOp::Elementwise(Elementwise::Mul) =>
                {
                    Some(self.steps[product].operands)
                }
                _ => None,
            };
            let op = self.steps[step].op;
            let contracted = if op == StepOp::Elementwise(Elementwise::Add) {
                let by_first = product(first).map(|factors| (StepOp::MulAdd, factors, second));
                by_first.or_else(|| product(second).map(|factors| (StepOp::MulAdd, factors, first)))
            } else if op == StepOp::Elementwise(Elementwise::Sub) {
                product(second).map(|factors| (StepOp::NegMulAdd, factors, first))
            } else {
                None
            };
            let Some((op, [a, b, _], c)) = contracted else { continue };
            self.steps[step] = DraftStep { op, operands: [a, b, c] };
        }
    }

    /// For each step, and for each fill, the step that reads it last; the number of steps for what is read when all are
    /// done. A step that nothing reads has none.
    fn last_reads(&self) -> (Vec<Option<usize>>, Vec<usize>) {
        let end = self.steps.len();
        let mut of_steps: Vec<Option<usize>> = vec![None; end];
        let mut of_fills = vec![0; self.fills.len()];
        // What is read at the end is needed, and what that reads, backwards.
        let mut read = |origin: DraftOperand, user: usize, of_steps: &mut Vec<Option<usize>>| match origin {
            DraftOperand::Step(step) => {
                of_steps[step].get_or_insert(user);
            }
            DraftOperand::Fill(fill) => of_fills[fill] = user.max(of_fills[fill]),
            DraftOperand::Memory(_) => {}
        };
        self.ends().for_each(|origin| read(origin, end, &mut of_steps));
        for step in (0..end).rev() {
            if of_steps[step].is_some() {
                self.steps[step].operands.iter().for_each(|&origin| read(origin, step, &mut of_steps));
            }
        }
        (of_steps, of_fills)
    }

    /// Of how many elements a block is a multiple: whole vectors, and where that is not too many, whole periods of the
    /// operands that repeat, and whole rows of what is summed.
    fn unit(&self, most: usize) -> usize {
        let inner = self.sums.iter().map(|&(_, axis, _)| axis.inner);
        let periods = self.fills.iter().map(|(_, runs)| period(runs)).chain(inner).filter(|&period| period > 1);
        periods.fold(ALIGNMENT, |unit, period| {
            let common = unit / greatest_common_divisor(unit, period) * period;
            if common <= most { common } else { unit }
        })
    }

    /// The loop with registers for the results that are read.
    fn allocate(&self, size: usize) -> LoopCode {
        let code = self.allocate_in_units(size, self.unit(BLOCK / 2));
        // A block of f64 is half as long.
        let most = code.block / 2;
        if code.unit <= most { code } else { self.allocate_in_units(size, self.unit(most)) }
    }

    /// The same with blocks of whole units; a register is free again after the last read.
    fn allocate_in_units(&self, size: usize, unit: usize) -> LoopCode {
        let (last_reads, last_fill_reads) = self.last_reads();
        let is_steady = |runs: &[(usize, usize)]| unit.is_multiple_of(period(runs).max(1));
        let mut registers = FreeRegisters { free: Vec::new(), count: 0 };
        let of_fills: Vec<usize> = self.fills.iter().map(|_| registers.take()).collect();
        let mut of_steps = vec![0; self.steps.len()];
        let operand = |origin: DraftOperand, of_steps: &[usize]| match origin {
            DraftOperand::Step(step) => LoopOperand::Register(of_steps[step]),
            DraftOperand::Fill(fill) => LoopOperand::Register(of_fills[fill]),
            DraftOperand::Memory(operand) => operand,
        };
        let mut steps = Vec::new();
        for (step, draft) in self.steps.iter().enumerate().filter(|(step, _)| last_reads[*step].is_some()) {
            let operands = draft.operands.map(|origin| operand(origin, &of_steps));
            let freed = draft.operands.iter().filter_map(|&origin| match origin {
                DraftOperand::Step(other) => (last_reads[other] == Some(step)).then_some(of_steps[other]),
                DraftOperand::Fill(fill) if is_steady(&self.fills[fill].1) => None,
                DraftOperand::Fill(fill) => (last_fill_reads[fill] == step).then_some(of_fills[fill]),
                DraftOperand::Memory(_) => None,
            });
            registers.give(freed.collect());
            let register = registers.take();
            of_steps[step] = register;
            steps.push(LoopStep { op: draft.op, operands, register });
        }
        let stores: Vec<Store> =
            self.stores.iter().map(|&(origin, out)| Store { operand: operand(origin, &of_steps), out }).collect();
        let axis = self.sums.first().map(|sum| sum.1);
        let sums =
            self.sums.iter().map(|&(origin, axis, out)| SumCode { operand: operand(origin, &of_steps), axis, out });
        let sums: Vec<SumCode> = sums.collect();
        let fills = self.fills.iter().cloned().zip(&of_fills);
        let reads = steps.iter().flat_map(|step| step.operands).chain(sums.iter().map(|sum| sum.operand));
        let block = block(registers.count + stores.len(), reads);
        let cost = steps.iter().map(|step| step.op.cost()).sum::<usize>();
        LoopCode {
            size,
            block,
            unit,
            fills: (fills.map(|((address, runs), &register)| Fill {
                address,
                is_steady: is_steady(&runs),
                runs,
                register,
            }))
            .collect(),
            chunks: Chunks::of(size, cost + sums.len(), stores.len(), axis),
            steps,
            stores,
            sums,
            registers: registers.count,
        }
    }
}

/// How many elements ops take at once, so that a block of each register, store and operand lies in the first cache: the more,
/// the less time goes into choosing ops.
fn block(registers_and_stores: usize, operands: impl Iterator<Item = LoopOperand>) -> usize {
    let mut addresses: Vec<Address> = (operands.filter_map(|operand| match operand {
        LoopOperand::Elements(address) => Some(address),
        LoopOperand::Register(_) | LoopOperand::Scalar(_) | LoopOperand::Absent => None,
    }))
    .collect();
    addresses.sort_unstable_by_key(|address| (address.offset, address.space == Space::Arena));
    addresses.dedup();
    // One more is where the next op writes.
    let in_use = registers_and_stores + addresses.len() + 1;
    BLOCK >> in_use.div_ceil(IN_FIRST_CACHE).next_power_of_two().ilog2().min(2)
}

fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Gives out registers.
struct FreeRegisters {
    free: Vec<usize>,
    count: usize,
}

impl FreeRegisters {
    fn take(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        })
    }

    /// These are free again; one that was read twice is given back once.
    fn give(&mut self, mut freed: Vec<usize>) {
        freed.sort_unstable();
        freed.dedup();
        self.free.extend(freed);
    }
}
