//! The ops of a fused loop over a block: each on elements, or on a scalar that is spread.

use chainrule_graph::ops::signature::Cost;
use chainrule_graph::ops::{Elementwise, Exponent};
use chainrule_kernels::simd::*;
use chainrule_kernels::{Float, Lanes, Simd, elementwise, math, vector};

use crate::program::loop_code::StepOp;
use crate::reference::elementwise::{FormulaUse, with_formula};

/// What an op reads over a block: elements, or where there are none a scalar that is spread. Not an enum: that would be
/// written to memory in parts and read back whole, and the processor waits for such a read longer than a short block takes.
#[derive(Clone, Copy)]
pub(super) struct Read<'a, T> {
    pub elements: Option<&'a [T]>,
    pub scalar: T,
}

impl<'a, T: Float> Read<'a, T> {
    #[inline(always)]
    pub fn elements(elements: &'a [T]) -> Read<'a, T> {
        Read { elements: Some(elements), scalar: T::ZERO }
    }

    #[inline(always)]
    pub fn scalar(scalar: T) -> Read<'a, T> {
        Read { elements: None, scalar }
    }

    /// The element at an index.
    fn at(self, index: usize) -> f64 {
        self.elements.map_or(self.scalar, |elements| elements[index]).to_f64()
    }
}

/// An op over a block, `inlined!(simd, out, |a, b| a + b)`, compiled where it is needed.
macro_rules! inlined {
    ($simd:ident, $out:ident, |$a:ident| $f:expr) => {
        one(
            $simd,
            $a,
            $out,
            #[inline(always)]
            |$a| $f,
        )
    };
    ($simd:ident, $out:ident, |$a:ident, $b:ident| $f:expr) => {
        two(
            $simd,
            $a,
            $b,
            $out,
            #[inline(always)]
            |$a, $b| $f,
        )
    };
    ($simd:ident, $out:ident, |$a:ident, $b:ident, $c:ident| $f:expr) => {
        three(
            $simd,
            $a,
            $b,
            $c,
            $out,
            #[inline(always)]
            |$a, $b, $c| $f,
        )
    };
}

/// The same, called, and so compiled once for a level and a precision.
macro_rules! called {
    ($simd:ident, $($op:tt)*) => { call($simd, #[inline(always)] || inlined!($simd, $($op)*)) };
}

/// One op over a block. The frequent ones are inlined where they are needed; long and rare ones are called.
#[inline(always)]
pub(super) fn compute<S: Simd, T: Float>(
    simd: S,
    op: StepOp,
    a: Read<'_, T>,
    b: Read<'_, T>,
    c: Read<'_, T>,
    out: &mut [T],
) {
    use Elementwise::*;
    match op {
        StepOp::MulAdd => inlined!(simd, out, |a, b, c| a.mul_add(b, c)),
        StepOp::NegMulAdd => inlined!(simd, out, |a, b, c| (-a).mul_add(b, c)),
        StepOp::Copy => inlined!(simd, out, |a| a),
        StepOp::Elementwise(Add) => inlined!(simd, out, |a, b| a + b),
        StepOp::Elementwise(Sub) => inlined!(simd, out, |a, b| a - b),
        StepOp::Elementwise(Mul) => inlined!(simd, out, |a, b| a * b),
        StepOp::Elementwise(Div) => inlined!(simd, out, |a, b| a / b),
        StepOp::Elementwise(StrongMul) => called!(simd, out, |a, b| elementwise::strong(simd, a, a * b)),
        StepOp::Elementwise(StrongDiv) => called!(simd, out, |a, b| elementwise::strong(simd, a, a / b)),
        StepOp::Elementwise(Neg) => inlined!(simd, out, |a| -a),
        StepOp::Elementwise(Power(Exponent(2.0))) => inlined!(simd, out, |a| a * a),
        StepOp::Elementwise(Exp) => called!(simd, out, |a| math::exp(simd, a)),
        StepOp::Elementwise(Expm1) => called!(simd, out, |a| math::expm1(simd, a)),
        StepOp::Elementwise(Log) => called!(simd, out, |a| math::log(simd, a)),
        StepOp::Elementwise(Log1p) => called!(simd, out, |a| math::log1p(simd, a)),
        StepOp::Elementwise(Sqrt) => called!(simd, out, |a| math::sqrt(simd, a)),
        StepOp::Elementwise(Rsqrt) => called!(simd, out, |a| math::rsqrt(simd, a)),
        StepOp::Elementwise(Tanh) => called!(simd, out, |a| math::tanh(simd, a)),
        StepOp::Elementwise(Sigmoid) => called!(simd, out, |a| math::sigmoid(simd, a)),
        StepOp::Elementwise(Softplus) => called!(simd, out, |a| math::softplus(simd, a)),
        StepOp::Elementwise(Erf) => called!(simd, out, |a| math::erf(simd, a)),
        StepOp::Elementwise(Max) => called!(simd, out, |a, b| elementwise::maximum(simd, a, b)),
        StepOp::Elementwise(Min) => called!(simd, out, |a, b| elementwise::minimum(simd, a, b)),
        StepOp::Elementwise(Less) => called!(simd, out, |a, b| elementwise::indicator(simd, a.simd_lt(b))),
        StepOp::Elementwise(LessEqual) => called!(simd, out, |a, b| elementwise::indicator(simd, a.simd_le(b))),
        StepOp::Elementwise(Equal) => called!(simd, out, |a, b| elementwise::indicator(simd, a.simd_eq(b))),
        StepOp::Elementwise(NotEqual) => {
            called!(simd, out, |a, b| a.simd_eq(b).select(spread(simd, T::ZERO), spread(simd, T::ONE)))
        }
        StepOp::Elementwise(Where) => called!(simd, out, |a, b, c| a.simd_eq(spread(simd, T::ZERO)).select(c, b)),
        StepOp::Elementwise(Abs) => called!(simd, out, |a| a.abs()),
        StepOp::Elementwise(Sign) => called!(simd, out, |a| elementwise::sign(simd, a)),
        StepOp::Elementwise(op) => by_library(op, OnBlock { a, b, c, out }),
    }
}

/// Long and rare work: called, and so compiled once for a level and a precision.
#[inline(never)]
fn call<S: Simd>(simd: S, work: impl FnOnce()) {
    simd.vectorize(work);
}

/// An op that costs what the scalar library does: element by element in f64, by the formula of the reference. Any other has
/// an arm in [`compute`]; one without is found by the case table.
#[inline(never)]
fn by_library<T: Float>(op: Elementwise, block: OnBlock<'_, T>) {
    debug_assert_eq!(op.signature().cost, Cost::Library, "{op:?} has no kernel");
    match op {
        // A small whole n by multiplication.
        Elementwise::Power(Exponent(n)) if n.fract() == 0.0 && n.abs() <= 16.0 => block.unary(|a| a.powi(n as i32)),
        Elementwise::Power(Exponent(n)) => block.unary(|a| a.powf(n)),
        op => with_formula(op, block),
    }
}

/// A formula over a block: the operands of an op, of which it reads as many as it takes, and its result.
struct OnBlock<'a, T> {
    a: Read<'a, T>,
    b: Read<'a, T>,
    c: Read<'a, T>,
    out: &'a mut [T],
}

impl<T: Float> FormulaUse for OnBlock<'_, T> {
    type Output = ();

    fn unary(self, f: impl Fn(f64) -> f64) {
        let f = |a: T| T::from_f64(f(a.to_f64()));
        match self.a.elements {
            Some(elements) => self.out.iter_mut().zip(elements).for_each(|(out, &a)| *out = f(a)),
            None => self.out.fill(f(self.a.scalar)),
        }
    }

    fn binary(self, f: impl Fn(f64, f64) -> f64) {
        for (i, out) in self.out.iter_mut().enumerate() {
            *out = T::from_f64(f(self.a.at(i), self.b.at(i)));
        }
    }

    fn ternary(self, f: impl Fn(f64, f64, f64) -> f64) {
        for (i, out) in self.out.iter_mut().enumerate() {
            *out = T::from_f64(f(self.a.at(i), self.b.at(i), self.c.at(i)));
        }
    }
}

