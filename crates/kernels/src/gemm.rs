//! Matrix products `C := α·A·B + β·C` on strided slices, through the `gemm` crate, or without its feature by plain loops.
//!
//! A [`Gemm`] is planned once for three layouts and run often. Above a size its output is cut in
//! chunks, each multiplied on one thread. The cut depends on the layouts alone, so that the bits are
//! the same for any number of threads.
//!
//! This file is the only one of the workspace with unsafe code.
#![allow(unsafe_code)]

use crate::float::Float;
use core::fmt;
use rayon::prelude::*;

/// How a matrix lies in a slice: element (i, j) at `i · row_stride + j · col_stride`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// From a row to the next, in elements.
    pub row_stride: usize,
    /// From a column to the next, in elements.
    pub col_stride: usize,
}

impl Layout {
    /// Rows one after another.
    #[must_use]
    pub const fn row_major(rows: usize, cols: usize) -> Self {
        Self { rows, cols, row_stride: cols, col_stride: 1 }
    }

    /// The same elements, rows and columns exchanged.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Self { rows: self.cols, cols: self.rows, row_stride: self.col_stride, col_stride: self.row_stride }
    }

    /// How long a slice must be to hold it; nothing if that, or a stride, is beyond the address space.
    #[must_use]
    pub fn extent(self) -> Option<usize> {
        if self.rows == 0 || self.cols == 0 {
            return Some(0);
        }
        let largest = isize::MAX as usize / size_of::<f64>();
        if self.row_stride.max(self.col_stride) > largest {
            return None;
        }
        let down = (self.rows - 1).checked_mul(self.row_stride)?;
        let right = (self.cols - 1).checked_mul(self.col_stride)?;
        let extent = down.checked_add(right)?.checked_add(1)?;
        (extent <= largest).then_some(extent)
    }

    /// Whether no two elements share an offset: rows that don't interleave, or columns that don't.
    const fn is_injective(self) -> bool {
        const fn apart(inner: (usize, usize), outer: (usize, usize)) -> bool {
            (inner.0 <= 1 || inner.1 > 0)
                && (outer.0 <= 1 || outer.1 > inner.0.saturating_sub(1).saturating_mul(inner.1))
        }
        let (down, right) = ((self.rows, self.row_stride), (self.cols, self.col_stride));
        self.rows == 0 || self.cols == 0 || apart(down, right) || apart(right, down)
    }
}

/// Why three layouts don't make a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GemmError {
    /// A is m×k, B k×n and C m×n for no m, n, k.
    Shapes(Layout, Layout, Layout),
    /// Two elements of C have one offset.
    Overlap(Layout),
    /// A matrix is larger than the address space.
    TooLarge(Layout),
}

impl fmt::Display for GemmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = |l: &Layout| format!("{}×{}", l.rows, l.cols);
        match self {
            Self::Shapes(a, b, c) => {
                write!(f, "{} by {} does not give {}: A must be m×k, B k×n, C m×n", shape(a), shape(b), shape(c))
            }
            Self::Overlap(c) => write!(
                f,
                "the output {} with strides {} and {} has two elements at one offset",
                shape(c),
                c.row_stride,
                c.col_stride
            ),
            Self::TooLarge(l) => write!(f, "a matrix {} is beyond the address space", shape(l)),
        }
    }
}

impl core::error::Error for GemmError {}

/// Who multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// The calling thread.
    One,
    /// The threads of the rayon pool that the caller is in, where the product is large enough.
    Pool,
}

/// A product of three layouts, ready to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gemm {
    a: Layout,
    b: Layout,
    c: Layout,
    /// How long the three slices must be.
    extents: [usize; 3],
    /// Rows and columns of a chunk of the output.
    tile: (usize, usize),
    chunks: usize,
    threads: usize,
}

/// A thread is worth waking for so many multiply-adds: about 25 µs at 240 GFLOP/s.
const CHUNK: usize = 3 << 20;
/// Chunks of fewer rows, or columns, repeat too much of the packing of the other factor.
const NARROWEST: (usize, usize) = (128, 64);
/// More chunks cost more than they gain on the machines at hand.
const MOST_CHUNKS: usize = 8;
/// Up to so many elements of output the library multiplies rows with columns as they lie, without
/// packing, if both are contiguous.
const UNPACKED: usize = 256;

