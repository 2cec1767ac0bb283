//! Rows of the elementwise ops. Each op of reals runs over several shapes; then come kinks, ties, extreme values and the
//! other kinds.

use chainrule_graph::{Kind, Tensor};

use super::{Build, Case, Formula, Input, below, between, case, fixed, integers, real};
use crate::draw::Draw;

pub(super) fn cases() -> Vec<Case> {
    let families = [
        unary(),
        binary(),
        broadcasting(),
        gamma(),
        powers(),
        strong_zeros(),
        kinks(),
        extremes(),
        integer_rows(),
        comparisons(),
        selections(),
    ];
    let mut cases: Vec<Case> = families.into_iter().flatten().collect();
    for case in &mut cases {
        // A fixed value has its shape.
        let is_drawn = |input: &Input| input.shape == case.shape && !matches!(input.draw, Draw::Fixed(_));
        case.any_shape = !case.inputs.is_empty() && case.inputs.iter().all(is_drawn);
    }
    cases
}

/// f of each element.
fn map(x: &Tensor, f: fn(f64) -> f64) -> Vec<f64> {
    x.data().iter().copied().map(f).collect()
}

/// f of the elements at the same index.
fn zip(x: &[Tensor], f: fn(f64, f64) -> f64) -> Vec<f64> {
    x[0].data().iter().zip(x[1].data()).map(|(&a, &b)| f(a, b)).collect()
}

/// A matrix, a scalar, one element, and none, drawn alike.
fn over_shapes(name: &str, draws: &[Draw], build: Build, value: Formula) -> Vec<Case> {
    let shapes: [(&str, &[usize]); 4] =
        [("", &[2, 3]), (" of scalars", &[]), (" of one element", &[1, 1]), (" of no elements", &[0, 2])];
    let row = |(what, shape): (&str, &[usize])| {
        let inputs: Vec<Input> = draws.iter().map(|draw| Input { draw: draw.clone(), ..real(shape) }).collect();
        case(format!("{name}{what}"), inputs, shape, build).gives(value)
    };
    shapes.into_iter().map(row).collect()
}

fn unary() -> Vec<Case> {
    let positive = Draw::Uniform { low: 0.1, high: 4.0 };
    let rows: [(&str, Draw, Build, Formula); _] = [
        ("neg", Draw::Normal, |_, x| -x[0], |x| map(&x[0], |x| 0.0 - x)),
        ("exp", Draw::Normal, |_, x| x[0].exp(), |x| map(&x[0], |x| 1.0 / (-x).exp())),
        ("expm1", Draw::Normal, |_, x| x[0].expm1(), |x| map(&x[0], |x| 2.0 * (x / 2.0).exp() * (x / 2.0).sinh())),
        ("log", positive.clone(), |_, x| x[0].log(), |x| map(&x[0], |x| x.log2() * std::f64::consts::LN_2)),
        ("log1p", positive.clone(), |_, x| x[0].log1p(), |x| map(&x[0], |x| (1.0 + x).ln())),
        ("log2", positive.clone(), |_, x| x[0].log2(), |x| map(&x[0], |x| x.ln() / std::f64::consts::LN_2)),
        ("log10", positive.clone(), |_, x| x[0].log10(), |x| map(&x[0], |x| x.ln() / std::f64::consts::LN_10)),
        ("sqrt", positive.clone(), |_, x| x[0].sqrt(), |x| map(&x[0], |x| (0.5 * x.ln()).exp())),
        ("rsqrt", positive, |_, x| x[0].rsqrt(), |x| map(&x[0], |x| 1.0 / x.sqrt())),
        ("sin", Draw::Normal, |_, x| x[0].sin(), |x| map(&x[0], |x| 2.0 * (x / 2.0).sin() * (x / 2.0).cos())),
        ("cos", Draw::Normal, |_, x| x[0].cos(), |x| map(&x[0], |x| 1.0 - 2.0 * (x / 2.0).sin().powi(2))),
        ("atan", Draw::Normal, |_, x| x[0].atan(), |x| map(&x[0], |x| (x / (1.0 + x * x).sqrt()).asin())),
        ("tanh", Draw::Normal, |_, x| x[0].tanh(), |x| map(&x[0], |x| x.sinh() / x.cosh())),
        ("sigmoid", Draw::Normal, |_, x| x[0].sigmoid(), |x| map(&x[0], |x| 1.0 / (1.0 + (-x).exp()))),
        ("softplus", Draw::Normal, |_, x| x[0].softplus(), |x| map(&x[0], |x| (1.0 + x.exp()).ln())),
        ("erf", Draw::Normal, |_, x| x[0].erf(), |x| map(&x[0], erf)),
        ("abs", Draw::Normal, |_, x| x[0].abs(), |x| map(&x[0], |x| (x * x).sqrt())),
        ("sign", Draw::Normal, |_, x| x[0].sign(), |x| map(&x[0], |x| if x > 0.0 { 1.0 } else { -1.0 })),
        ("floor", Draw::Normal, |_, x| x[0].floor(), |x| map(&x[0], |x| x - x.rem_euclid(1.0))),
        ("round", Draw::Normal, |_, x| x[0].round(), |x| map(&x[0], |x| (x + 0.5) - (x + 0.5).rem_euclid(1.0))),
        ("relu", Draw::Normal, |_, x| x[0].relu(), |x| map(&x[0], |x| if x > 0.0 { x } else { 0.0 })),
        ("stop_gradient", Draw::Normal, |_, x| x[0].stop_gradient(), |x| map(&x[0], |x| x)),
        ("stop_gradient beside x", Draw::Normal, |_, x| x[0].stop_gradient() * x[0], |x| map(&x[0], |x| x * x)),
    ];
    rows.into_iter().flat_map(|(name, draw, build, value)| over_shapes(name, &[draw], build, value)).collect()
}

