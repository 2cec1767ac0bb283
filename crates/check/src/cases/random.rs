//! Rows of random numbers. Where the expected ones are written out, another program computed them, of the formulas in
//! `chainrule_kernels::philox` and without its code.

use chainrule_graph::layers::Dropout;
use chainrule_graph::ops::Random;
use chainrule_graph::ops::random::{BASE, DIGITS};
use chainrule_graph::{Kind, Shape, Steps, Tensor};

use super::{Case, Input, below, case, integers, real};

/// Seed 3 + 5 · 2²² + 7 · 2⁴⁴, step 11 + 2 · 2²².
const KEY: [f64; DIGITS] = [3.0, 5.0, 7.0, 11.0, 2.0];
/// Seed 1, step 0.
const OTHER: [f64; DIGITS] = [1.0, 0.0, 0.0, 0.0, 0.0];

fn random(shape: impl Into<Shape>) -> Random {
    Random { stream: 7, shape: shape.into() }
}

fn any_key(shape: impl Into<Shape>) -> Input {
    below(BASE as usize, shape)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = ops();
    cases.extend(nodes());
    cases
}

fn ops() -> Vec<Case> {
    vec![
        case("random_key", [], [DIGITS], |b, _| b.random_key()).of_kind(Kind::Int).gives(|_| vec![0.0; DIGITS]),
        case("random_example", [], [], |b, _| b.random_example()).of_kind(Kind::Int).gives(|_| vec![0.0]),
        case("random", [integers([DIGITS], &KEY), integers([], &[9.0])], [6], |b, x| b.push(random([6]), x)).gives(
            |_| {
                vec![
                    0.9291848540306091,
                    0.5538904070854187,
                    0.897811770439148,
                    0.09670758247375488,
                    0.36708563566207886,
                    0.9388315677642822,
                ]
            },
        ),
        case(
            "random in steps of loops",
            [
                integers([DIGITS], &KEY),
                integers([2], &[9.0, 0.0]),
                integers([2], &[4.0, 4.0]),
                integers([2], &[1.0, 2.0]),
            ],
            [2, 3],
            |b, x| b.push(random([3]), x),
        )
        .gives(|_| {
            vec![
                0.6944313049316406,
                0.8787955045700073,
                0.6278035640716553,
                0.5387344360351562,
                0.9870178699493408,
                0.4466431140899658,
            ]
        }),
        case(
            "random with a key for each position",
            [integers([2, DIGITS], &[KEY, OTHER].concat()), integers([2], &[2.0, 2.0])],
            [2, 2],
            |b, x| b.push(random([2]), x),
        )
        .gives(|_| vec![0.6152502298355103, 0.7364159226417542, 0.5447531938552856, 0.22439074516296387]),
        case("random at any position", [any_key([DIGITS]), below(9, [2]), below(4, [2])], [2, 3, 2], |b, x| {
            b.push(random([3, 2]), x)
        }),
        case("random with any key for each position", [any_key([2, DIGITS]), below(9, [2])], [2, 1], |b, x| {
            b.push(random([1]), x)
        }),
        case("random at one position", [any_key([DIGITS]), below(9, [])], [], |b, x| b.push(random([]), x)),
        case("random of nothing", [any_key([DIGITS]), below(9, [3])], [3, 0], |b, x| b.push(random([0]), x))
            .gives(|_| vec![]),
        case("random at no position", [any_key([DIGITS]), below(9, [0])], [0, 2], |b, x| b.push(random([2]), x))
            .gives(|_| vec![]),
    ]
}

fn nodes() -> Vec<Case> {
    vec![
        case("random: uniform in a scope", [], [5], |b, _| b.scope("u", |b| b.uniform([5]))).gives(|_| {
            vec![0.2607402205467224, 0.36441612243652344, 0.7047926783561707, 0.6418588161468506, 0.42495018243789673]
        }),
        case("random: a sum with what is drawn", [real([3])], [3], |b, x| (x[0] * b.normal([3])).sin()),
        case("random in a scan", [real([]), real([3])], [3], |b, x| {
            b.scan(&[x[0]], &[x[1]], |h, x| vec![h[0] * 0.5 + x[0] * b.uniform([])])[0]
        })
        .gives(|x| {
            let mut h = x[0].item();
            let draws = vec![0.4830471873283386, 0.2797958254814148, 0.5247820615768433];
            let step = |(x, u): (&f64, f64)| {
                h = h * 0.5 + x * u;
                h
            };
            x[1].data().iter().zip(draws).map(step).collect()
        }),
        case("random in a scan backwards that it does not feed", [real([3, 2])], [3, 2], |b, x| {
            let steps = Steps { reverse: true, ..Steps::default() };
            b.scan_by(steps, &[b.constant(0.0)], &[x[0]], |h, x| vec![h[0], x[0] * b.uniform([2])])[1]
        }),
        case("random in a scan in a scan", [real([2])], [2, 2], |b, x| {
            b.scan(&[], &[x[0]], |_, x| {
                let steps = Steps { length: Some(2), ..Steps::default() };
                vec![b.scan_by(steps, &[], &[], |_, _| vec![x[0] * b.uniform([])])[0]]
            })[0]
        })
        .gives(|x| {
            let draws: Vec<f64> = vec![0.8854503631591797, 0.6299353837966919, 0.10517722368240356, 0.5628645420074463];
            draws.iter().enumerate().map(|(i, u)| x[0].data()[i / 2] * u).collect()
        }),
        case("random: normal", [], [3], |b, _| b.normal([3]))
            .gives(|_| vec![0.8616611547401772, -0.9334248585941208, -1.81510639978747]),
        case("random: bernoulli", [], [6], |b, _| b.bernoulli(0.7, [6])).gives(|_| vec![0.0, 1.0, 1.0, 0.0, 1.0, 1.0]),
        case("random: bernoulli of a probability", [real([])], [4], |b, x| b.bernoulli(x[0].sigmoid(), [4]) * x[0])
            .differentiable(0),
        case("random: dropout", [real([6])], [6], |_, x| Dropout::new(0.25).apply(x[0])).gives(|x| {
            let kept = [false, true, true, true, true, true];
            x[0].data().iter().zip(kept).map(|(x, kept)| if kept { x / 0.75 } else { 0.0 }).collect()
        }),
        case("random: dropout of nothing", [real([2, 0])], [2, 0], |_, x| Dropout::new(0.5).apply(x[0]))
            .gives(|_| vec![]),
        case("random: what is drawn beside a table", [real([2])], [2], |b, x| {
            x[0] * b.uniform([2]) + b.constant(Tensor::vector([1.0, 2.0])) * b.uniform([2])
        }),
    ]
}
