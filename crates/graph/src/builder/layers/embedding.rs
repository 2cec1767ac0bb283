//! Vectors that are learned: of words, and of places.

use super::LayerName;
use crate::builder::Var;
use crate::initializer::Initializer;
use crate::node::Kind;
use crate::ops::{Op, Source};

/// A vector of n elements for each of some words, the rows of the parameter `W` `[vocabulary, n]`, which starts by
/// normal(0, 1).
#[derive(Clone, Debug)]
pub struct Embedding {
    vocabulary: usize,
    results: usize,
    name: LayerName,
}

impl Embedding {
    /// With n elements for each of `vocabulary` words.
    pub fn new(vocabulary: usize, n: usize) -> Embedding {
        Embedding { vocabulary, results: n, name: LayerName::new("embedding") }
    }

    /// The name of its scope, in place of `embedding`.
    #[must_use]
    pub fn name(self, name: &str) -> Embedding {
        Embedding { name: LayerName::new(name), ..self }
    }

    /// Of words i `[..]`, whole numbers below the vocabulary: `[.., n]`. Other numbers, and an input whose bound lies above the
    /// vocabulary, are a mistake.
    #[track_caller]
    pub fn apply<'g>(&self, i: Var<'g>) -> Var<'g> {
        if i.failed() {
            return i;
        }
        if i.kind() != Kind::Int {
            return i.builder.fail(
                format!("embedding takes whole numbers, not {} of kind {}", i.describe(), i.kind()),
                Some("declare them with `int`, as in `input i [] int < 50`".into()),
            );
        }
        if let Some(Op::Source(Source::Input { bound: Some(bound), .. })) = i.op()
            && bound > self.vocabulary
        {
            return i.builder.fail(
                format!("embedding has {} words, and {} goes up to {}", self.vocabulary, i.describe(), bound - 1),
                Some(format!("a vocabulary of {bound} holds them all")),
            );
        }
        self.name.layer(i, |builder| {
            let start = Initializer::Normal { mean: 0.0, std: 1.0 };
            builder.parameter("W", [self.vocabulary, self.results], start).gather(i, 0)
        })
    }
}

/// x + W, with a parameter `W` of the shape of x: what is learned of each place. It starts by normal(0, 1).
#[derive(Clone, Debug)]
pub struct Position {
    name: LayerName,
}

impl Default for Position {
    fn default() -> Position {
        Position { name: LayerName::new("position") }
    }
}

impl Position {
    /// The name of its scope, in place of `position`.
    #[must_use]
    pub fn name(self, name: &str) -> Position {
        Position { name: LayerName::new(name) }
    }

    /// Of x, the places of which are its first axis.
    #[track_caller]
    pub fn apply<'g>(&self, x: Var<'g>) -> Var<'g> {
        self.name.layer(x, |builder| x + builder.parameter("W", x.shape(), Initializer::Normal { mean: 0.0, std: 1.0 }))
    }
}