/// 2/√π e^(−x²) Σₙ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n + 1)), Abramowitz and Stegun 7.1.6: no two terms cancel.
fn erf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= 2.0 * x * x / (2 * n + 1) as f64;
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

fn binary() -> Vec<Case> {
    let (normal, positive) = (Draw::Normal, Draw::Uniform { low: 0.3, high: 2.0 });
    let rows: [(&str, [Draw; 2], Build, Formula); _] = [
        ("add", [normal.clone(), normal.clone()], |_, x| x[0] + x[1], |x| zip(x, |a, b| a - (-b))),
        ("sub", [normal.clone(), normal.clone()], |_, x| x[0] - x[1], |x| zip(x, |a, b| a + (-b))),
        ("mul", [normal.clone(), normal.clone()], |_, x| x[0] * x[1], |x| zip(x, |a, b| a / (1.0 / b))),
        ("div", [normal.clone(), positive.clone()], |_, x| x[0] / x[1], |x| zip(x, |a, b| a * b.powi(-1))),
        (
            "strong_mul",
            [normal.clone(), normal.clone()],
            |_, x| x[0].strong_mul(x[1]),
            |x| zip(x, |a, b| a / (1.0 / b)),
        ),
        (
            "strong_div",
            [normal.clone(), positive.clone()],
            |_, x| x[0].strong_div(x[1]),
            |x| zip(x, |a, b| a * b.powi(-1)),
        ),
        ("pow", [positive, normal.clone()], |_, x| x[0].pow(x[1]), |x| zip(x, |a, b| (b * a.ln()).exp())),
        (
            "max of two",
            [normal.clone(), normal.clone()],
            |_, x| x[0].max(x[1]),
            |x| zip(x, |a, b| (a + b + (a - b).abs()) / 2.0),
        ),
        (
            "min of two",
            [normal.clone(), normal],
            |_, x| x[0].min(x[1]),
            |x| zip(x, |a, b| (a + b - (a - b).abs()) / 2.0),
        ),
    ];
    rows.into_iter().flat_map(|(name, draws, build, value)| over_shapes(name, &draws, build, value)).collect()
}

