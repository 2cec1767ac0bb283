//! Layers: what makes its parameters itself, in a scope of its own. Each is a value with settings, applied to what it is a
//! function of; a layer of one's own is a plain function.

mod attention;
mod batch_norm;
mod convolution;
mod dense;
mod dropout;
mod embedding;
mod normalization;
mod recurrent;

use super::{Builder, Var};

pub use attention::{SelfAttention, TransformerBlock};
pub use batch_norm::BatchNorm;
pub use convolution::Conv;
pub use dense::Dense;
pub use dropout::Dropout;
pub use embedding::{Embedding, Position};
pub use normalization::{GroupNorm, LayerNorm, RmsNorm};
pub use recurrent::{Gru, Lstm, Rnn};

/// The name of the scope of a layer: its own, unless the user chose another.
#[derive(Clone, Debug)]
struct LayerName(Box<str>);

impl LayerName {
    fn new(name: &str) -> LayerName {
        LayerName(name.into())
    }

    /// Runs `build` in that scope; mistakes are said to come from the caller's line.
    #[track_caller]
    fn layer<'g>(&self, x: Var<'g>, build: impl FnOnce(&'g Builder) -> Var<'g>) -> Var<'g> {
        x.builder.composed(&self.0, &[x], build)
    }
}
