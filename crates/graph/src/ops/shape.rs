//! The same elements in another arrangement.

use super::rules::{Contributions, batch_lifted};
use super::{Backward, Batched, Op, Rules, ShapeError, TensorType, exactly, must};
use crate::builder::{Builder, Var};
use crate::shape::Shape;

/// An op that moves, repeats, drops or joins elements and computes none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ShapeOp {
    /// The elements in row-major order under another shape.
    Reshape {
        /// The new shape, of the same size.
        shape: Shape,
    },
    /// The axes in another order.
    Transpose {
        /// For each axis of the result, the axis of the input.
        axes: Vec<usize>,
    },
    /// Copies along new axes.
    Broadcast {
        /// The shape of the result.
        shape: Shape,
        /// For each axis of the input, the axis of the result that it becomes, ascending.
        axes: Vec<usize>,
    },
    /// A block of the elements.
    Slice {
        /// The first index along each axis.
        start: Vec<usize>,
        /// The index after the last along each axis.
        stop: Vec<usize>,
    },
    /// Zeros around the elements.
    Pad {
        /// How many before, along each axis.
        low: Vec<usize>,
        /// How many after, along each axis.
        high: Vec<usize>,
    },
    /// Several values one after the other along an axis.
    Concat {
        /// The axis.
        axis: usize,
    },
    /// The elements in reverse order along some axes.
    Reverse {
        /// The axes, ascending.
        axes: Vec<usize>,
    },
}

use ShapeOp::*;

names! {
    ShapeOp:
    Reshape { .. } => "reshape",
    Transpose { .. } => "transpose",
    Broadcast { .. } => "broadcast",
    Slice { .. } => "slice",
    Pad { .. } => "pad",
    Concat { .. } => "concat",
    Reverse { .. } => "reverse",
}