/// NumPy's rule, and a value read twice.
fn broadcasting() -> Vec<Case> {
    vec![
        case("add of a vector to each row", [real([2, 3]), real([3])], [2, 3], |_, x| x[0] + x[1])
            .gives(|x| (0..6).map(|i| x[0].data()[i] + x[1].data()[i % 3]).collect()),
        case("mul of a column and a row", [real([2, 1]), real([3])], [2, 3], |_, x| x[0] * x[1])
            .gives(|x| (0..6).map(|i| x[0].data()[i / 3] * x[1].data()[i % 3]).collect()),
        case("sub of a scalar", [real([3]), real([])], [3], |_, x| x[0] - x[1])
            .gives(|x| x[0].data().iter().map(|a| a - x[1].item()).collect()),
        case("mul of a number", [real([3])], [3], |_, x| 2.5 * x[0])
            .gives(|x| x[0].data().iter().map(|a| a + a + a / 2.0).collect()),
        case("add of no elements and a scalar", [real([0, 3]), real([])], [0, 3], |_, x| x[0] + x[1]).gives(|_| vec![]),
        case("mul of a value with itself", [real([3])], [3], |_, x| x[0] * x[0]).gives(|x| map(&x[0], |x| x.powi(2))),
        case("sub of a value from itself", [real([3])], [3], |_, x| {
            let [x, again] = [x[0], x[0]];
            x - again
        })
        .gives(|_| vec![0.0; 3]),
        case("max of a value with itself", [real([3])], [3], |_, x| x[0].max(x[0])).gives(|x| map(&x[0], |x| x)),
    ]
}

/// ln Γ and its derivatives, computed with 60 digits.
fn gamma() -> Vec<Case> {
    let at = || fixed([6], &[0.3, 1.4616, 2.5, 10.0, -0.5, -7.75]);
    vec![
        case("lgamma", [at()], [6], |_, x| x[0].lgamma()).gives(|_| {
            vec![
                1.0957979948180756,
                -0.12148629003589733,
                0.2846828704729192,
                12.80182748008147,
                1.2655121234846454,
                -8.581847763551867,
            ]
        }),
        case("polygamma of order 0", [at()], [6], |_, x| x[0].digamma()).gives(|_| {
            vec![
                -3.502524222200133,
                -3.110625123034165e-5,
                0.7031566406452432,
                2.251752589066721,
                0.03648997397857652,
                -1.0307688328309315,
            ]
        }),
        case("polygamma of order 1", [at()], [6], |_, x| x[0].polygamma(1)).gives(|_| {
            vec![
                12.245364546107731,
                0.9677007114650836,
                0.4903577561002349,
                0.10516633568168575,
                8.93480220054468,
                19.61814433435229,
            ]
        }),
        case("polygamma of order 3", [at()], [6], |_, x| x[0].polygamma(3)).gives(|_| {
            vec![
                743.1417646550498,
                1.5511250508129752,
                0.22390584881725205,
                0.002319901304289868,
                193.40909103400244,
                1558.5419205916066,
            ]
        }),
        case("lgamma at poles", [fixed([3], &[0.0, -1.0, 1e-8])], [3], |_, x| x[0].lgamma())
            .gives(|_| vec![f64::INFINITY, f64::INFINITY, 18.42068073818021])
            .differentiable(0),
        case("polygamma of large values", [fixed([2], &[1e6, 1e-8])], [2], |_, x| x[0].polygamma(2) * 1e-10)
            .gives(|_| vec![-1.0000010000005e-22, -2e14])
            .differentiable(0),
    ]
}

fn powers() -> Vec<Case> {
    let zeros = || fixed([3], &[0.0, 1.5, -2.0]);
    vec![
        case("power 0", [zeros()], [3], |_, x| x[0].power(0.0)).gives(|_| vec![1.0; 3]),
        case("power 1", [zeros()], [3], |_, x| x[0].power(1.0)).gives(|x| map(&x[0], |x| x)),
        case("power 2", [zeros()], [3], |_, x| x[0].power(2.0)).gives(|x| map(&x[0], |x| x * x)),
        case("power 3", [zeros()], [3], |_, x| x[0].power(3.0)).gives(|x| map(&x[0], |x| x * x * x)),
        case("power -1", [fixed([3], &[0.2, 1.5, -2.0])], [3], |_, x| x[0].reciprocal())
            .gives(|x| map(&x[0], |x| 1.0 / x)),
        case("power -2", [between(0.5, 2.0, [2, 2])], [2, 2], |_, x| x[0].power(-2.0))
            .gives(|x| map(&x[0], |x| 1.0 / (x * x))),
        case("power ½", [between(0.5, 2.0, [3])], [3], |_, x| x[0].power(0.5)).gives(|x| map(&x[0], f64::sqrt)),
        case("power 2.5", [between(0.5, 2.0, [3])], [3], |_, x| x[0].power(2.5))
            .gives(|x| map(&x[0], |x| x * x * x.sqrt())),
        case("power 2 of no elements", [real([0])], [0], |_, x| x[0].power(2.0)).gives(|_| vec![]),
        case("pow with a number above", [between(0.5, 2.0, [3])], [3], |_, x| x[0].pow(3.0))
            .gives(|x| map(&x[0], |x| x * x * x)),
        case("pow with a number below", [real([3])], [3], |b, x| b.constant(2.0).pow(x[0]))
            .gives(|x| map(&x[0], f64::exp2)),
        // At b = 0 the contribution to a is 0, but not its derivative by b, 1/a.
        case("pow at exponent 0", [fixed([3], &[0.0, 0.5, 2.0])], [3], |_, x| (1.0 + x[0]).pow(x[0]))
            .gives(|x| map(&x[0], |x| (x * x.ln_1p()).exp())),
        // 0ᵇ is 0 for b > 0, and its derivatives are 0 by cases, not 0 · ln 0. The mixed second one has no left side.
        case("pow of 0", [fixed([2], &[0.0, 1.5]), fixed([2], &[3.0, 2.0])], [2], |_, x| x[0].pow(x[1]))
            .gives(|_| vec![0.0, 2.25])
            .differentiable(1),
    ]
}

