//! Numerical kernels on slices, shapes and strides; nothing about graphs.
#![deny(unsafe_code)]

pub mod float;
pub mod level;
pub mod math;
pub mod philox;
pub mod vector;

pub use float::{Float, Lanes};
pub use level::{Level, Simd, Task};
