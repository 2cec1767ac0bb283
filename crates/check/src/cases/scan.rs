//! Rows of loops, each with its value by a loop in Rust.

use chainrule_graph::{Builder, Kind, Steps, Tensor, Var};

use super::{Case, below, case, real};

pub(super) fn cases() -> Vec<Case> {
    [plain(), directions(), what_is_ignored(), several(), kinds(), nested()].into_iter().flatten().collect()
}

/// h ↦ tanh(W h + x) for h and x of two elements, over the rows of xs; all states.
fn states(start: &[f64], xs: &[f64], w: &[f64], reverse: bool) -> Vec<f64> {
    let length = xs.len() / 2;
    let mut h = [start[0], start[1]];
    let mut states = vec![0.0; xs.len()];
    for step in 0..length {
        let at = 2 * if reverse { length - 1 - step } else { step };
        let next = |i: usize| (w[2 * i] * h[0] + w[2 * i + 1] * h[1] + xs[at + i]).tanh();
        h = [next(0), next(1)];
        states[at..at + 2].copy_from_slice(&h);
    }
    states
}

fn plain() -> Vec<Case> {
    let over = |name: &str, length: usize| {
        case(name, [real([2]), real([length, 2]), real([2, 2])], [length, 2], |b, x| {
            b.scan(&[x[0]], &[x[1]], |h, element| vec![(x[2].matvec(h[0]) + element[0]).tanh()])[0]
        })
        .gives(|x| states(x[0].data(), x[1].data(), x[2].data(), false))
    };
    vec![
        over("scan over three steps", 3),
        over("scan over one step", 1),
        over("scan over no step", 0),
        over("scan over seven steps", 7),
        case("scan of a running sum", [real([]), real([4])], [4], |b, x| {
            b.scan(&[x[0]], &[x[1]], |sum, x| vec![sum[0] + x[0]])[0]
        })
        .gives(|x| {
            let sum = x[1].data().iter().scan(x[0].item(), |sum, x| {
                *sum += x;
                Some(*sum)
            });
            sum.collect()
        }),
        case("scan of a geometric series", [real([]), real([])], [5], |b, x| {
            let steps = Steps { length: Some(5), ..Steps::default() };
            b.scan_by(steps, &[x[0]], &[], |y, _| vec![y[0] * x[1]])[0]
        })
        .gives(|x| (1..6).map(|n| x[0].item() * x[1].item().powi(n)).collect()),
    ]
}

fn directions() -> Vec<Case> {
    vec![
        case("scan backwards", [real([2]), real([3, 2]), real([2, 2])], [3, 2], |b, x| {
            let steps = Steps { reverse: true, ..Steps::default() };
            b.scan_by(steps, &[x[0]], &[x[1]], |h, element| vec![(x[2].matvec(h[0]) + element[0]).tanh()])[0]
        })
        .gives(|x| states(x[0].data(), x[1].data(), x[2].data(), true)),
        case("scan: the last of the states", [real([2]), real([3, 2]), real([2, 2])], [2], |b, x| {
            b.scan(&[x[0]], &[x[1]], |h, element| vec![(x[2].matvec(h[0]) + element[0]).tanh()])[0].last()
        })
        .gives(|x| states(x[0].data(), x[1].data(), x[2].data(), false)[4..].to_vec()),
        case("scan: there and back with the same matrix", [real([2]), real([3, 2]), real([2, 2])], [3, 2], |b, x| {
            let there = b.scan(&[x[0]], &[x[1]], |h, element| vec![(x[2].matvec(h[0]) + element[0]).tanh()])[0];
            let steps = Steps { reverse: true, ..Steps::default() };
            b.scan_by(steps, &[x[0]], &[there], |h, element| vec![(x[2].matvec(h[0]) + element[0]).tanh()])[0]
        })
        .gives(|x| {
            let there = states(x[0].data(), x[1].data(), x[2].data(), false);
            states(x[0].data(), &there, x[2].data(), true)
        }),
    ]
}

fn what_is_ignored() -> Vec<Case> {
    let inputs = || [real([2]), real([3, 2])];
    vec![
        case("scan that ignores its carry", inputs(), [3, 2], |b, x| {
            b.scan(&[x[0]], &[x[1]], |_, x| vec![x[0].sin()])[0]
        })
        .gives(|x| x[1].data().iter().map(|x| x.sin()).collect()),
        case("scan that ignores its sequence", inputs(), [3, 2], |b, x| {
            b.scan(&[x[0]], &[x[1]], |h, _| vec![h[0].sin()])[0]
        })
        .gives(|x| (0..6).map(|i| (0..=i / 2).fold(x[0].data()[i % 2], |h, _| h.sin())).collect()),
        case("scan that ignores both", inputs(), [3, 2], |b, x| {
            b.scan(&[x[0]], &[x[1]], |_, _| vec![b.constant(Tensor::vector([1.5, -2.0]))])[0]
        })
        .gives(|_| [1.5, -2.0].repeat(3)),
        case("scan of a carry that stays", inputs(), [3, 2], |b, x| {
            b.scan(&[x[0]], &[x[1]], |h, x| vec![h[0], h[0] * x[0]])[1]
        })
        .gives(|x| (0..6).map(|i| x[0].data()[i % 2] * x[1].data()[i]).collect()),
        case("scan of a carry that stays, stacked", inputs(), [3, 2], |b, x| {
            b.scan(&[x[0]], &[x[1]], |h, _| vec![h[0]])[0]
        })
        .gives(|x| x[0].data().repeat(3)),
        case("scan without a carry", [real([3, 2]), real([2])], [3], |b, x| {
            b.scan(&[], &[x[0]], |_, element| vec![element[0].dot(x[1])])[0]
        })
        .gives(|x| x[0].data().chunks(2).map(|row| row[0] * x[1].data()[0] + row[1] * x[1].data()[1]).collect()),
    ]
}

