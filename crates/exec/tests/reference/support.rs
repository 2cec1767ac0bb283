//! Small functions built, run and differentiated in one line.

use chainrule_exec::{Bindings, reference::evaluate};
use chainrule_graph::{Builder, Graph, Kind, Shape, Tensor, Value, Var, grad, verify, vjp};

pub const INFINITY: f64 = f64::INFINITY;
pub const NEG_INFINITY: f64 = f64::NEG_INFINITY;
pub const NAN: f64 = f64::NAN;

/// A value for an input, and the kind of its elements.
#[derive(Clone, Debug)]
pub struct InputValue {
    pub value: Tensor,
    pub kind: Kind,
}

pub fn real(value: impl Into<Tensor>) -> InputValue {
    InputValue { value: value.into(), kind: Kind::Real }
}

pub fn int(value: impl Into<Tensor>) -> InputValue {
    InputValue { value: value.into(), kind: Kind::Int }
}

pub fn tensor(shape: impl Into<Shape>, data: impl Into<Vec<f64>>) -> Tensor {
    Tensor::new(shape, data.into()).expect("as many numbers as the shape has elements")
}

pub fn vector(data: impl Into<Vec<f64>>) -> Tensor {
    Tensor::vector(data)
}

/// Numbers that look random, spread over (low, high).
pub fn spread(shape: impl Into<Shape>, low: f64, high: f64, seed: u64) -> Tensor {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    Tensor::from_fn(shape, |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        low + (high - low) * ((state >> 11) as f64 / (1u64 << 53) as f64)
    })
}

/// A function of inputs, with values for them.
pub struct Built {
    pub graph: Graph,
    pub inputs: Vec<Value>,
    pub output: Value,
    pub bindings: Bindings,
}

pub fn build(arguments: &[InputValue], function: impl for<'g> FnOnce(&'g Builder, &[Var<'g>]) -> Var<'g>) -> Built {
    let builder = Builder::new();
    let vars: Vec<Var<'_>> = arguments
        .iter()
        .enumerate()
        .map(|(i, argument)| builder.input_of(&format!("x{i}"), argument.value.shape(), argument.kind, None))
        .collect();
    let inputs: Vec<Value> = vars.iter().filter_map(|var| var.id()).collect();
    let output = function(&builder, &vars).id();
    let graph = builder.finish_graph().unwrap();
    verify(&graph).unwrap();
    let bindings = inputs.iter().copied().zip(arguments.iter().map(|argument| argument.value.clone())).collect();
    Built { graph, inputs, output: output.unwrap(), bindings }
}

impl Built {
    pub fn value(&self) -> Tensor {
        evaluate(&self.graph, &self.bindings, &[self.output]).unwrap()[self.output].clone()
    }

    /// The gradient of the output, a scalar, with respect to each input.
    pub fn gradients(&self) -> Vec<Tensor> {
        let (graph, gradients) = grad(&self.graph, self.output, &self.inputs).unwrap();
        verify(&graph).unwrap();
        let values = evaluate(&graph, &self.bindings, &gradients).unwrap();
        gradients.iter().map(|&id| values[id].clone()).collect()
    }

    /// The derivative of ⟨output, cotangent⟩ with respect to each real input.
    pub fn pulled_back(&self, cotangent: &Tensor) -> Vec<Tensor> {
        let (derivatives, seed) = vjp(&self.graph, self.output, &self.inputs).unwrap();
        verify(&derivatives.graph).unwrap();
        let wanted: Vec<Value> = self.inputs.iter().filter_map(|&id| derivatives.cotangent(id)).collect();
        let bindings = self.bindings.clone().with(seed, cotangent.clone());
        let values = evaluate(&derivatives.graph, &bindings, &wanted).unwrap();
        wanted.iter().map(|&id| values[id].clone()).collect()
    }

    /// The n-th derivative of the output by the first input, both scalars.
    pub fn derivative(&self, order: usize) -> f64 {
        let (mut graph, mut output) = (self.graph.clone(), self.output);
        for _ in 0..order {
            let (next, derivative) = grad(&graph, output, &self.inputs[..1]).unwrap();
            verify(&next).unwrap();
            (graph, output) = (next, derivative[0]);
        }
        evaluate(&graph, &self.bindings, &[output]).unwrap()[output].item()
    }
}

/// The value of a function of inputs.
pub fn value(arguments: &[InputValue], function: impl for<'g> FnOnce(&'g Builder, &[Var<'g>]) -> Var<'g>) -> Tensor {
    build(arguments, function).value()
}

/// Whether two numbers are the same up to rounding; NaN is the same as itself.
pub fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1e-300)
}

/// Fails unless two values have the same shape and, up to rounding, the same elements.
#[track_caller]
pub fn assert_close(found: &Tensor, expected: &Tensor, tolerance: f64) {
    assert_eq!(found.shape(), expected.shape());
    for (index, (&a, &b)) in found.data().iter().zip(expected.data()).enumerate() {
        assert!(close(a, b, tolerance), "element {index} is {a}, not {b}: {found:?}, not {expected:?}");
    }
}
