//! Formulas as people write them, in Rust and as text, against 50-digit arithmetic over the whole range of f64: value and
//! gradient. The numbers are from Python's mpmath.

use std::collections::BTreeMap;
use std::f64::consts::LN_2;

use chainrule_exec::{Bindings, reference::evaluate};
use chainrule_graph::{Origin, Tensor, Value, Var, grad, text};

use crate::support::{assert_close, build, close, int, real, vector};

const POINTS: [f64; 17] = [
    -f64::MAX,
    -1e+200,
    -1000.0,
    -745.0,
    -40.0,
    -1.0,
    -1e-08,
    -1e-300,
    0.0,
    1e-300,
    1e-08,
    0.7,
    40.0,
    710.0,
    1000.0,
    1e+200,
    f64::MAX,
];
const SOFTPLUS: [(f64, f64); 17] = [
    (0.0, 0.0),
    (0.0, 0.0),
    (0.0, 0.0),
    (5e-324, 5e-324),
    (4.248354255291589e-18, 4.248354255291589e-18),
    (0.3132616875182228, 0.2689414213699951),
    (0.6931471755599453, 0.4999999975),
    (LN_2, 0.5),
    (LN_2, 0.5),
    (LN_2, 0.5),
    (0.6931471855599454, 0.5000000025),
    (1.103186048885458, 0.668187772168166),
    (40.0, 1.0),
    (710.0, 1.0),
    (1000.0, 1.0),
    (1e+200, 1.0),
    (f64::MAX, 1.0),
];
const LOG_SIGMOID: [(f64, f64); 17] = [
    (-f64::MAX, 1.0),
    (-1e+200, 1.0),
    (-1000.0, 1.0),
    (-745.0, 1.0),
    (-40.0, 1.0),
    (-1.3132616875182228, 0.7310585786300049),
    (-0.6931471855599454, 0.5000000025),
    (-LN_2, 0.5),
    (-LN_2, 0.5),
    (-LN_2, 0.5),
    (-0.6931471755599453, 0.4999999975),
    (-0.4031860488854579, 0.3318122278318339),
    (-4.248354255291589e-18, 4.248354255291589e-18),
    (-4.47628622567513e-309, 4.47628622567513e-309),
    (-0.0, 0.0),
    (0.0, 0.0),
    (0.0, 0.0),
];
const LOG_COMPLEMENT: [(f64, f64); 17] = [
    (0.0, 0.0),
    (0.0, 0.0),
    (-0.0, -0.0),
    (-5e-324, -5e-324),
    (-4.248354255291589e-18, -4.248354255291589e-18),
    (-0.3132616875182228, -0.2689414213699951),
    (-0.6931471755599453, -0.4999999975),
    (-LN_2, -0.5),
    (-LN_2, -0.5),
    (-LN_2, -0.5),
    (-0.6931471855599454, -0.5000000025),
    (-1.103186048885458, -0.668187772168166),
    (-40.0, -1.0),
    (-710.0, -1.0),
    (-1000.0, -1.0),
    (-1e+200, -1.0),
    (-f64::MAX, -1.0),
];
const SIGMOID: [(f64, f64); 17] = [
    (0.0, 0.0),
    (0.0, 0.0),
    (0.0, 0.0),
    (5e-324, 5e-324),
    (4.248354255291589e-18, 4.248354255291589e-18),
    (0.2689414213699951, 0.19661193324148185),
    (0.4999999975, 0.25),
    (0.5, 0.25),
    (0.5, 0.25),
    (0.5, 0.25),
    (0.5000000025, 0.25),
    (0.668187772168166, 0.22171287329310904),
    (1.0, 4.248354255291589e-18),
    (1.0, 4.47628622567513e-309),
    (1.0, 0.0),
    (1.0, 0.0),
    (1.0, 0.0),
];
const TANH: [(f64, f64); 17] = [
    (-1.0, 0.0),
    (-1.0, 0.0),
    (-1.0, 0.0),
    (-1.0, 0.0),
    (-1.0, 7.219405551381661e-35),
    (-0.7615941559557649, 0.4199743416140261),
    (-1e-08, 0.9999999999999999),
    (-1e-300, 1.0),
    (0.0, 1.0),
    (1e-300, 1.0),
    (1e-08, 0.9999999999999999),
    (0.6043677771171635, 0.6347395899824586),
    (1.0, 7.219405551381661e-35),
    (1.0, 0.0),
    (1.0, 0.0),
    (1.0, 0.0),
    (1.0, 0.0),
];

/// The value and the derivative of a text of x.
fn of_text(expression: &str, x: f64) -> (f64, f64) {
    let source = format!("input x []\nprediction = {expression}\n");
    let function = text::parse(&source).and_then(|model| model.build(&BTreeMap::new())).expect("it is well formed");
    let (value, input) = (function.prediction.expect("it has one"), Value::from(function.inputs[0]));
    let (graph, gradient) = grad(&function.graph, value, &[input]).expect("it has a gradient");
    let bindings = Bindings::new().with(input, Tensor::scalar(x));
    let values = evaluate(&graph, &bindings, &[value, gradient[0]]).expect("it runs");
    (values[value].item(), values[gradient[0]].item())
}

#[track_caller]
fn holds(expression: &str, golden: &[(f64, f64); 17]) {
    for (&x, &(value, slope)) in POINTS.iter().zip(golden) {
        let found = of_text(expression, x);
        // What lies below the least normal number has fewer digits.
        let near = |a: f64, b: f64| close(a, b, 4e-15) || (a - b).abs() < 1e-320;
        assert!(near(found.0, value), "{expression} at {x} is {}, not {value}", found.0);
        assert!(near(found.1, slope), "the derivative of {expression} at {x} is {}, not {slope}", found.1);
    }
}

