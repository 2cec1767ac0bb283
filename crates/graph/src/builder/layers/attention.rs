//! Attention of a sequence to itself, and the block of a transformer.

use super::{Dense, LayerName, LayerNorm};
use crate::builder::{Attention, Var};
use crate::initializer::Initializer;

/// Attention of a sequence x `[T, d]` to itself by several heads, with the parameters `Wq`, `Wk`, `Wv` and `Wo` `[d, d]`
/// (Vaswani and others, Attention Is All You Need, 2017). A head is d/heads neighbouring columns of x Wqᵀ, x Wkᵀ, x Wvᵀ.
#[derive(Clone, Debug)]
pub struct SelfAttention {
    heads: usize,
    causal: bool,
    name: LayerName,
}

impl SelfAttention {
    /// With so many heads.
    pub fn new(heads: usize) -> SelfAttention {
        SelfAttention { heads, causal: false, name: LayerName::new("self_attention") }
    }

    /// Whether a place looks at none after it; it does, if it is not said.
    #[must_use]
    pub fn causal(self, causal: bool) -> SelfAttention {
        SelfAttention { causal, ..self }
    }

    /// The name of its scope, in place of `self_attention`.
    #[must_use]
    pub fn name(self, name: &str) -> SelfAttention {
        SelfAttention { name: LayerName::new(name), ..self }
    }

    /// Of x `[T, d]`, of the same shape. Another rank, and heads that do not divide d, are a mistake.
    #[track_caller]
    pub fn apply<'g>(&self, x: Var<'g>) -> Var<'g> {
        let shape = x.shape();
        if x.failed() {
            return x;
        }
        let &[steps, d] = &shape[..] else {
            return x.builder.fail(format!("self_attention takes a sequence [T, d], not {}", x.describe()), None);
        };
        let heads = self.heads;
        if heads == 0 || d % heads != 0 {
            return x.builder.fail(
                format!("self_attention: the {d} columns of {} do not make {heads} equal heads", x.describe()),
                Some("the number of heads divides that of the columns".into()),
            );
        }
        self.name.layer(x, |builder| {
            let [q, k, v, o] =
                ["Wq", "Wk", "Wv", "Wo"].map(|name| builder.parameter(name, [d, d], Initializer::Glorot));
            let split = |weights: Var<'g>| {
                x.times_transposed(weights).reshape([steps, heads, d / heads]).transpose_axes(&[1, 0, 2])
            };
            let options = Attention { causal: self.causal, mask: None };
            let looked = builder.attention(split(q), split(k), split(v), options);
            looked.transpose_axes(&[1, 0, 2]).reshape([steps, d]).times_transposed(o)
        })
    }
}

/// The block of a transformer on a sequence x `[T, d]`, of the same shape: a = x + attention of its norm, then a + two layers
/// of its norm with gelu between them. Normalized before, not after (Xiong and others, On Layer Normalization in the
/// Transformer Architecture, 2020).
#[derive(Clone, Debug)]
pub struct TransformerBlock {
    attention: SelfAttention,
    width: usize,
    name: LayerName,
}

impl TransformerBlock {
    /// With so many heads.
    pub fn new(heads: usize) -> TransformerBlock {
        let attention = SelfAttention::new(heads);
        TransformerBlock { attention, width: 4, name: LayerName::new("transformer_block") }
    }

    /// How many times d the layer between has; 4, if it is not said.
    #[must_use]
    pub fn width(self, width: usize) -> TransformerBlock {
        TransformerBlock { width, ..self }
    }

    /// Whether a place looks at none after it; it does, if it is not said.
    #[must_use]
    pub fn causal(self, causal: bool) -> TransformerBlock {
        TransformerBlock { attention: self.attention.causal(causal), ..self }
    }

    /// The name of its scope, in place of `transformer_block`.
    #[must_use]
    pub fn name(self, name: &str) -> TransformerBlock {
        TransformerBlock { name: LayerName::new(name), ..self }
    }

    /// Of x `[T, d]`, of the same shape. Another rank, and heads that do not divide d, are a mistake.
    #[track_caller]
    pub fn apply<'g>(&self, x: Var<'g>) -> Var<'g> {
        let d = x.shape().last().copied().unwrap_or(0);
        self.name.layer(x, |builder| {
            let a = builder.part("a", |_| {
                let sum = x + self.attention.apply(LayerNorm::default().apply(x));
                sum.named("a")
            });
            let between = Dense::new(self.width.saturating_mul(d)).apply(LayerNorm::default().apply(a)).gelu();
            a + Dense::new(d).apply(between)
        })
    }
}
