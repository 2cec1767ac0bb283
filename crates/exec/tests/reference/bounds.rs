//! The running error bound: what it marks, and what it says of single ops. That it holds is tested over the case table, in
//! crate check.

use chainrule_exec::Bindings;
use chainrule_exec::bounds::{Bounded, Rounding, evaluate_with_bounds};
use chainrule_graph::{Builder, Shape, Tensor, Value, Var, grad};

use crate::support::{InputValue, assert_close, build, int, real, vector};

fn bounded(
    arguments: &[InputValue],
    rounding: &Rounding,
    function: impl for<'g> FnOnce(&'g Builder, &[Var<'g>]) -> Var<'g>,
) -> (Vec<f64>, Vec<f64>) {
    let built = build(arguments, function);
    let bounded: Bounded = evaluate_with_bounds(&built.graph, &built.bindings, &[built.output], rounding).unwrap();
    assert_close(bounded.value(built.output).unwrap(), &built.value(), 0.0);
    let part = |part: Option<&Tensor>| part.unwrap().data().to_vec();
    (part(bounded.bound(built.output)), part(bounded.undecided(built.output)))
}

/// The bound of a scalar function of numbers in f32.
fn in_f32(x: &[f64], function: impl for<'g> FnOnce(&[Var<'g>]) -> Var<'g>) -> f64 {
    let arguments: Vec<InputValue> = x.iter().map(|&x| real(x)).collect();
    bounded(&arguments, &Rounding::F32, |_, x| function(x)).0[0]
}

#[test]
fn given_numbers_are_off_by_their_conversion() {
    assert_eq!(in_f32(&[0.5], |x| x[0]), 0.0);
    assert_eq!(in_f32(&[0.1], |x| x[0]), f64::from(0.1f32) - 0.1);
    assert_eq!(in_f32(&[1e300], |x| x[0]), f64::INFINITY);
    assert_eq!(in_f32(&[f64::INFINITY], |x| x[0]), 0.0);
    assert_eq!(bounded(&[real(0.1)], &Rounding::F64, |_, x| x[0]).0, [0.0]);
    assert_eq!(bounded(&[int(3.0)], &Rounding::F32, |_, x| x[0]).0, [0.0]);
}

#[test]
fn bounds_by_hand() {
    let u = 2.0f64.powi(-24);
    let conversion = f64::from(0.1f32) - 0.1;
    let near = |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-6, "{found}, not {expected}");
    near(in_f32(&[1.5, 0.25], |x| x[0] + x[1]), 1.75 * u);
    near(in_f32(&[1.5, -1.25], |x| x[0] + x[1]), 0.25 * u);
    near(in_f32(&[1.5, 3.0], |x| x[0] * x[1]), 4.5 * u);
    near(in_f32(&[0.1, 3.0], |x| x[0] * x[1]), 3.0 * conversion + 0.3 * u);
    near(in_f32(&[0.1, 3.0], |x| x[1] / x[0]), 300.0 * conversion + 30.0 * u);
    near(in_f32(&[0.1], |x| x[0].exp()), 0.1f64.exp() * (conversion + 4.0 * u));
    near(in_f32(&[0.1], |x| x[0].log()), 10.0 * conversion + 0.1f64.ln().abs() * 4.0 * u);
    near(in_f32(&[0.25], |x| x[0].sqrt()), 0.5 * u);
    // Three terms, each rounded with the two that follow; products once more.
    let sum = bounded(&[real(vector([4.0, -2.0, 1.0]))], &Rounding::F32, |_, x| x[0].sum()).0[0];
    near(sum, 2.0 * u * 7.0);
    let dot = bounded(&[real(vector([4.0, -2.0, 1.0]))], &Rounding::F32, |_, x| x[0].dot(x[0])).0[0];
    near(dot, 3.0 * u * 21.0);
    // Two equal exponentials (each off by 2 ulp = 4u), added with two roundings, a logarithm, a sum; or a quotient.
    let conversion = (f64::from(1000.1f32) - 1000.1).abs();
    let alike = [real(vector([1000.1, 1000.1]))];
    let total = bounded(&alike, &Rounding::F32, |_, x| x[0].logsumexp(0)).0[0];
    let ln_2 = std::f64::consts::LN_2;
    near(total, conversion + 4.0 * u + 2.0 * u + 4.0 * u * ln_2 + u * (1000.1 + ln_2));
    let share = bounded(&alike, &Rounding::F32, |_, x| x[0].softmax(0)).0[0];
    near(share, 0.5 * (2.0 * (conversion + 4.0 * u) + 2.0 * u + u).exp_m1());
}

