//! The instructions of a product: of vectors and matrices each the kernel that is made for it.

use super::addresses::Addresses;
use super::plan::{Factors, Product};
use super::view::View;
use crate::program::instruction::{Factor, FactorAddresses, Instruction, Matrix, MatrixMatrix};

/// A product of two or three rows, columns or terms.
const FEW: std::ops::RangeInclusive<usize> = 2..=3;
/// A product of at most so many multiplications takes less time than packing its operands.
const SMALL: usize = 1 << 16;

/// The instructions of a product whose result has `size` elements. One of two or three rows, columns or terms is so many
/// products with a vector, where they are small: a product of matrices begins with packing them, which would take longer.
pub(super) fn product_code(addresses: &Addresses<'_>, product: &Product, size: usize) -> Vec<Instruction> {
    if size == 0 {
        return Vec::new();
    }
    let code = |product: &Product, by: usize| Target { addresses, product, by, size }.code();
    let is_matrix = |code: &Instruction| matches!(code, Instruction::MatrixMatrix(_) | Instruction::Dot { .. });
    let parts: Vec<Instruction> = vector_products(product).iter().map(|(part, by)| code(part, *by)).collect();
    if parts.is_empty() || parts.iter().any(is_matrix) { vec![code(product, 0)] } else { parts }
}

/// A small product of few rows, columns or terms as products with a vector, each with where in the result it begins; none
/// of another product.
fn vector_products(product: &Product) -> Vec<(Product, usize)> {
    let &Product { m, n, k, .. } = product;
    if !product.batches.is_empty() || k == 1 || m * n * k > SMALL {
        return Vec::new();
    }
    let moved = |view: &View, by: usize| View { offset: view.offset + by, ..view.clone() };
    let (lhs, rhs) = (&product.lhs, &product.rhs);
    let column = |i: usize| {
        let part = Product { n: 1, rhs: moved(rhs, i * product.rhs_strides.1), ..product.clone() };
        (part, i * product.out_strides.1)
    };
    let row = |i: usize| {
        let part = Product { m: 1, lhs: moved(lhs, i * product.lhs_strides.0), ..product.clone() };
        (part, i * product.out_strides.0)
    };
    let term = |i: usize| {
        let (lhs, rhs) = (moved(lhs, i * product.lhs_strides.1), moved(rhs, i * product.rhs_strides.0));
        let mut part = Product { k: 1, lhs, rhs, ..product.clone() };
        if let Some(factors) = part.accumulate.as_mut().filter(|_| i > 0) {
            factors.keep = None;
        }
        (part, 0)
    };
    match () {
        () if FEW.contains(&n) => (0..n).map(column).collect(),
        () if FEW.contains(&m) => (0..m).map(row).collect(),
        () if FEW.contains(&k) && product.accumulate.is_some() => (0..k).map(term).collect(),
        () => Vec::new(),
    }
}

/// A product and where its result goes: `by` elements behind where its buffer, of so many elements, begins.
struct Target<'a> {
    addresses: &'a Addresses<'a>,
    product: &'a Product,
    by: usize,
    size: usize,
}

impl Target<'_> {
    fn code(&self) -> Instruction {
        let vector = if self.product.batches.is_empty() { self.vector_code() } else { None };
        vector.unwrap_or_else(|| self.matrix_code())
    }

    fn out(&self) -> usize {
        self.addresses.out(self.product.out) + self.by
    }

    fn factors(&self) -> FactorAddresses {
        let factor = |view: &Option<View>| match view {
            Some(view) => Factor::Stored(self.addresses.of(view)),
            None => Factor::One,
        };
        match &self.product.accumulate {
            None => FactorAddresses { keep: Factor::Zero, scale: Factor::One },
            Some(Factors { keep, scale }) => FactorAddresses { keep: factor(keep), scale: factor(scale) },
        }
    }

    /// The kernel of a product with a vector or a scalar; none for one of matrices, or strides that no such kernel takes.
    fn vector_code(&self) -> Option<Instruction> {
        let Product { m, n, k, .. } = *self.product;
        let (lhs, rhs) = (self.addresses.of(&self.product.lhs), self.addresses.of(&self.product.rhs));
        let ((lhs_m, lhs_k), (rhs_k, rhs_n)) = (self.product.lhs_strides, self.product.rhs_strides);
        let (out_m, out_n) = self.product.out_strides;
        let (out, factors) = (self.out(), self.factors());
        let matrix_vector = |matrix, rows, x, transposed| {
            Some(Instruction::MatrixVector { matrix, rows, columns: k, transposed, x, out, factors })
        };
        let is_fresh = factors.keep == Factor::Zero;
        match (m, n, k) {
            (1, 1, _) if is_fresh && lhs_k == 1 && rhs_k == 1 => {
                Some(Instruction::Dot { x: lhs, y: rhs, length: k, out })
            }
            // A scalar times a vector, added to a vector
            (_, 1, 1) if lhs_m == 1 && out_m == 1 => {
                Some(Instruction::Axpy { factor: rhs, x: lhs, length: m, y: out, factors })
            }
            (1, _, 1) if rhs_n == 1 && out_n == 1 => {
                Some(Instruction::Axpy { factor: lhs, x: rhs, length: n, y: out, factors })
            }
            (_, _, 1) if lhs_m == 1 && rhs_n == 1 && out_n == 1 && out_m == n => {
                Some(Instruction::Outer { x: lhs, y: rhs, rows: m, columns: n, out, factors })
            }
            (_, _, 1) if lhs_m == 1 && rhs_n == 1 && out_m == 1 && out_n == m => {
                Some(Instruction::Outer { x: rhs, y: lhs, rows: n, columns: m, out, factors })
            }
            (_, 1, _) if rhs_k == 1 && out_m == 1 && lhs_k == 1 && lhs_m == k => matrix_vector(lhs, m, rhs, false),
            (_, 1, _) if rhs_k == 1 && out_m == 1 && lhs_m == 1 && lhs_k == m => matrix_vector(lhs, m, rhs, true),
            (1, _, _) if lhs_k == 1 && out_n == 1 && rhs_k == 1 && rhs_n == k => matrix_vector(rhs, n, lhs, false),
            (1, _, _) if lhs_k == 1 && out_n == 1 && rhs_n == 1 && rhs_k == n => matrix_vector(rhs, n, lhs, true),
            _ => None,
        }
    }

    fn matrix_code(&self) -> Instruction {
        let Product { m, n, k, out_strides, .. } = *self.product;
        let matrix =
            |view, (row_stride, column_stride)| Matrix { address: self.addresses.of(view), row_stride, column_stride };
        Instruction::MatrixMatrix(Box::new(MatrixMatrix {
            m,
            n,
            k,
            lhs: matrix(&self.product.lhs, self.product.lhs_strides),
            rhs: matrix(&self.product.rhs, self.product.rhs_strides),
            out: self.out(),
            out_strides,
            out_length: self.size,
            batches: self.product.batches.clone(),
            factors: self.factors(),
        }))
    }
}
