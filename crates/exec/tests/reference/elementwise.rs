//! Elementwise ops: values to all digits, both tails, infinities, NaN, ties.

use std::f64::consts::{E, LN_2, PI, SQRT_2};

use chainrule_graph::{Builder, Var};

use crate::support::{INFINITY, NAN, NEG_INFINITY, assert_close, close, int, real, value, vector};

#[track_caller]
fn maps(function: impl for<'g> Fn(Var<'g>) -> Var<'g>, rows: &[(f64, f64)]) {
    let x = vector(rows.iter().map(|row| row.0).collect::<Vec<_>>());
    let y = value(&[real(x)], |_, x| function(x[0]));
    for (&(x, expected), &found) in rows.iter().zip(y.data()) {
        assert!(close(found, expected, 1e-15), "f({x}) is {found}, not {expected}");
    }
}

#[track_caller]
fn pairs(function: impl for<'g> Fn(Var<'g>, Var<'g>) -> Var<'g>, rows: &[(f64, f64, f64)]) {
    let column = |pick: fn(&(f64, f64, f64)) -> f64| vector(rows.iter().map(pick).collect::<Vec<_>>());
    let y = value(&[real(column(|row| row.0)), real(column(|row| row.1))], |_, x| function(x[0], x[1]).to_real());
    assert_close(&y, &column(|row| row.2), 1e-15);
}

#[test]
fn exponentials_and_logarithms() {
    maps(|x| x.exp(), &[(0.0, 1.0), (1.0, E), (NEG_INFINITY, 0.0), (1000.0, INFINITY), (NAN, NAN)]);
    maps(|x| x.expm1(), &[(0.0, 0.0), (1e-10, 1.00000000005e-10), (-1000.0, -1.0), (INFINITY, INFINITY), (NAN, NAN)]);
    maps(|x| x.log(), &[(1.0, 0.0), (2.0, LN_2), (0.0, NEG_INFINITY), (-1.0, NAN), (INFINITY, INFINITY), (NAN, NAN)]);
    maps(|x| x.log1p(), &[(0.0, 0.0), (1.0, LN_2), (1e-10, 9.9999999995e-11), (-1.0, NEG_INFINITY), (NAN, NAN)]);
}

#[test]
fn roots_and_powers() {
    maps(|x| x.sqrt(), &[(4.0, 2.0), (2.0, SQRT_2), (0.0, 0.0), (-1.0, NAN), (NAN, NAN)]);
    maps(|x| x.rsqrt(), &[(4.0, 0.5), (0.0, INFINITY), (INFINITY, 0.0), (-1.0, NAN), (NAN, NAN)]);
    maps(|x| x.reciprocal(), &[(4.0, 0.25), (3.0, 1.0 / 3.0), (0.0, INFINITY), (INFINITY, 0.0), (NAN, NAN)]);
    maps(|x| x.power(2.0), &[(-3.0, 9.0), (1e200, INFINITY), (NAN, NAN)]);
    maps(|x| x.power(3.0), &[(-3.0, -27.0), (0.0, 0.0), (NAN, NAN)]);
    maps(|x| x.power(0.0), &[(-3.0, 1.0), (0.0, 1.0)]);
    maps(|x| x.power(0.5), &[(9.0, 3.0), (-9.0, NAN)]);
    maps(|x| x.power(-2.5), &[(4.0, 0.03125), (0.0, INFINITY)]);
    pairs(
        |a, b| a.pow(b),
        &[(2.0, 10.0, 1024.0), (-2.0, 3.0, -8.0), (-2.0, 0.5, NAN), (0.0, 0.0, 1.0), (NAN, 2.0, NAN)],
    );
}

#[test]
fn trigonometric_and_error_functions() {
    maps(|x| x.sin(), &[(PI / 6.0, 0.49999999999999994), (0.0, 0.0), (INFINITY, NAN), (NAN, NAN)]);
    maps(|x| x.cos(), &[(PI / 3.0, 0.5000000000000001), (0.0, 1.0), (NAN, NAN)]);
    maps(|x| x.tanh(), &[(0.5, 0.46211715726000975), (-40.0, -1.0), (1e-9, 1e-9), (INFINITY, 1.0), (NAN, NAN)]);
    // Abramowitz and Stegun, table 7.1
    maps(
        |x| x.erf(),
        &[(0.5, 0.5204998778130465), (-1.0, -0.8427007929497149), (0.0, 0.0), (INFINITY, 1.0), (NAN, NAN)],
    );
}

#[test]
fn sigmoid_and_softplus_keep_their_digits_in_both_tails() {
    let tiny = (-700.0f64).exp();
    maps(
        |x| x.sigmoid(),
        &[(0.0, 0.5), (LN_2, 2.0 / 3.0), (-700.0, tiny), (-800.0, 0.0), (800.0, 1.0), (INFINITY, 1.0), (NAN, NAN)],
    );
    maps(
        |x| x.softplus(),
        &[
            (0.0, LN_2),
            (-700.0, tiny),
            (800.0, 800.0),
            (40.0, 40.0),
            (NEG_INFINITY, 0.0),
            (INFINITY, INFINITY),
            (NAN, NAN),
        ],
    );
}

