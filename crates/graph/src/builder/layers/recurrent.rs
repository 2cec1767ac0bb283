//! Recurrent layers: over the rows of a sequence, all states.
//!
//! The products with the inputs stand in the body like all else; the compiler takes them out of the loop.

use std::sync::Arc;

use super::LayerName;
use crate::builder::{Builder, Var};
use crate::initializer::Initializer;
use crate::tensor::Tensor;

/// One of the recurrent layers: its settings, and what a step of it is.
macro_rules! layer {
    ($(#[$doc:meta])+ $layer:ident, $scope:literal, $build:ident) => {
        $(#[$doc])+
        #[derive(Clone, Debug)]
        pub struct $layer {
            states: usize,
            name: LayerName,
        }

        impl $layer {
            /// With states of n elements.
            pub fn new(n: usize) -> $layer {
                $layer { states: n, name: LayerName::new($scope) }
            }

            #[doc = concat!("The name of its scope, in place of `", $scope, "`.")]
            #[must_use]
            pub fn name(self, name: &str) -> $layer {
                $layer { name: LayerName::new(name), ..self }
            }

            /// Of xs `[T, d]`: all states, `[T, n]`. Another number of axes, and no states, are a mistake.
            #[track_caller]
            pub fn apply<'g>(&self, xs: Var<'g>) -> Var<'g> {
                over_rows($scope, &self.name, self.states, xs, $build)
            }
        }
    };
}

layer! {
    /// h′ = tanh(Wx x + Wh h + b), beginning with 0, with the parameters `Wx` `[n, d]`, `Wh` `[n, n]` and `b` `[n]`
    /// (Elman, Finding structure in time, 1990).
    Rnn, "rnn", rnn
}

layer! {
    /// c′ = σ(f) c + σ(i) tanh(g), h′ = σ(o) tanh(c′) with the gates i f g o = Wx x + Wh h + b, beginning with 0, with the
    /// parameters `Wx` `[4n, d]`, `Wh` `[4n, n]` and `b` `[4n]`, which begins as 1 for f and 0 for the others
    /// (Hochreiter and Schmidhuber, Long short-term memory, 1997; Gers and others, Learning to forget, 2000).
    ///
    /// ```
    /// use chainrule_graph::Builder;
    /// use chainrule_graph::layers::{Dense, Lstm};
    ///
    /// let builder = Builder::new();
    /// let xs = builder.input("xs", [25, 12]);
    /// let hs = Lstm::new(64).apply(xs);
    /// builder.prediction(Dense::new(9).apply(hs.last()).softmax(0));
    /// let function = builder.finish()?;
    /// assert_eq!(function.graph.shape(function.parameters[1].node)[..], [256, 64]);
    /// # Ok::<(), chainrule_graph::GraphError>(())
    /// ```
    Lstm, "lstm", lstm
}

layer! {
    /// h′ = (1 − z) n + z h with r = σ(rₓ + rₕ), z = σ(zₓ + zₕ) and n = tanh(nₓ + r nₕ), where rₓ zₓ nₓ = Wx x + b and
    /// rₕ zₕ nₕ = Wh h + bh; beginning with 0, with the parameters `Wx` `[3n, d]`, `Wh` `[3n, n]`, `b` and `bh` `[3n]`
    /// (Cho and others, Learning phrase representations, 2014; the reset after the product).
    Gru, "gru", gru
}

/// The states over the rows of xs, by a layer's own steps.
#[track_caller]
fn over_rows<'g>(
    layer: &str,
    name: &LayerName,
    n: usize,
    xs: Var<'g>,
    build: impl FnOnce(&'g Builder, Var<'g>, usize, usize) -> Var<'g>,
) -> Var<'g> {
    if xs.failed() {
        return xs;
    }
    let &[_, d] = &xs.shape()[..] else {
        return xs.builder.fail(
            format!("{layer} takes a sequence of vectors, [T, d], not {}", xs.describe()),
            Some("a sequence of numbers is one of vectors of one element by reshape".into()),
        );
    };
    if n == 0 {
        return xs.builder.fail(format!("{layer} has states of at least one element, not 0"), None);
    }
    name.layer(xs, |builder| build(builder, xs, n, d))
}

/// The weights of `gates` gates, for the rows and for the states.
fn weights<'g>(builder: &'g Builder, gates: usize, n: usize, d: usize) -> [Var<'g>; 2] {
    let of = |name: &str, columns: usize| builder.parameter(name, [gates * n, columns], Initializer::Glorot);
    [of("Wx", d), of("Wh", n)]
}

/// A bias of `gates` gates that begins with 0.
fn bias<'g>(builder: &'g Builder, name: &str, gates: usize, n: usize) -> Var<'g> {
    builder.parameter(name, [gates * n], Initializer::Constant(0.0))
}

/// The part of gate number `index`.
fn gate(gates: Var<'_>, index: usize, n: usize) -> Var<'_> {
    gates.slice(&[index * n], &[(index + 1) * n])
}

fn rnn<'g>(builder: &'g Builder, xs: Var<'g>, n: usize, d: usize) -> Var<'g> {
    let [wx, wh] = weights(builder, 1, n, d);
    let b = bias(builder, "b", 1, n);
    builder.scan(&[builder.zeros([n])], &[xs], |h, x| vec![(wx.matvec(x[0]) + b + wh.matvec(h[0])).tanh()])[0]
}

fn lstm<'g>(builder: &'g Builder, xs: Var<'g>, n: usize, d: usize) -> Var<'g> {
    let [wx, wh] = weights(builder, 4, n, d);
    if wh.failed() {
        return wh; // too many states to make a bias for
    }
    let forget_first = Tensor::from_fn([4 * n], |i| if i / n == 1 { 1.0 } else { 0.0 });
    let b = builder.parameter("b", [4 * n], Initializer::Values(Arc::new(forget_first)));
    let start = builder.zeros([n]);
    builder.scan(&[start, start], &[xs], |carry, x| {
        let (h, c) = (carry[0], carry[1]);
        let gates = wx.matvec(x[0]) + b + wh.matvec(h);
        let [i, f, g, o] = [0, 1, 2, 3].map(|index| gate(gates, index, n));
        let c = f.sigmoid() * c + i.sigmoid() * g.tanh();
        vec![o.sigmoid() * c.tanh(), c]
    })[0]
}

fn gru<'g>(builder: &'g Builder, xs: Var<'g>, n: usize, d: usize) -> Var<'g> {
    let [wx, wh] = weights(builder, 3, n, d);
    let (b, bh) = (bias(builder, "b", 3, n), bias(builder, "bh", 3, n));
    builder.scan(&[builder.zeros([n])], &[xs], |h, x| {
        let (of_x, of_h) = (wx.matvec(x[0]) + b, wh.matvec(h[0]) + bh);
        let r = (gate(of_x, 0, n) + gate(of_h, 0, n)).sigmoid();
        let z = (gate(of_x, 1, n) + gate(of_h, 1, n)).sigmoid();
        let new = (gate(of_x, 2, n) + r * gate(of_h, 2, n)).tanh();
        vec![(1.0 - z) * new + z * h[0]]
    })[0]
}
