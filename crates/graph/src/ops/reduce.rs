//! Ops along an axis: reductions, fewer elements from many; softmax, which normalises along one; and the running sum.

use super::rules::{Contributions, batch_with};
use super::signature::{AxisOperand, AxisResult, AxisSignature, DefaultAxes};
use super::{Backward, Batched, Op, Rules, ShapeError, TensorType, exactly, must, must_be_real};
use crate::builder::{Builder, Var};
use crate::node::Kind;
use crate::shape::Shape;

/// What is computed along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// The sum; 0 over an empty axis.
    Sum,
    /// The greatest element.
    Max,
    /// The least element.
    Min,
    /// The index of the greatest element; the first of equals.
    ArgMax,
    /// The index of the least element; the first of equals.
    ArgMin,
    /// The indices that put the elements in ascending order, equal ones as they stand, NaN last.
    ArgSort,
    /// ln Σ eˣ, without overflow; −∞ over an empty axis.
    LogSumExp,
    /// eˣ / Σ eˣ, without overflow.
    Softmax,
    /// The sum of each element and those before it.
    Cumsum,
}

use Reduction::*;

/// The signature of each op, and from it the list of all.
macro_rules! signatures {
    ($($op:ident => $signature:expr,)+) => {
        impl Reduction {
            /// Every op.
            pub const ALL: &[Reduction] = &[$($op),+];

            /// What the op says of itself.
            pub const fn signature(self) -> AxisSignature {
                match self {
                    $($op => $signature,)+
                }
            }
        }
    };
}

signatures! {
    Sum => AxisSignature { several_axes: true, of_nothing: true, ..AxisSignature::element("sum") },
    Max => AxisSignature { result: AxisResult::Picked, ..AxisSignature::element("max") },
    Min => AxisSignature { result: AxisResult::Picked, ..AxisSignature::element("min") },
    ArgMax => AxisSignature::index("argmax"),
    ArgMin => AxisSignature::index("argmin"),
    ArgSort => AxisSignature { result: AxisResult::Order, of_nothing: true, ..AxisSignature::index("argsort") },
    LogSumExp => AxisSignature { takes: AxisOperand::Reals, of_nothing: true, ..AxisSignature::element("logsumexp") },
    Softmax => AxisSignature { takes: AxisOperand::Reals, ..AxisSignature::keeps_axis("softmax", DefaultAxes::Last) },
    Cumsum => AxisSignature::keeps_axis("cumsum", DefaultAxes::First),
}

/// An op along axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reduce {
    /// What is computed.
    pub op: Reduction,
    /// Along which axes, ascending. All but the sum run along one.
    pub axes: Vec<usize>,
}

