//! Stochastic gradient descent (Robbins and Monro 1951).

use chainrule_graph::Var;

/// w ← w − rate · g
pub(super) fn next<'g>(w: Var<'g>, g: Var<'g>, rate: Var<'g>) -> Var<'g> {
    w - rate * g
}
