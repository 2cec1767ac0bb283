//! Reductions and contractions.

use chainrule_graph::{Tensor, Var};

use crate::support::{INFINITY, NAN, NEG_INFINITY, assert_close, real, tensor, value, vector};

fn matrix() -> Tensor {
    tensor([2, 3], [1.0, -2.0, 5.0, 4.0, 7.0, -6.0])
}

#[track_caller]
fn reduces(x: Tensor, function: impl for<'g> Fn(Var<'g>) -> Var<'g>, expected: Tensor) {
    assert_close(&value(&[real(x)], |_, x| function(x[0])), &expected, 1e-15);
}

#[test]
fn sums_and_means_over_any_axes() {
    reduces(matrix(), |x| x.sum(), Tensor::scalar(9.0));
    reduces(matrix(), |x| x.sum_axes(&[0]), vector([5.0, 5.0, -1.0]));
    reduces(matrix(), |x| x.sum_axes(&[1]), vector([4.0, 5.0]));
    reduces(matrix(), |x| x.sum_axes(&[]), matrix());
    reduces(matrix(), |x| x.mean(), Tensor::scalar(1.5));
    reduces(matrix(), |x| x.mean_axes(&[0]), vector([2.5, 2.5, -0.5]));
    let cube = Tensor::from_fn([2, 3, 2], |i| i as f64);
    reduces(cube.clone(), |x| x.sum_axes(&[0, 2]), vector([14.0, 22.0, 30.0]));
    reduces(cube, |x| x.sum_axes(&[1]), tensor([2, 2], [6.0, 9.0, 24.0, 27.0]));
}

#[test]
fn greatest_and_least_with_their_indices() {
    reduces(matrix(), |x| x.max_axis(0), vector([4.0, 7.0, 5.0]));
    reduces(matrix(), |x| x.max_axis(1), vector([5.0, 7.0]));
    reduces(matrix(), |x| x.min_axis(1), vector([-2.0, -6.0]));
    reduces(matrix(), |x| x.argmax(1), vector([2.0, 1.0]));
    reduces(matrix(), |x| x.argmin(0), vector([0.0, 0.0, 1.0]));
    let ties = vector([1.0, 3.0, 3.0, 1.0]);
    reduces(ties.clone(), |x| x.argmax(0), Tensor::scalar(1.0));
    reduces(ties, |x| x.argmin(0), Tensor::scalar(0.0));
    let infinite = vector([NEG_INFINITY, NEG_INFINITY]);
    reduces(infinite.clone(), |x| x.argmax(0), Tensor::scalar(0.0));
    reduces(infinite, |x| x.max_axis(0), Tensor::scalar(NEG_INFINITY));
}

#[test]
fn not_a_number_passes_through() {
    let x = vector([1.0, NAN, 5.0, NAN]);
    reduces(x.clone(), |x| x.max_axis(0), Tensor::scalar(NAN));
    reduces(x.clone(), |x| x.min_axis(0), Tensor::scalar(NAN));
    reduces(x.clone(), |x| x.logsumexp(0), Tensor::scalar(NAN));
    reduces(x.clone(), |x| x.sum(), Tensor::scalar(NAN));
    reduces(x.clone(), |x| x.argmax(0), Tensor::scalar(1.0));
    reduces(x.clone(), |x| x.argmin(0), Tensor::scalar(1.0));
    assert!(value(&[real(x)], |_, x| x[0].softmax(0)).data().iter().all(|p| p.is_nan()));
}

#[test]
fn logsumexp_neither_overflows_nor_underflows() {
    let ln_2 = std::f64::consts::LN_2;
    let lse = |x: &[f64], expected: f64| reduces(vector(x), |x| x.logsumexp(0), Tensor::scalar(expected));
    lse(&[1000.0, 1000.0], 1000.0 + ln_2);
    lse(&[-1000.0, -1000.0], -1000.0 + ln_2);
    lse(&[0.0, NEG_INFINITY], 0.0);
    lse(&[NEG_INFINITY, NEG_INFINITY], NEG_INFINITY);
    lse(&[INFINITY, 1.0], INFINITY);
    lse(&[INFINITY, NEG_INFINITY, INFINITY], INFINITY);
    lse(&[0.0, 1.0, 2.0], 2.4076059644443806);
    reduces(matrix(), |x| x.logsumexp(0), vector([4.048587351573742, 7.000123402189724, 5.000016701561318]));
}

