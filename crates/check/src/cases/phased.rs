//! Rows of what differs between training and prediction: the values are those of training, of one example.

use chainrule_graph::Kind;

use super::{Case, below, case, real};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("in_training", [real([2, 3]), real([2, 3])], [2, 3], |_, x| x[0].sin().in_training(x[1].cos()))
            .gives(|x| x[0].data().iter().map(|x| x.sin()).collect()),
        case("in_training between a value and part of it", [real([3])], [3], |_, x| {
            let shifted = x[0] * x[0].sum();
            shifted.in_training(x[0])
        })
        .gives(|x| x[0].data().iter().map(|value| value * x[0].data().iter().sum::<f64>()).collect()),
        case("in_training of integers", [below(5, [3]), below(5, [3])], [3], |_, x| x[0].in_training(x[1]))
            .of_kind(Kind::Int)
            .gives(|x| x[0].data().to_vec()),
        case("in_training of nothing", [real([0, 2]), real([0, 2])], [0, 2], |_, x| x[0].in_training(x[1]))
            .gives(|_| vec![]),
        case("in_training in a scan", [real([2]), real([3, 2])], [3, 2], |b, x| {
            b.scan(&[x[0]], &[x[1]], |h, x| vec![(h[0] * x[0]).in_training(h[0])])[0]
        })
        .gives(|x| {
            let mut h = x[0].data().to_vec();
            let rows = x[1].data().chunks(2);
            rows.flat_map(|row| {
                h.iter_mut().zip(row).for_each(|(h, x)| *h *= x);
                h.clone()
            })
            .collect()
        }),
        case("batch_mean", [real([2, 2])], [2, 2], |_, x| x[0].exp().batch_mean())
            .gives(|x| x[0].data().iter().map(|x| x.exp()).collect()),
        case("batch_mean of a number", [real([])], [], |_, x| x[0].batch_mean()).gives(|x| x[0].data().to_vec()),
        case("batch_mean that examples are compared with", [real([3])], [3], |b, x| {
            let mean = x[0].batch_mean();
            let variance = (x[0] - mean).power(2.0).batch_mean();
            ((x[0] - mean) / (variance + 1.0).sqrt() + variance * b.batch_size()).sin()
        })
        .gives(|_| vec![0.0; 3]),
        case("batch_mean in a scan", [real([2]), real([3, 2])], [3, 2], |b, x| {
            b.scan(&[x[0]], &[x[1]], |h, x| vec![(h[0] + x[0]).tanh().batch_mean()])[0]
        }),
        case("batch_size", [], [], |b, _| b.batch_size()).gives(|_| vec![1.0]),
    ]
}
