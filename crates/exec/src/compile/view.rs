//! Views: where the elements of a value lie.
//!
//! Reshape, transpose, broadcast, slice and windows move nothing: their result is a view of their input's buffer, by an offset and
//! a stride for each axis. Whoever reads a value reads it through its view. Windows that overlap share their elements, so that
//! two indices may lie at one place; nothing is ever written through a view.

use chainrule_graph::Shape;
use chainrule_graph::ops::{ShapeOp, WindowDimensions};

use super::buffer::BufferId;

/// The elements of a value of some shape in a buffer: element (i, j, …) is at offset + i·strides\[0\] + j·strides\[1\] + ….
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    pub buffer: BufferId,
    pub offset: usize,
    pub shape: Shape,
    pub strides: Vec<usize>,
}

impl View {
    /// All of a buffer, row-major.
    pub fn whole(buffer: BufferId, shape: &Shape) -> View {
        View { buffer, offset: 0, shape: shape.clone(), strides: shape.strides() }
    }

    /// All of a buffer, its axes from the outermost in this order.
    pub fn stored(buffer: BufferId, shape: &Shape, order: &[usize]) -> View {
        let mut strides = vec![0; shape.rank()];
        let mut inner = 1;
        for &axis in order.iter().rev() {
            strides[axis] = inner;
            inner *= shape[axis];
        }
        View { buffer, offset: 0, shape: shape.clone(), strides }
    }

    /// The same elements, their axes in this order.
    pub fn permuted(&self, order: &[usize]) -> View {
        View {
            shape: order.iter().map(|&axis| self.shape[axis]).collect(),
            strides: order.iter().map(|&axis| self.strides[axis]).collect(),
            ..*self
        }
    }

    /// The axes in the order in which they lie in memory, the outermost first, but those of one element before all; none if
    /// places are shared.
    pub fn memory_order(&self) -> Option<Vec<usize>> {
        let (mut order, mut several): (Vec<usize>, Vec<usize>) =
            (0..self.shape.rank()).partition(|&a| self.shape[a] == 1);
        several.sort_by_key(|&axis| std::cmp::Reverse(self.strides[axis]));
        let is_apart = |pair: &[usize]| self.strides[pair[0]] >= self.shape[pair[1]] * self.strides[pair[1]];
        let all_apart = several.windows(2).all(is_apart) && several.last().is_none_or(|&last| self.strides[last] > 0);
        order.append(&mut several);
        all_apart.then_some(order)
    }

    /// The order above, if it is another than that of the axes.
    pub fn other_order(&self) -> Option<Vec<usize>> {
        self.memory_order().filter(|order| {
            let several: Vec<usize> = order.iter().copied().filter(|&axis| self.shape[axis] != 1).collect();
            !several.is_sorted()
        })
    }

    /// The axes that have more than one element, neighbours merged where one stride runs through both: (elements, stride).
    pub fn runs(&self) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (&n, &stride) in self.shape.iter().zip(&self.strides).filter(|&(&n, _)| n != 1) {
            match runs.last_mut() {
                Some((count, outer)) if *outer == n * stride => (*count, *outer) = (*count * n, stride),
                _ => runs.push((n, stride)),
            }
        }
        runs
    }

    /// Whether the elements lie one after the other.
    pub fn is_contiguous(&self) -> bool {
        matches!(self.runs()[..], [] | [(_, 1)]) || self.shape.size() == 0
    }

    /// Whether the elements are a buffer of `size`, in its order.
    pub fn is_whole(&self, size: usize) -> bool {
        self.offset == 0 && self.shape.size() == size && self.is_contiguous()
    }

    /// The view that an op makes of this one, if it moves nothing.
    pub fn through(&self, op: &ShapeOp) -> Option<View> {
        let (buffer, offset) = (self.buffer, self.offset);
        Some(match op {
            ShapeOp::Reshape { shape } => {
                let strides = if self.is_contiguous() { shape.strides() } else { self.reshaped_strides(shape)? };
                View { buffer, offset, shape: shape.clone(), strides }
            }
            ShapeOp::Transpose { axes } => View {
                buffer,
                offset,
                shape: axes.iter().map(|&axis| self.shape[axis]).collect(),
                strides: axes.iter().map(|&axis| self.strides[axis]).collect(),
            },
            ShapeOp::Broadcast { shape, axes } => {
                let mut strides = vec![0; shape.rank()];
                for (&axis, &stride) in axes.iter().zip(&self.strides) {
                    strides[axis] = stride;
                }
                View { buffer, offset, shape: shape.clone(), strides }
            }
            ShapeOp::Slice { start, stop } => View {
                buffer,
                offset: offset + start.iter().zip(&self.strides).map(|(start, stride)| start * stride).sum::<usize>(),
                shape: start.iter().zip(stop).map(|(start, stop)| stop - start).collect(),
                strides: self.strides.clone(),
            },
            ShapeOp::Pad { .. } | ShapeOp::Concat { .. } | ShapeOp::Reverse { .. } => return None,
        })
    }

    /// The windows that slide over this view.
    pub fn windows(&self, dimensions: &WindowDimensions, shape: &Shape) -> View {
        View { shape: shape.clone(), strides: window_strides(&self.strides, dimensions), ..*self }
    }

    /// The strides under a shape that parts axes, or joins those through which one stride runs.
    fn reshaped_strides(&self, shape: &Shape) -> Option<Vec<usize>> {
        // From the innermost: how many elements are left of an axis, and how far apart they are.
        let mut runs = self.runs().into_iter().rev();
        let mut left = (1, 0);
        let mut strides = vec![0; shape.rank()];
        for (stride, &n) in strides.iter_mut().zip(shape.iter()).rev().filter(|(_, n)| **n != 1) {
            if left.0 == 1 {
                left = runs.next()?;
            }
            *stride = left.1;
            left.0.is_multiple_of(n).then_some(())?;
            left = (left.0 / n, left.1 * n);
        }
        Some(strides)
    }
}

/// The strides of windows over axes of these strides: from a window to the next, and last those within a window.
pub(crate) fn window_strides(strides: &[usize], dimensions: &WindowDimensions) -> Vec<usize> {
    let mut all = strides.to_vec();
    for (&axis, &stride) in dimensions.axes.iter().zip(&dimensions.strides) {
        all[axis] *= stride;
    }
    all.extend(dimensions.axes.iter().zip(&dimensions.dilations).map(|(&axis, &dilation)| strides[axis] * dilation));
    all
}
