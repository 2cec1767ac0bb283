//! The last pass: kernels with places become instructions.

use super::addresses::Addresses;
use super::plan::{Copied, Factors, Kernel, KernelKind, Loop, LoopNode, LoopOp, Plan, Product};
use super::registers::loop_code;
use super::schedule::WriteBack;
use super::view::{BufferId, View};
use crate::program::address::Address;
use crate::program::instruction::{
    Block, CustomCode, Factor, FactorAddresses, Instruction, LabelledInstruction, Matrix, MatrixMatrix, ScalarOp,
    ScalarOperand, ScalarStep,
};
use crate::program::layout::ArenaLayout;

/// The instructions of a program.
pub(crate) struct Instructions {
    /// Those that run once, before the first step.
    pub prologue: Vec<LabelledInstruction>,
    /// Those of a step.
    pub step: Vec<LabelledInstruction>,
    /// Those that end a step, once all else is done.
    pub write_back: Vec<LabelledInstruction>,
}

/// The instructions of a plan whose values have places. Values in `kept` are read after the last.
pub(crate) fn emit(plan: &Plan, layout: &ArenaLayout, write_backs: &[WriteBack], kept: &[BufferId]) -> Instructions {
    let emitter = Emitter { plan, addresses: Addresses::new(plan, layout, write_backs, kept) };
    let instructions = |kernels: &[Kernel]| join_dots(kernels.iter().flat_map(|kernel| emitter.kernel(kernel)));
    let write_back = join_scalars(write_backs.iter().map(|write_back| emitter.write_back(write_back)).collect());
    Instructions { prologue: instructions(&plan.prologue), step: instructions(&plan.kernels), write_back }
}