/// 0 on the left is 0 at the end, whatever is on the right; beside it all goes its way.
fn strong_zeros() -> Vec<Case> {
    let left = || fixed([5], &[0.0, -0.0, 0.0, 0.0, 1.0]);
    let right = || fixed([5], &[f64::INFINITY, f64::NAN, f64::NEG_INFINITY, 0.0, f64::INFINITY]);
    vec![
        case("strong_mul of 0", [fixed([3], &[0.0, 1.0, -2.0]), real([3])], [3], |_, x| x[0].strong_mul(x[1]))
            .gives(|x| zip(x, |a, b| a * b)),
        case("strong_mul of 0 by no number", [left(), right()], [5], |_, x| x[0].strong_mul(x[1]))
            .gives(|_| vec![0.0, 0.0, 0.0, 0.0, f64::INFINITY])
            .differentiable(0),
        case("strong_div of 0", [fixed([3], &[0.0, 1.0, -2.0]), between(0.5, 2.0, [3])], [3], |_, x| {
            x[0].strong_div(x[1])
        })
        .gives(|x| zip(x, |a, b| a / b)),
        case("strong_div of 0 by no number", [left(), right()], [5], |_, x| x[0].strong_div(x[1]))
            .gives(|_| vec![0.0; 5])
            .differentiable(0),
    ]
}

/// The value lies at the kink itself; the subgradient must lie between the slopes of the two sides.
fn kinks() -> Vec<Case> {
    vec![
        case("floor at whole numbers", [fixed([4], &[-1.0, 2.0, -0.5, 1.9])], [4], |_, x| x[0].floor())
            .gives(|_| vec![-1.0, 2.0, -1.0, 1.0])
            .differentiable(0),
        case("round half way", [fixed([5], &[0.5, 1.5, -2.5, 2.4, -0.6])], [5], |_, x| x[0].round())
            .gives(|_| vec![0.0, 2.0, -2.0, 2.0, -1.0])
            .differentiable(0),
        case("abs at 0", [fixed([3], &[0.0, -1.0, 2.0])], [3], |_, x| x[0].abs()).gives(|_| vec![0.0, 1.0, 2.0]),
        case("sign at 0", [fixed([3], &[0.0, -1.0, 2.0])], [3], |_, x| x[0].sign()).gives(|_| vec![0.0, -1.0, 1.0]),
        case("relu at 0", [fixed([3], &[0.0, -1.0, 2.0])], [3], |_, x| x[0].relu()).gives(|_| vec![0.0, 0.0, 2.0]),
        case("relu of a relu", [real([4])], [4], |_, x| x[0].relu().relu()).gives(|x| map(&x[0], |x| x.max(0.0))),
        case("max of two that tie", [fixed([2], &[1.0, 2.0]), fixed([2], &[1.0, 3.0])], [2], |_, x| x[0].max(x[1]))
            .gives(|_| vec![1.0, 3.0]),
        case("min of two that tie", [fixed([2], &[1.0, 2.0]), fixed([2], &[1.0, 3.0])], [2], |_, x| x[0].min(x[1]))
            .gives(|_| vec![1.0, 2.0]),
    ]
}

