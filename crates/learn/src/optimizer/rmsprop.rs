//! RMSProp (Tieleman and Hinton 2012).

use chainrule_graph::Var;

use super::state::StateBuilder;

/// v ← α v + (1 − α) g²;  w ← w − rate · g / (√v + ε)
pub(super) fn next<'g>(
    w: Var<'g>,
    g: Var<'g>,
    rate: Var<'g>,
    decay: f64,
    epsilon: f64,
    state: &mut StateBuilder<'g>,
) -> Var<'g> {
    let v = state.zeros("square mean");
    let next_v = decay * v + (1.0 - decay) * (g * g);
    state.update(v, next_v);
    w - rate * (g / (next_v.sqrt() + epsilon))
}
