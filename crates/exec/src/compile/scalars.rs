//! Chains of scalars: one op after the other on single numbers of the arena.

use chainrule_graph::ops::Elementwise;
use chainrule_graph::ops::elementwise::Exponent;
use chainrule_kernels::{Float, Simd, mul_add};

use super::entries::function;
use super::loops::Reads;
use super::numbers::Numbers;
use super::program::{ScalarOp, ScalarOperand, ScalarStep};

/// Runs a chain.
#[inline(always)]
pub(super) fn run<S: Simd, T: Float>(simd: S, steps: &[ScalarStep], numbers: &mut Numbers<'_, T>) {
    let mut last = T::ZERO;
    for step in steps {
        let [a, b, c] = step.operands;
        let read = |operand| read(operand, last, numbers);
        let a = read(a);
        last = match step.op {
            ScalarOp::Copy => a,
            ScalarOp::Neg => -a,
            ScalarOp::Add => a + read(b),
            ScalarOp::Sub => a - read(b),
            ScalarOp::Mul => a * read(b),
            ScalarOp::Div => a / read(b),
            ScalarOp::Square => a * a,
            ScalarOp::MulAdd => mul_add(simd, a, read(b), read(c)),
            ScalarOp::NegMulAdd => mul_add(simd, -a, read(b), read(c)),
            ScalarOp::Other(op) => entry(simd, op, a, read(b), read(c)),
        };
        numbers.arena[step.out] = last;
    }
}

#[inline(always)]
fn read<T: Float>(operand: ScalarOperand, last: T, numbers: &Numbers<'_, T>) -> T {
    match operand {
        ScalarOperand::Last => last,
        ScalarOperand::At(at) => numbers.scalar(at),
    }
}

/// One elementwise op on numbers, with the bits that a lane of a vector gets. Truth values are 0 and 1.
fn entry<S: Simd, T: Float>(simd: S, op: Elementwise, a: T, b: T, c: T) -> T {
    use Elementwise::*;
    let truth = |holds: bool| if holds { T::ONE } else { T::ZERO };
    match op {
        Add => a + b,
        Sub => a - b,
        Mul => a * b,
        Div => a / b,
        Neg => -a,
        Max if a >= b || a.is_nan() => a,
        Max => b,
        Min if a <= b || a.is_nan() => a,
        Min => b,
        Less => truth(a < b),
        LessEqual => truth(a <= b),
        Equal => truth(a == b),
        NotEqual => truth(a != b),
        Where if a != T::ZERO => b,
        Where => c,
        Power(Exponent(2.0)) => a * a,
        Abs if a <= T::ZERO => T::ZERO - a,
        Abs => a,
        Sign if a > T::ZERO => T::ONE,
        Sign if a < T::ZERO => -T::ONE,
        Sign if a.is_nan() => a,
        Sign => T::ZERO,
        ToReal | StopGradient => a,
        Exp | Expm1 | Log | Log1p | Sqrt | Rsqrt | Tanh | Sigmoid | Softplus | Erf => {
            let mut out = [T::ZERO];
            function(simd, op, &[a], &mut out);
            out[0]
        }
        Sin | Cos | Pow | Power(_) => library(op, a, b),
    }
}

/// The ops that the scalar library computes, in f64.
pub(super) fn library<T: Float>(op: Elementwise, a: T, b: T) -> T {
    let (a, b) = (a.to_f64(), b.to_f64());
    T::from_f64(match op {
        Elementwise::Sin => a.sin(),
        Elementwise::Cos => a.cos(),
        Elementwise::Pow => a.powf(b),
        Elementwise::Power(Exponent(n)) => power(a, n),
        _ => f64::NAN, // no other op comes here
    })
}

/// aⁿ: a small whole n by multiplication.
fn power(a: f64, n: f64) -> f64 {
    if n.fract() == 0.0 && n.abs() <= 16.0 { a.powi(n as i32) } else { a.powf(n) }
}
