//! x Wᵀ + b, with weights of its own.

use super::LayerName;
use crate::builder::Var;
use crate::initializer::Initializer;
use crate::ops::Contract;
use crate::ops::contract::Label;

/// x Wᵀ + b over the last axis of x `[.., d]`, with the parameters `W` `[n, d]` and `b` `[n]`; the result is `[.., n]`.
///
/// ```
/// use chainrule_graph::layers::Dense;
/// use chainrule_graph::{Builder, Initializer};
///
/// let builder = Builder::new();
/// let x = builder.input("x", [4]);
/// let hidden = Dense::new(8).initializer(Initializer::He).name("hidden").apply(x).relu();
/// builder.prediction(Dense::new(1).apply(hidden));
/// let function = builder.finish()?;
/// let names: Vec<&str> = function.parameters.iter().map(|parameter| function.name(parameter.node)).collect();
/// assert_eq!(names, ["hidden/W", "hidden/b", "dense/W", "dense/b"]);
/// # Ok::<(), chainrule_graph::GraphError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dense {
    results: usize,
    bias: bool,
    initializer: Initializer,
    name: LayerName,
}

impl Dense {
    /// With n results, a bias that starts at 0, and weights that start by [`Initializer::Glorot`].
    pub fn new(n: usize) -> Dense {
        Dense { results: n, bias: true, initializer: Initializer::Glorot, name: LayerName::new("dense") }
    }

    /// With or without b.
    #[must_use]
    pub fn bias(self, bias: bool) -> Dense {
        Dense { bias, ..self }
    }

    /// How W starts.
    #[must_use]
    pub fn initializer(self, initializer: Initializer) -> Dense {
        Dense { initializer, ..self }
    }

    /// The name of its scope, in place of `dense`.
    #[must_use]
    pub fn name(self, name: &str) -> Dense {
        Dense { name: LayerName::new(name), ..self }
    }

    /// Of x. A scalar x, and no results, are a mistake.
    #[track_caller]
    pub fn apply<'g>(&self, x: Var<'g>) -> Var<'g> {
        let shape = x.shape();
        let Some(&d) = shape.last().filter(|_| !x.failed()) else {
            return match x.failed() {
                true => x,
                false => x.builder.fail(
                    format!("dense takes a vector or more, not {}", x.describe()),
                    Some("a scalar is a vector of one element by reshape([1])".into()),
                ),
            };
        };
        if self.results == 0 {
            return x.builder.fail("dense makes at least one result, not 0".into(), None);
        }
        self.name.layer(x, |builder| {
            let weights = builder.parameter("W", [self.results, d], self.initializer.clone());
            let bias = self.bias.then(|| builder.parameter("b", [self.results], Initializer::Constant(0.0)));
            let product = x.times_transposed(weights);
            bias.map_or(product, |bias| product + bias)
        })
    }
}

impl<'g> Var<'g> {
    /// x Wᵀ over the last axis of x `[.., d]`, for W `[n, d]`.
    #[track_caller]
    pub(super) fn times_transposed(self, weights: Var<'g>) -> Var<'g> {
        if self.failed() || weights.failed() {
            return self.builder.poisoned();
        }
        if self.rank() == 1 {
            return weights.matvec(self);
        }
        let last = (self.rank() - 1) as Label;
        let lhs: Vec<Label> = (0..=last).collect();
        let out = (0..last).chain([last + 1]).collect();
        self.builder.push(Contract { lhs, rhs: vec![last + 1, last], out }, &[self.to_real(), weights])
    }
}
