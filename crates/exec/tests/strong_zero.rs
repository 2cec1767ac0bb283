//! A contribution from a zero cotangent is zero, whatever the local slope: so a branch that is not taken cannot poison a
//! gradient, of the first or the second order, in the reference and in a program of either precision.

use chainrule_exec::compile::{Options, Precision};
use chainrule_exec::{Bindings, evaluate_compiled, reference};
use chainrule_graph::ops::Elementwise;
use chainrule_graph::ops::signature::Operands;
use chainrule_graph::{Builder, Graph, Tensor, Value, grad, hvp};

/// Where slopes are infinite, NaN, or huge.
const NASTY: [f64; 8] = [0.0, -0.0, 1.0, -1.0, 1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];

/// The values by the reference, and by programs of both precisions.
fn by_all(graph: &Graph, bindings: &Bindings, targets: &[Value]) -> Vec<Vec<Tensor>> {
    let of = |values: &chainrule_exec::Values| targets.iter().map(|&target| values[target].clone()).collect();
    let mut found = vec![of(&reference::evaluate(graph, bindings, targets).unwrap())];
    for precision in [Precision::F32, Precision::F64] {
        let options = Options { precision, ..Options::default() };
        found.push(of(&evaluate_compiled(graph, bindings, targets, &options).unwrap()));
    }
    found
}

/// J = Σ of the op at nasty operands, in a branch that is not taken; the first and second derivatives are 0.
#[test]
fn every_op_adds_zero_from_a_branch_not_taken() {
    for &op in Elementwise::ALL {
        let (Operands::Reals(arity) | Operands::Numbers(arity)) = op.signature().operands else { continue };
        let size = NASTY.len().pow(arity as u32);
        let operand = |k: usize| Tensor::from_fn([size], |i| NASTY[i / NASTY.len().pow(k as u32) % NASTY.len()]);
        let builder = Builder::new();
        let x: Vec<_> = (0..arity).map(|k| builder.input(&format!("x{k}"), [size])).collect();
        let taken = builder.input("taken", [size]);
        let y = builder.push(op, &x);
        let objective = taken.greater(0.0).select(y, 0.0).sum().id().unwrap();
        let wrt: Vec<Value> = x.iter().map(|x| x.id().unwrap()).collect();
        let taken = taken.id().unwrap();
        let graph = builder.finish_graph().unwrap();
        let mut bindings = Bindings::new().with(taken.node, Tensor::zeros([size]));
        for (k, &x) in wrt.iter().enumerate() {
            bindings.set(x.node, operand(k));
        }
        let (first, gradients) = grad(&graph, objective, &wrt).unwrap();
        let second = hvp(&graph, objective, &wrt).unwrap();
        let mut along = bindings.clone();
        for &tangent in &second.tangents {
            along.set(tangent, Tensor::filled([size], 1.0));
        }
        for found in [by_all(&first, &bindings, &gradients), by_all(&second.graph, &along, &second.outputs)] {
            for (way, tensors) in ["the reference", "f32", "f64"].iter().zip(found) {
                for (k, tensor) in tensors.iter().enumerate() {
                    for (i, &element) in tensor.data().iter().enumerate() {
                        let at: Vec<f64> = (0..arity).map(|k| operand(k).data()[i]).collect();
                        assert_eq!(element, 0.0, "{op:?} by operand {k} at {at:?}, {way}");
                    }
                }
            }
        }
    }
}

/// ∂J/∂x of J(x), where J is written with a branch that is not taken at x.
fn slope(x: f64, build: for<'g> fn(chainrule_graph::Var<'g>) -> chainrule_graph::Var<'g>) -> [f64; 3] {
    let builder = Builder::new();
    let input = builder.input("x", []);
    let (input, objective) = (input.id().unwrap(), build(input).id().unwrap());
    let graph = builder.finish_graph().unwrap();
    let (graph, gradient) = grad(&graph, objective, &[input]).unwrap();
    let found = by_all(&graph, &Bindings::new().with(input.node, Tensor::scalar(x)), &gradient);
    [found[0][0].item(), found[1][0].item(), found[2][0].item()]
}

#[test]
fn formulas_with_a_branch_for_the_singular_point_have_a_gradient_there() {
    assert_eq!(slope(0.0, |x| x.equal(0.0).select(0.0, x * x.sqrt())), [0.0; 3]);
    assert_eq!(slope(0.0, |x| x.equal(0.0).select(1.0, x.sin() / x)), [0.0; 3]);
    assert_eq!(slope(0.0, |x| (x * x).sqrt().max(1e-10)), [0.0; 3]);
    assert_eq!(slope(0.0, |x| x.greater(0.0).to_real() * x.log()).map(f64::is_nan), [false; 3]);
    assert_eq!(slope(4.0, |x| x.equal(0.0).select(0.0, x * x.sqrt())), [3.0; 3]);
}

#[test]
fn a_slope_that_counts_stays_infinite() {
    assert_eq!(slope(0.0, |x| x.sqrt()), [f64::INFINITY; 3]);
    assert_eq!(slope(0.0, |x| x.log()), [f64::INFINITY; 3]);
}