/// Values at which the textbook formula overflows, or loses its digits.
fn extremes() -> Vec<Case> {
    let large = || fixed([3], &[-800.0, 0.0, 800.0]);
    let tiny = || fixed([2], &[1e-17, -1e-17]);
    let nan = || fixed([2], &[f64::NAN, 1.0]);
    vec![
        case("exp far below 0", [fixed([2], &[-800.0, -700.0])], [2], |_, x| x[0].exp())
            .gives(|_| vec![0.0, 9.85967654375977e-305]),
        case("log2 and log10 of whole powers", [fixed([2], &[8.0, 1000.0])], [2], |_, x| {
            x[0].log2().floor() + x[0].log10().floor()
        })
        .gives(|_| vec![3.0, 12.0])
        .differentiable(0),
        case("expm1 of tiny values", [tiny()], [2], |_, x| x[0].expm1()).gives(|x| map(&x[0], |x| x)),
        case("log1p of tiny values", [tiny()], [2], |_, x| x[0].log1p()).gives(|x| map(&x[0], |x| x)),
        case("tanh of large values", [large()], [3], |_, x| x[0].tanh()).gives(|_| vec![-1.0, 0.0, 1.0]),
        case("sigmoid of large values", [large()], [3], |_, x| x[0].sigmoid()).gives(|_| vec![0.0, 0.5, 1.0]),
        case("sigmoid far below 0", [fixed([1], &[-40.0])], [1], |_, x| x[0].sigmoid())
            .gives(|_| vec![4.248354255291589e-18]),
        case("softplus of large values", [large()], [3], |_, x| x[0].softplus())
            .gives(|_| vec![0.0, std::f64::consts::LN_2, 800.0]),
        case("erf of large values", [fixed([3], &[-30.0, 0.0, 30.0])], [3], |_, x| x[0].erf())
            .gives(|_| vec![-1.0, 0.0, 1.0]),
        case("max of two passes NaN on", [nan(), real([2])], [2], |_, x| x[1].max(x[0]) * 0.0)
            .gives(|_| vec![f64::NAN, 0.0])
            .differentiable(0),
        case("min of two passes NaN on", [nan(), real([2])], [2], |_, x| x[0].min(x[1]) * 0.0)
            .gives(|_| vec![f64::NAN, 0.0])
            .differentiable(0),
        case("relu passes NaN on", [nan()], [2], |_, x| x[0].relu()).gives(|_| vec![f64::NAN, 1.0]).differentiable(0),
    ]
}

/// Two inputs of integers.
fn pair_of_integers() -> [Input; 2] {
    [integers([3], &[3.0, 0.0, 4.0]), integers([3], &[1.0, 0.0, 7.0])]
}

fn integer_rows() -> Vec<Case> {
    let int = || integers([3], &[3.0, 0.0, 4.0]);
    vec![
        case("neg of integers", [int()], [3], |_, x| -x[0]).of_kind(Kind::Int).gives(|_| vec![-3.0, 0.0, -4.0]),
        case("abs of integers", [int()], [3], |_, x| (-x[0]).abs()).of_kind(Kind::Int).gives(|_| vec![3.0, 0.0, 4.0]),
        case("sign of integers", [int()], [3], |_, x| x[0].sign()).of_kind(Kind::Int).gives(|_| vec![1.0, 0.0, 1.0]),
        case("add of integers", pair_of_integers(), [3], |_, x| x[0] + x[1])
            .of_kind(Kind::Int)
            .gives(|_| vec![4.0, 0.0, 11.0]),
        case("sub of integers", pair_of_integers(), [3], |_, x| x[0] - x[1])
            .of_kind(Kind::Int)
            .gives(|_| vec![2.0, 0.0, -3.0]),
        case("mul of integers", pair_of_integers(), [3], |_, x| x[0] * x[1])
            .of_kind(Kind::Int)
            .gives(|_| vec![3.0, 0.0, 28.0]),
        case("max of two integers", pair_of_integers(), [3], |_, x| x[0].max(x[1]))
            .of_kind(Kind::Int)
            .gives(|_| vec![3.0, 0.0, 7.0]),
        case("min of two integers", pair_of_integers(), [3], |_, x| x[0].min(x[1]))
            .of_kind(Kind::Int)
            .gives(|_| vec![1.0, 0.0, 4.0]),
        case("to_real", [below(5, [2, 3])], [2, 3], |_, x| x[0].to_real()).gives(|x| map(&x[0], |x| x)),
        case("to_real of truth values", [real([3])], [3], |_, x| x[0].less(0.0).to_real())
            .gives(|x| map(&x[0], |x| if x < 0.0 { 1.0 } else { 0.0 })),
        case("to_real beside a real", [below(5, [3]), real([3])], [3], |_, x| x[0] * x[1])
            .gives(|x| zip(x, |a, b| a * b)),
    ]
}

