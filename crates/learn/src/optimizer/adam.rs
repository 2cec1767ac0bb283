//! Adam: steps along a moving mean of gradients, over the root of a moving mean of their squares.

use chainrule_graph::Var;

use super::state::StateBuilder;

/// The constants of Adam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// How much of the mean of gradients stays.
    pub beta1: f64,
    /// How much of the mean of squares stays.
    pub beta2: f64,
    /// Added to the root.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Adam {
        Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

/// m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²
/// w ← w − rate · m̂ / (√v̂ + ε),  with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) at step t (Kingma and Ba 2015)
pub(super) fn next<'g>(w: Var<'g>, g: Var<'g>, rate: Var<'g>, adam: Adam, state: &mut StateBuilder<'g>) -> Var<'g> {
    w - step(g, rate, adam, state)
}

/// rate · m̂ / (√v̂ + ε)
pub(super) fn step<'g>(g: Var<'g>, rate: Var<'g>, adam: Adam, state: &mut StateBuilder<'g>) -> Var<'g> {
    let Adam { beta1, beta2, epsilon } = adam;
    let (m, v) = (state.zeros("mean"), state.zeros("square mean"));
    let next_m = beta1 * m + (1.0 - beta1) * g;
    let next_v = beta2 * v + (1.0 - beta2) * (g * g);
    state.update(m, next_m);
    state.update(v, next_v);
    let t = state.step_number();
    // βᵗ = e^(t ln β); the scalars are gathered, so that each element costs a root and a division.
    let power = |beta: f64| (beta.ln() * t).exp();
    let scale = rate / (1.0 - power(beta1));
    let spread = (1.0 - power(beta2)).rsqrt();
    scale * (next_m / (spread * next_v.sqrt() + epsilon))
}
