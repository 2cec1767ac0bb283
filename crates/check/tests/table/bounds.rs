//! The running error bound of the reference: it holds in simulated arithmetic, and is not far from it.

use chainrule_check::Draw;
use chainrule_check::cases::Input;
use chainrule_exec::Bindings;
use chainrule_exec::bounds::{Rounding, evaluate_with_bounds};
use chainrule_exec::reference::{evaluate, evaluate_op};
use chainrule_graph::ops::{Elementwise, Exponent, Index, Reduce, Reduction, Source};
use chainrule_graph::{Graph, Kind, Op, Shape, Tensor, Value, grad, hvp};
use chainrule_kernels::philox::Philox;

use crate::rows::{Row, reals, rows};

/// Values that look random, in [−1, 1).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// Each element off by up to `relative`, then rounded.
    fn shake(&mut self, x: &Tensor, relative: f64, rounding: &Rounding) -> Tensor {
        Tensor::from_fn(x.shape(), |i| (rounding.nearest)(x.data()[i] * (1.0 + relative * self.next())))
    }
}

/// A run of the graph in which each op has an error of the size that the precision allows it.
fn simulate(graph: &Graph, bindings: &Bindings, rounding: &Rounding, seed: u64) -> Vec<Tensor> {
    simulate_with(graph, bindings, rounding, &mut Noise(seed))
}

fn simulate_with(graph: &Graph, bindings: &Bindings, rounding: &Rounding, noise: &mut Noise) -> Vec<Tensor> {
    let unit = rounding.unit_roundoff;
    // By the values' index
    let mut values: Vec<Tensor> = Vec::new();
    for id in graph.ids() {
        let node = graph.node(id);
        let inputs: Vec<Tensor> = node.inputs.iter().map(|&input| values[graph.value_index(input)].clone()).collect();
        let shapes: Vec<&Shape> = node.outputs.iter().map(|output| &output.shape).collect();
        let all =
            |inputs: &[Tensor]| evaluate_op(&node.op, &inputs.iter().collect::<Vec<_>>(), &shapes).expect("it runs");
        let computed = |inputs: &[Tensor]| all(inputs).swap_remove(0);
        let value = match &node.op {
            Op::Source(Source::Input { .. }) => {
                noise.shake(bindings.get(id).expect("every input is bound"), 0.0, rounding)
            }
            Op::Source(_) => noise.shake(&computed(&inputs), 0.0, rounding),
            _ if node.outputs[0].kind != Kind::Real && node.outputs.len() == 1 => computed(&inputs),
            Op::Elementwise(op) => {
                use Elementwise::*;
                let relative = match op {
                    Neg | Abs | Sign | Floor | Round | StopGradient | ToReal | Max | Min | Where => 0.0,
                    Less | LessEqual | Equal | NotEqual => 0.0,
                    // Rounded by the computation itself
                    Add | Sub | Mul | Div | StrongMul | StrongDiv | Sqrt | Power(Exponent(2.0)) => 0.0,
                    // Less what the computation and the shaking have
                    _ => 2.0 * (rounding.function_ulps - 1.0) * unit,
                };
                noise.shake(&computed(&inputs), relative, rounding)
            }
            // Each term of a sum is rounded with every term that follows, and the last time with the result; a product
            // once more.
            Op::Contract(_) | Op::Reduce(Reduce { op: Reduction::Sum, .. }) | Op::Index(Index::ScatterAdd { .. }) => {
                let mut inputs = inputs;
                let is_product = usize::from(matches!(node.op, Op::Contract(_)));
                let summed = inputs.len() - 1 - is_product;
                let terms = inputs[summed].data().len() / node.outputs[0].shape.size().max(1);
                let relative = (terms + is_product).saturating_sub(2) as f64 * unit * 0.5;
                inputs[summed] = Tensor::from_fn(inputs[summed].shape(), |i| {
                    inputs[summed].data()[i] * (1.0 + relative * noise.next())
                });
                noise.shake(&computed(&inputs), 0.0, rounding)
            }
            Op::Reduce(Reduce { op: Reduction::Softmax | Reduction::LogSumExp, .. }) => {
                noise.shake(&computed(&inputs), unit, rounding)
            }
            Op::Reduce(_) | Op::Shape(_) | Op::Windows(_) | Op::Index(_) | Op::Phased(_) | Op::Random(_) => {
                noise.shake(&computed(&inputs), 0.0, rounding)
            }
            Op::Scan(scan) => {
                let mut outputs: Vec<Tensor> = shapes.iter().map(|&shape| Tensor::zeros(shape)).collect();
                let mut carries = inputs[..scan.carries].to_vec();
                for step in 0..scan.length {
                    let at = if scan.reverse { scan.length - 1 - step } else { step };
                    let element = |sequence: &Tensor| {
                        let shape = Shape::from(&sequence.shape()[1..]);
                        Tensor::from_fn(&shape, |i| sequence.data()[at * shape.size() + i])
                    };
                    let (sequences, constants) = inputs[scan.carries..].split_at(scan.sequences);
                    let given = carries.iter().cloned().chain(sequences.iter().map(element)).chain(constants.to_vec());
                    let body = scan.body.graph();
                    let all = simulate_with(body, &scan.body.inputs().zip(given).collect(), rounding, noise);
                    let given = |index: usize| all[body.value_index(scan.body.outputs()[index])].clone();
                    carries = (0..scan.carries).map(given).collect();
                    for (index, output) in outputs.iter_mut().enumerate() {
                        let element = given(index).into_data();
                        output.data_mut()[at * element.len()..][..element.len()].copy_from_slice(&element);
                    }
                }
                values.extend(outputs);
                continue;
            }
            Op::Custom(_) => {
                values.extend(all(&inputs).iter().map(|output| noise.shake(output, 0.0, rounding)));
                continue;
            }
        };
        values.push(value);
    }
    values
}

