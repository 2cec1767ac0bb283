//! Rows of windows and folds. The values are by loops over windows and what is in them.

use chainrule_graph::ops::WindowDimensions;
use chainrule_graph::{Kind, Tensor};

use super::{Case, below, case, fixed, real};

fn along(axes: &[usize], sizes: &[usize], strides: &[usize], dilations: &[usize]) -> WindowDimensions {
    let [axes, sizes, strides, dilations] = [axes, sizes, strides, dilations].map(<[usize]>::to_vec);
    WindowDimensions { axes, sizes, strides, dilations }
}

/// The elements of x at these indices.
fn at(x: &Tensor, indices: &[usize]) -> Vec<f64> {
    indices.iter().map(|&index| x.data()[index]).collect()
}

pub(super) fn cases() -> Vec<Case> {
    [windows(), folds()].into_iter().flatten().collect()
}

fn windows() -> Vec<Case> {
    vec![
        case("windows", [real([5])], [4, 2], |_, x| x[0].windows(along(&[0], &[2], &[1], &[1])))
            .gives(|x| at(&x[0], &[0, 1, 1, 2, 2, 3, 3, 4])),
        case("windows that stride over elements", [real([6])], [2, 2], |_, x| {
            x[0].windows(along(&[0], &[2], &[3], &[1]))
        })
        .gives(|x| at(&x[0], &[0, 1, 3, 4])),
        case("windows side by side", [real([6])], [3, 2], |_, x| x[0].windows(along(&[0], &[2], &[2], &[1])))
            .gives(|x| x[0].data().to_vec()),
        case("windows that are dilated", [real([6])], [2, 3], |_, x| x[0].windows(along(&[0], &[3], &[1], &[2])))
            .gives(|x| at(&x[0], &[0, 2, 4, 1, 3, 5])),
        case("windows over two axes", [real([3, 4])], [2, 2, 2, 3], |_, x| {
            x[0].windows(along(&[0, 1], &[2, 3], &[1, 1], &[1, 1]))
        })
        .gives(|x| at(&x[0], &[0, 1, 2, 4, 5, 6, 1, 2, 3, 5, 6, 7, 4, 5, 6, 8, 9, 10, 5, 6, 7, 9, 10, 11])),
        case("windows over the first axis", [real([3, 2])], [2, 2, 2], |_, x| {
            x[0].windows(along(&[0], &[2], &[1], &[1]))
        })
        .gives(|x| at(&x[0], &[0, 2, 1, 3, 2, 4, 3, 5])),
        case("windows over three axes", [real([2, 2, 3])], [1, 2, 1, 2, 1, 2], |_, x| {
            x[0].windows(along(&[0, 1, 2], &[2, 1, 2], &[1, 1, 2], &[1, 3, 1]))
        })
        .gives(|x| at(&x[0], &[0, 1, 6, 7, 3, 4, 9, 10])),
        case("windows over no axis", [real([2])], [2], |_, x| x[0].windows(along(&[], &[], &[], &[])))
            .gives(|x| x[0].data().to_vec()),
        case("windows of one element", [real([3])], [2, 1], |_, x| x[0].windows(along(&[0], &[1], &[2], &[1])))
            .gives(|x| at(&x[0], &[0, 2])),
        case("windows of nothing", [real([0, 3])], [0, 2, 2], |_, x| x[0].windows(along(&[1], &[2], &[1], &[1])))
            .gives(|_| vec![]),
        case("windows of integers", [below(9, [3])], [2, 2], |_, x| x[0].windows(along(&[0], &[2], &[1], &[1])))
            .of_kind(Kind::Int)
            .gives(|x| at(&x[0], &[0, 1, 1, 2])),
        case("windows in a product", [real([2, 5]), real([3, 2, 2])], [3, 4], |_, x| {
            x[0].windows(along(&[1], &[2], &[1], &[1])).contract(x[1], "cpk,ock->op")
        })
        .gives(|x| {
            let (x, w) = (x[0].data(), x[1].data());
            let term = |o: usize, p: usize, c: usize, k: usize| x[5 * c + p + k] * w[4 * o + 2 * c + k];
            let sum = |o, p| term(o, p, 0, 0) + term(o, p, 0, 1) + term(o, p, 1, 0) + term(o, p, 1, 1);
            (0..3).flat_map(|o| (0..4).map(move |p| sum(o, p))).collect()
        }),
        case("windows beside what they slide over", [real([4])], [3, 2], |_, x| {
            let windows = x[0].windows(along(&[0], &[2], &[1], &[1]));
            windows * windows.sum_axes(&[0]).sin() + x[0].slice(&[0], &[2])
        }),
        case("windows and their greatest", [fixed([5], &[1.0, 3.0, 3.0, f64::NAN, 2.0])], [4], |_, x| {
            x[0].windows(along(&[0], &[2], &[1], &[1])).max_axis(1)
        })
        .gives(|_| vec![3.0, 3.0, f64::NAN, f64::NAN])
        .differentiable(0),
    ]
}

fn folds() -> Vec<Case> {
    vec![
        case("fold", [real([3, 2])], [4], |_, x| x[0].fold(along(&[0], &[2], &[1], &[1]), &[4])).gives(|x| {
            let w = x[0].data();
            vec![w[0], w[1] + w[2], w[3] + w[4], w[5]]
        }),
        case("fold that leaves gaps", [real([2, 2])], [6], |_, x| x[0].fold(along(&[0], &[2], &[3], &[1]), &[6]))
            .gives(|x| {
                let w = x[0].data();
                vec![w[0], w[1], 0.0, w[2], w[3], 0.0]
            }),
        case("fold of dilated windows", [real([2, 2])], [4], |_, x| x[0].fold(along(&[0], &[2], &[1], &[2]), &[4]))
            .gives(|x| at(&x[0], &[0, 2, 1, 3])),
        case("fold over two axes", [real([2, 1, 1, 2])], [2, 2], |_, x| {
            x[0].fold(along(&[0, 1], &[1, 2], &[1, 1], &[1, 1]), &[2, 2])
        })
        .gives(|x| x[0].data().to_vec()),
        case("fold over the first axis", [real([2, 2, 2])], [3, 2], |_, x| {
            x[0].fold(along(&[0], &[2], &[1], &[1]), &[3])
        })
        .gives(|x| {
            let w = x[0].data();
            vec![w[0], w[2], w[1] + w[4], w[3] + w[6], w[5], w[7]]
        }),
        case("fold of windows", [real([6])], [6], |_, x| {
            let dimensions = along(&[0], &[3], &[1], &[1]);
            x[0].windows(dimensions.clone()).fold(dimensions, &[6])
        })
        .gives(|x| x[0].data().iter().zip([1.0, 2.0, 3.0, 3.0, 2.0, 1.0]).map(|(x, n)| x * n).collect()),
        case("fold of a product", [real([3, 4]), real([3, 2])], [5], |_, x| {
            x[0].contract(x[1], "op,ok->pk").fold(along(&[0], &[2], &[1], &[1]), &[5])
        }),
        case("fold of copies", [real([])], [3], |_, x| {
            x[0].broadcast_to([2, 2]).fold(along(&[0], &[2], &[1], &[1]), &[3])
        })
        .gives(|x| [1.0, 2.0, 1.0].map(|n| n * x[0].item()).to_vec()),
        case("fold of nothing", [real([0, 2, 2])], [0, 3], |_, x| x[0].fold(along(&[1], &[2], &[1], &[1]), &[3]))
            .gives(|_| vec![]),
    ]
}
