//! Reductions: fewer entries from many, along an axis; and softmax, which normalises along one.

use super::{Op, Rules, ShapeError, TensorType, exactly, must, must_be_real};
use crate::builder::Var;
use crate::node::Kind;
use crate::shape::Shape;

/// An op along axes. All but softmax remove them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reduce {
    /// The sum over some axes; 0 over an empty one.
    Sum {
        /// The axes, ascending.
        axes: Vec<usize>,
    },
    /// The greatest entry along an axis.
    Max {
        /// The axis.
        axis: usize,
    },
    /// The least entry along an axis.
    Min {
        /// The axis.
        axis: usize,
    },
    /// The index of the greatest entry along an axis; the first of equals.
    ArgMax {
        /// The axis.
        axis: usize,
    },
    /// The index of the least entry along an axis; the first of equals.
    ArgMin {
        /// The axis.
        axis: usize,
    },
    /// ln Σ eˣ along an axis, without overflow; −∞ over an empty one.
    LogSumExp {
        /// The axis.
        axis: usize,
    },
    /// eˣ / Σ eˣ along an axis, without overflow.
    Softmax {
        /// The axis.
        axis: usize,
    },
}

use Reduce::*;

/// Methods that build reductions. Those over several axes of max, min and logsumexp run over one merged axis.
impl<'g> Var<'g> {
    /// The sum of all entries.
    #[track_caller]
    pub fn sum(self) -> Var<'g> {
        self.sum_axes(&(0..self.rank()).collect::<Vec<_>>())
    }

    /// The sum over some axes, which vanish.
    #[track_caller]
    pub fn sum_axes(self, axes: &[usize]) -> Var<'g> {
        let mut axes = axes.to_vec();
        axes.sort_unstable();
        let x = if self.kind() == Kind::Bool { self.to_real() } else { self };
        self.builder.push(Op::Reduce(Sum { axes }), &[x])
    }

    /// The mean of all entries.
    #[track_caller]
    pub fn mean(self) -> Var<'g> {
        self.mean_axes(&(0..self.rank()).collect::<Vec<_>>())
    }

    /// The mean over some axes, which vanish. That of no entries is an error.
    #[track_caller]
    pub fn mean_axes(self, axes: &[usize]) -> Var<'g> {
        if self.failed() {
            return self;
        }
        let shape = self.shape();
        let count: usize = axes.iter().filter_map(|&axis| shape.get(axis)).product();
        if count == 0 {
            return self.builder.fail(format!("the mean of no entries of {}", self.describe()), None);
        }
        self.scoped("mean", |_| self.to_real().sum_axes(axes) / count as f64)
    }

    /// The greatest entry along an axis, which vanishes.
    #[track_caller]
    pub fn max_axis(self, axis: usize) -> Var<'g> {
        self.builder.push(Op::Reduce(Max { axis }), &[self])
    }

    /// The least entry along an axis, which vanishes.
    #[track_caller]
    pub fn min_axis(self, axis: usize) -> Var<'g> {
        self.builder.push(Op::Reduce(Min { axis }), &[self])
    }

    /// The index of the greatest entry along an axis; the first of equals.
    #[track_caller]
    pub fn argmax(self, axis: usize) -> Var<'g> {
        self.builder.push(Op::Reduce(ArgMax { axis }), &[self])
    }

    /// The index of the least entry along an axis; the first of equals.
    #[track_caller]
    pub fn argmin(self, axis: usize) -> Var<'g> {
        self.builder.push(Op::Reduce(ArgMin { axis }), &[self])
    }

    /// ln Σ eˣ along an axis, which vanishes.
    #[track_caller]
    pub fn logsumexp(self, axis: usize) -> Var<'g> {
        self.builder.push(Op::Reduce(LogSumExp { axis }), &[self.to_real()])
    }

    /// eˣ / Σ eˣ along an axis.
    #[track_caller]
    pub fn softmax(self, axis: usize) -> Var<'g> {
        self.builder.push(Op::Reduce(Softmax { axis }), &[self.to_real()])
    }

    /// The logits and the axis, if this is the result of a softmax.
    pub(crate) fn softmax_logits(self) -> Option<(Var<'g>, usize)> {
        let node = self.node()?;
        match node.op {
            Op::Reduce(Softmax { axis }) => Some((self.builder.var(node.inputs[0]), axis)),
            _ => None,
        }
    }

    /// The same with the given axes merged into one, the last; for reductions over several axes.
    #[track_caller]
    pub(crate) fn merge_axes(self, axes: &[usize]) -> Var<'g> {
        let shape = self.shape();
        if self.failed() || axes.iter().any(|&axis| axis >= shape.rank()) {
            return self;
        }
        let kept: Vec<usize> = (0..shape.rank()).filter(|axis| !axes.contains(axis)).collect();
        let order: Vec<usize> = kept.iter().chain(axes).copied().collect();
        let merged = axes.iter().map(|&axis| shape[axis]).product();
        let target: Shape = kept.iter().map(|&axis| shape[axis]).chain([merged]).collect();
        self.transpose_axes(&order).reshape(target)
    }
}

