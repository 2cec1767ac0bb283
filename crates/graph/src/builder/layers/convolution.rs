//! Convolutions with weights of their own.

use super::LayerName;
use crate::builder::{Convolution, Padding, PerAxis, Var};
use crate::initializer::Initializer;

/// A convolution of x `[C, n…]` over 1 to 3 axes, with the parameters `W` `[channels, C/groups, size…]` and `b` `[channels]`.
///
/// ```
/// use chainrule_graph::Builder;
/// use chainrule_graph::layers::Conv;
///
/// let builder = Builder::new();
/// let x = builder.input("x", [3, 8, 8]);
/// let h = Conv::new(16, 3).padding(1).stride(2).apply(x).relu();
/// assert_eq!(h.shape().to_vec(), [16, 4, 4]);
/// builder.prediction(h);
/// let function = builder.finish()?;
/// let weights = function.parameter("conv/W").expect("it is one");
/// assert_eq!(function.graph.shape(weights.node).to_vec(), [16, 3, 3, 3]);
/// # Ok::<(), chainrule_graph::GraphError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Conv {
    channels: usize,
    size: PerAxis,
    options: Convolution,
    groups: usize,
    bias: bool,
    initializer: Initializer,
    is_transposed: bool,
    name: LayerName,
}

impl Conv {
    /// With so many channels as results, and windows of this size: a number for all axes, or one for each. A bias that starts
    /// at 0; weights that start by [`Initializer::He`], where in counts the elements of a window.
    pub fn new(channels: usize, size: impl Into<PerAxis>) -> Conv {
        Conv {
            channels,
            size: size.into(),
            options: Convolution::default(),
            groups: 1,
            bias: true,
            initializer: Initializer::He,
            is_transposed: false,
            name: LayerName::new("conv"),
        }
    }

    /// The adjoint of a convolution from `channels` to those of x, whose weights are `[C, channels/groups, size…]`.
    pub fn transposed(channels: usize, size: impl Into<PerAxis>) -> Conv {
        Conv { is_transposed: true, name: LayerName::new("conv_transpose"), ..Conv::new(channels, size) }
    }

    /// How far the next window lies; 1, if it is not said.
    #[must_use]
    pub fn stride(self, stride: impl Into<PerAxis>) -> Conv {
        Conv { options: self.options.stride(stride), ..self }
    }

    /// The zeros around x; none, if it is not said.
    #[must_use]
    pub fn padding(self, padding: impl Into<Padding>) -> Conv {
        Conv { options: self.options.padding(padding), ..self }
    }

    /// How far apart the elements of a window lie; 1, if it is not said.
    #[must_use]
    pub fn dilation(self, dilation: impl Into<PerAxis>) -> Conv {
        Conv { options: self.options.dilation(dilation), ..self }
    }

    /// How many results more than the fewest a transposed one has at the end of each axis; 0, if it is not said.
    #[must_use]
    pub fn extra(self, extra: impl Into<PerAxis>) -> Conv {
        Conv { options: self.options.extra(extra), ..self }
    }

    /// In how many groups the channels are, each with weights of its own; 1, if it is not said.
    #[must_use]
    pub fn groups(self, groups: usize) -> Conv {
        Conv { options: self.options.groups(groups), groups, ..self }
    }

    /// With or without b.
    #[must_use]
    pub fn bias(self, bias: bool) -> Conv {
        Conv { bias, ..self }
    }

    /// How W starts; for [`Initializer::Glorot`], too, in and out count the elements of a window.
    #[must_use]
    pub fn initializer(self, initializer: Initializer) -> Conv {
        Conv { initializer, ..self }
    }

    /// The name of its scope, in place of `conv` or `conv_transpose`.
    #[must_use]
    pub fn name(self, name: &str) -> Conv {
        Conv { name: LayerName::new(name), ..self }
    }

    /// Of x `[C, n…]`: `[channels, m…]`. Groups that do not divide both numbers of channels, a window that does not fit, and x of
    /// another rank are a mistake.
    #[track_caller]
    pub fn apply<'g>(&self, x: Var<'g>) -> Var<'g> {
        if x.failed() {
            return x;
        }
        let called = if self.is_transposed { "conv_transpose" } else { "conv" };
        let fail = |message: String| x.builder.fail(format!("{called} {message}"), None);
        let shape = x.shape();
        let &[from, _, ..] = &shape[..] else {
            return fail(format!("takes channels and 1 to 3 axes, not {}", x.describe()));
        };
        let sizes = match self.size.each("size", shape.rank() - 1) {
            Ok(sizes) => sizes,
            Err(problem) => return fail(format!("of {}: {problem}", x.describe())),
        };
        let (to, groups) = (self.channels, self.groups);
        if groups == 0 || from % groups != 0 || to % groups != 0 || to == 0 {
            let fit: Vec<String> = (1..=from.min(to))
                .filter(|groups| from.is_multiple_of(*groups) && to.is_multiple_of(*groups))
                .map(|groups| groups.to_string())
                .collect();
            let help = (!fit.is_empty()).then(|| format!("groups that divide both: {}", fit.join(", ")));
            let message = format!("{called} of {from} channels to {to}: {groups} groups do not divide both");
            return x.builder.fail(message, help);
        }
        let window = sizes.iter().fold(1, |product: usize, size| product.saturating_mul(*size));
        let [inputs, outputs] = [from / groups, to].map(|channels| channels.saturating_mul(window).max(1));
        let start = match self.initializer {
            Initializer::Glorot => Initializer::GlorotOf { inputs, outputs },
            Initializer::He => Initializer::HeOf { inputs },
            ref other => other.clone(),
        };
        let channels = if self.is_transposed { [from, to / groups] } else { [to, from / groups] };
        let weights: Vec<usize> = channels.into_iter().chain(sizes).collect();
        self.name.layer(x, |builder| {
            let weights = builder.parameter("W", weights, start);
            let bias = self.bias.then(|| builder.parameter("b", [to], Initializer::Constant(0.0)));
            let result = match self.is_transposed {
                true => x.convolution_transpose(weights, &self.options),
                false => x.convolution(weights, &self.options),
            };
            bias.map_or(result, |bias| result + bias.broadcast_axes(result.shape(), vec![0]))
        })
    }
}
