//! Entries picked, or placed, by computed indices.
//!
//! Both ops have leading batch axes, shared by the indices and the entries, as a batched class lookup needs them.

use super::{Op, Rules, ShapeError, TensorType, lift, must};
use crate::builder::Var;
use crate::node::Kind;
use crate::shape::Shape;

/// Picking and placing. `B…` are `batch` leading axes, `I…` those of the indices, `P…` those of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Index {
    /// From x [B…, n, P…] and indices [B…, I…]: the entries x at the indices, [B…, I…, P…].
    Gather {
        /// The number of leading axes that x and the indices share.
        batch: usize,
    },
    /// From indices [B…, I…] and u [B…, I…, P…]: zeros [B…, n, P…] with each entry of u added at its index.
    ScatterAdd {
        /// The number of leading axes that the indices and u share.
        batch: usize,
        /// n: how many places there are.
        size: usize,
    },
}

use Index::*;

/// Methods that pick and place by index.
impl<'g> Var<'g> {
    /// The entries at whole-number `indices` along an axis, which the indices' axes replace.
    #[track_caller]
    pub fn gather(self, indices: Var<'g>, axis: usize) -> Var<'g> {
        let (rank, count) = (self.rank(), indices.rank());
        if axis == 0 || axis >= rank {
            return self.gather_batched(indices, 0);
        }
        let front: Vec<usize> = std::iter::once(axis).chain((0..rank).filter(|&i| i != axis)).collect();
        let gathered = self.transpose_axes(&front).gather_batched(indices, 0);
        let back: Vec<usize> = (count..count + axis).chain(0..count).chain(count + axis..count + rank - 1).collect();
        gathered.transpose_axes(&back)
    }

    /// The gather with `batch` leading axes shared by this value and the indices; the axis after those is picked from.
    #[track_caller]
    pub fn gather_batched(self, indices: Var<'g>, batch: usize) -> Var<'g> {
        self.builder.push(Op::Index(Gather { batch }), &[self, indices])
    }

    /// Zeros with `size` places along the first axis, and each entry of this value added at its index.
    #[track_caller]
    pub fn scatter_add(self, indices: Var<'g>, size: usize) -> Var<'g> {
        self.scatter_add_batched(indices, size, 0)
    }

    /// The scatter with `batch` leading axes shared by this value and the indices.
    #[track_caller]
    pub fn scatter_add_batched(self, indices: Var<'g>, size: usize, batch: usize) -> Var<'g> {
        self.builder.push(Op::Index(ScatterAdd { batch, size }), &[indices, self])
    }

    /// This value, [P…, Q…], at `indices` [P…, Q…] of a new axis of `size` between P and Q, zeros elsewhere.
    pub(crate) fn place(self, indices: Var<'g>, axis: usize, size: usize) -> Var<'g> {
        let rank = self.rank();
        let placed = self.scatter_add_batched(indices, size, rank);
        let order: Vec<usize> = (0..axis).chain([rank]).chain(axis..rank).collect();
        placed.transpose_axes(&order)
    }
}

impl Rules for Index {
    fn name(&self) -> &str {
        match self {
            Gather { .. } => "gather",
            ScatterAdd { .. } => "scatter_add",
        }
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, ShapeError> {
        let [first, second]: &[TensorType; 2] = super::exactly(inputs)?;
        let share = |a: &Shape, b: &Shape, axes: usize| {
            must(a.rank() >= axes && b.rank() >= axes && a[..axes] == b[..axes], || {
                format!("shapes {a} and {b} do not share {axes} leading axes")
            })
        };
        let whole = |indices: &TensorType| {
            must(indices.kind == Kind::Int, || format!("takes whole numbers as indices, not {}", indices.kind))
        };
        match self {
            Gather { batch } => {
                let (x, indices) = (first, second);
                whole(indices)?;
                share(&x.shape, &indices.shape, *batch)?;
                must(x.shape.rank() > *batch, || format!("there is no axis to pick from in shape {}", x.shape))?;
                must(x.shape[*batch] > 0 || indices.shape.size() == 0, || {
                    format!("there is nothing to pick along axis {batch} of {}", x.shape)
                })?;
                let shape: Shape = indices.shape.iter().chain(&x.shape[batch + 1..]).copied().collect();
                Ok(TensorType::new(shape, x.kind))
            }
            ScatterAdd { batch, size } => {
                let (indices, u) = (first, second);
                whole(indices)?;
                must(u.kind == Kind::Real, || "takes real numbers to place".into())?;
                must(*batch <= indices.shape.rank(), || format!("the indices {} have fewer axes", indices.shape))?;
                share(&indices.shape, &u.shape, indices.shape.rank())?;
                must(*size > 0 || indices.shape.size() == 0, || "there is no place to put the entries".into())?;
                let entry = &u.shape[indices.shape.rank()..];
                Ok(TensorType::real(u.shape[..*batch].iter().chain([size]).chain(entry).copied().collect::<Shape>()))
            }
        }
    }

    fn derivative<'g>(&self, input: usize, x: &[Var<'g>], _y: Var<'g>, dy: Var<'g>) -> Option<Var<'g>> {
        match (self, input) {
            // y_I = x_{index(I)}             ∂J/∂x_k = Σ over I with index(I) = k of ∂J/∂y_I
            (Gather { batch }, 0) => Some(dy.scatter_add_batched(x[1], x[0].shape()[*batch], *batch)),
            // y_k = Σ over I with index(I) = k of u_I        ∂J/∂u_I = ∂J/∂y_{index(I)}
            (ScatterAdd { batch, .. }, 1) => Some(dy.gather_batched(x[0], *batch)),
            // An index has no derivative.
            (Gather { .. } | ScatterAdd { .. }, _) => None,
        }
    }

    fn batch<'g>(&self, x: &[Var<'g>], batched: &[bool], size: usize) -> Var<'g> {
        let builder = x[0].builder;
        // One table and indices for each example: the batch is one more axis of indices, and nothing is copied.
        if let (Gather { batch: 0 }, [false, true]) = (self, batched) {
            return builder.push(Op::Index(self.clone()), x);
        }
        let op = match self {
            Gather { batch } => Gather { batch: batch + 1 },
            ScatterAdd { batch, size } => ScatterAdd { batch: batch + 1, size: *size },
        };
        builder.push(Op::Index(op), &[lift(x[0], batched[0], size), lift(x[1], batched[1], size)])
    }
}
