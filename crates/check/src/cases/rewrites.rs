//! Rows of what simplification may rewrite: ops that change nothing, two in a row that are one, equal nodes, constants.

use chainrule_graph::Tensor;

use super::{Case, case, real};

/// The elements of the first input, each times a factor.
fn times(x: &[Tensor], factor: f64) -> Vec<f64> {
    x[0].data().iter().map(|x| factor * x).collect()
}

pub(super) fn cases() -> Vec<Case> {
    [constants(), arrangements(), equals()].into_iter().flatten().collect()
}

/// 0, 1 and −1 beside a value, and constants alone.
fn constants() -> Vec<Case> {
    vec![
        case("sub: 0 - x", [real([3])], [3], |_, x| 0.0 - x[0]).gives(|x| times(x, -1.0)),
        case("sub: x - 0", [real([3])], [3], |_, x| x[0] - 0.0).gives(|x| times(x, 1.0)),
        case("add: x + 0", [real([3])], [3], |_, x| x[0] + 0.0).gives(|x| times(x, 1.0)),
        case("add: 0 + x", [real([3])], [3], |_, x| 0.0 + x[0]).gives(|x| times(x, 1.0)),
        case("mul: x 1", [real([3])], [3], |_, x| x[0] * 1.0).gives(|x| times(x, 1.0)),
        case("mul: 1 x", [real([3])], [3], |_, x| 1.0 * x[0]).gives(|x| times(x, 1.0)),
        case("mul: x -1", [real([3])], [3], |_, x| x[0] * -1.0).gives(|x| times(x, -1.0)),
        case("mul: -1 x", [real([3])], [3], |_, x| -1.0 * x[0]).gives(|x| times(x, -1.0)),
        case("mul: x 0", [real([3])], [3], |_, x| x[0] * 0.0).gives(|_| vec![0.0; 3]),
        case("div: x / 1", [real([3])], [3], |_, x| x[0] / 1.0).gives(|x| times(x, 1.0)),
        case("div: 1 / x", [real([3])], [3], |_, x| 1.0 / (2.0 + x[0] * x[0]))
            .gives(|x| x[0].data().iter().map(|x| 1.0 / (2.0 + x * x)).collect()),
        case("sub: 1 - x", [real([3])], [3], |_, x| 1.0 - x[0])
            .gives(|x| times(x, -1.0).iter().map(|x| 1.0 + x).collect()),
        case("neg of a neg", [real([3])], [3], |_, x| -(-x[0])).gives(|x| times(x, 1.0)),
        case("neg of a constant", [real([3])], [3], |b, x| x[0] * -b.constant(2.0)).gives(|x| times(x, -2.0)),
        case("mul: constants alone", [real([3])], [3], |b, x| {
            let (six, four) = (b.constant(6.0), b.constant(4.0));
            x[0] * ((six + four) * (six - four) / (six * four))
        })
        .gives(|x| times(x, 20.0 / 24.0)),
        case("mul: a constant times infinity", [real([2])], [2], |b, x| {
            let infinity = b.constant(f64::INFINITY);
            x[0].exp() * infinity * 0.0
        })
        .gives(|_| vec![f64::NAN; 2])
        .differentiable(0),
    ]
}

fn arrangements() -> Vec<Case> {
    vec![
        case("reshape of a reshape", [real([2, 3])], [6, 1], |_, x| x[0].reshape([3, 2]).reshape([6, 1]))
            .gives(|x| times(x, 1.0)),
        case("reshape there and back", [real([2, 3])], [2, 3], |_, x| x[0].reshape([6]).reshape([2, 3]))
            .gives(|x| times(x, 1.0)),
        case("transpose of a transpose", [real([2, 1, 3])], [3, 2, 1], |_, x| {
            x[0].transpose_axes(&[1, 2, 0]).transpose_axes(&[1, 2, 0])
        })
        .gives(|x| [0, 3, 1, 4, 2, 5].map(|index| x[0].data()[index]).to_vec()),
        case("transpose there and back", [real([2, 3])], [2, 3], |_, x| x[0].transpose().transpose())
            .gives(|x| times(x, 1.0)),
        case("broadcast of a broadcast", [real([2])], [2, 3, 2], |_, x| x[0].expand(0, 3).expand(0, 2))
            .gives(|x| (0..12).map(|index| x[0].data()[index % 2]).collect()),
        case("broadcast of a broadcast on both sides", [real([2])], [2, 2, 3], |_, x| x[0].expand(1, 3).expand(0, 2))
            .gives(|x| (0..12).map(|index| x[0].data()[index / 3 % 2]).collect()),
        case("reverse of a reverse", [real([2, 2])], [2, 2], |_, x| x[0].reverse(&[0]).reverse(&[0]))
            .gives(|x| times(x, 1.0)),
        case("reverse of a reverse of another axis", [real([2, 2])], [2, 2], |_, x| x[0].reverse(&[0]).reverse(&[1]))
            .gives(|x| [3, 2, 1, 0].map(|index| x[0].data()[index]).to_vec()),
        case("slice of all", [real([2, 3])], [2, 3], |_, x| x[0].slice(&[0, 0], &[2, 3])).gives(|x| times(x, 1.0)),
    ]
}

fn equals() -> Vec<Case> {
    vec![
        case("add: the same node twice", [real([3])], [3], |_, x| x[0].tanh() + x[0].tanh())
            .gives(|x| x[0].data().iter().map(|x| 2.0 * x.tanh()).collect()),
        case("sub: the same nodes in another order", [real([3]), real([3])], [3], |_, x| (x[0] - x[1]) - (x[1] - x[0]))
            .gives(|x| x[0].data().iter().zip(x[1].data()).map(|(a, b)| 2.0 * (a - b)).collect()),
        case("where of one value", [real([3]), real([3])], [3], |_, x| x[1].less(0.0).select(x[0], x[0]))
            .gives(|x| times(x, 1.0)),
    ]
}
