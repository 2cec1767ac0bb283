//! Derivatives against closed forms: first, second and third; at kinks; of every family; along directions.

use chainrule_exec::{Bindings, reference::evaluate};
use chainrule_graph::{Tensor, Var, hvp, jvp, verify};

use crate::support::{assert_close, build, close, int, real, spread, tensor, vector};

/// Checks value and derivatives of a function of one number at x.
#[track_caller]
fn at(x: f64, function: impl for<'g> FnOnce(Var<'g>) -> Var<'g>, expected: &[f64]) {
    let built = build(&[real(x)], |_, x| function(x[0]));
    for (order, &expected) in expected.iter().enumerate() {
        let found = built.derivative(order);
        assert!(close(found, expected, 1e-13), "derivative {order} at {x} is {found}, not {expected}");
    }
}

#[test]
fn exponentials_and_logarithms() {
    let x: f64 = 0.7;
    at(x, |x| x.exp(), &[x.exp(); 4]);
    at(x, |x| x.expm1(), &[x.exp_m1(), x.exp(), x.exp(), x.exp()]);
    at(x, |x| x.log(), &[x.ln(), 1.0 / x, -1.0 / (x * x), 2.0 / x.powi(3)]);
    at(x, |x| x.log1p(), &[x.ln_1p(), 1.0 / (1.0 + x), -(1.0 + x).powi(-2), 2.0 * (1.0 + x).powi(-3)]);
    // eˣ far below 0, where eˣ − 1 + 1 would be 0
    at(-50.0, |x| x.expm1(), &[-1.0, (-50.0f64).exp()]);
}

#[test]
fn roots_and_powers() {
    let x: f64 = 1.7;
    at(x, |x| x.sqrt(), &[x.sqrt(), 0.5 * x.powf(-0.5), -0.25 * x.powf(-1.5), 0.375 * x.powf(-2.5)]);
    at(x, |x| x.rsqrt(), &[x.powf(-0.5), -0.5 * x.powf(-1.5), 0.75 * x.powf(-2.5), -1.875 * x.powf(-3.5)]);
    at(x, |x| x.reciprocal(), &[1.0 / x, -x.powi(-2), 2.0 * x.powi(-3), -6.0 * x.powi(-4)]);
    at(x, |x| x.power(2.5), &[x.powf(2.5), 2.5 * x.powf(1.5), 3.75 * x.powf(0.5), 1.875 * x.powf(-0.5)]);
}

#[test]
fn whole_powers_at_zero_and_below() {
    at(0.0, |x| x.power(0.0), &[1.0, 0.0, 0.0]);
    at(0.0, |x| x.power(1.0), &[0.0, 1.0, 0.0, 0.0]);
    at(0.0, |x| x.power(2.0), &[0.0, 0.0, 2.0, 0.0]);
    at(0.0, |x| x.power(3.0), &[0.0, 0.0, 0.0, 6.0, 0.0]);
    at(-2.0, |x| x.power(3.0), &[-8.0, 12.0, -12.0, 6.0, 0.0]);
    at(-2.0, |x| x.power(-1.0), &[-0.5, -0.25, -0.25]);
}

#[test]
fn a_variable_exponent() {
    let (a, b): (f64, f64) = (1.7, 2.3);
    let gradients = |a: f64, b: f64| {
        let gradients = build(&[real(a), real(b)], |_, v| v[0].pow(v[1])).gradients();
        (gradients[0].item(), gradients[1].item())
    };
    let (by_base, by_exponent) = gradients(a, b);
    assert!(close(by_base, b * a.powf(b - 1.0), 1e-14));
    assert!(close(by_exponent, a.powf(b) * a.ln(), 1e-14));
    assert_eq!(gradients(0.0, 0.0), (0.0, 0.0));
    assert_eq!(gradients(0.0, 2.0), (0.0, 0.0));
    assert_eq!(gradients(0.0, 1.0), (1.0, 0.0));
    assert_eq!(gradients(-2.0, 3.0).0, 12.0);
    // xˣ: d = xˣ (ln x + 1), d² = xˣ ((ln x + 1)² + 1/x)
    let (y, l) = (a.powf(a), a.ln() + 1.0);
    at(a, |x| x.pow(x), &[y, y * l, y * (l * l + 1.0 / a)]);
}

#[test]
fn trigonometric_and_error_functions() {
    let x: f64 = 0.7;
    at(x, |x| x.sin(), &[x.sin(), x.cos(), -x.sin(), -x.cos()]);
    at(x, |x| x.cos(), &[x.cos(), -x.sin(), -x.cos(), x.sin()]);
    let d = 2.0 / std::f64::consts::PI.sqrt() * (-x * x).exp();
    at(x, |x| x.erf(), &[0.6778011938374185, d, -2.0 * x * d, (4.0 * x * x - 2.0) * d]);
}

