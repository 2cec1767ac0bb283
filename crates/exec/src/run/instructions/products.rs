//! Products of matrices, one or a batch of them.

use chainrule_kernels::{Float, Gemm, Layout, Threads};

use super::super::arena::ArenaView;
use super::kept;
use super::parts::parts;
use crate::program::instruction::{Matrix, MatrixMatrix};

/// A batch of fewer multiplications than these is not worth two threads.
const WORTH: usize = 1 << 20;

/// Runs a product. A large one is cut by its kernel; of a batch of small ones threads take a part each, so that an element is
/// the same sum in any of them.
pub(super) fn run<T: Float>(product: &MatrixMatrix, arena: &mut ArenaView<'_, T>, threads: Threads) {
    let (beta, alpha) = arena.factors(product.factors);
    let (c, rest) = arena.split(product.out, product.out_length);
    let beta = kept(product.factors.keep, beta, c);
    let (a, b) = (rest.from(product.lhs.address, 0), rest.from(product.rhs.address, 0));
    let layout = |rows, cols, row_stride, col_stride| Layout { rows, cols, row_stride, col_stride };
    let of = |matrix: &Matrix, rows, cols| layout(rows, cols, matrix.row_stride, matrix.column_stride);
    let (lhs, rhs) = (of(&product.lhs, product.m, product.k), of(&product.rhs, product.k, product.n));
    let out = layout(product.m, product.n, product.out_strides.0, product.out_strides.1);
    let gemm = Gemm::new(lhs, rhs, out).expect("the pass that selects gives shapes that fit");
    let (first, inner) = match &product.batches[..] {
        [] => ((1, [0; 3]), &[][..]),
        [first, inner @ ..] => (*first, inner),
    };
    let count = product.batches.iter().map(|&(n, _)| n).product::<usize>();
    let reach = inner.iter().map(|&(n, strides)| n.saturating_sub(1) * strides[2]).sum::<usize>()
        + out.extent().expect("the product is planned");
    let are_apart = first.1[2] >= reach;
    let is_shared = gemm.threads() == 1 && are_apart;
    let parts = if is_shared { parts(threads, count * gemm.multiply_adds(), WORTH) } else { 1 };
    let batch = Batch { gemm, factors: (alpha, beta), inner, threads: if parts > 1 { Threads::One } else { threads } };
    batch.run([a, b], c, first, parts);
}

/// Products of one shape, at these offsets within each index of the outermost axis of the batch.
struct Batch<'a, T> {
    gemm: Gemm,
    factors: (T, T),
    inner: &'a [(usize, [usize; 3])],
    threads: Threads,
}

impl<T: Float> Batch<'_, T> {
    /// The products of so many indices of the outermost axis, in so many parts.
    fn run(&self, [a, b]: [&[T]; 2], c: &mut [T], (n, strides): (usize, [usize; 3]), parts: usize) {
        if parts > 1 && n > 1 {
            let half = (n * (parts / 2) / parts).max(1);
            let (earlier, later) = c.split_at_mut(half * strides[2]);
            let behind = [from(a, half * strides[0]), from(b, half * strides[1])];
            rayon::join(
                || self.run([a, b], earlier, (half, strides), parts / 2),
                || self.run(behind, later, (n - half, strides), parts - parts / 2),
            );
            return;
        }
        for index in 0..n {
            let [a, b] = [from(a, index * strides[0]), from(b, index * strides[1])];
            self.run_inner([a, b], &mut c[index * strides[2]..]);
        }
    }

    /// The products of one index of the outermost axis.
    fn run_inner(&self, [a, b]: [&[T]; 2], c: &mut [T]) {
        let (alpha, beta) = self.factors;
        let count: usize = self.inner.iter().map(|&(n, _)| n).product();
        for batch in 0..count {
            let (mut rest, mut offsets) = (batch, [0; 3]);
            for &(n, strides) in self.inner.iter().rev() {
                for (offset, stride) in offsets.iter_mut().zip(strides) {
                    *offset += rest % n * stride;
                }
                rest /= n;
            }
            let (a, b) = (from(a, offsets[0]), from(b, offsets[1]));
            self.gemm.run(alpha, a, b, beta, &mut c[offsets[2]..], self.threads);
        }
    }
}

/// An operand from an offset on; one without elements has no offsets: of an empty sum nothing is read.
fn from<T>(x: &[T], offset: usize) -> &[T] {
    x.get(offset..).unwrap_or_default()
}
