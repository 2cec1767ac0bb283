//! Elements moved, repeated, joined, picked and added.

use chainrule_graph::{Tensor, Var};

use crate::support::{assert_close, int, real, tensor, value, vector};

/// 0, 1, 2 over 3, 4, 5.
fn matrix() -> Tensor {
    Tensor::from_fn([2, 3], |i| i as f64)
}

#[track_caller]
fn moves(function: impl for<'g> Fn(Var<'g>) -> Var<'g>, expected: Tensor) {
    assert_close(&value(&[real(matrix())], |_, x| function(x[0])), &expected, 0.0);
}

#[test]
fn shapes_change_and_elements_stay() {
    moves(|x| x.reshape([3, 2]), Tensor::from_fn([3, 2], |i| i as f64));
    moves(|x| x.transpose(), tensor([3, 2], [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]));
    let cube = value(&[real(Tensor::from_fn([2, 3, 2], |i| i as f64))], |_, x| x[0].transpose_axes(&[2, 0, 1]));
    assert_close(&cube, &tensor([2, 2, 3], [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 1.0, 3.0, 5.0, 7.0, 9.0, 11.0]), 0.0);
}

#[test]
fn copies_along_new_axes() {
    moves(|x| x.expand(0, 2).sum_axes(&[2]), tensor([2, 2], [3.0, 12.0, 3.0, 12.0]));
    moves(|x| x.expand(1, 2).sum_axes(&[2]), tensor([2, 2], [3.0, 3.0, 12.0, 12.0]));
    moves(
        |x| x.broadcast_axes([2, 2, 3], vec![0, 2]),
        tensor([2, 2, 3], [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 3.0, 4.0, 5.0]),
    );
    moves(|x| x.expand(2, 0), Tensor::zeros([2, 3, 0]));
    let scalar = value(&[real(7.0)], |_, x| x[0].broadcast_to([2, 2]));
    assert_close(&scalar, &Tensor::filled([2, 2], 7.0), 0.0);
}

#[test]
fn blocks_cut_out_and_zeros_put_around() {
    moves(|x| x.slice(&[0, 1], &[2, 3]), tensor([2, 2], [1.0, 2.0, 4.0, 5.0]));
    moves(|x| x.slice(&[1, 1], &[1, 3]), Tensor::zeros([0, 2]));
    moves(|x| x.index(1), vector([3.0, 4.0, 5.0]));
    moves(|x| x.index(1).index(2), Tensor::scalar(5.0));
    moves(
        |x| x.pad(&[1, 0], &[0, 2]),
        tensor([3, 5], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 3.0, 4.0, 5.0, 0.0, 0.0]),
    );
    let from_nothing = value(&[real(Tensor::zeros([0]))], |_, x| x[0].pad(&[1], &[2]));
    assert_close(&from_nothing, &vector([0.0; 3]), 0.0);
}

#[test]
fn reversed_along_axes() {
    moves(|x| x.reverse(&[0]), tensor([2, 3], [3.0, 4.0, 5.0, 0.0, 1.0, 2.0]));
    moves(|x| x.reverse(&[1]), tensor([2, 3], [2.0, 1.0, 0.0, 5.0, 4.0, 3.0]));
    moves(|x| x.reverse(&[1, 0]), tensor([2, 3], [5.0, 4.0, 3.0, 2.0, 1.0, 0.0]));
    moves(|x| x.slice(&[0, 0], &[2, 0]).reverse(&[1]), Tensor::zeros([2, 0]));
}

#[test]
fn joined_along_an_axis() {
    moves(|x| x.concat(&[x.reverse(&[1])], 0), tensor([4, 3], [0., 1., 2., 3., 4., 5., 2., 1., 0., 5., 4., 3.]));
    moves(|x| x.concat(&[x.slice(&[0, 0], &[2, 1])], 1), tensor([2, 4], [0., 1., 2., 0., 3., 4., 5., 3.]));
    moves(|x| x.index(0).stack(&[x.index(1)], 1), tensor([3, 2], [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]));
    let scalars = value(&[real(1.0), real(2.0), real(3.0)], |_, x| x[0].stack(&x[1..], 0));
    assert_close(&scalars, &vector([1.0, 2.0, 3.0]), 0.0);
}

#[test]
fn picked_by_index() {
    let pick = |indices: Tensor, axis, expected: Tensor| {
        assert_close(&value(&[real(matrix()), int(indices)], |_, x| x[0].gather(x[1], axis)), &expected, 0.0);
    };
    pick(Tensor::scalar(1.0), 0, vector([3.0, 4.0, 5.0]));
    pick(Tensor::scalar(2.0), 1, vector([2.0, 5.0]));
    pick(vector([1.0, 0.0, 1.0]), 0, tensor([3, 3], [3.0, 4.0, 5.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0]));
    pick(tensor([2, 2], [2.0, 0.0, 1.0, 1.0]), 1, tensor([2, 2, 2], [2.0, 0.0, 1.0, 1.0, 5.0, 3.0, 4.0, 4.0]));
    pick(vector([]), 0, Tensor::zeros([0, 3]));
    let batched = value(&[real(matrix()), int(vector([2.0, 0.0]))], |_, x| x[0].gather_batched(x[1], 1));
    assert_close(&batched, &vector([2.0, 3.0]), 0.0);
}

#[test]
fn added_at_an_index() {
    let arguments = [real(matrix()), int(vector([2.0, 2.0])), int(vector([0.0, 2.0]))];
    let same = value(&arguments, |_, x| x[0].scatter_add(x[1], 4));
    assert_close(&same, &tensor([4, 3], [0., 0., 0., 0., 0., 0., 3., 5., 7., 0., 0., 0.]), 0.0);
    let rows = value(&arguments, |_, x| x[0].index(1).slice(&[0], &[2]).scatter_add_batched(x[2], 3, 1));
    assert_close(&rows, &tensor([2, 3], [3.0, 0.0, 0.0, 0.0, 0.0, 4.0]), 0.0);
}

#[test]
fn whole_numbers_in_order() {
    assert_close(&value(&[], |builder, _| builder.iota(4)), &vector([0.0, 1.0, 2.0, 3.0]), 0.0);
}