#[test]
fn what_is_not_rounded_is_exact() {
    for function in [
        (|x| -x[0]) as for<'g> fn(&[Var<'g>]) -> Var<'g>,
        |x| x[0].abs(),
        |x| x[0].max(x[1]),
        |x| x[0] + 0.0,
        |x| x[0] * 0.0,
        |x| x[1].sin(),
        |x| x[1].tanh() * x[0],
        |x| x[0].stop_gradient(),
        |x| x[0].relu(),
        |x| x[0].stack(&[x[1]], 0).reverse(&[0]).pad(&[1], &[1]).max_axis(0),
    ] {
        assert_eq!(in_f32(&[1.5, 0.0], function), 0.0);
    }
}

#[test]
fn no_bound_where_none_can_be_had() {
    // 0.1 + 0.2 − 0.3 may be 0, or negative.
    for function in [
        (|x, y| y / x) as for<'g> fn(Var<'g>, Var<'g>) -> Var<'g>,
        |x, _| x.sqrt(),
        |x, _| x.rsqrt(),
        |x, _| x.log(),
        |x, _| x.power(0.5),
        |x, _| x.power(-2.0),
        |x, y| x.pow(y),
        |x, _| (x - 1.0).log1p(),
    ] {
        let bound = in_f32(&[0.1, 0.2, 0.3], |x| function(x[0] + x[1] - x[2], x[0]));
        assert_eq!(bound, f64::INFINITY);
    }
    // e¹⁰⁰ is beyond f32, not beyond f64.
    assert_eq!(in_f32(&[100.0], |x| x[0].exp()), f64::INFINITY);
    assert!(bounded(&[real(100.0)], &Rounding::F64, |_, x| x[0].exp()).0[0].is_finite());
    assert_eq!(in_f32(&[3e38, 3e38], |x| x[0] + x[1]), f64::INFINITY);
    // The sum of the magnitudes overflows, though the sum does not.
    let sum = bounded(&[real(vector([3e38, 3e38, -3e38]))], &Rounding::F32, |_, x| x[0].sum());
    assert_eq!(sum.0, [f64::INFINITY]);
    // A result too small for f32 is off by its smallest number.
    assert!(in_f32(&[1e-30, 1e-30], |x| x[0] * x[1]) >= 1.4e-45);
}

