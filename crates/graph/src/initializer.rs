//! How parameters and states start.

use std::fmt;
use std::sync::Arc;

use crate::shape::Shape;
use crate::tensor::Tensor;

/// How a parameter or state starts, as data: whoever draws numbers reads it.
#[derive(Clone, Debug, PartialEq)]
pub enum Initializer {
    /// The same number everywhere.
    Constant(f64),
    /// These numbers, of the parameter's shape.
    Values(Arc<Tensor>),
    /// Normally distributed.
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        std: f64,
    },
    /// Uniform on [low, high).
    Uniform {
        /// The least value.
        low: f64,
        /// The bound above.
        high: f64,
    },
    /// Uniform on ±√(6/(in + out)) (Glorot and Bengio 2010); in = the last axis, out = the one before.
    Glorot,
    /// The same with in and out that are said, as where a window is shared by many places.
    GlorotOf {
        /// How many elements a result is made from.
        inputs: usize,
        /// How many results an element goes to.
        outputs: usize,
    },
    /// Normal with mean 0 and standard deviation √(2/in) (He et al. 2015); in = the last axis.
    He,
    /// The same with an in that is said.
    HeOf {
        /// How many elements a result is made from.
        inputs: usize,
    },
    /// A random orthogonal matrix, times the gain (Saxe et al. 2014): along the shorter of the last two axes, rows or columns
    /// are orthogonal and have the length of the gain. Each of several matrices is drawn by itself.
    Orthogonal {
        /// The length.
        gain: f64,
    },
}

impl Initializer {
    /// The same start in its only spelling: the number of a scalar, and no numbers at all, are a constant.
    pub(crate) fn canonical(self) -> Initializer {
        match self {
            Initializer::Values(values) if values.shape().rank() == 0 => Initializer::Constant(values.item()),
            Initializer::Values(values) if values.data().is_empty() => Initializer::Constant(0.0),
            other => other,
        }
    }

    /// Whether it is made for matrices, so that it needs two axes or more.
    pub(crate) fn needs_matrix(&self) -> bool {
        match self {
            Initializer::Glorot | Initializer::He | Initializer::Orthogonal { .. } => true,
            Initializer::Constant(_)
            | Initializer::Values(_)
            | Initializer::Normal { .. }
            | Initializer::Uniform { .. }
            | Initializer::GlorotOf { .. }
            | Initializer::HeOf { .. } => false,
        }
    }

    /// Why no value of this shape can start so, if it can't: numbers that are not finite, a negative deviation, a range that
    /// is empty, too few axes, numbers of another shape.
    pub(crate) fn problem(&self, shape: &Shape) -> Option<String> {
        let finite = |x: f64| (!x.is_finite()).then(|| format!("starts from {x}, which is not finite"));
        if self.needs_matrix() && shape.rank() < 2 {
            return Some(format!(
                "of shape {shape} has too few axes for {}, which needs two or more",
                self.to_string().trim_start_matches("~ ")
            ));
        }
        match *self {
            Initializer::Constant(_) | Initializer::Glorot | Initializer::He => None,
            Initializer::Values(ref values) => (values.shape() != shape).then(|| {
                format!("of shape {shape} starts from numbers of shape {}; the same would be right", values.shape())
            }),
            Initializer::Normal { mean, std } => finite(mean)
                .or_else(|| finite(std))
                .or_else(|| (std < 0.0).then(|| format!("has a standard deviation of {std}; it is at least 0"))),
            Initializer::Uniform { low, high } => finite(low)
                .or_else(|| finite(high))
                .or_else(|| (low > high).then(|| format!("is drawn from {low} to {high}, an empty range"))),
            Initializer::GlorotOf { inputs, outputs } => {
                (inputs + outputs == 0).then(|| "starts by glorot(0, 0); a number from 1 up would be right".into())
            }
            Initializer::HeOf { inputs } => {
                (inputs == 0).then(|| "starts by he(0); a number from 1 up would be right".into())
            }
            Initializer::Orthogonal { gain } => finite(gain),
        }
    }
}

impl fmt::Display for Initializer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Initializer::Constant(value) => write!(f, "= {value}"),
            Initializer::Values(values) => write!(f, "= numbers of shape {}", values.shape()),
            Initializer::Normal { mean, std } => write!(f, "~ normal({mean}, {std})"),
            Initializer::Uniform { low, high } => write!(f, "~ uniform({low}, {high})"),
            Initializer::Glorot => f.write_str("~ glorot"),
            Initializer::GlorotOf { inputs, outputs } => write!(f, "~ glorot({inputs}, {outputs})"),
            Initializer::He => f.write_str("~ he"),
            Initializer::HeOf { inputs } => write!(f, "~ he({inputs})"),
            Initializer::Orthogonal { gain } => write!(f, "~ orthogonal({gain})"),
        }
    }
}