#[test]
fn signs_and_kinks() {
    maps(|x| -x, &[(1.5, -1.5), (INFINITY, NEG_INFINITY), (NAN, NAN)]);
    maps(|x| x.abs(), &[(-1.5, 1.5), (0.0, 0.0), (NEG_INFINITY, INFINITY), (NAN, NAN)]);
    maps(|x| x.sign(), &[(-1.5, -1.0), (0.0, 0.0), (-0.0, 0.0), (1e-300, 1.0), (NEG_INFINITY, -1.0), (NAN, NAN)]);
    maps(|x| x.relu(), &[(-1.5, 0.0), (0.0, 0.0), (2.0, 2.0), (NEG_INFINITY, 0.0), (NAN, NAN)]);
    maps(|x| x.stop_gradient(), &[(1.5, 1.5), (NAN, NAN)]);
}

#[test]
fn arithmetic() {
    pairs(|a, b| a + b, &[(1.0, 2.0, 3.0), (INFINITY, NEG_INFINITY, NAN), (NAN, 1.0, NAN)]);
    pairs(|a, b| a - b, &[(1.0, 2.0, -1.0), (INFINITY, INFINITY, NAN), (1.0, NAN, NAN)]);
    pairs(|a, b| a * b, &[(3.0, -2.0, -6.0), (0.0, INFINITY, NAN), (NAN, 0.0, NAN)]);
    pairs(|a, b| a / b, &[(3.0, -2.0, -1.5), (1.0, 0.0, INFINITY), (0.0, 0.0, NAN), (NAN, 0.0, NAN)]);
}

#[test]
fn not_a_number_passes_through_max_and_min() {
    pairs(|a, b| a.max(b), &[(1.0, 2.0, 2.0), (2.0, 1.0, 2.0), (NAN, 1.0, NAN), (1.0, NAN, NAN), (NAN, NAN, NAN)]);
    pairs(|a, b| a.min(b), &[(1.0, 2.0, 1.0), (2.0, 1.0, 1.0), (NAN, 1.0, NAN), (1.0, NAN, NAN), (NAN, NAN, NAN)]);
}

#[test]
fn equals_of_max_and_min_are_the_first() {
    // −0 and 0 are equal, and can be told apart.
    let zeros = [real(-0.0), real(0.0)];
    assert!(value(&zeros, |_, x| x[0].max(x[1])).item().is_sign_negative());
    assert!(value(&zeros, |_, x| x[1].max(x[0])).item().is_sign_positive());
    assert!(value(&zeros, |_, x| x[0].min(x[1])).item().is_sign_negative());
    assert!(value(&zeros, |_, x| x[1].min(x[0])).item().is_sign_positive());
}

#[test]
fn comparisons_with_not_a_number_are_false_but_the_unequal() {
    let rows = |less: f64, equal: f64, greater: f64, nan: f64| {
        [(1.0, 2.0, less), (2.0, 2.0, equal), (2.0, 1.0, greater), (NAN, 1.0, nan), (1.0, NAN, nan), (NAN, NAN, nan)]
    };
    pairs(|a, b| a.less(b), &rows(1.0, 0.0, 0.0, 0.0));
    pairs(|a, b| a.less_equal(b), &rows(1.0, 1.0, 0.0, 0.0));
    pairs(|a, b| a.greater(b), &rows(0.0, 0.0, 1.0, 0.0));
    pairs(|a, b| a.greater_equal(b), &rows(0.0, 1.0, 1.0, 0.0));
    pairs(|a, b| a.equal(b), &rows(0.0, 1.0, 0.0, 0.0));
    pairs(|a, b| a.not_equal(b), &rows(1.0, 0.0, 1.0, 1.0));
}

#[test]
fn where_takes_nothing_from_the_branch_that_is_not_selected() {
    let arguments = [real(vector([1.0, -1.0])), real(vector([NAN, 2.0]))];
    let y = value(&arguments, |_, x| x[0].greater(0.0).select(x[0], x[1]));
    assert_close(&y, &vector([1.0, 2.0]), 0.0);
}

#[test]
fn whole_numbers_stay_whole_and_become_real_beside_a_real() {
    let arguments = [int(vector([3.0, 0.0])), int(vector([5.0, 7.0])), real(vector([0.5, 0.25]))];
    assert_close(&value(&arguments, |_, x| x[0] - x[1]), &vector([-2.0, -7.0]), 0.0);
    assert_close(&value(&arguments, |_, x| x[0] * x[1]), &vector([15.0, 0.0]), 0.0);
    assert_close(&value(&arguments, |_, x| x[0] + x[2]), &vector([3.5, 0.25]), 0.0);
    assert_close(&value(&arguments, |_, x| (x[0] / x[1]) * 5.0), &vector([3.0, 0.0]), 0.0);
}

#[test]
fn operands_stretch_as_in_numpy() {
    fn grid<'g>(builder: &'g Builder, _: &[Var<'g>]) -> Var<'g> {
        let column = builder.constant(vector([10.0, 20.0])).reshape([2, 1]);
        column + builder.constant(vector([1.0, 2.0, 3.0]))
    }
    let expected = crate::support::tensor([2, 3], [11.0, 12.0, 13.0, 21.0, 22.0, 23.0]);
    assert_close(&value(&[], grid), &expected, 0.0);
}
