//! The two precisions, and vectors of them: kernels are written once for both.

use crate::coefficients::Coefficients;
use fearless_simd::prelude::*;

/// `f32` or `f64`. Vectors of it, at a level `S`, are [`Lanes<S, Self>`].
pub trait Float: Coefficients {
    /// Positive infinity.
    const INFINITY: Self;
    /// Negative infinity.
    const NEG_INFINITY: Self;
    /// A quiet NaN.
    const NAN: Self;
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// ½.
    const HALF: Self;
    /// 2.
    const TWO: Self;

    /// The nearest value of this precision.
    fn from_f64(x: f64) -> Self;
    /// The same value in f64.
    fn to_f64(self) -> f64;
    /// Whether it is NaN.
    fn is_nan(self) -> bool;
}

macro_rules! float {
    ($type:ident) => {
        impl Float for $type {
            const INFINITY: Self = $type::INFINITY;
            const NEG_INFINITY: Self = $type::NEG_INFINITY;
            const NAN: Self = $type::NAN;
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const HALF: Self = 0.5;
            const TWO: Self = 2.0;

            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $type
            }

            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }

            #[inline(always)]
            fn is_nan(self) -> bool {
                $type::is_nan(self)
            }
        }
    };
}

float!(f32);
float!(f64);

/// The level's full vector of `T`: 2, 4 or 8 lanes of f64, twice as many of f32.
pub type Lanes<S, T> = <T as SimdFloatElement>::Native<S>;

/// How many elements a vector of the level holds.
#[inline(always)]
#[must_use]
pub const fn lanes<S: Simd, T: Float>() -> usize {
    <Lanes<S, T> as SimdBase<S>>::LEN
}

/// `a · b + c` of three values, with the bits that a lane of a vector gets: rounded once where the
/// level has a fused multiply-add, twice where it has not.
#[inline(always)]
pub fn mul_add<S: Simd, T: Float>(simd: S, a: T, b: T, c: T) -> T {
    Lanes::<S, T>::splat(simd, a).mul_add(b, c)[0]
}

/// A vector of a slice, which is as long as a vector.
#[inline(always)]
pub fn load<S: Simd, T: Float>(simd: S, x: &[T]) -> Lanes<S, T> {
    Lanes::<S, T>::from_slice(simd, x)
}

/// A function of vectors at one value. Write the closure as `#[inline(always)] |x| …`.
#[inline(always)]
pub fn one<S: Simd, T: Float>(simd: S, x: T, f: impl Fn(Lanes<S, T>) -> Lanes<S, T>) -> T {
    f(Lanes::<S, T>::splat(simd, x))[0]
}

/// A vector of a slice at most as long as one, the lanes beyond it `fill`.
#[inline(always)]
pub(crate) fn load_partial<S: Simd, T: Float>(simd: S, x: &[T], fill: T) -> Lanes<S, T> {
    if x.len() == lanes::<S, T>() {
        return load(simd, x);
    }
    let mut v = Lanes::<S, T>::splat(simd, fill);
    for (i, &x) in x.iter().enumerate() {
        v[i] = x;
    }
    v
}

/// The first lanes into a slice at most as long as a vector.
#[inline(always)]
pub(crate) fn store_partial<S: Simd, T: Float>(v: Lanes<S, T>, y: &mut [T]) {
    if y.len() == lanes::<S, T>() {
        return v.store_slice(y);
    }
    for (i, y) in y.iter_mut().enumerate() {
        *y = v[i];
    }
}

/// Which lanes of the level's full vector.
pub(crate) type Mask<S, T> = <Lanes<S, T> as SimdBase<S>>::Mask;

/// A mask that is true in the last `n` lanes.
#[inline(always)]
pub(crate) fn last_lanes<S: Simd, T: Float>(simd: S, n: usize) -> Mask<S, T> {
    let len = lanes::<S, T>();
    SimdMask::from_bitmask(simd, (u64::MAX >> (64 - len)) & !((1 << (len - n)) - 1))
}

/// A mask that is true in the first `n` lanes, fewer than all.
#[inline(always)]
pub(crate) fn first_lanes<S: Simd, T: Float>(simd: S, n: usize) -> Mask<S, T> {
    SimdMask::from_bitmask(simd, (1 << n) - 1)
}