/// How the output is cut, by the layouts alone.
fn tile(a: Layout, b: Layout) -> (usize, usize) {
    let (m, n, k) = (a.rows, b.cols, a.cols);
    // x·Wᵀ with few rows or columns, where packing costs more than multiplying, or with rows of W a
    // multiple of a large power of two apart, where packing misses the cache at each element. Measured
    // on Zen 5: up to six times as fast with the former, thirty times with the latter.
    let contiguous = a.col_stride == 1 && b.row_stride == 1 && m > 1 && n > 1;
    let narrow = m.min(n);
    if contiguous && narrow <= 12 && k >= 4 * narrow {
        return if n <= m { (UNPACKED / n, n) } else { (m, UNPACKED / m) };
    }
    if contiguous && k >= 256 && b.col_stride.is_multiple_of(256) {
        return (16, UNPACKED / 16);
    }
    // Each chunk packs the factor that is not cut anew. The one that lies across is dear to pack, so it is cut; of two
    // that lie alike, the larger.
    let (most_rows, most_columns) = (m / NARROWEST.0, n / NARROWEST.1);
    let by_rows = m > 1 && if contiguous { m > n && most_rows >= most_columns } else { a.row_stride < a.col_stride };
    // One that is too narrow is not cut: then the other is.
    let by_rows = if by_rows { most_rows >= 2 || most_columns < 2 } else { most_columns < 2 && most_rows >= 2 };
    let most = if by_rows { most_rows } else { most_columns };
    let work = m.saturating_mul(n).saturating_mul(k);
    let chunks = 1 << (work / CHUNK).min(most).clamp(1, MOST_CHUNKS).ilog2();
    if by_rows { (m.div_ceil(chunks), n) } else { (m, n.div_ceil(chunks)) }
}

impl Gemm {
    /// Plans C := α·A·B + β·C for A m×k, B k×n, C m×n.
    ///
    /// # Errors
    /// If the shapes don't fit, two elements of C share an offset, or a layout is beyond the address
    /// space.
    pub fn new(a: Layout, b: Layout, c: Layout) -> Result<Self, GemmError> {
        if a.cols != b.rows || a.rows != c.rows || b.cols != c.cols {
            return Err(GemmError::Shapes(a, b, c));
        }
        let extent = |layout: Layout| layout.extent().ok_or(GemmError::TooLarge(layout));
        let extents = [extent(a)?, extent(b)?, extent(c)?];
        if !c.is_injective() {
            return Err(GemmError::Overlap(c));
        }
        let tile = tile(a, b);
        let chunks = if extents[2] == 0 { 0 } else { c.rows.div_ceil(tile.0) * c.cols.div_ceil(tile.1) };
        let mut plan = Self { a, b, c, extents, tile, chunks, threads: 1 };
        plan.threads = chunks.min(plan.multiply_adds() / CHUNK).max(1);
        Ok(plan)
    }

    /// Multiply-adds of one run.
    #[must_use]
    pub const fn multiply_adds(&self) -> usize {
        self.c.rows.saturating_mul(self.c.cols).saturating_mul(self.a.cols)
    }

    /// How many threads a run can use.
    #[must_use]
    pub const fn threads(&self) -> usize {
        self.threads
    }

    /// C := α·A·B + β·C. With β = 0, C is written and never read: what it held, NaN even,
    /// does not matter.
    ///
    /// # Panics
    /// If a slice is shorter than its layout's [`extent`](Layout::extent).
    pub fn run<T: Float>(&self, alpha: T, a: &[T], b: &[T], beta: T, c: &mut [T], threads: Threads) {
        let lengths = [a.len(), b.len(), c.len()];
        for i in 0..3 {
            let (length, extent) = (lengths[i], self.extents[i]);
            assert!(length >= extent, "{}: {length} elements are too few, {extent} are needed", ["A", "B", "C"][i]);
        }
        let pointers = Pointers { a: a.as_ptr(), b: b.as_ptr(), c: c.as_mut_ptr() };
        if threads == Threads::One || self.threads == 1 {
            for i in 0..self.chunks {
                // SAFETY: the slices hold the layouts (asserted above), C's elements are distinct and
                // borrowed mutably (so apart from A and B), and no other chunk runs.
                unsafe { self.multiply(i, alpha, pointers, beta) };
            }
        } else {
            let worth = CHUNK / (self.multiply_adds() / self.chunks).max(1);
            (0..self.chunks).into_par_iter().with_min_len(worth.max(1)).for_each(|i| {
                // SAFETY: as above, but for other chunks, which write other elements of C.
                unsafe { self.multiply(i, alpha, pointers, beta) };
            });
        }
    }