fn several() -> Vec<Case> {
    /// a ↦ a + x b, b ↦ b − z a, with a b as an extra.
    fn pair<'g>(b: &'g Builder, x: &[Var<'g>]) -> Vec<Var<'g>> {
        b.scan(&[x[0], x[1]], &[x[2], x[3]], |carry, element| {
            let (a, b) = (carry[0], carry[1]);
            vec![a + element[0] * b, b - element[1] * a, (a * b).tanh()]
        })
    }
    fn expected(x: &[Tensor]) -> [Vec<f64>; 3] {
        let (mut a, mut b) = (x[0].item(), x[1].item());
        let mut all = [Vec::new(), Vec::new(), Vec::new()];
        for (x, z) in x[2].data().iter().zip(x[3].data()) {
            all[2].push((a * b).tanh());
            (a, b) = (a + x * b, b - z * a);
            all[0].push(a);
            all[1].push(b);
        }
        all
    }
    let inputs = || [real([]), real([]), real([4]), real([4])];
    vec![
        case("scan of two carries: the first", inputs(), [4], |b, x| pair(b, x)[0]).gives(|x| expected(x)[0].clone()),
        case("scan of two carries: the second", inputs(), [4], |b, x| pair(b, x)[1]).gives(|x| expected(x)[1].clone()),
        case("scan of two carries: an extra", inputs(), [4], |b, x| pair(b, x)[2]).gives(|x| expected(x)[2].clone()),
        case("scan of two carries: all of it", inputs(), [], |b, x| {
            let all = pair(b, x);
            (all[0] * all[1]).sum() + all[2].last()
        })
        .gives(|x| {
            let [a, b, extra] = expected(x);
            vec![a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>() + extra[3]]
        }),
    ]
}

fn kinds() -> Vec<Case> {
    vec![
        case("scan of a counter", [below(5, []), below(3, [4])], [4], |b, x| {
            b.scan(&[x[0]], &[x[1]], |count, x| vec![count[0] + x[0]])[0]
        })
        .of_kind(Kind::Int)
        .gives(|x| (0..4).map(|i| x[0].item() + x[1].data()[..=i].iter().sum::<f64>()).collect()),
        case("scan of a counter that picks", [below(1, []), real([4, 3])], [4], |b, x| {
            b.scan(&[x[0]], &[x[1]], |count, row| {
                let next = count[0] + b.constant_of(Tensor::scalar(1.0), Kind::Int);
                vec![next.min(b.constant_of(Tensor::scalar(2.0), Kind::Int)), row[0].gather(count[0], 0).sin()]
            })[1]
        })
        .gives(|x| (0..4).map(|i| x[1].data()[3 * i + i.min(2)].sin()).collect()),
        case("scan of a truth value", [real([]), real([4])], [4], |b, x| {
            let seen = x[0].less(-1e9);
            b.scan(&[seen, x[0]], &[x[1]], |carry, element| {
                let stays = carry[0].select(carry[1], carry[1] * element[0]);
                vec![element[0].greater(0.0), stays]
            })[1]
        })
        .gives(|x| {
            let (mut seen, mut y, mut all) = (false, x[0].item(), Vec::new());
            for &x in x[1].data() {
                y = if seen { y } else { y * x };
                seen = x > 0.0;
                all.push(y);
            }
            all
        }),
    ]
}

fn nested() -> Vec<Case> {
    vec![
        case("scan in a scan", [real([2]), real([3, 2]), real([2, 2])], [3, 2], |b, x| {
            b.scan(&[x[0]], &[x[1]], |h, element| {
                let steps = Steps { length: Some(2), ..Steps::default() };
                let inner = b.scan_by(steps, &[h[0]], &[], |g, _| vec![(x[2].matvec(g[0]) + element[0]).tanh()])[0];
                vec![inner.last()]
            })[0]
        })
        .gives(|x| {
            let twice: Vec<f64> = x[1].data().chunks(2).flat_map(|row| row.repeat(2)).collect();
            let all = states(x[0].data(), &twice, x[2].data(), false);
            all.chunks(4).flat_map(|pair| pair[2..].to_vec()).collect()
        }),
        case("scan over the rows of a scan over rows", [real([]), real([2, 3])], [2, 3], |b, x| {
            b.scan(&[x[0]], &[x[1]], |h, row| {
                let inner = b.scan(&[h[0]], &[row[0]], |g, x| vec![(g[0] * x[0]).sin()])[0];
                vec![inner.last(), inner]
            })[1]
        })
        .gives(|x| {
            let mut g = x[0].item();
            x[1].data()
                .iter()
                .map(|x| {
                    g = (g * x).sin();
                    g
                })
                .collect()
        }),
    ]
}