fn comparisons() -> Vec<Case> {
    let reals = || [fixed([3], &[1.0, 2.0, -0.0]), fixed([3], &[1.0, 3.0, 0.0])];
    vec![
        case("less", reals(), [3], |_, x| x[0].less(x[1])).of_kind(Kind::Bool).gives(|_| vec![0.0, 1.0, 0.0]),
        case("less_equal", reals(), [3], |_, x| x[0].less_equal(x[1]))
            .of_kind(Kind::Bool)
            .gives(|_| vec![1.0, 1.0, 1.0]),
        case("equal", reals(), [3], |_, x| x[0].equal(x[1])).of_kind(Kind::Bool).gives(|_| vec![1.0, 0.0, 1.0]),
        case("not_equal", reals(), [3], |_, x| x[0].not_equal(x[1])).of_kind(Kind::Bool).gives(|_| vec![0.0, 1.0, 0.0]),
        case("less the other way round", reals(), [3], |_, x| x[0].greater(x[1]))
            .of_kind(Kind::Bool)
            .gives(|_| vec![0.0, 0.0, 0.0]),
        case("less_equal the other way round", reals(), [3], |_, x| x[0].greater_equal(x[1]))
            .of_kind(Kind::Bool)
            .gives(|_| vec![1.0, 0.0, 1.0]),
        case("less of integers", pair_of_integers(), [3], |_, x| x[0].less(x[1]))
            .of_kind(Kind::Bool)
            .gives(|_| vec![0.0, 0.0, 1.0]),
        case("equal of integers", pair_of_integers(), [3], |_, x| x[0].equal(x[1]))
            .of_kind(Kind::Bool)
            .gives(|_| vec![0.0, 1.0, 0.0]),
        case("equal of truth values", [real([4]), real([4])], [4], |_, x| x[0].less(0.0).equal(x[1].less(0.0)))
            .of_kind(Kind::Bool)
            .gives(|x| zip(x, |a, b| if a * b > 0.0 { 1.0 } else { 0.0 })),
        case("equal with a NaN", [fixed([2], &[f64::NAN, 1.0])], [2], |_, x| x[0].equal(x[0]))
            .of_kind(Kind::Bool)
            .gives(|_| vec![0.0, 1.0]),
        case("less of no elements", [real([0]), real([0])], [0], |_, x| x[0].less(x[1]))
            .of_kind(Kind::Bool)
            .gives(|_| vec![]),
    ]
}

fn selections() -> Vec<Case> {
    vec![
        case("where", [real([2, 3]), real([2, 3])], [2, 3], |_, x| x[0].less(x[1]).select(x[0], x[1].sin()))
            .gives(|x| zip(x, |a, b| if a < b { a } else { b.sin() })),
        case("where with a number", [real([4])], [4], |_, x| x[0].less(0.0).select(0.0, x[0]))
            .gives(|x| map(&x[0], |x| x.max(0.0))),
        case("where of one condition", [real([]), real([3]), real([3])], [3], |_, x| x[0].less(0.0).select(x[1], x[2]))
            .gives(|x| if x[0].item() < 0.0 { x[1].data().to_vec() } else { x[2].data().to_vec() }),
        case("where of integers", [real([3]), below(4, [3])], [3], |_, x| x[0].less(0.0).select(x[1], 9.0))
            .of_kind(Kind::Int)
            .gives(|x| zip(x, |a, b| if a < 0.0 { b } else { 9.0 })),
        case("where of no elements", [real([0])], [0], |_, x| x[0].less(0.0).select(x[0], 1.0)).gives(|_| vec![]),
        // The log of a negative number is not selected, and harms neither value nor derivative.
        case("where guards a logarithm", [real([6])], [6], |_, x| x[0].greater(0.1).select(x[0].log(), x[0]))
            .gives(|x| map(&x[0], |x| if x > 0.1 { x.ln() } else { x })),
    ]
}