    /// Chunk i, counted down the rows first.
    ///
    /// # Safety
    /// The pointers reach over the layouts, nobody else touches this chunk of C meanwhile, or writes
    /// A or B.
    unsafe fn multiply<T: Float>(&self, i: usize, alpha: T, p: Pointers<T>, beta: T) {
        let down = self.c.rows.div_ceil(self.tile.0);
        let (row, col) = (i % down * self.tile.0, i / down * self.tile.1);
        let (rows, cols) = (self.tile.0.min(self.c.rows - row), self.tile.1.min(self.c.cols - col));
        let a_offset = row * self.a.row_stride;
        let b_offset = col * self.b.col_stride;
        let c_offset = row * self.c.row_stride + col * self.c.col_stride;
        // SAFETY: each offset is that of the chunk's first element, inside the slice (a product without
        // terms, whose factors are empty, is one chunk, at 0).
        unsafe {
            product(
                [rows, cols, self.a.cols],
                (alpha, beta),
                (p.a.add(a_offset), self.a),
                (p.b.add(b_offset), self.b),
                (p.c.add(c_offset), self.c),
            );
        }
    }
}

/// C := α·A·B + β·C for m rows, n columns and k terms, each matrix from its first element on, with the strides of a layout.
///
/// # Safety
/// So many rows and columns can be read, and in C written, and nobody else touches those of C or writes those of A or B.
#[cfg(feature = "gemm")]
unsafe fn product<T: Float>(
    [m, n, k]: [usize; 3],
    (alpha, beta): (T, T),
    (a, in_a): (*const T, Layout),
    (b, in_b): (*const T, Layout),
    (c, in_c): (*mut T, Layout),
) {
    // They fit: `extent` is something.
    let stride = |s: usize| s as isize;
    // SAFETY: as of this function. The library's first scalar multiplies the destination, the second the
    // product; it reads the destination only if told so. It takes f32 and f64, the only types that are `Float`.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c,
            stride(in_c.col_stride),
            stride(in_c.row_stride),
            beta != T::ZERO,
            a,
            stride(in_a.col_stride),
            stride(in_a.row_stride),
            b,
            stride(in_b.col_stride),
            stride(in_b.row_stride),
            beta,
            alpha,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// The same without the library: each element a sum in four parts.
///
/// # Safety
/// As above.
#[cfg(not(feature = "gemm"))]
unsafe fn product<T: Float>(
    [m, n, k]: [usize; 3],
    (alpha, beta): (T, T),
    (a, in_a): (*const T, Layout),
    (b, in_b): (*const T, Layout),
    (c, in_c): (*mut T, Layout),
) {
    for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
        let mut parts = [T::ZERO; 4];
        for term in 0..k {
            // SAFETY: row i of A and column j of B have k elements.
            let (x, y) = unsafe {
                (
                    *a.add(i * in_a.row_stride + term * in_a.col_stride),
                    *b.add(term * in_b.row_stride + j * in_b.col_stride),
                )
            };
            parts[term % 4] += x * y;
        }
        let sum = alpha * ((parts[0] + parts[1]) + (parts[2] + parts[3]));
        // SAFETY: C has the element (i, j), and it is read only if it counts.
        unsafe {
            let to = c.add(i * in_c.row_stride + j * in_c.col_stride);
            *to = if beta == T::ZERO { sum } else { sum + beta * *to };
        }
    }
}

/// Where the matrices start, to be handed to threads.
#[derive(Clone, Copy)]
struct Pointers<T> {
    a: *const T,
    b: *const T,
    c: *mut T,
}

// SAFETY: the pointers come from slices of `Float`s, which are `Send` and `Sync`, borrowed for as long
// as `Gemm::run` hands them around; its chunks of C are disjoint.
unsafe impl<T: Float> Send for Pointers<T> {}
// SAFETY: as above.
unsafe impl<T: Float> Sync for Pointers<T> {}
