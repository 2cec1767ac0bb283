//! Adam (Kingma and Ba 2015), and AdamW, its form with decoupled weight decay (Loshchilov and Hutter 2019).

use chainrule_graph::Var;

use super::{Adam, Slots};

/// m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²
/// w ← w − rate · decay · w − rate · m̂ / (√v̂ + ε),  with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) at step t
pub(super) fn next<'g>(
    w: Var<'g>,
    g: Var<'g>,
    rate: Var<'g>,
    adam: Adam,
    decay: f64,
    slots: &mut Slots<'g>,
) -> Var<'g> {
    let Adam { beta1, beta2, epsilon } = adam;
    let (m, v) = (slots.zeros("mean"), slots.zeros("square mean"));
    let next_m = beta1 * m + (1.0 - beta1) * g;
    let next_v = beta2 * v + (1.0 - beta2) * (g * g);
    slots.update(m, next_m);
    slots.update(v, next_v);
    let t = slots.step_number();
    // βᵗ = e^(t ln β); the scalars are gathered, so that each entry costs a root and a division.
    let power = |beta: f64| (beta.ln() * t).exp();
    let step = rate / (1.0 - power(beta1));
    let spread = (1.0 - power(beta2)).rsqrt();
    let kept = if decay == 0.0 { w } else { w * (1.0 - decay * rate) };
    kept - step * (next_m / (spread * next_v.sqrt() + epsilon))
}
