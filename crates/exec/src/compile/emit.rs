//! The last pass: kernels whose buffers have addresses become instructions.

use chainrule_kernels::pool::Places;
use chainrule_kernels::strided::{CopyRun, Run};

use super::addresses::Addresses;
use super::buffer::BufferId;
use super::loops::loop_over_steps;
use super::memory::ArenaLayout;
use super::options::Options;
use super::plan::{BlockCopy, GradientOfBest, Kernel, KernelKind, Loop, LoopNode, LoopOp, Plan};
use super::products::product_code;
use super::registers::loop_code;
use super::schedule::WriteBack;
use super::view::View;
use crate::error::ExecError;
use crate::program::address::Address;
use crate::program::copy_code::{PadCode, StridedCopy};
use crate::program::instruction::{
    BestCode, CustomCode, FoldCode, GradientCode, Instruction, LabelledInstruction, RandomCode, ScalarOp,
    ScalarOperand, ScalarStep,
};
use crate::program::window_code::{RowCode, TermCode, WindowCode};

/// The instructions of a program.
pub(crate) struct Instructions {
    /// Those that run once a run, before the first step.
    pub prologue: Vec<LabelledInstruction>,
    /// Those of a step.
    pub step: Vec<LabelledInstruction>,
    /// Those that end a step, when all else is done.
    pub write_back: Vec<LabelledInstruction>,
}

/// The instructions of a plan whose buffers have addresses. Buffers in `kept` are read after the last.
///
/// # Errors
/// The body of a loop that cannot be compiled.
pub(crate) fn emit(
    plan: &Plan,
    layout: &ArenaLayout,
    write_backs: &[WriteBack],
    kept: &[BufferId],
    options: &Options,
) -> Result<Instructions, ExecError> {
    let addresses = Addresses::new(plan, layout, write_backs, kept);
    let mut emitter = Emitter { plan, addresses, options, loops: 0 };
    let prologue = emitter.kernels(&plan.prologue)?;
    let step = emitter.kernels(&plan.kernels)?;
    let write_back = join_scalars(write_backs.iter().map(|write_back| emitter.write_back(write_back)).collect());
    Ok(Instructions { prologue, step, write_back })
}

/// Two dot products in a row that share an operand are one pass over it.
fn join_dots(instructions: impl Iterator<Item = LabelledInstruction>) -> Vec<LabelledInstruction> {
    let mut joined: Vec<LabelledInstruction> = Vec::new();
    for next in instructions {
        match joined.last().and_then(|last| Some((two_dots(&last.instruction, &next.instruction)?, &last.nodes))) {
            Some((instruction, nodes)) => {
                let nodes = nodes.iter().chain(&next.nodes).copied().collect();
                joined.pop();
                joined.push(LabelledInstruction { instruction, nodes });
            }
            None => joined.push(next),
        }
    }
    joined
}

fn two_dots(first: &Instruction, second: &Instruction) -> Option<Instruction> {
    let (&Instruction::Dot { x: a, y: b, length, out: first }, &Instruction::Dot { x: c, y: d, length: other, out }) =
        (first, second)
    else {
        return None;
    };
    if length != other || length == 1 || ![a, b, c, d].into_iter().all(Address::is_padded) {
        return None;
    }
    let (x, y, z) = match (a, b) {
        _ if a == c => (a, b, d),
        _ if a == d => (a, b, c),
        _ if b == c => (b, a, d),
        _ if b == d => (b, a, c),
        _ => return None,
    };
    Some(Instruction::TwoDots { x, y, z, length, outs: [first, out] })
}

/// Copies of scalars that follow one another are one chain.
fn join_scalars(instructions: Vec<LabelledInstruction>) -> Vec<LabelledInstruction> {
    let mut joined: Vec<LabelledInstruction> = Vec::new();
    for next in instructions {
        match (joined.last_mut().map(|last| &mut last.instruction), next.instruction) {
            (Some(Instruction::Scalars(steps)), Instruction::Scalars(more)) => steps.extend(more),
            (_, instruction) => joined.push(LabelledInstruction { instruction, nodes: next.nodes }),
        }
    }
    joined
}

/// The axes of a copy in the order in which they lie in the result, those that have more than one element, and neighbours merged
/// where one stride runs through both here and there.
fn copy_runs(source: &View, strides: impl Iterator<Item = isize>) -> Vec<CopyRun> {
    let axes = source.shape.iter().zip(&source.strides).zip(strides);
    let mut axes: Vec<CopyRun> =
        axes.map(|((&n, &from), to)| CopyRun { n, from, to }).filter(|axis| axis.n != 1).collect();
    axes.sort_by_key(|axis| std::cmp::Reverse(axis.to.unsigned_abs()));
    let mut runs: Vec<CopyRun> = Vec::with_capacity(axes.len());
    for CopyRun { n, from, to } in axes {
        match runs.last_mut() {
            Some(outer) if outer.from == n * from && outer.to == n as isize * to => {
                *outer = CopyRun { n: outer.n * n, from, to };
            }
            _ => runs.push(CopyRun { n, from, to }),
        }
    }
    runs
}