/// The graph of a row with its gradients and, where it has second derivatives, a Hessian product; with its bindings.
fn with_derivatives(row: &Row, generator: &mut Philox) -> (Graph, Bindings) {
    let weighted = row.weighted();
    let wrt = reals(&weighted.graph, &weighted.inputs);
    let graph = match (weighted.objective, row.case.derivatives) {
        (Some(objective), 2..) => hvp(&weighted.graph, objective, &wrt).expect("it has second derivatives").graph,
        (Some(objective), _) => grad(&weighted.graph, objective, &wrt).expect("it has derivatives").0,
        (None, _) => weighted.graph,
    };
    // Tangents are drawn like any other real.
    let bindings = row.case.draws(&row.function).plan(&graph).expect("all are inputs").bindings(generator);
    (graph, bindings)
}

/// Of larger values the simulation makes more of an error than an op has: it takes the error to be relative to the result.
const LARGEST: f64 = 100.0;

/// The rows whose values are finite, and their derivatives.
fn finite_rows() -> impl Iterator<Item = Row> {
    let is_tame = |input: &Input| match &input.draw {
        Draw::Fixed(values) => values.data().iter().all(|x| x.abs() <= LARGEST),
        Draw::Normal | Draw::Uniform { .. } | Draw::Integers { .. } => true,
    };
    let is_smooth = |row: &Row| row.case.kind != Kind::Real || row.case.derivatives > 0;
    rows().into_iter().filter(move |row| is_smooth(row) && row.case.inputs.iter().all(is_tame))
}

fn holds(rounding: &Rounding, at_most: f64) {
    let mut generator = Philox::new(5, 0);
    let (mut left_out, mut elements) = (0, 0);
    for row in finite_rows() {
        let mut tightest = 0.0f64;
        for seed in 1..20 {
            let (graph, bindings) = with_derivatives(&row, &mut generator);
            let all: Vec<Value> = graph.values().collect();
            let bounded = evaluate_with_bounds(&graph, &bindings, &all, rounding).expect("it runs");
            let simulated = simulate(&graph, &bindings, rounding, seed);
            for id in all {
                let found = &simulated[graph.value_index(id)];
                let deviation = bounded.deviation(id, found).expect("the shapes are the same");
                assert!(
                    deviation.ratio <= at_most,
                    "{}, seed {seed}: {}: {} has {}, not {}, bound {}, ratio {}",
                    row.case.name,
                    graph.describe(id),
                    deviation.element,
                    found.data()[deviation.element],
                    bounded.value(id).expect("it was a target").data()[deviation.element],
                    bounded.bound(id).expect("it was a target").data()[deviation.element],
                    deviation.ratio
                );
                left_out += deviation.left_out;
                elements += found.data().len();
                tightest = tightest.max(deviation.ratio);
            }
        }
        // Where nothing is rounded, there is nothing to be far from.
        let is_near = tightest == 0.0 || tightest > 0.05;
        assert!(is_near, "{}: the bound is {} times what happens", row.case.name, 1.0 / tightest);
    }
    assert!(left_out * 200 < elements, "{left_out} of {elements} elements are left out");
}

#[test]
fn it_holds_in_single_precision() {
    holds(&Rounding::F32, 1.0);
}

#[test]
fn it_holds_in_double_precision_with_an_error_of_the_reference() {
    holds(&Rounding::F64, 2.0);
}

#[test]
fn values_are_those_of_the_plain_run() {
    let mut generator = Philox::new(6, 0);
    for row in finite_rows() {
        let (graph, bindings) = with_derivatives(&row, &mut generator);
        let all: Vec<Value> = graph.values().collect();
        let plain = evaluate(&graph, &bindings, &all).expect("it runs");
        let bounded = evaluate_with_bounds(&graph, &bindings, &all, &Rounding::F64).expect("it runs");
        let bits =
            |value: Option<&Tensor>| value.map(|value| value.data().iter().map(|x| x.to_bits()).collect::<Vec<_>>());
        assert!(all.iter().all(|&id| bits(bounded.value(id)) == bits(plain.get(id))), "{}", row.case.name);
    }
}