#[test]
fn saturating_functions() {
    let x: f64 = 0.7;
    let t = x.tanh();
    let d = 1.0 - t * t;
    at(x, |x| x.tanh(), &[t, d, -2.0 * t * d, d * (6.0 * t * t - 2.0)]);
    let s = 1.0 / (1.0 + (-x).exp());
    let d = s * (1.0 - s);
    at(x, |x| x.sigmoid(), &[s, d, d * (1.0 - 2.0 * s), d * (1.0 - 6.0 * s + 6.0 * s * s)]);
    at(x, |x| x.softplus(), &[x.exp().ln_1p(), s, d, d * (1.0 - 2.0 * s)]);
    // In the upper tail σ′ is e⁻ˣ, though σ is 1.
    at(50.0, |x| x.sigmoid(), &[1.0, (-50.0f64).exp()]);
    at(50.0, |x| x.softplus(), &[50.0, 1.0, (-50.0f64).exp()]);
}

#[test]
fn arithmetic() {
    let x: f64 = 0.7;
    at(x, |x| x + x, &[2.0 * x, 2.0, 0.0]);
    at(x, |x| x - 3.0 * x, &[-2.0 * x, -2.0, 0.0]);
    at(x, |x| x * x * x, &[x.powi(3), 3.0 * x * x, 6.0 * x, 6.0]);
    at(x, |x| 1.0 / x, &[1.0 / x, -1.0 / (x * x), 2.0 / x.powi(3)]);
    // x / (1 + x): 1/(1 + x)², −2/(1 + x)³
    at(x, |x| x / (1.0 + x), &[x / (1.0 + x), (1.0 + x).powi(-2), -2.0 * (1.0 + x).powi(-3)]);
}

#[test]
fn steps_and_held_values_have_none() {
    at(0.7, |x| x.sign(), &[1.0, 0.0]);
    at(0.7, |x| x.greater(0.0).to_real(), &[1.0, 0.0]);
    at(0.7, |x| x * x.stop_gradient(), &[0.7 * 0.7, 0.7, 0.0]);
}

#[test]
fn kinks_have_the_derivative_that_is_written_beside_the_rule() {
    at(0.0, |x| x.relu(), &[0.0, 0.0]);
    at(1.5, |x| x.relu(), &[1.5, 1.0, 0.0]);
    at(0.0, |x| x.abs(), &[0.0, 0.0]);
    at(-1.5, |x| x.abs(), &[1.5, -1.0, 0.0]);
    // A tie goes wholly to the first operand, or index.
    let tied = |function: for<'g> fn(Var<'g>, Var<'g>) -> Var<'g>| {
        let gradients = build(&[real(2.0), real(2.0)], |_, v| function(v[0], v[1])).gradients();
        (gradients[0].item(), gradients[1].item())
    };
    assert_eq!(tied(|a, b| a.max(b)), (1.0, 0.0));
    assert_eq!(tied(|a, b| a.min(b)), (1.0, 0.0));
    let tied = |function: for<'g> fn(Var<'g>) -> Var<'g>| {
        build(&[real(vector([1.0, 3.0, 3.0]))], |_, v| function(v[0])).gradients().remove(0)
    };
    assert_eq!(tied(|x| x.max_axis(0)), vector([0.0, 1.0, 0.0]));
    assert_eq!(tied(|x| -(-x).min_axis(0)), vector([0.0, 1.0, 0.0]));
}

