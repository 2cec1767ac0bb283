//! AdaGrad (Duchi, Hazan and Singer 2011).

use chainrule_graph::Var;

use super::state::StateBuilder;

/// s ← s + g²;  w ← w − rate · g / (√s + ε)
pub(super) fn next<'g>(w: Var<'g>, g: Var<'g>, rate: Var<'g>, epsilon: f64, state: &mut StateBuilder<'g>) -> Var<'g> {
    let s = state.zeros("square sum");
    let next_s = s + g * g;
    state.update(s, next_s);
    w - rate * (g / (next_s.sqrt() + epsilon))
}
