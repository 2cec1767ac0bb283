//! Gradient descent with momentum: a velocity that decays and gathers gradients.

use chainrule_graph::Var;

use super::state::StateBuilder;

/// v ← μ v + g;  w ← w − rate · v (Polyak 1964, in the form of Sutskever et al. 2013 with the rate outside)
pub(super) fn next<'g>(w: Var<'g>, g: Var<'g>, rate: Var<'g>, momentum: f64, state: &mut StateBuilder<'g>) -> Var<'g> {
    w - rate * velocity(g, momentum, state)
}

/// The next velocity.
pub(super) fn velocity<'g>(g: Var<'g>, momentum: f64, state: &mut StateBuilder<'g>) -> Var<'g> {
    let velocity = state.zeros("velocity");
    let next = momentum * velocity + g;
    state.update(velocity, next);
    next
}
