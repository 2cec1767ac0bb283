//! Chains of scalars: one op after the other on single elements of the arena.

use chainrule_graph::ops::Elementwise;
use chainrule_kernels::{Float, Simd, mul_add};

use super::arena::{ArenaView, Reads};
use super::elementwise::{Read, compute};
use crate::program::instruction::{ScalarOp, ScalarOperand, ScalarStep};
use crate::program::loop_code::StepOp;

/// Runs a chain.
#[inline(always)]
pub(super) fn run<S: Simd, T: Float>(simd: S, steps: &[ScalarStep], arena: &mut ArenaView<'_, T>) {
    let mut last = T::ZERO;
    for step in steps {
        let [a, b, c] = step.operands;
        let read = |operand| read(operand, last, arena);
        let a = read(a);
        last = match step.op {
            ScalarOp::Copy => a,
            ScalarOp::Neg => -a,
            ScalarOp::Add => a + read(b),
            ScalarOp::Sub => a - read(b),
            ScalarOp::Mul => a * read(b),
            ScalarOp::Div => a / read(b),
            ScalarOp::StrongMul => strong(a, a * read(b)),
            ScalarOp::StrongDiv => strong(a, a / read(b)),
            ScalarOp::Square => a * a,
            ScalarOp::MulAdd => mul_add(simd, a, read(b), read(c)),
            ScalarOp::NegMulAdd => mul_add(simd, -a, read(b), read(c)),
            ScalarOp::Other(op) => other(simd, op, a, read(b), read(c)),
        };
        arena.elements[step.out] = last;
    }
}

/// 0 where a is 0, whatever was made of it.
#[inline(always)]
fn strong<T: Float>(a: T, result: T) -> T {
    if a == T::ZERO { T::ZERO } else { result }
}

#[inline(always)]
fn read<T: Float>(operand: ScalarOperand, last: T, arena: &ArenaView<'_, T>) -> T {
    match operand {
        ScalarOperand::Last => last,
        ScalarOperand::Stored(address) => arena.scalar(address),
    }
}

/// Any other op, as on a block of one element: so it has the bits that a lane of a vector gets.
#[inline(never)]
fn other<S: Simd, T: Float>(simd: S, op: Elementwise, a: T, b: T, c: T) -> T {
    let mut out = [T::ZERO];
    let [a, b, c] = [a, b, c].map(Read::scalar);
    simd.vectorize(
        #[inline(always)]
        || compute(simd, StepOp::Elementwise(op), a, b, c, &mut out),
    );
    out[0]
}
