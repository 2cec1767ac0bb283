//! Elements picked, or scattered, by computed indices.
//!
//! Both ops have leading batch axes, shared by the indices and the elements, as a batched class lookup needs them.

use super::rules::{Contributions, batch_lifted, batch_with};
use super::{Backward, Batched, Op, Rules, ShapeError, TensorType, exactly, must};
use crate::builder::{Builder, Var};
use crate::node::Kind;
use crate::shape::Shape;

/// Gathering and scattering. `B…` are `batch` leading axes, `I…` those of the indices, `P…` those of an element.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Index {
    /// From x [B…, n, P…] and indices [B…, I…]: the elements x at the indices, [B…, I…, P…].
    Gather {
        /// The number of leading axes that x and the indices share.
        batch: usize,
    },
    /// From indices [B…, I…] and u [B…, I…, P…]: zeros [B…, n, P…] with each element of u added at its index.
    ScatterAdd {
        /// The number of leading axes that the indices and u share.
        batch: usize,
        /// n: the size of that axis.
        size: usize,
    },
}

use Index::*;

names! {
    Index:
    Gather { .. } => "gather",
    ScatterAdd { .. } => "scatter_add",
}

impl From<Index> for Op {
    fn from(op: Index) -> Op {
        Op::Index(op)
    }
}

/// Methods that pick and scatter by index.
impl<'g> Var<'g> {
    /// The elements at whole-number `indices` along an axis, which the indices' axes replace.
    #[track_caller]
    pub fn gather(self, indices: Var<'g>, axis: usize) -> Var<'g> {
        let (rank, count) = (self.rank(), indices.rank());
        if self.failed() || axis == 0 {
            return self.gather_batched(indices, 0);
        }
        if axis >= rank {
            return self.builder.fail(format!("gather: there is no axis {axis} in {}", self.describe()), None);
        }
        let front: Vec<usize> = std::iter::once(axis).chain((0..rank).filter(|&i| i != axis)).collect();
        let gathered = self.transpose_axes(&front).gather_batched(indices, 0);
        let back: Vec<usize> = (count..count + axis).chain(0..count).chain(count + axis..count + rank - 1).collect();
        gathered.transpose_axes(&back)
    }

    /// The gather with `batch` leading axes shared by this value and the indices; the axis after those is picked from.
    #[track_caller]
    pub fn gather_batched(self, indices: Var<'g>, batch: usize) -> Var<'g> {
        self.builder.push(Gather { batch }, &[self, indices])
    }

    /// Zeros with `size` elements along the first axis, and each element of this value added at its index.
    #[track_caller]
    pub fn scatter_add(self, indices: Var<'g>, size: usize) -> Var<'g> {
        self.scatter_add_batched(indices, size, 0)
    }

    /// The scatter with `batch` leading axes shared by this value and the indices.
    #[track_caller]
    pub fn scatter_add_batched(self, indices: Var<'g>, size: usize, batch: usize) -> Var<'g> {
        self.builder.push(ScatterAdd { batch, size }, &[indices, self])
    }

    /// This value, [P…, Q…], at `indices` [P…, Q…] of a new axis of `size` between P and Q, zeros elsewhere.
    pub(crate) fn scatter_along(self, indices: Var<'g>, axis: usize, size: usize) -> Var<'g> {
        let rank = self.rank();
        let placed = self.scatter_add_batched(indices, size, rank);
        let order: Vec<usize> = (0..axis).chain([rank]).chain(axis..rank).collect();
        placed.transpose_axes(&order)
    }
}

impl Rules for Index {
    fn name(&self) -> &str {
        self.name()
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>, ShapeError> {
        let [first, second] = exactly(inputs)?;
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
                Ok(vec![TensorType::new(shape, x.kind)])
            }
            ScatterAdd { batch, size } => {
                let (indices, u) = (first, second);
                whole(indices)?;
                must(u.kind == Kind::Real, || "takes real numbers to add".into())?;
                must(*batch <= indices.shape.rank(), || format!("the indices {} have fewer axes", indices.shape))?;
                share(&indices.shape, &u.shape, indices.shape.rank())?;
                must(*size > 0 || indices.shape.size() == 0, || "an axis of no elements has no index".into())?;
                let row = &u.shape[indices.shape.rank()..];
                let shape: Shape = u.shape[..*batch].iter().chain([size]).chain(row).copied().collect();
                Ok(vec![TensorType::real(shape)])
            }
        }
    }

    fn derivative<'g>(&self, node: &Backward<'_, 'g>) -> Contributions<'g> {
        let x = node.x;
        node.each(|input, _, dy| match (self, input) {
            // y_I = x_{index(I)}             ∂J/∂x_k = Σ over I with index(I) = k of ∂J/∂y_I
            (Gather { batch }, 0) => Some(dy.scatter_add_batched(x[1], x[0].shape()[*batch], *batch)),
            // y_k = Σ over I with index(I) = k of u_I        ∂J/∂u_I = ∂J/∂y_{index(I)}
            (ScatterAdd { batch, .. }, 1) => Some(dy.gather_batched(x[0], *batch)),
            // An index has no derivative.
            (Gather { .. } | ScatterAdd { .. }, _) => None,
        })
    }

    fn batch<'g>(&self, builder: &'g Builder, inputs: &[Batched<'g>], size: usize) -> Vec<Batched<'g>> {
        match (self, inputs) {
            // One table and indices for each example: the batch is one more axis of indices, and nothing is copied.
            (Gather { batch: 0 }, [table, indices]) if !table.batched => {
                batch_with(builder, inputs, self.clone(), || {
                    vec![builder.push(self.clone(), &[table.var, indices.var])]
                })
            }
            _ => batch_lifted(builder, inputs, size, self.clone(), || match self {
                Gather { batch } => Gather { batch: batch + 1 }.into(),
                ScatterAdd { batch, size } => ScatterAdd { batch: batch + 1, size: *size }.into(),
            }),
        }
    }
}
