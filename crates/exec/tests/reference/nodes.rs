//! The nodes of the course framework: forward and backward against the formulas of the course.

use chainrule_graph::{Tensor, Var};

use crate::support::{InputValue, assert_close, build, int, real, tensor, value, vector};

fn dot(a: &Tensor, b: &Tensor) -> f64 {
    a.data().iter().zip(b.data()).map(|(a, b)| a * b).sum()
}

fn scaled(a: f64, x: &Tensor) -> Tensor {
    Tensor::from_fn(x.shape(), |i| a * x.data()[i])
}

/// Checks a node's output, and its backward under the cotangent `g`.
#[track_caller]
fn node(built: crate::support::Built, output: Tensor, g: Tensor, backward: &[Tensor]) {
    assert_close(&built.value(), &output, 1e-14);
    for (found, expected) in built.pulled_back(&g).iter().zip(backward) {
        assert_close(found, expected, 1e-14);
    }
}

#[test]
fn vector_scalar_affine() {
    // w·x + b        ∂w = g x, ∂x = g w, ∂b = g
    let (w, x, g) = (vector([0.5, -1.0, 2.0]), vector([1.0, 2.0, 3.0]), 1.7);
    node(
        build(&[real(w.clone()), real(x.clone()), real(0.25)], |b, v| b.vector_scalar_affine(v[1], v[0], v[2])),
        Tensor::scalar(4.75),
        Tensor::scalar(g),
        &[scaled(g, &x), scaled(g, &w), Tensor::scalar(g)],
    );
}

#[test]
fn squared_l2_distance() {
    // ‖a − b‖²       ∂a = 2g (a − b), ∂b = −2g (a − b)
    let (a, b, g) = (tensor([2, 2], [1.0, 2.0, 3.0, 4.0]), tensor([2, 2], [0.5, 2.5, 5.0, 3.0]), -0.3);
    let difference = tensor([2, 2], [0.5, -0.5, -2.0, 1.0]);
    node(
        build(&[real(a), real(b)], |builder, v| builder.squared_l2_distance(v[0], v[1])),
        Tensor::scalar(5.5),
        Tensor::scalar(g),
        &[scaled(2.0 * g, &difference), scaled(-2.0 * g, &difference)],
    );
    let scalars = value(&[real(3.0), real(1.0)], |builder, v| builder.squared_l2_distance(v[0], v[1]));
    assert_eq!(scalars.item(), 4.0);
}

#[test]
fn l2_norm_penalty() {
    // λ‖w‖²          ∂w = 2gλ w
    let (w, g, lambda) = (vector([0.5, -1.0, 2.0]), 0.7, 0.1);
    node(
        build(&[real(w.clone())], |builder, v| builder.l2_norm_penalty(lambda, v[0])),
        Tensor::scalar(0.525),
        Tensor::scalar(g),
        &[scaled(2.0 * g * lambda, &w)],
    );
}

#[test]
fn sum_of_two() {
    // a + b          ∂a = g, ∂b = g
    let g = vector([0.3, -0.4]);
    let arguments = [real(vector([1.0, 2.0])), real(vector([10.0, 20.0]))];
    node(build(&arguments, |_, v| v[0] + v[1]), vector([11.0, 22.0]), g.clone(), &[g.clone(), g.clone()]);
}

#[test]
fn affine() {
    // y = Wx + b     ∂W = g xᵀ, ∂x = Wᵀ g, ∂b = g
    let (w, x) = (tensor([2, 3], [1.0, -2.0, 0.5, 0.25, 3.0, -1.0]), vector([1.0, 2.0, 3.0]));
    let g = vector([10.0, 100.0]);
    node(
        build(&[real(w), real(x), real(vector([0.1, -0.2]))], |builder, v| builder.affine(v[0], v[1], v[2])),
        vector([-1.4, 3.05]),
        g.clone(),
        &[tensor([2, 3], [10.0, 20.0, 30.0, 100.0, 200.0, 300.0]), vector([35.0, 280.0, -95.0]), g.clone()],
    );
}

#[test]
fn tanh() {
    // h = tanh a     ∂a = g ⊙ (1 − h²)
    let (a, g) = (vector([0.5, -1.0]), vector([2.0, 3.0]));
    let h: Vec<f64> = a.data().iter().map(|a| (a.exp() - (-a).exp()) / (a.exp() + (-a).exp())).collect();
    let backward = vector([2.0 * (1.0 - h[0] * h[0]), 3.0 * (1.0 - h[1] * h[1])]);
    node(build(&[real(a)], |_, v| v[0].tanh()), vector(h), g, &[backward]);
}

fn softmax_by_definition(z: &Tensor) -> Tensor {
    let total: f64 = z.data().iter().map(|z| z.exp()).sum();
    Tensor::from_fn(z.shape(), |k| z.data()[k].exp() / total)
}

#[test]
fn softmax() {
    // s = softmax z  ∂z = s ⊙ (g − g·s)
    let (z, g) = (vector([1.0, 2.0, -1.0, 0.5]), vector([0.3, -0.2, 0.7, 1.1]));
    let s = softmax_by_definition(&z);
    let backward = Tensor::from_fn([4], |k| s.data()[k] * (g.data()[k] - dot(&g, &s)));
    node(build(&[real(z)], |_, v| v[0].softmax(0)), s, g, &[backward]);
}

#[test]
fn nll_of_any_probabilities() {
    // −log s_y       ∂s = −g e_y / s_y
    let (s, g) = (vector([0.2, 0.5, 0.3]), 1.3);
    node(
        build(&[real(s), int(1.0)], |builder, v| builder.nll(v[0], v[1])),
        Tensor::scalar(std::f64::consts::LN_2),
        Tensor::scalar(g),
        &[vector([0.0, -g / 0.5, 0.0])],
    );
}

fn classifier(z: Tensor, y: f64) -> [InputValue; 2] {
    [real(z), int(y)]
}

#[test]
fn nll_of_a_softmax() {
    // −log softmax(z)_y      ∂z = g (s − e_y)
    let (z, g) = (vector([1.0, 2.0, -1.0, 0.5]), 0.6);
    let s = softmax_by_definition(&z);
    let backward = Tensor::from_fn([4], |k| g * (s.data()[k] - if k == 2 { 1.0 } else { 0.0 }));
    node(
        build(&classifier(z, 2.0), |builder, v| builder.nll(v[0].softmax(0), v[1])),
        Tensor::scalar(-s.data()[2].ln()),
        Tensor::scalar(g),
        &[backward],
    );
}

#[test]
fn a_softmax_that_underflows_has_a_finite_loss_and_gradient() {
    for function in [
        (|b, z, y| b.nll(z.softmax(0), y)) as for<'g> fn(&'g chainrule_graph::Builder, Var<'g>, Var<'g>) -> Var<'g>,
        |_, z, y| -z.softmax(0).log().gather(y, 0),
    ] {
        let built = build(&classifier(vector([0.0, 1000.0]), 0.0), |b, v| function(b, v[0], v[1]));
        assert_eq!(built.value().item(), 1000.0);
        assert_close(&built.gradients()[0], &vector([-1.0, 1.0]), 0.0);
    }
}