#[test]
fn softmax_is_a_distribution_along_its_axis() {
    let third = 1.0 / 3.0;
    reduces(vector([1000.0; 3]), |x| x.softmax(0), vector([third; 3]));
    reduces(vector([0.0, 2.0f64.ln()]), |x| x.softmax(0), vector([third, 2.0 * third]));
    reduces(vector([0.0, NEG_INFINITY]), |x| x.softmax(0), vector([1.0, 0.0]));
    reduces(vector([0.0, -800.0]), |x| x.softmax(0), vector([1.0, 0.0]));
    let columns = tensor([2, 2], [0.0, 5.0, 2.0f64.ln(), 5.0]);
    reduces(columns, |x| x.softmax(0), tensor([2, 2], [third, 0.5, 2.0 * third, 0.5]));
}

#[test]
fn empty_axes() {
    let empty = Tensor::zeros([2, 0]);
    reduces(empty.clone(), |x| x.sum_axes(&[1]), vector([0.0, 0.0]));
    reduces(empty.clone(), |x| x.sum_axes(&[0]), vector([]));
    reduces(empty.clone(), |x| x.logsumexp(1), vector([NEG_INFINITY, NEG_INFINITY]));
    reduces(empty.clone(), |x| x.softmax(1), empty.clone());
    reduces(empty.clone(), |x| x.max_axis(0), vector([]));
    let product = value(&[real(empty), real(Tensor::zeros([0, 3]))], |_, x| x[0].matmul(x[1]));
    assert_close(&product, &Tensor::zeros([2, 3]), 0.0);
}

#[test]
fn products() {
    let (w, x, z) = (matrix(), vector([1.0, 2.0, 3.0]), vector([10.0, 100.0]));
    let product = |f: for<'g> fn(&[Var<'g>]) -> Var<'g>, expected: Tensor| {
        assert_close(&value(&[real(w.clone()), real(x.clone()), real(z.clone())], |_, x| f(x)), &expected, 1e-15);
    };
    product(|v| v[1].dot(v[1]), Tensor::scalar(14.0));
    product(|v| v[0].matvec(v[1]), vector([12.0, 0.0]));
    product(|v| v[0].matmul(v[1]), vector([12.0, 0.0]));
    product(|v| v[2].matmul(v[0]), vector([410.0, 680.0, -550.0]));
    product(|v| v[2].outer(v[1]), tensor([2, 3], [10.0, 20.0, 30.0, 100.0, 200.0, 300.0]));
    product(|v| v[0].matmul(v[0].transpose()), tensor([2, 2], [30.0, -40.0, -40.0, 101.0]));
    product(|v| v[0].contract(v[2], "ij,i->ji"), tensor([3, 2], [10.0, 400.0, -20.0, 700.0, 50.0, -600.0]));
    product(|v| v[0].contract(v[0], "ij,ij->"), Tensor::scalar(131.0));
    product(|v| v[0].contract(v[0], "ij,ij->i"), vector([30.0, 101.0]));
    product(|v| v[2].contract(v[0].sum(), "i,->i"), vector([90.0, 900.0]));
}

#[test]
fn a_batched_product_multiplies_each_example() {
    let a = Tensor::from_fn([2, 2, 3], |i| i as f64);
    let b = Tensor::from_fn([2, 3, 1], |i| 1.0 + i as f64);
    let y = value(&[real(a), real(b)], |_, x| x[0].contract(x[1], "bij,bjk->bik"));
    assert_close(&y, &tensor([2, 2, 1], [8.0, 26.0, 107.0, 152.0]), 0.0);
}