#[inline(always)]
fn spread<S: Simd, T: Float>(simd: S, scalar: T) -> Lanes<S, T> {
    Lanes::<S, T>::splat(simd, scalar)
}

#[inline(always)]
fn one<S: Simd, T: Float>(simd: S, a: Read<'_, T>, out: &mut [T], f: impl Fn(Lanes<S, T>) -> Lanes<S, T>) {
    match a.elements {
        Some(elements) => vector::map(simd, elements, out, f),
        None => out.fill(f(spread(simd, a.scalar))[0]),
    }
}

#[inline(always)]
fn two<S: Simd, T: Float>(
    simd: S,
    a: Read<'_, T>,
    b: Read<'_, T>,
    out: &mut [T],
    f: impl Fn(Lanes<S, T>, Lanes<S, T>) -> Lanes<S, T>,
) {
    match (a.elements, b.elements) {
        (Some(a), Some(b)) => vector::zip(simd, a, b, out, f),
        (_, None) => {
            let b = spread(simd, b.scalar);
            inlined!(simd, out, |a| f(a, b));
        }
        (None, _) => {
            let a = spread(simd, a.scalar);
            inlined!(simd, out, |b| f(a, b));
        }
    }
}

#[inline(always)]
fn three<S: Simd, T: Float>(
    simd: S,
    a: Read<'_, T>,
    b: Read<'_, T>,
    c: Read<'_, T>,
    out: &mut [T],
    f: impl Fn(Lanes<S, T>, Lanes<S, T>, Lanes<S, T>) -> Lanes<S, T>,
) {
    match (a.elements, b.elements, c.elements) {
        (Some(a), Some(b), Some(c)) => vector::zip_three(simd, a, b, c, out, f),
        (None, ..) => {
            let a = spread(simd, a.scalar);
            inlined!(simd, out, |b, c| f(a, b, c));
        }
        (_, None, _) => {
            let b = spread(simd, b.scalar);
            inlined!(simd, out, |a, c| f(a, b, c));
        }
        (.., None) => {
            let c = spread(simd, c.scalar);
            inlined!(simd, out, |a, b| f(a, b, c));
        }
    }
}