/// The axes of windows in the order in which they lie in memory, those that have more than one element, and neighbours merged
/// where one stride runs through both here and there.
fn fold_runs(windows: &View, strides: &[usize]) -> Vec<Run> {
    let axes = windows.shape.iter().zip(&windows.strides).zip(strides);
    let mut axes: Vec<Run> = axes.map(|((&n, &from), &to)| Run { n, from, to }).filter(|axis| axis.n != 1).collect();
    axes.sort_by_key(|axis| std::cmp::Reverse((axis.from, axis.to)));
    let mut runs: Vec<Run> = Vec::with_capacity(axes.len());
    for Run { n, from, to } in axes {
        match runs.last_mut() {
            Some(outer) if outer.from == n * from && outer.to == n * to => *outer = Run { n: outer.n * n, from, to },
            _ => runs.push(Run { n, from, to }),
        }
    }
    runs
}

/// The axes of windows in the order in which they lie, those that have more than one element.
fn places(gradient: &GradientOfBest) -> Vec<Places> {
    let GradientOfBest { places, elements, strides, .. } = gradient;
    let strides = places.strides.iter().zip(&elements.strides).zip(strides);
    let axes = places.shape.iter().zip(strides).filter(|(n, _)| **n != 1);
    let mut places: Vec<Places> = axes.map(|(&n, ((&from, &element), &to))| Places { n, from, element, to }).collect();
    places.sort_by_key(|axis| std::cmp::Reverse(axis.to));
    places
}

struct Emitter<'a> {
    plan: &'a Plan,
    addresses: Addresses<'a>,
    options: &'a Options,
    /// How many loops over steps there are so far, each share of one counted.
    loops: usize,
}