/// Two dot products in a row that share an operand are one pass over it.
fn join_dots(lines: impl Iterator<Item = LabelledInstruction>) -> Vec<LabelledInstruction> {
    let mut joined: Vec<LabelledInstruction> = Vec::new();
    for line in lines {
        match joined.last().and_then(|last| Some((two_dots(&last.instruction, &line.instruction)?, &last.nodes))) {
            Some((instruction, nodes)) => {
                let nodes = nodes.iter().chain(&line.nodes).copied().collect();
                joined.pop();
                joined.push(LabelledInstruction { instruction, nodes });
            }
            None => joined.push(line),
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
fn join_scalars(lines: Vec<LabelledInstruction>) -> Vec<LabelledInstruction> {
    let mut joined: Vec<LabelledInstruction> = Vec::new();
    for line in lines {
        match (joined.last_mut().map(|last| &mut last.instruction), line.instruction) {
            (Some(Instruction::Scalars(steps)), Instruction::Scalars(more)) => steps.extend(more),
            (_, instruction) => joined.push(LabelledInstruction { instruction, nodes: line.nodes }),
        }
    }
    joined
}

struct Emitter<'a> {
    plan: &'a Plan,
    addresses: Addresses<'a>,
}

impl Emitter<'_> {
    fn kernel(&self, kernel: &Kernel) -> Vec<LabelledInstruction> {
        let line = |instruction| LabelledInstruction { instruction, nodes: kernel.nodes.clone() };
        match &kernel.kind {
            KernelKind::Loop(Loop { size: 0, reduction: None, .. }) => Vec::new(),
            KernelKind::Loop(work) => {
                vec![line(self.transpose(work).unwrap_or_else(|| loop_code(&self.addresses, work)))]
            }
            KernelKind::Product(product) if self.plan.sizes[product.out.index()] == 0 => Vec::new(),
            KernelKind::Product(product) => self.products(product).into_iter().map(line).collect(),
            KernelKind::AxisOp { op, input, axis, out } => vec![line(Instruction::AxisOp {
                op: op.clone(),
                input: self.addresses.of(input),
                axis: *axis,
                out: self.addresses.out(*out),
            })],
            KernelKind::Gather { table, indices, dimensions, out } => vec![line(Instruction::Gather {
                table: self.addresses.of(table),
                indices: self.addresses.of(indices),
                dimensions: *dimensions,
                out: self.addresses.out(*out),
            })],
            KernelKind::ScatterAdd { indices, entries, dimensions, out } => vec![line(Instruction::ScatterAdd {
                indices: self.addresses.of(indices),
                entries: self.addresses.of(entries),
                dimensions: *dimensions,
                out: self.addresses.out(*out),
            })],
            KernelKind::Assemble { parts, filled, out } => {
                let (out, length) = (self.addresses.out(*out), self.plan.sizes[out.index()]);
                let clear = (!filled).then_some(Instruction::Clear { out, length });
                clear.into_iter().chain(parts.iter().map(|part| self.copied(part, out))).map(line).collect()
            }
            KernelKind::Custom { op, inputs, out } => vec![line(Instruction::Custom(Box::new(CustomCode {
                op: op.clone(),
                inputs: inputs.iter().map(|view| (self.addresses.of(view), view.shape.clone())).collect(),
                shape: self.plan.graph.nodes()[out.index()].shape.clone(),
                out: self.addresses.out(*out),
            })))],
        }
    }

    /// The copy of a matrix by columns, if that is all that a loop does.
    fn transpose(&self, work: &Loop) -> Option<Instruction> {
        let ([LoopNode { op: LoopOp::Copy, operands, out }], None) = (&work.body[..], &work.reduction) else {
            return None;
        };
        let [view] = &operands[..] else { return None };
        match view.runs()[..] {
            [(columns, 1), (rows, stride)] if stride == columns => Some(Instruction::Transpose {
                input: self.addresses.of(view),
                rows,
                columns,
                out: self.addresses.arena_offset(*out)?,
            }),
            _ => None,
        }
    }

    fn copied(&self, part: &Copied, out: usize) -> Instruction {
        let axes = part.source.shape.iter().zip(&part.source.strides).zip(&part.strides);
        let runs = axes.filter(|((n, _), _)| **n != 1).map(|((&n, &from), &to)| (n, from, to)).collect();
        Instruction::Block(Box::new(Block { source: self.addresses.of(&part.source), out: out + part.offset, runs }))
    }

    fn write_back(&self, write_back: &WriteBack) -> LabelledInstruction {
        let (from, out) = (self.addresses.of(&write_back.value), self.addresses.out(write_back.target));
        let instruction = if write_back.value.shape.size() == 1 {
            Instruction::Scalars(vec![ScalarStep {
                op: ScalarOp::Copy,
                operands: [ScalarOperand::Stored(from); 3],
                out,
            }])
        } else {
            let axes =
                write_back.value.shape.iter().zip(&write_back.value.strides).zip(write_back.value.shape.strides());
            let runs = axes.filter(|((n, _), _)| **n != 1).map(|((&n, &from), to)| (n, from, to as isize)).collect();
            Instruction::Block(Box::new(Block { source: from, out, runs }))
        };
        LabelledInstruction { instruction, nodes: Vec::new() }
    }

    fn factors(&self, factors: &Option<Factors>) -> FactorAddresses {
        let factor =
            |view: &Option<View>| view.as_ref().map_or(Factor::One, |view| Factor::Stored(self.addresses.of(view)));
        match factors {
            None => FactorAddresses { keep: Factor::Zero, scale: Factor::One },
            Some(factors) => FactorAddresses { keep: factor(&factors.keep), scale: factor(&factors.scale) },
        }
    }

    /// A product of matrices. One of two or three rows, columns or terms is so many products with a vector, where they are
    /// small: a product of matrices begins with packing them, which would take longer.
    fn products(&self, product: &Product) -> Vec<Instruction> {
        const FEW: std::ops::RangeInclusive<usize> = 2..=3;
        const SMALL: usize = 1 << 16;
        let &Product { m, n, k, .. } = product;
        let whole = || vec![self.product(product)];
        if !product.batches.is_empty() || k == 1 || m * n * k > SMALL {
            return whole();
        }
        let moved = |view: &View, by: usize| View { offset: view.offset + by, ..view.clone() };
        let (lhs, rhs) = (&product.lhs, &product.rhs);
        let part = |i: usize| match () {
            () if FEW.contains(&n) => {
                let part = Product { n: 1, rhs: moved(rhs, i * product.rhs_strides.1), ..product.clone() };
                (part, i * product.out_strides.1)
            }
            () if FEW.contains(&m) => {
                let part = Product { m: 1, lhs: moved(lhs, i * product.lhs_strides.0), ..product.clone() };
                (part, i * product.out_strides.0)
            }
            () => {
                let (lhs, rhs) = (moved(lhs, i * product.lhs_strides.1), moved(rhs, i * product.rhs_strides.0));
                let mut part = Product { k: 1, lhs, rhs, ..product.clone() };
                if let Some(factors) = part.accumulate.as_mut().filter(|_| i > 0) {
                    factors.keep = None;
                }
                (part, 0)
            }
        };
        let count = match () {
            () if FEW.contains(&n) => n,
            () if FEW.contains(&m) => m,
            () if FEW.contains(&k) && product.accumulate.is_some() => k,
            () => return whole(),
        };
        let parts: Vec<Instruction> = (0..count).map(part).map(|(part, by)| self.product_at(&part, by)).collect();
        let is_matrix = |part: &Instruction| matches!(part, Instruction::MatrixMatrix(_) | Instruction::Dot { .. });
        if parts.iter().any(is_matrix) { whole() } else { parts }
    }

    fn product(&self, product: &Product) -> Instruction {
        self.product_at(product, 0)
    }

    /// A product whose result begins so many entries behind its place.
    fn product_at(&self, product: &Product, by: usize) -> Instruction {
        let Product { m, n, k, .. } = *product;
        let (lhs, rhs, out) =
            (self.addresses.of(&product.lhs), self.addresses.of(&product.rhs), self.addresses.out(product.out) + by);
        let (lhs_m, lhs_k) = product.lhs_strides;
        let (rhs_k, rhs_n) = product.rhs_strides;
        let (out_m, out_n) = product.out_strides;
        let factors = self.factors(&product.accumulate);
        let single = product.batches.is_empty();
        let matrix_vector = |matrix, rows, x, transposed| Instruction::MatrixVector {
            matrix,
            rows,
            columns: k,
            transposed,
            x,
            out,
            factors,
        };
        let fresh = factors.keep == Factor::Zero;
        match (m, n, k) {
            (1, 1, _) if single && fresh && lhs_k == 1 && rhs_k == 1 => {
                Instruction::Dot { x: lhs, y: rhs, length: k, out }
            }
            // A number times a vector, added to a vector
            (_, 1, 1) if single && lhs_m == 1 && out_m == 1 => {
                Instruction::Axpy { factor: rhs, x: lhs, length: m, y: out, factors }
            }
            (1, _, 1) if single && rhs_n == 1 && out_n == 1 => {
                Instruction::Axpy { factor: lhs, x: rhs, length: n, y: out, factors }
            }
            (_, _, 1) if single && lhs_m == 1 && rhs_n == 1 && out_n == 1 && out_m == n => {
                Instruction::Outer { x: lhs, y: rhs, rows: m, columns: n, out, factors }
            }
            (_, _, 1) if single && lhs_m == 1 && rhs_n == 1 && out_m == 1 && out_n == m => {
                Instruction::Outer { x: rhs, y: lhs, rows: n, columns: m, out, factors }
            }
            (_, 1, _) if single && rhs_k == 1 && out_m == 1 && lhs_k == 1 && lhs_m == k => {
                matrix_vector(lhs, m, rhs, false)
            }
            (_, 1, _) if single && rhs_k == 1 && out_m == 1 && lhs_m == 1 && lhs_k == m => {
                matrix_vector(lhs, m, rhs, true)
            }
            (1, _, _) if single && lhs_k == 1 && out_n == 1 && rhs_k == 1 && rhs_n == k => {
                matrix_vector(rhs, n, lhs, false)
            }
            (1, _, _) if single && lhs_k == 1 && out_n == 1 && rhs_n == 1 && rhs_k == n => {
                matrix_vector(rhs, n, lhs, true)
            }
            _ => Instruction::MatrixMatrix(Box::new(MatrixMatrix {
                m,
                n,
                k,
                lhs: Matrix { at: lhs, row_stride: lhs_m, column_stride: lhs_k },
                rhs: Matrix { at: rhs, row_stride: rhs_k, column_stride: rhs_n },
                out,
                out_strides: (out_m, out_n),
                out_length: self.plan.sizes[product.out.index()],
                batches: product.batches.clone(),
                factors,
            })),
        }
    }
}