#[test]
fn sure_infinities_and_not_a_number_are_exact() {
    let (infinity, nan) = (f64::INFINITY, f64::NAN);
    assert_eq!(in_f32(&[0.0], |x| x[0].log()), 0.0);
    assert_eq!(in_f32(&[0.0, 1.0], |x| x[1] / x[0]), 0.0);
    assert_eq!(in_f32(&[infinity, 0.1], |x| x[0] + x[1]), 0.0);
    assert_eq!(in_f32(&[infinity, 0.1], |x| x[0] * x[1]), 0.0);
    assert_eq!(in_f32(&[nan, 0.1], |x| x[0].max(x[1].exp())), 0.0);
    assert_eq!(
        in_f32(&[infinity, 0.1], |x| x[0].tanh()),
        Rounding::F32.function_ulps * 2.0f64.powi(-23) + 4.0 * Rounding::F32.least
    );
    let elements = [real(vector([0.1, f64::NEG_INFINITY]))];
    let elements =
        |function: for<'g> fn(Var<'g>) -> Var<'g>| bounded(&elements, &Rounding::F32, |_, x| function(x[0])).0;
    assert_eq!(elements(|x| x.sum()), [0.0]);
    assert_eq!(elements(|x| x.dot(x)), [0.0]);
    assert_eq!(elements(|x| x.min_axis(0)), [0.0]);
    assert_eq!(elements(|x| x.softmax(0))[1], 0.0);
    assert!(elements(|x| x.logsumexp(0))[0] < 1e-6);
    // But ∞ · (0.1 + 0.2 − 0.3) may be of either sign.
    assert_eq!(in_f32(&[0.1, 0.2, 0.3, infinity], |x| (x[0] + x[1] - x[2]) * x[3]), infinity);
    assert_eq!(in_f32(&[0.1, 0.2, 0.3, infinity], |x| (x[0] + x[1] - x[2]).contract(x[3], ",->")), infinity);
    assert_eq!(in_f32(&[0.1, 0.2, 0.3, infinity], |x| x[3].contract(x[0] + x[1] - x[2], ",->")), infinity);
}

/// The marks of a function of numbers in f32.
fn marks(x: &[f64], function: impl for<'g> FnOnce(&[Var<'g>]) -> Var<'g>) -> Vec<f64> {
    let arguments: Vec<InputValue> = x.iter().map(|&x| real(x)).collect();
    bounded(&arguments, &Rounding::F32, |_, x| function(x)).1
}

#[test]
fn comparisons_closer_than_their_bounds_are_undecided() {
    let close = [0.1, 0.2, 0.3];
    let far = [0.1, 0.2, 0.4];
    for function in [
        (|x| (x[0] + x[1]).less(x[2])) as for<'g> fn(&[Var<'g>]) -> Var<'g>,
        |x| (x[0] + x[1]).less_equal(x[2]),
        |x| (x[0] + x[1]).equal(x[2]),
        |x| (x[0] + x[1]).not_equal(x[2]),
        |x| (x[0] + x[1] - x[2]).sign(),
        |x| (x[0] + x[1]).less(x[2]).select(x[0], x[1]),
        |x| (x[0] + x[1]).less(x[2]).to_real() * x[0] + x[1],
        |x| (x[0] + x[1]).less(x[2]).to_real().less(5.0),
        |x| ((x[0] + x[1]).less(x[2]).to_real() + 5.0).sign(),
        |x| (x[0] + x[1]).stack(&[x[2]], 0).argmax(0),
        |x| x[0].stack(&[x[1]], 0).gather((x[0] + x[1]).stack(&[x[2]], 0).argmin(0), 0),
        |x| (x[0] + x[1]).less(x[2]).to_real().stack(&[x[0]], 0).sum(),
        |x| (x[0] + x[1]).less(x[2]).to_real().stack(&[x[0]], 0).logsumexp(0),
        |x| (x[0] + x[1]).less(x[2]).to_real().stack(&[x[0]], 0).max_axis(0),
    ] {
        assert_eq!(marks(&close, function), [1.0]);
        assert_eq!(marks(&far, function), [0.0]);
    }
    // Equal and exact is decided.
    assert_eq!(marks(&[0.5, 0.5, 1.0], |x| (x[0]).less_equal(x[1])), [0.0]);
}

