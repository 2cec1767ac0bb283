//! Gradients of the functions that are made of ops, at their kinks, at extreme values and beside zeros, against values
//! computed with 50 digits.

use chainrule_graph::{Builder, CrossEntropy, Tensor, Var};

use crate::support::{InputValue, NAN, assert_close, build, close, int, real, tensor, vector};

/// The value and the gradient by the first input.
#[track_caller]
fn gradient(
    inputs: &[InputValue],
    function: impl for<'g> FnOnce(&'g Builder, &[Var<'g>]) -> Var<'g>,
    value: f64,
    expected: &[f64],
) {
    let built = build(inputs, function);
    let found = built.value().item();
    assert!(close(found, value, 1e-14), "the value is {found}, not {value}");
    let shape = inputs[0].value.shape().clone();
    assert_close(&built.gradients()[0], &tensor(shape, expected), 1e-14);
}

#[test]
fn norms_and_deviations_have_derivative_0_at_0() {
    gradient(&[real(vector([0.0, 0.0]))], |_, x| x[0].norm(), 0.0, &[0.0, 0.0]);
    gradient(&[real(vector([3.0, -4.0]))], |_, x| x[0].norm(), 5.0, &[0.6, -0.8]);
    gradient(&[real(vector([NAN, 1.0]))], |_, x| x[0].norm(), NAN, &[NAN, NAN]);
    gradient(&[real(vector([2.0, 2.0, 2.0]))], |_, x| x[0].std(), 0.0, &[0.0; 3]);
    gradient(&[real(-2.0)], |_, x| x[0].std(), 0.0, &[0.0]);
    let slopes = [-0.01699928179551589, -0.3994831221946234, 0.4164824039901393];
    gradient(&[real(vector([0.3, -1.2, 2.0]))], |_, x| x[0].std(), 1.3072447700751718, &slopes);
}

#[test]
fn norms_are_right_over_the_whole_range() {
    // 3, 4 and 5 times a power of two, which are exact down to the smallest number above 0.
    for power in [-1074, -1060, -600, -540, -512, -100, 0, 511, 512, 600, 1020] {
        let unit = if power < -1000 { 2f64.powi(-1000) * 2f64.powi(power + 1000) } else { 2f64.powi(power) };
        let x = || [real(vector([3.0 * unit, -4.0 * unit]))];
        let built = build(&x(), |_, x| x[0].norm());
        assert_eq!(built.value().item(), 5.0 * unit, "at 2^{power}");
        assert_close(&built.gradients()[0], &vector([0.6, -0.8]), 1e-15);
        let built = build(&x(), |_, x| 1e3 * x[0].norm_axes(&[0]));
        assert_close(&built.gradients()[0], &vector([600.0, -800.0]), 1e-15);
        let deviation = build(&[real(vector([unit, -unit]))], |_, x| x[0].std());
        assert!(close(deviation.value().item(), unit, 1e-15), "at 2^{power}");
    }
    let infinite = build(&[real(vector([f64::INFINITY, 1.0]))], |_, x| x[0].norm());
    assert_eq!(infinite.value().item(), f64::INFINITY);
    // The second derivatives of √(x² + y²) at (3, 4): 16/125, −12/125, 9/125
    let curved = build(&[real(vector([3.0, 4.0]))], |_, x| x[0].norm().power(2.0));
    assert_close(&curved.gradients()[0], &vector([6.0, 8.0]), 1e-14);
}

#[test]
fn a_product_is_differentiated_beside_zeros() {
    gradient(&[real(vector([2.0, 0.0, 3.0, 4.0]))], |_, x| x[0].prod(), 0.0, &[0.0, 24.0, 0.0, 0.0]);
    gradient(&[real(vector([2.0, 0.0, 3.0, 0.0, 4.0]))], |_, x| x[0].prod(), 0.0, &[0.0; 5]);
    gradient(&[real(vector([2.0, 5.0, 3.0]))], |_, x| x[0].prod(), 30.0, &[15.0, 6.0, 10.0]);
    // x³, as a product
    let cube = |order| build(&[real(0.0)], |_, x| x[0].stack(&[x[0], x[0]], 0).prod()).derivative(order);
    assert_eq!([0, 1, 2, 3, 4].map(cube), [0.0, 0.0, 0.0, 6.0, 0.0]);
}

#[test]
fn a_sorted_element_hands_its_slope_to_where_it_came_from() {
    let weights = || Tensor::vector([1.0, 10.0, 100.0, 1000.0]);
    gradient(
        &[real(vector([3.0, 1.0, 3.0, -2.0]))],
        |b, x| x[0].sort(0).dot(b.constant(weights())),
        3308.0,
        &[100.0, 10.0, 1000.0, 1.0],
    );
}

#[test]
fn the_derivatives_of_lgamma() {
    let at = |x: f64| build(&[real(x)], |_, x| x[0].lgamma());
    let expected =
        [0.2846828704729192, 0.7031566406452432, 0.4903577561002349, -0.2362040516417274, 0.22390584881725205];
    for (order, expected) in expected.into_iter().enumerate() {
        let found = at(2.5).derivative(order);
        assert!(close(found, expected, 1e-14), "derivative {order} is {found}, not {expected}");
    }
    assert!(close(at(-2.3).derivative(2), 14.725912160961291, 1e-13));
    assert!(close(at(1e6).derivative(1), 13.815510057964191, 1e-15));
}

#[test]
fn kinks_have_the_slopes_that_are_promised() {
    gradient(&[real(vector([0.0, 1.0, -0.1, 1.1]))], |_, x| x[0].clip(0.0, 1.0).sum(), 2.0, &[1.0, 1.0, 0.0, 0.0]);
    gradient(&[real(vector([0.0, -1.0, 2.0]))], |_, x| x[0].leaky_relu(0.5).sum(), 1.5, &[0.5, 0.5, 1.0]);
    gradient(&[real(vector([0.0, 2.0]))], |_, x| x[0].elu(1.0).sum(), 2.0, &[1.0, 1.0]);
    let sixth = 1.0 / 6.0;
    gradient(&[real(vector([-3.0, 3.0, 4.0]))], |_, x| x[0].hard_sigmoid().sum(), 2.0, &[sixth, sixth, 0.0]);
    gradient(&[real(vector([1.0, -3.0, 0.0]))], |b, x| b.huber(x[0], 0.0, 1.0).sum(), 3.0, &[1.0, -1.0, 0.0]);
    gradient(&[real(vector([1.0, 0.5, -2.0]))], |b, x| b.hinge(x[0], 1.0).sum(), 3.5, &[0.0, -1.0, -1.0]);
}

#[test]
fn what_is_not_taken_does_not_overflow() {
    gradient(&[real(vector([800.0, -800.0]))], |_, x| x[0].elu(1.0).sum(), 799.0, &[1.0, 0.0]);
    gradient(&[real(vector([800.0, -800.0]))], |_, x| x[0].mish().sum(), 800.0, &[1.0, 0.0]);
    gradient(&[real(vector([1e100, -1e100]))], |_, x| x[0].gelu().sum(), 1e100, &[1.0, 0.0]);
    gradient(
        &[real(vector([1e-10, 710.0]))],
        |_, x| x[0].sinh().sum() / 1e300,
        111699738.30808555,
        &[1e-300, 111699738.30808555],
    );
    gradient(&[real(1e-10)], |_, x| x[0].cosh(), 1.0, &[1e-10]);
    gradient(&[real(1e300)], |b, x| b.huber(x[0], 0.0, 1.0), 1e300, &[1.0]);
}

#[test]
fn losses_of_classes() {
    let y = int(1.0);
    gradient(
        &[real(vector([0.3, -1.2, 2.0])), y],
        |b, x| {
            let weights = Some(b.constant(Tensor::vector([0.5, 2.0, 3.0])));
            b.cross_entropy(x[0], x[1], CrossEntropy { smoothing: 0.1, weights, ignore: None })
        },
        6.490009156572248,
        &[0.2319710577001157, -1.800031583402344, 1.5680605257022283],
    );
    let left_out = CrossEntropy { ignore: Some(-1), ..CrossEntropy::default() };
    gradient(
        &[real(tensor([2, 2], [0.0, 0.0, 5.0, 7.0])), int(vector([0.0, -1.0]))],
        |b, x| b.cross_entropy(x[0], x[1], left_out),
        std::f64::consts::LN_2,
        &[-0.5, 0.5, 0.0, 0.0],
    );
    gradient(
        &[real(vector([40.0, -40.0])), int(vector([1.0, 0.0]))],
        |b, x| b.binary_cross_entropy(x[0], x[1]).sum(),
        8.496708510583178e-18,
        &[-4.248354255291589e-18, 4.248354255291589e-18],
    );
    // ∂/∂q Σ p log(p/q) = −p/q, also where p is 0
    gradient(
        &[real(vector([0.5, 0.0, 0.5]))],
        |b, x| b.kl_divergence(b.constant(Tensor::vector([0.0, 0.0, 1.0])), x[0]),
        std::f64::consts::LN_2,
        &[0.0, 0.0, -2.0],
    );
}
