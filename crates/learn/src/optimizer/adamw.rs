//! AdamW: Adam, with a weight decay that its means do not see.

use chainrule_graph::Var;

use super::adam::{Adam, step};
use super::state::StateBuilder;

/// w ← (1 − rate · decay) w − rate · m̂ / (√v̂ + ε), with Adam's m̂ and v̂ (Loshchilov and Hutter 2019)
pub(super) fn next<'g>(
    w: Var<'g>,
    g: Var<'g>,
    rate: Var<'g>,
    adam: Adam,
    decay: f64,
    state: &mut StateBuilder<'g>,
) -> Var<'g> {
    w * (1.0 - decay * rate) - step(g, rate, adam, state)
}
