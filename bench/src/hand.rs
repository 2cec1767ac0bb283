//! Hand-written training loops for one example a step, at the machine's best SIMD level: the limit.

use chainrule_kernels::vector::{axpby, axpy, dot};
use chainrule_kernels::{Level, Simd, dispatch};

/// Rows of an epoch.
pub const ROWS: usize = 100;
const RATE: f64 = 1e-4;

/// Linear or ridge regression on `d` features, an epoch a call.
pub fn linear(d: usize, decay: Option<f64>) -> impl FnMut() {
    let (x, y) = (noise(ROWS * d, 1), noise(ROWS, 2));
    let (mut w, mut b) = (vec![0.0; d], 0.0);
    move || dispatch!(Level::best(), simd => linear_epoch(simd, &x, &y, &mut w, &mut b, decay))
}

#[inline(always)]
fn linear_epoch<S: Simd>(simd: S, x: &[f64], y: &[f64], w: &mut [f64], b: &mut f64, decay: Option<f64>) {
    for (x, y) in x.chunks_exact(w.len()).zip(y) {
        let g = 2.0 * (dot(simd, x, w) + *b - y);
        match decay {
            None => axpy(simd, -RATE * g, x, w),
            Some(decay) => axpby(simd, -RATE * g, x, 1.0 - 2.0 * RATE * decay, w),
        }
        *b -= RATE * g;
    }
}

/// A perceptron d-10-1 with tanh, an epoch a call.
pub fn perceptron(d: usize) -> impl FnMut() {
    const M: usize = 10;
    let (x, y) = (noise(ROWS * d, 1), noise(ROWS, 2));
    let (mut w1, mut b1, mut w2, mut b2) = (noise(M * d, 3), vec![0.0; M], noise(M, 4), 0.0);
    let mut h = vec![0.0; M];
    move || {
        dispatch!(Level::best(), simd => {
            for (x, y) in x.chunks_exact(d).zip(&y) {
                for j in 0..M {
                    h[j] = (dot(simd, &w1[j * d..][..d], x) + b1[j]).tanh();
                }
                let g = 2.0 * (dot(simd, &h, &w2) + b2 - y);
                for j in 0..M {
                    let dl = g * w2[j] * (1.0 - h[j] * h[j]);
                    w2[j] -= RATE * g * h[j];
                    b1[j] -= RATE * dl;
                    axpy(simd, -RATE * dl, x, &mut w1[j * d..][..d]);
                }
                b2 -= RATE * g;
            }
        });
    }
}

/// Numbers in ±½.
pub fn noise(n: usize, seed: u64) -> Vec<f64> {
    let mut s = seed | 1;
    (0..n)
        .map(|_| {
            s ^= s << 13;
            s ^= s >> 7;
            s ^= s << 17;
            (s >> 11) as f64 / (1u64 << 53) as f64 - 0.5
        })
        .collect()
}
