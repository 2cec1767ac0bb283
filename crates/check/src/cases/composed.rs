//! Rows of the functions that are made of ops: activations, elementary functions, statistics, losses. Values are by other
//! formulas than those of the builder; the numbers were computed with 50 digits.

use chainrule_graph::{CrossEntropy, Kind, Tensor};

use super::{Build, Case, Formula, Input, below, between, case, fixed, integers, real};
use crate::draw::Draw;

pub(super) fn cases() -> Vec<Case> {
    let families =
        [activations(), kinks(), elementary(), extremes(), statistics(), arrays(), losses(), cross_entropies()];
    families.into_iter().flatten().collect()
}

fn map(x: &Tensor, f: impl Fn(f64) -> f64) -> Vec<f64> {
    x.data().iter().copied().map(f).collect()
}

fn zip(x: &[Tensor], f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    x[0].data().iter().zip(x[1].data()).map(|(&a, &b)| f(a, b)).collect()
}

fn logistic(x: f64) -> f64 {
    0.5 + 0.5 * (0.5 * x).tanh()
}

fn activations() -> Vec<Case> {
    let rows: [(&str, Build, Formula); _] = [
        ("leaky_relu", |_, x| x[0].leaky_relu(0.01), |x| map(&x[0], |x| x.max(0.01 * x))),
        ("elu", |_, x| x[0].elu(1.5), |x| map(&x[0], |x| if x > 0.0 { x } else { 1.5 * (x.exp() - 1.0) })),
        (
            "selu",
            |_, x| x[0].selu(),
            |x| {
                let below = |x: f64| 1.758_099_340_847_376_8 * (x.exp() - 1.0);
                map(&x[0], |x| if x > 0.0 { 1.050_700_987_355_480_5 * x } else { below(x) })
            },
        ),
        ("silu", |_, x| x[0].silu(), |x| map(&x[0], |x| x * logistic(x))),
        (
            "mish",
            |_, x| x[0].mish(),
            |x| {
                map(&x[0], |x| {
                    let square = (1.0 + x.exp()).powi(2);
                    x * (square - 1.0) / (square + 1.0)
                })
            },
        ),
        ("hard_sigmoid", |_, x| x[0].hard_sigmoid(), |x| map(&x[0], |x| ((x + 3.0) / 6.0).clamp(0.0, 1.0))),
        ("hard_swish", |_, x| x[0].hard_swish(), |x| map(&x[0], |x| x * ((x + 3.0) / 6.0).clamp(0.0, 1.0))),
        ("clip", |_, x| x[0].clip(-0.5, 0.8), |x| map(&x[0], |x| x.clamp(-0.5, 0.8))),
    ];
    let row = |&(name, build, value): &(&str, Build, Formula)| {
        let drawn = Case { any_shape: true, ..case(name, [real([2, 3])], [2, 3], build).gives(value) };
        [drawn, case(format!("{name} of a scalar"), [real([])], [], build).gives(value)]
    };
    let at = || fixed([3], &[-1.5, 0.3, 2.0]);
    let known = [
        case("gelu", [at()], [3], |_, x| x[0].gelu())
            .gives(|_| vec![-0.1002108019032871, 0.1853734266566858, 1.9544997361036416]),
        case("gelu_tanh", [at()], [3], |_, x| x[0].gelu_tanh())
            .gives(|_| vec![-0.10042842301976708, 0.18537092354275925, 1.954597694087775]),
        case("mish of known values", [at()], [3], |_, x| x[0].mish())
            .gives(|_| vec![-0.29809974216680676, 0.20800137234811503, 1.9439589595339945]),
    ];
    rows.iter().flat_map(row).chain(known).collect()
}

