//! Normalizations of one example, with a gain and a shift that are learned.

use super::LayerName;
use crate::builder::Var;
use crate::initializer::Initializer;

/// The epsilon of them all, unless another is said.
pub(super) const EPSILON: f64 = 1e-5;

/// (x − mean)/√(variance + epsilon) · gain + shift over the last axis, with the parameters `gain` and `shift` `[n]`
/// (Ba and others, Layer Normalization, 2016).
#[derive(Clone, Debug)]
pub struct LayerNorm {
    epsilon: f64,
    name: LayerName,
}

impl Default for LayerNorm {
    fn default() -> LayerNorm {
        LayerNorm { epsilon: EPSILON, name: LayerName::new("layer_norm") }
    }
}

impl LayerNorm {
    /// What is added to the variance; 1e-5, if it is not said.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> LayerNorm {
        LayerNorm { epsilon, ..self }
    }

    /// The name of its scope, in place of `layer_norm`.
    #[must_use]
    pub fn name(self, name: &str) -> LayerNorm {
        LayerNorm { name: LayerName::new(name), ..self }
    }

    /// Of x `[.., n]`. A scalar x is a mistake.
    #[track_caller]
    pub fn apply<'g>(&self, x: Var<'g>) -> Var<'g> {
        let shape = x.shape();
        let Some((&n, rest)) = shape.split_last() else { return needs_axes(x, "layer_norm") };
        self.name.layer(x, |builder| {
            let gain = builder.parameter("gain", [n], Initializer::Constant(1.0));
            let shift = builder.parameter("shift", [n], Initializer::Constant(0.0));
            x.normalize(&[rest.len()], self.epsilon) * gain + shift
        })
    }
}

/// x/√(mean x² + epsilon) · gain over the last axis, with the parameter `gain` `[n]` (Zhang and Sennrich, Root Mean Square
/// Layer Normalization, 2019).
#[derive(Clone, Debug)]
pub struct RmsNorm {
    epsilon: f64,
    name: LayerName,
}

impl Default for RmsNorm {
    fn default() -> RmsNorm {
        RmsNorm { epsilon: EPSILON, name: LayerName::new("rms_norm") }
    }
}

impl RmsNorm {
    /// What is added to the mean of the squares; 1e-5, if it is not said.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> RmsNorm {
        RmsNorm { epsilon, ..self }
    }

    /// The name of its scope, in place of `rms_norm`.
    #[must_use]
    pub fn name(self, name: &str) -> RmsNorm {
        RmsNorm { name: LayerName::new(name), ..self }
    }

    /// Of x `[.., n]`. A scalar x, and an epsilon that is negative or not finite, are a mistake.
    #[track_caller]
    pub fn apply<'g>(&self, x: Var<'g>) -> Var<'g> {
        let shape = x.shape();
        let Some((&n, rest)) = shape.split_last() else { return needs_axes(x, "rms_norm") };
        let epsilon = self.epsilon;
        if !(epsilon >= 0.0 && epsilon.is_finite()) {
            return x.builder.fail(format!("rms_norm takes a finite epsilon of at least 0, not {epsilon}"), None);
        }
        self.name.layer(x, |builder| {
            let gain = builder.parameter("gain", [n], Initializer::Constant(1.0));
            let x = x.to_real();
            let scale = (x.power(2.0).mean_axes(&[rest.len()]) + epsilon).rsqrt();
            x * scale.broadcast_axes(&shape, (0..rest.len()).collect()) * gain
        })
    }
}

/// The normalization of x `[C, n…]` over the channels of a group and all other axes, with the parameters `gain` and `shift`
/// `[C]` (Wu and He, Group Normalization, 2018).
#[derive(Clone, Debug)]
pub struct GroupNorm {
    groups: usize,
    epsilon: f64,
    name: LayerName,
}

impl GroupNorm {
    /// With so many groups of channels.
    pub fn new(groups: usize) -> GroupNorm {
        GroupNorm { groups, epsilon: EPSILON, name: LayerName::new("group_norm") }
    }

    /// What is added to the variance; 1e-5, if it is not said.
    #[must_use]
    pub fn epsilon(self, epsilon: f64) -> GroupNorm {
        GroupNorm { epsilon, ..self }
    }

    /// The name of its scope, in place of `group_norm`.
    #[must_use]
    pub fn name(self, name: &str) -> GroupNorm {
        GroupNorm { name: LayerName::new(name), ..self }
    }

    /// Of x `[C, n…]`. A scalar x, and a number of groups that does not divide the channels, are a mistake.
    #[track_caller]
    pub fn apply<'g>(&self, x: Var<'g>) -> Var<'g> {
        let shape = x.shape();
        let Some((&channels, rest)) = shape.split_first() else { return needs_axes(x, "group_norm") };
        let groups = self.groups;
        if groups == 0 || channels % groups != 0 {
            return x.builder.fail(
                format!("group_norm: the {channels} channels of {} do not make {groups} equal groups", x.describe()),
                Some("the number of groups divides that of the channels, which are axis 0".into()),
            );
        }
        self.name.layer(x, |builder| {
            let gain = builder.parameter("gain", [channels], Initializer::Constant(1.0));
            let shift = builder.parameter("shift", [channels], Initializer::Constant(0.0));
            let grouped: Vec<usize> = [groups, channels / groups].into_iter().chain(rest.iter().copied()).collect();
            let axes: Vec<usize> = (1..grouped.len()).collect();
            let normalized = x.reshape(grouped).normalize(&axes, self.epsilon).reshape(&shape);
            let of_channels = |parameter: Var<'g>| parameter.broadcast_axes(&shape, vec![0]);
            normalized * of_channels(gain) + of_channels(shift)
        })
    }
}

/// The mistake of a scalar, unless there was one before.
#[track_caller]
pub(super) fn needs_axes<'g>(x: Var<'g>, layer: &str) -> Var<'g> {
    if x.failed() { x } else { x.builder.fail(format!("{layer} takes a vector or more, not {}", x.describe()), None) }
}
