//! Pools: the greatest element, or the mean, of each window.

use super::convolution::MOST_AXES;
use super::{PerAxis, Var};
use crate::node::Kind;
use crate::ops::{Reduction, WindowDimensions};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// How a pool slides: `Pool::new(3).stride(2).padding(1)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    size: PerAxis,
    stride: Option<PerAxis>,
    padding: PerAxis,
    count_padding: bool,
}

impl Pool {
    /// Windows of this size, side by side.
    #[must_use]
    pub fn new(size: impl Into<PerAxis>) -> Pool {
        Pool { size: size.into(), stride: None, padding: 0.into(), count_padding: false }
    }

    /// How far the next window lies; if it is not said, so far that windows lie side by side.
    #[must_use]
    pub fn stride(self, stride: impl Into<PerAxis>) -> Pool {
        Pool { stride: Some(stride.into()), ..self }
    }

    /// How far windows reach beyond both ends of an axis; 0, if it is not said.
    #[must_use]
    pub fn padding(self, padding: impl Into<PerAxis>) -> Pool {
        Pool { padding: padding.into(), ..self }
    }

    /// Whether a mean counts the zeros of the padding; it does not, if it is not said.
    #[must_use]
    pub fn count_padding(self, count_padding: bool) -> Pool {
        Pool { count_padding, ..self }
    }
}

/// The windows of a pool over the last axes.
struct Slides {
    dimensions: WindowDimensions,
    padding: Vec<usize>,
    /// How many windows there are along each axis.
    counts: Vec<usize>,
}

/// Methods that pool.
impl<'g> Var<'g> {
    /// The greatest element of each window over the axes n… of x `[C, n…]`; of equal ones the first gets the gradient, and NaN
    /// passes. What lies beyond an end counts as −∞.
    #[track_caller]
    pub fn max_pool(self, pool: &Pool) -> Var<'g> {
        let slides = match self.slides(pool, "max_pool") {
            Ok(slides) => slides,
            Err(failed) => return failed,
        };
        self.builder.composed("max_pool", &[self], |_| {
            let windows = self.to_real().surrounded_by(f64::NEG_INFINITY, &slides.padding).windows(slides.dimensions);
            let inside = (windows.rank() - slides.padding.len()..windows.rank()).collect();
            windows.reduce(Reduction::Max, Some(inside))
        })
    }

    /// The mean of each window over the axes n… of x `[C, n…]`. What lies beyond an end is left out, or counts as 0.
    #[track_caller]
    pub fn mean_pool(self, pool: &Pool) -> Var<'g> {
        let slides = match self.slides(pool, "mean_pool") {
            Ok(slides) => slides,
            Err(failed) => return failed,
        };
        let shape = self.shape();
        self.builder.composed("mean_pool", &[self], |builder| {
            let counted = slides.counted(&shape[1..], pool.count_padding);
            let windows = self.to_real().surrounded_by(0.0, &slides.padding).windows(slides.dimensions);
            let inside: Vec<usize> = (windows.rank() - slides.padding.len()..windows.rank()).collect();
            let sums = windows.sum_axes(&inside);
            match counted.single_number() {
                Some(count) => sums / count,
                None => sums / builder.constant(counted),
            }
        })
    }

    #[track_caller]
    fn slides(self, pool: &Pool, name: &str) -> Result<Slides, Var<'g>> {
        if self.failed() {
            return Err(self);
        }
        let axes = self.rank().saturating_sub(1);
        if axes == 0 || axes > MOST_AXES || self.kind() == Kind::Bool {
            let message = format!("{name} takes channels and 1 to {MOST_AXES} axes, not {}", self.describe());
            return Err(self.builder.fail(message, Some("the input is [channels, n…] for one example".into())));
        }
        Slides::of(pool, &self.shape())
            .map_err(|problem| self.builder.fail(format!("{name} of {}: {problem}", self.describe()), None))
    }

    /// The same element around all axes but the first.
    #[track_caller]
    fn surrounded_by(self, element: f64, padding: &[usize]) -> Var<'g> {
        if element == 0.0 && padding.iter().any(|&padding| padding > 0) {
            let around: Vec<usize> = std::iter::once(0).chain(padding.iter().copied()).collect();
            return self.pad(&around, &around);
        }
        let beside = |x: Var<'g>, (axis, &padding): (usize, &usize)| {
            if padding == 0 {
                return x;
            }
            let mut shape = x.shape().to_vec();
            shape[axis + 1] = padding;
            let edge = x.builder.constant(element).broadcast_to(shape);
            edge.concat(&[x, edge], axis + 1)
        };
        padding.iter().enumerate().fold(self, beside)
    }
}

impl Slides {
    fn of(pool: &Pool, shape: &Shape) -> Result<Slides, String> {
        let count = shape.rank() - 1;
        let sizes = pool.size.each("size", count)?;
        let strides = pool.stride.as_ref().map_or(Ok(sizes.clone()), |stride| stride.each("stride", count))?;
        let padding = pool.padding.each("padding", count)?;
        let mut counts = Vec::with_capacity(count);
        for (axis, &n) in shape[1..].iter().enumerate() {
            let (size, stride, padding) = (sizes[axis], strides[axis], padding[axis]);
            if size == 0 || stride == 0 {
                return Err(format!("a {} of 0; it is at least 1", if size == 0 { "size" } else { "stride" }));
            }
            if padding >= size {
                return Err(format!("with a padding of {padding}, a window of {size} would hold nothing else"));
            }
            let padded = n.saturating_add(padding.saturating_mul(2));
            if n == 0 || size > padded {
                let beside = if padding == 0 { "" } else { " with its padding" };
                let most = if padded == 0 { String::new() } else { format!("; {padded} or less fits") };
                let axis = axis + 1;
                return Err(format!("a window of {size} is longer than axis {axis}, which has {padded}{beside}{most}"));
            }
            counts.push((padded - size) / stride + 1);
        }
        let dilations = vec![1; count];
        let dimensions = WindowDimensions { axes: (1..=count).collect(), sizes, strides, dilations };
        Ok(Slides { dimensions, padding, counts })
    }

    /// How many elements each window's mean is over, for axes of these lengths.
    fn counted(&self, lengths: &[usize], with_padding: bool) -> Tensor {
        let WindowDimensions { sizes, strides, .. } = &self.dimensions;
        let along = |axis: usize, window: usize| {
            let (first, padding) = (window * strides[axis], self.padding[axis]);
            let end = (first + sizes[axis]).min(padding + lengths[axis]);
            if with_padding { sizes[axis] } else { end - first.max(padding) }
        };
        Tensor::from_fn(&self.counts[..], |index| {
            let mut rest = index;
            let count = (0..self.counts.len()).rev().map(|axis| {
                let window = rest % self.counts[axis];
                rest /= self.counts[axis];
                along(axis, window)
            });
            count.product::<usize>() as f64
        })
    }
}