#[test]
fn only_what_depends_on_an_undecided_element_is_undecided() {
    let close = [0.1, 0.2, 0.3];
    fn undecided<'g>(x: &[Var<'g>]) -> Var<'g> {
        (x[0] + x[1]).less(x[2]).to_real()
    }
    assert_eq!(marks(&close, |x| undecided(x).stack(&[x[0]], 0) * 2.0), [1.0, 0.0]);
    assert_eq!(marks(&close, |x| undecided(x).stack(&[x[0], x[1]], 0).reverse(&[0])), [0.0, 0.0, 1.0]);
    // The branch that is not taken does not matter.
    assert_eq!(marks(&close, |x| x[0].less(x[1]).select(x[0], undecided(x))), [0.0]);
    assert_eq!(marks(&close, |x| x[0].less(x[1]).select(undecided(x), x[0])), [1.0]);
    assert_eq!(
        marks(&close, |x| {
            let matrix = undecided(x).stack(&[x[0]], 0).outer(x[0].stack(&[x[1]], 0));
            matrix.matvec(x[1].stack(&[x[2]], 0))
        }),
        [1.0, 0.0]
    );
    assert_eq!(marks(&close, |x| undecided(x).stack(&[x[0]], 0).softmax(0)), [1.0, 1.0]);
    // What an undecided index may have been added to.
    let added = marks(&close, |x| {
        let index = (x[0] + x[1]).stack(&[x[2]], 0).argmax(0);
        x[0].scatter_add(index, 2).stack(&[x[0].scatter_add(x[0].stack(&[x[1]], 0).argmax(0), 2)], 0)
    });
    assert_eq!(added, [1.0, 1.0, 0.0, 0.0]);
}

#[test]
fn a_close_tie_of_max_is_decided_and_its_gradient_is_not() {
    // The second is the greater, but known better.
    let built = build(&[real(0.1), real(0.2), real(0.30000001)], |_, x| (x[0] + x[1]).max(x[2]));
    let (graph, gradients) = grad(&built.graph, built.output, &built.inputs).unwrap();
    let targets: Vec<Value> = gradients.iter().copied().chain([built.output]).collect();
    let bounded = evaluate_with_bounds(&graph, &built.bindings, &targets, &Rounding::F32).unwrap();
    assert_eq!(bounded.undecided(built.output).unwrap().item(), 0.0);
    let sum = in_f32(&[0.1, 0.2], |x| x[0] + x[1]);
    assert_eq!(bounded.bound(built.output).unwrap().item(), sum);
    assert_eq!(bounded.undecided(gradients[2]).unwrap().item(), 1.0);
    assert_eq!(in_f32(&[0.1, 0.2, 0.30000001], |x| (x[0] + x[1]).stack(&[x[2]], 0).max_axis(0)), sum);
    assert_eq!(in_f32(&[-0.1, -0.2, -0.30000001], |x| (x[0] + x[1]).stack(&[x[2]], 0).min_axis(0)), sum);
}

#[test]
fn deviations_are_ratios_to_the_bound() {
    let built = build(&[real(vector([1.5, 1.5, 0.1])), real(vector([0.25, 0.25, 0.2]))], |_, x| x[0] + x[1]);
    let bounded = evaluate_with_bounds(&built.graph, &built.bindings, &[built.output], &Rounding::F32).unwrap();
    let bound = bounded.bound(built.output).unwrap().data().to_vec();
    let sum = built.value().data().to_vec();
    let other = vector([sum[0], sum[1] + 3.0 * bound[1], sum[2] - 2.0 * bound[2]]);
    let deviation = bounded.deviation(built.output, &other).unwrap();
    assert!((deviation.ratio - 3.0).abs() < 1e-6, "{deviation:?}");
    assert_eq!((deviation.element, deviation.left_out), (1, 0));
    assert_eq!(bounded.deviation(built.output, &vector([0.0])), None);
    let wrong = vector([f64::NAN, sum[1], sum[2]]);
    assert_eq!(bounded.deviation(built.output, &wrong).unwrap().ratio, f64::INFINITY);
}

#[test]
fn values_with_their_bounds_must_fit_into_memory() {
    let builder = Builder::new();
    // More in all than there are addresses.
    let sums = (0..8).map(|index| builder.input(&format!("x{index}"), [Shape::MAX_SIZE]).sum());
    let sum = sums.reduce(|a, b| a + b).and_then(Var::id).unwrap();
    let graph = builder.finish_graph().unwrap();
    let error = evaluate_with_bounds(&graph, &Bindings::new(), &[sum], &Rounding::F32).unwrap_err().to_string();
    assert!(error.contains("more than this machine has"), "{error}");
}
