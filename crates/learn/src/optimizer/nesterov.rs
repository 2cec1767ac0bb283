//! Gradient descent with Nesterov's momentum: the gradient, and the velocity that it will have.

use chainrule_graph::Var;

use super::momentum::velocity;
use super::state::StateBuilder;

/// v ← μ v + g;  w ← w − rate · (g + μ v) (Nesterov 1983, in the form of Sutskever et al. 2013 with the rate outside)
pub(super) fn next<'g>(w: Var<'g>, g: Var<'g>, rate: Var<'g>, momentum: f64, state: &mut StateBuilder<'g>) -> Var<'g> {
    w - rate * (g + momentum * velocity(g, momentum, state))
}
