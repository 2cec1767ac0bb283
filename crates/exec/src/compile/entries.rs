//! The ops of a fused loop over a block: each on entries, or on a number that is spread.

use chainrule_graph::ops::Elementwise;
use chainrule_graph::ops::elementwise::Exponent;
use chainrule_kernels::simd::*;
use chainrule_kernels::{Float, Lanes, Simd, elementwise, math, vector};

use super::loops::BLOCK;
use super::program::StepOp;
use super::scalars::library;

/// What an op reads over a block.
#[derive(Clone, Copy)]
pub(super) enum Read<'a, T> {
    Entries(&'a [T]),
    Number(T),
}
/// One op over a block.
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
        StepOp::MulAdd => three(
            simd,
            a,
            b,
            c,
            out,
            #[inline(always)]
            |a, b, c| a.mul_add(b, c),
        ),
        StepOp::NegMulAdd => three(
            simd,
            a,
            b,
            c,
            out,
            #[inline(always)]
            |a, b, c| (-a).mul_add(b, c),
        ),
        StepOp::Copy => one(
            simd,
            a,
            out,
            #[inline(always)]
            |a| a,
        ),
        StepOp::Entry(op) => match op {
            Add => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| a + b,
            ),
            Sub => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| a - b,
            ),
            Mul => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| a * b,
            ),
            Div => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| a / b,
            ),
            Neg => one(
                simd,
                a,
                out,
                #[inline(always)]
                |a| -a,
            ),
            Power(Exponent(2.0)) => one(
                simd,
                a,
                out,
                #[inline(always)]
                |a| a * a,
            ),
            Exp | Expm1 | Log | Log1p | Sqrt | Rsqrt | Tanh | Sigmoid | Softplus | Erf => match a {
                Read::Entries(a) => function(simd, op, a, out),
                Read::Number(a) => function(simd, op, &[a; BLOCK][..out.len()], out),
            },
            Sin | Cos | Pow | Power(_) => by_library(op, a, b, out),
            Max | Min | Less | LessEqual | Equal | NotEqual | Where | Abs | Sign | ToReal | StopGradient => {
                rare(simd, op, a, b, c, out);
            }
        },
    }
}

/// The ops that are not frequent: compiled once for a level and a precision, as the elementary functions are.
fn rare<S: Simd, T: Float>(simd: S, op: Elementwise, a: Read<'_, T>, b: Read<'_, T>, c: Read<'_, T>, out: &mut [T]) {
    use Elementwise::*;
    let zero = Lanes::<S, T>::splat(simd, T::ZERO);
    simd.vectorize(
        #[inline(always)]
        || match op {
            Max => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| elementwise::maximum(simd, a, b),
            ),
            Min => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| elementwise::minimum(simd, a, b),
            ),
            Less => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| elementwise::indicator(simd, a.simd_lt(b)),
            ),
            LessEqual => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| elementwise::indicator(simd, a.simd_le(b)),
            ),
            Equal => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| elementwise::indicator(simd, a.simd_eq(b)),
            ),
            NotEqual => two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| a.simd_eq(b).select(zero, Lanes::<S, T>::splat(simd, T::ONE)),
            ),
            Where => three(
                simd,
                a,
                b,
                c,
                out,
                #[inline(always)]
                |a, b, c| a.simd_eq(zero).select(c, b),
            ),
            Abs => one(
                simd,
                a,
                out,
                #[inline(always)]
                |a| a.abs(),
            ),
            Sign => one(
                simd,
                a,
                out,
                #[inline(always)]
                |a| elementwise::sign(simd, a),
            ),
            ToReal | StopGradient => one(
                simd,
                a,
                out,
                #[inline(always)]
                |a| a,
            ),
            _ => {} // no other op comes here
        },
    );
}

/// An elementary function of each entry. Compiled once for a level and a precision, since each is long.
pub(super) fn function<S: Simd, T: Float>(simd: S, op: Elementwise, x: &[T], out: &mut [T]) {
    use Elementwise::*;
    simd.vectorize(
        #[inline(always)]
        || match op {
            Exp => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::exp(simd, x),
            ),
            Expm1 => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::expm1(simd, x),
            ),
            Log => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::log(simd, x),
            ),
            Log1p => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::log1p(simd, x),
            ),
            Sqrt => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::sqrt(simd, x),
            ),
            Rsqrt => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::rsqrt(simd, x),
            ),
            Tanh => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::tanh(simd, x),
            ),
            Sigmoid => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::sigmoid(simd, x),
            ),
            Softplus => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::softplus(simd, x),
            ),
            Erf => vector::map(
                simd,
                x,
                out,
                #[inline(always)]
                |x| math::erf(simd, x),
            ),
            _ => out.copy_from_slice(x), // no other op comes here
        },
    );
}

fn by_library<T: Float>(op: Elementwise, a: Read<'_, T>, b: Read<'_, T>, out: &mut [T]) {
    let at = |read: Read<'_, T>, i: usize| match read {
        Read::Entries(entries) => entries[i],
        Read::Number(number) => number,
    };
    for (i, out) in out.iter_mut().enumerate() {
        *out = library(op, at(a, i), at(b, i));
    }
}

#[inline(always)]
fn one<S: Simd, T: Float>(simd: S, a: Read<'_, T>, out: &mut [T], f: impl Fn(Lanes<S, T>) -> Lanes<S, T>) {
    match a {
        Read::Entries(a) => vector::map(simd, a, out, f),
        Read::Number(a) => out.fill(f(Lanes::<S, T>::splat(simd, a))[0]),
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
    let spread = |number| Lanes::<S, T>::splat(simd, number);
    match (a, b) {
        (Read::Entries(a), Read::Entries(b)) => vector::zip(simd, a, b, out, f),
        (Read::Entries(a), Read::Number(b)) => {
            let b = spread(b);
            vector::map(
                simd,
                a,
                out,
                #[inline(always)]
                |a| f(a, b),
            );
        }
        (Read::Number(a), Read::Entries(b)) => {
            let a = spread(a);
            vector::map(
                simd,
                b,
                out,
                #[inline(always)]
                |b| f(a, b),
            );
        }
        (Read::Number(a), Read::Number(b)) => out.fill(f(spread(a), spread(b))[0]),
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
    let spread = |number| Lanes::<S, T>::splat(simd, number);
    match (a, b, c) {
        (Read::Entries(a), Read::Entries(b), Read::Entries(c)) => vector::zip_three(simd, a, b, c, out, f),
        (Read::Number(a), b, c) => {
            let a = spread(a);
            two(
                simd,
                b,
                c,
                out,
                #[inline(always)]
                |b, c| f(a, b, c),
            );
        }
        (a, Read::Number(b), c) => {
            let b = spread(b);
            two(
                simd,
                a,
                c,
                out,
                #[inline(always)]
                |a, c| f(a, b, c),
            );
        }
        (a, b, Read::Number(c)) => {
            let c = spread(c);
            two(
                simd,
                a,
                b,
                out,
                #[inline(always)]
                |a, b| f(a, b, c),
            );
        }
    }
}
