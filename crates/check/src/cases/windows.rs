//! Rows of windows and folds, and of what is made of them. The values are by loops over windows and what is in them; of
//! convolutions, pools and attention `exec` has such loops among its tests.

use chainrule_graph::ops::WindowDimensions;
use chainrule_graph::{Attention, Convolution, Kind, Padding, Pool, Tensor};

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
    [windows(), folds(), convolutions(), pools(), attentions()].into_iter().flatten().collect()
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

fn convolutions() -> Vec<Case> {
    vec![
        case("windows: convolution", [real([2, 4, 5]), real([3, 2, 3, 2])], [3, 2, 4], |_, x| {
            x[0].convolution(x[1], &Convolution::default())
        }),
        case("windows: convolution of one channel", [real([1, 6]), real([2, 1, 3])], [2, 4], |_, x| {
            x[0].convolution(x[1], &Convolution::default())
        }),
        case("windows: convolution in groups", [real([4, 4]), real([2, 2, 2])], [2, 2], |_, x| {
            x[0].convolution(x[1], &Convolution::default().groups(2).dilation(2))
        }),
        case("windows: convolution by channel", [real([3, 3, 3]), real([3, 1, 2, 2])], [3, 2, 2], |_, x| {
            x[0].convolution(x[1], &Convolution::default().groups(3))
        }),
        case(
            "windows: convolution that strides over padding",
            [real([2, 5, 3]), real([2, 2, 2, 3])],
            [2, 3, 2],
            |_, x| x[0].convolution(x[1], &Convolution::default().stride(2).padding([1, 1])),
        ),
        case("windows: convolution as long as its input", [real([1, 4, 3]), real([1, 1, 2, 3])], [1, 4, 3], |_, x| {
            x[0].convolution(x[1], &Convolution::default().padding(Padding::Same))
        }),
        case(
            "windows: convolution over three axes",
            [real([1, 2, 3, 2]), real([2, 1, 1, 2, 2])],
            [2, 2, 2, 1],
            |_, x| x[0].convolution(x[1], &Convolution::default()),
        ),
        case("windows: two convolutions", [real([1, 5]), real([2, 1, 2]), real([1, 2, 2])], [1, 3], |_, x| {
            let settings = Convolution::default();
            x[0].convolution(x[1], &settings).tanh().convolution(x[2], &settings)
        }),
        case("fold: convolution_transpose", [real([2, 3]), real([2, 2, 3])], [2, 6], |_, x| {
            x[0].convolution_transpose(x[1], &Convolution::default().stride(2).padding(1).extra(1))
        }),
        case("fold: convolution_transpose in groups", [real([2, 2, 2]), real([2, 1, 2, 2])], [2, 3, 3], |_, x| {
            x[0].convolution_transpose(x[1], &Convolution::default().groups(2))
        }),
    ]
}

fn pools() -> Vec<Case> {
    let ties = || fixed([1, 5], &[1.0, 2.0, 2.0, -1.0, 2.0]);
    vec![
        case("windows: max_pool", [real([2, 4, 4])], [2, 2, 2], |_, x| x[0].max_pool(&Pool::new(2))),
        case("windows: max_pool that overlaps", [real([1, 5])], [1, 3], |_, x| {
            x[0].max_pool(&Pool::new(3).stride(2).padding(1))
        }),
        case("windows: max_pool of equals", [ties()], [1, 4], |_, x| x[0].max_pool(&Pool::new(2).stride(1)))
            .gives(|_| vec![2.0, 2.0, 2.0, 2.0]),
        case("windows: mean_pool", [real([2, 4])], [2, 2], |_, x| x[0].mean_pool(&Pool::new(2))),
        case("windows: mean_pool that leaves its padding out", [real([1, 3, 3])], [1, 3, 3], |_, x| {
            x[0].mean_pool(&Pool::new(3).stride(1).padding(1))
        }),
        case("windows: mean_pool that counts its padding", [real([1, 3])], [1, 2], |_, x| {
            x[0].mean_pool(&Pool::new(2).padding(1).count_padding(true))
        })
        .gives(|x| vec![x[0].data()[0] / 2.0, (x[0].data()[1] + x[0].data()[2]) / 2.0]),
    ]
}

fn attentions() -> Vec<Case> {
    let inputs = || [real([2, 3, 2]), real([2, 3, 2]), real([2, 3, 1])];
    vec![
        case("contract: attention", inputs(), [2, 3, 1], |b, x| b.attention(x[0], x[1], x[2], Attention::default())),
        case("contract: attention that is causal", inputs(), [2, 3, 1], |b, x| {
            b.attention(x[0], x[1], x[2], Attention { causal: true, mask: None })
        }),
        case("contract: attention that may look nowhere", inputs(), [2, 3, 1], |b, x| {
            let allowed = b.constant(Tensor::from_fn([3, 3], |i| f64::from(u8::from(i % 4 == 0 && i < 5))));
            b.attention(x[0], x[1], x[2], Attention { causal: true, mask: Some(allowed.greater(0.0)) })
        }),
    ]
}
