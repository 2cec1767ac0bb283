//! A collection of small functions that together use every op, for what must hold of all of them.

use std::collections::BTreeSet;

use chainrule_exec::reference::evaluate;
use chainrule_graph::{Builder, Tensor, Var, hvp, verify};

use crate::custom::product_of_sines;
use crate::support::{Built, InputValue, assert_close, build, close, int, real, spread};

/// A function, and values for its inputs from a seed.
pub struct Animal {
    pub name: &'static str,
    pub draw: fn(u64) -> Vec<InputValue>,
    pub function: for<'g> fn(&'g Builder, &[Var<'g>]) -> Var<'g>,
    /// How many derivatives it has.
    pub orders: usize,
}

impl Animal {
    /// The function, summed with fixed weights to a scalar.
    pub fn weighted(&self, seed: u64) -> Built {
        build(&(self.draw)(seed), |builder, x| weighted_sum((self.function)(builder, x)))
    }
}

/// Σ cᵢ yᵢ with fixed weights c.
pub fn weighted_sum(y: Var<'_>) -> Var<'_> {
    (y * y.builder().constant(spread(y.shape(), 0.5, 1.5, 99))).sum()
}

fn vectors(seed: u64) -> Vec<InputValue> {
    vec![real(spread([3], -1.5, 1.5, seed)), real(spread([3], -1.5, 1.5, seed + 100))]
}

fn positive(seed: u64) -> Vec<InputValue> {
    vec![real(spread([3], 0.5, 2.0, seed)), real(spread([3], 0.5, 2.0, seed + 100))]
}

fn matrices(seed: u64) -> Vec<InputValue> {
    vec![real(spread([2, 3], -1.5, 1.5, seed)), real(spread([3, 2], -1.5, 1.5, seed + 100))]
}

fn cube(seed: u64) -> Vec<InputValue> {
    vec![real(spread([2, 3, 4], -1.5, 1.5, seed))]
}

fn indexed(seed: u64) -> Vec<InputValue> {
    let indices = spread([4], 0.0, 3.0, seed + 100);
    vec![real(spread([3, 2], -1.5, 1.5, seed)), int(Tensor::from_fn([4], |i| indices.data()[i].floor()))]
}

fn batched_indices(seed: u64) -> Vec<InputValue> {
    let indices = spread([3, 2], 0.0, 4.0, seed + 100);
    vec![real(spread([3, 4, 2], -1.5, 1.5, seed)), int(Tensor::from_fn([3, 2], |i| indices.data()[i].floor()))]
}

pub fn zoo() -> Vec<Animal> {
    let mut zoo: Vec<Animal> = Vec::new();
    let mut add = |name, draw, function| zoo.push(Animal { name, draw, function, orders: 2 });
    add("exponentials", vectors, |_, x| x[0].exp() + x[1].expm1());
    add("logarithms", positive, |_, x| x[0].log() * x[1].log1p());
    add("roots", positive, |_, x| x[0].sqrt() * x[1].rsqrt());
    add("waves", vectors, |_, x| x[0].sin() * x[1].cos());
    add("saturation", vectors, |_, x| x[0].tanh() + x[1].sigmoid() * x[0].softplus() + x[1].erf());
    add("kinks", vectors, |_, x| x[0].abs() * x[1].sign() + x[0].relu() * x[1]);
    add("choices", vectors, |_, x| x[0].max(x[1]).exp() - x[0].min(x[1]) * x[0]);
    add("powers", positive, |_, x| x[0].power(3.0) + x[1].power(-0.5) + x[0].pow(x[1]) + x[1].reciprocal());
    add("arithmetic", positive, |_, x| (x[0] + x[1]) / (x[0] - 3.0 * x[1]) - x[0] * -x[1]);
    add("held", vectors, |_, x| x[0] * x[1].stop_gradient());
    add("comparisons", vectors, |_, x| {
        let (a, b) = (x[0], x[1]);
        a.less(b).select(a * a, b.exp())
            + a.less_equal(b).to_real() * a
            + a.equal(b).select(0.0, b)
            + a.not_equal(b).select(b * a, 1.0)
    });
    add(
        "stretched",
        |seed| vec![real(spread([3, 1], -1.0, 1.0, seed)), real(spread([2], -1.0, 1.0, seed + 1))],
        |_, x| x[0] * x[1] + x[0].max(x[1]),
    );
    add("sums", cube, |_, x| x[0].sum_axes(&[0, 2]) * x[0].sum_axes(&[1]).sum() + x[0].mean());
    add("extremes", cube, |_, x| x[0].max_axis(1) * x[0].min_axis(0).sum() + x[0].max_axis(0).min_axis(1).mean());
    add("indices", cube, |_, x| x[0].argmax(2).to_real() * x[0].argmin(2).to_real() + x[0].sum_axes(&[2]));
    add("logsumexp", cube, |_, x| x[0].logsumexp(1).power(2.0));
    add("softmax", cube, |_, x| x[0].softmax(1) * x[0] + x[0].softmax(2).log());
    add("products", matrices, |_, x| x[0].matmul(x[1]).tanh());
    add(
        "matrix and vectors",
        |seed| [matrices(seed), vectors(seed)].concat(),
        |_, x| x[0].matvec(x[2]).outer(x[3]) * x[2].dot(x[3]),
    );
    add(
        "contractions",
        |seed| [cube(seed), matrices(seed)].concat(),
        |_, x| x[0].contract(x[1], "bij,bi->ji") * x[0].contract(x[2], "bij,ib->ji").sin(),
    );
    add("moved", cube, |_, x| {
        let y = x[0].transpose_axes(&[2, 0, 1]).reshape([8, 3]).reverse(&[1]);
        y * y.reverse(&[0, 1])
    });
    add("cut and padded", cube, |_, x| {
        x[0].slice(&[0, 1, 1], &[2, 3, 3]).pad(&[0, 1, 0], &[1, 0, 2]).power(2.0).index(1)
    });
    add("joined", matrices, |_, x| {
        let y = x[0].concat(&[x[1].transpose()], 1);
        y.stack(&[y * y], 1).concat(&[x[0].stack(&[x[0]], 1)], 2)
    });
    add("gathered", indexed, |_, x| x[0].gather(x[1], 0).power(2.0) + x[0].transpose().gather(x[1], 1).transpose());
    add("scattered", indexed, |_, x| x[0].gather(x[1], 0).exp().scatter_add(x[1], 3) * x[0]);
    add("gathered by example", batched_indices, |_, x| {
        let y = x[0].gather_batched(x[1], 1);
        y * y.scatter_add_batched(x[1], 2 + 2, 1).gather_batched(x[1], 1)
    });
    add("whole numbers", indexed, |builder, x| {
        let places = builder.iota(3) + 1.0;
        x[0].gather(x[1], 0) * x[1].sum().to_real() + x[0].sum_axes(&[1]).dot(places.to_real())
    });
    add(
        "layer",
        |seed| {
            vec![
                real(spread([2, 3], -1.0, 1.0, seed)),
                real(spread([3], -1.0, 1.0, seed + 1)),
                real(spread([2], -1.0, 1.0, seed + 2)),
            ]
        },
        |b, x| b.affine(x[0], x[1], x[2]).tanh(),
    );
    add(
        "classifier",
        |seed| vec![real(spread([4], -1.0, 1.0, seed)), int((seed % 4) as f64)],
        |b, x| b.nll(x[0].softmax(0), x[1]) + b.l2_norm_penalty(0.1, x[0]),
    );
    add(
        "regression",
        |seed| [vectors(seed), vec![real(0.3), real(0.7)]].concat(),
        |b, x| b.squared_l2_distance(b.vector_scalar_affine(x[0], x[1], x[2]), x[3]),
    );
    zoo.push(Animal {
        name: "custom",
        draw: vectors,
        function: |b, x| product_of_sines(b, x[0], x[1]).exp(),
        orders: 1,
    });
    zoo
}

#[test]
fn every_op_is_in_the_zoo() {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for animal in zoo() {
        found.extend(animal.weighted(1).graph.nodes().iter().map(|node| node.op.name().to_string()));
    }
    let ops = "input constant iota neg exp expm1 log log1p sqrt rsqrt sin cos tanh sigmoid softplus erf abs sign power \
               to_real stop_gradient add sub mul div pow max min less less_equal equal not_equal where contract sum \
               argmax argmin logsumexp softmax reshape transpose broadcast slice pad concat reverse gather scatter_add \
               product_of_sines";
    let expected: BTreeSet<String> = ops.split_whitespace().map(str::to_string).collect();
    assert_eq!(found, expected);
}

/// The derivative of f(t) at 0, from central differences with two steps, the error of order h⁴.
fn slope(f: impl Fn(f64) -> f64) -> f64 {
    let h = 1e-3;
    let central = |h: f64| (f(h) - f(-h)) / (2.0 * h);
    (4.0 * central(h) - central(2.0 * h)) / 3.0
}

/// The inputs moved by t along fixed directions; whole numbers stay.
fn moved(arguments: &[InputValue], t: f64) -> Vec<InputValue> {
    let mut moved = arguments.to_vec();
    for (index, argument) in moved.iter_mut().enumerate() {
        if argument.kind == chainrule_graph::Kind::Real {
            let direction = spread(argument.value.shape(), -1.0, 1.0, 1000 + index as u64);
            argument.value.data_mut().iter_mut().zip(direction.data()).for_each(|(x, d)| *x += t * d);
        }
    }
    moved
}

fn along(gradients: &[Tensor]) -> f64 {
    let slopes = gradients.iter().enumerate().map(|(index, gradient)| {
        let direction = spread(gradient.shape(), -1.0, 1.0, 1000 + index as u64);
        gradient.data().iter().zip(direction.data()).map(|(g, d)| g * d).sum::<f64>()
    });
    slopes.sum()
}

#[test]
fn gradients_agree_with_differences() {
    for animal in zoo().iter().filter(|animal| animal.name != "held") {
        let arguments = (animal.draw)(1);
        let scalar = |t: f64| build(&moved(&arguments, t), |b, x| weighted_sum((animal.function)(b, x))).value().item();
        let found = along(&animal.weighted(1).gradients());
        let expected = slope(scalar);
        assert!(close(found, expected, 1e-8), "{}: {found}, by differences {expected}", animal.name);
    }
}

#[test]
fn second_derivatives_agree_with_differences() {
    for animal in zoo().iter().filter(|animal| animal.orders > 1 && animal.name != "held") {
        let arguments = (animal.draw)(1);
        let built = animal.weighted(1);
        let real_inputs: Vec<_> = built
            .inputs
            .iter()
            .copied()
            .filter(|&id| built.graph.node(id).kind == chainrule_graph::Kind::Real)
            .collect();
        let product = hvp(&built.graph, built.output, &real_inputs).unwrap();
        verify(&product.graph).unwrap();
        let mut bindings = built.bindings.clone();
        for (index, &tangent) in product.tangents.iter().enumerate() {
            let shape = &built.graph.node(real_inputs[index]).shape;
            bindings.set(tangent, spread(shape, -1.0, 1.0, 1000 + index as u64));
        }
        let values = evaluate(&product.graph, &bindings, &product.outputs).unwrap();
        for (index, &output) in product.outputs.iter().enumerate() {
            for element in 0..values[output].data().len() {
                let found = values[output].data()[element];
                let expected = slope(|t| {
                    let there = build(&moved(&arguments, t), |b, x| weighted_sum((animal.function)(b, x)));
                    there.gradients()[index].data()[element]
                });
                let same = close(found, expected, 1e-7) || (found - expected).abs() < 1e-10;
                assert!(same, "{}: {found}, by differences {expected}", animal.name);
            }
        }
    }
}

#[test]
fn closed_over_inputs_of_whole_numbers_have_no_gradient() {
    let built = build(&indexed(1), |_, x| weighted_sum(x[0].gather(x[1], 0)));
    assert_close(&built.gradients()[0], &built.pulled_back(&Tensor::scalar(1.0))[0], 0.0);
    assert_eq!(built.gradients().len(), 1);
}