fn kinks() -> Vec<Case> {
    let zeros = || fixed([3], &[0.0, -1.0, 2.0]);
    vec![
        case("leaky_relu at 0", [zeros()], [3], |_, x| x[0].leaky_relu(0.5)).gives(|_| vec![0.0, -0.5, 2.0]),
        case("elu at 0", [zeros()], [3], |_, x| x[0].elu(0.5))
            .gives(|x| map(&x[0], |x| if x > 0.0 { x } else { 0.5 * x.exp_m1() })),
        case("clip at its ends", [fixed([3], &[0.0, 1.0, 0.5])], [3], |_, x| x[0].clip(0.0, 1.0))
            .gives(|x| map(&x[0], |x| x)),
        case("hard_sigmoid at its ends", [fixed([2], &[-3.0, 3.0])], [2], |_, x| x[0].hard_sigmoid())
            .gives(|_| vec![0.0, 1.0]),
        case("norm at 0", [fixed([2, 2], &[0.0, 0.0, 3.0, 4.0])], [2], |_, x| x[0].norm_axes(&[1]))
            .gives(|_| vec![0.0, 5.0]),
        case("std of equal elements", [fixed([3], &[2.0, 2.0, 2.0])], [], |_, x| x[0].std())
            .gives(|_| vec![0.0])
            .differentiable(0),
        case("huber at its width", [fixed([4], &[1.0, -1.0, 0.0, 3.0])], [4], |b, x| b.huber(x[0], 0.0, 1.0))
            .gives(|_| vec![0.5, 0.5, 0.0, 2.5]),
        case("hinge at its margin", [fixed([2], &[1.0, 0.5])], [2], |b, x| b.hinge(x[0], 1.0))
            .gives(|_| vec![0.0, 0.5]),
        case("prod with a zero", [fixed([4], &[2.0, 0.0, 3.0, 4.0])], [], |_, x| x[0].prod()).gives(|_| vec![0.0]),
        case("prod with two zeros", [fixed([5], &[2.0, 0.0, 3.0, 0.0, 4.0])], [], |_, x| x[0].prod())
            .gives(|_| vec![0.0]),
    ]
}

fn elementary() -> Vec<Case> {
    let rows: [(&str, Draw, Build, Formula); _] = [
        ("tan", Draw::Uniform { low: -1.2, high: 1.2 }, |_, x| x[0].tan(), |x| map(&x[0], f64::tan)),
        ("sinh", Draw::Normal, |_, x| x[0].sinh(), |x| map(&x[0], f64::sinh)),
        ("cosh", Draw::Normal, |_, x| x[0].cosh(), |x| map(&x[0], f64::cosh)),
    ];
    let row = |(name, draw, build, value): (&str, Draw, Build, Formula)| Case {
        any_shape: true,
        ..case(name, [Input { draw, ..real([2, 3]) }], [2, 3], build).gives(value)
    };
    rows.into_iter().map(row).collect()
}