/// Methods that build reductions. Those over several axes of max, min and logsumexp run over one merged axis.
impl<'g> Var<'g> {
    /// The sum of all elements.
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
        self.builder.push(Reduce { op: Sum, axes }, &[x])
    }

    /// An op over some axes, or over all. One that runs along a single axis runs along one that they are merged into; over
    /// none it is the value itself.
    #[track_caller]
    pub(crate) fn reduce(self, op: Reduction, axes: Option<Vec<usize>>) -> Var<'g> {
        let axes = axes.unwrap_or_else(|| (0..self.rank()).collect());
        match axes.as_slice() {
            _ if op.signature().several_axes => self.sum_axes(&axes),
            [] => self,
            [axis] => self.along(op, *axis),
            axes => {
                let merged = self.merge_axes(axes);
                merged.along(op, merged.rank() - 1)
            }
        }
    }

    /// An op along one axis.
    #[track_caller]
    pub(crate) fn along(self, op: Reduction, axis: usize) -> Var<'g> {
        let x = match op.signature().takes {
            AxisOperand::Reals => self.to_real(),
            AxisOperand::Numbers => self,
        };
        self.builder.push(Reduce { op, axes: vec![axis] }, &[x])
    }

    /// The mean of all elements.
    #[track_caller]
    pub fn mean(self) -> Var<'g> {
        self.mean_axes(&(0..self.rank()).collect::<Vec<_>>())
    }

    /// The mean over some axes, which vanish. That of no elements is an error.
    #[track_caller]
    pub fn mean_axes(self, axes: &[usize]) -> Var<'g> {
        if self.failed() {
            return self;
        }
        let shape = self.shape();
        let count: usize = axes.iter().filter_map(|&axis| shape.get(axis)).product();
        if count == 0 {
            return self.builder.fail(format!("the mean of no elements of {}", self.describe()), None);
        }
        self.builder.composed("mean", &[self], |_| self.to_real().sum_axes(axes) / count as f64)
    }

    /// The greatest element along an axis, which vanishes.
    #[track_caller]
    pub fn max_axis(self, axis: usize) -> Var<'g> {
        self.along(Max, axis)
    }

    /// The least element along an axis, which vanishes.
    #[track_caller]
    pub fn min_axis(self, axis: usize) -> Var<'g> {
        self.along(Min, axis)
    }

    /// The index of the greatest element along an axis; the first of equals.
    #[track_caller]
    pub fn argmax(self, axis: usize) -> Var<'g> {
        self.along(ArgMax, axis)
    }

    /// The index of the least element along an axis; the first of equals.
    #[track_caller]
    pub fn argmin(self, axis: usize) -> Var<'g> {
        self.along(ArgMin, axis)
    }

    /// The indices that put the elements along an axis in ascending order, equal ones as they stand, NaN last.
    #[track_caller]
    pub fn argsort(self, axis: usize) -> Var<'g> {
        self.along(ArgSort, axis)
    }

    /// ln Σ eˣ along an axis, which vanishes.
    #[track_caller]
    pub fn logsumexp(self, axis: usize) -> Var<'g> {
        self.along(LogSumExp, axis)
    }

    /// eˣ / Σ eˣ along an axis.
    #[track_caller]
    pub fn softmax(self, axis: usize) -> Var<'g> {
        self.along(Softmax, axis)
    }

    /// ln softmax(x) along an axis, exact where the softmax underflows.
    #[track_caller]
    pub fn log_softmax(self, axis: usize) -> Var<'g> {
        self.builder.composed("log_softmax", &[self], |_| {
            let x = self.to_real();
            let total = x.logsumexp(axis);
            x - total.expand(axis, x.shape().get(axis).copied().unwrap_or(0))
        })
    }

    /// The running sum along an axis: element i of the result is x₀ + … + xᵢ.
    #[track_caller]
    pub fn cumsum(self, axis: usize) -> Var<'g> {
        self.along(Cumsum, axis)
    }

    /// The logits and the axis, if this is the result of a softmax.
    pub(crate) fn softmax_logits(self) -> Option<(Var<'g>, usize)> {
        let node = self.node()?;
        match node.op {
            Op::Reduce(Reduce { op: Softmax, axes }) => Some((Var { id: Some(node.inputs[0]), ..self }, axes[0])),
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

impl From<Reduce> for Op {
    fn from(op: Reduce) -> Op {
        Op::Reduce(op)
    }
}

impl Reduce {
    /// The axis of an op that runs along one; of a sum over several the first, over none 0.
    pub fn axis(&self) -> usize {
        self.axes.first().copied().unwrap_or(0)
    }
}

impl Rules for Reduce {
    fn name(&self) -> &str {
        self.op.signature().name
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>, ShapeError> {
        let [x] = exactly(inputs)?;
        let signature = self.op.signature();
        must(signature.several_axes || self.axes.len() == 1, || {
            format!("runs along one axis, not {}", self.axes.len())
        })?;
        for (index, &axis) in self.axes.iter().enumerate() {
            must(axis < x.shape.rank(), || format!("there is no axis {axis} in shape {}", x.shape))?;
            must(index == 0 || self.axes[index - 1] < axis, || format!("axis {axis} is named twice"))?;
        }
        let empty = self.axes.iter().find(|&&axis| x.shape[axis] == 0).filter(|_| !signature.of_nothing);
        if let Some(axis) = empty {
            return Err(ShapeError(format!("axis {axis} of {} is empty", x.shape)));
        }
        match signature.takes {
            AxisOperand::Reals => must_be_real(inputs)?,
            AxisOperand::Numbers => must(x.kind != Kind::Bool, || "takes numbers, not truth values".into())?,
        }
        Ok(vec![match signature.result {
            AxisResult::Picked | AxisResult::Element => TensorType::new(x.shape.without(&self.axes), x.kind),
            AxisResult::Index => TensorType::new(x.shape.without(&self.axes), Kind::Int),
            AxisResult::KeepsAxis => x.clone(),
            AxisResult::Order => TensorType::new(&x.shape, Kind::Int),
        }])
    }

    fn derivative<'g>(&self, node: &Backward<'_, 'g>) -> Contributions<'g> {
        let (x, shape, axis) = (node.x[0], node.x[0].shape(), self.axis());
        node.each(|_, y, dy| {
            Some(match self.op {
                // y = Σᵢ xᵢ           ∂J/∂xᵢ = ∂J/∂y
                Sum => {
                    let kept = (0..shape.rank()).filter(|axis| !self.axes.contains(axis)).collect();
                    dy.broadcast_axes(&shape, kept)
                }
                // y = max xᵢ          ∂J/∂x = ∂J/∂y at the index of the greatest, else 0; min likewise
                Max => dy.scatter_along(x.argmax(axis), axis, shape[axis]),
                Min => dy.scatter_along(x.argmin(axis), axis, shape[axis]),
                // y = ln Σᵢ e^xᵢ      ∂J/∂x = ∂J/∂y softmax(x)
                LogSumExp => dy.expand(axis, shape[axis]) * x.softmax(axis),
                // s = softmax(x)      ∂J/∂x = s ⊙ (g − g·s)  with g = ∂J/∂s
                Softmax => y * (dy - (dy * y).sum_axes(&[axis]).expand(axis, shape[axis])),
                // y = cumsum x        ∂J/∂xⱼ = Σᵢ ∂J/∂yᵢ, i ≥ j      the running sum from the other end
                Cumsum => dy.reverse(&[axis]).cumsum(axis).reverse(&[axis]),
                // An index is a step function.
                ArgMax | ArgMin | ArgSort => return None,
            })
        })
    }

    fn batch<'g>(&self, builder: &'g Builder, inputs: &[Batched<'g>], _size: usize) -> Vec<Batched<'g>> {
        batch_with(builder, inputs, self.clone(), || {
            let axes = self.axes.iter().map(|axis| axis + 1).collect();
            vec![builder.push(Reduce { op: self.op, axes }, &[inputs[0].var])]
        })
    }
}