/// Methods that rearrange.
impl<'g> Var<'g> {
    /// The elements in row-major order under another shape of the same size.
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Var<'g> {
        let shape = shape.into();
        if self.shape() == shape { self } else { self.push(Reshape { shape }) }
    }

    /// The elements in row-major order, as a vector.
    #[track_caller]
    pub fn flatten(self) -> Var<'g> {
        self.reshape([self.shape().size()])
    }

    /// The axes in reverse order: of a matrix, the transpose.
    #[track_caller]
    pub fn transpose(self) -> Var<'g> {
        self.transpose_axes(&(0..self.rank()).rev().collect::<Vec<_>>())
    }

    /// The axes in the given order.
    #[track_caller]
    pub fn transpose_axes(self, axes: &[usize]) -> Var<'g> {
        let unchanged = axes.len() == self.rank() && axes.iter().enumerate().all(|(i, &axis)| i == axis);
        if unchanged { self } else { self.push(Transpose { axes: axes.to_vec() }) }
    }

    /// Copies along new axes: `axes[i]` is the axis of `shape` that this value's axis i becomes.
    #[track_caller]
    pub fn broadcast_axes(self, shape: impl Into<Shape>, axes: Vec<usize>) -> Var<'g> {
        let shape = shape.into();
        let unchanged = self.shape() == shape && axes.iter().copied().eq(0..shape.rank());
        if unchanged { self } else { self.push(Broadcast { shape, axes }) }
    }

    /// Copies to a larger shape under NumPy's rule: aligned at the last axis, an axis of one element stretches.
    #[track_caller]
    pub fn broadcast_to(self, shape: impl Into<Shape>) -> Var<'g> {
        let target = shape.into();
        let shape = self.shape();
        if self.failed() {
            return self;
        }
        if shape.broadcast(&target).as_ref() != Some(&target) {
            return self.builder.fail(format!("{} does not stretch to {target}", self.describe()), None);
        }
        let offset = target.rank() - shape.rank();
        let kept: Vec<usize> =
            (0..shape.rank()).filter(|&axis| shape[axis] != 1 || target[axis + offset] == 1).collect();
        let squeezed = self.reshape(kept.iter().map(|&axis| shape[axis]).collect::<Shape>());
        squeezed.broadcast_axes(target, kept.iter().map(|axis| axis + offset).collect())
    }

    /// `size` copies along a new axis.
    #[track_caller]
    pub fn expand(self, axis: usize, size: usize) -> Var<'g> {
        let shape = self.shape();
        if self.failed() {
            return self;
        }
        if axis > shape.rank() {
            return self
                .builder
                .fail(format!("expand: a new axis {axis} does not fit beside those of {}", self.describe()), None);
        }
        let mut target = shape.to_vec();
        target.insert(axis, size);
        let axes = (0..shape.rank()).map(|i| if i < axis { i } else { i + 1 }).collect();
        self.broadcast_axes(target, axes)
    }

    /// The block of elements from `start` up to `stop` along each axis.
    #[track_caller]
    pub fn slice(self, start: &[usize], stop: &[usize]) -> Var<'g> {
        self.push(Slice { start: start.to_vec(), stop: stop.to_vec() })
    }

    /// The part at one index of the first axis, which vanishes: an element of a vector, a row of a matrix.
    #[track_caller]
    pub fn index(self, index: usize) -> Var<'g> {
        let shape = self.shape();
        if self.failed() {
            return self;
        }
        if shape.first().is_none_or(|&n| index >= n) {
            return self.builder.fail(format!("there is no index {index} in {}", self.describe()), None);
        }
        let (mut start, mut stop) = (vec![0; shape.rank()], shape.to_vec());
        (start[0], stop[0]) = (index, index + 1);
        self.slice(&start, &stop).reshape(shape.without(&[0]))
    }

    /// Zeros around the elements: `low` before and `high` after, along each axis.
    #[track_caller]
    pub fn pad(self, low: &[usize], high: &[usize]) -> Var<'g> {
        self.push(Pad { low: low.to_vec(), high: high.to_vec() })
    }

    /// The elements in reverse order along some axes.
    #[track_caller]
    pub fn reverse(self, axes: &[usize]) -> Var<'g> {
        let mut axes = axes.to_vec();
        axes.sort_unstable();
        self.push(Reverse { axes })
    }

    /// This value and others one after the other along an axis.
    #[track_caller]
    pub fn concat(self, others: &[Var<'g>], axis: usize) -> Var<'g> {
        let parts: Vec<Var<'g>> = std::iter::once(self).chain(others.iter().copied()).collect();
        let parts = self.builder.same_kind(parts);
        self.builder.push(Concat { axis }, &parts)
    }

    /// This value and others of the same shape side by side along a new axis.
    #[track_caller]
    pub fn stack(self, others: &[Var<'g>], axis: usize) -> Var<'g> {
        let shape = self.shape();
        if self.failed() || others.iter().any(|other| other.failed()) {
            return self.builder.poisoned();
        }
        if axis > shape.rank() {
            return self.builder.fail(format!("stack: a new axis {axis} does not fit beside those of {shape}"), None);
        }
        if let Some(odd) = others.iter().find(|other| other.shape() != shape) {
            return self
                .builder
                .fail(format!("stack takes equal shapes, not {} and {}", self.describe(), odd.describe()), None);
        }
        let mut single = shape.to_vec();
        single.insert(axis, 1);
        let others: Vec<Var<'g>> = others.iter().map(|other| other.reshape(single.clone())).collect();
        self.reshape(single.clone()).concat(&others, axis)
    }

    #[track_caller]
    fn push(self, op: ShapeOp) -> Var<'g> {
        self.builder.push(op, &[self])
    }
}

impl Rules for ShapeOp {
    fn name(&self) -> &str {
        self.name()
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>, ShapeError> {
        if let Concat { axis } = self {
            return infer_concat(*axis, inputs).map(|joined| vec![joined]);
        }
        let [x] = exactly(inputs)?;
        let rank = x.shape.rank();
        let per_axis = |a: &[usize], b: &[usize]| {
            must(a.len() == rank && b.len() == rank, || format!("takes one bound for each axis of {}", x.shape))
        };
        let shape = match self {
            Reshape { shape } => {
                must(shape.checked_size() == x.shape.checked_size(), || {
                    format!("{} has {} elements, {shape} would have {}", x.shape, x.shape.size(), shape.size())
                })?;
                shape.clone()
            }
            Transpose { axes } => {
                let mut sorted = axes.clone();
                sorted.sort_unstable();
                must(sorted.into_iter().eq(0..rank), || format!("{axes:?} is no order of the axes of {}", x.shape))?;
                axes.iter().map(|&axis| x.shape[axis]).collect()
            }
            Broadcast { shape, axes } => {
                let fits = axes.len() == rank
                    && axes.windows(2).all(|pair| pair[0] < pair[1])
                    && axes.iter().zip(x.shape.iter()).all(|(&axis, n)| shape.get(axis) == Some(n));
                must(fits, || format!("{} does not fit into {shape} at axes {axes:?}", x.shape))?;
                shape.clone()
            }
            Slice { start, stop } => {
                per_axis(start, stop)?;
                for (axis, (&start, &stop)) in start.iter().zip(stop).enumerate() {
                    must(start <= stop && stop <= x.shape[axis], || {
                        format!("{start}:{stop} is not within axis {axis} of {}", x.shape)
                    })?;
                }
                start.iter().zip(stop).map(|(start, stop)| stop - start).collect()
            }
            Pad { low, high } => {
                per_axis(low, high)?;
                let padded = |(axis, &n): (usize, &usize)| n.saturating_add(low[axis]).saturating_add(high[axis]);
                x.shape.iter().enumerate().map(padded).collect()
            }
            Concat { .. } => unreachable!("returned above"),
            Reverse { axes } => {
                let ordered = axes.windows(2).all(|pair| pair[0] < pair[1]);
                must(ordered && axes.iter().all(|&axis| axis < rank), || {
                    format!("{axes:?} are not distinct axes of {}", x.shape)
                })?;
                x.shape.clone()
            }
        };
        Ok(vec![TensorType::new(shape, x.kind)])
    }

    fn derivative<'g>(&self, node: &Backward<'_, 'g>) -> Contributions<'g> {
        node.each(|input, _, dy| Some(self.contribution(input, node.x, dy)))
    }

    fn batch<'g>(&self, builder: &'g Builder, inputs: &[Batched<'g>], size: usize) -> Vec<Batched<'g>> {
        batch_lifted(builder, inputs, size, self.clone(), || {
            let shifted = |axes: &[usize]| axes.iter().map(|axis| axis + 1).collect::<Vec<_>>();
            let leading = |first: usize, rest: &[usize]| std::iter::once(first).chain(rest.iter().copied()).collect();
            match self {
                Reshape { shape } => Reshape { shape: shape.with_leading(size) },
                Transpose { axes } => Transpose { axes: leading(0, &shifted(axes)) },
                Broadcast { shape, axes } => {
                    Broadcast { shape: shape.with_leading(size), axes: leading(0, &shifted(axes)) }
                }
                Slice { start, stop } => Slice { start: leading(0, start), stop: leading(size, stop) },
                Pad { low, high } => Pad { low: leading(0, low), high: leading(0, high) },
                Concat { axis } => Concat { axis: axis + 1 },
                Reverse { axes } => Reverse { axes: shifted(axes) },
            }
            .into()
        })
    }
}

impl From<ShapeOp> for Op {
    fn from(op: ShapeOp) -> Op {
        Op::Shape(op)
    }
}

impl ShapeOp {
    /// ∂J/∂x\[input\] from the inputs x and dy = ∂J/∂y.
    fn contribution<'g>(&self, input: usize, x: &[Var<'g>], dy: Var<'g>) -> Var<'g> {
        let shape = x[input].shape();
        match self {
            // Each element goes back to where it came from.
            Reshape { .. } => dy.reshape(shape),
            Transpose { axes } => {
                let mut inverse = vec![0; axes.len()];
                for (index, &axis) in axes.iter().enumerate() {
                    inverse[axis] = index;
                }
                dy.transpose_axes(&inverse)
            }
            // An element that was copied gets the sum over its copies.
            Broadcast { shape, axes } => {
                let new: Vec<usize> = (0..shape.rank()).filter(|axis| !axes.contains(axis)).collect();
                dy.sum_axes(&new)
            }
            // Elements that were dropped get 0; zeros that were added give nothing back.
            Slice { start, stop } => {
                let high: Vec<usize> = shape.iter().zip(stop).map(|(n, stop)| n - stop).collect();
                dy.pad(start, &high)
            }
            Pad { low, .. } => {
                let stop: Vec<usize> = low.iter().zip(shape.iter()).map(|(low, n)| low + n).collect();
                dy.slice(low, &stop)
            }
            Concat { axis } => {
                let (mut start, mut stop) = (vec![0; shape.rank()], shape.to_vec());
                start[*axis] = x[..input].iter().map(|x| x.shape()[*axis]).sum();
                stop[*axis] += start[*axis];
                dy.slice(&start, &stop)
            }
            Reverse { axes } => dy.reverse(axes),
        }
    }
}

fn infer_concat(axis: usize, inputs: &[TensorType]) -> Result<TensorType, ShapeError> {
    let Some(first) = inputs.first() else {
        return Err(ShapeError("takes at least one input".into()));
    };
    must(axis < first.shape.rank(), || format!("there is no axis {axis} in shape {}", first.shape))?;
    let mut joined = first.shape.to_vec();
    for other in &inputs[1..] {
        must(
            other.kind == first.kind
                && other.shape.rank() == first.shape.rank()
                && other.shape.without(&[axis]) == first.shape.without(&[axis]),
            || format!("takes shapes that differ only at axis {axis}, not {} and {}", first.shape, other.shape),
        )?;
        joined[axis] += other.shape[axis];
    }
    Ok(TensorType::new(joined, first.kind))
}