/// Values at which the textbook formula overflows, or loses its digits.
fn extremes() -> Vec<Case> {
    let nan = || fixed([2], &[f64::NAN, 1.0]);
    vec![
        case("sinh of tiny values", [fixed([2], &[1e-10, -1e-200])], [2], |_, x| x[0].sinh())
            .gives(|x| map(&x[0], |x| x)),
        case("sinh of large values", [fixed([2], &[710.4, -710.4])], [2], |_, x| x[0].sinh() / 1e300)
            .gives(|_| vec![1.6663642832806875e8, -1.6663642832806875e8])
            .differentiable(0),
        case("cosh of large values", [fixed([2], &[710.4, -710.4])], [2], |_, x| x[0].cosh() / 1e300)
            .gives(|_| vec![1.6663642832806875e8, 1.6663642832806875e8])
            .differentiable(0),
        case("elu of large values", [fixed([2], &[800.0, -800.0])], [2], |_, x| x[0].elu(1.0))
            .gives(|_| vec![800.0, -1.0]),
        case("mish of large values", [fixed([3], &[800.0, -30.0, -800.0])], [3], |_, x| x[0].mish())
            .gives(|_| vec![800.0, -2.807286890651921e-12, 0.0]),
        case("gelu of large values", [fixed([2], &[30.0, -30.0])], [2], |_, x| x[0].gelu()).gives(|_| vec![30.0, 0.0]),
        case("norm passes NaN on", [nan()], [], |_, x| x[0].norm()).gives(|_| vec![f64::NAN]).differentiable(0),
        case("std passes NaN on", [nan()], [], |_, x| x[0].std()).gives(|_| vec![f64::NAN]).differentiable(0),
        case("clip passes NaN on", [nan()], [2], |_, x| x[0].clip(0.0, 0.5))
            .gives(|_| vec![f64::NAN, 0.5])
            .differentiable(0),
        case("binary_cross_entropy of sure logits", [fixed([3], &[40.0, -40.0, 800.0])], [3], |b, x| {
            b.binary_cross_entropy(x[0], b.constant(Tensor::vector([1.0, 0.0, 0.0])))
        })
        .gives(|_| vec![4.248354255291589e-18, 4.248354255291589e-18, 800.0]),
        case("cross_entropy of sure logits", [fixed([3], &[800.0, 0.0, -800.0])], [], |b, x| {
            b.cross_entropy(x[0], b.constant_of(Tensor::scalar(2.0), Kind::Int), CrossEntropy::default())
        })
        .gives(|_| vec![1600.0]),
    ]
}

fn statistics() -> Vec<Case> {
    fn rows_of(x: &Tensor) -> impl Iterator<Item = &[f64]> {
        x.data().chunks(3)
    }
    fn variance(x: &[f64]) -> f64 {
        let n = x.len() as f64;
        // Σᵢ Σⱼ (xᵢ − xⱼ)² = 2 n² var
        x.iter().flat_map(|a| x.iter().map(move |b| (a - b).powi(2))).sum::<f64>() / (2.0 * n * n)
    }
    let x = || [real([2, 3])];
    vec![
        case("prod", x(), [], |_, x| x[0].prod()).gives(|x| vec![x[0].data().iter().product()]),
        case("prod along rows", x(), [2], |_, x| x[0].prod_axes(&[1]))
            .gives(|x| rows_of(&x[0]).map(|row| row.iter().product()).collect()),
        case("prod along columns", x(), [3], |_, x| x[0].prod_axes(&[0]))
            .gives(|x| (0..3).map(|j| x[0].data()[j] * x[0].data()[3 + j]).collect()),
        case("prod over two axes", [real([2, 3, 2])], [3], |_, x| x[0].prod_axes(&[2, 0])).gives(|x| {
            let at = |i: usize, j: usize, k: usize| x[0].data()[6 * i + 2 * j + k];
            (0..3).map(|j| at(0, j, 0) * at(0, j, 1) * at(1, j, 0) * at(1, j, 1)).collect()
        }),
        case("prod of a scalar", [real([])], [], |_, x| x[0].prod()).gives(|x| x[0].data().to_vec()),
        case("prod of no elements", [real([2, 0])], [2], |_, x| x[0].prod_axes(&[1])).gives(|_| vec![1.0, 1.0]),
        case("prod of integers", [integers([3], &[2.0, 3.0, 7.0])], [], |_, x| x[0].prod())
            .of_kind(Kind::Int)
            .gives(|_| vec![42.0]),
        case("norm", x(), [], |_, x| x[0].norm())
            .gives(|x| vec![x[0].data().iter().fold(0.0, |a: f64, &b| a.hypot(b))]),
        case("norm along columns", x(), [3], |_, x| x[0].norm_axes(&[0]))
            .gives(|x| (0..3).map(|j| x[0].data()[j].hypot(x[0].data()[3 + j])).collect()),
        case("norm of a scalar", [real([])], [], |_, x| x[0].norm()).gives(|x| map(&x[0], f64::abs)),
        case("var", x(), [], |_, x| x[0].variance()).gives(|x| vec![variance(x[0].data())]),
        case("var along rows", x(), [2], |_, x| x[0].variance_axes(&[1]))
            .gives(|x| rows_of(&x[0]).map(variance).collect()),
        case("std", x(), [], |_, x| x[0].std()).gives(|x| vec![variance(x[0].data()).sqrt()]),
        case("std along rows", x(), [2], |_, x| x[0].std_axes(&[1]))
            .gives(|x| rows_of(&x[0]).map(|row| variance(row).sqrt()).collect())
            .differentiable(0),
        case("normalize", x(), [2, 3], |_, x| x[0].normalize(&[1], 0.1)).gives(|x| {
            let normal = |row: &[f64]| {
                let (mean, scale) = (row.iter().sum::<f64>() / 3.0, (variance(row) + 0.1).sqrt());
                row.iter().map(|x| (x - mean) / scale).collect::<Vec<_>>()
            };
            rows_of(&x[0]).flat_map(normal).collect()
        }),
        case("log_softmax", x(), [2, 3], |_, x| x[0].log_softmax(1)).gives(|x| {
            let log = |row: &[f64]| {
                let total: f64 = row.iter().map(|x| x.exp()).sum();
                row.iter().map(|x| (x.exp() / total).ln()).collect::<Vec<_>>()
            };
            rows_of(&x[0]).flat_map(log).collect()
        }),
    ]
}