impl Reduce {
    /// The axes that are run over.
    pub fn axes(&self) -> &[usize] {
        match self {
            Sum { axes } => axes,
            Max { axis } | Min { axis } | ArgMax { axis } | ArgMin { axis } | LogSumExp { axis } | Softmax { axis } => {
                std::slice::from_ref(axis)
            }
        }
    }

    fn shifted(&self) -> Reduce {
        match self {
            Sum { axes } => Sum { axes: axes.iter().map(|axis| axis + 1).collect() },
            Max { axis } => Max { axis: axis + 1 },
            Min { axis } => Min { axis: axis + 1 },
            ArgMax { axis } => ArgMax { axis: axis + 1 },
            ArgMin { axis } => ArgMin { axis: axis + 1 },
            LogSumExp { axis } => LogSumExp { axis: axis + 1 },
            Softmax { axis } => Softmax { axis: axis + 1 },
        }
    }
}

impl Rules for Reduce {
    fn name(&self) -> &str {
        match self {
            Sum { .. } => "sum",
            Max { .. } => "max",
            Min { .. } => "min",
            ArgMax { .. } => "argmax",
            ArgMin { .. } => "argmin",
            LogSumExp { .. } => "logsumexp",
            Softmax { .. } => "softmax",
        }
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<TensorType, ShapeError> {
        let [x] = exactly(inputs)?;
        let axes = self.axes();
        for (place, &axis) in axes.iter().enumerate() {
            must(axis < x.shape.rank(), || format!("there is no axis {axis} in shape {}", x.shape))?;
            must(place == 0 || axes[place - 1] < axis, || format!("axis {axis} is named twice"))?;
        }
        let rest = x.shape.without(axes);
        let nonempty = || must(x.shape[axes[0]] > 0, || format!("axis {} of {} is empty", axes[0], x.shape));
        match self {
            Sum { .. } => {
                must(x.kind != Kind::Bool, || "takes numbers, not truth values".into())?;
                Ok(TensorType::new(rest, x.kind))
            }
            Max { .. } | Min { .. } => {
                nonempty()?;
                must(x.kind != Kind::Bool, || "takes numbers, not truth values".into())?;
                Ok(TensorType::new(rest, x.kind))
            }
            ArgMax { .. } | ArgMin { .. } => {
                nonempty()?;
                must(x.kind != Kind::Bool, || "takes numbers, not truth values".into())?;
                Ok(TensorType::new(rest, Kind::Int))
            }
            LogSumExp { .. } => {
                must_be_real(inputs)?;
                Ok(TensorType::real(rest))
            }
            Softmax { .. } => {
                must_be_real(inputs)?;
                Ok(x.clone())
            }
        }
    }

    fn derivative<'g>(&self, _input: usize, x: &[Var<'g>], y: Var<'g>, dy: Var<'g>) -> Option<Var<'g>> {
        let (x, shape) = (x[0], x[0].shape());
        Some(match self {
            // y = Σᵢ xᵢ           ∂J/∂xᵢ = ∂J/∂y
            Sum { axes } => {
                let kept = (0..shape.rank()).filter(|axis| !axes.contains(axis)).collect();
                dy.broadcast_axes(shape, kept)
            }
            // y = max xᵢ          ∂J/∂x = ∂J/∂y at the index of the greatest, else 0; min likewise
            Max { axis } => dy.place(x.argmax(*axis), *axis, shape[*axis]),
            Min { axis } => dy.place(x.argmin(*axis), *axis, shape[*axis]),
            // y = ln Σᵢ e^xᵢ      ∂J/∂x = ∂J/∂y softmax(x)
            LogSumExp { axis } => dy.expand(*axis, shape[*axis]) * x.softmax(*axis),
            // s = softmax(x)      ∂J/∂x = s ⊙ (g − g·s)  with g = ∂J/∂s
            Softmax { axis } => y * (dy - (dy * y).sum_axes(&[*axis]).expand(*axis, shape[*axis])),
            // An index is a step function.
            ArgMax { .. } | ArgMin { .. } => return None,
        })
    }

    fn batch<'g>(&self, x: &[Var<'g>], _batched: &[bool], _size: usize) -> Var<'g> {
        x[0].builder.push(Op::Reduce(self.shifted()), x)
    }
}