#[test]
fn softplus_by_hand() {
    for expression in [
        "log(1 + exp(x))",
        "log(exp(x) + 1)",
        "log1p(exp(x))",
        "x + log(1 + exp(-x))",
        "max(x, 0) + log(1 + exp(-abs(x)))",
        "relu(x) + log1p(exp(-abs(x)))",
    ] {
        holds(expression, &SOFTPLUS);
    }
}

#[test]
fn logarithms_of_the_sigmoid() {
    for expression in [
        "log(sigmoid(x))",
        "log(1/(1 + exp(-x)))",
        "log(exp(x)/(1 + exp(x)))",
        "-log(1 + exp(-x))",
        "log(1 - sigmoid(-x))",
    ] {
        holds(expression, &LOG_SIGMOID);
    }
    for expression in ["log(1 - sigmoid(x))", "log(1 - 1/(1 + exp(-x)))", "log1p(-sigmoid(x))", "-log(1 + exp(x))"] {
        holds(expression, &LOG_COMPLEMENT);
    }
}

#[test]
fn the_sigmoid_by_hand() {
    for expression in [
        "1/(1 + exp(-x))",
        "(1 + exp(-x))^-1",
        "reciprocal(exp(-x) + 1)",
        "exp(x)/(1 + exp(x))",
        "exp(x)/(exp(x) + exp(0*x))",
        "2/(1 + exp(-x)) / 2",
    ] {
        holds(expression, &SIGMOID);
    }
}

#[test]
fn tanh_by_hand() {
    // The derivative of tanh is 1 − tanh², 0 where tanh is 1 but for rounding.
    for expression in [
        "(exp(x) - exp(-x))/(exp(x) + exp(-x))",
        "(exp(2*x) - 1)/(exp(2*x) + 1)",
        "expm1(2*x)/(exp(2*x) + 1)",
        "(1 - exp(-2*x))/(1 + exp(-2*x))",
        "2/(1 + exp(-2*x)) - 1",
        "1 - 2/(1 + exp(2*x))",
        "2*sigmoid(2*x) - 1",
    ] {
        holds(expression, &TANH.map(|(value, slope)| (value, if slope < 1e-16 { 0.0 } else { slope })));
    }
}

#[test]
fn sums_of_exponentials() {
    let v = || vec![real(vector([1000.0, 1001.0, -1e300]))];
    let softmax = [0.2689414213699951, 0.7310585786300049, 0.0];
    let of_log = |found: crate::support::Built| {
        assert!(close(found.value().item(), 1001.3132616875182, 1e-15));
        assert_close(&found.gradients()[0], &vector(softmax), 1e-12);
    };
    of_log(build(&v(), |_, x| x[0].exp().sum().log()));
    of_log(build(&v(), |_, x| x[0].reshape([3, 1]).exp().sum().log()));
    of_log(build(&v(), |_, x| (x[0].index(0).exp() + x[0].index(1).exp() + x[0].index(2).exp()).log()));
    let shares = |built: crate::support::Built| assert_close(&built.value(), &vector(softmax), 1e-12);
    shares(build(&v(), |_, x| x[0].exp() / x[0].exp().sum()));
    shares(build(&v(), |_, x| {
        let shifted = x[0] - x[0].max_axis(0);
        shifted.exp() / shifted.exp().sum()
    }));
    // The log of a share that underflows, of every element or of a class
    let picked = build(&[v().remove(0), int(2.0)], |_, x| -(x[0].exp() / x[0].exp().sum()).gather(x[1], 0).log());
    assert_eq!(picked.value().item(), 1e300);
    assert_close(&picked.gradients()[0], &vector([softmax[0], softmax[1], -1.0]), 1e-12);
}

#[test]
fn sums_along_an_axis_stretch_as_they_were_written() {
    let m = || vec![real(Tensor::new([2, 2], vec![0.0, 1.0, 800.0, 2.0]).expect("four"))];
    let columns = build(&m(), |_, x| x[0].exp() / x[0].exp().sum_axes(&[0]));
    assert_close(&columns.value(), &build(&m(), |_, x| x[0].softmax(0)).value(), 1e-14);
    let rows = build(&m(), |_, x| x[0].exp() / x[0].exp().sum_axes(&[1]).reshape([2, 1]));
    assert_close(&rows.value(), &build(&m(), |_, x| x[0].softmax(1)).value(), 1e-14);
    // The sums of rows stretched over columns are no softmax.
    let small = || vec![real(Tensor::new([2, 2], vec![0.0, 1.0, 3.0, 2.0]).expect("four"))];
    let crossed = build(&small(), |_, x| x[0].exp() / x[0].exp().sum_axes(&[1]));
    let (first, second) = (1.0 + 1f64.exp(), 3f64.exp() + 2f64.exp());
    let expected = vec![1.0 / first, 1f64.exp() / second, 3f64.exp() / first, 2f64.exp() / second];
    assert_close(&crossed.value(), &Tensor::new([2, 2], expected).expect("four"), 1e-14);
}

#[test]
fn what_was_rewritten_is_remembered_and_derivatives_are_left_alone() {
    let rewritten = |built: &crate::support::Built| {
        built.graph.nodes().iter().filter(|node| matches!(node.origin, Origin::Rewritten(_))).count()
    };
    let written = build(&[real(1.0)], |_, x| (1.0 + x[0].exp()).log());
    assert_eq!(rewritten(&written), 1);
    let alone = build(&[real(1.0)], |_, x: &[Var<'_>]| x[0].expm1() / x[0].tanh());
    let (graph, _) = grad(&alone.graph, alone.output, &alone.inputs).expect("it has a gradient");
    assert!(!graph.nodes().iter().any(|node| matches!(node.origin, Origin::Rewritten(_))));
}
