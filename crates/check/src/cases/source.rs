//! Rows of the sources.

use chainrule_graph::{Kind, Tensor};

use super::{Case, below, case, fixed, real};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("input", [real([2, 3])], [2, 3], |_, x| x[0]).gives(|x| x[0].data().to_vec()),
        case("input of no elements", [real([0])], [0], |_, x| x[0]).gives(|_| vec![]),
        case("input of integers", [below(4, [3])], [3], |_, x| x[0]).of_kind(Kind::Int).gives(|x| x[0].data().to_vec()),
        case("constant", [], [], |b, _| b.constant(0.1)).gives(|_| vec![0.1]),
        case("constant vector", [], [3], |b, _| b.constant(Tensor::vector([0.5, -1.0, 1e-300])))
            .gives(|_| vec![0.5, -1.0, 1e-300]),
        case("constant of no elements", [], [0, 2], |b, _| b.constant(Tensor::zeros([0, 2]))).gives(|_| vec![]),
        case("constant that is infinite", [], [2], |b, _| {
            b.constant(Tensor::vector([f64::INFINITY, f64::NEG_INFINITY]))
        })
        .gives(|_| vec![f64::INFINITY, f64::NEG_INFINITY])
        .differentiable(0),
        case("constant integers", [], [2], |b, _| b.constant_of(Tensor::vector([3.0, 7.0]), Kind::Int))
            .of_kind(Kind::Int)
            .gives(|_| vec![3.0, 7.0]),
        case("constant truth values", [], [2], |b, _| b.constant_of(Tensor::vector([1.0, 0.0]), Kind::Bool))
            .of_kind(Kind::Bool)
            .gives(|_| vec![1.0, 0.0]),
        case("constant infinities as a mask", [fixed([3], &[0.3, 2.0, -1.0])], [3], |b, x| {
            (x[0] + b.constant(Tensor::vector([0.0, f64::NEG_INFINITY, 0.0]))).softmax(0)
        })
        .gives(|x| {
            let (a, b) = (x[0].data()[0].exp(), x[0].data()[2].exp());
            vec![a / (a + b), 0.0, b / (a + b)]
        }),
        case("iota", [], [4], |b, _| b.iota(4)).of_kind(Kind::Int).gives(|_| vec![0.0, 1.0, 2.0, 3.0]),
        case("iota of nothing", [], [0], |b, _| b.iota(0)).of_kind(Kind::Int).gives(|_| vec![]),
        case("iota beside reals", [real([4])], [4], |b, x| x[0] * b.iota(4))
            .gives(|x| x[0].data().iter().zip(0..).map(|(x, i)| x * i as f64).collect()),
    ]
}