fn arrays() -> Vec<Case> {
    vec![
        case("one_hot", [integers([2, 2], &[2.0, 0.0, 1.0, 3.0])], [2, 2, 3], |_, x| x[0].one_hot(3))
            .gives(|_| vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]),
        case("sort along rows", [real([2, 5])], [2, 5], |_, x| x[0].sort(1)).gives(|x| {
            let sorted = |row: &[f64]| {
                let mut row = row.to_vec();
                row.sort_by(f64::total_cmp);
                row
            };
            x[0].data().chunks(5).flat_map(sorted).collect()
        }),
        case("sort along columns", [real([2, 3])], [2, 3], |_, x| x[0].sort(0)).gives(|x| {
            let (first, second) = x[0].data().split_at(3);
            let pairs = || first.iter().zip(second);
            pairs().map(|(a, b)| a.min(*b)).chain(pairs().map(|(a, b)| a.max(*b))).collect()
        }),
        case("one_hot of a scalar", [below(3, [])], [3], |_, x| x[0].one_hot(3))
            .gives(|x| (0..3).map(|i| if x[0].item() == f64::from(i) { 1.0 } else { 0.0 }).collect()),
        case("zeros beside a value", [real([2])], [2], |b, x| x[0] + b.zeros([2])).gives(|x| map(&x[0], |x| x)),
        case("ones beside a value", [real([2])], [2], |b, x| x[0] * b.ones([2])).gives(|x| map(&x[0], |x| x)),
    ]
}

