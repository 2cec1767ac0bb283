//! Numerical kernels on slices, shapes and strides; nothing about graphs.
//!
//! - [`level`]: SIMD levels, and [`dispatch!`], which compiles a whole loop for each of them.
//! - [`float`]: f32 and f64, and the vectors of a level; every kernel is written once for both. [`Coefficients`] are the
//!   constants of the approximations in each precision.
//! - [`vector`], [`elementwise`], [`matrix`], [`reduce`], [`softmax`], [`index`], [`strided`], [`windows`], [`row_windows`],
//!   [`term_windows`], [`pool`]: the kernels that are inlined in a dispatched loop, and [`math`] the elementary functions.
//! - [`gemm`](mod@gemm): matrix products, over threads.
//! - [`philox`]: random numbers as a pure function of their position.
//!
//! A kernel allocates nothing, keeps no state, and its result depends on its arguments, the level and
//! (for [`Gemm`]) the machine alone: not on threads, not on alignment.
#![deny(unsafe_code)]

mod coefficients;
pub mod elementwise;
pub mod float;
pub mod gemm;
pub mod index;
pub mod level;
pub mod math;
pub mod matrix;
pub mod philox;
pub mod pool;
pub mod reduce;
pub mod row_windows;
pub mod softmax;
pub mod strided;
pub mod term_windows;
pub mod vector;
pub mod windows;

pub use coefficients::Coefficients;
/// The traits of vectors: arithmetic, comparisons, `select`, `mul_add`.
pub use fearless_simd::prelude as simd;
pub use float::{Float, Lanes, mul_add};
pub use gemm::{Gemm, GemmError, Layout, Threads};
pub use level::{Level, Simd};