impl Emitter<'_> {
    fn kernels(&mut self, kernels: &[Kernel]) -> Result<Vec<LabelledInstruction>, ExecError> {
        let mut instructions = Vec::new();
        for kernel in kernels {
            instructions.extend(self.kernel(kernel)?);
        }
        Ok(join_dots(instructions.into_iter()))
    }

    fn kernel(&mut self, kernel: &Kernel) -> Result<Vec<LabelledInstruction>, ExecError> {
        let labelled = |instruction| LabelledInstruction { instruction, nodes: kernel.nodes.clone() };
        Ok(match &kernel.kind {
            KernelKind::Loop(Loop { size: 0, sums, .. }) if sums.is_empty() => Vec::new(),
            KernelKind::Loop(fused) => {
                vec![labelled(self.permuted(fused).unwrap_or_else(|| loop_code(&self.addresses, fused)))]
            }
            KernelKind::Product(product) => {
                let size = self.plan.size(product.out);
                product_code(&self.addresses, product, size).into_iter().map(labelled).collect()
            }
            KernelKind::WindowProduct(product) => vec![labelled(Instruction::WindowProduct(Box::new(WindowCode {
                windows: self.addresses.of(&product.windows),
                rows: product.rows.clone(),
                terms: product.terms.clone(),
                matrix: self.addresses.of(&product.matrix),
                columns: product.columns,
                out: self.addresses.out(product.out),
            })))],
            KernelKind::RowProduct(product) => vec![labelled(Instruction::RowProduct(Box::new(RowCode {
                windows: self.addresses.of(&product.windows),
                matrix: self.addresses.of(&product.matrix),
                layout: product.layout.clone(),
                out: self.addresses.out(product.out),
            })))],
            KernelKind::TermProduct(product) => vec![labelled(Instruction::TermProduct(Box::new(TermCode {
                windows: self.addresses.of(&product.windows),
                matrix: self.addresses.of(&product.matrix),
                layout: product.layout.clone(),
                out: self.addresses.out(product.out),
            })))],
            KernelKind::AxisOp { op, input, axis, out } => vec![labelled(Instruction::AxisOp {
                op: *op,
                input: self.addresses.of(input),
                axis: *axis,
                out: self.addresses.out(*out),
                length: self.plan.size(*out),
            })],
            KernelKind::Gather { table, indices, dimensions, out } => vec![labelled(Instruction::Gather {
                table: self.addresses.of(table),
                indices: self.addresses.of(indices),
                dimensions: *dimensions,
                out: self.addresses.out(*out),
            })],
            KernelKind::ScatterAdd { indices, elements, dimensions, out } => vec![labelled(Instruction::ScatterAdd {
                indices: self.addresses.of(indices),
                elements: self.addresses.of(elements),
                dimensions: *dimensions,
                out: self.addresses.out(*out),
            })],
            KernelKind::Assemble { blocks, filled, out } => {
                if let Some(code) = self.pad(blocks, *filled, *out) {
                    return Ok(vec![labelled(Instruction::Pad(Box::new(code)))]);
                }
                let (out, length) = (self.addresses.out(*out), self.plan.size(*out));
                let clear = (!filled).then_some(Instruction::Clear { out, length });
                clear.into_iter().chain(blocks.iter().map(|block| self.copied(block, out))).map(labelled).collect()
            }
            KernelKind::Scan { op, inputs, outs } => {
                let code = loop_over_steps(&self.addresses, op, inputs, outs, self.options, self.loops)?;
                self.loops += code.shares;
                vec![labelled(Instruction::Scan(Box::new(code)))]
            }
            KernelKind::Fold { windows, strides, out } => vec![labelled(Instruction::Fold(Box::new(FoldCode {
                windows: self.addresses.of(windows),
                runs: fold_runs(windows, strides),
                out: self.addresses.out(*out),
                length: self.plan.size(*out),
            })))],
            KernelKind::BestOfWindows { op, places, entries, out } => {
                vec![labelled(Instruction::BestOfWindows(Box::new(BestCode {
                    op: *op,
                    windows: self.addresses.of(places),
                    axes: places.runs(),
                    entries: entries.clone(),
                    out: self.addresses.out(*out),
                })))]
            }
            KernelKind::GradientOfBest(gradient) => {
                vec![labelled(Instruction::GradientOfBest(Box::new(GradientCode {
                    extreme: gradient.extreme,
                    windows: self.addresses.of(&gradient.places),
                    elements: self.addresses.of(&gradient.elements),
                    axes: places(gradient),
                    entries: gradient.entries.clone(),
                    overlap: gradient.overlap,
                    out: self.addresses.out(gradient.out),
                    length: self.plan.size(gradient.out),
                })))]
            }
            KernelKind::Random { op, inputs, out } => {
                let [key, example, steps @ ..] = &inputs[..] else { return Ok(Vec::new()) }; // its shape rule wants them
                vec![labelled(Instruction::Random(Box::new(RandomCode {
                    stream: op.stream,
                    key: self.addresses.of(key),
                    key_of_each: key.shape.rank() > 1,
                    example: self.addresses.of(example),
                    steps: steps.iter().map(|view| self.addresses.of(view)).collect(),
                    count: example.shape.size(),
                    size: op.shape.size(),
                    out: self.addresses.out(*out),
                })))]
            }
            KernelKind::Custom { op, inputs, outs } => {
                vec![labelled(Instruction::Custom(Box::new(CustomCode {
                    op: op.clone(),
                    inputs: inputs.iter().map(|view| (self.addresses.of(view), view.shape.clone())).collect(),
                    outs: outs.iter().map(|(shape, out)| (shape.clone(), self.addresses.out(*out))).collect(),
                })))]
            }
        })
    }

    /// The copy of elements that lie side by side along another axis than in the result, if that is all that a loop does.
    fn permuted(&self, fused: &Loop) -> Option<Instruction> {
        let ([LoopNode { op: LoopOp::Copy, operands, out }], []) = (&fused.body[..], &fused.sums[..]) else {
            return None;
        };
        let [view] = &operands[..] else { return None };
        let runs = view.runs();
        let lies_across = runs.last()?.1 != 1 && runs.iter().any(|&(_, stride)| stride == 1);
        let is_permuted = lies_across && runs.iter().all(|&(_, stride)| stride > 0);
        let strides = view.shape.strides().into_iter().map(|stride| stride as isize);
        let (source, out) = (self.addresses.of(view), self.addresses.arena_offset(*out).filter(|_| is_permuted)?);
        Some(Instruction::Copy(Box::new(StridedCopy { source, out, runs: copy_runs(view, strides) })))
    }

    fn copied(&self, block: &BlockCopy, out: usize) -> Instruction {
        Instruction::Copy(Box::new(self.strided_copy(block, out)))
    }

    fn strided_copy(&self, block: &BlockCopy, out: usize) -> StridedCopy {
        StridedCopy {
            source: self.addresses.of(&block.source),
            out: out + block.offset,
            runs: copy_runs(&block.source, block.strides.iter().copied()),
        }
    }

    /// One block in a border of zeros.
    fn pad(&self, blocks: &[BlockCopy], filled: bool, out: BufferId) -> Option<PadCode> {
        let ([block], false) = (blocks, filled) else { return None };
        let begin = self.addresses.out(out);
        PadCode::of(&self.strided_copy(block, begin), begin, self.plan.size(out))
    }

    fn write_back(&self, write_back: &WriteBack) -> LabelledInstruction {
        let WriteBack { value, target } = write_back;
        let (from, out) = (self.addresses.of(value), self.addresses.out(*target));
        let instruction = if value.shape.size() == 1 {
            let operands = [ScalarOperand::Stored(from); 3];
            Instruction::Scalars(vec![ScalarStep { op: ScalarOp::Copy, operands, out }])
        } else {
            let runs = copy_runs(value, value.shape.strides().into_iter().map(|stride| stride as isize));
            Instruction::Copy(Box::new(StridedCopy { source: from, out, runs }))
        };
        LabelledInstruction { instruction, nodes: Vec::new() }
    }
}