fn losses() -> Vec<Case> {
    let pair = || [real([2, 3]), real([2, 3])];
    let shares = || between(0.1, 1.0, [2, 3]);
    vec![
        case("huber", pair(), [2, 3], |b, x| b.huber(x[0], x[1], 0.7)).gives(|x| {
            zip(x, |p, y| if (p - y).abs() <= 0.7 { (p - y).powi(2) / 2.0 } else { 0.7 * ((p - y).abs() - 0.35) })
        }),
        case("hinge", [real([3]), below(2, [3])], [3], |b, x| b.hinge(x[0], x[1]))
            .gives(|x| zip(x, |score, y| (1.0 - if y == 1.0 { score } else { -score }).max(0.0))),
        case("binary_cross_entropy", [real([3]), below(2, [3])], [3], |b, x| b.binary_cross_entropy(x[0], x[1]))
            .gives(|x| zip(x, |z, y| -(if y == 1.0 { logistic(z) } else { logistic(-z) }).ln())),
        case("binary_cross_entropy of shares", [real([2, 3]), between(0.0, 1.0, [2, 3])], [2, 3], |b, x| {
            b.binary_cross_entropy(x[0], x[1])
        })
        .gives(|x| zip(x, |z, y| -y * logistic(z).ln() - (1.0 - y) * logistic(-z).ln())),
        case("kl_divergence", [shares(), shares()], [2], |b, x| b.kl_divergence(x[0], x[1])).gives(|x| {
            let terms = zip(x, |p, q| p * (p / q).ln());
            terms.chunks(3).map(|row| row.iter().sum()).collect()
        }),
        case("kl_divergence with zeros", [fixed([3], &[0.25, 0.0, 0.75])], [], |b, x| {
            b.kl_divergence(b.constant(Tensor::vector([0.0, 0.0, 1.0])), x[0])
        })
        .gives(|_| vec![(1.0f64 / 0.75).ln()]),
        case("kl_divergence to a softmax", [fixed([3], &[0.0, 900.0, -900.0])], [], |b, x| {
            b.kl_divergence(b.constant(Tensor::vector([0.0, 0.5, 0.5])), x[0].softmax(0))
        })
        .gives(|_| vec![900.0 - std::f64::consts::LN_2]),
    ]
}

fn cross_entropies() -> Vec<Case> {
    fn terms(x: &[Tensor]) -> Vec<f64> {
        let term = |(row, y): (&[f64], &f64)| row.iter().map(|z| (z - row[*y as usize]).exp()).sum::<f64>().ln();
        x[0].data().chunks(3).zip(x[1].data()).map(term).collect()
    }
    let inputs = || [real([2, 3]), below(3, [2])];
    vec![
        case("cross_entropy", inputs(), [], |b, x| b.cross_entropy(x[0], x[1], CrossEntropy::default()))
            .gives(|x| vec![terms(x).iter().sum::<f64>() / 2.0]),
        case("cross_entropy of one example", [real([3]), below(3, [])], [], |b, x| {
            b.cross_entropy(x[0], x[1], CrossEntropy::default())
        })
        .gives(terms),
        case("cross_entropy with smoothing", inputs(), [], |b, x| {
            b.cross_entropy(x[0], x[1], CrossEntropy { smoothing: 0.3, ..CrossEntropy::default() })
        })
        .gives(|x| {
            let of_class = |class: f64| terms(&[x[0].clone(), Tensor::filled([2], class)]).iter().sum::<f64>() / 2.0;
            vec![0.7 * terms(x).iter().sum::<f64>() / 2.0 + 0.1 * (of_class(0.0) + of_class(1.0) + of_class(2.0))]
        }),
        case("cross_entropy with weights", inputs(), [], |b, x| {
            let weights = Some(b.constant(Tensor::vector([0.5, 2.0, 3.0])));
            b.cross_entropy(x[0], x[1], CrossEntropy { weights, ..CrossEntropy::default() })
        })
        .gives(|x| {
            let weight = |y: f64| [0.5, 2.0, 3.0][y as usize];
            vec![terms(x).iter().zip(x[1].data()).map(|(term, &y)| weight(y) * term).sum::<f64>() / 2.0]
        }),
        case("cross_entropy with classes left out", [real([3, 3]), integers([3], &[-1.0, 2.0, 1.0])], [], |b, x| {
            b.cross_entropy(x[0], x[1], CrossEntropy { ignore: Some(-1), ..CrossEntropy::default() })
        })
        .gives(|x| {
            let kept = Tensor::new([2, 3], x[0].data()[3..].to_vec()).expect("two rows of three");
            vec![terms(&[kept, Tensor::vector([2.0, 1.0])]).iter().sum::<f64>() / 2.0]
        }),
        case("cross_entropy with all left out", [real([2, 3]), integers([2], &[-1.0, -1.0])], [], |b, x| {
            b.cross_entropy(x[0], x[1], CrossEntropy { ignore: Some(-1), ..CrossEntropy::default() })
        })
        .gives(|_| vec![0.0]),
    ]
}