#[test]
fn reductions() {
    let x = tensor([2, 3], [1.0, -2.0, 5.0, 4.0, 7.0, -6.0]);
    let back = |function: for<'g> fn(Var<'g>) -> Var<'g>, g: Tensor, expected: [f64; 6]| {
        let found = build(&[real(x.clone())], |_, v| function(v[0])).pulled_back(&g);
        assert_close(&found[0], &tensor([2, 3], expected), 1e-14);
    };
    back(|x| x.sum(), Tensor::scalar(3.0), [3.0; 6]);
    back(|x| x.sum_axes(&[0]), vector([1.0, 2.0, 3.0]), [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
    back(|x| x.sum_axes(&[1]), vector([1.0, 2.0]), [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
    back(|x| x.mean(), Tensor::scalar(3.0), [0.5; 6]);
    back(|x| x.max_axis(0), vector([1.0, 2.0, 3.0]), [0.0, 0.0, 3.0, 1.0, 2.0, 0.0]);
    back(|x| x.max_axis(1), vector([1.0, 2.0]), [0.0, 0.0, 1.0, 0.0, 2.0, 0.0]);
    back(|x| x.min_axis(1), vector([1.0, 2.0]), [0.0, 1.0, 0.0, 0.0, 0.0, 2.0]);
    // softmax of two numbers is σ of their difference
    let (s0, s1) = (1.0 / (1.0 + 3.0f64.exp()), 1.0 / (1.0 + (-9.0f64).exp()));
    let s2 = 1.0 / (1.0 + (-11.0f64).exp());
    let lse = [s0, 2.0 * (1.0 / (1.0 + 9.0f64.exp())), 3.0 * s2, 1.0 - s0, 2.0 * s1, 3.0 / (1.0 + 11.0f64.exp())];
    back(|x| x.logsumexp(0), vector([1.0, 2.0, 3.0]), lse);
}

#[test]
fn the_second_derivative_of_logsumexp_is_that_of_a_distribution() {
    // ∇² logsumexp = diag(s) − s sᵀ
    let z = vector([0.3, -0.2, 1.1]);
    let built = build(&[real(z.clone())], |_, v| v[0].logsumexp(0));
    let product = hvp(&built.graph, built.output, &built.inputs).unwrap();
    verify(&product.graph).unwrap();
    let v = [0.7, -1.3, 0.4];
    let bindings = built.bindings.clone().with(product.tangents[0], vector(v));
    let found = evaluate(&product.graph, &bindings, &product.outputs).unwrap()[product.outputs[0]].clone();
    let total: f64 = z.data().iter().map(|z| z.exp()).sum();
    let s: Vec<f64> = z.data().iter().map(|z| z.exp() / total).collect();
    let mean: f64 = s.iter().zip(v).map(|(s, v)| s * v).sum();
    assert_close(&found, &Tensor::from_fn([3], |k| s[k] * (v[k] - mean)), 1e-14);
}

#[test]
fn contractions() {
    let (a, b) = (tensor([2, 3], [1.0, -2.0, 0.5, 0.25, 3.0, -1.0]), tensor([3, 2], [2.0, 1.0, 0.0, -1.0, 4.0, 3.0]));
    let g = tensor([2, 2], [1.0, 10.0, 100.0, 1000.0]);
    // Y = A B        ∂A = G Bᵀ, ∂B = Aᵀ G
    let back = build(&[real(a), real(b)], |_, v| v[0].matmul(v[1])).pulled_back(&g);
    assert_close(&back[0], &tensor([2, 3], [12.0, -10.0, 34.0, 1200.0, -1000.0, 3400.0]), 0.0);
    assert_close(&back[1], &tensor([3, 2], [26.0, 260.0, 298.0, 2980.0, -99.5, -995.0]), 0.0);
}

#[test]
fn rearrangements_send_each_element_back() {
    let x = Tensor::from_fn([2, 3], |i| i as f64);
    let back = |function: for<'g> fn(Var<'g>) -> Var<'g>, expected: [f64; 6]| {
        // Under the cotangent 1, 2, 3, … each element gets the places that it went to.
        let built = build(&[real(x.clone())], |_, v| function(v[0]));
        let g = Tensor::from_fn(built.value().shape(), |i| 1.0 + i as f64);
        assert_close(&built.pulled_back(&g)[0], &tensor([2, 3], expected), 0.0);
    };
    back(|x| x.reshape([6]), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    back(|x| x.transpose(), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
    back(|x| x.transpose().expand(1, 2).transpose_axes(&[2, 0, 1]), [3.0, 7.0, 11.0, 15.0, 19.0, 23.0]);
    back(|x| x.expand(0, 2), [8.0, 10.0, 12.0, 14.0, 16.0, 18.0]);
    back(|x| x.expand(1, 2), [5.0, 7.0, 9.0, 17.0, 19.0, 21.0]);
    back(|x| x.slice(&[0, 1], &[2, 3]), [0.0, 1.0, 2.0, 0.0, 3.0, 4.0]);
    back(|x| x.index(1), [0.0, 0.0, 0.0, 1.0, 2.0, 3.0]);
    back(|x| x.pad(&[1, 0], &[0, 2]), [6.0, 7.0, 8.0, 11.0, 12.0, 13.0]);
    back(|x| x.reverse(&[0]), [4.0, 5.0, 6.0, 1.0, 2.0, 3.0]);
    back(|x| x.concat(&[x], 0), [8.0, 10.0, 12.0, 14.0, 16.0, 18.0]);
    back(|x| x.concat(&[x.reverse(&[1])], 1), [7.0, 7.0, 7.0, 19.0, 19.0, 19.0]);
    back(|x| x.index(1).stack(&[x.index(0)], 1), [2.0, 4.0, 6.0, 1.0, 3.0, 5.0]);
}

#[test]
fn what_is_picked_twice_gets_both_cotangents() {
    let x = Tensor::from_fn([2, 3], |i| i as f64);
    let indices = vector([1.0, 0.0, 1.0]);
    let g = Tensor::from_fn([3, 3], |i| 1.0 + i as f64);
    let back = build(&[real(x.clone()), int(indices.clone())], |_, v| v[0].gather(v[1], 0)).pulled_back(&g);
    assert_close(&back[0], &tensor([2, 3], [4.0, 5.0, 6.0, 8.0, 10.0, 12.0]), 0.0);
    let g = Tensor::from_fn([2, 3], |i| 1.0 + i as f64);
    let back =
        build(&[real(vector([1.0, 2.0, 3.0])), int(indices.clone())], |_, v| v[0].expand(1, 3).scatter_add(v[1], 2))
            .pulled_back(&g);
    assert_close(&back[0], &vector([15.0, 6.0, 15.0]), 0.0);
    let g = tensor([2, 2], [1.0, 2.0, 3.0, 4.0]);
    let back = build(&[real(x), int(vector([2.0, 2.0]))], |_, v| v[0].gather(v[1], 1)).pulled_back(&g);
    assert_close(&back[0], &tensor([2, 3], [0.0, 0.0, 3.0, 0.0, 0.0, 7.0]), 0.0);
}

#[test]
fn a_branch_gets_the_cotangent_where_it_was_taken() {
    let arguments = [real(vector([1.0, -1.0])), real(vector([f64::INFINITY, 2.0]))];
    let back = build(&arguments, |_, v| v[0].greater(0.0).select(v[0], v[1])).pulled_back(&vector([3.0, 4.0]));
    assert_close(&back[0], &vector([3.0, 0.0]), 0.0);
    assert_close(&back[1], &vector([0.0, 4.0]), 0.0);
}

#[test]
fn an_input_without_influence_has_a_gradient_of_zeros() {
    let gradients = build(&[real(2.0), real(vector([1.0, 2.0]))], |_, v| v[0].exp()).gradients();
    assert_close(&gradients[1], &vector([0.0, 0.0]), 0.0);
}

#[test]
fn the_jacobian_times_a_vector() {
    // y = A tanh x: J v = A ((1 − tanh² x) ⊙ v), and by the matrix itself dA tanh x
    let (a, x) = (spread([3, 2], -1.0, 1.0, 1), spread([2], -1.0, 1.0, 2));
    let (da, dx) = (spread([3, 2], -1.0, 1.0, 3), spread([2], -1.0, 1.0, 4));
    let built = build(&[real(a.clone()), real(x.clone())], |_, v| v[0].matvec(v[1].tanh()));
    let product = jvp(&built.graph, built.output, &built.inputs).unwrap();
    verify(&product.graph).unwrap();
    let bindings: Bindings =
        built.bindings.clone().with(product.tangents[0], da.clone()).with(product.tangents[1], dx.clone());
    let found = evaluate(&product.graph, &bindings, &product.outputs).unwrap()[product.outputs[0]].clone();
    let expected = Tensor::from_fn([3], |i| {
        (0..2)
            .map(|j| {
                let t = x.data()[j].tanh();
                da.data()[2 * i + j] * t + a.data()[2 * i + j] * (1.0 - t * t) * dx.data()[j]
            })
            .sum()
    });
    assert_close(&found, &expected, 1e-14);
}

#[test]
fn the_hessian_times_a_vector() {
    // f = xᵀ A x + x₀³: H = A + Aᵀ + 6 x₀ e₀ e₀ᵀ
    let (a, x, v) = (spread([3, 3], -1.0, 1.0, 1), spread([3], -1.0, 1.0, 2), spread([3], -1.0, 1.0, 3));
    let built = build(&[real(x.clone())], |builder, x| {
        x[0].dot(builder.constant(a.clone()).matvec(x[0])) + x[0].index(0).power(3.0)
    });
    let product = hvp(&built.graph, built.output, &built.inputs).unwrap();
    verify(&product.graph).unwrap();
    let bindings = built.bindings.clone().with(product.tangents[0], v.clone());
    let found = evaluate(&product.graph, &bindings, &product.outputs).unwrap()[product.outputs[0]].clone();
    let expected = Tensor::from_fn([3], |i| {
        let both: f64 = (0..3).map(|j| (a.data()[3 * i + j] + a.data()[3 * j + i]) * v.data()[j]).sum();
        both + if i == 0 { 6.0 * x.data()[0] * v.data()[0] } else { 0.0 }
    });
    assert_close(&found, &expected, 1e-14);
}
